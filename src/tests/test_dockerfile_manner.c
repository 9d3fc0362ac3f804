/* SPDX-License-Identifier: Apache-2.0
 *
 * How a front end goes about it: when rules are checked, which names it takes, what --from sees.
 */
#include "dockerfile_util.h"

#include "lbench/stage.h"
#include "lbench/step.h"

enum { ALL = LB_DIALECT_ALL, LATE = ALL | LB_DIALECT_LATE_RULES, LOOSE = ALL | LB_DIALECT_LOOSE_NAMES };

/* Resolves the target stage. The index of the instruction that fails, -1 for none, -2 when the file is refused. */
static int failing_step(const char *text, unsigned dialect, struct lb_err *err)
{
	struct lb_parse_options parse = { .dialect = dialect };
	struct lb_plan_options options = { .dialect = dialect };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	if (lb_dockerfile_parse("D", text, strlen(text), &parse, &df, err) || lb_build_plan_new(df, &options, &plan, err))
		return -2;
	struct lb_stage_state state;
	lb_stage_state_init(&state, plan, (int)plan->target, NULL, NULL);
	const struct lb_stage *stage = plan->stages[plan->target].stage;
	for (size_t i = stage->first; i < stage->end; i++) {
		struct lb_step step;
		int rc = lb_step_resolve(&state, &df->instructions[i], 0, &step, err);
		if (rc)
			assert_int_equal(rc, LB_INVALID);
		if (rc)
			return (int)(i - stage->first);
	}
	return -1;
}

static void rules_are_checked_at_once_or_late(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int at_once, late;
		const char *where;
	} rows[] = {
		{ "FROM a\nRUN x\nCOPY one\n", -2, 2, "D:3:1:" },
		{ "FROM a\nRUN x\nRUNN y\n", -2, 2, "D:3:1:" },
		{ "FROM a\nVOLUME []\n", -2, 1, "D:2:1:" },
		{ "FROM a\nSHELL sh\n", -2, 1, "D:2:7:" },
		{ "FROM a\nCOPY --nope a b\n", -2, 1, "D:2:6:" },
		{ "FROM a\nHEALTHCHECK NOPE\n", -2, 1, "D:2:13:" },
		{ "FROM a\nONBUILD ONBUILD RUN x\n", -2, 1, "D:2:9:" },
		{ "FROM a\nSTOPSIGNAL SIGNOPE\n", 1, 1, "D:2:12:" },
		{ "FROM a AS\n", -2, -2, "D:1:1:" },
		{ "FROM a\nCOPY one\nFROM b\nRUN x\n", -2, -1, NULL },
		{ "FROM a\nCOPY a b\n", -1, -1, NULL },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err = { 0 };
		assert_int_equal(failing_step(rows[i].text, ALL, &err), rows[i].at_once);
		assert_int_equal(failing_step(rows[i].text, LATE, &err), rows[i].late);
		if (rows[i].where && strncmp(err.text, rows[i].where, strlen(rows[i].where)) != 0)
			fail_msg("%s: not at %s", err.text, rows[i].where);
	}
}

static void names_may_be_loose(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	assert_int_equal(failing_step("FROM a AS 1x\n", ALL, &err), -2);
	assert_int_equal(failing_step("FROM a AS 1x\n", LOOSE, &err), -1);
	assert_int_equal(failing_step("FROM a\nENV =1\n", ALL, &err), -2);
	assert_int_equal(failing_step("FROM a\nENV =1\n", LOOSE, &err), -1);
	assert_int_equal(failing_step("FROM a\nENV A\n", LOOSE, &err), -2);
}

static int stage_of_copy(const char *text, unsigned dialect, struct lb_err *err)
{
	struct lb_plan_options options = { .dialect = dialect, .unneeded_too = true };
	struct lb_dockerfile *df = parse_full(text);
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	int found = -2;
	if (lb_build_plan_new(df, &options, &plan, err) == 0) {
		struct lb_stage_state state;
		struct lb_step step = { .from_stage = -1 };
		const struct lb_stage *stage = plan->stages[1].stage;
		lb_stage_state_init(&state, plan, 1, NULL, NULL);
		assert_int_equal(lb_step_resolve(&state, &df->instructions[stage->first + 1], 0, &step, err), 0);
		found = step.mounts_count ? step.mounts[0].from_stage : step.from_stage;
	}
	lb_build_plan_free(lb_steal(&plan));
	lb_dockerfile_free(df);
	return found;
}

