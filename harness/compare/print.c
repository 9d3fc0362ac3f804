/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/grid.h"

#define STEP_COLUMNS 48

struct printing {
	const struct compare *c;
	struct lb_buf *out;
	bool markdown;
};

static void put_grid(const struct printing *p, const struct grid *g)
{
	if (p->markdown)
		grid_markdown(g, p->out);
	else
		grid_print(g, p->c->o->width, p->c->o->color, p->out);
}

static const char *row_label(const struct compare *c, const struct cmp_row *row)
{
	return *row->label ? row->label : c->by_edit ? "all" : "a commit";
}

/* ---- headings ---- */

static void heading(const struct printing *p)
{
	const struct compare *c = p->c;
	lb_buf_addf(p->out, "%s%s   ", p->markdown ? "### " : "", c->sides[0].r->scenario);
	for (size_t s = 0; s < c->sides_count; s++)
		lb_buf_addf(p->out, "%s%s%s", s ? ", " : "", c->sides[s].label, s ? "" : " (base)");
	lb_buf_adds(p->out, p->markdown ? "\n" : "");
	static const char *const names[] = { "variant", "subject", "policy", "builder", "RUN" };
	for (size_t d = 0; d < LB_COUNT(names); d++) {
		const char *same = c->rows[0].dims[d];
		for (size_t i = 1; same && i < c->rows_count; i++)
			same = strcmp(same, c->rows[i].dims[d]) == 0 ? same : NULL;
		if (same && *same && strcmp(same, "builtin") != 0)
			lb_buf_addf(p->out, "%s%s: %s", p->markdown && p->out->data[p->out->len - 1] == '\n' ? "\n" : "   ", names[d],
				    same);
	}
	lb_buf_addc(p->out, '\n');
}

static void title(const struct compare *c, const struct cmp_measure *m, const struct cmp_scale *s, struct grid *g)
{
	lb_autobuf struct lb_buf text = { 0 };
	bool in_title = strstr(m->metric->title, "seconds") && strcmp(s->name, "s") == 0;
	bool counted = strstr(m->metric->title, s->name) != NULL;
	lb_buf_adds(&text, m->metric->title);
	if (!in_title && !counted)
		lb_buf_addf(&text, " %s", s->name);
	lb_buf_adds(&text, c->by_edit ? "" : " a commit");
	grid_take(g, &text);
}

/* ---- a metric ---- */

static void two_sides_row(const struct compare *c, const struct cmp_measure *m, const struct cmp_scale *s, size_t row, struct grid *g)
{
	const struct cmp_value *a = compare_value(c, m, row, 0), *b = compare_value(c, m, row, 1);
	lb_autobuf struct lb_buf text = { 0 };
	grid_add(g, row_label(c, &c->rows[row]));
	compare_amount(&text, a, s);
	grid_take(g, &text);
	compare_amount(&text, b, s);
	grid_take(g, &text);
	if (b->judged)
		lb_buf_addf(&text, "%.2fx", b->ratio.ratio);
	else
		compare_difference(&text, a, b, s);
	if (b->judged && isfinite(b->ratio.interval.high))
		lb_buf_addf(&text, " [%.2f, %.2f]", b->ratio.interval.low, b->ratio.interval.high);
	grid_take(g, &text);
	grid_style(g, compare_style(m->metric, a, b));
	if (b->judged) {
		compare_verdict(&text, b);
		lb_buf_addf(&text, " (p=%.3f n=%zu+%zu)", b->ratio.p, b->ratio.n, b->ratio.m);
	} else {
		compare_change(&text, a, b);
	}
	grid_take(g, &text);
	grid_end_row(g);
}

static void two_sides(const struct printing *p, const struct cmp_measure *m, struct grid *g)
{
	const struct compare *c = p->c;
	struct cmp_scale s = compare_scale(c, m);
	g->columns = 5;
	g->fixed = 1;
	g->left = 1u | (m->measured ? 1u << 4 : 0);
	title(c, m, &s, g);
	grid_add(g, c->sides[0].label);
	grid_add(g, c->sides[1].label);
	grid_add(g, m->measured ? "ratio" : "difference");
	grid_add(g, "");
	for (size_t i = 0; i < c->rows_count; i++)
		two_sides_row(c, m, &s, i, g);
}

