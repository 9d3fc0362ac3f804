/* SPDX-License-Identifier: Apache-2.0
 *
 * Changes to texts: `edit` by type, `set` in JSON, YAML and TOML, patches, units, patterns.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "lbench/mem.h"
#include "scenario/fields.h"
#include "scenario/patch.h"
#include "scenario/paths.h"
#include "scenario/state.h"

static void edit_by_type(void **state)
{
	(void)state;
	static const struct {
		const char *path, *old, *new;
	} cases[] = {
		{ "a/b.py", "x = 1", "x = 1\n# edit 0000000a\n" },
		{ "b.PY", "x = 1\n", "x = 1\n# edit 0000000a\n" },
		{ "a.c", "int x;\r\n", "int x;\r\n/* edit 0000000a */\r\n" },
		{ "a.ts", "", "/* edit 0000000a */\n" },
		{ "main.go", "package a\n", "package a\n// edit 0000000a\n" },
		{ "go.mod", "module a\n", "module a\n// edit 0000000a\n" },
		{ "go.sum", "a b c\n", "a b c\n\n\n\n\n\n\n\n" },
		{ "requirements-dev.txt", "a==1\n", "a==1\n# edit 0000000a\n" },
		{ "notes.txt", "text\n", "text\nedit 0000000a\n" },
		{ "Dockerfile.dev", "FROM a\n", "FROM a\n# edit 0000000a\n" },
		{ "x/CMakeLists.txt", "a()\n", "a()\n# edit 0000000a\n" },
		{ "package-lock.json", "{}\n", "{}\n                             \t \t\n" },
		{ "tsconfig.json", "{}", "{}                             \t \t\n" },
		{ "yarn.lock", "a\n", "a\n# edit 0000000a\n" },
		{ "unknown.lock", "{ \"a\": 1 }", "{ \"a\": 1 }                             \t \t\n" },
		{ "pom.xml", "<a/>\n", "<a/>\n<!-- edit 0000000a -->\n" },
		{ "README.md", "# a\n", "# a\n<!-- edit 0000000a -->\n" },
		{ "README", "a\n", "a\nedit 0000000a\n" },
		{ "a.sql", "SELECT 1;\n", "SELECT 1;\n-- edit 0000000a\n" },
		{ "a.ini", "[a]\n", "[a]\n; edit 0000000a\n" },
		{ "a.php", "<?php\n?>\n<p>", "<?php /* edit 0000000a */\n?>\n<p>" },
		{ "a.csv", "a,b\n1,2\n", "a,b\n1,2\n1,2\n" },
		{ "run", "#!/bin/sh\n", "#!/bin/sh\n# edit 0000000a\n" },
		{ "a.rst", "A\n", "A\n\n.. edit 0000000a\n" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
		lb_buf_adds(&old, cases[i].old);
		scn_edit_bytes(cases[i].path, &old, "0000000a", &new);
		if (strcmp(lb_buf_str(&new), cases[i].new) != 0)
			fail_msg("%s: '%s'", cases[i].path, lb_buf_str(&new));
	}
	lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
	lb_buf_add(&old, "\x89PNG\0\1", 6);
	scn_edit_bytes("a.py", &old, "0000000a", &new);
	assert_int_equal(new.len, 14);
	assert_memory_equal(new.data,
			    "\x89PNG\0\1"
			    "0000000a",
			    14);
}

