/* SPDX-License-Identifier: Apache-2.0
 *
 * Why steps missed: a table a build (place, instruction, what changed, seconds, bytes of its blob), and below it
 * the root of what was wasted and what would avoid it.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/answer.h"
#include "report/grid.h"
#include "report/hint.h"
#include "report/notes.h"

#define INSTRUCTION_COLUMNS 30
#define VALUE_COLUMNS       24

struct explain {
	const struct report *r;
	const struct explain_options *o;
	const struct report_view *v;
	struct step_costs costs;
	struct lb_buf *out;
	size_t builds;
	struct lb_strv said; /* root lines */
};

/* A digest by its first digits, another value cut. */
static void value(struct lb_buf *out, const char *s)
{
	const char *hex = strncmp(s, "sha256:", 7) ? s : s + 7;
	size_t n = strspn(hex, "0123456789abcdef");
	bool digest = !hex[n] && (hex != s || n >= 12);
	text_fit(out, digest ? hex : s, digest ? 8 : VALUE_COLUMNS);
	if (digest && out->len >= 3 && n > 8) {
		/* a digest needs no mark that it was cut */
		out->len -= 3;
		lb_buf_addf(out, "%.1s", hex + 7);
	}
}

void report_change_text(const json_t *e, struct lb_buf *out)
{
	const char *path = report_member(e, "path"), *attribute = report_member(e, "attribute"), *argument = report_member(e, "argument");
	const char *was = report_member(e, "was"), *now = report_member(e, "now");
	json_int_t files = json_integer_value(json_object_get(e, "changed"));
	const char *parts[] = { path, argument, attribute };
	size_t begin = out->len;
	for (size_t i = 0; i < LB_COUNT(parts); i++)
		if (parts[i][0]) {
			lb_buf_adds(out, out->len > begin ? " " : "");
			text_fit(out, parts[i], 0);
		}
	if (was[0] || now[0]) {
		lb_buf_adds(out, out->len > begin ? " " : "");
		value(out, was[0] ? was : "(none)");
		lb_buf_adds(out, "→");
		value(out, now[0] ? now : "(none)");
	}
	if (files > 1)
		lb_buf_addf(out, ", %lld files in all", (long long)files);
}

static const char *need_text(const struct report_step *s)
{
	if (s->outcome != ST_MISS)
		return "";
	return s->needed == NEED_YES ? "needed" : s->needed == NEED_NO ? "wasted" : "needed?";
}

