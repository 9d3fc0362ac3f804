/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "scratch.h"

static struct scenario *load(const struct scratch *dir, const struct scn_load_options *o)
{
	struct scenario *s = NULL;
	struct lb_err err;
	if (scenario_load(dir->dir, o, &s, &err) < 0)
		fail_msg("%s", err.text);
	return s;
}

/* A plan in one line a build: variant edit seq workload repeat policy builder after scope, and whether it is alone. */
static void expect_plan(const struct scenario *s, const struct scn_plan_options *o, const char *expected)
{
	struct scn_plan plan;
	struct lb_err err;
	assert_int_equal(scn_plan_make(s, o, &plan, &err), 0);
	lb_autobuf struct lb_buf out = { 0 };
	for (size_t i = 0; i < plan.count; i++) {
		const struct scn_build *b = &plan.builds[i];
		lb_buf_addf(&out, "%s %s %d %s r%u p%zu b%zu <%d s%zu%s\n", s->variants[b->variant].name,
			    b->edit < 0 ? "cold" : s->edits[b->edit].name, (int)b->seq, b->workload == SCN_EACH ? "each" : "sequence",
			    b->repeat, b->policy, b->builder, b->after, b->scope, b->alone ? " alone" : "");
		assert_true(b->scope < plan.scopes);
	}
	scn_plan_release(&plan);
	assert_string_equal(lb_buf_str(&out), expected);
}

#define EDITS "edits:\n  - { name: x, changes: [{ edit: app.py }] }\n  - { name: y, changes: [{ edit: src/one.py }] }\n"

static void each(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD EDITS);
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	struct scn_plan_options o = { .policies = 1, .builders = 1, .repeat = 1 };
	expect_plan(s, &o,
		    "a cold 0 each r0 p0 b0 <-1 s0\na x 1 each r0 p0 b0 <0 s0\na y 1 each r0 p0 b0 <0 s0\n"
		    "b cold 0 each r0 p0 b0 <-1 s1\nb x 1 each r0 p0 b0 <3 s1\nb y 1 each r0 p0 b0 <3 s1\n");
}

static void order_and_selection(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD "workload: [each, sequence]\n" EDITS);
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	lb_autostrv struct lb_strv variants = { 0 }, edits = { 0 };
	lb_strv_add(&variants, "?");
	lb_strv_add(&variants, "b");
	lb_strv_add(&edits, "y");
	struct scn_plan_options o = { .policies = 2, .builders = 1, .repeat = 2, .edits = &edits };
	o.variants = &(struct lb_strv){ .items = &variants.items[1], .count = 1 };
	expect_plan(s, &o,
		    "b cold 0 each r0 p0 b0 <-1 s0\nb y 1 each r0 p0 b0 <0 s0\nb y 1 sequence r0 p0 b0 <0 s0\n"
		    "b cold 0 each r1 p0 b0 <-1 s1\nb y 1 each r1 p0 b0 <3 s1\nb y 1 sequence r1 p0 b0 <3 s1\n"
		    "b cold 0 each r0 p1 b0 <-1 s2\nb y 1 each r0 p1 b0 <6 s2\nb y 1 sequence r0 p1 b0 <6 s2\n"
		    "b cold 0 each r1 p1 b0 <-1 s3\nb y 1 each r1 p1 b0 <9 s3\nb y 1 sequence r1 p1 b0 <9 s3\n");
}

static void sequence_goes_on(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD "workload: sequence\n" EDITS);
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	lb_autostrv struct lb_strv a = { 0 };
	lb_strv_add(&a, "a");
	struct scn_plan_options o = { .policies = 1, .builders = 1, .variants = &a };
	expect_plan(s, &o, "a cold 0 sequence r0 p0 b0 <-1 s0\na x 1 sequence r0 p0 b0 <0 s0\na y 2 sequence r0 p0 b0 <1 s0\n");
}

/* Variants that share a cache are built one after the other at every edit; then each by itself, to compare with. */
static void shared_scope(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD "scope: scenario\n" EDITS);
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	struct scn_plan_options o = { .policies = 1, .builders = 1, .repeat = 1 };
	expect_plan(s, &o,
		    "a cold 0 each r0 p0 b0 <-1 s0\nb cold 0 each r0 p0 b0 <0 s0\n"
		    "a x 1 each r0 p0 b0 <1 s0\nb x 1 each r0 p0 b0 <2 s0\na y 1 each r0 p0 b0 <1 s0\nb y 1 each r0 p0 b0 <4 s0\n"
		    "a cold 0 each r0 p0 b0 <-1 s1 alone\na x 1 each r0 p0 b0 <6 s1 alone\na y 1 each r0 p0 b0 <6 s1 alone\n"
		    "b cold 0 each r0 p0 b0 <-1 s2 alone\nb x 1 each r0 p0 b0 <9 s2 alone\nb y 1 each r0 p0 b0 <9 s2 alone\n");
	lb_autostrv struct lb_strv a = { 0 };
	lb_strv_add(&a, "a");
	o.variants = &a;
	expect_plan(s, &o, "a cold 0 each r0 p0 b0 <-1 s0\na x 1 each r0 p0 b0 <0 s0\na y 1 each r0 p0 b0 <0 s0\n");
}

static void nothing_matches(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD EDITS);
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	lb_autostrv struct lb_strv v = { 0 };
	lb_strv_add(&v, "z*");
	struct scn_plan_options o = { .policies = 1, .builders = 1, .edits = &v };
	struct scn_plan plan;
	struct lb_err err;
	assert_int_equal(scn_plan_make(s, &o, &plan, &err), LB_USAGE);
	assert_string_equal(err.text, "no edit of t matches 'z*'; there are: x, y");
}

