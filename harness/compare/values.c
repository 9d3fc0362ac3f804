/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ALPHA      0.05
#define TOLERANCE  0.05
#define CONFIDENCE 0.95

const struct cmp_metric compare_metrics[] = {
	{ "run", "RUN seconds", "s", BN_RUN_NS, 1e9, .seconds_of_run = true },
	{ "build", "build seconds of real engines", "s", BN_TOTAL_NS, 1e9, .time = true, .of_engine = true },
	{ "build-cpu", "CPU of real engines' builds", "s", BN_CPU_NS, 1e9, .time = true, .of_engine = true },
	{ "wasted", "wasted RUN seconds", "s", BN_WASTED_RUN_NS, 1e9, .seconds_of_run = true },
	{ "rebuilt", "rebuilt steps", "steps", BN_MISSES, 1, .bytes = false },
	{ "hits", "hits", "steps", BN_HITS, 1, .higher = true },
	{ "layers", "new layers", "layers", BN_LAYERS_NEW, 1, .bytes = false },
	{ "stored", "stored", "B", BN_STORED, 1, .bytes = true },
	{ "pushed", "pushed", "B", BN_PUSHED, 1, .bytes = true },
	{ "pulled", "pulled", "B", BN_PULLED, 1, .bytes = true },
	{ "image", "image size", "B", BN_IMAGE_BYTES, 1, .bytes = true },
	{ "context", "context sent", "B", BN_CONTEXT_BYTES, 1, .bytes = true },
	{ "engine", "lbench's own engine", "s", BN_ENGINE_NS, 1e9, .time = true },
	{ "push", "lbench's own push", "s", BN_PUSH_NS, 1e9, .time = true },
	{ "total", "total, lbench and RUNs", "s", BN_TOTAL_NS, 1e9, .time = true, .of_lbench = true },
	{ "cpu", "CPU, lbench and RUNs", "s", BN_CPU_NS, 1e9, .time = true, .of_lbench = true },
	{ "memory", "peak memory, lbench and RUNs", "B", BN_PEAK_RSS, 1, .bytes = true, .time = true, .of_lbench = true },
	{ "run-user", "CPU of RUNs, user", "s", BN_RUN_USER_NS, 1e9, .time = true },
	{ "run-system", "CPU of RUNs, system", "s", BN_RUN_SYSTEM_NS, 1e9, .time = true },
	{ "run-memory", "peak memory of RUNs", "B", BN_RUN_PEAK_RSS, 1, .bytes = true, .time = true },
	{ "run-read", "read by RUNs", "B", BN_RUN_READ, 1, .bytes = true, .time = true },
	{ "run-written", "written by RUNs", "B", BN_RUN_WRITTEN, 1, .bytes = true, .time = true },
};
const size_t compare_metrics_count = LB_COUNT(compare_metrics);

static const struct cmp_metric *metric_named(const char *name)
{
	for (size_t i = 0; i < compare_metrics_count; i++)
		if (strcmp(compare_metrics[i].name, name) == 0)
			return &compare_metrics[i];
	return NULL;
}

static int unknown_metric(const char *name, struct lb_err *err)
{
	lb_autobuf struct lb_buf all = { 0 };
	for (size_t i = 0; i < compare_metrics_count; i++)
		lb_buf_addf(&all, "%s%s", i ? ", " : "", compare_metrics[i].name);
	return lb_fail(err, LB_USAGE, "--metric '%s' is none of %s", name, lb_buf_str(&all));
}

/* Repeats are asked for by those who want times. */
static bool repeated(const struct compare *c)
{
	for (size_t s = 0; s < c->sides_count; s++)
		if (c->sides[s].r->repeat > 1)
			return true;
	return false;
}

static void add_measure(struct compare *c, const struct cmp_metric *m)
{
	c->measures = lb_realloc(c->measures, c->measures_count + 1, sizeof(*c->measures));
	c->measures[c->measures_count++] = (struct cmp_measure){ .metric = m };
}

