/* SPDX-License-Identifier: Apache-2.0
 *
 * Wrong scenarios: each gives LB_INVALID, one line, the right place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scratch.h"

struct bad {
	const char *yaml;
	const char *place; /* behind "DIR/", up to the message */
	const char *message;
};

static void expect_bad(const struct scratch *dir, const struct bad *b)
{
	struct scenario *s = NULL;
	struct lb_err err = { 0 };
	int rc = scenario_load(dir->dir, NULL, &s, &err);
	if (rc != LB_INVALID)
		fail_msg("code %d (%s) for: %s", rc, err.text, b->yaml);
	lb_autofree char *place = lb_format("%s/%s: ", dir->dir, b->place);
	if (strncmp(err.text, place, strlen(place)) != 0 || !strstr(err.text, b->message) || strchr(err.text, '\n'))
		fail_msg("expected '%s… %s', got '%s' for: %s", place, b->message, err.text, b->yaml);
}

static void expect_all_bad(const struct bad *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		autoscratch dir = scratch_scenario(cases[i].yaml);
		expect_bad(&dir, &cases[i]);
	}
}

#define H         SCRATCH_HEAD
#define CHANGE(c) H "edits:\n  - name: e\n    changes: [ " c " ]\n"

static void yaml_itself(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{ "", "scenario.yaml:1:1", "the file is empty" },
		{ "# nothing\n", "scenario.yaml:1:1", "the file is empty" },
		{ "just text\n", "scenario.yaml:1:1", "expected a mapping" },
		{ "- a\n", "scenario.yaml:1:1", "here is a list" },
		{ "name: [a\n", "scenario.yaml:2:1", "expected ',' or ']'" },
		{ "name: \xff\xfe\n", "scenario.yaml:1:7", "not a YAML text" },
		{ "\x01\x02\x7f\n", "scenario.yaml:1:1", "not a YAML text" },
		{ "a: 1\n---\nb: 2\n", "scenario.yaml:2:1", "a second document" },
		{ "name: a\nname: b\n", "scenario.yaml:2:1", "'name' is here twice (first in line 1)" },
		{ "name: *x\n", "scenario.yaml:1:7", "alias *x" },
		{ "name: &x [*x]\n", "scenario.yaml:1:11", "alias *x" },
		{ "? [a, b]\n: c\n", "scenario.yaml:1:3", "a key must be a text" },
		{ "name: \"a\\0b\"\n", "scenario.yaml:1:7", "NUL" },
		{ "a: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n", "scenario.yaml:1:36", "nested deeper" },
		{ "a: &a [1,1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
		  "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n",
		  "scenario.yaml:6:4", "more than 1000000 values" },
	};
	expect_all_bad(cases, LB_COUNT(cases));
}

static void keys_and_types(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{ H "edits:\n  - { name: e, wieght: 5, changes: [] }\n", "scenario.yaml:8:16",
		  "unknown key 'wieght', did you mean 'weight'?" },
		{ "nmae: x\n", "scenario.yaml:1:1", "did you mean 'name'?" },
		{ "\"a\\nb\\e[1m\": x\n", "scenario.yaml:1:1", "unknown key 'a?b?[1m'" },
		{ "qqqqqqqq: x\n", "scenario.yaml:1:1", "it may hold name, description" },
		{ "name: [a]\n", "scenario.yaml:1:7", "expected a text, here is a list" },
		{ "name:\n", "scenario.yaml:1:6", "here is nothing" },
		{ "name: a b\n", "scenario.yaml:1:7", "white space" },
		{ "seed: -1\n", "scenario.yaml:1:7", "not a whole number" },
		{ "seed: 99999999999999999999\n", "scenario.yaml:1:7", "not a whole number" },
		{ "scope: all\n", "scenario.yaml:1:8", "neither variant nor scenario" },
		{ "metadata: 1\n", "scenario.yaml:1:11", "neither canonical nor disk" },
		{ "workload: [each, history]\n", "scenario.yaml:1:18", "'history' is not available" },
		{ "workload: all\n", "scenario.yaml:1:11", "unknown workload" },
		{ "workload: []\n", "scenario.yaml:1:11", "empty" },
		{ "name: t\n", "scenario.yaml:1:1", "needs the key 'context'" },
		{ "context: context\n", "scenario.yaml:1:1", "needs the key 'variants'" },
		{ "context: nowhere\nvariants: []\n", "scenario.yaml:1:10",
		  "nowhere' is not there; expected a directory with the build context" },
		{ "context: scenario.yaml\nvariants: []\n", "scenario.yaml:1:10", "is a file; expected a directory" },
		{ "context: context\nvariants: []\n", "scenario.yaml:2:11", "the list is empty" },
		{ H "edits: x\n", "scenario.yaml:7:8", "edits: expected a list" },
		{ H "edits:\n  - { name: e, weight: -1, changes: [] }\n", "scenario.yaml:8:24", "a weight is 0 or more" },
		{ H "edits:\n  - { name: e, weight: lots, changes: [] }\n", "scenario.yaml:8:24", "not a number" },
		{ H "edits:\n  - { name: e, weight: nan, changes: [] }\n", "scenario.yaml:8:24", "not a number" },
		{ H "edits:\n  - { name: e }\n", "scenario.yaml:8:5", "needs the key 'changes'" },
		{ H "edits:\n  - { changes: [] }\n", "scenario.yaml:8:5", "needs the key 'name'" },
		{ H "edits:\n  - { name: e, changes: [] }\n  - { name: e, changes: [] }\n", "scenario.yaml:9:13",
		  "a second edit 'e' (first in line 8)" },
		{ H "edits:\n  - { name: cold, changes: [] }\n", "scenario.yaml:8:13", "cannot be named 'cold'" },
		{ H "  - { name: a, dockerfile: variants/a.Dockerfile }\n", "scenario.yaml:7:13",
		  "a second variant 'a' (first in line 5)" },
		{ H "  - { name: c }\n", "scenario.yaml:7:5", "needs one of dockerfile and from" },
		{ H "  - { name: c, dockerfile: variants/c.Dockerfile }\n", "scenario.yaml:7:28", "variants/c.Dockerfile' is not there" },
		{ H "  - { name: c, dockerfile: variants }\n", "scenario.yaml:7:28", "is a directory; expected a Dockerfile" },
		{ H "  - { name: c, from: d }\n", "scenario.yaml:7:22", "no variant 'd' stands above" },
		{ H "  - { name: c, from: a, patch: scenario.yaml }\n", "scenario.yaml:1:1", "not a unified diff" },
	};
	expect_all_bad(cases, LB_COUNT(cases));
}

