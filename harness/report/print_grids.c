/* SPDX-License-Identifier: Apache-2.0 */
#include "report/print.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_DIGEST 20
#define MATRIX_ROWS  60 /* a longer history is in the CSV */

static int decimals_of(const struct report_view *v, bool bytes)
{
	double largest = 0, unit = bytes ? 1e6 : 1e9;
	for (size_t i = 0; i < v->r->variants_count; i++) {
		const struct report_mean *m = &v->means[i];
		largest = fmax(largest, (bytes ? m->pushed.value : m->run_ns.value) / unit);
	}
	return text_decimals(largest);
}

const char *print_builder_title(const char *builder)
{
	static const char *const titles[][2] = {
		{ "warm", "warm builder" },
		{ "fresh", "CI runner, cache imported" },
		{ "fresh-min", "CI runner, min cache" },
		{ "cold", "without cache" },
	};
	for (size_t i = 0; i < LB_COUNT(titles); i++)
		if (!strcmp(titles[i][0], builder))
			return titles[i][1];
	return builder;
}

static bool has_builder(const struct report_group *g, const char *name)
{
	for (size_t i = 0; i < g->count; i++)
		if (!strcmp(g->views[i].block.builder, name))
			return true;
	return false;
}

static void rebuilt_cell(const struct report_mean *m, struct lb_buf *text)
{
	lb_buf_addf(text, "%s%.1f of ", m->rebuilt_at_least ? "≥" : "", m->rebuilt);
	bool whole = fabs(m->reusable - round(m->reusable)) < 0.05;
	lb_buf_addf(text, "%.*f", whole ? 0 : 1, m->reusable);
}

static void commit_row(const struct report_group *g, size_t variant, int decimals, int byte_decimals, struct grid *out)
{
	const struct report_view *v = report_group_main(g);
	const struct report_mean *m = &v->means[variant];
	lb_autobuf struct lb_buf text = { 0 };
	grid_add(out, v->r->variants[variant].name);
	if (m->covered > 0) {
		rebuilt_cell(m, &text);
		grid_take(out, &text);
		text_amount(&text, &m->run_ns, 1e9, decimals);
		grid_take(out, &text);
		text_amount(&text, &m->wasted_ns, 1e9, decimals);
		grid_take(out, &text);
		grid_style(out, m->wasted_ns.value > 0 ? 'r' : ' ');
		text_amount(&text, &m->pushed, 1e6, byte_decimals);
		grid_take(out, &text);
	} else {
		for (int i = 0; i < 4; i++)
			grid_add(out, "–");
	}
	for (size_t i = 0; i < g->count; i++) {
		const struct report_mean *other = &g->views[i].means[variant];
		if (i == g->main)
			continue;
		if (other->covered > 0)
			text_amount(&text, &other->run_ns, 1e9, decimals);
		else
			lb_buf_adds(&text, "–");
		grid_take(out, &text);
	}
	if (!has_builder(g, "cold") && v->cold[variant].repeats) {
		text_amount(&text, &v->cold[variant].run_ns, 1e9, decimals);
		grid_take(out, &text);
	}
	grid_end_row(out);
}

void print_commit_grid(const struct report_group *g, struct grid *out)
{
	const struct report_view *v = report_group_main(g);
	*out = (struct grid){ .columns = 5 + g->count - 1 + !has_builder(g, "cold"), .fixed = 1, .left = 1 };
	const char *titles[] = { "rebuilt", v->block.engine ? "build s" : "RUN s", "wasted", "push MB" };
	grid_add(out, "per commit");
	for (size_t i = 0; i < LB_COUNT(titles); i++)
		grid_add(out, titles[i]);
	for (size_t i = 0; i < g->count; i++)
		if (i != g->main)
			grid_add(out, print_builder_title(g->views[i].block.builder));
	if (!has_builder(g, "cold"))
		grid_add(out, "first build");
	int decimals = decimals_of(v, false), byte_decimals = decimals_of(v, true);
	for (size_t i = 0; i < v->r->variants_count; i++)
		if (report_view_has(v, i))
			commit_row(g, i, decimals, byte_decimals, out);
}

