/* SPDX-License-Identifier: Apache-2.0
 *
 * Classes of commits against the commits one by one: over random Dockerfiles and random commits, what the engine decides
 * for the classes sums up to what it decides for each commit with all its files changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "scan/classes.h"

#include <stdlib.h>

#include "scan/weigh.h"
#include "scratch.h"
#include "whatif/touch.h"

enum { CASES = 150, COMMITS = 24, FILES = 18 };

static const char *const names[FILES] = {
	"a.txt",        "b.txt",         "b.md",      "src/a.c",   "src/b.c",     "src/b.md",
	"src/deep/a.c", "src/deep/x.md", "lib/a.c",   "lib/b/c.c", "lib/b/d.md",  "package.json",
	"docs/a.md",    "docs/b/c.txt",  "tmp/x.log", "x.log",     "link/real.c", ".dockerignore",
};
static const char *const sources[] = {
	".",    "src",      "lib",   "src/*.c", "*.txt",        "lib/b",  "package.json",
	"docs", "src/deep", "*/b.*", "link",    "./src/../lib", "/a.txt", "[ab].txt",
};
static const char *const excludes[] = { "*.md", "**/*.md", "src/deep", "lib/b/**", "!lib/b/c.c" };
static const char *const ignores[] = { "*.log\n", "docs\n!docs/a.md\n", "**/*.md\n", "tmp\n", "lib/b\n", "" };
static const char *const depends[] = { "src/**", "package.json", "**/*.c", "lib", "docs/a.md", "*.txt" };

struct random {
	uint64_t state;
};

static size_t below(struct random *r, size_t n)
{
	r->state = r->state * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(r->state >> 33) % n;
}

#define PICK(r, list) list[below(r, LB_COUNT(list))]

/* flags: those that not all engines have. */
static void write_dockerfile(struct random *r, struct scratch *s, bool flags)
{
	lb_autobuf struct lb_buf text = { 0 }, yaml = { 0 };
	size_t steps = 2 + below(r, 5);
	lb_buf_adds(&text, "FROM alpine AS one\nWORKDIR /app\n");
	lb_buf_adds(&yaml, "run:\n");
	for (size_t i = 0; i < steps; i++) {
		if (below(r, 6) == 0)
			lb_buf_addf(&text, "FROM one AS s%zu\n", i);
		lb_buf_adds(&text, "COPY ");
		if (flags && below(r, 3) == 0)
			lb_buf_addf(&text, "--exclude=%s ", PICK(r, excludes));
		if (flags && below(r, 4) == 0)
			lb_buf_adds(&text, "--parents ");
		lb_buf_addf(&text, "%s dest%zu/\n", PICK(r, sources), i);
		if (flags && below(r, 4) == 0)
			lb_buf_addf(&text, "RUN --mount=type=bind,source=%s,target=/m do %zu\n", below(r, 2) ? "lib" : "src/deep", i);
		else
			lb_buf_addf(&text, "RUN do %zu\n", i);
		if (below(r, 5))
			lb_buf_addf(&yaml, "  - { match: \"RUN *do %zu\", depends-on: [\"%s\", \"%s\"], takes: { cold: %zus } }\n", i,
				    PICK(r, depends), PICK(r, depends), 1 + i);
	}
	scratch_text(s, "Dockerfile", lb_buf_str(&text));
	if (yaml.len > 5)
		scratch_text(s, "lbench.yaml", lb_buf_str(&yaml));
}

static void write_project(struct random *r, struct scratch *s, bool flags)
{
	for (size_t i = 0; i < FILES; i++)
		scratch_text(s, names[i], strstr(names[i], ".json") ? "{}\n" : "x\n");
	lb_autofree char *link = lb_path_join(s->dir, "src/linked");
	assert_int_equal(symlink("../link", link), 0);
	write_dockerfile(r, s, flags);
	scratch_text(s, ".dockerignore", PICK(r, ignores));
}

