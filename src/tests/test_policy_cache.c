/* SPDX-License-Identifier: Apache-2.0
 *
 * What is common to the policies: stale hits, unknown inputs, forks, persistent scopes, what a CI cache costs,
 * and the price of a decision.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "policy_mini.h"

#define AT      " @1600000000 "
#define LATER   " @1600000001 "
#define BUILDER "FROM base AS build\nCOPY a.txt /a\nRUN same > /out\nFROM base\nCOPY --from=build /out /out\nCOPY b.txt /b\n"

static void build_given(struct mini *m, const struct mini_state *given)
{
	struct lb_node *disk;
	struct lb_err err = { 0 };
	assert_int_equal(lb_tree_parse(given->context, &disk, &err), 0);
	if (mini_build(m, given, disk, &err))
		fail_msg("%s", err.text);
	lb_node_unref(disk);
}

static void build(struct mini *m, const char *dockerfile, const char *context)
{
	build_given(m, &(struct mini_state){ .dockerfile = dockerfile, .context = context });
}

/* ---- stale hits ---- */

static void a_warm_builder_keeps_old_bytes(void **state)
{
	(void)state;
	static const char file[] = "FROM base\nCOPY a.txt /a\nRUN x > /x\nCOPY b.txt /b\n";
	struct mini *m = mini_new("buildkit", LB_BUILDER_WARM);
	build(m, file, "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\n");
	build(m, file, "f 0644 0:0" AT "a.txt = c\nf 0644 0:0" AT "b.txt = b\n");
	assert_string_equal(m->outcomes, "HHH");
	assert_true(m->rows[0].stale);
	assert_string_equal(
		m->rows[0].overlooked,
		"{\"path\":\"a.txt\",\"attribute\":\"content\",\"was\":\"ca978112ca1b\",\"now\":\"2e7d2c03a950\",\"changed\":1}");
	assert_false(m->rows[2].stale);
	/* a new time, and it is sent */
	build(m, file, "f 0644 0:0" LATER "a.txt = c\nf 0644 0:0" AT "b.txt = b\n");
	assert_string_equal(m->outcomes, "MMM");
	mini_free(m);
}

static void a_directory_keeps_the_header_that_counted(void **state)
{
	(void)state;
	static const char file[] = "FROM base\nCOPY d /d\nRUN x > /x\n";
	struct mini *m = mini_new("buildkit", LB_BUILDER_WARM);
	build(m, file, "d 0755 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n");
	build(m, file, "d 0700 0:0" AT "d\nf 0644 0:0" AT "d/x = x\n");
	assert_string_equal(m->outcomes, "HH");
	assert_true(m->rows[0].stale);
	assert_string_equal(m->rows[0].overlooked,
			    "{\"path\":\"d\",\"attribute\":\"mode\",\"was\":\"0755\",\"now\":\"0700\",\"changed\":1}");
	/* RUN stands on what is wrong: a build from scratch would have another root */
	assert_true(m->rows[1].stale);
	/* still, when something else is sent from that directory */
	build(m, file, "d 0700 0:0" AT "d\nf 0644 0:0" LATER "d/x = z\n");
	assert_string_equal(m->outcomes, "MM");
	build(m, file, "d 0755 0:0" AT "d\nf 0644 0:0" LATER "d/x = z\n");
	assert_string_equal(m->outcomes, "HH");
	mini_free(m);
}

struct stale_row {
	const char *policy, *file, *before, *after, *overlooked;
	const char *args[2];
};