/* ---- the matrix ---- */

/* The three parts of a cell, to be aligned within their column. */
struct parts {
	char steps[24];
	char marks[8];
	struct lb_buf seconds;
};

static void split_cell(const struct report_cell *c, int decimals, struct parts *p)
{
	*p = (struct parts){ 0 };
	if (!c->repeats) {
		snprintf(p->steps, sizeof(p->steps), "%s", c->status ? c->status : "");
		return;
	}
	snprintf(p->steps, sizeof(p->steps), "%u/%u", c->hits, c->reusable);
	snprintf(p->marks, sizeof(p->marks), "%s%s%s", c->wasted ? "w" : "", c->stale[STALE_WRONG] ? "!" : "", c->unknown ? "?" : "");
	text_amount(&p->seconds, &c->run_ns, 1e9, decimals);
}

static void join_cell(const struct parts *p, const size_t *room, struct lb_buf *text)
{
	const char *seconds = lb_buf_str((struct lb_buf *)&p->seconds);
	const char *part[3] = { p->steps, p->marks, seconds };
	for (size_t i = 0; i < 3; i++) {
		size_t pad = room[i] - text_width(part[i]);
		if (i && room[i])
			lb_buf_addc(text, ' ');
		if (i == 2)
			text_pad(text, pad);
		lb_buf_adds(text, part[i]);
		if (i < 2)
			text_pad(text, pad);
	}
}

static char style_of(const struct report_cell *c)
{
	if (c->status && !c->repeats)
		return 'y';
	return c->wasted || c->stale[STALE_WRONG] ? 'r' : c->unknown ? 'y' : ' ';
}

static size_t shown_rows(const struct report_view *v)
{
	return v->count < MATRIX_ROWS ? v->count : MATRIX_ROWS;
}

/* Row 0 is the first build, row i + 1 is commit i. */
static const struct report_cell *matrix_cell(const struct report_view *v, size_t variant, size_t row)
{
	return row ? report_cell(v, variant, row - 1) : &v->cold[variant];
}

/* The texts of one variant's column, each padded so that its parts stand below each other. */
static void matrix_column(const struct report_view *v, size_t variant, int decimals, struct lb_strv *out)
{
	size_t rows = shown_rows(v) + 1, room[3] = { 0 };
	lb_autofree struct parts *parts = lb_calloc(rows, sizeof(*parts));
	for (size_t i = 0; i < rows; i++) {
		split_cell(matrix_cell(v, variant, i), decimals, &parts[i]);
		size_t w[3] = { text_width(parts[i].steps), text_width(parts[i].marks), text_width(lb_buf_str(&parts[i].seconds)) };
		for (size_t k = 0; k < 3; k++)
			room[k] = w[k] > room[k] ? w[k] : room[k];
	}
	for (size_t i = 0; i < rows; i++) {
		lb_autobuf struct lb_buf text = { 0 };
		join_cell(&parts[i], room, &text);
		lb_strv_add(out, lb_buf_str(&text));
		lb_buf_release(&parts[i].seconds);
	}
}

static void weight_cell(const struct report_view *v, size_t commit, struct grid *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (v->equal_weights)
		return;
	if (isnan(v->commits[commit].weight))
		lb_buf_adds(&text, "–");
	else
		text_percent(&text, v->commits[commit].weight, "");
	grid_take(out, &text);
}

static void matrix_row(const struct report_view *v, size_t row, const struct lb_strv *columns, struct grid *out)
{
	if (row) {
		grid_add(out, report_commit_name(v, row - 1));
		weight_cell(v, row - 1, out);
	} else {
		grid_add(out, "(first build)");
		if (!v->equal_weights)
			grid_add(out, "");
	}
	for (size_t i = 0; i < v->r->variants_count; i++)
		if (report_view_has(v, i)) {
			grid_add(out, columns[i].items[row]);
			grid_style(out, row ? style_of(matrix_cell(v, i, row)) : 'd');
		}
}

