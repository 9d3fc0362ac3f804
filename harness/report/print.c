/* SPDX-License-Identifier: Apache-2.0
 *
 * What `run` prints: for each set of rules the answer, a row a variant, the matrix of edits, and what there is to
 * say about the figures. A terminal and Markdown get the same paragraphs and tables.
 */
#include "report/print.h"

#include <stdlib.h>
#include <string.h>

#define UNKNOWN_SHOWN   8
#define UNKNOWN_COLUMNS 48

const struct report_view *report_group_main(const struct report_group *g)
{
	return &g->views[g->main];
}

void report_groups_init(struct report_groups *g, const struct report *r)
{
	lb_autofree struct report_block *blocks = NULL;
	size_t n = report_blocks(r, &blocks);
	g->items = lb_calloc(n + 1, sizeof(*g->items));
	g->count = 0;
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < g->count && !report_block_same_rules(&g->items[k].views[0].block, &blocks[i]))
			k++;
		struct report_group *group = &g->items[k];
		g->count += k == g->count;
		group->views = lb_realloc(group->views, group->count + 1, sizeof(*group->views));
		if (!strcmp(blocks[i].builder, "warm"))
			group->main = group->count;
		report_view_init(&group->views[group->count++], r, &blocks[i]);
	}
}

void report_groups_release(struct report_groups *g)
{
	for (size_t i = 0; i < g->count; i++) {
		for (size_t k = 0; k < g->items[i].count; k++)
			report_view_release(&g->items[i].views[k]);
		free(g->items[i].views);
	}
	free(g->items);
	*g = (struct report_groups){ 0 };
}

/* Where paragraphs and tables go. */
struct sink {
	const struct report *r;
	const struct report_options *o;
	struct lb_buf *out;
};

/* Markdown of a sentence: what stands in backticks as it is, the rest escaped. */
static void markdown_text(struct lb_buf *out, const char *s)
{
	bool in_code = false;
	for (; *s; s++) {
		in_code ^= *s == '`';
		bool nbsp = !strncmp(s, TEXT_NBSP, 2);
		if (!in_code && strchr("\\*_<>[]|#~", *s))
			lb_buf_addc(out, '\\');
		lb_buf_addc(out, nbsp ? ' ' : *s);
		s += nbsp;
	}
}

static void paragraph(const struct sink *k, const char *text, const char *escape, size_t indent)
{
	bool markdown = k->o->format == REPORT_MARKDOWN, color = escape && k->o->color && !markdown;
	if (markdown) {
		if (k->out->len)
			lb_buf_addc(k->out, '\n');
		markdown_text(k->out, text);
	} else {
		lb_buf_adds(k->out, color ? escape : "");
		text_wrap(k->out, text, k->o->width, indent);
		lb_buf_adds(k->out, color ? "\033[0m" : "");
	}
	lb_buf_addc(k->out, '\n');
}

static void table(const struct sink *k, const struct grid *g)
{
	lb_buf_addc(k->out, '\n');
	if (k->o->format == REPORT_MARKDOWN)
		grid_markdown(g, k->out);
	else
		grid_print(g, k->o->width, k->o->color, k->out);
}

static void notes(const struct sink *k, const struct lb_strv *list, const char *title)
{
	if (!list->count)
		return;
	if (k->o->format != REPORT_MARKDOWN)
		lb_buf_addc(k->out, '\n');
	for (size_t i = 0; i < list->count; i++) {
		lb_autofree char *line = lb_format("%s%s", title, list->items[i]);
		paragraph(k, line, NULL, 2);
	}
}

static bool has_run(const struct report *r)
{
	for (size_t i = 0; i < r->steps_count; i++)
		if (report_is(report_string(r, r->steps[i].instruction), "RUN"))
			return true;
	return false;
}

