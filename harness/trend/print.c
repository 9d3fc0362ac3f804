/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "lbench/json.h"
#include "report/csv.h"
#include "report/grid.h"
#include "trend/trend.h"

const char *const trend_metric_names[TREND_METRICS] = { "run", "rebuilt", "pushed" };
static const char *const titles[TREND_METRICS] = { "RUN s", "rebuilt steps", "pushed MB" };
static const char *const kinds[] = { "step", "spike", "provisional", "drift" };

static double shown(const struct trend_series *s, double v)
{
	return s->metric == TREND_PUSHED ? v / 1e6 : v;
}

static void figure(struct lb_buf *out, const struct trend_series *s, double v)
{
	double most = 0;
	for (size_t i = 0; i < s->count; i++)
		most = fmax(most, shown(s, s->points[i].value));
	lb_buf_addf(out, "%.*f", text_decimals(most), shown(s, v));
}

static const char *verdict(const struct trend_change *c)
{
	switch (c->kind) {
	case TREND_SPIKE:
		return "for one night";
	case TREND_PROVISIONAL:
		return c->after > c->before ? "worse? one night so far" : "better? one night so far";
	case TREND_DRIFT:
		return c->after > c->before ? "worse, slowly since" : "better, slowly since";
	default:
		return c->after > c->before ? "worse" : "better";
	}
}

static void percent(struct lb_buf *out, double before, double after)
{
	if (before > 0)
		lb_buf_addf(out, "%+.*f %%", fabs(after / before - 1) < 0.0995 ? 1 : 0, 100 * (after / before - 1));
	else
		lb_buf_adds(out, "from 0");
}

static void change_row(const struct trend *t, const struct trend_series *s, const struct trend_change *c, struct grid *g)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addf(&text, "%.10s", t->nights[s->points[c->at].night].started);
	grid_take(g, &text);
	lb_buf_addf(&text, "%s %s", s->scenario, s->variant);
	grid_take(g, &text);
	lb_buf_addf(&text, "%s %s", s->policy, s->builder);
	grid_take(g, &text);
	grid_add(g, titles[s->metric]);
	figure(&text, s, c->before);
	lb_buf_adds(&text, " → ");
	figure(&text, s, c->after);
	grid_take(g, &text);
	percent(&text, c->before, c->after);
	grid_take(g, &text);
	lb_buf_addf(&text, "%s%s", verdict(c), c->accepted ? ", accepted" : "");
	grid_take(g, &text);
	grid_style(g, c->after > c->before ? 'r' : ' ');
	trend_range(t, s, c, &text);
	grid_take(g, &text);
	grid_end_row(g);
}

static void changes_grid(const struct trend *t, unsigned width, struct lb_buf *out)
{
	static const char *const head[] = { "night", "what", "under", "a commit", "", "", "", "commits" };
	__attribute__((cleanup(grid_release))) struct grid g = { .columns = LB_COUNT(head), .fixed = 2, .left = 0xcf };
	size_t n = 0;
	for (size_t i = 0; i < LB_COUNT(head); i++)
		grid_add(&g, head[i]);
	/* by night, so that one cause stands together */
	for (size_t night = 0; night < t->nights_count; night++)
		for (size_t i = 0; i < t->count; i++)
			for (size_t k = 0; k < t->series[i].changes_count; k++)
				if (t->series[i].points[t->series[i].changes[k].at].night == night) {
					change_row(t, &t->series[i], &t->series[i].changes[k], &g);
					n++;
				}
	lb_buf_addc(out, '\n');
	if (n)
		grid_print(&g, width, false, out);
	else
		lb_buf_adds(out, "No change.\n");
}

static bool stands_above(const struct trend_series *s)
{
	return s->now > s->best * (s->exact ? 1 + 1e-9 : 1.05) && s->now - s->best > 1e-9;
}

/* Many small steps, none of which was noticed, add up to this. */
static void levels_grid(const struct trend *t, unsigned width, struct lb_buf *out)
{
	static const char *const head[] = { "above its best", "under", "a commit", "now", "best", "" };
	__attribute__((cleanup(grid_release))) struct grid g = { .columns = LB_COUNT(head), .fixed = 1, .left = 7 };
	size_t n = 0;
	for (size_t i = 0; i < LB_COUNT(head); i++)
		grid_add(&g, head[i]);
	for (size_t i = 0; i < t->count; i++) {
		const struct trend_series *s = &t->series[i];
		lb_autobuf struct lb_buf text = { 0 };
		if (!stands_above(s))
			continue;
		n++;
		lb_buf_addf(&text, "%s %s", s->scenario, s->variant);
		grid_take(&g, &text);
		lb_buf_addf(&text, "%s %s", s->policy, s->builder);
		grid_take(&g, &text);
		grid_add(&g, titles[s->metric]);
		figure(&text, s, s->now);
		grid_take(&g, &text);
		figure(&text, s, s->best);
		grid_take(&g, &text);
		percent(&text, s->best, s->now);
		grid_take(&g, &text);
		grid_end_row(&g);
	}
	if (!n)
		return;
	lb_buf_addc(out, '\n');
	grid_print(&g, width, false, out);
}