static void bases_and_models(void **state)
{
	(void)state;
#define BASE(b) "bases: { x: " b " }\n"
#define RUN(r)  H "run:\n  - { match: \"*make*\", " r " }\n"
	static const struct bad cases[] = {
		{ BASE("{ model: { layers: [52] } }"), "scenario.yaml:1:33", "'52' has no unit, write 52MiB" },
		{ BASE("{ model: { layers: [52XB] } }"), "scenario.yaml:1:33", "is not a size" },
		{ BASE("{ model: { layers: [-1MiB] } }"), "scenario.yaml:1:33", "is not a size" },
		{ BASE("{ model: { layers: [99999999TiB] } }"), "scenario.yaml:1:33", "is not a size" },
		{ BASE("{ model: { layers: [{ id: a }] } }"), "scenario.yaml:1:33", "needs the key 'size'" },
		{ BASE("{ model: { layers: [{ size: 1MiB, compresses-to: 1.5 }] } }"), "scenario.yaml:1:62", "out of range" },
		{ BASE("{ model: { layer: [1MiB] } }"), "scenario.yaml:1:24", "did you mean 'layers'?" },
		{ BASE("{ model: { layers: [], config: { env: [A] } } }"), "scenario.yaml:1:44", "'A' has no value" },
		{ BASE("nothing"), "scenario.yaml:1:13", "expected one of { model" },
		{ BASE("{ dir: nowhere }"), "scenario.yaml:1:20", "nowhere' is not there; expected a directory with a root file system" },
		{ BASE("{ oci: scenario.yaml }"), "scenario.yaml:1:20", "is a file; expected a directory with an OCI layout" },
		{ BASE("{ tar: context }"), "scenario.yaml:1:20", "is a directory; expected a tar archive" },
		{ RUN("takes: 5"), "scenario.yaml:8:31", "'5' has no unit, write 21.4s" },
		{ RUN("takes: { warm-mount: 1s }"), "scenario.yaml:8:31", "needs the key 'cold'" },
		{ RUN("takes: 5parsecs"), "scenario.yaml:8:31", "is not a duration" },
		{ RUN("depends-on: [/etc/passwd]"), "scenario.yaml:8:37", "neither a path in the context nor world:NAME" },
		{ RUN("writes: [{ path: /a }]"), "scenario.yaml:8:33", "exactly one of bytes, text and delete" },
		{ RUN("writes: [{ path: a, text: b }]"), "scenario.yaml:8:33", "must begin with '/'" },
		{ RUN("writes: [{ path: /a, bytes: 7, files: 1 }]"), "scenario.yaml:8:52", "has no unit" },
		{ RUN("writes: [{ path: /a, bytes: 7B, files: 0 }]"), "scenario.yaml:8:33", "out of range" },
		{ RUN("reproducible: yes"), "scenario.yaml:8:38", "neither true nor false" },
		{ H "run:\n  - { takes: 1s }\n", "scenario.yaml:8:5", "needs the key 'match'" },
	};
	expect_all_bad(cases, LB_COUNT(cases));
}

