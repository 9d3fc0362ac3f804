/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/say.h"

#include <string.h>
#include <strings.h>

#include "lbench/fs.h"
#include "report/grid.h"
#include "whatif/say.h"

enum { QUOTED_COLUMNS = 44 };

/* ---- texts ---- */

static void quoted(const char *text, struct lb_buf *out)
{
	lb_buf_addc(out, '`');
	text_fit(out, text, QUOTED_COLUMNS);
	lb_buf_addc(out, '`');
}

void scan_count_text(uint64_t n, const char *what, struct lb_buf *out)
{
	lb_buf_addf(out, "%llu %s%s", (unsigned long long)n, what, n == 1 ? "" : "s");
}

static void root_text(const struct scan_cause *c, struct lb_buf *out)
{
	lb_buf_addf(out, ":%u ", c->line);
	quoted(c->text, out);
	if (c->brings_known && (c->reason == LB_FILES_CHANGED || c->reason == LB_METADATA_CHANGED)) {
		lb_buf_adds(out, " brings ");
		scan_count_text(c->brings, "file", out);
		lb_buf_adds(out, c->brings_git ? ", .git among them" : "");
	} else if (c->reason == LB_ARG_CHANGED && c->argument) {
		lb_buf_addf(out, " sees another %s each time", c->argument);
	} else {
		lb_buf_addf(out, " misses (%s)", lb_reason_name(c->reason));
	}
}

void scan_cause_text(const struct scan_row *r, struct lb_buf *out)
{
	const struct scan_cause *c = &r->cause;
	if (!c->text)
		return;
	if (c->line != c->run_line) {
		root_text(c, out);
		lb_buf_adds(out, "; ");
	}
	quoted(c->run, out);
	lb_buf_addf(out, " (:%u)", c->run_line);
	if (c->unclear) {
		lb_buf_adds(out, ": no model says what it needs");
		if (c->no_model) {
			lb_buf_adds(out, " (");
			text_fit(out, c->no_model, 0);
			lb_buf_addc(out, ')');
		}
	} else if (c->needs_known) {
		lb_buf_adds(out, " needs ");
		if (c->needs)
			lb_buf_addf(out, "%llu", (unsigned long long)c->needs);
		else
			lb_buf_adds(out, "none");
	} else {
		lb_buf_adds(out, " need not run");
	}
}

void scan_number_text(double n, struct lb_buf *out)
{
	if (n <= 0)
		lb_buf_addc(out, '0');
	else if (n < 0.05)
		lb_buf_adds(out, "<0.1");
	else
		lb_buf_addf(out, n < 9.95 ? "%.1f" : "%.0f", n);
}

void scan_duration_text(double seconds, struct lb_buf *out)
{
	static const struct {
		double from, unit;
		const char *name;
	} units[] = { { 7200, 3600, "h" }, { 120, 60, "min" } };
	for (size_t i = 0; i < LB_COUNT(units); i++)
		if (seconds >= units[i].from) {
			scan_number_text(seconds / units[i].unit, out);
			lb_buf_addf(out, " %s", units[i].name);
			return;
		}
	text_seconds(out, seconds);
}

/* ---- the table ---- */

static bool several_policies(const struct scan *s)
{
	for (size_t i = 1; i < s->count; i++)
		if (s->rows[i].policy != s->rows[0].policy)
			return true;
	return false;
}

static bool any_unclear(const struct scan *s, size_t shown)
{
	for (size_t i = 0; i < shown; i++)
		if (!s->rows[i].message && s->rows[i].unclear > 0)
			return true;
	return false;
}

/* Columns that not every table needs. */
struct columns {
	bool policy, unclear;
};

static void add_place(const struct scan_row *r, const struct columns *c, struct grid *g)
{
	lb_autobuf struct lb_buf cell = { 0 };
	if (c->policy)
		grid_add(g, r->policy->name);
	text_fit(&cell, r->path, 0);
	if (r->variant) {
		lb_buf_adds(&cell, " → ");
		text_fit(&cell, r->variant, 0);
	}
	grid_take(g, &cell);
}

static void add_figures(const struct scan_row *r, const struct columns *c, struct grid *g)
{
	lb_autobuf struct lb_buf cell = { 0 };
	bool nothing = r->wasted <= 0;
	if (nothing || scan_none_known(r)) {
		lb_buf_addc(&cell, nothing && r->unclear <= 0 ? '0' : '?');
	} else {
		lb_buf_adds(&cell, r->timeless > 0 || r->unclear > 0 ? "≥" : "");
		scan_duration_text(r->wasted_seconds * r->a_month, &cell);
	}
	grid_take(g, &cell);
	grid_style(g, r->wasted > 0 ? 'r' : ' ');
	if (nothing && r->unclear > 0)
		lb_buf_addc(&cell, '?');
	else
		lb_buf_adds(&cell, r->unclear > 0 ? "≥" : "");
	if (!nothing || r->unclear <= 0)
		scan_number_text(r->wasted * r->a_month, &cell);
	grid_take(g, &cell);
	if (r->unclear > 0)
		scan_number_text(r->unclear * r->a_month, &cell);
	if (c->unclear)
		grid_take(g, &cell);
	lb_buf_clear(&cell);
	scan_number_text(r->a_month, &cell);
	lb_buf_adds(&cell, r->basis == SCAN_ASSUMED ? " assumed" : r->basis == SCAN_WEIGHTS ? " weighted" : "");
	grid_take(g, &cell);
}

