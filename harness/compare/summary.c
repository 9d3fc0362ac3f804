/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/print.h"

#include <math.h>
#include <string.h>

#define DAYS_A_MONTH 30

struct ranking {
	const struct cmp_measure *m;
	size_t best, against; /* sides; against: the base, or the second when the base is the best */
	bool equal;
};

static const struct cmp_measure *measure_named(const struct compare *c, const char *name)
{
	for (size_t i = 0; i < c->measures_count; i++)
		if (strcmp(c->measures[i].metric->name, name) == 0)
			return &c->measures[i];
	return NULL;
}

/* Known in every side of the first row. */
static bool decides(const struct compare *c, const struct cmp_measure *m)
{
	for (size_t s = 0; m && s < c->sides_count; s++) {
		const struct cmp_value *v = compare_value(c, m, 0, s);
		if (v->there && (v->amount.none || v->amount.at_least))
			return false;
	}
	return m != NULL;
}

static bool better(const struct cmp_metric *m, double a, double b)
{
	return m->higher ? a > b : a < b;
}

/* The metric that decides: the first that is known and in which the sides differ. */
static bool rank(const struct compare *c, struct ranking *out)
{
	bool any = false;
	for (size_t i = 0; i < c->measures_count; i++) {
		const struct cmp_measure *m = &c->measures[i];
		if (!decides(c, m))
			continue;
		*out = (struct ranking){ .m = m, .equal = true };
		any = true;
		for (size_t s = 1; s < c->sides_count; s++) {
			const struct cmp_value *v = compare_value(c, m, 0, s), *best = compare_value(c, m, 0, out->best);
			bool counts = v->there && best->there && (!v->measured || (v->judged && v->ratio.word >= STATS_FASTER));
			if (!counts || v->amount.value == compare_value(c, m, 0, 0)->amount.value)
				continue;
			out->equal = false;
			if (better(m->metric, v->amount.value, best->amount.value))
				out->best = s;
		}
		if (!out->equal)
			break;
	}
	return any;
}

/* When the base is the best, the side that comes nearest to it and is worse. */
static void choose_against(const struct compare *c, struct ranking *r)
{
	if (r->best)
		return;
	for (size_t s = 1; s < c->sides_count; s++) {
		const struct cmp_value *v = compare_value(c, r->m, 0, s), *now = compare_value(c, r->m, 0, r->against);
		bool differs = v->amount.value != compare_value(c, r->m, 0, 0)->amount.value;
		if (v->there && differs && (!r->against || better(r->m->metric, v->amount.value, now->amount.value)))
			r->against = s;
	}
}

/* Difference a commit of `name` between the winner and the other; NAN when it is not known. */
static double saved(const struct compare *c, const struct ranking *r, const char *name)
{
	const struct cmp_measure *m = measure_named(c, name);
	if (!m)
		return NAN;
	const struct cmp_value *a = compare_value(c, m, 0, r->against), *b = compare_value(c, m, 0, r->best);
	return compare_both_known(a, b) ? a->amount.value - b->amount.value : NAN;
}

static void span(double seconds, struct lb_buf *out)
{
	if (seconds >= 5400)
		lb_buf_addf(out, "%.1f h", seconds / 3600);
	else if (seconds >= 90)
		lb_buf_addf(out, "%.0f min", seconds / 60);
	else
		lb_buf_addf(out, "%.0f s", seconds);
}

static void month(const struct compare *c, const struct ranking *r, struct lb_buf *out)
{
	const struct compare_options *o = c->o;
	double commits = o->commits_per_day * DAYS_A_MONTH, seconds = saved(c, r, "run") * commits, bytes = saved(c, r, "pushed") * commits;
	double money = 0;
	bool has_time = isfinite(seconds) && seconds != 0, has_bytes = isfinite(bytes) && bytes != 0;
	if (!has_time && !has_bytes)
		return;
	lb_buf_addf(out, " At %g commits a day that is ", o->commits_per_day);
	if (has_time) {
		span(fabs(seconds), out);
		lb_buf_adds(out, seconds < 0 ? " more" : " less");
		money += o->price_minute * seconds / 60;
	}
	if (has_bytes) {
		lb_buf_adds(out, has_time ? " and " : "");
		text_bytes(out, fabs(bytes));
		lb_buf_adds(out, bytes < 0 ? " more pushed" : " less pushed");
		money += o->price_gb * bytes / 1e9;
	}
	lb_buf_addf(out, " in a month (%d days)", DAYS_A_MONTH);
	if (o->price_minute > 0 || o->price_gb > 0) {
		lb_buf_addf(out, ", %.2f in money (", money);
		if (o->price_minute > 0)
			lb_buf_addf(out, "%g a minute", o->price_minute);
		if (o->price_gb > 0)
			lb_buf_addf(out, "%s%g a GB", o->price_minute > 0 ? ", " : "", o->price_gb);
		lb_buf_addc(out, ')');
	}
	lb_buf_addc(out, '.');
}

/* On how many of the commits it costs less, and on how many more. */
static void where(const struct compare *c, const struct ranking *r, struct lb_buf *out)
{
	const struct cmp_row *row = &c->rows[0];
	const struct cmp_metric *m = r->m->metric;
	unsigned less = 0, more = 0;
	for (size_t i = 0; i < row->shared_count && !r->m->measured; i++) {
		const struct cmp_commit *a = &row->parts[r->against].commits[row->shared[i].at[r->against]];
		const struct cmp_commit *b = &row->parts[r->best].commits[row->shared[i].at[r->best]];
		uint64_t x = c->sides[r->against].r->builds[a->builds[0]].number[m->column];
		uint64_t y = c->sides[r->best].r->builds[b->builds[0]].number[m->column];
		less += m->higher ? y > x : y < x;
		more += m->higher ? y < x : y > x;
	}
	if (!r->m->measured)
		lb_buf_addf(out, ", less on %u of %zu edits%s", less, row->shared_count, more ? "" : " and more on none");
	if (more && !r->m->measured)
		lb_buf_addf(out, " and more on %u", more);
}

void compare_summary(const struct compare *c, struct lb_buf *out)
{
	struct ranking r;
	if (!rank(c, &r)) {
		lb_buf_adds(out, "Nobody wins: nothing that was compared is known on every side.");
		return;
	}
	if (r.equal) {
		lb_buf_addf(out, "No difference%s.", r.m->measured ? " is shown" : "");
		return;
	}
	choose_against(c, &r);
	struct cmp_scale s = compare_scale(c, r.m);
	double a = compare_value(c, r.m, 0, r.against)->amount.value, b = compare_value(c, r.m, 0, r.best)->amount.value;
	lb_buf_addf(out, "%s wins over %s", c->sides[r.best].label, c->sides[r.against].label);
	if (*c->rows[0].label)
		lb_buf_addf(out, " (%s)", c->rows[0].label);
	lb_buf_addf(out, ": %s %.*f instead of %.*f a commit", r.m->metric->title, s.decimals, b / s.unit, s.decimals, a / s.unit);
	if (b > 0 && a > b)
		lb_buf_addf(out, " (%.1fx)", a / b);
	where(c, &r, out);
	lb_buf_addc(out, '.');
	month(c, &r, out);
}
