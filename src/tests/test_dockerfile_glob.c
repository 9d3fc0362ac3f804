/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lbench/ignore.h"
#include "lbench/mem.h"

static const struct {
	const char *pattern, *name;
	int want;
} go_rows[] = {
	{ "abc", "abc", 1 },
	{ "", "", 1 },
	{ "", "a", 0 },
	{ "*", "", 1 },
	{ "*", "abc", 1 },
	{ "*", "a/b", 0 },
	{ "*c", "abc", 1 },
	{ "a*", "a", 1 },
	{ "a*", "ab/c", 0 },
	{ "a*/b", "abc/b", 1 },
	{ "a*/b", "a/c/b", 0 },
	{ "a*b*c/d", "axbxc/d", 1 },
	{ "a*b*c/d", "axbxc/x/d", 0 },
	{ "a*b?c*x", "abxbbxdbxebxczzx", 1 },
	{ "a*b?c*x", "abxbbxdbxebxczzy", 0 },
	{ "ab[c]", "abc", 1 },
	{ "ab[b-d]", "abc", 1 },
	{ "ab[e-g]", "abc", 0 },
	{ "ab[^c]", "abc", 0 },
	{ "ab[^e-g]", "abc", 1 },
	{ "a\\*b", "a*b", 1 },
	{ "a\\*b", "ab", 0 },
	{ "a?b", "a☺b", 1 },
	{ "a[^a]b", "a☺b", 1 },
	{ "a???b", "a☺b", 0 },
	{ "[a-ζ]*", "α", 1 },
	{ "*[a-ζ]", "A", 0 },
	{ "a?b", "a/b", 0 },
	{ "a[^b]c", "a/c", 1 },
	{ "[\\]a]", "]", 1 },
	{ "[\\-]", "-", 1 },
	{ "[x\\-]", "z", 0 },
	{ "[\\-x]", "x", 1 },
	{ "*x", "xxx", 1 },
	{ "**", "ab", 1 },
	{ "a**b", "axxb", 1 },
	{ "[b-a]", "a", 0 },
	{ "x[b-a]", "y", 0 },
	{ "*.t?t", "a.b.txt", 1 },
	{ "a*\xff", "ab\xff", 1 },
	{ "[]a]", "]", LB_INVALID },
	{ "[-]", "-", LB_INVALID },
	{ "[x-]", "x", LB_INVALID },
	{ "[-x]", "a", LB_INVALID },
	{ "\\", "a", LB_INVALID },
	{ "[a-b-c]", "a", LB_INVALID },
	{ "[", "a", LB_INVALID },
	{ "[^", "a", LB_INVALID },
	{ "[^bc", "a", LB_INVALID },
	{ "a[", "ab", LB_INVALID },
	{ "a[", "x", LB_INVALID },
	{ "x\\", "ay", LB_INVALID },
};

static void names_match_as_in_go(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(go_rows); i++)
		if (lb_glob_match(go_rows[i].pattern, go_rows[i].name) != go_rows[i].want)
			fail_msg("'%s' against '%s' gives %d", go_rows[i].pattern, go_rows[i].name,
				 lb_glob_match(go_rows[i].pattern, go_rows[i].name));
}

static void magic_is_seen(void **state)
{
	(void)state;
	assert_true(lb_glob_has_magic("a*") && lb_glob_has_magic("a?") && lb_glob_has_magic("[a]") && lb_glob_has_magic("a\\b"));
	assert_false(lb_glob_has_magic("a/b.c") || lb_glob_has_magic(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_match_as_in_go),
		cmocka_unit_test(magic_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