/* A value a side, and beside it what it is to the base. */
static void many_sides(const struct printing *p, const struct cmp_measure *m, struct grid *g)
{
	const struct compare *c = p->c;
	struct cmp_scale s = compare_scale(c, m);
	g->columns = 2 * c->sides_count;
	g->fixed = 2;
	g->left = 1;
	title(c, m, &s, g);
	for (size_t k = 0; k < c->sides_count; k++) {
		grid_add(g, c->sides[k].label);
		if (k)
			grid_add(g, "");
	}
	for (size_t i = 0; i < c->rows_count; i++) {
		lb_autobuf struct lb_buf text = { 0 };
		const struct cmp_value *a = compare_value(c, m, i, 0);
		grid_add(g, row_label(c, &c->rows[i]));
		for (size_t k = 0; k < c->sides_count; k++) {
			const struct cmp_value *v = compare_value(c, m, i, k);
			compare_amount(&text, v, &s);
			grid_take(g, &text);
			if (k && v->judged)
				lb_buf_addf(&text, "%.2fx %s", v->ratio.ratio, stats_word_text(v->ratio.word));
			else if (k)
				compare_change(&text, a, v);
			if (k) {
				grid_take(g, &text);
				grid_style(g, compare_style(m->metric, a, v));
			}
		}
		grid_end_row(g);
	}
}

/* Each side against each, for the first row: how many times as much the row's side is as the column's. */
static void matrix(const struct printing *p, const struct cmp_measure *m)
{
	const struct compare *c = p->c;
	__attribute__((cleanup(grid_release))) struct grid g = { .columns = c->sides_count + 1, .fixed = 1, .left = 1 };
	lb_autofree char *name = lb_format("%s, row : column", m->metric->title);
	lb_autobuf struct lb_buf text = { 0 };
	grid_add(&g, name);
	for (size_t k = 0; k < c->sides_count; k++)
		grid_add(&g, c->sides[k].label);
	for (size_t i = 0; i < c->sides_count; i++) {
		const struct cmp_value *a = compare_value(c, m, 0, i);
		grid_add(&g, c->sides[i].label);
		for (size_t k = 0; k < c->sides_count; k++) {
			const struct cmp_value *b = compare_value(c, m, 0, k);
			bool known = compare_both_known(a, b) && b->amount.value > 0;
			if (i == k)
				lb_buf_adds(&text, "·");
			else if (known)
				lb_buf_addf(&text, "%.2fx", a->amount.value / b->amount.value);
			else
				lb_buf_adds(&text, "?");
			grid_take(&g, &text);
		}
		grid_end_row(&g);
	}
	if (*c->rows[0].label)
		lb_buf_addf(p->out, "\n%s:\n", c->rows[0].label);
	else
		lb_buf_addc(p->out, '\n');
	put_grid(p, &g);
}

/* ---- steps ---- */

static int by_seconds(const void *a, const void *b)
{
	const struct cmp_step *x = a, *y = b;
	double dx = fabs(x->seconds - x->base_s), dy = fabs(y->seconds - y->base_s);
	double rx = fabs(x->rerun - x->base_rerun), ry = fabs(y->rerun - y->base_rerun);
	if (dx != dy)
		return dx < dy ? 1 : -1;
	return (rx < ry) - (rx > ry);
}

static bool differs(const struct cmp_step *s)
{
	return fabs(s->seconds - s->base_s) > 1e-9 || fabs(s->rerun - s->base_rerun) > 1e-9 || s->edits.count;
}

static void step_edits(struct lb_buf *out, const struct cmp_step *s)
{
	for (size_t i = 0; i < s->edits.count && i < 3; i++)
		lb_buf_addf(out, "%s%s", i ? ", " : "", s->edits.items[i]);
	if (s->edits.count > 3)
		lb_buf_addf(out, " and %zu more", s->edits.count - 3);
}