/* What a real engine tells is other than what the built-in one does. */
static void who_builds(const struct compare *c, bool *engines, bool *others)
{
	*engines = *others = false;
	for (size_t i = 0; i < c->rows_count; i++)
		for (size_t s = 0; s < c->sides_count; s++) {
			const struct cmp_part *part = &c->rows[i].parts[s];
			bool engine = part->count && report_on_engine(&c->sides[s].r->builds[part->commits[0].builds[0]]);
			*engines = *engines || engine;
			*others = *others || (part->count && !engine);
		}
}

static int choose_metrics(struct compare *c, struct lb_err *err)
{
	static const char *const usual[] = { "run", "build", "rebuilt", "pushed" };
	bool engines, others;
	for (size_t i = 0; i < c->o->metrics.count; i++) {
		const struct cmp_metric *m = metric_named(c->o->metrics.items[i]);
		if (!m)
			return unknown_metric(c->o->metrics.items[i], err);
		add_measure(c, m);
	}
	if (c->o->metrics.count)
		return 0;
	who_builds(c, &engines, &others);
	const bool wanted[] = { others, engines, true, others };
	for (size_t i = 0; i < LB_COUNT(usual); i++)
		if (wanted[i])
			add_measure(c, metric_named(usual[i]));
	if (repeated(c) && others)
		add_measure(c, metric_named("engine"));
	return 0;
}

/* ---- one value ---- */

uint64_t compare_number(const struct report_build *b, const struct cmp_metric *m)
{
	bool other = report_on_engine(b) ? m->of_lbench : m->of_engine;
	return other ? REPORT_UNKNOWN : b->number[m->column];
}

/* What of a build's number is known: RUN seconds in part, from its steps. */
static struct amount of_build(const struct report *r, size_t build, const struct cmp_metric *m)
{
	const struct report_build *b = &r->builds[build];
	uint64_t n = compare_number(b, m);
	if (n != REPORT_UNKNOWN)
		return (struct amount){ .value = (double)n / m->scale };
	double sum = 0;
	for (size_t i = 0; m->seconds_of_run && i < b->steps_count; i++) {
		const struct report_step *s = report_steps_of(r, b) + i;
		bool counts = s->outcome == ST_MISS && s->run_ns != REPORT_UNKNOWN && (m->column == BN_RUN_NS || s->needed == NEED_NO);
		sum += counts ? (double)s->run_ns / m->scale : 0;
	}
	return (struct amount){ .value = sum, .at_least = true, .none = sum <= 0 };
}

static void exact_value(const struct cmp_row *row, size_t side, const struct report *r, const struct cmp_metric *m, struct cmp_value *v)
{
	bool none = true;
	for (size_t i = 0; i < row->shared_count; i++) {
		const struct cmp_commit *k = &row->parts[side].commits[row->shared[i].at[side]];
		struct amount a = of_build(r, k->builds[0], m);
		for (size_t n = 1; n < k->count; n++)
			v->varies = v->varies || r->builds[k->builds[n]].number[m->column] != r->builds[k->builds[0]].number[m->column];
		v->amount.value += row->shared[i].weight * a.value;
		v->amount.at_least = v->amount.at_least || a.at_least;
		none = none && a.none;
		v->n = k->count;
	}
	v->amount.none = none;
}

/* A sample a repeat: the mean over the commits in that repeat. */
static void measured_value(const struct cmp_row *row, size_t side, const struct report *r, const struct cmp_metric *m, struct cmp_value *v)
{
	size_t n = SIZE_MAX;
	v->measured = true;
	for (size_t i = 0; i < row->shared_count; i++) {
		const struct cmp_commit *k = &row->parts[side].commits[row->shared[i].at[side]];
		n = k->count < n ? k->count : n;
	}
	v->samples = lb_calloc(n + 1, sizeof(*v->samples));
	for (size_t rep = 0; rep < n; rep++)
		for (size_t i = 0; i < row->shared_count; i++) {
			const struct cmp_commit *k = &row->parts[side].commits[row->shared[i].at[side]];
			struct amount a = of_build(r, k->builds[rep], m);
			v->samples[rep] += row->shared[i].weight * a.value;
			v->amount.none = v->amount.none || a.at_least;
		}
	v->n = v->amount.none ? 0 : n;
	v->amount.value = stats_median(v->samples, v->n);
	struct stats_bootstrap o = { .confidence = CONFIDENCE, .resamples = 2000, .seed = 1 };
	v->interval = stats_bca(v->samples, v->n, stats_median, &o);
}