static void stale_hits_name_what_was_overlooked(void **state)
{
	(void)state;
	static const struct stale_row rows[] = {
		{ "buildah@1.28",
		  "FROM base\nRUN --mount=type=bind,source=a.txt,target=/m x > /o\n",
		  "f 0644 0:0" AT "a.txt = a\n",
		  "f 0644 0:0" LATER "a.txt = b\n",
		  "{\"path\":\"a.txt\",\"attribute\":\"content\",\"was\":\"ca978112ca1b\",\"now\":\"3e23e8160039\",\"changed\":1}",
		  { "V", "1" } },
		{ "buildah",
		  "FROM base\nARG V=1\nWORKDIR /w$V\n",
		  "f 0644 0:0" AT "a.txt = a\n",
		  "f 0644 0:0" AT "a.txt = a\n",
		  "{\"argument\":\"V\",\"was\":\"1\",\"now\":\"2\"}",
		  { "V", "2" } },
		{ "kaniko",
		  "FROM base\nCOPY d /d\n",
		  "f 0644 0:0" AT "d/x = x\n",
		  "f 0644 0:0" AT "d/z = x\n",
		  "{\"path\":\"d/x\",\"attribute\":\"removed\",\"was\":\"2d711642b726\",\"changed\":2}",
		  { "V", "1" } },
		{ "buildkit",
		  "FROM base\nRUN --mount=type=secret,id=s x > /o\n",
		  "f 0644 0:0" AT "a.txt = a\n",
		  "f 0644 0:0" AT "a.txt = a\n",
		  "{\"attribute\":\"secret\",\"argument\":\"s\",\"was\":\"6b86b273ff34\",\"now\":\"d4735e3a265e\"}",
		  { "V", "2" } },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		const struct stale_row *r = &rows[i];
		struct mini *m = mini_new(r->policy, LB_BUILDER_WARM);
		struct mini_state given = { .dockerfile = r->file, .context = r->before, .secret = "1" };
		build_given(m, &given);
		given.context = r->after;
		given.args[0] = r->args[0];
		given.args[1] = r->args[1];
		given.secret = r->args[1];
		build_given(m, &given);
		const struct mini_row *last = &m->rows[m->rows_count - 1];
		assert_int_equal(last->outcome, LB_HIT);
		assert_true(last->stale);
		assert_string_equal(last->overlooked, r->overlooked);
		mini_free(m);
	}
}

static void a_hit_whose_inputs_are_equal_is_not_stale(void **state)
{
	(void)state;
	static const char *const policies[] = {
		"classic@20.10", "classic", "buildkit@0.8", "buildkit", "buildah@1.28", "buildah", "kaniko"
	};
	static const char file[] =
		"FROM base AS s\nARG V=1\nENV W=$V\nWORKDIR /w\nCOPY d/ .\nRUN x > /x\nFROM base\nLABEL a=b\nCOPY --from=s "
		"/x /y\nRUN z > /z\n";
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		struct mini *m = mini_new(policies[i], LB_BUILDER_WARM);
		for (int k = 0; k < 3; k++) {
			build(m, file, "f 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n");
			for (size_t r = 0; k && r < m->rows_count; r++) {
				assert_int_not_equal(m->rows[r].outcome, LB_MISS);
				assert_int_equal(m->rows[r].reason, LB_REASON_NONE);
				assert_false(m->rows[r].stale);
				assert_string_equal(m->rows[r].overlooked, "");
			}
		}
		mini_free(m);
	}
}

/* ---- what nobody knows ---- */

static void a_definition_hit_needs_no_bytes(void **state)
{
	(void)state;
	struct mini *m = mini_new("buildkit", LB_BUILDER_WARM);
	struct mini_state given = { .dockerfile = BUILDER,
				    .context = "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\n",
				    .blind = true };
	build_given(m, &given);
	build_given(m, &given);
	assert_string_equal(m->outcomes, "HHHH");
	assert_false(m->rows[2].stale);
	mini_free(m);
}

