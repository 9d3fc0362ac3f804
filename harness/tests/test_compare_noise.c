/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/noise.h"
#include "report/data.h"
#include "stats/stats.h"

enum { BUILDS = 10 };
enum shape { QUIET, DRIFT, SPIKE };

/* Builds of 20 ms and more under 1 % noise, `repeats` times each, interleaved. */
static void say_on(enum shape shape, unsigned repeats, const struct noise_machine *m, const char *run_mode, struct lb_buf *out)
{
	static const char *const edits[BUILDS] = { "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8", "e9" };
	struct report r = { .builds_count = (size_t)repeats * BUILDS };
	uint64_t seed = 5;
	r.builds = lb_calloc(r.builds_count + 1, sizeof(*r.builds));
	for (size_t i = 0; i < r.builds_count; i++) {
		struct report_build *b = &r.builds[i];
		for (int t = 0; t < BT_COUNT; t++)
			b->text[t] = "";
		b->text[BT_STATUS] = "ok";
		b->text[BT_RUN_MODE] = run_mode;
		b->text[BT_VARIANT] = "a";
		b->text[BT_EDIT] = edits[i % BUILDS];
		b->number[BN_REPEAT] = i / BUILDS;
		b->number[BN_STARTED_ORDER] = i;
		double ns = 2e7 * (double)(1 + i % BUILDS) * exp(0.01 * stats_random_normal(&seed));
		ns *= shape == DRIFT && i >= r.builds_count / 2 ? 1.2 : shape == SPIKE && i == 33 ? 3 : 1;
		b->number[BN_ENGINE_NS] = b->number[BN_RUN_NS] = (uint64_t)ns;
	}
	noise_line(&r, m, out);
	free(r.builds);
}

static void say(enum shape shape, unsigned repeats, struct lb_buf *out)
{
	say_on(shape, repeats, &(struct noise_machine){ .load = 1, .cpus = 4, .governor = "" }, "model", out);
}

static void test_lines(void **state)
{
	(void)state;
	static const struct {
		enum shape shape;
		unsigned repeats;
		const char *has, *has_not;
	} cases[] = {
		{ QUIET, 8, "noise: half of the times lie within ±", "outliers" },
		{ QUIET, 8, "%\n", "drift" },
		{ DRIFT, 8, "they drift by +2", "outliers (" },
		{ DRIFT, 8, "--warmup 1", "load" },
		{ SPIKE, 8, "1 of 80 are outliers (a after e3, repeat 3: 3.", "drift" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		say(cases[i].shape, cases[i].repeats, &out);
		if (!strstr(lb_buf_str(&out), cases[i].has) || strstr(lb_buf_str(&out), cases[i].has_not))
			fail_msg("case %zu: %s", i, lb_buf_str(&out));
	}
	lb_autobuf struct lb_buf few = { 0 };
	say(SPIKE, 3, &few);
	assert_int_equal(few.len, 0);
}

/* What the machine does is said, with what would help; of one measured repeat that is all that can be said. */
static void test_machine(void **state)
{
	(void)state;
	static const struct {
		struct noise_machine m;
		enum shape shape;
		unsigned repeats;
		const char *run_mode, *line;
	} cases[] = {
		{ { 3.6, 4, "" },
		  QUIET,
		  1,
		  "exec",
		  "noise: too few repeats to tell; load 3.6 on 4 processors before it began; nothing else on the machine would help\n" },
		{ { 0.9, 1, "powersave" },
		  QUIET,
		  1,
		  "exec",
		  "noise: too few repeats to tell; load 0.9 on 1 processor before it began; frequency governor powersave; nothing else on "
		  "the machine and the governor performance would help\n" },
		{ { 3.4, 4, "performance" }, QUIET, 1, "exec", "" },
		{ { 9, 4, "powersave" }, QUIET, 1, "model", "" },
		{ { 0, 4, "schedutil" },
		  QUIET,
		  8,
		  "exec",
		  "noise: half of the times lie within ±0.6 %; frequency governor schedutil; the governor performance would help\n" },
		{ { 5, 4, "schedutil" },
		  DRIFT,
		  8,
		  "exec",
		  "; load 5.0 on 4 processors before it began; frequency governor schedutil; --warmup 1, more repeats, nothing else on the "
		  "machine and the governor performance would help\n" },
		{ { 0, 0, "" }, SPIKE, 8, "exec", "; more repeats and nothing else on the machine would help\n" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		lb_autobuf struct lb_buf out = { 0 };
		say_on(cases[i].shape, cases[i].repeats, &cases[i].m, cases[i].run_mode, &out);
		size_t want = strlen(cases[i].line);
		if (cases[i].shape == QUIET ? strcmp(lb_buf_str(&out), cases[i].line) != 0
					    : out.len < want || strcmp(out.data + out.len - want, cases[i].line) != 0)
			fail_msg("case %zu: %s", i, lb_buf_str(&out));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lines), cmocka_unit_test(test_machine) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