static void print_accepts(const struct trend *t, struct lb_buf *out)
{
	for (size_t i = 0; i < t->accepts_count; i++) {
		const struct trend_accept *a = &t->accepts[i];
		lb_buf_addf(out, "%saccepted %.10s ", i ? "" : "\n", a->started);
		text_fit(out, a->scenario, 0);
		lb_buf_adds(out, ": ");
		text_fit(out, a->reason, 0);
		lb_buf_addc(out, '\n');
	}
}

static void print_table(const struct trend *t, unsigned width, struct lb_buf *out)
{
	size_t last = t->nights_count - 1;
	lb_buf_addf(out, "%zu results, %.10s to %.10s, %zu series\n", t->nights_count, t->nights[0].started, t->nights[last].started,
		    t->count);
	changes_grid(t, width, out);
	levels_grid(t, width, out);
	print_accepts(t, out);
	for (size_t i = 0; i < t->problems.count; i++)
		lb_buf_addf(out, "%s%s (left out)\n", i ? "" : "\n", t->problems.items[i]);
}

/* ---- data ---- */

static const char *change_at(const struct trend_series *s, size_t point)
{
	for (size_t i = 0; i < s->changes_count; i++)
		if (s->changes[i].at == point)
			return kinds[s->changes[i].kind];
	return "";
}

/* Of the night that was accepted. */
static const char *accepted_at(const struct trend *t, const struct trend_series *s, const struct trend_night *n)
{
	for (size_t i = t->accepts_count; i--;)
		if (strcmp(t->accepts[i].scenario, s->scenario) == 0 && strcmp(t->accepts[i].of, n->run_id) == 0)
			return t->accepts[i].reason;
	return "";
}

static void print_csv(const struct trend *t, struct lb_buf *out)
{
	lb_buf_adds(out, "night,started,commit,scenario,variant,policy,builder,metric,value,change,accepted\n");
	for (size_t i = 0; i < t->count; i++) {
		const struct trend_series *s = &t->series[i];
		for (size_t k = 0; k < s->count; k++) {
			const struct trend_night *n = &t->nights[s->points[k].night];
			lb_autofree char *value = lb_format("%.9g", s->points[k].value);
			csv_put_uint(out, s->points[k].night);
			const char *cells[] = { n->started,
						n->commit,
						s->scenario,
						s->variant,
						s->points[k].policy,
						s->builder,
						trend_metric_names[s->metric],
						value,
						change_at(s, k),
						accepted_at(t, s, n) };
			for (size_t c = 0; c < LB_COUNT(cells); c++)
				csv_put(out, cells[c]);
			csv_end_row(out);
		}
	}
}

static void json_change(struct lb_json *w, const struct trend *t, const struct trend_series *s, const struct trend_change *c)
{
	lb_autobuf struct lb_buf range = { 0 };
	trend_range(t, s, c, &range);
	lb_json_open(w, '{');
	lb_json_kstr(w, "kind", kinds[c->kind]);
	lb_json_kstr(w, "verdict", c->after > c->before ? "worse" : "better");
	lb_json_kstr(w, "started", t->nights[s->points[c->at].night].started);
	lb_json_key(w, "before");
	lb_json_real(w, c->before);
	lb_json_key(w, "after");
	lb_json_real(w, c->after);
	lb_json_key(w, "p");
	if (isnan(c->p))
		lb_json_null(w);
	else
		lb_json_real(w, c->p);
	lb_json_kstr(w, "commits", lb_buf_str(&range));
	lb_json_kstr(w, "accepted", c->accepted ? c->accepted->reason : NULL);
	lb_json_close(w, '}');
}

static void print_json(const struct trend *t, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", 1);
	lb_json_kuint(&w, "results", t->nights_count);
	lb_json_key(&w, "series");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < t->count; i++) {
		const struct trend_series *s = &t->series[i];
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "scenario", s->scenario);
		lb_json_kstr(&w, "variant", s->variant);
		lb_json_kstr(&w, "policy", s->policy);
		lb_json_kstr(&w, "builder", s->builder);
		lb_json_kstr(&w, "metric", trend_metric_names[s->metric]);
		lb_json_kbool(&w, "exact", s->exact);
		lb_json_kuint(&w, "nights", s->count);
		lb_json_key(&w, "now");
		lb_json_real(&w, s->now);
		lb_json_key(&w, "best");
		lb_json_real(&w, s->best);
		lb_json_key(&w, "changes");
		lb_json_open(&w, '[');
		for (size_t k = 0; k < s->changes_count; k++)
			json_change(&w, t, s, &s->changes[k]);
		lb_json_close(&w, ']');
		lb_json_close(&w, '}');
	}
	lb_json_close(&w, ']');
	lb_json_key(&w, "accepted");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < t->accepts_count; i++) {
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "scenario", t->accepts[i].scenario);
		lb_json_kstr(&w, "of", t->accepts[i].of);
		lb_json_kstr(&w, "started", t->accepts[i].started);
		lb_json_kstr(&w, "reason", t->accepts[i].reason);
		lb_json_close(&w, '}');
	}
	lb_json_close(&w, ']');
	lb_json_key(&w, "problems");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < t->problems.count; i++)
		lb_json_str(&w, t->problems.items[i]);
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

void trend_print(const struct trend *t, enum trend_format format, unsigned width, struct lb_buf *out)
{
	if (format == TREND_CSV)
		print_csv(t, out);
	else if (format == TREND_JSON)
		print_json(t, out);
	else
		print_table(t, width, out);
}