const char *print_seconds_text(const struct report *r)
{
	static const char *const texts[][2] = {
		{ "declared", "declared, not measured" },   { "recorded", "recorded from a real run" },
		{ "measured", "measured on this machine" }, { "mixed", "declared and recorded" },
		{ "none", "unknown (no RUN has a model)" },
	};
	if (r->steps_count && !has_run(r))
		return "there is no RUN";
	for (size_t i = 0; i < LB_COUNT(texts); i++)
		if (!strcmp(texts[i][0], r->seconds))
			return texts[i][1];
	return "unknown";
}

void print_seconds_line(const struct report *r, const struct report_block *b, struct lb_buf *out)
{
	if (b->engine)
		lb_buf_addf(out, "build seconds: measured on %s, here", b->engine);
	else
		lb_buf_addf(out, "RUN seconds: %s", print_seconds_text(r));
}

static void decisions_text(const struct report_block *b, struct lb_buf *out)
{
	if (b->engine)
		lb_buf_addf(out, "decisions: %s", b->engine);
	else if (strcmp(b->subject, "builtin") != 0 && b->subject[0])
		lb_buf_addf(out, "decisions: %s", strcmp(b->subject, "null") == 0 ? "none" : b->subject);
	else
		lb_buf_addf(out, "decisions: %s rules", b->policy);
	if (b->origin[0])
		lb_buf_addf(out, " (%s)", b->origin);
}

static void header(const struct sink *k, const struct report_view *v)
{
	const struct report *r = k->r;
	lb_autostrv struct lb_strv parts = { 0 };
	lb_autobuf struct lb_buf text = { 0 }, seconds = { 0 };
	decisions_text(&v->block, &text);
	lb_strv_add(&parts, r->scenario);
	lb_strv_add(&parts, lb_buf_str(&text));
	if (v->block.builder[0])
		lb_strv_take(&parts, lb_format("builder: %s", v->block.builder));
	print_seconds_line(r, &v->block, &seconds);
	lb_strv_add(&parts, lb_buf_str(&seconds));
	if (!strcmp(v->block.run_mode, "dry"))
		lb_strv_add(&parts, "dry: bytes are estimates");
	if (r->compression[0] && !v->block.engine)
		lb_strv_take(&parts, lb_format("push: %s", r->compression));
	lb_autobuf struct lb_buf line = { 0 };
	size_t at = 0;
	for (size_t i = 0; i < parts.count; i++) {
		size_t w = text_width(parts.items[i]);
		bool fits = !k->o->width || at + 3 + w <= k->o->width;
		if (i)
			lb_buf_adds(&line, fits ? "   " : "\n  ");
		at = i && fits ? at + 3 + w : w + 2;
		text_fit(&line, parts.items[i], 0);
	}
	if (k->o->format == REPORT_MARKDOWN) {
		lb_buf_adds(k->out, k->out->len ? "\n### " : "### ");
		markdown_text(k->out, lb_buf_str(&line));
	} else {
		lb_buf_adds(k->out, lb_buf_str(&line));
	}
	lb_buf_addc(k->out, '\n');
}

static void steps(const struct sink *k, const struct report_view *v)
{
	for (size_t variant = 0; variant < k->r->variants_count; variant++) {
		grid_auto struct grid grid = { 0 };
		if (print_steps_grid(v, variant, &grid))
			table(k, &grid);
	}
}

static void sharing(const struct sink *k, const struct report_view *v)
{
	struct sharing s;
	if (!sharing_init(&s, v))
		return;
	lb_autobuf struct lb_buf text = { 0 };
	grid_auto struct grid grid = { 0 };
	sharing_text(&s, &text);
	sharing_grid(&s, v, &grid);
	table(k, &grid);
	if (k->o->format == REPORT_TABLE)
		lb_buf_addc(k->out, '\n');
	paragraph(k, lb_buf_str(&text), NULL, 2);
	sharing_release(&s);
}

