/* SPDX-License-Identifier: Apache-2.0
 *
 * What a commit costs on average, what each edit costs, what commits add up to, and the layers of the images.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/sharing.h"

static double largest_mean(const struct html_part *p)
{
	double most = 0;
	for (size_t i = 0; i < p->g->count; i++)
		for (size_t k = 0; k < p->r->variants_count; k++) {
			const struct report_view *v = &p->g->views[i];
			most = fmax(most, v->means[k].covered > 0 ? v->means[k].run_ns.value : 0);
		}
	return most > 0 ? most : 1;
}

/* Is there a bar? */
static bool mean_row(const char *title, const struct report_mean *m, double most, struct lb_buf *out)
{
	lb_buf_adds(out, "<tr><th scope=\"row\">");
	html_text(out, title);
	lb_buf_adds(out, "</th><td class=\"w100\">");
	if (!m->run_ns.none)
		html_bar(out, &m->run_ns, &m->wasted_ns, most);
	lb_buf_adds(out, "</td><td class=\"r\">");
	html_seconds(out, &m->run_ns);
	lb_buf_adds(out, "</td></tr>\n");
	return !m->run_ns.none;
}

static void variant_summary(const struct html_part *p, size_t variant, struct lb_buf *out)
{
	const struct report_mean *m = &p->v->means[variant];
	lb_buf_adds(out, "<span class=\"f parts\"><span>");
	html_rebuilt(out, m);
	lb_buf_adds(out, " re-run</span>");
	if (!m->wasted_ns.none && m->wasted_ns.value > 0) {
		lb_buf_adds(out, " <span class=\"bad\">");
		html_seconds(out, &m->wasted_ns);
		lb_buf_adds(out, " wasted</span>");
	}
	lb_buf_adds(out, " <span>");
	html_bytes(out, &m->pushed);
	lb_buf_adds(out, " to push</span></span>");
}

void html_commits(const struct html_part *p, struct lb_buf *out)
{
	double most = largest_mean(p);
	bool unclear = false, any = false;
	lb_buf_addf(out, "<section class=\"commits\"><h2>%s costs, on average</h2>\n",
		    p->v->equal_weights && p->v->each ? "An edit" : "A commit");
	for (size_t i = 0; i < p->r->variants_count; i++) {
		if (!report_view_has(p->v, i))
			continue;
		lb_buf_addf(out, "<div class=\"variant%s\"><h3>", (int)i == html_better(p) ? " better" : "");
		html_text(out, p->r->variants[i].name);
		lb_buf_adds(out, "</h3> ");
		if (p->v->means[i].covered <= 0) {
			const struct report_cell *c = &p->v->cold[i];
			lb_buf_addf(out, "<span class=\"f\">%s</span>", c->status && !strcmp(c->status, "skip") ? "skipped" : "not built");
			lb_buf_adds(out, "</div>\n");
			continue;
		}
		variant_summary(p, i, out);
		unclear |= !p->v->means[i].run_ns.none && (p->v->means[i].wasted_ns.none || p->v->means[i].wasted_ns.at_least);
		lb_buf_adds(out, "<table class=\"bars\">\n");
		for (size_t k = 0; k < p->g->count; k++)
			if (p->g->views[k].means[i].covered > 0)
				any |= mean_row(print_builder_title(p->g->views[k].block.builder), &p->g->views[k].means[i], most, out);
		lb_buf_adds(out, "</table></div>\n");
	}
	lb_autobuf struct lb_buf seconds = { 0 };
	print_seconds_line(p->r, &p->v->block, &seconds);
	lb_buf_adds(out, "<p class=\"f\">");
	html_text(out, lb_buf_str(&seconds));
	lb_buf_addc(out, '.');
	if (any)
		lb_buf_addf(out,
			    " <span class=\"key\"><span><b class=\"n\"></b>" TEXT_NBSP "needed</span> <span><b class=\"w\"></b>" TEXT_NBSP
			    "for nothing</span>%s</span>",
			    unclear ? " <span><b class=\"u\"></b>" TEXT_NBSP "nobody knows</span>" : "");
	lb_buf_adds(out, "</p></section>\n");
}