static void changes(void **state)
{
	(void)state;
	static const struct bad cases[] = {
		{ CHANGE("{ edit: nothing.py }"), "scenario.yaml:9:24", "no file 'nothing.py' in the context" },
		{ CHANGE("{ edit: \"lib/**\" }"), "scenario.yaml:9:24", "pattern 'lib/**' matches nothing" },
		{ CHANGE("{ edit: src }"), "scenario.yaml:9:24", "but a directory" },
		{ CHANGE("{ edit: ../x }"), "scenario.yaml:9:24", "'../x' leads out of the context" },
		{ CHANGE("{ append: src/../../x, text: a }"), "scenario.yaml:9:26", "leads out of the context" },
		{ CHANGE("{ write: /etc/passwd, text: a }"), "scenario.yaml:9:25", "outside of the context" },
		{ CHANGE("{ write: link/passwd, text: a }"), "scenario.yaml:9:25", "through the symbolic link 'link' (to '/etc')" },
		{ CHANGE("{ rename: app.py, to: link/x }"), "scenario.yaml:9:26", "through the symbolic link" },
		{ CHANGE("{ rename: app.py, to: ../x }"), "scenario.yaml:9:38", "leads out of the context" },
		{ CHANGE("{ edit: link }"), "scenario.yaml:9:24", "is a symbolic link" },
		{ CHANGE("{ delete: \"../*\" }"), "scenario.yaml:9:26", "leads out of the context" },
		{ CHANGE("{ delete: nothing }"), "scenario.yaml:9:26", "no file 'nothing'" },
		{ CHANGE("{ apend: app.py, text: a }"), "scenario.yaml:9:18", "unknown change 'apend', did you mean 'append'?" },
		{ CHANGE("{ append: app.py }"), "scenario.yaml:9:16", "append needs the key 'text'" },
		{ CHANGE("{ append: app.py, txt: a }"), "scenario.yaml:9:34", "did you mean 'text'?" },
		{ CHANGE("{ edit: app.py, owner: 0 }"), "scenario.yaml:9:32", "unknown key 'owner' in a change 'edit'" },
		{ CHANGE("{ write: app.py }"), "scenario.yaml:9:16", "one of text and from" },
		{ CHANGE("{ write: app.py, from: nowhere }"), "scenario.yaml:9:39", "nowhere' is not there" },
		{ CHANGE("{ write: app.py/x, text: a }"), "scenario.yaml:9:25", "app.py/x" },
		{ CHANGE("{ edit: Dockerfile }"), "scenario.yaml:9:24", "change it with 'dockerfile:'" },
		{ CHANGE("{ set: package.json, path: .verson, value: a }"), "scenario.yaml:9:23", "there is no such value" },
		{ CHANGE("{ set: app.py, path: .a, value: b }"), "scenario.yaml:9:23", "only JSON, YAML and TOML" },
		{ CHANGE("{ replace: app.py, find: zzz, with: y }"), "scenario.yaml:9:27", "does not hold 'zzz'" },
		{ CHANGE("{ chmod: app.py, mode: \"0999\" }"), "scenario.yaml:9:39", "neither an octal mode" },
		{ CHANGE("{ chown: app.py, owner: root }"), "scenario.yaml:9:40", "is not UID:GID" },
		{ CHANGE("{ touch: app.py, time: soon }"), "scenario.yaml:9:39", "not a number of seconds since 1970" },
		{ CHANGE("{ mkdir: src }"), "scenario.yaml:9:25", "in the context already" },
		{ CHANGE("{ checkout: {} }"), "scenario.yaml:9:28", "at least one of umask" },
		{ CHANGE("{ checkout: { umask: \"9\" } }"), "scenario.yaml:9:37", "is not octal" },
		{ CHANGE("{ dockerfile: { replace: zzz, with: y } }"), "scenario.yaml:9:30",
		  "no Dockerfile that is meant here holds 'zzz'" },
		{ CHANGE("{ dockerfile: { label: x } }"), "scenario.yaml:9:30", "is not NAME=VALUE" },
		{ CHANGE("{ dockerfile: { comment: x }, variant: z }"), "scenario.yaml:9:30", "no variant matches 'z'" },
		{ CHANGE("{ dockerfile: { replace: \"RUN make\", with: RNU x } }"), "variants/a.Dockerfile:5:1", "RNU" },
		{ CHANGE("{ dockerfile: { replace: \"alpine:3\", with: \"alpine:4\" } }"), "variants/a.Dockerfile:2:1", "'alpine:4'" },
		{ CHANGE("{ base: other, to: opaque }"), "scenario.yaml:9:24", "no base is named 'other'" },
		{ CHANGE("{ apply: nowhere.diff }"), "scenario.yaml:9:25", "nowhere.diff' is not there" },
		{ CHANGE("{}"), "scenario.yaml:9:16", "a change is one of edit write" },
		{ H "edits: { e: \"lib/*\" }\n", "scenario.yaml:7:13", "matches nothing" },
		{ H "every-edit: [{ append: x, text: y }]\n", "scenario.yaml:7:24", "no file 'x'" },
	};
	expect_all_bad(cases, LB_COUNT(cases));
}

