/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/rank.h"

#include <stdlib.h>
#include <string.h>

enum { USUAL_COMMITS_A_DAY = 20 };

const char *scan_basis_name(enum scan_basis b)
{
	static const char *const names[] = { "history", "weights", "assumed" };
	return names[b];
}

double scan_month(const struct scan_options *o, const struct history *h)
{
	double days = h ? (double)(h->newest - h->oldest) / 86400 : 0;
	if (o->commits_per_day > 0)
		return o->commits_per_day * SCAN_DAYS_A_MONTH;
	if (!h || !h->examined)
		return 0;
	return days > SCAN_DAYS_A_MONTH ? (double)h->examined / days * SCAN_DAYS_A_MONTH : (double)h->examined;
}

static const char *copy(struct lb_arena *arena, const char *text)
{
	return text ? lb_arena_strdup(arena, text) : NULL;
}

void scan_copy_strings(struct scan_row *r, struct lb_arena *arena)
{
	const char **texts[] = { &r->path, &r->context,    &r->variant,        &r->message,   &r->broken_message,
				 &r->note, &r->cause.text, &r->cause.argument, &r->cause.run, &r->cause.no_model };
	for (size_t i = 0; i < LB_COUNT(texts); i++)
		*texts[i] = copy(arena, *texts[i]);
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *values, size_t n)
{
	if (!n)
		return 0;
	qsort(values, n, sizeof(*values), by_value);
	return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

/* Without a history: as the others here have it in the middle, or as compare has it. */
static void assume_month(struct scan *s, double *values)
{
	size_t n = 0, missing = 0;
	for (size_t i = 0; i < s->count; i++) {
		if (s->rows[i].message)
			continue;
		if (s->rows[i].basis == SCAN_HISTORY)
			values[n++] = s->rows[i].a_month;
		else
			missing++;
	}
	if (!missing)
		return;
	s->assumed_median = n > 0;
	s->assumed_month = n ? median(values, n) : USUAL_COMMITS_A_DAY * SCAN_DAYS_A_MONTH;
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].basis != SCAN_HISTORY)
			s->rows[i].a_month = s->assumed_month;
}

static void assume_seconds(struct scan *s, double *values)
{
	size_t n = 0;
	bool missing = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct scan_row *r = &s->rows[i];
		if (!r->message && r->wasted > 0 && r->timeless <= 0)
			values[n++] = r->wasted_seconds / r->wasted;
		missing = missing || (!r->message && r->timeless > 0);
	}
	s->seconds_ranked = n > 0;
	s->assumed_seconds = n && missing ? median(values, n) : 0;
	for (size_t i = 0; i < s->count; i++) {
		struct scan_row *r = &s->rows[i];
		r->rank_seconds = (r->wasted_seconds + r->timeless * s->assumed_seconds) * r->a_month;
	}
}

static int compare(double a, double b)
{
	return (a < b) - (a > b);
}

static int by_waste(const void *a, const void *b)
{
	const struct scan_row *x = a, *y = b;
	if (!x->message != !y->message)
		return x->message ? 1 : -1;
	int order = compare(x->rank_seconds, y->rank_seconds);
	if (!order)
		order = compare(x->wasted * x->a_month, y->wasted * y->a_month);
	if (!order)
		order = compare(x->unclear * x->a_month, y->unclear * y->a_month);
	if (!order)
		order = strcmp(x->path, y->path);
	if (!order && x->variant && y->variant)
		order = strcmp(x->variant, y->variant);
	return order ? order : strcmp(x->policy->name, y->policy->name);
}

void scan_rank(const struct scan_options *o, struct scan *s)
{
	lb_autofree double *values = lb_calloc(s->count + 1, sizeof(*values));
	if (o->commits_per_day <= 0)
		assume_month(s, values);
	assume_seconds(s, values);
	if (s->count)
		qsort(s->rows, s->count, sizeof(*s->rows), by_waste);
	for (size_t i = 0; i < s->count; i++)
		s->undecided += s->rows[i].message != NULL;
}
