/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/print.h"

#include <math.h>

struct cmp_scale compare_scale(const struct compare *c, const struct cmp_measure *m)
{
	double largest = 0;
	for (size_t i = 0; i < c->rows_count * c->sides_count; i++)
		if (m->values[i].there && !m->values[i].amount.none)
			largest = fmax(largest, fabs(m->values[i].amount.value));
	struct cmp_scale s = { 1, m->metric->unit, 0 };
	bool seconds = m->metric->scale > 1;
	if (seconds && largest < 1)
		s = largest < 1e-3 ? (struct cmp_scale){ 1e-6, "µs", 0 } : (struct cmp_scale){ 1e-3, "ms", 0 };
	if (m->metric->bytes)
		s = largest >= 1e6 ? (struct cmp_scale){ 1e6, "MB", 0 } : largest >= 1e4 ? (struct cmp_scale){ 1e3, "kB", 0 } : s;
	s.decimals = m->metric->bytes && s.unit == 1 ? 0 : text_decimals(largest / s.unit);
	if (m->measured && s.decimals < 2)
		s.decimals++;
	return s;
}

void compare_amount(struct lb_buf *out, const struct cmp_value *v, const struct cmp_scale *s)
{
	if (!v->there) {
		lb_buf_adds(out, "–");
		return;
	}
	lb_buf_adds(out, v->varies ? "~" : "");
	text_amount(out, &v->amount, s->unit, s->decimals);
	if (v->measured && isfinite(v->interval.low) && isfinite(v->interval.high) && !v->amount.none)
		lb_buf_addf(out, " [%.*f, %.*f]", s->decimals, v->interval.low / s->unit, s->decimals, v->interval.high / s->unit);
}

bool compare_both_known(const struct cmp_value *base, const struct cmp_value *v)
{
	return base->there && v->there && !base->amount.none && !v->amount.none && !base->amount.at_least && !v->amount.at_least;
}

void compare_difference(struct lb_buf *out, const struct cmp_value *base, const struct cmp_value *v, const struct cmp_scale *s)
{
	double d = v->amount.value - base->amount.value;
	if (!base->there || !v->there)
		lb_buf_adds(out, "–");
	else if (!compare_both_known(base, v))
		lb_buf_adds(out, "?");
	else if (d == 0)
		lb_buf_adds(out, "same");
	else
		lb_buf_addf(out, "%+.*f", s->decimals, d / s->unit);
}

void compare_change(struct lb_buf *out, const struct cmp_value *base, const struct cmp_value *v)
{
	double a = base->amount.value, b = v->amount.value;
	if (!compare_both_known(base, v) || a == b)
		return;
	if (a == 0)
		lb_buf_adds(out, "new");
	else if (fabs(b / a - 1) < 0.0005)
		lb_buf_adds(out, "≈0 %");
	else if (b >= 2 * a)
		lb_buf_addf(out, "%.1fx", b / a);
	else
		lb_buf_addf(out, "%+.*f %%", fabs(b / a - 1) < 0.0995 ? 1 : 0, 100 * (b / a - 1));
}

void compare_verdict(struct lb_buf *out, const struct cmp_value *v)
{
	lb_buf_adds(out, stats_word_text(v->ratio.word));
	if (v->ratio.word != STATS_CANNOT_TELL)
		return;
	if (isfinite(v->ratio.more))
		lb_buf_addf(out, ": needs about %.0f more repeat%s", v->ratio.more, v->ratio.more == 1 ? "" : "s");
	else
		lb_buf_adds(out, ": too close to the tolerance for any number of repeats");
}

char compare_style(const struct cmp_metric *m, const struct cmp_value *base, const struct cmp_value *v)
{
	if (v->judged)
		return v->ratio.word == STATS_SLOWER ? 'r' : ' ';
	if (!compare_both_known(base, v) || v->measured)
		return ' ';
	double d = v->amount.value - base->amount.value;
	return (m->higher ? -d : d) > 0 ? 'r' : ' ';
}