static void details(const struct sink *k, const struct report_group *g)
{
	steps(k, report_group_main(g));
	for (size_t i = 0; i < g->count; i++)
		for (size_t variant = 0; variant < k->r->variants_count; variant++) {
			if (!report_view_has(&g->views[i], variant))
				continue;
			grid_auto struct grid grid;
			lb_autostrv struct lb_strv same = { 0 };
			lb_autobuf struct lb_buf text = { 0 };
			print_details_grid(&g->views[i], variant, &grid, &same);
			table(k, &grid);
			lb_buf_adds(&text, "the same in all rows: ");
			for (size_t n = 0; n < same.count; n++)
				lb_buf_addf(&text, "%s%s", n ? ", " : "", same.items[n]);
			if (same.count)
				paragraph(k, lb_buf_str(&text), NULL, 2);
		}
}

static int block(const struct sink *k, const struct report_group *g, struct lb_err *err)
{
	const struct report_view *v = report_group_main(g);
	struct answer answer;
	int rc = report_answer(v, &answer, err);
	if (rc)
		return rc;
	lb_autobuf struct lb_buf sentence = { 0 }, cause = { 0 };
	grid_auto struct grid commits = { 0 };
	grid_auto struct grid matrix = { 0 };
	lb_autostrv struct lb_strv stale = { 0 }, reading = { 0 };
	report_answer_text(v, &answer, &sentence);
	rc = report_cause_text(v, &answer, &cause, err);
	if (rc)
		return rc;
	header(k, v);
	if (k->o->format == REPORT_TABLE)
		lb_buf_addc(k->out, '\n');
	paragraph(k, lb_buf_str(&sentence), "\033[1m", 2);
	if (cause.len)
		paragraph(k, lb_buf_str(&cause), NULL, 2);
	print_commit_grid(g, &commits);
	table(k, &commits);
	print_matrix_grid(v, &matrix);
	table(k, &matrix);
	notes_reading(v, &reading);
	if (k->o->format == REPORT_TABLE)
		lb_buf_addc(k->out, '\n');
	lb_autofree char *legend = lb_format("hits/steps that can be reused, and %s seconds; w: something wasted, !: a wrong hit, ?: unknown",
					     report_seconds_of(&v->block));
	paragraph(k, legend, "\033[2m", 2);
	for (size_t i = 0; i < reading.count; i++)
		paragraph(k, reading.items[i], "\033[2m", 2);
	notes_stale(v, &stale);
	notes(k, &stale, "");
	sharing(k, v);
	if (k->o->details)
		details(k, g);
	return 0;
}

void print_learn_text(const struct report *r, const struct lb_strv *unknowns, struct lb_buf *out)
{
	const json_t *scenario = json_object_get(r->run, "scenario");
	const char *file = report_member(scenario, "file"), *slash = strrchr(file, '/');
	size_t base = 0, run = 0, needs = 0, fetched = 0;
	for (size_t i = 0; i < unknowns->count; i++) {
		const char *item = unknowns->items[i], *what = strchr(item, ' ');
		if (!strncmp(item, "base ", 5))
			base++;
		else if (what && report_is(what + 1, "ADD"))
			fetched++;
		else if (!strncmp(item, "needs of ", 9))
			needs++;
		else
			run++;
	}
	size_t said = base + run + needs;
	if (said)
		lb_buf_addf(out, "Say what %s in `%s`: ", said > 1 ? "they are" : "it is",
			    *file ? slash ? slash + 1 : file : "lbench.yaml");
	if (run)
		lb_buf_addf(out,
			    "`run: [{ match: \"RUN …\", takes: 20s, depends-on: [FILE], writes: [{ path: /DIR, files: 100, bytes: 9MiB "
			    "}] }]`%s",
			    base ? ", " : "");
	else if (needs)
		lb_buf_addf(out, "`run: [{ match: \"RUN …\", depends-on: [FILE] }]`%s", base ? ", " : "");
	if (said)
		lb_buf_addf(out, "%s.", base ? "`bases: { NAME: … }`" : "");
	if (!*file && run)
		lb_buf_adds(out, " `lbench init` writes a first one, with what it knows of these RUNs.");
	if (fetched)
		lb_buf_addf(out, "%sNothing is fetched: only a copy in the context says what `ADD` of %s brings.", said ? " " : "",
			    fetched > 1 ? "these addresses" : "this address");
}

