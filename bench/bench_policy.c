/* SPDX-License-Identifier: Apache-2.0
 *
 * A decision against its bar: the lookup of a step without files, where 10 and where 100,000 earlier builds left
 * their records. Each earlier build carried one other RUN out.
 *
 *   bench_policy [RUNS]     prints the median of RUNS lookups for each engine, and how it fits into the bar
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lbench/buf.h"
#include "lbench/cache.h"
#include "lbench/dockerfile.h"
#include "lbench/mem.h"

enum { MAX_RUNS = 9999 };
#define BAR_US 5.0

static double seconds_now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void check(int rc, const struct lb_err *err)
{
	if (!rc)
		return;
	fprintf(stderr, "bench_policy: %s\n", err->text);
	exit(1);
}

/* FROM scratch and one RUN, up to the lookup. */
struct one {
	struct lb_dockerfile *df;
	struct lb_build_plan *plan;
	struct lb_stage_state from, before, after;
	struct lb_step from_step, step;
	struct lb_inputs from_in, in;
	struct lb_decision base;
};

static void one_open(struct one *o, struct lb_cache *c, const struct lb_policy *p, uint64_t number)
{
	struct lb_err err;
	lb_autofree char *text = lb_format("FROM scratch\nRUN make part-%llu\n", (unsigned long long)number);
	struct lb_parse_options po = { .dialect = p->dialect };
	struct lb_plan_options plan = { .dialect = p->dialect };
	memset(o, 0, sizeof(*o));
	check(lb_dockerfile_parse("Dockerfile", text, strlen(text), &po, &o->df, &err), &err);
	check(lb_build_plan_new(o->df, &plan, &o->plan, &err), &err);
	lb_stage_state_init(&o->before, o->plan, 0, NULL, NULL);
	o->from = o->before;
	check(lb_step_resolve(&o->before, &o->df->instructions[0], 0, &o->from_step, &err), &err);
	o->after = o->before;
	check(lb_step_resolve(&o->after, &o->df->instructions[1], 0, &o->step, &err), &err);
	o->from_in = (struct lb_inputs){ .step = &o->from_step, .before = &o->from, .after = &o->before, .owner_known = true };
	check(lb_cache_begin(c, &err), &err);
	check(lb_cache_from(c, &o->from_in, NULL, NULL, &o->base, &err), &err);
	o->in = (struct lb_inputs){
		.step = &o->step, .before = &o->before, .after = &o->after, .index = 1, .parent = o->base.link, .owner_known = true
	};
}

static void one_close(struct one *o, struct lb_cache *c, struct lb_link *final)
{
	struct lb_err err;
	check(lb_cache_end(c, final, NULL, &err), &err);
	lb_decision_release(&o->base);
	lb_build_plan_free(o->plan);
	lb_dockerfile_free(o->df);
}

static void build_once(struct lb_cache *c, const struct lb_policy *p, uint64_t number)
{
	struct lb_err err;
	struct one o;
	struct lb_decision d;
	one_open(&o, c, p, number);
	check(lb_cache_lookup(c, &o.in, &d, &err), &err);
	struct lb_result r = { .id = lb_digest_of(&number, sizeof(number)) };
	r.diff_id = r.id;
	if (d.outcome == LB_MISS)
		check(lb_cache_record(c, &o.in, &d, &r, &err), &err);
	one_close(&o, c, d.link);
	lb_decision_release(&d);
}

/* Median seconds of a lookup; a hit, except under `never`. */
static double median_lookup(struct lb_cache *c, const struct lb_policy *p, uint64_t number, int runs, enum lb_outcome *outcome)
{
	double took[MAX_RUNS];
	struct lb_err err;
	struct one o;
	one_open(&o, c, p, number);
	for (int i = 0; i < runs; i++) {
		struct lb_decision d;
		double start = seconds_now();
		check(lb_cache_lookup(c, &o.in, &d, &err), &err);
		took[i] = seconds_now() - start;
		*outcome = d.outcome;
		lb_decision_release(&d);
	}
	one_close(&o, c, o.base.link);
	qsort(took, (size_t)runs, sizeof(*took), by_value);
	return took[runs / 2];
}

static double measure(const struct lb_policy *p, uint64_t builds, int runs)
{
	struct lb_scope *scope;
	struct lb_cache *c;
	struct lb_err err;
	enum lb_outcome outcome = LB_ERROR;
	check(lb_scope_new(NULL, &scope, &err), &err);
	check(lb_cache_new(p, LB_BUILDER_WARM, scope, &c, &err), &err);
	for (uint64_t i = 0; i < builds; i++)
		build_once(c, p, i);
	double us = 1e6 * median_lookup(c, p, builds / 2, runs, &outcome);
	printf("%-14s %7llu earlier builds: %-4s in %6.2f µs, %5.2f of the bar\n", p->name, (unsigned long long)builds,
	       lb_outcome_name(outcome), us, us / BAR_US);
	lb_cache_free(c);
	lb_scope_free(scope);
	return us;
}

int main(int argc, char **argv)
{
	int runs = argc > 1 ? atoi(argv[1]) : 999;
	const struct lb_policy *policies[16];
	size_t count = lb_policy_list(true, policies, 16);
	double worst = 0;
	runs = runs < 1 ? 1 : runs > MAX_RUNS ? MAX_RUNS : runs;
	for (size_t i = 0; i < count; i++) {
		double few = measure(policies[i], 10, runs), many = measure(policies[i], 100000, runs);
		worst = few > worst ? few : worst;
		worst = many > worst ? many : worst;
	}
	return worst <= BAR_US ? 0 : 1;
}
