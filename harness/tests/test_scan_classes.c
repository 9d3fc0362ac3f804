/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scan/classes.h"

#include <stdlib.h>

#include "scratch.h"
#include "whatif/touch.h"

/* A project, what its front end reads, and commits that touch files of it. */
struct project {
	struct scratch s;
	struct scenario *scenario;
	struct front *front;
	struct history_commit commits[16];
	struct history_file files[64];
	struct history h;
	struct lb_arena arena;
};

static const char dockerfile[] = "FROM node:20 AS deps\n"
				 "COPY package.json package-lock.json ./\n"
				 "RUN do-install\n"
				 "FROM deps\n"
				 "COPY --exclude=*.md . .\n"
				 "RUN --mount=type=bind,source=tools,target=/t do-build\n";
static const char yaml[] = "run:\n"
			   "  - { match: \"RUN do-install\", depends-on: [package.json, package-lock.json] }\n"
			   "  - { match: \"RUN *do-build\", depends-on: [\"src/**\"] }\n";

static void open_project(struct project *p, const char *text)
{
	struct lb_err err;
	*p = (struct project){ .s = scratch_new() };
	scratch_text(&p->s, "Dockerfile", text);
	scratch_text(&p->s, "lbench.yaml", yaml);
	scratch_text(&p->s, ".dockerignore", "# what nobody needs\ndocs\n!docs/keep.md\n*.log\n");
	scratch_text(&p->s, "package.json", "{}\n");
	scratch_text(&p->s, "package-lock.json", "{}\n");
	scratch_text(&p->s, "README.md", "x\n");
	scratch_text(&p->s, "src/a.js", "x\n");
	scratch_text(&p->s, "src/b.js", "x\n");
	scratch_text(&p->s, "tools/t.js", "x\n");
	scratch_text(&p->s, "docs/one.md", "x\n");
	if (scenario_load(p->s.dir, NULL, &p->scenario, &err) || front_read(p->scenario, 0, &p->front, &err))
		fail_msg("%s", err.text);
}

/* paths: separated by blanks. */
static void add_commit(struct project *p, const char *paths)
{
	struct history_commit *c = &p->commits[p->h.commits_count++];
	const char **list = lb_arena_alloc(&p->arena, 8 * sizeof(*list));
	c->paths = list;
	for (const char *at = paths; *at; at += strspn(at, " ")) {
		size_t n = strcspn(at, " ");
		list[c->count] = lb_arena_strndup(&p->arena, at, n);
		p->files[p->h.files_count++] = (struct history_file){ list[c->count++], 1 };
		at += n;
	}
	p->h.commits = p->commits;
	p->h.files = p->files;
	p->h.examined++;
}

static void close_project(struct project *p)
{
	front_free(p->front);
	scenario_free(p->scenario);
	lb_arena_release(&p->arena);
	scratch_free(&p->s);
}
#define autoproject __attribute__((cleanup(close_project))) struct project

/* "path path" of a class's changes, in their order; "comment" for the Dockerfile's. */
static void expect_class(const struct classes *c, size_t i, double share, const char *text)
{
	lb_autobuf struct lb_buf got = { 0 };
	const struct scn_edit *e = &c->edits[i];
	for (size_t k = 0; k < e->changes_count; k++)
		lb_buf_addf(&got, "%s%s", k ? " " : "", e->changes[k].kind == SCN_DOCKERFILE ? "comment" : e->changes[k].path);
	assert_string_equal(lb_buf_str(&got), text);
	assert_float_equal(c->shares[i], share, 1e-12);
}

/* Files that all patterns treat alike are one; those that one pattern tells apart are not. */
static void test_groups(void **state)
{
	(void)state;
	autoproject p;
	open_project(&p, dockerfile);
	add_commit(&p, "src/a.js");
	add_commit(&p, "src/b.js");
	add_commit(&p, "src/a.js src/b.js");
	add_commit(&p, "src/gone.js");
	add_commit(&p, "package.json");
	add_commit(&p, "package-lock.json");
	add_commit(&p, "tools/t.js");
	add_commit(&p, "README.md");
	add_commit(&p, "docs/one.md x.log");
	add_commit(&p, "Dockerfile");
	add_commit(&p, "src/a.js package.json");
	p.h.examined += 9; /* commits to the rest of the repository */
	classes_auto struct classes c;
	classes_from_history(p.scenario, 0, p.front, &p.h, &c);
	assert_false(c.git_too);
	assert_int_equal(c.count, 8);
	expect_class(&c, 0, 4.0 / 20, "src/a.js");
	expect_class(&c, 1, 1.0 / 20, "package.json");
	expect_class(&c, 2, 1.0 / 20, "package-lock.json");
	expect_class(&c, 3, 1.0 / 20, "tools/t.js");
	expect_class(&c, 4, 1.0 / 20, "README.md");
	/* neither is sent: one group */
	expect_class(&c, 5, 1.0 / 20, "docs/one.md");
	expect_class(&c, 6, 1.0 / 20, "comment");
	expect_class(&c, 7, 1.0 / 20, "src/a.js package.json");
}