static void why_text(const struct scan_row *r, struct lb_buf *out)
{
	lb_autofree char *dir = lb_path_dir(r->path);
	if (strcmp(dir, r->context) != 0) {
		lb_buf_adds(out, "built from ");
		text_fit(out, r->context, 0);
		lb_buf_adds(out, r->message || r->cause.text ? ": " : "");
	}
	if (r->message) {
		lb_buf_adds(out, "not decided: ");
		text_fit(out, r->message, 0);
		return;
	}
	scan_cause_text(r, out);
	if (r->broken > 0) {
		lb_buf_adds(out, out->len ? "; " : "");
		lb_buf_adds(out, "some commits break it: ");
		text_fit(out, r->broken_message ? r->broken_message : "a step fails", 0);
	}
	if (r->note) {
		lb_buf_adds(out, out->len ? "; " : "");
		text_fit(out, r->note, 0);
	}
}

static void add_header(const struct columns *c, struct grid *g)
{
	const struct {
		const char *name;
		bool shown;
	} names[] = { { "#", true },       { "time", true },        { "re-runs", true },   { "unclear", c->unclear },
		      { "commits", true }, { "policy", c->policy }, { "Dockerfile", true } };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (names[i].shown)
			grid_add(g, names[i].name);
}

static void fill(const struct scan *s, size_t shown, const struct columns *c, struct grid *g, struct lb_strv *whys)
{
	add_header(c, g);
	lb_strv_add(whys, "");
	for (size_t i = 0; i < shown; i++) {
		const struct scan_row *r = &s->rows[i];
		lb_autofree char *rank = lb_format("%zu", i + 1);
		lb_autobuf struct lb_buf why = { 0 };
		grid_add(g, r->message ? "–" : rank);
		if (!r->message)
			add_figures(r, c, g);
		for (size_t k = 0; r->message && k < (c->unclear ? 4 : 3); k++)
			grid_add(g, "–");
		add_place(r, c, g);
		why_text(r, &why);
		lb_strv_add(whys, lb_buf_str(&why));
	}
}

static void print_below(const struct grid *g, const struct lb_strv *whys, const struct scan_say_options *o, struct lb_buf *out)
{
	lb_autostrv struct lb_strv kept = { 0 };
	for (size_t i = 0; i < whys->count; i++) {
		lb_autobuf struct lb_buf text = { 0 };
		whatif_keep(&text, whys->items[i]);
		lb_strv_add(&kept, lb_buf_str(&text));
	}
	grid_print_body(g, &kept, o->width, o->color, out);
}

/* The cause stands behind the Dockerfile where there is room, else below. */
static void print_rows(const struct grid *g, const struct lb_strv *whys, const struct scan_say_options *o, struct lb_buf *out)
{
	grid_auto struct grid whole = { .columns = g->columns + 1, .fixed = g->columns + 1, .left = g->left | 1u << g->columns };
	for (size_t i = 0; i < g->count; i++) {
		grid_add(&whole, g->cells[i]);
		grid_style(&whole, g->styles.data[i]);
		if ((i + 1) % g->columns == 0)
			grid_add(&whole, i < g->columns ? "cause" : whys->items[i / g->columns]);
	}
	if (o->format == SCAN_MARKDOWN)
		grid_markdown(&whole, out);
	else if (!o->width || grid_width(&whole) <= o->width)
		grid_print_body(&whole, NULL, 0, o->color, out);
	else
		print_below(g, whys, o, out);
}

static void heading(const struct scan *s, const struct scan_say_options *o, bool policy, struct lb_buf *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addf(&text, "What re-runs for nothing in a month (%d days)", SCAN_DAYS_A_MONTH);
	if (!policy && s->count)
		lb_buf_addf(&text, ", by %s rules (%s)", s->rows[0].policy->name,
			    s->rows[0].policy->origin == LB_OBSERVED ? "observed" : "from source");
	lb_buf_adds(&text, ", on a warm builder. RUN seconds: declared, not measured.");
	text_wrap(out, lb_buf_str(&text), o->width, 0);
	lb_buf_adds(out, "\n\n");
}

static void say_table(const struct scan *s, const struct scan_say_options *o, size_t shown, struct lb_buf *out)
{
	struct columns c = { several_policies(s), any_unclear(s, shown) };
	size_t columns = 5 + c.policy + c.unclear;
	grid_auto struct grid g = { .columns = columns, .fixed = columns, .left = 1u << (columns - 1), .shrink = columns - 1 };
	g.left |= c.policy ? 1u << (columns - 2) : 0;
	lb_autostrv struct lb_strv whys = { 0 };
	lb_autobuf struct lb_buf summary = { 0 };
	heading(s, o, c.policy, out);
	fill(s, shown, &c, &g, &whys);
	print_rows(&g, &whys, o, out);
	scan_summary_text(s, o, shown, &summary);
	lb_buf_addc(out, '\n');
	whatif_wrap(out, lb_buf_str(&summary), o->format == SCAN_TABLE ? o->width : 0, 0);
	lb_buf_addc(out, '\n');
}

void scan_say(const struct scan *s, const struct scan_say_options *o, struct lb_buf *out)
{
	size_t shown = o->top && o->top < s->count ? o->top : s->count;
	if (o->format == SCAN_CSV)
		scan_rows_csv(s, shown, out);
	else if (o->format == SCAN_JSON)
		scan_rows_json(s, o, shown, out);
	else
		say_table(s, o, shown, out);
}