static void overrides(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD EDITS);
	struct lb_pair items[] = { { "edits.x.weight", "10" },
				   { "seed", "7" },
				   { "edits.1.name", "z" },
				   { "scope", "scenario" },
				   { "bases.alpine:3.model.layers.0", "2MiB" } };
	struct lb_pairs set = { items, LB_COUNT(items), LB_COUNT(items) };
	scn_autoscenario struct scenario *s = load(&dir, &(struct scn_load_options){ .set = &set });
	scn_autoscenario struct scenario *plain = load(&dir, NULL);
	assert_true(s->edits[0].weight == 10 && s->edits[0].has_weight);
	assert_int_equal(s->seed, 7);
	assert_string_equal(s->edits[1].name, "z");
	assert_true(s->shared_scope);
	assert_int_equal(s->bases[0].layers[0].bytes, 2 << 20);
	assert_false(lb_digest_equal(&s->digest, &plain->digest));
	static const struct {
		const char *key, *value, *message;
		int code;
	} bad[] = {
		{ "edits.q.weight", "1", "--set edits.q.weight: the scenario has no 'q.weight' there", LB_USAGE },
		{ "edits", "1", "--set edits: that is a list", LB_USAGE },
		{ "name.x", "1", "--set name.x: there is nothing below 'name.'", LB_USAGE },
		{ "seed", "x", "--set seed: seed: 'x' is not a whole number", LB_INVALID },
		{ "sed", "1", "--set sed: unknown key 'sed', did you mean 'seed'?", LB_INVALID },
	};
	for (size_t i = 0; i < LB_COUNT(bad); i++) {
		struct lb_pair one = { bad[i].key, bad[i].value };
		struct lb_pairs pairs = { &one, 1, 1 };
		struct scn_load_options o = { .set = &pairs };
		struct scenario *none = NULL;
		struct lb_err err = { 0 };
		int rc = scenario_load(dir.dir, &o, &none, &err);
		if (rc != bad[i].code || strncmp(err.text, bad[i].message, strlen(bad[i].message)) != 0)
			fail_msg("%d %s", rc, err.text);
	}
}

static void warnings(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario(SCRATCH_HEAD "run:\n  - { match: \"*pip*\" }\n  - { match: \"*make*\" }\n"
							"edits:\n  - { name: x, changes: [{ world: w }, { arg: NOT, value: 1 }] }\n");
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	static const char *const expected[] = {
		"scenario.yaml:8:14: match '*pip*' answers no RUN of any variant",
		"scenario.yaml:11:35: nothing of 'run' depends on 'world:w'",
		"scenario.yaml:11:47: no Dockerfile declares ARG NOT",
	};
	assert_int_equal(s->warnings.count, LB_COUNT(expected));
	for (size_t i = 0; i < LB_COUNT(expected); i++)
		if (!strstr(s->warnings.items[i], expected[i]))
			fail_msg("%s", s->warnings.items[i]);
}

/* A model all of whose files are missing is told; one file of several may be missing. */
static void missing_needs(void **state)
{
	(void)state;
	static const struct {
		const char *depends, *warning;
	} rows[] = {
		{ "[no.py]",
		  "scenario.yaml:8:14: depends-on: 'no.py' meets no file of the context, so '*make*' would never need to run again" },
		{ "[no.py, \"no/**\"]", "scenario.yaml:8:14: depends-on: 'no.py' meets" },
		{ "[no.py, app.py]", NULL },
		{ "[\"**/two.py\"]", NULL },
		{ "[src]", NULL },
		{ "[no.py, \"world:w\"]", NULL },
		{ "[new.py]", NULL },
		{ "[]", NULL },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autofree char *yaml = lb_format(SCRATCH_HEAD "run:\n  - { match: \"*make*\", depends-on: %s }\n"
								"edits:\n  - { name: x, changes: [{ write: new.py, text: x }] }\n",
						   rows[i].depends);
		autoscratch dir = scratch_scenario(yaml);
		scn_autoscenario struct scenario *s = load(&dir, NULL);
		assert_int_equal(s->warnings.count, rows[i].warning != NULL);
		if (rows[i].warning && !strstr(s->warnings.items[0], rows[i].warning))
			fail_msg("%s", s->warnings.items[0]);
	}
}

/* One anchor, used twice; a variant by a patch. */
static void aliases_and_patches(void **state)
{
	(void)state;
	autoscratch dir = scratch_scenario("name: t\ncontext: context\nbases: { \"alpine:3\": &b { model: { layers: [1MiB] } }, two: *b }\n"
					   "variants:\n  - { name: a, dockerfile: variants/a.Dockerfile, args: { V: 5 } }\n"
					   "  - { name: c, from: a, patch: c.patch }\n");
	scratch_text(&dir, "c.patch", "--- a.Dockerfile\n+++ c.Dockerfile\n@@ -4,2 +4,2 @@\n-COPY . .\n RUN make\n+COPY . .\n");
	scn_autoscenario struct scenario *s = load(&dir, NULL);
	assert_int_equal(s->bases_count, 2);
	assert_string_equal(s->bases[1].name, "two");
	assert_string_equal(s->variants[1].dockerfile, "# a: first\nFROM alpine:3 AS last\nARG V=1\nRUN make\nCOPY . .\n");
	assert_string_equal(lb_pairs_get(&s->variants[1].args, "V"), "5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each),         cmocka_unit_test(order_and_selection), cmocka_unit_test(sequence_goes_on),
		cmocka_unit_test(shared_scope), cmocka_unit_test(nothing_matches),     cmocka_unit_test(overrides),
		cmocka_unit_test(warnings),     cmocka_unit_test(missing_needs),       cmocka_unit_test(aliases_and_patches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