static void unknown_bytes_leave_an_outcome_open(void **state)
{
	(void)state;
	static const char *const policies[] = { "buildkit", "classic", "buildah", "kaniko" };
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		struct mini *m = mini_new(policies[i], LB_BUILDER_WARM);
		static const char file[] = "FROM base\nCOPY a.txt /a\nRUN x > /x\n";
		build(m, file, "f 0644 0:0" AT "a.txt = a\n");
		m->forget_sources = true;
		build(m, file, "f 0644 0:0" AT "a.txt = a\n");
		/* below an unknown step all is unknown */
		assert_string_equal(m->outcomes, "??");
		mini_free(m);
	}
}

static void nothing_can_match_what_never_ran(void **state)
{
	(void)state;
	struct mini *m = mini_new("buildkit", LB_BUILDER_WARM);
	m->forget_sources = true;
	build(m, "FROM base\nCOPY a.txt /a\n", "f 0644 0:0" AT "a.txt = a\n");
	assert_string_equal(m->outcomes, "M");
	mini_free(m);
}

/* ---- forks and scopes ---- */

static void forks_go_on_by_themselves(void **state)
{
	(void)state;
	static const char *const policies[] = { "buildkit", "classic", "buildah", "kaniko" };
	static const char file[] = "FROM base\nCOPY a.txt /a\nRUN x > /x\n";
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		struct mini *m = mini_new(policies[i], LB_BUILDER_WARM);
		build(m, file, "f 0644 0:0" AT "a.txt = a\n");
		struct mini *fork = mini_fork(m);
		build(fork, file, "f 0644 0:0" LATER "a.txt = b\n");
		assert_string_equal(fork->outcomes, "MM");
		assert_int_equal(fork->rows[0].reason, LB_FILES_CHANGED);
		build(m, file, "f 0644 0:0" LATER "a.txt = b\n");
		assert_string_equal(m->outcomes, "MM");
		assert_int_equal(m->rows[0].reason, LB_FILES_CHANGED);
		build(fork, file, "f 0644 0:0" AT "a.txt = a\n");
		assert_string_equal(fork->outcomes, "HH");
		mini_free(fork);
		mini_free(m);
	}
}

/* A cache that is opened anew over a scope knows its records and no time before. */
static void a_scope_outlives_its_cache(void **state)
{
	(void)state;
	static const char *const policies[] = { "buildkit", "classic", "buildah", "kaniko" };
	static const enum lb_builder_kind kinds[] = { LB_BUILDER_WARM, LB_BUILDER_FRESH };
	static const char file[] = "FROM base\nCOPY a.txt /a\nRUN x > /x\n";
	for (size_t i = 0; i < LB_COUNT(policies); i++)
		for (size_t k = 0; k < (i ? 1 : LB_COUNT(kinds)); k++) {
			struct mini *m = mini_new(policies[i], kinds[k]);
			build(m, file, "f 0644 0:0" AT "a.txt = a\n");
			mini_reopen(m, kinds[k]);
			build(m, file, "f 0644 0:0" AT "a.txt = a\n");
			assert_string_equal(m->outcomes, "HH");
			mini_reopen(m, kinds[k]);
			build(m, file, "f 0644 0:0" LATER "a.txt = b\n");
			assert_string_equal(m->outcomes, "MM");
			assert_int_equal(m->rows[0].reason, LB_FIRST_BUILD);
			mini_free(m);
		}
}

/* ---- what a CI cache costs ---- */

static void cache_bytes_are_counted(void **state)
{
	(void)state;
	static const char before[] = "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\n";
	static const char edited[] = "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" LATER "b.txt = B\n";
	struct mini *m = mini_new("buildkit", LB_BUILDER_FRESH);
	build(m, BUILDER, before);
	/* each layer of the mini builder is 100 bytes */
	assert_int_equal(m->counts.export_bytes, 400);
	assert_int_equal(m->counts.import_bytes, 0);
	build(m, BUILDER, edited);
	assert_string_equal(m->outcomes, "HHHM");
	assert_int_equal(m->counts.import_bytes, 400);
	assert_int_equal(m->counts.export_bytes, 100);
	/* the new COPY stands on the layer of the other, which is fetched */
	assert_int_equal(m->counts.fetched_bytes, 100);
	mini_free(m);
	m = mini_new("buildkit", LB_BUILDER_FRESH_MIN);
	build(m, BUILDER, before);
	assert_int_equal(m->counts.export_bytes, 200);
	mini_free(m);
	m = mini_new("buildkit", LB_BUILDER_WARM);
	build(m, BUILDER, before);
	assert_int_equal(m->counts.export_bytes + m->counts.import_bytes + m->counts.fetched_bytes, 0);
	mini_free(m);
}

