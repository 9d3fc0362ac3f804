/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif/say.h"

#include <string.h>

#include "report/grid.h"

enum { INSTRUCTION_COLUMNS = 34, NAMED = 3, QUOTED_COLUMNS = 40, VALUE_COLUMNS = 24 };

/* ---- what was touched ---- */

static void add_names(const struct lb_strv *names, struct lb_buf *out)
{
	size_t shown = names->count > NAMED ? NAMED - 1 : names->count;
	for (size_t i = 0; i < shown; i++) {
		lb_buf_adds(out, !i ? "" : i + 1 == names->count ? " and " : ", ");
		text_fit(out, names->items[i], 0);
	}
	if (shown < names->count)
		lb_buf_addf(out, " and %zu more", names->count - shown);
}

void whatif_touched_text(const struct whatif_said *s, struct lb_buf *out)
{
	lb_autostrv struct lb_strv names = { 0 };
	for (size_t i = 0; i < s->touch->count; i++)
		lb_strv_add(&names, s->touch->files[i].given);
	for (size_t i = 0; i < s->args->count; i++)
		lb_strv_take(&names, lb_format("%s=%s", s->args->items[i].name, s->args->items[i].value ? s->args->items[i].value : ""));
	add_names(&names, out);
}

static void note_file(const struct whatif_said *s, const struct touched *f, struct lb_strv *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	text_fit(&text, f->given, 0);
	const char *given = lb_buf_str(&text), *all = f->files > 1 ? ", with all that it names" : "";
	if (f->how == TOUCHED_OUTSIDE)
		lb_strv_take(out, lb_format("%s lies outside of the build context: no step can see it.", given));
	else if (f->ignored_line)
		lb_strv_take(out, lb_format("%s is left out by %s:%u%s: no COPY can bring it.", given, s->front->ignore_name,
					    f->ignored_line, all));
	else if (f->how == TOUCHED_NEW)
		lb_strv_take(out, lb_format("%s is not there: taken as a new file.", given));
	else if (f->how == TOUCHED_LINK)
		lb_strv_take(out, lb_format("%s is a link to what is not in the context: the link changes.", given));
	else if (f->how == TOUCHED_DOCKERFILE)
		lb_strv_take(out, lb_format("%s: a comment is added; no instruction changes.", given));
	else if (f->files > 1)
		lb_strv_take(out, lb_format("%s: %zu files.", given, f->files));
}

static void notes(const struct whatif_said *s, struct lb_strv *out)
{
	for (size_t i = 0; i < s->touch->count; i++)
		note_file(s, &s->touch->files[i], out);
	for (size_t i = 0; i < s->touch->unused_args.count; i++)
		lb_strv_take(out,
			     lb_format("%s: no ARG of this Dockerfile declares it, so no step sees it.", s->touch->unused_args.items[i]));
}

/* ---- steps ---- */

static void digits(struct lb_buf *out, const char *value)
{
	const char *hex = strncmp(value, "sha256:", 7) ? value : value + 7;
	size_t n = strspn(hex, "0123456789abcdef");
	if (!hex[n] && n >= 12)
		lb_buf_add(out, hex, 8);
	else
		text_fit(out, value, VALUE_COLUMNS);
}

/* "files-changed: src/app.js content 8f3a21c0→c01d4b77", "parent-missed: :5". */
static void why_text(const struct whatif_said *s, const struct whatif_step *step, struct lb_buf *out)
{
	if (step->outcome == LB_UNKNOWN)
		lb_buf_adds(out, "depends on bytes that nothing here knows");
	if (step->outcome == LB_ERROR || step->outcome == LB_UNREACHED)
		text_fit(out, step->message ? step->message : "not reached", 0);
	if (step->outcome != LB_MISS && !(step->outcome == LB_META && step->reason))
		return;
	const struct whatif_step *root = &s->build->steps[step->root];
	lb_buf_adds(out, lb_reason_name(step->reason));
	if (root != step)
		lb_buf_addf(out, " <- :%u", root->line);
	const char *parts[] = { step->path, step->argument, step->attribute };
	for (size_t i = 0; i < LB_COUNT(parts); i++)
		if (parts[i]) {
			lb_buf_addc(out, ' ');
			text_fit(out, parts[i], 0);
		}
	if (step->was || step->now) {
		lb_buf_addc(out, ' ');
		digits(out, step->was ? step->was : "(none)");
		lb_buf_adds(out, "→");
		digits(out, step->now ? step->now : "(none)");
	}
	if (step->changed > 1)
		lb_buf_addf(out, ", %llu files in all", (unsigned long long)step->changed);
	const char *unknown = step->is_run && step->need == WHATIF_NEED_UNKNOWN ? front_unknown(s->front, step->line) : NULL;
	if (unknown) {
		lb_buf_adds(out, "; no model: ");
		text_fit(out, unknown, 0);
	}
}

static const char *outcome_text(const struct whatif_step *step)
{
	return step->outcome == LB_MISS ? "re-runs" : step->outcome == LB_META ? "" : lb_outcome_name(step->outcome);
}

static const char *need_text(const struct whatif_step *step)
{
	if (step->outcome != LB_MISS)
		return "";
	return step->need == WHATIF_NEEDED ? "needed" : step->need == WHATIF_WASTED ? "wasted" : "needed?";
}

