/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/runner.h"

#include <math.h>

#include "stats/stats.h"

#define CONFIDENCE 0.95

/* Scopes of one place lie side by side in the plan, a repeat each. */
static size_t builds_in_scope(const struct scn_plan *plan, size_t build)
{
	size_t n = 0;
	for (size_t i = build; i < plan->count && plan->builds[i].scope == plan->builds[build].scope; i++)
		n++;
	for (size_t i = build; i-- > 0 && plan->builds[i].scope == plan->builds[build].scope;)
		n++;
	return n;
}

/* Width of the interval in per cent of the median; NAN when a repeat has no seconds. */
static double width(const struct runner *r, size_t build, unsigned repeats, double *x)
{
	size_t next = builds_in_scope(r->p->plan, build);
	for (unsigned k = 0; k < repeats; k++) {
		const struct slot *s = &r->slots[build + k * next];
		if (!s->done || !s->run_known)
			return NAN;
		x[k] = (double)s->run_ns;
	}
	double median = stats_median(x, repeats);
	struct stats_interval i = stats_median_interval(x, repeats, CONFIDENCE);
	return i.high > i.low ? 100 * (i.high - i.low) / median : 0;
}

void runner_judge(const struct runner *r, unsigned repeats, double wanted, struct measure_stable *out)
{
	const struct scn_plan *plan = r->p->plan;
	lb_autofree double *x = lb_malloc((repeats + 1) * sizeof(*x));
	*out = (struct measure_stable){ .repeats = repeats, .build = -1 };
	for (size_t i = 0; i < plan->count; i++) {
		double w = plan->builds[i].repeat ? NAN : width(r, i, repeats, x);
		if (isnan(w) || (out->build >= 0 && w <= out->widest))
			continue;
		out->widest = w;
		out->build = (int)i;
	}
	out->reached = out->widest < wanted;
}
