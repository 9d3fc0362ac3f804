/* SPDX-License-Identifier: Apache-2.0
 *
 * Grouped bars, a group an edit, a bar a variant, two panels: seconds above pushed bytes, and stored above pushed
 * bytes. And cumulative lines over a sequence of commits.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/picture.h"

#define MOST_EDITS 24
#define GROUP_GAP  1.0 /* in widths of a bar */

/* A figure of a cell, in the unit of its axis. */
struct panel {
	const char *column, *axis; /* the unit is appended */
	double unit;
	struct picture_scale (*scale)(double most);
	size_t offset; /* of a struct amount in struct report_cell */
};

static const struct panel run_panel = { "run_s", "RUN", 1e9, picture_scale_s, offsetof(struct report_cell, run_ns) };
static const struct panel build_panel = { "run_s", "build", 1e9, picture_scale_s, offsetof(struct report_cell, run_ns) };
static const struct panel pushed_panel = { "pushed_mb", "pushed,", 1e6, picture_scale_mb, offsetof(struct report_cell, pushed) };
static const struct panel stored_panel = { "stored_mb", "stored,", 1e6, picture_scale_mb, offsetof(struct report_cell, stored) };

static const struct amount *figure(const struct report_cell *c, const struct panel *panel)
{
	return (const struct amount *)((const char *)c + panel->offset);
}

static void label_of(const struct report_cell *c, const struct panel *panel, double factor, int decimals, struct lb_buf *out)
{
	const struct amount *a = figure(c, panel);
	if (!c->repeats)
		lb_buf_adds(out, c->status ? c->status : "");
	else if (!a->none && !a->at_least && a->value <= 0)
		lb_buf_addc(out, '0');
	else
		text_amount(out, a, panel->unit / factor, decimals);
}

static void panel_cells(struct picture *p, const struct report_cell *c, const struct panel *panel, double factor, int decimals)
{
	const struct amount *a = figure(c, panel);
	lb_autobuf struct lb_buf label = { 0 };
	bool there = c->repeats && !a->none;
	label_of(c, panel, factor, decimals, &label);
	picture_value(p, there && !a->at_least ? a->value / panel->unit : NAN);
	picture_value(p, there ? a->value / panel->unit : 0);
	picture_text(p, lb_buf_str(&label), 0);
}

static double largest(const struct report_view *v, const struct panel *panel)
{
	double most = 0;
	for (size_t i = 0; i < v->r->variants_count * v->count; i++)
		if (v->cells[i].repeats && !figure(&v->cells[i], panel)->none)
			most = fmax(most, figure(&v->cells[i], panel)->value / panel->unit);
	return most;
}

static void variant_names(const struct report_view *v, struct lb_strv *out)
{
	for (size_t i = 0; i < v->r->variants_count; i++)
		if (report_view_has(v, i))
			lb_strv_add(out, v->r->variants[i].name);
}

static void bar_rows(struct picture *p, const struct report_view *v, const struct panel *const panels[2], size_t edits, size_t bars)
{
	double factor[2];
	int decimals[2];
	for (int k = 0; k < 2; k++) {
		double most = largest(v, panels[k]);
		factor[k] = panels[k]->scale(most).factor;
		decimals[k] = text_decimals(most * factor[k]);
	}
	for (size_t i = 0; i < edits; i++) {
		lb_autobuf struct lb_buf edit = { 0 };
		size_t n = 0;
		picture_edit(v, i, &edit);
		for (size_t variant = 0; variant < v->r->variants_count; variant++) {
			if (!report_view_has(v, variant))
				continue;
			double group = (double)i * ((double)bars + GROUP_GAP);
			picture_value(p, (double)++n);
			picture_text(p, v->r->variants[variant].name, 0);
			picture_text(p, lb_buf_str(&edit), 0);
			picture_value(p, group + (double)n - 1);
			picture_value(p, group + ((double)bars - 1) / 2);
			for (int k = 0; k < 2; k++)
				panel_cells(p, report_cell(v, variant, i), panels[k], factor[k], decimals[k]);
			picture_end_row(p);
		}
	}
}

static void panel_vars(struct picture *p, const struct report_view *v, const char *where, const struct panel *panel)
{
	double most = largest(v, panel);
	lb_autofree char *axis = lb_format("%s_axis", where), *top = lb_format("%s_most", where), *known = lb_format("%s_known", where);
	picture_var(p, where, panel->column);
	struct picture_scale scale = panel->scale(most);
	lb_autofree char *factor = lb_format("%s_scale", where), *title = lb_format("%s %s", panel->axis, scale.unit);
	picture_var(p, axis, title);
	picture_num(p, factor, scale.factor);
	picture_num(p, top, most > 0 ? most * scale.factor : 1);
	picture_num(p, known, most > 0);
}

