/* SPDX-License-Identifier: Apache-2.0
 *
 * The shipped scenario python-app: it loads without a warning, every edit takes effect and can be made.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "scenario/scenario.h"

#define APP LBENCH_SOURCE_DIR "/scenarios/python-app"

static struct scenario *load(void)
{
	struct scenario *s = NULL;
	struct lb_err err;
	if (scenario_load(APP, NULL, &s, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

static void loads_without_warnings(void **state)
{
	(void)state;
	scn_autoscenario struct scenario *s = load();
	assert_string_equal(s->name, "python-app");
	assert_int_equal(s->variants_count, 4);
	assert_int_equal(s->models_count, 4);
	assert_int_equal(s->bases_count, 2);
	assert_int_equal(s->workload, SCN_EACH | SCN_MIX);
	for (size_t i = 0; i < s->warnings.count; i++)
		fail_msg("%s", s->warnings.items[i]);
	for (size_t v = 0; v < s->variants_count; v++)
		assert_non_null(strstr(s->variants[v].comment, s->variants[v].name));
	double sum = 0;
	for (size_t e = 0; e < s->edits_count; e++)
		sum += s->edits[e].weight;
	assert_true(sum == 100);
}

static void every_edit_takes_effect(void **state)
{
	(void)state;
	scn_autoscenario struct scenario *s = load();
	struct scn_state *first = NULL;
	struct lb_err err;
	assert_int_equal(scn_state_first(s, &first, &err), 0);
	for (size_t e = 0; e < s->edits_count; e++) {
		struct scn_state *after = NULL;
		bool no_effect = true;
		assert_int_equal(scn_state_apply(first, &s->edits[e], 1, &after, &no_effect, &err), 0);
		if (no_effect)
			fail_msg("%s changes nothing", s->edits[e].name);
		scn_state_free(after);
	}
	scn_state_free(first);
}

static void loads_the_same_twice(void **state)
{
	(void)state;
	scn_autoscenario struct scenario *a = load();
	scn_autoscenario struct scenario *b = load();
	assert_true(lb_digest_equal(&a->digest, &b->digest));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_without_warnings),
		cmocka_unit_test(every_edit_takes_effect),
		cmocka_unit_test(loads_the_same_twice),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
