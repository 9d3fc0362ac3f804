/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits: what each kind of change makes of a context, a Dockerfile, arguments, bases, the world.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "scratch.h"

/* One edit `e` with these changes, applied to the first state as serial `seq`. */
struct applied {
	struct scratch dir;
	struct scenario *s;
	struct scn_state *first, *after;
	bool no_effect;
};

static struct applied apply(const char *head, const char *changes, uint64_t seq)
{
	lb_autofree char *yaml = lb_format("%sedits:\n  - { name: e, changes: [ %s ] }\n", head, changes);
	struct applied a = { .dir = scratch_scenario(yaml) };
	struct lb_err err;
	scratch_text(&a.dir, "edits/new.txt", "from a file\n");
	scratch_text(&a.dir, "over/src/one.py", "x = 10\n");
	scratch_text(&a.dir, "over/more.py", "z = 3\n");
	scratch_text(&a.dir, "change.diff",
		     "diff --git a/app.py b/app.py\n--- a/app.py\n+++ b/app.py\n@@ -1 +1,2 @@\n print(1)\n+print(2)\n"
		     "--- /dev/null\n+++ b/new/file.py\n@@ -0,0 +1 @@\n+n = 1\n"
		     "--- a/src/one.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n");
	if (scenario_load(a.dir.dir, NULL, &a.s, &err) < 0 || scn_state_first(a.s, &a.first, &err) < 0 ||
	    scn_state_apply(a.first, &a.s->edits[0], seq, &a.after, &a.no_effect, &err) < 0)
		fail_msg("%s for: %s", err.text, changes);
	return a;
}

static void applied_free(struct applied *a)
{
	scn_state_free(a->first);
	scn_state_free(a->after);
	scenario_free(a->s);
	scratch_free(&a->dir);
}
#define autoapplied __attribute__((cleanup(applied_free))) struct applied

/* The difference to the first state, described. */
static char *difference(const struct applied *a)
{
	struct lb_buf out = { 0 };
	struct lb_err err;
	lb_autonode struct lb_node *diff = lb_tree_diff(a->first->context, a->after->context);
	if (diff && lb_tree_describe(diff, true, false, &out, &err) < 0)
		fail_msg("%s", err.text);
	return lb_buf_steal(&out);
}

static char *content(const struct applied *a, const char *path)
{
	struct lb_buf out = { 0 };
	struct lb_err err;
	const struct lb_node *n = lb_tree_get(a->after->context, path);
	assert_non_null(n);
	if (n->content)
		assert_int_equal(lb_content_load(n->content, &out, &err), 0);
	return lb_buf_steal(&out);
}

