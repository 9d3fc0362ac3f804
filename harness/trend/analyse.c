/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "trend/trend.h"

#define MAX_P     0.01 /* after the number of places searched: one quiet series of a hundred, or fewer, gives an alarm */
#define MAGNITUDE 0.05
#define FIRST     30 /* points that say what is usual, before a drift is looked for */

static void add(struct trend_series *s, struct trend_change c)
{
	s->changes = lb_grow(s->changes, s->changes_count, &s->changes_cap, sizeof(*s->changes));
	s->changes[s->changes_count++] = c;
}

static bool equal(double a, double b)
{
	return fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b));
}

static void exact_changes(struct trend_series *s)
{
	s->best = s->points[0].value;
	for (size_t i = 1; i < s->count; i++) {
		double was = s->points[i - 1].value, is = s->points[i].value;
		s->best = fmin(s->best, is);
		if (equal(was, is))
			continue;
		bool spike = i + 1 < s->count && equal(s->points[i + 1].value, was);
		add(s, (struct trend_change){ spike ? TREND_SPIKE : TREND_STEP, i, was, is, NAN, NULL });
		/* the way back belongs to the spike */
		i += spike;
	}
	s->now = s->points[s->count - 1].value;
}

/* Levels of the segments between the changes. */
static void levels(struct trend_series *s, const double *x)
{
	size_t from = 0;
	for (size_t i = 0; i <= s->changes_count; i++) {
		size_t to = i < s->changes_count ? s->changes[i].at : s->count;
		double level = stats_median(x + from, to - from);
		s->best = i ? fmin(s->best, level) : level;
		s->now = level;
		from = to;
	}
}

/* The last night stands out, and nobody knows yet whether it lasts. */
static void last_night(struct trend_series *s, const double *x)
{
	size_t from = s->changes_count ? s->changes[s->changes_count - 1].at : 0, n = s->count - from;
	if (n < 6)
		return;
	double level = stats_median(x + from, n - 1), sigma = STATS_MAD_SIGMA * stats_mad(x + from, n - 1), last = x[s->count - 1];
	size_t as_far = 0;
	for (size_t i = from; i + 1 < s->count; i++)
		as_far += (x[i] - level) / (last - level) > 0.8;
	/* a runner that has two speeds shows both of them on many nights */
	if (fabs(last - level) > MAGNITUDE * level && fabs(last - level) > 5 * sigma && as_far * 20 <= n)
		add(s, (struct trend_change){ TREND_PROVISIONAL, s->count - 1, level, last, NAN, NULL });
}

/* So slow that no two segments differ. The sums of the CUSUM say since when; that there is something to say is left to the
 * ranks of the last month against those of the first, since sums of a runner with two speeds mean nothing. */
static void slow_drift(struct trend_series *s, const double *x)
{
	if (s->changes_count || s->count < FIRST + 10)
		return;
	double usual = stats_median(x, FIRST), sigma = fmax(STATS_MAD_SIGMA * stats_mad(x, FIRST), 1e-6 * usual);
	double now = stats_median(x + s->count - 10, 10);
	struct stats_cusum c = stats_cusum(x, s->count, usual, sigma, 1, 8, now > usual);
	size_t last = s->count - FIRST < FIRST ? s->count - FIRST : FIRST;
	bool differs = stats_mann_whitney(x, FIRST, x + s->count - last, last).p <= MAX_P / 2;
	if (c.alarm && differs && fabs(now - usual) > MAGNITUDE * usual)
		add(s, (struct trend_change){ TREND_DRIFT, c.since, usual, now, NAN, NULL });
}

