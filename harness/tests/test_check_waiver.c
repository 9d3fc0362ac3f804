/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "check/waiver.h"

static void test_found(void **state)
{
	(void)state;
	static const char text[] = "FROM x\n"
				   "# about this step\n"
				   "# lbench: allow lost-hit until 2027-03-01 because the mirror is slow\n"
				   "  # more about it\n"
				   "RUN make\n"
				   "#lbench: allow lost-hits until 2026-12-31 because of #12  \n"
				   "\n"
				   "RUN not-this\n"
				   "# LBENCH is written small\n"
				   "RUN last";
	struct check_waivers w = { 0 };
	lb_autostrv struct lb_strv faults = { 0 };
	check_waivers_read("Dockerfile", text, &w, &faults);
	assert_int_equal(faults.count, 0);
	assert_int_equal(w.count, 2);
	const struct check_waiver *found = check_waivers_find(&w, 5);
	assert_non_null(found);
	assert_int_equal(found->line, 3);
	assert_string_equal(found->until, "2027-03-01");
	assert_string_equal(found->because, "the mirror is slow");
	assert_null(check_waivers_find(&w, 8));
	assert_null(check_waivers_find(&w, 1));
	assert_true(check_waiver_holds(found, "2027-03-01T23:59:59Z"));
	assert_true(check_waiver_holds(found, "2026-11-25T00:00:00Z"));
	assert_false(check_waiver_holds(found, "2027-03-02T00:00:00Z"));
	check_waivers_release(&w);
}

static void test_faults(void **state)
{
	(void)state;
	static const struct {
		const char *line, *fault;
	} cases[] = {
		{ "# lbench: ignore everything", "only `allow` is known" },
		{ "# lbench: allow bytes until 2027-01-01 because x", "only `lost-hit` can be allowed" },
		{ "# lbench: allow lost-hit because x", "`until YYYY-MM-DD` is missing" },
		{ "# lbench: allow lost-hit until 2027-13-01 because x", "`until YYYY-MM-DD` is missing" },
		{ "# lbench: allow lost-hit until 2027-02-30 because x", "`until YYYY-MM-DD` is missing" },
		{ "# lbench: allow lost-hit until 1.3.2027 because x", "`until YYYY-MM-DD` is missing" },
		{ "# lbench: allow lost-hit until 2027-01-01", "the reason is missing" },
		{ "# lbench: allow lost-hit until 2027-01-01 because", "the reason is missing" },
		{ "# lbench:", "only `allow` is known" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct check_waivers w = { 0 };
		lb_autostrv struct lb_strv faults = { 0 };
		lb_autofree char *text = lb_format("FROM x\n%s\nRUN y\n", cases[i].line);
		check_waivers_read("d/Dockerfile", text, &w, &faults);
		assert_int_equal(faults.count, 1);
		if (strncmp(faults.items[0], "d/Dockerfile:2: ", 16) != 0 || !strstr(faults.items[0], cases[i].fault))
			fail_msg("%s gives: %s", cases[i].line, faults.items[0]);
		assert_int_equal(w.count, 0);
		check_waivers_release(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_found), cmocka_unit_test(test_faults) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