/* Names of edits reach to the left of their group, those of variants to the right. */
static void sizes(struct picture *p, const struct report_view *v, const struct lb_strv *names, size_t edits, double slots)
{
	size_t longest = 0, first = 0, key = 0;
	for (size_t i = 0; i < edits; i++) {
		lb_autobuf struct lb_buf edit = { 0 };
		picture_edit(v, i, &edit);
		size_t n = text_width(lb_buf_str(&edit));
		longest = n > longest ? n : longest;
		first = i ? first : n;
	}
	for (size_t i = 0; i < names->count; i++)
		key = text_width(names->items[i]) > key ? text_width(names->items[i]) : key;
	double plot = fmax(766, 21 * slots), left = fmax(110, 6.4 * (double)first - plot / (double)edits / 2), foot = picture_foot(longest);
	double pitch = 8.2 * (double)key + 50, width = plot + left + 24;
	size_t per_row = (size_t)fmax(1, floor((width - 32) / pitch)), rows = (names->count + per_row - 1) / per_row;
	picture_num(p, "left", left);
	picture_num(p, "foot", foot);
	picture_num(p, "head", 64 + 20 * (double)rows);
	picture_num(p, "key_pitch", pitch);
	picture_num(p, "width", width);
	picture_num(p, "height", 570 + 20 * (double)rows + foot);
}

static int bars(const struct report_view *v, const char *name, const char *what, const struct panel *const panels[2], struct album *a,
		struct lb_err *err)
{
	lb_autostrv struct lb_strv names = { 0 };
	size_t edits = v->count < MOST_EDITS ? v->count : MOST_EDITS;
	variant_names(v, &names);
	if (!names.count || !edits)
		return 0;
	picture_auto struct picture p;
	picture_init(&p, v, name, "", a);
	lb_autobuf struct lb_buf title = { 0 };
	lb_buf_addf(&title, "%s: %s", v->r->scenario, what);
	picture_part(&title, v, edits);
	lb_autofree char *columns =
		lb_format("n variant edit x group_x %s %s_y %s_label %s %s_y %s_label", panels[0]->column, panels[0]->column,
			  panels[0]->column, panels[1]->column, panels[1]->column, panels[1]->column);
	picture_var(&p, "kind", "bars");
	picture_var(&p, "title", lb_buf_str(&title));
	picture_list(&p, "variants", &names);
	panel_vars(&p, v, "top", panels[0]);
	panel_vars(&p, v, "bottom", panels[1]);
	double slots = (double)edits * ((double)names.count + GROUP_GAP);
	picture_num(&p, "slots", slots);
	sizes(&p, v, &names, edits, slots);
	picture_header(&p, columns);
	bar_rows(&p, v, panels, edits, names.count);
	return picture_write(&p, a, err);
}

int picture_bars(const struct report_view *v, struct album *a, struct lb_err *err)
{
	const struct panel *const rebuild[] = { v->block.engine ? &build_panel : &run_panel, &pushed_panel };
	static const struct panel *const bytes[] = { &stored_panel, &pushed_panel };
	int rc = bars(v, "rebuild", v->each ? "what a rebuild costs after each edit" : "what a rebuild costs after each commit", rebuild, a,
		      err);
	return rc ? rc : bars(v, "bytes", "bytes stored and pushed by a rebuild", bytes, a, err);
}

/* ---- sequence ---- */

struct line {
	size_t variant;
	double seconds, bytes;
	bool at_least[2];
	double label_y[2];
};

/* Where the labels at the lines' ends stand: no closer than `gap`, in the order of the lines. */
static void spread(struct line *lines, size_t n, int which, double gap)
{
	lb_autofree size_t *order = lb_calloc(n + 1, sizeof(*order));
	for (size_t i = 0; i < n; i++) {
		double y = which ? lines[i].bytes : lines[i].seconds;
		size_t k = i;
		for (; k > 0 && (which ? lines[order[k - 1]].bytes : lines[order[k - 1]].seconds) > y; k--)
			order[k] = order[k - 1];
		order[k] = i;
	}
	double last = -INFINITY;
	for (size_t i = 0; i < n; i++) {
		struct line *l = &lines[order[i]];
		double y = which ? l->bytes : l->seconds;
		l->label_y[which] = last = y > last + gap ? y : last + gap;
	}
}

static bool is_sequence(const struct report_view *v, const struct report_build *b)
{
	return strcmp(b->text[BT_WORKLOAD], "each") != 0 && b->edit != EDIT_COLD && report_in_block(&v->block, b) && report_build_ok(b) &&
	       b->number[BN_REPEAT] <= 1;
}

static int by_seq(const void *a, const void *b)
{
	const struct report_build *x = *(const struct report_build *const *)a, *y = *(const struct report_build *const *)b;
	return (x->number[BN_SEQ] > y->number[BN_SEQ]) - (x->number[BN_SEQ] < y->number[BN_SEQ]);
}