/* ---- by edit ---- */

struct figure {
	const char *title, *css;
	size_t value, wasted; /* offsets of struct amount in struct report_cell; wasted 0: none */
	void (*text)(struct lb_buf *out, const struct amount *a);
};

static const struct amount *amount_of(const struct report_cell *c, size_t offset)
{
	return (const struct amount *)((const char *)c + offset);
}

static double largest_cell(const struct html_part *p, const struct figure *f)
{
	double most = 0;
	for (size_t i = 0; i < p->r->variants_count * p->v->count; i++)
		if (p->v->cells[i].repeats && !amount_of(&p->v->cells[i], f->value)->none)
			most = fmax(most, amount_of(&p->v->cells[i], f->value)->value);
	return most;
}

/* An engine that refuses a variant skips all of it: no column. */
static bool has_column(const struct report_view *v, size_t variant)
{
	const char *status = v->cold[variant].status;
	return report_view_has(v, variant) && !(v->means[variant].covered <= 0 && status && !strcmp(status, "skip"));
}

static void edit_cell(const struct html_part *p, size_t variant, size_t commit, const struct figure *f, double most, struct lb_buf *out)
{
	const struct report_cell *c = report_cell(p->v, variant, commit);
	const struct amount *a = amount_of(c, f->value), *wasted = f->wasted ? amount_of(c, f->wasted) : NULL;
	bool link = p->panels && c->first >= 0 && commit < HTML_MOST_COMMITS;
	lb_buf_adds(out, "<td>");
	if (c->repeats)
		html_bar(out, a, wasted, most);
	lb_buf_addc(out, ' ');
	if (link) {
		lb_buf_adds(out, "<a href=\"#");
		html_step_id(p, &p->r->builds[c->first], NULL, out);
		lb_buf_adds(out, "\">");
	}
	if (!c->repeats)
		html_text(out, c->status ? c->status : "–");
	else if (!a->none && !a->at_least && a->value <= 0)
		lb_buf_addc(out, '0');
	else
		f->text(out, a);
	lb_buf_adds(out, link ? "</a></td>" : "</td>");
}

static void edit_table(const struct html_part *p, const struct figure *f, double most, struct lb_buf *out)
{
	const struct report_view *v = p->v;
	size_t shown = v->count < HTML_MOST_COMMITS ? v->count : HTML_MOST_COMMITS;
	lb_buf_addf(out,
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table class=\"edits %s\"><thead><tr>"
		    "<th scope=\"col\" class=\"l\">%s</th>",
		    f->title, f->css, v->each ? "after" : "commit");
	for (size_t i = 0; i < p->r->variants_count; i++)
		if (has_column(v, i)) {
			lb_buf_adds(out, "<th scope=\"col\" class=\"l\">");
			html_text(out, p->r->variants[i].name);
			lb_buf_adds(out, "</th>");
		}
	lb_buf_adds(out, "</tr></thead><tbody>\n");
	for (size_t i = 0; i < shown; i++) {
		lb_buf_adds(out, "<tr><th scope=\"row\" class=\"l\">");
		html_fit(out, report_commit_name(v, i), 32);
		if (!v->equal_weights && !isnan(v->commits[i].weight)) {
			lb_buf_adds(out, " <span class=\"f\">");
			text_percent(out, v->commits[i].weight, TEXT_NBSP);
			lb_buf_adds(out, "</span>");
		}
		lb_buf_adds(out, "</th>");
		for (size_t k = 0; k < p->r->variants_count; k++)
			if (has_column(v, k))
				edit_cell(p, k, i, f, most, out);
		lb_buf_adds(out, "</tr>\n");
	}
	lb_buf_adds(out, "</tbody></table></div>\n");
}

