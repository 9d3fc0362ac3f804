/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/noise.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/data.h"
#include "stats/stats.h"

#define LEAST_REPEATS 4
#define OUTLIER_SIGMA 3.5
#define OUTLIER_LEAST 0.10 /* on quiet data the deviation is tiny, and everything would be an outlier */
#define DRIFT_P       0.01
#define DRIFT_LEAST   0.05

struct sample {
	uint64_t order;
	double ratio; /* to the median of the same build in all repeats */
	const struct report_build *build;
};
struct samples {
	struct sample *items;
	size_t count, cap;
};

static uint64_t time_of(const struct report_build *b)
{
	bool exec = strcmp(b->text[BT_RUN_MODE], "exec") == 0;
	if (report_on_engine(b))
		return b->number[BN_TOTAL_NS];
	return b->number[exec && b->number[BN_RUN_NS] != REPORT_UNKNOWN && b->number[BN_RUN_NS] ? BN_RUN_NS : BN_ENGINE_NS];
}

static char *key_of(const struct report_build *b)
{
	return lb_format("%s\n%s\n%s\n%s\n%s\n%s\n%llu", b->text[BT_VARIANT], b->text[BT_SUBJECT], b->text[BT_POLICY], b->text[BT_BUILDER], b->text[BT_WORKLOAD],
			 b->text[BT_EDIT], (unsigned long long)b->number[BN_SEQ]);
}

struct group {
	size_t *builds;
	size_t count, cap;
};

static void free_group(void *p)
{
	struct group *g = p;
	free(g->builds);
	free(g);
}

static int add_group(const void *key, size_t len, void *value, void *arg)
{
	(void)key;
	(void)len;
	const struct group *g = value;
	void **args = arg;
	const struct report *r = args[0];
	struct samples *out = args[1];
	lb_autofree double *x = lb_malloc((g->count + 1) * sizeof(*x));
	for (size_t i = 0; i < g->count; i++)
		x[i] = (double)time_of(&r->builds[g->builds[i]]);
	double median = stats_median(x, g->count);
	for (size_t i = 0; i < g->count && g->count >= LEAST_REPEATS && median > 0; i++) {
		const struct report_build *b = &r->builds[g->builds[i]];
		out->items = lb_grow(out->items, out->count, &out->cap, sizeof(*out->items));
		out->items[out->count++] = (struct sample){ b->number[BN_STARTED_ORDER], x[i] / median, b };
	}
	return 0;
}

static int by_order(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	return (x->order > y->order) - (x->order < y->order);
}

static void collect(const struct report *r, struct samples *out)
{
	lb_automap struct lb_map *groups = lb_map_new(free_group);
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		if (!report_build_ok(b) || time_of(b) == REPORT_UNKNOWN || b->number[BN_STARTED_ORDER] == REPORT_UNKNOWN)
			continue;
		lb_autofree char *key = key_of(b);
		struct group *g = lb_map_get(groups, key);
		if (!g)
			lb_map_set(groups, key, g = lb_calloc(1, sizeof(*g)));
		g->builds = lb_grow(g->builds, g->count, &g->cap, sizeof(*g->builds));
		g->builds[g->count++] = i;
	}
	void *args[] = { (void *)r, out };
	lb_map_each(groups, add_group, args);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_order);
}

static size_t outliers(const double *x, size_t n, const struct samples *s, const struct sample **worst)
{
	double sigma = STATS_MAD_SIGMA * stats_mad(x, n), limit = fmax(OUTLIER_SIGMA * sigma, OUTLIER_LEAST);
	size_t count = 0;
	*worst = NULL;
	for (size_t i = 0; i < n; i++) {
		if (fabs(x[i] - 1) <= limit)
			continue;
		count++;
		if (!*worst || x[i] > (*worst)->ratio)
			*worst = &s->items[i];
	}
	return count;
}

/* No processor is left for the build. */
static bool is_busy(const struct noise_machine *m)
{
	return m->cpus > 0 && m->load > (double)m->cpus - 0.5;
}

static bool is_slowed(const struct noise_machine *m)
{
	return *m->governor && strcmp(m->governor, "performance") != 0;
}

static void machine(const struct noise_machine *m, struct lb_buf *out)
{
	if (is_busy(m))
		lb_buf_addf(out, "; load %.1f on %ld processor%s before it began", m->load, m->cpus, m->cpus == 1 ? "" : "s");
	if (is_slowed(m))
		lb_buf_addf(out, "; frequency governor %s", m->governor);
}

struct finding {
	size_t outliers;
	const struct sample *worst;
	bool drifts;
};

static void advise(const struct finding *f, const struct noise_machine *m, struct lb_buf *out)
{
	const char *const words[] = { f->drifts ? "--warmup 1" : NULL, f->drifts || f->outliers ? "more repeats" : NULL,
				      f->drifts || f->outliers || is_busy(m) ? "nothing else on the machine" : NULL,
				      is_slowed(m) ? "the governor performance" : NULL };
	size_t left = 0, said = 0;
	for (size_t i = 0; i < LB_COUNT(words); i++)
		left += words[i] != NULL;
	for (size_t i = 0; i < LB_COUNT(words); i++) {
		if (!words[i])
			continue;
		lb_buf_addf(out, "%s%s", !said ? "; " : said + 1 < left ? ", " : " and ", words[i]);
		said++;
	}
	lb_buf_adds(out, said ? " would help\n" : "\n");
}

static bool measured(const struct report *r)
{
	for (size_t i = 0; i < r->builds_count; i++)
		if (strcmp(r->builds[i].text[BT_RUN_MODE], "exec") == 0 && report_build_ok(&r->builds[i]))
			return true;
	return false;
}

static void look(const struct samples *s, struct finding *f, struct lb_buf *out)
{
	size_t n = s->count, half = n / 2;
	lb_autofree double *x = lb_malloc((n + 1) * sizeof(*x));
	for (size_t i = 0; i < n; i++)
		x[i] = s->items[i].ratio;
	double shift = stats_median(x + half, n - half) / stats_median(x, half) - 1;
	double p = stats_mann_whitney(x, half, x + half, n - half).p;
	f->drifts = p < DRIFT_P && fabs(shift) > DRIFT_LEAST;
	f->outliers = outliers(x, n, s, &f->worst);
	lb_buf_addf(out, "half of the times lie within ±%.1f %%", 100 * stats_mad(x, n));
	if (f->outliers)
		lb_buf_addf(out, "; %zu of %zu are outliers (%s after %s, repeat %llu: %.1fx)", f->outliers, n,
			    f->worst->build->text[BT_VARIANT], f->worst->build->text[BT_EDIT],
			    (unsigned long long)f->worst->build->number[BN_REPEAT], f->worst->ratio);
	if (f->drifts)
		lb_buf_addf(out, "; they drift by %+.0f %% from the first half to the last", 100 * shift);
}

void noise_line(const struct report *r, const struct noise_machine *m, struct lb_buf *out)
{
	struct samples s = { 0 };
	struct finding f = { 0 };
	collect(r, &s);
	if (s.count || (measured(r) && (is_busy(m) || is_slowed(m)))) {
		lb_buf_adds(out, "noise: ");
		if (s.count)
			look(&s, &f, out);
		else
			lb_buf_adds(out, "too few repeats to tell");
		machine(m, out);
		advise(&f, m, out);
	}
	free(s.items);
}