static void measure_one(struct compare *c, struct cmp_measure *m)
{
	const struct cmp_metric *metric = m->metric;
	m->values = lb_calloc(c->rows_count * c->sides_count + 1, sizeof(*m->values));
	for (size_t i = 0; i < c->rows_count; i++) {
		for (size_t s = 0; s < c->sides_count; s++) {
			const struct report *r = c->sides[s].r;
			struct cmp_row *row = &c->rows[i];
			struct cmp_value *v = compare_value(c, m, i, s);
			v->there = row->parts[s].count > 0;
			if (!v->there)
				continue;
			size_t first = row->parts[s].commits[row->shared[0].at[s]].builds[0];
			if (metric->time || (metric->seconds_of_run && strcmp(r->builds[first].text[BT_RUN_MODE], "exec") == 0))
				measured_value(row, s, r, metric, v);
			else
				exact_value(row, s, r, metric, v);
			m->measured = m->measured || v->measured;
			m->known = m->known || !v->amount.none;
		}
	}
}

/* ---- verdicts ---- */

static bool can_judge(const struct cmp_value *base, const struct cmp_value *v)
{
	return base->measured && v->measured && base->n && v->n && base->amount.value > 0 && v->amount.value > 0;
}

/* Seconds that the harness itself took for each RUN of a result; 0: not measured. */
static double floor_of(const struct report *r)
{
	return json_number_value(json_object_get(json_object_get(json_object_get(r->run, "measured"), "floor"), "median_s"));
}

/* What is smaller than one RUN that does nothing may be the harness's as well as the build's. */
static void apply_floor(struct compare *c, const struct cmp_measure *m)
{
	for (size_t i = 0; m->metric->seconds_of_run && i < c->rows_count; i++) {
		const struct cmp_value *base = compare_value(c, m, i, 0);
		for (size_t s = 1; s < c->sides_count; s++) {
			struct cmp_value *v = compare_value(c, m, i, s);
			double least = fmax(floor_of(c->sides[0].r), floor_of(c->sides[s].r));
			if (!v->judged || v->ratio.word < STATS_FASTER || fabs(v->amount.value - base->amount.value) >= least)
				continue;
			v->ratio.word = STATS_NO_DIFFERENCE;
			c->floor = fmax(c->floor, least);
		}
	}
}

/* The family of Holm's procedure is every ratio of the whole comparison. */
static void judge(struct compare *c)
{
	size_t n = 0, cap = c->measures_count * c->rows_count * c->sides_count;
	lb_autofree struct cmp_value **all = lb_calloc(cap + 1, sizeof(struct cmp_value *));
	for (size_t m = 0; m < c->measures_count; m++) {
		for (size_t i = 0; i < c->rows_count; i++) {
			const struct cmp_value *base = compare_value(c, &c->measures[m], i, 0);
			for (size_t s = 1; s < c->sides_count; s++) {
				struct cmp_value *v = compare_value(c, &c->measures[m], i, s);
				if (!can_judge(base, v))
					continue;
				stats_ratio_measure(base->samples, base->n, v->samples, v->n, CONFIDENCE, &v->ratio);
				all[n++] = v;
			}
		}
	}
	lb_autofree double *p = lb_calloc(n + 1, sizeof(*p));
	for (size_t i = 0; i < n; i++)
		p[i] = all[i]->ratio.p;
	stats_holm(p, n);
	for (size_t i = 0; i < n; i++) {
		all[i]->ratio.p = p[i];
		all[i]->judged = true;
		stats_ratio_judge(&all[i]->ratio, ALPHA, TOLERANCE);
	}
	for (size_t m = 0; m < c->measures_count; m++)
		apply_floor(c, &c->measures[m]);
	if (c->floor > 0)
		lb_strv_take(&c->notes, lb_format("A difference of less than %.1f ms, which a RUN that does nothing takes, is called none.",
						  1e3 * c->floor));
	if (n)
		lb_strv_take(
			&c->notes,
			lb_format(
				"Times: medians with their %.0f %% BCa interval; ratios by the Hodges-Lehmann shift; Mann-Whitney U test, "
				"p after Holm over %zu comparison%s; a difference counts beyond %.0f %%.",
				100 * CONFIDENCE, n, n == 1 ? "" : "s", 100 * TOLERANCE));
}