/* With .git in the context, each commit changes it. */
static void test_git(void **state)
{
	(void)state;
	autoproject p;
	struct lb_err err;
	open_project(&p, "FROM alpine\nCOPY . .\n");
	scratch_text(&p.s, ".git/HEAD", "ref: refs/heads/main\n");
	front_free(p.front);
	scenario_free(p.scenario);
	p.front = NULL;
	p.scenario = NULL;
	assert_int_equal(scenario_load(p.s.dir, NULL, &p.scenario, &err), 0);
	assert_int_equal(front_read(p.scenario, 0, &p.front, &err), 0);
	add_commit(&p, "docs/one.md");
	add_commit(&p, "src/a.js");
	classes_auto struct classes c;
	classes_from_history(p.scenario, 0, p.front, &p.h, &c);
	assert_true(c.git_too);
	assert_int_equal(c.count, 2);
	expect_class(&c, 0, 0.5, "docs/one.md .git/HEAD");
	expect_class(&c, 1, 0.5, "src/a.js .git/HEAD");
}

/* What a file stands for: one that is gone is made anew, a submodule is a file in it, a name with brackets is itself. */
static void test_stand_ins(void **state)
{
	(void)state;
	autoproject p;
	open_project(&p, "FROM alpine\nCOPY old old\nCOPY sub sub\nCOPY odd odd\nCOPY src/a.js/x .\n");
	add_commit(&p, "old/gone.txt");
	add_commit(&p, "src");
	add_commit(&p, "odd/[x].js");
	add_commit(&p, "src/a.js/x");
	scratch_text(&p.s, "odd/[x].js", "x\n");
	struct lb_err err;
	front_free(p.front);
	scenario_free(p.scenario);
	p.front = NULL;
	p.scenario = NULL;
	assert_int_equal(scenario_load(p.s.dir, NULL, &p.scenario, &err), 0);
	assert_int_equal(front_read(p.scenario, 0, &p.front, &err), 0);
	classes_auto struct classes c;
	classes_from_history(p.scenario, 0, p.front, &p.h, &c);
	assert_int_equal(c.count, 4);
	expect_class(&c, 0, 0.25, "old/gone.txt");
	assert_int_equal(c.edits[0].changes[0].kind, SCN_WRITE);
	expect_class(&c, 1, 0.25, "src/a.js");
	expect_class(&c, 2, 0.25, "odd/\\[x].js");
	/* a file stands where its directory was: there is nothing to change, and the class stays */
	expect_class(&c, 3, 0.25, "");
	assert_true(c.edits[3].no_change);
}

static void test_assumed(void **state)
{
	(void)state;
	autoproject p;
	open_project(&p, dockerfile);
	classes_auto struct classes c;
	assert_false(classes_from_weights(p.scenario, &c));
	classes_release(&c);
	assert_true(classes_assumed(p.scenario, 0, p.front, &c));
	double sum = 0, manifests = 0, checkout = 0;
	for (size_t i = 0; i < c.count; i++) {
		sum += c.shares[i];
		manifests += strstr(c.edits[i].name, "package") ? c.shares[i] : 0;
		checkout += strcmp(c.edits[i].name, "ci-checkout") == 0;
	}
	assert_float_equal(sum, 1, 1e-12);
	assert_float_equal(manifests, 0.10, 1e-12);
	assert_float_equal(checkout, 0, 0);
}

static void test_ignored_line(void **state)
{
	(void)state;
	autoproject p;
	open_project(&p, dockerfile);
	static const struct {
		const char *path;
		uint32_t line;
	} cases[] = { { "docs/one.md", 2 }, { "docs", 2 }, { "docs/keep.md", 0 }, { "x.log", 4 }, { "src/a.js", 0 }, { "src/x.log", 0 } };
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		assert_int_equal(touch_ignored_line(p.front, cases[i].path), cases[i].line);
}

static void test_front(void **state)
{
	(void)state;
	autoproject p;
	open_project(&p, dockerfile);
	static const struct {
		uint32_t line;
		bool known;
		uint64_t files;
	} cases[] = { { 2, true, 2 }, { 3, false, 0 }, { 5, true, 8 }, { 6, true, 1 } };
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		uint64_t files = 0;
		assert_int_equal(front_brings(p.front, cases[i].line, &files), cases[i].known);
		assert_int_equal(files, cases[i].files);
	}
	uint64_t needs;
	const struct lb_model *m = front_model(p.front, "RUN do-install");
	assert_non_null(m);
	assert_true(front_needs(p.front, m, &needs));
	assert_int_equal(needs, 2);
	assert_false(front_brings_path(p.front, 5, "README.md"));
	assert_true(front_brings_path(p.front, 5, "src/a.js"));
	assert_false(front_brings_path(p.front, 5, "docs/one.md"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_groups),  cmocka_unit_test(test_git),          cmocka_unit_test(test_stand_ins),
		cmocka_unit_test(test_assumed), cmocka_unit_test(test_ignored_line), cmocka_unit_test(test_front),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