static void noisy_changes(struct trend_series *s)
{
	static const struct stats_changes_options o = { .max_p = MAX_P, .min_magnitude = MAGNITUDE, .min_size = 3 };
	struct stats_change found[64];
	lb_autofree double *x = lb_malloc((s->count + 1) * sizeof(*x));
	for (size_t i = 0; i < s->count; i++)
		x[i] = s->points[i].value;
	size_t n = stats_changes(x, s->count, &o, found, LB_COUNT(found));
	for (size_t i = 0; i < n; i++)
		add(s, (struct trend_change){ TREND_STEP, found[i].at, found[i].before, found[i].after, found[i].p, NULL });
	levels(s, x);
	slow_drift(s, x);
	last_night(s, x);
}

static void place_accepts(struct trend *t)
{
	for (size_t i = 0; i < t->accepts_count; i++)
		for (size_t n = 0; n < t->nights_count; n++)
			if (strcmp(t->accepts[i].of, t->nights[n].run_id) == 0 && strcmp(t->accepts[i].started, t->nights[n].started) == 0)
				t->accepts[i].night = n;
}

/* Whether what was accepted is the state of that night, or a later one; several results may be of one second. */
static bool since(const struct trend *t, const struct trend_accept *a, size_t night)
{
	return a->night == SIZE_MAX ? strcmp(a->started, t->nights[night].started) > 0 : a->night >= night;
}

/* The last that was accepted from the change on, before the next one. */
static void find_accepted(const struct trend *t, struct trend_series *s)
{
	for (size_t i = 0; i < s->changes_count; i++) {
		size_t from = s->points[s->changes[i].at].night,
		       to = i + 1 < s->changes_count ? s->points[s->changes[i + 1].at].night : SIZE_MAX;
		for (size_t k = 0; k < t->accepts_count; k++) {
			const struct trend_accept *a = &t->accepts[k];
			/* what came for one night is accepted with that night or not at all */
			bool fits = s->changes[i].kind == TREND_SPIKE ? a->night == from
								      : since(t, a, from) && (to == SIZE_MAX || !since(t, a, to));
			if (fits && strcmp(a->scenario, s->scenario) == 0)
				s->changes[i].accepted = a;
		}
	}
}

void trend_analyse(struct trend *t)
{
	place_accepts(t);
	for (size_t i = 0; i < t->count; i++) {
		if (t->series[i].exact)
			exact_changes(&t->series[i]);
		else
			noisy_changes(&t->series[i]);
		find_accepted(t, &t->series[i]);
	}
}

/* Names of the pins of b that a has with another value. */
static void moved_pins(const char *a, const char *b, struct lb_buf *out)
{
	lb_autofree char *before = lb_format("\n%s", a);
	for (const char *line = b; *line; line += strcspn(line, "\n") + 1) {
		size_t name = strcspn(line, "\t"), len = strcspn(line, "\n");
		lb_autofree char *whole = lb_format("\n%.*s\n", (int)len, line), *start = lb_format("\n%.*s\t", (int)name, line);
		lb_autofree char *what = lb_format("%.*s moved", (int)name, line);
		if (strstr(before, start) && !strstr(before, whole) && !strstr(lb_buf_str(out), what))
			lb_buf_addf(out, "%s%s", out->len ? ", " : "", what);
	}
}

void trend_range(const struct trend *t, const struct trend_series *s, const struct trend_change *c, struct lb_buf *out)
{
	const struct trend_point *a = &s->points[c->at ? c->at - 1 : 0], *b = &s->points[c->at];
	const struct trend_night *was = &t->nights[a->night], *is = &t->nights[b->night];
	if (*was->commit && *is->commit && strcmp(was->commit, is->commit) != 0)
		lb_buf_addf(out, "%.8s..%.8s", was->commit, is->commit);
	else if (*is->commit)
		lb_buf_addf(out, "%.8s, as the night before", is->commit);
	if (strcmp(a->policy, b->policy) != 0)
		lb_buf_addf(out, "%srules %s→%s", out->len ? ", " : "", a->policy, b->policy);
	if (strcmp(was->tool, is->tool) != 0)
		lb_buf_addf(out, "%slbench %s→%s", out->len ? ", " : "", was->tool, is->tool);
	moved_pins(was->pins, is->pins, out);
}