static void note_sessions(struct compare *c)
{
	bool measured = false, varies = false, left_out = false;
	for (size_t m = 0; m < c->measures_count; m++) {
		measured = measured || c->measures[m].measured;
		for (size_t i = 0; i < c->rows_count * c->sides_count; i++)
			varies = varies || c->measures[m].values[i].varies;
	}
	for (size_t i = 0; i < c->rows_count; i++)
		left_out = left_out || c->rows[i].left_out;
	if (measured && c->kind == SIDE_RESULT)
		lb_strv_add(&c->notes,
			    "The sides were not measured in one session: whatever else was different then is in their times too.");
	if (varies)
		lb_strv_add(&c->notes,
			    "Values marked ~ are exact by their nature and differ between repeats: something there is not deterministic.");
	if (left_out)
		lb_strv_add(&c->notes, "Edits that one side has not, or on which it failed, are in no mean.");
}

/* ---- order ---- */

static double difference(const struct compare *c, size_t row, bool ratio)
{
	const struct cmp_value *a = compare_value(c, &c->measures[0], row, 0);
	double most = 0;
	for (size_t s = 1; s < c->sides_count; s++) {
		const struct cmp_value *b = compare_value(c, &c->measures[0], row, s);
		double d = ratio ? fabs(log(fmax(b->amount.value, 1e-12) / fmax(a->amount.value, 1e-12)))
				 : fabs(b->amount.value - a->amount.value);
		most = a->there && b->there ? fmax(most, d) : most;
	}
	return most;
}

static bool comes_before(const struct compare *c, size_t a, size_t b, const char *sort)
{
	if (strcmp(sort, "name") == 0)
		return strcmp(c->rows[a].label, c->rows[b].label) < 0;
	bool ratio = strcmp(sort, "ratio") == 0;
	return difference(c, a, ratio) > difference(c, b, ratio);
}

static void swap_rows(struct compare *c, size_t a, size_t b)
{
	struct cmp_row t = c->rows[a];
	c->rows[a] = c->rows[b];
	c->rows[b] = t;
	for (size_t m = 0; m < c->measures_count; m++)
		for (size_t s = 0; s < c->sides_count; s++) {
			struct cmp_value *x = compare_value(c, &c->measures[m], a, s), *y = compare_value(c, &c->measures[m], b, s), v = *x;
			*x = *y;
			*y = v;
		}
}

static int sort_rows(struct compare *c, struct lb_err *err)
{
	const char *sort = c->o->sort;
	if (!sort)
		return 0;
	if (strcmp(sort, "name") != 0 && strcmp(sort, "difference") != 0 && strcmp(sort, "ratio") != 0)
		return lb_fail(err, LB_USAGE, "--sort is name, difference or ratio; not '%s'", sort);
	/* rows are few; equal ones keep their order */
	for (size_t i = 1; i < c->rows_count; i++)
		for (size_t k = i; k && comes_before(c, k, k - 1, sort); k--)
			swap_rows(c, k, k - 1);
	return 0;
}

int compare_measure(struct compare *c, struct lb_err *err)
{
	int rc = choose_metrics(c, err);
	if (rc)
		return rc;
	for (size_t m = 0; m < c->measures_count; m++)
		measure_one(c, &c->measures[m]);
	judge(c);
	note_sessions(c);
	return sort_rows(c, err);
}