static int why(const struct explain *x, const struct report_step *s, struct lb_buf *out, struct lb_err *err)
{
	lb_autojson json_t *e = NULL;
	const char *instruction = report_string(x->r, s->instruction), *reason = report_string(x->r, s->reason);
	if (s->outcome == ST_UNKNOWN || s->outcome == ST_ERROR || s->outcome == ST_UNREACHED) {
		lb_buf_adds(out, s->outcome == ST_UNKNOWN ? "unknown: it depends on bytes that nothing here knows"
				 : s->outcome == ST_ERROR ? "failed"
							  : "not reached");
		return 0;
	}
	int rc = report_evidence(x->r, s, &e, err);
	if (rc)
		return rc;
	/* a real engine does not say why */
	lb_buf_adds(out, s->outcome == ST_HIT ? "hit" : reason[0] || s->outcome != ST_MISS ? reason : "built");
	const char *inherited = report_member(e, "inherited_from");
	if (inherited[0])
		lb_buf_addf(out, " <- %s", strrchr(inherited, ':') ? strrchr(inherited, ':') : inherited);
	lb_buf_adds(out, "  ");
	report_change_text(e, out);
	while (out->len && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	const json_t *needs = report_needs(x->r, instruction);
	if (needs && s->outcome == ST_MISS) {
		lb_buf_adds(out, "; depends on ");
		report_needs_text(needs, false, out);
	}
	if (s->stale)
		lb_buf_adds(out, s->stale == STALE_WRONG ? ": a wrong layer" : s->stale == STALE_SUSPECT ? ": suspect" : ": outdated");
	return 0;
}

static bool is_told(const struct explain *x, const struct report_step *s)
{
	lb_autofree char *line = lb_format("%u", s->line);
	if (x->o->step && !text_match(x->o->step, report_string(x->r, s->instruction)) && strcmp(x->o->step, line) != 0)
		return false;
	switch (s->outcome) {
	case ST_MISS:
	case ST_UNKNOWN:
	case ST_ERROR:
		return true;
	case ST_HIT:
		return s->stale != STALE_NO;
	case ST_META:
		return s->reason != 0;
	}
	return false;
}

/* A row of g; why it missed goes into whys. */
static int step_row(const struct explain *x, const struct report_build *b, const struct report_step *s, struct grid *g,
		    struct lb_strv *whys, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addf(&text, "%s:%u", b->text[BT_VARIANT], s->line);
	grid_take(g, &text);
	text_fit_instruction(&text, report_string(x->r, s->instruction), INSTRUCTION_COLUMNS);
	grid_take(g, &text);
	grid_add(g, need_text(s));
	grid_style(g, s->needed == NEED_NO && s->outcome == ST_MISS ? 'r' : ' ');
	int rc = why(x, s, &text, err);
	if (rc)
		return rc;
	lb_strv_take(whys, lb_buf_steal(&text));
	bool run = s->outcome == ST_MISS && report_is(report_string(x->r, s->instruction), "RUN");
	if (run && s->run_ns == REPORT_UNKNOWN)
		lb_buf_adds(&text, "? s");
	else if (run)
		text_seconds(&text, (double)s->run_ns / 1e9);
	grid_take(g, &text);
	if (s->outcome == ST_MISS && s->blob_bytes != REPORT_UNKNOWN)
		text_bytes(&text, (double)s->blob_bytes);
	else if (run)
		lb_buf_adds(&text, "? B");
	grid_take(g, &text);
	return 0;
}

static const struct step_cost *cost_of(const struct explain *x, const struct report_build *b, const struct report_step *s)
{
	for (size_t i = 0; i < x->costs.count; i++) {
		const struct step_cost *c = &x->costs.items[i];
		if (c->variant == b->variant && c->instruction == s->instruction && c->stage == s->stage)
			return c;
	}
	return NULL;
}

/* The hint with what it saves. */
static int try_text(const struct explain *x, const struct report_build *b, const struct report_step *s, const struct report_step *root,
		    struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf hint = { 0 };
	int rc = hint_text(x->r, b, s, root, &hint, err);
	if (rc || !hint.len)
		return rc;
	lb_buf_addf(out, "Try: %s", lb_buf_str(&hint));
	const struct step_cost *c = cost_of(x, b, s);
	if (c)
		hint_gain_text(c, root, out);
	return 0;
}

/* The wasted RUN that costs most, of the steps that are told of; NULL. */
static const struct report_step *worst_run(const struct explain *x, const struct report_build *b)
{
	const struct report *r = x->r;
	const struct report_step *steps = report_steps_of(r, b), *worst = NULL;
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *s = &steps[i];
		if (s->outcome != ST_MISS || s->needed != NEED_NO || !report_is(report_string(r, s->instruction), "RUN") || !is_told(x, s))
			continue;
		uint64_t ns = s->run_ns == REPORT_UNKNOWN ? 0 : s->run_ns;
		if (!worst || ns > (worst->run_ns == REPORT_UNKNOWN ? 0 : worst->run_ns))
			worst = s;
	}
	return worst;
}

/* Why that RUN was wasted, and what to try; said once for the builds that share it. */
static int root_line(struct explain *x, const struct report_build *b, struct lb_err *err)
{
	const struct report_step *worst = worst_run(x, b), *root;
	if (!worst)
		return 0;
	lb_autobuf struct lb_buf text = { 0 }, try = { 0 };
	int rc = report_root(x->r, b, worst, &root, err);
	if (rc || (rc = try_text(x, b, worst, root, &try, err)))
		return rc;
	uint64_t files = report_files_brought(x->r, b, report_string(x->r, root->instruction));
	lb_buf_addf(&text, "root: %s:%u ", b->text[BT_VARIANT], root->line);
	if (files != REPORT_UNKNOWN && root != worst)
		lb_buf_addf(&text, "copies %llu file%s", (unsigned long long)files, files == 1 ? "" : "s");
	else if (root->outcome == ST_HIT)
		lb_buf_adds(&text, "has another result (another image's build made it)");
	else
		text_fit(&text, report_string(x->r, root->reason), 0);
	const json_t *needs = report_needs(x->r, report_string(x->r, worst->instruction));
	if (needs && root != worst) {
		lb_buf_addf(&text, ", :%u needs ", worst->line);
		report_needs_text(needs, false, &text);
	}
	lb_buf_adds(&text, try.len ? ". " : ".");
	lb_buf_adds(&text, lb_buf_str(&try));
	if (lb_strv_has(&x->said, lb_buf_str(&text)))
		return 0;
	lb_strv_add(&x->said, lb_buf_str(&text));
	text_wrap(x->out, lb_buf_str(&text), x->o->width, 2);
	lb_buf_addc(x->out, '\n');
	return 0;
}

