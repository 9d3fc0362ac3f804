/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>

#include "check/budget.h"
#include "lbench/fs.h"

static char *dir;

static int setup(void **state)
{
	(void)state;
	return lb_fs_mkdtemp("/tmp", "budget-", &dir, NULL);
}

static int teardown(void **state)
{
	(void)state;
	int rc = lb_fs_remove(AT_FDCWD, dir, NULL);
	lb_cleanup_free(&dir);
	return rc;
}

static int load(const char *text, struct check_budget *out, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(dir, "b.yaml");
	assert_int_equal(lb_fs_write(AT_FDCWD, path, text, strlen(text), err), 0);
	return check_budget_load(path, out, err);
}

static void test_default(void **state)
{
	(void)state;
	struct check_budget b;
	struct check_place p = { "s", "v", "e", "buildkit@0.25", "warm" };
	assert_int_equal(check_budget_load(NULL, &b, NULL), 0);
	const struct check_limit *hits = check_budget_limit(&b, &p, CHECK_HITS);
	assert_true(hits->limited && check_within(hits, 0, 0) && !check_within(hits, 0, 1));
	for (int q = CHECK_HITS + 1; q < CHECK_QUANTITIES; q++)
		assert_false(check_budget_limit(&b, &p, (enum check_quantity)q)->limited);
	check_budget_release(&b);
}

static void test_last_rule_counts(void **state)
{
	(void)state;
	static const char text[] = "image: 1kB\npushed: 5%\nrules:\n"
				   "  - { variant: \"deps-*\", hits: 2 }\n"
				   "  - { variant: deps-first, edit: source, pushed: any }\n"
				   "  - { policy: \"classic*\", builder: cold, scenario: other, hits: any }\n";
	struct check_budget b;
	struct lb_err err;
	struct check_place source = { "s", "deps-first", "source", "buildkit@0.25", "warm" },
			   other = { "s", "copy-first", "source", "x", "warm" };
	assert_int_equal(load(text, &b, &err), 0);
	assert_true(check_budget_limit(&b, &source, CHECK_HITS)->value == 2);
	assert_int_equal(check_budget_limit(&b, &source, CHECK_HITS)->pos.line, 4);
	assert_false(check_budget_limit(&b, &source, CHECK_PUSHED)->limited);
	assert_true(check_budget_limit(&b, &other, CHECK_HITS)->value == 0);
	assert_true(check_budget_limit(&b, &other, CHECK_PUSHED)->percent);
	assert_true(b.rules[1].used && b.rules[2].used && !b.rules[3].used);
	check_budget_release(&b);
}

static void test_within(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		enum check_quantity q;
		double base, head;
		bool within;
	} cases[] = {
		{ "image: 1kB\n", CHECK_IMAGE, 5000, 6000, true },     { "image: 1kB\n", CHECK_IMAGE, 5000, 6001, false },
		{ "image: 0\n", CHECK_IMAGE, 5000, 5000, true },       { "image: 0\n", CHECK_IMAGE, 5000, 4000, true },
		{ "pushed: 5%\n", CHECK_PUSHED, 1000, 1050, true },    { "pushed: 5%\n", CHECK_PUSHED, 1000, 1051, false },
		{ "pushed: 5%\n", CHECK_PUSHED, 0, 1, false },         { "seconds: 1m30s\n", CHECK_SECONDS, 10, 100, true },
		{ "seconds: 0.5s\n", CHECK_SECONDS, 10, 10.6, false }, { "seconds: 10%\n", CHECK_SECONDS, 0.3, 0.33, true },
		{ "layers: 1\n", CHECK_LAYERS, 3, 4, true },           { "layers: 1\n", CHECK_LAYERS, 3, 5, false },
		{ "stored: any\n", CHECK_STORED, 3, 5e12, true },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct check_budget b;
		struct check_place p = { "s", "v", "e", "p", "b" };
		assert_int_equal(load(cases[i].text, &b, NULL), 0);
		if (check_within(check_budget_limit(&b, &p, cases[i].q), cases[i].base, cases[i].head) != cases[i].within)
			fail_msg("%s: %g after %g", cases[i].text, cases[i].head, cases[i].base);
		check_budget_release(&b);
	}
}

static void test_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text, *place, *word;
	} cases[] = {
		{ "hit: 0\n", ":1:1: ", "unknown key 'hit'" },
		{ "hits: -1\n", ":1:7: ", "'hits: -1' is not a limit; a number of steps or any" },
		{ "hits: 5%\n", ":1:7: ", "is not a limit" },
		{ "image: 20\n", ":1:8: ", "a size with its unit" },
		{ "image: -5%\n", ":1:8: ", "is not a limit" },
		{ "seconds: 20\n", ":1:10: ", "a duration with its unit" },
		{ "pushed: [1]\n", ":1:9: ", "'pushed' is a list" },
		{ "image: 1kB\nrules: 3\n", ":2:8: ", "'rules' is a text; a list is expected" },
		{ "rules:\n  - hits\n", ":2:5: ", "a rule is a mapping" },
		{ "rules:\n  - { varient: x, hits: 1 }\n", ":2:7: ", "unknown key 'varient'" },
		{ "rules:\n  - { variant: [x] }\n", ":2:16: ", "a pattern is expected" },
		{ "- 1\n", ":1:1: ", "a budget is a mapping" },
		{ "", ":", "" },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct check_budget b;
		struct lb_err err;
		if (load(cases[i].text, &b, &err) != LB_INVALID || !strstr(err.text, cases[i].place) || !strstr(err.text, cases[i].word))
			fail_msg("%s gives: %s", cases[i].text, err.text);
		check_budget_release(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default),
		cmocka_unit_test(test_last_rule_counts),
		cmocka_unit_test(test_within),
		cmocka_unit_test(test_refused),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