static double known_sum(const struct report *r, const struct report_build *b, bool *at_least)
{
	if (b->number[BN_RUN_NS] != REPORT_UNKNOWN)
		return (double)b->number[BN_RUN_NS];
	double sum = 0;
	*at_least = true;
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *s = report_steps_of(r, b) + i;
		sum += s->outcome == ST_MISS && s->run_ns != REPORT_UNKNOWN ? (double)s->run_ns : 0;
	}
	return sum;
}

static void line_rows(struct picture *p, const struct report_view *v, struct line *l, size_t n, const struct report_build **builds,
		      size_t count)
{
	qsort(builds, count, sizeof(*builds), by_seq);
	for (size_t i = 0; i <= count; i++) {
		const struct report_build *b = i ? builds[i - 1] : NULL;
		if (b) {
			l->seconds += known_sum(v->r, b, &l->at_least[0]) / 1e9;
			l->at_least[1] |= b->number[BN_PUSHED] == REPORT_UNKNOWN;
			l->bytes += b->number[BN_PUSHED] == REPORT_UNKNOWN ? 0 : (double)b->number[BN_PUSHED] / 1e6;
		}
		picture_value(p, (double)n);
		picture_text(p, v->r->variants[l->variant].name, 0);
		picture_value(p, (double)i);
		picture_text(p, b ? b->text[BT_EDIT] : "", 20);
		picture_value(p, l->seconds);
		picture_value(p, l->bytes);
		picture_value(p, NAN);
		picture_value(p, NAN);
		picture_text(p, "", 0);
		picture_text(p, "", 0);
		picture_end_row(p);
	}
}

static void end_label(struct picture *p, const struct report_view *v, const struct line *l, int which)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addf(&text, "%s  %s", v->r->variants[l->variant].name, l->at_least[which] ? "≥" : "");
	if (which)
		text_bytes(&text, l->bytes * 1e6);
	else
		lb_buf_addf(&text, "%.*f s", text_decimals(l->seconds), l->seconds);
	picture_text(p, lb_buf_str(&text), 0);
}

static void end_rows(struct picture *p, const struct report_view *v, const struct line *lines, size_t n, size_t commits)
{
	for (size_t i = 0; i < n; i++) {
		picture_value(p, (double)i + 1);
		picture_text(p, v->r->variants[lines[i].variant].name, 0);
		picture_value(p, (double)commits);
		picture_text(p, "", 0);
		picture_value(p, NAN);
		picture_value(p, NAN);
		picture_value(p, lines[i].label_y[0]);
		picture_value(p, lines[i].label_y[1]);
		end_label(p, v, &lines[i], 0);
		end_label(p, v, &lines[i], 1);
		picture_end_row(p);
	}
}

int picture_sequence(const struct report_view *v, struct album *a, struct lb_err *err)
{
	const struct report *r = v->r;
	lb_autofree const struct report_build **builds = lb_calloc(r->builds_count + 1, sizeof(*builds));
	lb_autofree struct line *lines = lb_calloc(r->variants_count + 1, sizeof(*lines));
	size_t n = 0, commits = 0;
	double most[2] = { 1e-6, 1e-6 };
	picture_auto struct picture p;
	picture_init(&p, v, "sequence", "", a);
	picture_header(&p, "n variant commit edit cumulative_s cumulative_mb label_y_s label_y_mb label_s label_mb");
	for (size_t variant = 0; variant < r->variants_count; variant++) {
		size_t count = 0;
		for (size_t i = 0; i < r->builds_count; i++)
			if ((size_t)r->builds[i].variant == variant && is_sequence(v, &r->builds[i]))
				builds[count++] = &r->builds[i];
		if (!count)
			continue;
		lines[n].variant = variant;
		line_rows(&p, v, &lines[n], n + 1, builds, count);
		most[0] = fmax(most[0], lines[n].seconds);
		most[1] = fmax(most[1], lines[n].bytes);
		commits = count > commits ? count : commits;
		n++;
	}
	if (!n)
		return 0;
	for (int i = 0; i < 2; i++)
		spread(lines, n, i, most[i] * 0.07);
	end_rows(&p, v, lines, n, commits);
	lb_autofree char *title = lb_format("%s: what the commits cost, one after the other", r->scenario);
	picture_var(&p, "kind", "sequence");
	picture_var(&p, "title", title);
	picture_num(&p, "lines", (double)n);
	picture_num(&p, "commits", (double)commits);
	struct picture_scale seconds = picture_scale_s(most[0]), bytes = picture_scale_mb(most[1]);
	picture_var(&p, "unit_s", seconds.unit);
	picture_var(&p, "unit_mb", bytes.unit);
	picture_num(&p, "scale_s", seconds.factor);
	picture_num(&p, "scale_mb", bytes.factor);
	picture_num(&p, "most_s", most[0]);
	picture_num(&p, "most_mb", most[1]);
	picture_num(&p, "width", 1100);
	picture_num(&p, "height", 760);
	return picture_write(&p, a, err);
}