static void step_place(struct lb_buf *out, const struct cmp_step *s)
{
	if (s->base_text && s->text && s->base_line != s->line)
		lb_buf_addf(out, ":%u→:%u", s->base_line, s->line);
	else
		lb_buf_addf(out, ":%u%s", s->text ? s->line : s->base_line, !s->base_text ? " new" : !s->text ? " gone" : "");
}

static void step_rows(const struct cmp_steps *steps, size_t most, struct grid *g)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (size_t i = 0, shown = 0; i < steps->count && shown < most; i++) {
		const struct cmp_step *s = &steps->items[i];
		if (!differs(s))
			continue;
		shown++;
		step_place(&text, s);
		grid_take(g, &text);
		text_fit(&text, s->text ? s->text : s->base_text, STEP_COLUMNS);
		grid_take(g, &text);
		text_percent(&text, s->base_rerun, " ");
		lb_buf_adds(&text, " → ");
		text_percent(&text, s->rerun, " ");
		grid_take(g, &text);
		if (fabs(s->seconds - s->base_s) < 0.05)
			lb_buf_adds(&text, "same");
		else
			lb_buf_addf(&text, "%+.1f", s->seconds - s->base_s);
		grid_take(g, &text);
		step_edits(&text, s);
		grid_take(g, &text);
		grid_end_row(g);
	}
}

/* The steps that make the difference of a row, the largest first. */
static void steps_of(const struct printing *p, size_t row, size_t side, size_t most)
{
	const struct compare *c = p->c;
	struct cmp_steps steps;
	compare_steps(c, &c->rows[row], side, &steps);
	if (steps.count)
		qsort(steps.items, steps.count, sizeof(*steps.items), by_seconds);
	bool any = false;
	for (size_t i = 0; i < steps.count && !any; i++)
		any = differs(&steps.items[i]);
	if (any) {
		__attribute__((cleanup(grid_release))) struct grid g = { .columns = 5, .fixed = 1, .left = 1u | 2u | 16u, .shrink = 4 };
		const char *label = c->rows[row].label;
		lb_buf_addf(p->out, "\nsteps that differ, %s%s%s against %s:\n", label, *label ? ", " : "", c->sides[side].label,
			    c->sides[0].label);
		static const char *const head[] = { "", "step", "re-runs on", "RUN s", "after" };
		for (size_t i = 0; i < LB_COUNT(head); i++)
			grid_add(&g, head[i]);
		step_rows(&steps, most, &g);
		put_grid(p, &g);
	}
	compare_steps_release(&steps);
}

static void steps(const struct printing *p)
{
	const struct compare *c = p->c;
	if (c->by_edit)
		return;
	for (size_t i = 0; i < c->rows_count; i++)
		for (size_t s = 1; s < c->sides_count; s++)
			if (c->by_step || c->sides_count == 2)
				steps_of(p, i, s, c->by_step ? SIZE_MAX : 3);
}

/* ---- all ---- */

static void one_metric(const struct printing *p, const struct cmp_measure *m)
{
	lb_buf_addc(p->out, '\n');
	if (!m->known) {
		lb_buf_addf(p->out, "%s: unknown on all sides\n", m->metric->title);
		return;
	}
	__attribute__((cleanup(grid_release))) struct grid g = { 0 };
	if (p->c->sides_count == 2)
		two_sides(p, m, &g);
	else
		many_sides(p, m, &g);
	put_grid(p, &g);
}

void compare_print_table(const struct compare *c, struct lb_buf *out)
{
	struct printing p = { c, out, c->o->format == COMPARE_MARKDOWN };
	heading(&p);
	for (size_t m = 0; m < c->measures_count; m++)
		one_metric(&p, &c->measures[m]);
	if (c->sides_count > 2 && c->measures[0].known)
		matrix(&p, &c->measures[0]);
	steps(&p);
	for (size_t i = 0; i < c->notes.count; i++) {
		lb_buf_adds(out, i ? "" : "\n");
		text_wrap(out, c->notes.items[i], c->o->width, 2);
		lb_buf_addc(out, '\n');
	}
	lb_buf_addc(out, '\n');
	text_wrap(out, c->summary.data, c->o->width, 2);
	lb_buf_addc(out, '\n');
}