void html_by_edit(const struct html_part *p, struct lb_buf *out)
{
	const struct figure figures[] = {
		{ p->v->block.engine ? "Build seconds of a rebuild" : "RUN seconds of a rebuild", "sec", offsetof(struct report_cell, run_ns), offsetof(struct report_cell, wasted_ns),
		  html_seconds },
		{ "Bytes to push after a rebuild", "push", offsetof(struct report_cell, pushed), 0, html_bytes },
	};
	if (!p->v->count)
		return;
	for (size_t i = 0; i < LB_COUNT(figures); i++) {
		double most = largest_cell(p, &figures[i]);
		lb_buf_addf(out, "<section><h2>%s</h2>\n", figures[i].title);
		if (most > 0)
			edit_table(p, &figures[i], most, out);
		else
			lb_buf_addf(out, "<p>Unknown: %s.</p>\n",
				    i ? "nothing here says how many there are" : "no RUN has a model that says how long it takes");
		lb_buf_adds(out, "</section>\n");
	}
}

/* ---- commits one after the other ---- */

static bool is_sequence(const struct report_view *v, const struct report_build *b, size_t variant)
{
	return (size_t)b->variant == variant && strcmp(b->text[BT_WORKLOAD], "each") != 0 && b->edit != EDIT_COLD &&
	       report_in_block(&v->block, b) && report_build_ok(b) && b->number[BN_REPEAT] <= 1;
}

/* Sums over the builds of a variant in the order of their commits; unknown from the first that is. */
static size_t add_up(const struct report_view *v, size_t variant, enum build_number column, double unit, double *out)
{
	size_t n = 0;
	double sum = 0;
	for (size_t i = 0; i < v->r->builds_count; i++) {
		const struct report_build *b = &v->r->builds[i];
		if (!is_sequence(v, b, variant))
			continue;
		sum = b->number[column] == REPORT_UNKNOWN ? NAN : sum + (double)b->number[column] / unit;
		out[n++] = sum;
	}
	return n;
}

void html_sequence(const struct html_part *p, struct lb_buf *out)
{
	static const struct {
		const char *title, *unit;
		enum build_number column;
		double scale;
	} charts[] = { { "RUN seconds", "s", BN_RUN_NS, 1e9 }, { "Bytes to push", "MB", BN_PUSHED, 1e6 } };
	const struct report *r = p->r;
	lb_autofree double *values = lb_calloc(r->variants_count * r->builds_count + 1, sizeof(*values));
	lb_autofree struct html_line *lines = lb_calloc(r->variants_count + 1, sizeof(*lines));
	for (size_t k = 0; k < LB_COUNT(charts); k++) {
		size_t shown = 0;
		for (size_t i = 0; i < r->variants_count; i++) {
			double *own = values + i * r->builds_count;
			size_t n = add_up(p->v, i, charts[k].column, charts[k].scale, own);
			if (n > 1)
				lines[shown++] = (struct html_line){ r->variants[i].name, own, n };
		}
		if (!shown)
			return;
		lb_buf_adds(out, k ? "" : "<section><h2>What commits add up to, one after the other</h2><div class=\"charts\">\n");
		html_chart(lines, shown, charts[k].unit, charts[k].title, out);
	}
	lb_buf_adds(out, "</div></section>\n");
}

/* ---- layers ---- */

static void stack_bar(const struct layer_stack *s, double most, struct lb_buf *out)
{
	bool turn = false;
	lb_buf_adds(out, "<span class=\"stack\"");
	html_width(out, s->mb / most);
	lb_buf_adds(out, ">");
	for (size_t i = 0; i < s->count; i++) {
		const struct layer *l = &s->layers[i];
		if (l->mb <= 0)
			continue;
		turn ^= l->mb > s->mb / 200;
		lb_buf_addf(out, "<span class=\"%s%s\" style=\"flex:%.4g\" title=\"", l->blob ? (turn ? "t1" : "t2") : "t0",
			    l->shared ? " sh" : "", l->mb * 1000 / s->mb);
		text_bytes(out, l->mb * 1e6);
		lb_buf_adds(out, "  ");
		html_fit(out, l->text, 100);
		lb_buf_adds(out, l->shared ? " (shared)\">" : "\">");
		if (l->mb > s->mb * 0.12)
			text_bytes(out, l->mb * 1e6);
		lb_buf_adds(out, "</span>");
	}
	lb_buf_adds(out, "</span>");
}

