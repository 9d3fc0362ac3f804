/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "compare/print.h"
#include "lbench/json.h"
#include "report/csv.h"

/* ---- JSON ---- */

static void real_or_null(struct lb_json *w, const char *key, bool known, double n)
{
	lb_json_key(w, key);
	if (known && isfinite(n))
		lb_json_real(w, n);
	else
		lb_json_null(w);
}

static void json_ratio(struct lb_json *w, const struct cmp_value *v)
{
	real_or_null(w, "ratio_low", true, v->ratio.interval.low);
	real_or_null(w, "ratio_high", true, v->ratio.interval.high);
	real_or_null(w, "p", true, v->ratio.p);
	lb_json_kstr(w, "verdict", stats_word_text(v->ratio.word));
	real_or_null(w, "more_repeats", v->ratio.word == STATS_CANNOT_TELL, v->ratio.more);
}

static double ratio_of(const struct cmp_value *base, const struct cmp_value *v)
{
	return v->judged ? v->ratio.ratio : v->amount.value / base->amount.value;
}

static void json_value(struct lb_json *w, const struct cmp_value *base, const struct cmp_value *v)
{
	lb_json_open(w, '{');
	real_or_null(w, "value", !v->amount.none, v->amount.value);
	lb_json_kbool(w, "at_least", v->amount.at_least);
	lb_json_kbool(w, "measured", v->measured);
	lb_json_kbool(w, "varies", v->varies);
	lb_json_kuint(w, "repeats", v->n);
	if (v->measured) {
		real_or_null(w, "low", true, v->interval.low);
		real_or_null(w, "high", true, v->interval.high);
	}
	if (v != base && base->there) {
		bool known = compare_both_known(base, v);
		real_or_null(w, "difference", known, v->amount.value - base->amount.value);
		real_or_null(w, "ratio", known, ratio_of(base, v));
		if (v->judged)
			json_ratio(w, v);
	}
	lb_json_close(w, '}');
}

static void json_steps(struct lb_json *w, const struct compare *c, size_t row)
{
	lb_json_key(w, "steps");
	lb_json_open(w, '[');
	for (size_t side = 1; side < c->sides_count; side++) {
		struct cmp_steps steps;
		compare_steps(c, &c->rows[row], side, &steps);
		for (size_t i = 0; i < steps.count; i++) {
			const struct cmp_step *s = &steps.items[i];
			if (!s->edits.count && fabs(s->seconds - s->base_s) < 1e-9)
				continue;
			lb_json_open(w, '{');
			lb_json_kstr(w, "side", c->sides[side].label);
			lb_json_kstr(w, "base_instruction", s->base_text);
			lb_json_kstr(w, "instruction", s->text);
			lb_json_kuint(w, "base_line", s->base_line);
			lb_json_kuint(w, "line", s->line);
			real_or_null(w, "base_rerun", true, s->base_rerun);
			real_or_null(w, "rerun", true, s->rerun);
			real_or_null(w, "base_run_s", true, s->base_s);
			real_or_null(w, "run_s", true, s->seconds);
			lb_json_key(w, "edits");
			lb_json_open(w, '[');
			for (size_t k = 0; k < s->edits.count; k++)
				lb_json_str(w, s->edits.items[k]);
			lb_json_close(w, ']');
			lb_json_close(w, '}');
		}
		compare_steps_release(&steps);
	}
	lb_json_close(w, ']');
}

static void json_metric(struct lb_json *w, const struct compare *c, const struct cmp_measure *m)
{
	lb_json_open(w, '{');
	lb_json_kstr(w, "name", m->metric->name);
	lb_json_kstr(w, "unit", m->metric->unit);
	lb_json_kbool(w, "measured", m->measured);
	lb_json_key(w, "rows");
	lb_json_open(w, '[');
	for (size_t i = 0; i < c->rows_count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "row", c->rows[i].label);
		lb_json_key(w, "sides");
		lb_json_open(w, '{');
		for (size_t s = 0; s < c->sides_count; s++) {
			if (!compare_value(c, m, i, s)->there)
				continue;
			lb_json_key(w, c->sides[s].label);
			json_value(w, compare_value(c, m, i, 0), compare_value(c, m, i, s));
		}
		lb_json_close(w, '}');
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
	lb_json_close(w, '}');
}

static void json_rows(struct lb_json *w, const struct compare *c)
{
	lb_json_key(w, "rows");
	lb_json_open(w, '[');
	for (size_t i = 0; i < c->rows_count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "row", c->rows[i].label);
		json_steps(w, c, i);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

void compare_print_json(const struct compare *c, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", 1);
	lb_json_kstr(&w, "scenario", c->sides[0].r->scenario);
	lb_json_kstr(&w, "base", c->sides[0].label);
	lb_json_key(&w, "sides");
	lb_json_open(&w, '[');
	for (size_t s = 0; s < c->sides_count; s++)
		lb_json_str(&w, c->sides[s].label);
	lb_json_close(&w, ']');
	lb_json_key(&w, "metrics");
	lb_json_open(&w, '[');
	for (size_t m = 0; m < c->measures_count; m++)
		json_metric(&w, c, &c->measures[m]);
	lb_json_close(&w, ']');
	json_rows(&w, c);
	lb_json_key(&w, "notes");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < c->notes.count; i++)
		lb_json_str(&w, c->notes.items[i]);
	lb_json_close(&w, ']');
	lb_json_kstr(&w, "summary", c->summary.data);
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

/* ---- CSV ---- */

static void put_real(struct lb_buf *out, bool known, double n)
{
	lb_autofree char *text = known && isfinite(n) ? lb_format("%.9g", n) : lb_strdup("");
	csv_put(out, text);
}

static void csv_row(const struct compare *c, const struct cmp_measure *m, size_t row, size_t side, struct lb_buf *out)
{
	const struct cmp_value *base = compare_value(c, m, row, 0), *v = compare_value(c, m, row, side);
	bool other = side && base->there && compare_both_known(base, v);
	csv_put(out, m->metric->name);
	csv_put(out, m->metric->unit);
	csv_put(out, c->rows[row].label);
	csv_put(out, c->sides[side].label);
	put_real(out, !v->amount.none, v->amount.value);
	csv_put(out, v->amount.at_least ? "yes" : "no");
	csv_put(out, v->measured ? "measured" : v->varies ? "varies" : "exact");
	csv_put_uint(out, v->n);
	put_real(out, v->measured, v->interval.low);
	put_real(out, v->measured, v->interval.high);
	put_real(out, other, v->amount.value - base->amount.value);
	put_real(out, other, ratio_of(base, v));
	put_real(out, v->judged, v->ratio.interval.low);
	put_real(out, v->judged, v->ratio.interval.high);
	put_real(out, v->judged, v->ratio.p);
	csv_put(out, v->judged ? stats_word_text(v->ratio.word) : "");
	put_real(out, v->judged && v->ratio.word == STATS_CANNOT_TELL, v->ratio.more);
	csv_end_row(out);
}

void compare_print_csv(const struct compare *c, struct lb_buf *out)
{
	lb_buf_adds(
		out,
		"metric,unit,row,side,value,at_least,kind,repeats,low,high,difference,ratio,ratio_low,ratio_high,p,verdict,more_repeats\n");
	for (size_t m = 0; m < c->measures_count; m++)
		for (size_t i = 0; i < c->rows_count; i++)
			for (size_t s = 0; s < c->sides_count; s++)
				if (compare_value(c, &c->measures[m], i, s)->there)
					csv_row(c, &c->measures[m], i, s, out);
}