static void min_holds_no_builder_layers(void **state)
{
	(void)state;
	static const char before[] = "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\n";
	struct mini *m = mini_new("buildkit", LB_BUILDER_FRESH_MIN);
	struct mini_state given = { .dockerfile = BUILDER, .context = before, .blind = true };
	build_given(m, &given);
	build_given(m, &given);
	assert_string_equal(m->outcomes, "HHHH");
	assert_false(m->rows[0].has_result);
	assert_false(m->rows[1].has_result);
	assert_true(m->rows[2].has_result);
	assert_true(m->rows[3].has_result);
	mini_free(m);
}

static void a_linked_copy_is_put_elsewhere(void **state)
{
	(void)state;
	struct mini *m = mini_new("buildkit", LB_BUILDER_FRESH);
	build(m, "FROM base\nRUN x > /x\nCOPY --link a.txt /a\n", "f 0644 0:0" AT "a.txt = a\n");
	build(m, "FROM base\nRUN y > /x\nCOPY --link a.txt /a\n", "f 0644 0:0" AT "a.txt = a\n");
	assert_string_equal(m->outcomes, "MM");
	assert_true(m->rows[1].has_result);
	mini_free(m);
}

/* ---- speed ---- */

static uint64_t now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

/* Not a benchmark: a decision must not grow with the number of earlier builds. */
static void a_decision_does_not_grow_with_history(void **state)
{
	(void)state;
	static const char *const policies[] = { "buildkit", "classic", "buildah", "kaniko" };
	for (size_t i = 0; i < LB_COUNT(policies); i++) {
		struct mini *m = mini_new(policies[i], LB_BUILDER_WARM);
		uint64_t best[2] = { UINT64_MAX, UINT64_MAX };
		for (int build_no = 0; build_no < 440; build_no++) {
			char context[128];
			snprintf(context, sizeof(context), "f 0644 0:0 @%d a.txt = %d\n", 1600000000 + build_no, build_no);
			uint64_t from = now_ns();
			build(m, "FROM base\nCOPY a.txt /a\n", context);
			uint64_t took = now_ns() - from;
			int half = build_no < 40 ? 0 : build_no >= 400 ? 1 : -1;
			if (half >= 0 && took < best[half])
				best[half] = took;
			m->results_count = m->results_count > 400 ? mini_drop_results(m) : m->results_count;
		}
		assert_true(best[1] < 8 * best[0]);
		mini_free(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_warm_builder_keeps_old_bytes),
		cmocka_unit_test(a_directory_keeps_the_header_that_counted),
		cmocka_unit_test(stale_hits_name_what_was_overlooked),
		cmocka_unit_test(a_hit_whose_inputs_are_equal_is_not_stale),
		cmocka_unit_test(a_definition_hit_needs_no_bytes),
		cmocka_unit_test(unknown_bytes_leave_an_outcome_open),
		cmocka_unit_test(nothing_can_match_what_never_ran),
		cmocka_unit_test(forks_go_on_by_themselves),
		cmocka_unit_test(a_scope_outlives_its_cache),
		cmocka_unit_test(cache_bytes_are_counted),
		cmocka_unit_test(min_holds_no_builder_layers),
		cmocka_unit_test(a_linked_copy_is_put_elsewhere),
		cmocka_unit_test(a_decision_does_not_grow_with_history),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