static void heading(const struct explain *x, const struct report_build *b, double weight)
{
	lb_buf_adds(x->out, x->builds ? "\n" : "");
	lb_buf_adds(x->out, x->o->color ? "\033[1m" : "");
	lb_buf_addf(x->out, "%s after %s", b->text[BT_VARIANT], b->edit == EDIT_COLD ? "nothing (first build)" : b->text[BT_EDIT]);
	if (!isnan(weight)) {
		lb_buf_adds(x->out, " (");
		text_percent(x->out, weight, " ");
		lb_buf_adds(x->out, " of commits)");
	}
	lb_buf_addf(x->out, "   %s, %s builder", notes_rules(&x->v->block), b->text[BT_BUILDER][0] ? b->text[BT_BUILDER] : "warm");
	lb_buf_adds(x->out, x->o->color ? "\033[0m\n" : "\n");
}

/* On one line each, or the reasons below where the terminal is too narrow: they are what one asked for. */
static void print_rows(const struct explain *x, const struct grid *g, const struct lb_strv *whys)
{
	grid_auto struct grid whole = { .columns = 6, .fixed = 6, .left = 15 };
	for (size_t i = 0; i < g->count; i++) {
		grid_add(&whole, g->cells[i]);
		grid_style(&whole, g->styles.data[i]);
		if (i % g->columns == 2)
			grid_add(&whole, whys->items[i / g->columns]);
	}
	if (!x->o->width || grid_width(&whole) <= x->o->width)
		grid_print_body(&whole, NULL, 0, x->o->color, x->out);
	else
		grid_print_body(g, whys, x->o->width, x->o->color, x->out);
}

static int explain_build(struct explain *x, const struct report_build *b, double weight, struct lb_err *err)
{
	grid_auto struct grid g = { .columns = 5, .fixed = 5, .left = 7, .shrink = 1 };
	lb_autostrv struct lb_strv whys = { 0 };
	heading(x, b, weight);
	x->builds++;
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *s = report_steps_of(x->r, b) + i;
		int rc = is_told(x, s) ? step_row(x, b, s, &g, &whys, err) : 0;
		if (rc)
			return rc;
	}
	if (!report_build_ok(b)) {
		lb_autofree char *line =
			lb_format("%s: %s", !strcmp(b->text[BT_STATUS], "skip") ? "skipped" : "failed", b->text[BT_MESSAGE]);
		text_wrap(x->out, line, x->o->width, 2);
		lb_buf_addc(x->out, '\n');
	}
	if (g.count)
		print_rows(x, &g, &whys);
	else if (report_build_ok(b))
		lb_buf_adds(x->out, x->o->step ? "no such step missed\n" : "every step is a hit\n");
	return b->edit == EDIT_COLD ? 0 : root_line(x, b, err);
}