static struct history random_history(struct random *r, struct lb_arena *arena)
{
	struct history h = { .examined = COMMITS, .commits_count = COMMITS };
	h.commits = lb_arena_alloc(arena, COMMITS * sizeof(*h.commits));
	h.files = lb_arena_alloc(arena, (FILES + 1) * sizeof(*h.files));
	for (size_t i = 0; i < FILES; i++)
		h.files[h.files_count++] = (struct history_file){ names[i], 1 + below(r, 9) };
	for (size_t i = 0; i < COMMITS; i++) {
		const char **list = lb_arena_alloc(arena, FILES * sizeof(*list));
		struct history_commit *c = &h.commits[i];
		size_t most = 1 + below(r, 3);
		for (size_t k = 0; k < FILES && c->count < most; k++)
			if (below(r, FILES) < 2 || (k + 1 == FILES && !c->count))
				list[c->count++] = names[k];
		c->paths = list;
	}
	return h;
}

/* Each commit by itself, all of its files changed. */
static void one_by_one(const struct scenario *s, const struct front *f, const struct history *h, struct classes *out)
{
	*out = (struct classes){ 0 };
	out->edits = lb_arena_alloc(&out->arena, COMMITS * sizeof(*out->edits));
	out->shares = lb_arena_alloc(&out->arena, COMMITS * sizeof(*out->shares));
	for (size_t i = 0; i < COMMITS; i++) {
		struct scn_edit *e = &out->edits[out->count];
		lb_autofree char *name = lb_format("c%zu", i);
		e->name = lb_arena_strdup(&out->arena, name);
		e->changes = lb_arena_alloc(&out->arena, FILES * sizeof(*e->changes));
		for (size_t k = 0; k < h->commits[i].count; k++)
			touch_change(s, 0, f->context, h->commits[i].paths[k], &out->arena, &e->changes[e->changes_count++]);
		out->shares[out->count++] = 1.0 / COMMITS;
	}
}

/* LB_INVALID: the Dockerfile cannot be built. */
static int decide(const struct scenario *s, const struct front *f, const struct classes *c, const char *policy, struct lb_arena *arena,
		  struct scan_row *row)
{
	struct lb_err err;
	whatif_auto struct whatif *w = NULL;
	struct whatif_options o = {
		.scenario = s, .edits = c->edits, .edits_count = c->count, .models = f->models, .models_count = f->models_count
	};
	assert_int_equal(lb_policy_find(policy, &o.policy, &err), 0);
	int rc = whatif_decide(&o, &w, &err);
	if (!rc)
		scan_weigh(w, c, f, arena, row);
	return rc;
}

static bool check_case(uint64_t seed)
{
	struct random r = { seed * 2654435761u + 1 };
	static const char *const policies[] = { "buildkit", "buildkit", "classic", "kaniko" };
	autoscratch s = scratch_new();
	struct lb_err err;
	struct lb_arena arena = { 0 };
	scn_autoscenario struct scenario *scenario = NULL;
	front_auto struct front *f = NULL;
	struct scan_row grouped = { 0 }, single = { 0 };
	struct classes all, few;
	const char *policy = PICK(&r, policies);
	write_project(&r, &s, strcmp(policy, "buildkit") == 0);
	if (scenario_load(s.dir, NULL, &scenario, &err) || front_read(scenario, 0, &f, &err))
		return false;
	struct history h = random_history(&r, &arena);
	classes_from_history(scenario, 0, f, &h, &few);
	one_by_one(scenario, f, &h, &all);
	bool built = decide(scenario, f, &few, policy, &arena, &grouped) == 0;
	if (built) {
		assert_int_equal(decide(scenario, f, &all, policy, &arena, &single), 0);
		if (grouped.reruns - single.reruns > 1e-9 || single.reruns - grouped.reruns > 1e-9)
			fail_msg("seed %d, %s: %f re-runs in %zu classes, %f one by one\n%s", (int)seed, policy, grouped.reruns, few.count,
				 single.reruns, scenario->variants[0].dockerfile);
		assert_float_equal(grouped.wasted, single.wasted, 1e-9);
		assert_float_equal(grouped.unclear, single.unclear, 1e-9);
		assert_float_equal(grouped.wasted_seconds, single.wasted_seconds, 1e-9);
		assert_float_equal(grouped.broken, single.broken, 1e-9);
		assert_true(few.count <= all.count);
	}
	classes_release(&few);
	classes_release(&all);
	lb_arena_release(&arena);
	return built;
}

static void test_as_one_by_one(void **state)
{
	(void)state;
	size_t built = 0;
	for (uint64_t seed = 1; seed <= CASES; seed++)
		built += check_case(seed);
	/* enough of them are Dockerfiles that build */
	assert_true(built > CASES / 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_as_one_by_one) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