static void stack_table(const struct layer_stack *s, struct lb_buf *out)
{
	lb_buf_adds(out, "<table class=\"layers\">\n");
	for (size_t i = 0; i < s->count; i++) {
		const struct layer *l = &s->layers[i];
		if (l->mb <= 0 && !l->unknown)
			continue;
		lb_buf_addf(out, "<tr><td class=\"no\">%u</td><td class=\"c\"><code>", l->line);
		html_fit(out, l->text, 90);
		lb_buf_adds(out, "</code>");
		if (l->more)
			lb_buf_addf(out, " and %zu more", l->more);
		lb_buf_adds(out, "</td><td class=\"r\">");
		if (l->unknown)
			lb_buf_addc(out, '?');
		else
			text_bytes(out, l->mb * 1e6);
		lb_buf_addf(out, "</td><td class=\"f\">%s%s</td></tr>\n", l->shared ? "◆ shared" : "", i ? "" : " base image");
	}
	lb_buf_adds(out, "</table>");
}

void html_layers(const struct html_part *p, struct lb_buf *out)
{
	lb_autofree struct layer_stack *stacks = NULL;
	size_t n = layers_stacks(p->v, &stacks);
	double most = 0;
	bool shared = false, known = false;
	for (size_t i = 0; i < n; i++) {
		known |= stacks[i].base_known;
		most = fmax(most, stacks[i].mb);
		for (size_t k = 0; k < stacks[i].count; k++)
			shared |= stacks[i].layers[k].shared;
	}
	if (!n)
		return;
	lb_buf_addf(out, "<section><h2>Layers of the image</h2><p class=\"f\">%s, compressed bytes in proportion.%s</p>\n",
		    known ? "The base on the left" : "Without the base, which nobody knows",
		    shared ? " <span class=\"tag sh\">◆ striped</span>: another variant's image has the same layer." : "");
	for (size_t i = 0; i < n; i++) {
		lb_buf_adds(out, "<details class=\"image\"><summary><span>");
		html_text(out, p->r->variants[stacks[i].variant].name);
		lb_buf_addf(out, " <span class=\"f\">%s", stacks[i].base_known ? "" : "≥" TEXT_NBSP);
		text_bytes(out, stacks[i].mb * 1e6);
		lb_buf_adds(out, "</span></span> ");
		stack_bar(&stacks[i], most, out);
		lb_buf_adds(out, "</summary>");
		stack_table(&stacks[i], out);
		lb_buf_adds(out, "</details>\n");
	}
	lb_buf_adds(out, "</section>\n");
}

/* ---- sharing ---- */

static void grid_table(const struct grid *g, struct lb_buf *out)
{
	lb_buf_adds(out, "<table class=\"grid\">\n");
	for (size_t i = 0; i < g->count; i++) {
		size_t column = i % g->columns;
		bool title = i < g->columns, left = g->left >> (column < 31 ? column : 31) & 1;
		lb_buf_adds(out, column ? "" : "<tr>");
		lb_buf_addf(out, "<%s class=\"%s%s\">", title || !column ? "th" : "td", left ? "l" : "r",
			    g->styles.data && g->styles.data[i] == 'd' ? " f" : "");
		html_text(out, g->cells[i]);
		lb_buf_adds(out, title || !column ? "</th>" : "</td>");
		lb_buf_adds(out, column + 1 == g->columns ? "</tr>\n" : "");
	}
	lb_buf_adds(out, "</table>\n");
}

void html_sharing(const struct html_part *p, struct lb_buf *out)
{
	struct sharing s;
	if (!sharing_init(&s, p->v))
		return;
	lb_autobuf struct lb_buf text = { 0 };
	grid_auto struct grid grid = { 0 };
	sharing_text(&s, &text);
	sharing_grid(&s, p->v, &grid);
	lb_buf_adds(out, "<section><h2>What sharing saves</h2>\n<p>");
	html_sentence(out, lb_buf_str(&text));
	lb_buf_adds(out, "</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What sharing saves\">");
	grid_table(&grid, out);
	lb_buf_adds(out, "</div></section>\n");
	sharing_release(&s);
}