static void from_sees_earlier_stages_or_all(void **state)
{
	(void)state;
	static const struct {
		const char *from;
		int all, earlier;
	} rows[] = {
		{ "COPY --from=x /a /b", 0, 0 },
		{ "COPY --from=0 /a /b", 0, 0 },
		{ "COPY --from=own /a /b", -2, -1 },
		{ "COPY --from=later /a /b", -2, -1 },
		{ "COPY --from=2 /a /b", -2, -1 },
		{ "COPY --from=elsewhere /a /b", -1, -1 },
		{ "RUN --mount=from=x,target=/m true", 0, 0 },
		{ "RUN --mount=from=later,target=/m true", -2, -1 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err = { 0 };
		lb_autofree char *text = lb_format("FROM a AS x\nFROM a AS own\n%s\nFROM a AS later\n", rows[i].from);
		assert_int_equal(stage_of_copy(text, ALL, &err), rows[i].all);
		assert_int_equal(stage_of_copy(text, ALL | LB_DIALECT_EARLIER_ONLY, &err), rows[i].earlier);
	}
}

static void namesakes_are_needed_together(void **state)
{
	(void)state;
	struct lb_plan_options options = { .dialect = ALL };
	struct lb_dockerfile *df = parse_full("FROM a AS x\nFROM a AS y\nFROM a AS X\n");
	for (int shared = 0; shared < 2; shared++) {
		lb_autobuildplan struct lb_build_plan *plan = NULL;
		struct lb_err err;
		options.dialect = shared ? ALL | LB_DIALECT_SHARED_NAMES : ALL;
		assert_int_equal(lb_build_plan_new(df, &options, &plan, &err), 0);
		assert_int_equal(plan->order_count, shared ? 2 : 1);
		assert_int_equal(plan->order[0], shared ? 0 : 2);
	}
	lb_dockerfile_free(df);
}

/* What a file narrows to is what it is when it is parsed so. */
static void files_narrow_to_what_they_hold(void **state)
{
	(void)state;
	const unsigned no_mount = LB_DIALECT_ALL & ~LB_DIALECT_MOUNT, no_heredoc = LB_DIALECT_ALL & ~LB_DIALECT_HEREDOC;
	static const char plain[] = "FROM a\nRUN make\nCOPY . .\n", mounts[] = "FROM a\nRUN --mount=type=cache,target=/c make\n";
	const struct {
		const char *text;
		unsigned dialect;
		bool narrows;
	} rows[] = {
		{ plain, LB_DIALECT_ALL, true },
		{ plain, no_mount, true },
		{ plain, no_heredoc, false },
		{ plain, LB_DIALECT_ALL | LB_DIALECT_LATE_RULES, false },
		{ mounts, LB_DIALECT_ALL & ~LB_DIALECT_PARENTS, true },
		{ mounts, no_mount, false },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autodockerfile struct lb_dockerfile *df = parse_full(rows[i].text);
		assert_int_equal(lb_dockerfile_narrow(df, rows[i].dialect), rows[i].narrows);
		assert_int_equal(df->dialect, rows[i].narrows ? rows[i].dialect : LB_DIALECT_ALL);
		lb_autodockerfile struct lb_dockerfile *parsed = NULL;
		struct lb_parse_options o = { .dialect = rows[i].dialect };
		struct lb_err err;
		int rc = lb_dockerfile_parse("Dockerfile", rows[i].text, strlen(rows[i].text), &o, &parsed, &err);
		assert_true(rc == 0 || !rows[i].narrows);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_are_checked_at_once_or_late), cmocka_unit_test(names_may_be_loose),
		cmocka_unit_test(from_sees_earlier_stages_or_all),   cmocka_unit_test(namesakes_are_needed_together),
		cmocka_unit_test(files_narrow_to_what_they_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