static void step_row(const struct whatif_said *s, const struct whatif_step *step, struct grid *g, struct lb_strv *whys)
{
	lb_autobuf struct lb_buf cell = { 0 }, why = { 0 };
	bool missed = step->outcome == LB_MISS;
	char dim = missed || step->outcome == LB_UNKNOWN || step->outcome == LB_ERROR ? ' ' : 'd';
	lb_buf_addf(&cell, ":%u", step->line);
	grid_take(g, &cell);
	grid_style(g, dim);
	text_fit(&cell, step->text, INSTRUCTION_COLUMNS);
	grid_take(g, &cell);
	grid_style(g, dim);
	grid_add(g, outcome_text(step));
	grid_style(g, dim);
	grid_add(g, need_text(step));
	grid_style(g, missed && step->need == WHATIF_WASTED ? 'r' : ' ');
	if (missed && step->is_run && step->seconds_known)
		text_seconds(&cell, (double)step->ns / 1e9);
	else if (missed && step->is_run)
		lb_buf_addc(&cell, '?');
	grid_take(g, &cell);
	why_text(s, step, &why);
	lb_strv_add(whys, lb_buf_str(&why));
}

/* Whys stand in the row where there is room, else below it. */
static void print_steps(const struct whatif_said *s, struct lb_buf *out)
{
	grid_auto struct grid g = { .columns = 5, .fixed = 5, .left = 15, .shrink = 1 }, whole = { .columns = 6, .fixed = 6, .left = 47 };
	lb_autostrv struct lb_strv whys = { 0 };
	for (size_t i = 0; i < s->build->count; i++)
		if (s->build->steps[i].outcome != LB_SKIPPED)
			step_row(s, &s->build->steps[i], &g, &whys);
	for (size_t i = 0; i < g.count; i++) {
		grid_add(&whole, g.cells[i]);
		grid_style(&whole, g.styles.data[i]);
		if (i % g.columns == 4)
			grid_add(&whole, whys.items[i / g.columns]);
	}
	if (!s->width || grid_width(&whole) <= s->width)
		grid_print_body(&whole, NULL, 0, s->color, out);
	else
		grid_print_body(&g, &whys, s->width, s->color, out);
}

static void context_line(const struct whatif_said *s, struct lb_buf *out)
{
	const struct whatif_build *b = s->build;
	uint64_t files, bytes;
	bool at_most;
	lb_buf_addf(out, "context: %llu file%s, ", (unsigned long long)b->context_files, b->context_files == 1 ? "" : "s");
	text_bytes(out, (double)b->context_bytes);
	if (whatif_sent(s, &files, &bytes, &at_most)) {
		lb_buf_adds(out, files ? "; sent to the builder: " : "; nothing of it is sent");
		if (files)
			lb_buf_addf(out, "%s%llu file%s, ", at_most ? "≤" : "", (unsigned long long)files, files == 1 ? "" : "s");
		if (files)
			text_bytes(out, (double)bytes);
	}
	lb_buf_addc(out, '\n');
}

static void heading(const struct whatif_said *s, struct lb_buf *out)
{
	lb_buf_adds(out, s->color ? "\033[1m" : "");
	lb_buf_addf(out, "%s after %s ", s->variant, s->touch->count ? "touching" : "setting");
	whatif_touched_text(s, out);
	lb_buf_adds(out, s->color ? "\033[0m\n" : "\n");
	lb_autobuf struct lb_buf rules = { 0 };
	lb_buf_addf(&rules, "%s rules (%s), %s builder", s->policy->name, s->policy->origin == LB_OBSERVED ? "observed" : "from source",
		    lb_builder_name(s->builder));
	lb_buf_adds(&rules, s->front->models_count ? "; RUN seconds: declared, not measured" : "");
	text_wrap(out, lb_buf_str(&rules), s->width, 0);
	lb_buf_addc(out, '\n');
}

void whatif_keep(struct lb_buf *out, const char *text)
{
	bool quoted = false;
	for (; *text; text++) {
		quoted ^= *text == '`';
		bool number = text[0] == ' ' && text[1] >= '0' && text[1] <= '9';
		if (number || (quoted && *text == ' '))
			lb_buf_adds(out, TEXT_NBSP);
		else
			lb_buf_addc(out, *text);
	}
}

void whatif_wrap(struct lb_buf *out, const char *text, size_t width, size_t indent)
{
	lb_autobuf struct lb_buf kept = { 0 };
	whatif_keep(&kept, text);
	text_wrap(out, lb_buf_str(&kept), width, indent);
}

static void paragraph(const struct whatif_said *s, const char *text, struct lb_buf *out)
{
	whatif_wrap(out, text, s->width, 0);
	lb_buf_addc(out, '\n');
}

void whatif_say(const struct whatif_said *s, struct lb_buf *out)
{
	lb_autobuf struct lb_buf summary = { 0 };
	lb_autostrv struct lb_strv said = { 0 };
	heading(s, out);
	notes(s, &said);
	for (size_t i = 0; i < said.count; i++)
		paragraph(s, said.items[i], out);
	lb_buf_addc(out, '\n');
	if (s->build->count) {
		print_steps(s, out);
		lb_buf_addc(out, '\n');
		context_line(s, out);
	}
	whatif_summary_text(s, &summary);
	paragraph(s, lb_buf_str(&summary), out);
}