static void expectations(void **state)
{
	(void)state;
#define EXPECT(x) H "edits:\n  - { name: e, changes: [{ edit: app.py }], expect: " x " }\n"
	static const struct bad cases[] = {
		{ EXPECT("{ c: hit }"), "scenario.yaml:8:55", "no variant matches 'c'; there are: a, b" },
		{ EXPECT("{ a: { \"RUN pip*\": hit } }"), "scenario.yaml:8:60", "pattern 'RUN pip*' matches no step of a" },
		{ EXPECT("{ a: { \"RUN*\": faster } }"), "scenario.yaml:8:68", "neither hit nor miss" },
		{ EXPECT("always"), "scenario.yaml:8:53", "neither hit nor miss" },
		{ EXPECT("{ a: [x] }"), "scenario.yaml:8:58", "expected a mapping" },
		{ H "edits: { e: app.py }\nkeep: { f: \"RUN make\" }\n", "scenario.yaml:8:9", "no edit is named 'f'" },
		{ H "edits: { e: app.py }\nkeep: { e: \"RUN npm*\" }\n", "scenario.yaml:8:12", "matches no step of any variant" },
	};
	expect_all_bad(cases, LB_COUNT(cases));
}

/* What stands in Dockerfiles is reported where it stands. */
static void dockerfiles(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place, *message;
	} cases[] = {
		{ "FROM alpine:3\nRNU make\n", "2:1", "RNU" },
		{ "", "", "" },
		{ "FROM busybox\n", "1:1", "no rule of 'bases' gives 'busybox'; it has: alpine:3" },
		{ "ARG V=9\nFROM alpine:$V\n", "2:1", "'alpine:9'" },
		{ "FROM alpine:3\nCOPY --from=busybox /bin /bin\n", "2:1", "'busybox'" },
		{ "FROM a AS b\nFROM b AS a\n", "", "" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		autoscratch dir = scratch_scenario(SCRATCH_HEAD);
		scratch_text(&dir, "variants/b.Dockerfile", cases[i].text);
		lb_autofree char *place = lb_format("variants/b.Dockerfile%s%s", *cases[i].place ? ":" : "", cases[i].place);
		struct scenario *s = NULL;
		struct lb_err err = { 0 };
		assert_int_equal(scenario_load(dir.dir, NULL, &s, &err), LB_INVALID);
		lb_autofree char *full = lb_path_join(dir.dir, place);
		if (strncmp(err.text, full, strlen(full)) != 0 || !strstr(err.text, cases[i].message))
			fail_msg("expected %s … %s, got %s", full, cases[i].message, err.text);
	}
}

static void places(void **state)
{
	(void)state;
	autoscratch dir = scratch_new();
	scratch_text(&dir, "file.txt", "x");
	scratch_text(&dir, "empty/nothing", "x");
	scratch_text(&dir, "odd/scenario.yaml/x", "x");
	static const struct {
		const char *path, *message;
	} cases[] = {
		{ "nowhere", "not there; expected a directory with scenario.yaml, or a project with a Dockerfile" },
		{ "file.txt", "a file; expected a directory with scenario.yaml" },
		{ "empty", "neither scenario.yaml nor lbench.yaml nor Dockerfile" },
		{ "odd", "is a directory; expected a scenario in YAML" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct scenario *s = NULL;
		struct lb_err err = { 0 };
		lb_autofree char *path = lb_path_join(dir.dir, cases[i].path);
		assert_int_equal(scenario_load(path, NULL, &s, &err), LB_INVALID);
		if (strncmp(err.text, path, strlen(path)) != 0 || !strstr(err.text, cases[i].message))
			fail_msg("%s", err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(yaml_itself), cmocka_unit_test(keys_and_types), cmocka_unit_test(bases_and_models),
		cmocka_unit_test(changes),     cmocka_unit_test(expectations),   cmocka_unit_test(dockerfiles),
		cmocka_unit_test(places),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