void print_matrix_grid(const struct report_view *v, struct grid *out)
{
	size_t n = v->r->variants_count, shown = shown_rows(v);
	lb_autofree struct lb_strv *columns = lb_calloc(n + 1, sizeof(*columns));
	double largest = 0;
	*out = (struct grid){ .left = v->equal_weights ? ~0u : ~2u, .fixed = v->equal_weights ? 1 : 2 };
	out->columns = out->fixed;
	for (size_t i = 0; i < n * v->count; i++)
		largest = fmax(largest, v->cells[i].run_ns.value / 1e9);
	for (size_t i = 0; i < n; i++) {
		matrix_column(v, i, text_decimals(largest), &columns[i]);
		out->columns += report_view_has(v, i);
	}
	grid_add(out, v->each ? "edit" : "commit");
	if (!v->equal_weights)
		grid_add(out, "weight");
	for (size_t i = 0; i < n; i++)
		if (report_view_has(v, i))
			grid_add(out, v->r->variants[i].name);
	for (size_t row = 1; row <= shown; row++)
		matrix_row(v, row, columns, out);
	matrix_row(v, 0, columns, out);
	if (shown < v->count) {
		lb_autofree char *more = lb_format("… %zu more (--format csv)", v->count - shown);
		grid_add(out, more);
		grid_end_row(out);
	}
	for (size_t i = 0; i < n; i++)
		lb_strv_release(&columns[i]);
}

/* ---- details ---- */

static void value_text(const struct report_build *b, const struct build_column *c, struct lb_buf *text)
{
	if (!c->number)
		text_fit(text, b->text[c->index][0] ? b->text[c->index] : "–", c->index == BT_IMAGE_DIGEST ? SHORT_DIGEST : 0);
	else if (b->number[c->index] == REPORT_UNKNOWN)
		lb_buf_adds(text, "?");
	else
		lb_buf_addu(text, b->number[c->index]);
}

static bool same_value(const struct report_build *a, const struct report_build *b, const struct build_column *c)
{
	return c->number ? a->number[c->index] == b->number[c->index] : a->text[c->index] == b->text[c->index];
}

/* engine_ns must not be taken for what docker would need. */
static const char *details_title(const struct build_column *c)
{
	return c->number && c->index == BN_ENGINE_NS ? "engine_ns (lbench's own engine)" : c->name;
}

static size_t builds_in(const struct report_view *v, size_t variant, const struct report_build **out)
{
	size_t n = 0;
	for (size_t i = 0; i < v->r->builds_count; i++)
		if ((size_t)v->r->builds[i].variant == variant && report_in_block(&v->block, &v->r->builds[i]))
			out[n++] = &v->r->builds[i];
	return n;
}

void print_details_grid(const struct report_view *v, size_t variant, struct grid *out, struct lb_strv *same)
{
	lb_autofree const struct report_build **builds = lb_calloc(v->r->builds_count + 1, sizeof(*builds));
	size_t n = builds_in(v, variant, builds), shown[BT_COUNT + BN_COUNT], columns = 0;
	lb_autobuf struct lb_buf text = { 0 };
	for (size_t c = 0; c < LB_COUNT(shown); c++) {
		const struct build_column *column = &report_build_columns[c];
		bool varies = false;
		for (size_t i = 1; i < n && !varies; i++)
			varies = !same_value(builds[0], builds[i], column);
		if (!column->number && column->index == BT_EDIT)
			continue;
		if (varies) {
			shown[columns++] = c;
		} else if (n) {
			lb_buf_addf(&text, "%s ", details_title(column));
			value_text(builds[0], column, &text);
			lb_strv_add(same, lb_buf_str(&text));
			lb_buf_clear(&text);
		}
	}
	*out = (struct grid){ .columns = columns + 1, .fixed = 1, .left = 1 };
	grid_add(out, v->r->variants[variant].name);
	for (size_t c = 0; c < columns; c++)
		grid_add(out, details_title(&report_build_columns[shown[c]]));
	for (size_t i = 0; i < n; i++) {
		grid_add(out, builds[i]->edit == EDIT_COLD ? "(first build)" : builds[i]->text[BT_EDIT]);
		for (size_t c = 0; c < columns; c++) {
			value_text(builds[i], &report_build_columns[shown[c]], &text);
			grid_take(out, &text);
		}
	}
}
