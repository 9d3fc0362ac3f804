/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lbench/cache.h"

static void finds_the_newest_observed(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "buildkit", "buildkit@0.25" }, { "buildkit@0.8", "buildkit@0.8" }, { "classic", "classic@28.5" },
		{ "buildah", "buildah@1.43" },   { "kaniko", "kaniko@1.24" },        { "never", "never" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct lb_policy *p;
		struct lb_err err;
		assert_int_equal(lb_policy_find(rows[i][0], &p, &err), 0);
		assert_string_equal(p->name, rows[i][1]);
		assert_int_equal(p->origin,
				 strcmp(p->engine, "kaniko") == 0 || strcmp(p->engine, "never") == 0 ? LB_FROM_SOURCE : LB_OBSERVED);
	}
}

static void names_what_there_is(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "docker", "buildkit@9", "buildkit@", "buildkit@0.8 ", "Buildkit", "never@1" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct lb_policy *p = NULL;
		struct lb_err err = { 0 };
		assert_int_equal(lb_policy_find(bad[i], &p, &err), LB_NOT_FOUND);
		assert_non_null(strstr(err.text, "buildkit@0.25"));
		assert_null(p);
	}
}

static void lists_all_and_newest(void **state)
{
	(void)state;
	const struct lb_policy *all[32];
	size_t n = lb_policy_list(false, all, 32);
	assert_int_equal(n, 11);
	for (size_t i = 0; i < n; i++) {
		const struct lb_policy *p;
		assert_int_equal(lb_policy_find(all[i]->name, &p, NULL), 0);
		assert_ptr_equal(p, all[i]);
		assert_true(all[i]->dialect != 0);
		assert_true(all[i]->builders & 1U << LB_BUILDER_WARM);
		assert_true(all[i]->builders & 1U << LB_BUILDER_COLD);
	}
	assert_int_equal(lb_policy_list(true, all, 2), 5);
	assert_string_equal(all[0]->name, "buildkit@0.25");
	assert_string_equal(all[1]->name, "classic@28.5");
}

static void shapes_depend_on_the_builder(void **state)
{
	(void)state;
	const struct lb_policy *p;
	assert_int_equal(lb_policy_find("buildkit", &p, NULL), 0);
	assert_true(lb_policy_shape(p, LB_BUILDER_WARM).run_touches_etc);
	assert_false(lb_policy_shape(p, LB_BUILDER_FRESH).run_touches_etc);
	assert_int_equal(lb_policy_shape(p, LB_BUILDER_WARM).whiteout_mode, 0600);
	assert_int_equal(lb_policy_shape(p, LB_BUILDER_FRESH_MIN).whiteout_mode, 0);
	assert_int_equal(lb_policy_find("classic", &p, NULL), 0);
	assert_false(lb_policy_shape(p, LB_BUILDER_WARM).run_empty_layer);
	assert_false(lb_policy_shape(p, LB_BUILDER_WARM).workdir_empty_layer);
}

static void builders_have_names(void **state)
{
	(void)state;
	struct lb_err err = { 0 };
	for (int k = LB_BUILDER_WARM; k <= LB_BUILDER_COLD; k++) {
		enum lb_builder_kind back;
		assert_int_equal(lb_builder_parse(lb_builder_name((enum lb_builder_kind)k), &back, &err), 0);
		assert_int_equal(back, k);
	}
	enum lb_builder_kind kind;
	assert_int_equal(lb_builder_parse("hot", &kind, &err), LB_NOT_FOUND);
	assert_non_null(strstr(err.text, "'hot'"));
}

static void a_policy_knows_its_builders(void **state)
{
	(void)state;
	const struct lb_policy *p;
	struct lb_scope *scope;
	struct lb_cache *c = NULL;
	struct lb_err err = { 0 };
	assert_int_equal(lb_scope_new(NULL, &scope, &err), 0);
	assert_int_equal(lb_policy_find("classic", &p, &err), 0);
	assert_int_equal(lb_cache_new(p, LB_BUILDER_FRESH, scope, &c, &err), LB_UNSUPPORTED);
	assert_string_equal(err.text, "classic@28.5 has no fresh builder");
	assert_int_equal(lb_policy_find("buildkit@0.8", &p, &err), 0);
	assert_int_equal(lb_cache_new(p, LB_BUILDER_FRESH_MIN, scope, &c, &err), LB_UNSUPPORTED);
	lb_scope_free(scope);
}

static void outcomes_and_reasons_have_names(void **state)
{
	(void)state;
	assert_string_equal(lb_outcome_name(LB_HIT), "hit");
	assert_string_equal(lb_outcome_name(LB_UNREACHED), "unreached");
	assert_string_equal(lb_reason_name(LB_REASON_NONE), "");
	assert_string_equal(lb_reason_name(LB_FIRST_BUILD), "first-build");
	assert_string_equal(lb_reason_name(LB_PARENT_MISSED), "parent-missed");
}

static void evidence_leaves_out_what_is_absent(void **state)
{
	(void)state;
	struct lb_evidence e = { .inherited_stage = -1, .inherited_index = -1 };
	lb_autobuf struct lb_buf out = { 0 };
	lb_evidence_json(&e, &out);
	assert_string_equal(lb_buf_str(&out), "");
	char path[] = "a\"b", now[] = "2";
	e.path = path;
	e.now = now;
	e.changed = 3;
	e.inherited_stage = 1;
	e.inherited_line = 7;
	lb_evidence_json(&e, &out);
	assert_string_equal(lb_buf_str(&out), "{\"path\":\"a\\\"b\",\"now\":\"2\",\"changed\":3,\"inherited_from\":\"1:7\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_newest_observed),
		cmocka_unit_test(names_what_there_is),
		cmocka_unit_test(lists_all_and_newest),
		cmocka_unit_test(shapes_depend_on_the_builder),
		cmocka_unit_test(builders_have_names),
		cmocka_unit_test(a_policy_knows_its_builders),
		cmocka_unit_test(outcomes_and_reasons_have_names),
		cmocka_unit_test(evidence_leaves_out_what_is_absent),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