static void set_scalars(void **state)
{
	(void)state;
	static const struct {
		const char *path, *old, *pointer, *value, *new;
	} cases[] = {
		{ "a.json", "{ \"a\": [ {\"b\":\"x\"}, {\"b\" : \"y\\\"]\" } ] }", ".a[1].b", "z",
		  "{ \"a\": [ {\"b\":\"x\"}, {\"b\" : \"z\" } ] }" },
		{ "a.json", "{\"a\":1,\"b\":true}", ".b", "false", "{\"a\":1,\"b\":false}" },
		{ "a.json", "{\"a\":1}", ".a", "v1", "{\"a\":\"v1\"}" },
		{ "a.json", "{\"a.b\":\"1\"}", "[\"a.b\"]", "2", "{\"a.b\":\"2\"}" },
		{ "a.json", "{\"\\u0061\":\"1\"}", ".a", "q\"q", "{\"\\u0061\":\"q\\\"q\"}" },
		{ "a.yaml", "a:\n  b: 1.0 # c\n  c: 'x'\n", ".a.b", "2.0", "a:\n  b: 2.0 # c\n  c: 'x'\n" },
		{ "a.yaml", "a:\n  b: 1.0\n  c: 'x'\n", ".a.c", "it", "a:\n  b: 1.0\n  c: 'it'\n" },
		{ "a.yml", "ä: ü\nlist: [é, \"b\"]\n", ".list[1]", "c: d", "ä: ü\nlist: [é, \"c: d\"]\n" },
		{ "a.yml", "a: x\n", ".a", "b: c", "a: \"b: c\"\n" },
		{ "a.yml", "a: &n x\nb: *n\n", ".a", "y", "a: &n y\nb: *n\n" },
		{ "pyproject.toml", "[project]\nname = \"a\"\nversion = \"1.0\" # v\n[x]\nversion = \"9\"\n", ".project.version", "1.1",
		  "[project]\nname = \"a\"\nversion = \"1.1\" # v\n[x]\nversion = \"9\"\n" },
		{ "Cargo.lock", "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n",
		  ".package[1].version", "3",
		  "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"3\"\n" },
		{ "a.toml", "a.b = 1\nt = \"\"\"\nx = 2\n\"\"\"\nl = [\n 1, # ]\n]\nx = 3\n", ".x", "4",
		  "a.b = 1\nt = \"\"\"\nx = 2\n\"\"\"\nl = [\n 1, # ]\n]\nx = 4\n" },
		{ "a.toml", "a.b = 1\n", ".a.b", "true", "a.b = true\n" },
		{ "a.toml", "'a b' = 'c'\n", "[\"a b\"]", "d", "'a b' = 'd'\n" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
		struct lb_err err = { 0 };
		lb_buf_adds(&old, cases[i].old);
		if (scn_set_scalar(cases[i].path, &old, cases[i].pointer, cases[i].value, &new, &err) < 0 ||
		    strcmp(lb_buf_str(&new), cases[i].new) != 0)
			fail_msg("%s %s: '%s' %s", cases[i].path, cases[i].pointer, lb_buf_str(&new), err.text);
	}
}

static void set_refuses(void **state)
{
	(void)state;
	static const struct {
		const char *path, *old, *pointer, *message;
	} cases[] = {
		{ "a.json", "{\"a\":{}}", ".a", "no single value" },
		{ "a.json", "{\"a\":1}", ".b", "no such value" },
		{ "a.json", "[1]", "[1]", "no such value" },
		{ "a.json", "{", ".a", "it:1:" },
		{ "a.json", "{\"a\":1}", "a", "is not a path" },
		{ "a.json", "{\"a\":1}", ".", "is not a path" },
		{ "a.json", "{\"a\":1}", "", "is not a path" },
		{ "a.yaml", "a: [x]", ".a", "no single value" },
		{ "a.yaml", "a: |\n  x\n", ".a", "is a block" },
		{ "a.yaml", "a: [", ".a", "not YAML" },
		{ "a.yaml", "", ".a", "no such value" },
		{ "a.toml", "a = [1]\n", ".a", "no single value" },
		{ "a.toml", "a = \"x\n", ".a", "does not end" },
		{ "a.toml", "!\n", ".a", "not TOML" },
		{ "a.toml", "[b]\na = 1\n", ".a", "no such value" },
		{ "a.txt", "a", ".a", "only JSON, YAML and TOML" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
		struct lb_err err = { 0 };
		lb_buf_adds(&old, cases[i].old);
		assert_int_equal(scn_set_scalar(cases[i].path, &old, cases[i].pointer, "v", &new, &err), LB_INVALID);
		if (!strstr(err.text, cases[i].message))
			fail_msg("%s %s: %s", cases[i].path, cases[i].pointer, err.text);
	}
}

static void patches(void **state)
{
	(void)state;
	static const struct {
		const char *old, *patch, *new; /* new NULL: the message is */
		const char *message;
	} cases[] = {
		{ "a\nb\nc\n", "--- x\n+++ x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", "a\nB\nc\n", NULL },
		{ "a\nb\nc\n", "--- x\n+++ x\n@@ -2,0 +3,1 @@\n+n\n", "a\nb\nn\nc\n", NULL },
		{ "a\nb\nc\nd\n", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+A\n@@ -4 +4 @@ rest\n-d\n+D\n", "A\nb\nc\nD\n", NULL },
		{ "a", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n\\ No newline at end of file\n", "b", NULL },
		{ "a", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n", "a\n", NULL },
		{ "-- x\n", "--- x\n+++ x\n@@ -1 +0,0 @@\n--- x\n", "", NULL },
		{ "a\n", "--- x\n+++ x\n@@ -1 +1 @@\n-b\n+c\n", NULL, "p:4:1: the patch does not fit: the file has another line here" },
		{ "a\n", "--- x\n+++ x\n@@ -3 +3 @@\n-b\n+c\n", NULL, "p:3:1: the patch does not fit: the file has not as many lines" },
		{ "a\nb\n", "--- x\n+++ x\n@@ -2 +2 @@\n-b\n+c\n@@ -1 +1 @@\n-a\n+c\n", NULL,
		  "p:6:1: the patch does not fit: hunks overlap" },
		{ "a\n", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n", NULL, "p:4:1: the hunk ends too early" },
		{ "a\n", "--- x\n+++ x\n@@ -1,2 +1 @@\n-a\n+b\n+c\n", NULL, "p:6:1: the hunk does not hold" },
		{ "a\n", "@@ -1 +1 @@\n-a\n+b\n", NULL, "p:1:1: a hunk before any" },
		{ "a\n", "--- x\n@@ -1 +1 @@\n", NULL, "p:2:1: expected '+++ FILE'" },
		{ "a\n", "text\n", NULL, "p:1:1: not a unified diff" },
		{ "a\n", "--- x\n+++ x\n@@ -1 +1 @@\n-a\n+b\n--- y\n+++ y\n", NULL, "p:1:1: the patch is for 2 files" },
		{ "a\n", "diff --git a/x b/x\nBinary files differ\n", NULL, "p:2:1: binary changes" },
		{ "a\n", "--- x\n+++ x\n@@ -99999999999,1 +1 @@\n-a\n+b\n", NULL, "p:3:1: " },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		struct lb_err err = { 0 };
		int rc = scn_patch_text("p", cases[i].patch, cases[i].old, &out, &err);
		if (cases[i].new ? rc < 0 || strcmp(lb_buf_str(&out), cases[i].new) != 0
				 : rc != LB_INVALID || strncmp(err.text, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("case %zu: %d '%s' '%s'", i, rc, lb_buf_str(&out), err.text);
	}
}

static void units(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		uint64_t size, ns; /* UINT64_MAX: refused */
	} cases[] = {
		{ "52MiB", 52u << 20, UINT64_MAX },
		{ "1.5GB", 1500000000, UINT64_MAX },
		{ "64m", 64u << 20, 64 * 60000000000u },
		{ "0B", 0, UINT64_MAX },
		{ "21.4s", UINT64_MAX, 21400000000u },
		{ "1m30s", UINT64_MAX, 90000000000u },
		{ "90ms", UINT64_MAX, 90000000 },
		{ "5", UINT64_MAX, UINT64_MAX },
		{ "", UINT64_MAX, UINT64_MAX },
		{ "MiB", UINT64_MAX, UINT64_MAX },
		{ "1.MiB", UINT64_MAX, UINT64_MAX },
		{ "-1MiB", UINT64_MAX, UINT64_MAX },
		{ "1e3B", UINT64_MAX, UINT64_MAX },
		{ "1MiB2", UINT64_MAX, UINT64_MAX },
		{ "9e99s", UINT64_MAX, UINT64_MAX },
		{ "1 MiB", 1u << 20, UINT64_MAX },
		{ "99999999999h", UINT64_MAX, UINT64_MAX },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		uint64_t size = UINT64_MAX, ns = UINT64_MAX;
		bool is_size = scn_size_parse(cases[i].text, &size), is_ns = scn_duration_parse(cases[i].text, &ns);
		if (is_size != (cases[i].size != UINT64_MAX) || (is_size && size != cases[i].size) ||
		    is_ns != (cases[i].ns != UINT64_MAX) || (is_ns && ns != cases[i].ns))
			fail_msg("'%s'", cases[i].text);
	}
}

static void patterns(void **state)
{
	(void)state;
	static const struct {
		const char *pattern, *path;
		bool matches;
	} cases[] = {
		{ "src/**", "src/a", true },
		{ "src/**", "src/a/b", true },
		{ "src/**", "src", false },
		{ "src/**/*.py", "src/a.py", true },
		{ "src/**/*.py", "src/a/b/c.py", true },
		{ "src/**/*.py", "src/a.pyc", false },
		{ "**/*.py", "a.py", true },
		{ "**", "a/b", true },
		{ "*", "a/b", false },
		{ "*.py", "a.py", true },
		{ "*.py", "d/a.py", false },
		{ "[ab].c", "b.c", true },
		{ "a/**/b/**/c", "a/b/x/c", true },
		{ "a/**/b/**/c", "a/x/c", false },
		{ "**/**/**/a", "a", true },
		{ "src/*", "src/a/b", false },
		{ "a", "a", true },
		{ "a", "ab", false },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		if (scn_glob_match(cases[i].pattern, cases[i].path) != cases[i].matches)
			fail_msg("%s %s", cases[i].pattern, cases[i].path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(edit_by_type), cmocka_unit_test(set_scalars), cmocka_unit_test(set_refuses),
		cmocka_unit_test(patches),      cmocka_unit_test(units),       cmocka_unit_test(patterns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