static void contents(void **state)
{
	(void)state;
	static const struct {
		const char *changes, *path, *text;
	} cases[] = {
		{ "{ write: new.txt, text: \"n {{seq}}\\n\" }", "new.txt", "n 7\n" },
		{ "{ write: \"a/b/c{{seq}}.txt\", text: x }", "a/b/c7.txt", "x" },
		{ "{ write: app.py, from: edits/new.txt }", "app.py", "from a file\n" },
		{ "{ append: app.py, text: \"print({{seq}})\\n\" }", "app.py", "print(1)\nprint(7)\n" },
		{ "{ replace: app.py, find: print, with: p }", "app.py", "p(1)\n" },
		{ "{ set: package.json, path: .version, value: \"1.0.{{seq}}\" }", "package.json",
		  "{\n  \"name\": \"x\",\n  \"version\": \"1.0.7\"\n}\n" },
		{ "{ rename: app.py, to: lib/main.py }", "lib/main.py", "print(1)\n" },
		{ "{ copy: app.py, to: copy.py }", "copy.py", "print(1)\n" },
		{ "{ apply: change.diff }", "app.py", "print(1)\nprint(2)\n" },
		{ "{ apply: change.diff }", "new/file.py", "n = 1\n" },
		{ "{ apply: over }", "src/one.py", "x = 10\n" },
		{ "{ apply: over }", "more.py", "z = 3\n" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		autoapplied a = apply(SCRATCH_HEAD, cases[i].changes, 7);
		lb_autofree char *text = content(&a, cases[i].path);
		assert_string_equal(text, cases[i].text);
		assert_false(a.no_effect);
		assert_int_equal(lb_tree_get(a.after->context, cases[i].path)->attr.mtime.sec,
				 LB_CONTEXT_TIME + (strstr(cases[i].changes, "rename") ? 0 : 7));
	}
}

static void attributes(void **state)
{
	(void)state;
	static const struct {
		const char *changes, *path;
		uint32_t mode, uid;
		int64_t time;
	} cases[] = {
		{ "{ chmod: app.py, mode: \"0600\" }", "app.py", 0600, 0, 0 },
		{ "{ chmod: app.py, mode: \"u+x\" }", "app.py", 0744, 0, 0 },
		{ "{ chmod: \"src/**\", mode: \"go-r\" }", "src/deep/two.py", 0600, 0, 0 },
		{ "{ chown: app.py, owner: \"1000:1000\" }", "app.py", 0644, 1000, 0 },
		{ "{ touch: app.py }", "app.py", 0644, 0, 7 },
		{ "{ touch: app.py, time: 1600000123 }", "app.py", 0644, 0, 123 },
		{ "{ edit: app.py, time: keep }", "app.py", 0644, 0, 0 },
		{ "{ edit: app.py, time: 1600000001 }", "app.py", 0644, 0, 1 },
		{ "{ mkdir: d, mode: \"0700\" }", "d", 0700, 0, 7 },
		{ "{ write: x, text: a, mode: \"0755\" }", "x", 0755, 0, 7 },
		{ "{ checkout: { umask: \"0002\" } }", "app.py", 0664, 0, 0 },
		{ "{ checkout: { umask: \"0077\" } }", "src", 0700, 0, 0 },
		{ "{ checkout: { owner: \"5:6\", times: new } }", "src/deep/two.py", 0644, 5, 7 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		autoapplied a = apply(SCRATCH_HEAD, cases[i].changes, 7);
		const struct lb_attr *attr = &lb_tree_get(a.after->context, cases[i].path)->attr;
		assert_false(a.no_effect);
		assert_int_equal(attr->mode, cases[i].mode);
		assert_int_equal(attr->uid, cases[i].uid);
		assert_int_equal(attr->mtime.sec, LB_CONTEXT_TIME + cases[i].time);
	}
}

/* Only the path of an edit is new; all else is the same node. */
static void shares_what_did_not_change(void **state)
{
	(void)state;
	autoapplied a = apply(SCRATCH_HEAD, "{ edit: \"src/*.py\" }", 1);
	lb_autofree char *diff = difference(&a);
	assert_non_null(strstr(diff, "src/one.py"));
	assert_null(strstr(diff, "deep"));
	assert_ptr_equal(lb_tree_get(a.first->context, "src/deep"), lb_tree_get(a.after->context, "src/deep"));
}

static void removes(void **state)
{
	(void)state;
	autoapplied a = apply(SCRATCH_HEAD, "{ delete: \"src/**\" }, { symlink: l, to: app.py }", 1);
	assert_null(lb_tree_get(a.after->context, "src/deep/two.py"));
	assert_int_equal(lb_tree_get(a.after->context, "src")->entries_count, 0);
	assert_string_equal(lb_tree_get(a.after->context, "l")->attr.target, "app.py");
}

static void outside_of_the_context(void **state)
{
	(void)state;
	static const struct {
		const char *changes;
		const char *a, *b; /* a part of each Dockerfile afterwards */
	} cases[] = {
		{ "{ dockerfile: { replace: make, with: make all } }", "RUN make all\n", "RUN make all\n" },
		{ "{ dockerfile: { replace: make, with: make all }, variant: a }", "RUN make all\n", "RUN make\n" },
		{ "{ dockerfile: { append: \"USER 5\" } }", "RUN make\nUSER 5\n", "COPY . .\nUSER 5\n" },
		{ "{ dockerfile: { label: \"v={{seq}}\" } }", "LABEL v=\"7\"\n", "LABEL v=\"7\"\n" },
		{ "{ dockerfile: { append: \"LABEL a=b v=1 c=d\" } }, { dockerfile: { label: \"v={{seq}}\" } }", "LABEL a=b v=\"7\" c=d\n",
		  "v=\"7\"" },
		{ "{ dockerfile: { comment: \"x {{seq}}\" } }", "# a: first\n# x 7\nFROM", "#\n# x 7\nFROM" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		autoapplied a = apply(SCRATCH_HEAD, cases[i].changes, 7);
		if (!strstr(a.after->dockerfiles[0], cases[i].a) || !strstr(a.after->dockerfiles[1], cases[i].b))
			fail_msg("%s: %s / %s", cases[i].changes, a.after->dockerfiles[0], a.after->dockerfiles[1]);
		assert_false(a.no_effect);
	}
	autoapplied b = apply(SCRATCH_HEAD "run: [{ match: \"*\", depends-on: [\"world:w\"] }]\n",
			      "{ arg: V, value: \"{{seq}}\" }, { world: w }, { base: \"alpine:3\", to: opaque }", 7);
	assert_string_equal(lb_pairs_get(&b.after->args[1], "V"), "7");
	assert_string_equal(lb_pairs_get(&b.after->world, "w"), "7");
	assert_int_equal(b.after->bases[0]->form, SCN_BASE_OPAQUE);
	assert_int_equal(b.first->bases[0]->form, SCN_BASE_MODEL);
}

/* Each of these leaves everything as it was. */
static void no_effect(void **state)
{
	(void)state;
	static const char *const cases[] = {
		"",
		"{ write: app.py, text: \"print(1)\\n\" }",
		"{ chmod: app.py, mode: \"0644\" }",
		"{ touch: app.py, time: 1600000000 }",
		"{ base: \"alpine:3\", to: { model: { layers: [1MiB] } } }",
		"{ dockerfile: { replace: make, with: make } }",
		"{ append: app.py, text: x, time: keep }, { write: app.py, text: \"print(1)\\n\", time: 1600000000 }",
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		/* every-edit changes something each time and does not count */
		autoapplied a = apply(SCRATCH_HEAD "every-edit: [{ arg: V, value: \"{{seq}}\" }, { write: stamp, text: \"{{seq}}\" }]\n",
				      cases[i], 7);
		if (!a.no_effect)
			fail_msg("%s", cases[i]);
		assert_string_equal(lb_pairs_get(&a.after->args[0], "V"), "7");
		assert_string_equal(lb_pairs_get(&a.first->args[0], "V"), "0");
	}
}

static void context_of_a_variant(void **state)
{
	(void)state;
	autoapplied a = apply(SCRATCH_HEAD "  - { name: c, from: b, ignore: [\"*.md\", \"!a.md\"] }\n",
			      "{ dockerfile: { comment: x }, variant: b }, { checkout: { umask: \"0002\", owner: \"7:8\" } }", 3);
	struct lb_err err;
	for (size_t v = 0; v < 3; v++) {
		lb_autonode struct lb_node *root = NULL;
		lb_autoignore struct lb_ignore *ignore = NULL;
		assert_int_equal(scn_state_context(a.after, v, &root, &err), 0);
		assert_int_equal(scn_state_ignore(a.after, v, &ignore, &err), 0);
		const struct lb_node *df = lb_tree_get(root, "Dockerfile");
		assert_int_equal(df->attr.mtime.sec, LB_CONTEXT_TIME + (v == 1 ? 3 : 0));
		assert_int_equal(df->attr.mode, 0664);
		assert_int_equal(df->attr.uid, 7);
		assert_int_equal(lb_ignore_count(ignore), v == 2 ? 2 : 1);
		assert_int_equal(lb_node_size(lb_tree_get(root, ".dockerignore")), v == 2 ? 11 : 4);
	}
}

/* The same choice each time, another one under another seed; a new file does not change it. */
static void choice_by_seed(void **state)
{
	(void)state;
	bool seen[2] = { false, false };
	for (unsigned seed = 1; seed < 20; seed++) {
		lb_autofree char *head = lb_format("seed: %u\n" SCRATCH_HEAD, seed);
		autoapplied a = apply(head, "{ edit: \"src/**/*.py\" }", 1);
		autoapplied b = apply(head, "{ edit: \"src/**/*.py\" }", 1);
		lb_autofree char *one = difference(&a), *two = difference(&b);
		assert_string_equal(one, two);
		seen[strstr(one, "two.py") != NULL] = true;
	}
	assert_true(seen[0] && seen[1]);
}

static void new_change_each_time(void **state)
{
	(void)state;
	autoapplied a = apply(SCRATCH_HEAD, "{ edit: app.py }", 1);
	autoapplied b = apply(SCRATCH_HEAD, "{ edit: app.py }", 2);
	lb_autofree char *one = content(&a, "app.py"), *two = content(&b, "app.py");
	assert_string_not_equal(one, two);
	struct scn_state *next = NULL;
	struct lb_err err;
	bool none = true;
	assert_int_equal(scn_state_apply(a.after, &a.s->edits[0], 2, &next, &none, &err), 0);
	assert_false(none);
	scn_state_free(next);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contents),
		cmocka_unit_test(attributes),
		cmocka_unit_test(shares_what_did_not_change),
		cmocka_unit_test(removes),
		cmocka_unit_test(outside_of_the_context),
		cmocka_unit_test(no_effect),
		cmocka_unit_test(context_of_a_variant),
		cmocka_unit_test(choice_by_seed),
		cmocka_unit_test(new_change_each_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
