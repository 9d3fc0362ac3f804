/* SPDX-License-Identifier: Apache-2.0
 *
 * A project directory, with lbench.yaml and without.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "scratch.h"

static struct scratch project(void)
{
	struct scratch s = scratch_new();
	scratch_text(
		&s, "Dockerfile",
		"FROM node:20 AS build\nCOPY . .\nRUN npm ci\nFROM nginx\nCOPY --from=build /dist /www\nCOPY --from=busybox /bin /b\n");
	scratch_text(&s, "package.json", "{ \"name\": \"x\" }\n");
	scratch_text(&s, "package-lock.json", "{}\n");
	scratch_text(&s, "src/index.js", "run();\n");
	scratch_text(&s, "src/index.test.js", "test();\n");
	scratch_text(&s, "node_modules/a/index.js", "a();\n");
	scratch_text(&s, "secret/x.js", "a();\n");
	scratch_text(&s, "README.md", "# x\n");
	scratch_text(&s, ".dockerignore", "node_modules\nsecret\n");
	scratch_text(&s, ".lbench/results/x", "old\n");
	return s;
}

static struct scenario *load(const char *path, const struct scn_load_options *o)
{
	struct scenario *s = NULL;
	struct lb_err err;
	if (scenario_load(path, o, &s, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

static void without_a_word(void **state)
{
	(void)state;
	autoscratch dir = project();
	scn_autoscenario struct scenario *s = load(dir.dir, NULL);
	static const char *const edits[] = { "source", "package-lock.json", "package.json", "readme", "new-file", "ci-checkout" };
	assert_true(s->implicit);
	assert_null(s->file);
	assert_string_equal(s->name, lb_path_base(dir.dir));
	assert_null(lb_tree_get(s->context, ".lbench"));
	assert_int_equal(s->edits_count, LB_COUNT(edits));
	for (size_t i = 0; i < LB_COUNT(edits); i++)
		assert_string_equal(s->edits[i].name, edits[i]);
	assert_string_equal(s->edits[0].changes[0].path, "src/index.js");
	assert_string_equal(s->edits[4].changes[0].path, "src/lbench_new.js");
	assert_int_equal(s->bases_count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(s->bases[i].form, SCN_BASE_OPAQUE);
	assert_string_equal(s->variants[0].place, "Dockerfile");
}

static void with_lbench_yaml(void **state)
{
	(void)state;
	autoscratch dir = project();
	scratch_text(&dir, "lbench.yaml",
		     "edits: { source: \"src/**\", dependencies: package-lock.json, both: [README.md, { touch: package.json }],\n"
		     "  base: { weight: 2, changes: [{ dockerfile: { replace: \"node:20\", with: \"node:22\" } }] } }\n"
		     "keep:  { source: \"RUN npm ci*\" }\n");
	scn_autoscenario struct scenario *s = load(dir.dir, NULL);
	assert_int_equal(s->edits_count, 4);
	assert_string_equal(s->edits[0].name, "source");
	assert_int_equal(s->edits[0].expects_count, 1);
	assert_string_equal(s->edits[0].expects[0].step, "RUN npm ci*");
	assert_string_equal(s->edits[0].expects[0].variant, "*");
	assert_int_equal(s->edits[0].expects[0].outcome, LB_HIT);
	assert_int_equal(s->edits[2].changes_count, 2);
	assert_true(s->edits[3].weight == 2);
	/* the base that an edit brings in is opaque as well */
	assert_int_equal(s->bases_count, 4);
	struct scn_state *first = NULL, *after = NULL;
	struct lb_err err;
	assert_int_equal(scn_state_first(s, &first, &err), 0);
	assert_int_equal(scn_state_apply(first, &s->edits[3], 1, &after, NULL, &err), 0);
	lb_autonode struct lb_node *before = NULL;
	lb_autonode struct lb_node *changed = NULL;
	assert_int_equal(scn_state_context(first, 0, &before, &err), 0);
	assert_int_equal(scn_state_context(after, 0, &changed, &err), 0);
	assert_ptr_equal(before, s->context);
	assert_int_equal(lb_tree_get(changed, "Dockerfile")->attr.mtime.sec, LB_CONTEXT_TIME + 1);
	scn_state_free(first);
	scn_state_free(after);
}

static void docker_options(void **state)
{
	(void)state;
	autoscratch dir = project();
	scratch_text(&dir, "docker/Dockerfile.dev", "ARG V\nFROM node:$V AS one\nFROM ctx\n");
	scratch_text(&dir, "docker/Dockerfile.dev.dockerignore", "*.md\n");
	lb_autofree char *a = lb_path_join(dir.dir, "docker/Dockerfile.dev");
	lb_autofree char *b = lb_path_join(dir.dir, "Dockerfile");
	char *files[] = { a, b };
	lb_autofree char *other = lb_path_join(dir.dir, "src");
	struct lb_pair arg = { "V", "18" }, context = { "ctx", other };
	struct lb_pairs args = { &arg, 1, 1 }, contexts = { &context, 1, 1 };
	struct scn_load_options o = { .dockerfiles = files, .dockerfiles_count = 2, .build_args = &args, .contexts = &contexts };
	scn_autoscenario struct scenario *s = load(dir.dir, &o);
	assert_int_equal(s->variants_count, 2);
	assert_string_equal(s->variants[0].name, "dev");
	assert_string_equal(s->variants[0].place, "docker/Dockerfile.dev");
	assert_string_equal(s->variants[0].ignore_text, "*.md\n");
	assert_string_equal(s->variants[1].name, "Dockerfile");
	assert_string_equal(lb_pairs_get(&s->variants[1].args, "V"), "18");
	/* the target is ctx: the first stage and its base are not needed */
	for (size_t i = 0; i < s->bases_count; i++)
		assert_string_not_equal(s->bases[i].name, "ctx");
	o.target = "nowhere";
	struct scenario *none = NULL;
	struct lb_err err;
	assert_int_equal(scenario_load(dir.dir, &o, &none, &err), LB_INVALID);
	autoscratch written = scratch_scenario(SCRATCH_HEAD);
	assert_int_equal(scenario_load(written.dir, &o, &none, &err), LB_USAGE);
}

static void go_file_has_a_package(void **state)
{
	(void)state;
	autoscratch dir = scratch_new();
	scratch_text(&dir, "Dockerfile", "FROM scratch\nCOPY . .\n");
	scratch_text(&dir, "main.go", "// x\npackage main\n");
	scn_autoscenario struct scenario *s = load(dir.dir, NULL);
	assert_string_equal(s->edits[1].name, "new-file");
	assert_string_equal(s->edits[1].changes[0].text, "package main\n// edit 0000000a\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_word),
		cmocka_unit_test(with_lbench_yaml),
		cmocka_unit_test(docker_options),
		cmocka_unit_test(go_file_has_a_package),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