/* One line that lists them, one that says how to learn them. */
static void unknown(const struct sink *k, const struct lb_strv *list)
{
	lb_autobuf struct lb_buf line = { 0 }, learn = { 0 };
	if (!list->count)
		return;
	lb_buf_adds(&line, "Unknown: ");
	for (size_t i = 0; i < list->count && i < UNKNOWN_SHOWN; i++) {
		lb_buf_adds(&line, i ? "; " : "");
		text_fit(&line, list->items[i], UNKNOWN_COLUMNS);
	}
	if (list->count > UNKNOWN_SHOWN)
		lb_buf_addf(&line, "; and %zu more", list->count - UNKNOWN_SHOWN);
	print_learn_text(k->r, list, &learn);
	if (k->o->format != REPORT_MARKDOWN)
		lb_buf_addc(k->out, '\n');
	paragraph(k, lb_buf_str(&line), NULL, 2);
	paragraph(k, lb_buf_str(&learn), NULL, 2);
}

static void closing(const struct sink *k, const struct report_groups *g)
{
	lb_autostrv struct lb_strv differences = { 0 }, edits = { 0 }, problems = { 0 }, unknowns = { 0 }, warnings = { 0 };
	for (size_t i = 1; i < g->count; i++)
		notes_differences(report_group_main(&g->items[0]), report_group_main(&g->items[i]), &differences);
	lb_autofree const struct report_view **views = lb_calloc(g->count + 1, sizeof(*views));
	for (size_t i = 0; i < g->count; i++)
		views[i] = report_group_main(&g->items[i]);
	notes_refused(views, g->count, &differences);
	notes_edits(k->r, &edits);
	notes_problems(k->r, &problems);
	notes_listed(k->r, "unknowns", &unknowns);
	notes_listed(k->r, "warnings", &warnings);
	notes(k, &differences, "");
	notes(k, &edits, "");
	notes(k, &problems, "");
	unknown(k, &unknowns);
	notes(k, &warnings, "warning: ");
	if (strcmp(k->r->status, "done") != 0) {
		lb_autofree char *line = lb_format("This result is not complete (%s): what was built so far.", k->r->status);
		lb_strv_take(&warnings, lb_steal(&line));
		paragraph(k, warnings.items[warnings.count - 1], NULL, 2);
	}
}

static int print_text(const struct sink *k, const struct report_groups *g, struct lb_err *err)
{
	if (!g->count)
		paragraph(k, "Nothing was built.", NULL, 0);
	for (size_t i = 0; i < g->count; i++) {
		if (i && k->o->format == REPORT_TABLE)
			lb_buf_addc(k->out, '\n');
		int rc = block(k, &g->items[i], err);
		if (rc)
			return rc;
	}
	closing(k, g);
	return 0;
}

int report_print(const struct report *r, const struct report_options *o, struct lb_buf *out, struct lb_err *err)
{
	report_autogroups struct report_groups groups;
	report_groups_init(&groups, r);
	switch (o->format) {
	case REPORT_JSON:
		return print_json(r, &groups, o->details, out, err);
	case REPORT_CSV:
		print_csv(r, &groups, o, out);
		return 0;
	case REPORT_TABLE:
	case REPORT_MARKDOWN:
		break;
	}
	lb_autobuf struct lb_buf text = { 0 };
	struct sink sink = { r, o, &text };
	int rc = print_text(&sink, &groups, err);
	if (!rc)
		lb_buf_add(out, lb_buf_str(&text), text.len);
	return rc;
}

int report_format_parse(const char *name, enum report_format *out, struct lb_err *err)
{
	static const char *const names[] = { "table", "json", "csv", "markdown" };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (!strcmp(names[i], name)) {
			*out = (enum report_format)i;
			return 0;
		}
	return lb_fail(err, LB_USAGE, "no format \"%s\"; there are table, json, csv and markdown", name);
}