/* Builds of one view: without an edit pattern the first builds are left out, since all of them misses. */
static int explain_view(struct explain *x, struct lb_err *err)
{
	const struct report_view *v = x->v;
	int rc = report_costs(v, &x->costs, err);
	for (size_t n = 0; n < v->r->builds_count && !rc; n++) {
		const struct report_build *b = &v->r->builds[n];
		bool cold = b->edit == EDIT_COLD;
		if (!report_in_block(&v->block, b) || (!cold && v->commit_of[n] < 0) || (cold && !x->o->edit))
			continue;
		const struct report_cell *c = cold ? &v->cold[b->variant] : report_cell(v, (size_t)b->variant, (size_t)v->commit_of[n]);
		if (c->first != (int)n || !text_match(x->o->variant, b->text[BT_VARIANT]) || !text_match(x->o->edit, b->text[BT_EDIT]))
			continue;
		rc = explain_build(x, b, cold ? NAN : v->commits[v->commit_of[n]].weight, err);
	}
	free(x->costs.items);
	x->costs = (struct step_costs){ 0 };
	lb_strv_release(&x->said);
	return rc;
}

/* ---- patterns that match nothing ---- */

static int no_match(const char *what, const char *pattern, const struct lb_strv *names, struct lb_err *err)
{
	lb_autobuf struct lb_buf list = { 0 };
	for (size_t i = 0; i < names->count && i < 30; i++)
		lb_buf_addf(&list, "%s%s", i ? ", " : "", names->items[i]);
	return lb_fail(err, LB_USAGE, "no %s of this result matches \"%s\"; there are: %s", what, pattern, lb_buf_str(&list));
}

static int check_pattern(const char *what, const char *pattern, const struct lb_strv *names, struct lb_err *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (text_match(pattern, names->items[i]))
			return 0;
	return pattern ? no_match(what, pattern, names, err) : 0;
}

static int check_step(const struct report *r, const char *pattern, struct lb_err *err)
{
	char *end = NULL;
	unsigned long line = pattern ? strtoul(pattern, &end, 10) : 0;
	for (size_t i = 0; i < r->steps_count; i++)
		if (text_match(pattern, report_string(r, r->steps[i].instruction)) || (end != pattern && !*end && r->steps[i].line == line))
			return 0;
	return pattern ? lb_fail(err, LB_USAGE, "no step of this result matches \"%s\" (a pattern over the instruction, or its line)",
				 pattern)
		       : 0;
}

static int check_options(const struct report *r, const struct explain_options *o, struct lb_err *err)
{
	lb_autostrv struct lb_strv variants = { 0 }, edits = { 0 }, policies = { 0 }, builders = { 0 };
	for (size_t i = 0; i < r->variants_count; i++)
		lb_strv_add(&variants, r->variants[i].name);
	lb_strv_add(&edits, "cold");
	for (size_t i = 0; i < r->edits_count; i++)
		lb_strv_add(&edits, r->edits[i].name);
	for (size_t i = 0; i < r->builds_count; i++) {
		if (!lb_strv_has(&policies, r->builds[i].text[BT_POLICY]))
			lb_strv_add(&policies, r->builds[i].text[BT_POLICY]);
		if (!lb_strv_has(&builders, r->builds[i].text[BT_BUILDER]))
			lb_strv_add(&builders, r->builds[i].text[BT_BUILDER]);
	}
	int rc = check_pattern("variant", o->variant, &variants, err);
	if (!rc)
		rc = check_pattern("edit", o->edit, &edits, err);
	if (!rc)
		rc = check_pattern("policy", o->policy, &policies, err);
	if (!rc)
		rc = check_pattern("builder", o->builder, &builders, err);
	return rc ? rc : check_step(r, o->step, err);
}

int report_explain(const struct report *r, const struct explain_options *o, struct lb_buf *out, struct lb_err *err)
{
	int rc = check_options(r, o, err);
	if (rc)
		return rc;
	lb_autofree struct report_block *blocks = NULL;
	lb_autobuf struct lb_buf text = { 0 };
	struct explain x = { .r = r, .o = o, .out = &text };
	size_t n = report_blocks(r, &blocks);
	for (size_t i = 0; i < n && !rc; i++) {
		if (!text_match(o->policy, blocks[i].policy) || !text_match(o->builder ? o->builder : blocks[0].builder, blocks[i].builder))
			continue;
		report_autoview struct report_view v;
		report_view_init(&v, r, &blocks[i]);
		x.v = &v;
		rc = explain_view(&x, err);
	}
	if (rc)
		return rc;
	if (!x.builds)
		lb_buf_adds(&text, "No such build in this result.\n");
	lb_buf_add(out, lb_buf_str(&text), text.len);
	return 0;
}
