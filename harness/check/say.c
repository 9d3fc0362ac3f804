/* SPDX-License-Identifier: Apache-2.0 */
#include "check/say.h"

#include <string.h>

#include "report/text.h"

const char *say_title(const struct finding *f)
{
	if (f->kind == FINDING_FAILS)
		return "the build fails now";
	if (f->kind == FINDING_VARIES)
		return "not the same in every repeat";
	if (f->kind == FINDING_SLOWER)
		return "slower";
	return f->lost ? "lost hits" : "over budget";
}

void say_place(const struct finding *f, struct lb_buf *out)
{
	text_fit(out, f->file, 0);
	if (f->line)
		lb_buf_addf(out, ":%u", f->line);
	if (f->instruction) {
		lb_buf_addc(out, ' ');
		text_fit(out, f->instruction, 72);
	}
}

void say_list(const struct lb_strv *list, size_t most, struct lb_buf *out)
{
	for (size_t i = 0; i < list->count && i < most; i++) {
		lb_buf_adds(out, i ? ", " : "");
		text_fit(out, list->items[i], 72);
	}
	if (list->count > most)
		lb_buf_addf(out, " and %zu more", list->count - most);
}

void say_steps(const struct finding *f, struct lb_buf *out)
{
	say_list(&f->steps, 6, out);
	if (f->seconds > 0) {
		lb_buf_adds(out, " (+");
		text_seconds(out, f->seconds);
		lb_buf_adds(out, " a build)");
	}
}

static void value(enum check_quantity q, double v, struct lb_buf *out)
{
	if (q == CHECK_SECONDS)
		text_seconds(out, v);
	else if (q == CHECK_HITS || q == CHECK_LAYERS)
		lb_buf_addf(out, "%.0f", v);
	else
		text_bytes(out, v);
}

void say_break(const struct finding_break *b, struct lb_buf *out)
{
	lb_buf_addf(out, "%s: ", check_quantity_names[b->quantity]);
	value(b->quantity, b->head, out);
	if (b->quantity == CHECK_HITS) {
		lb_buf_adds(out, " lost in one build");
	} else {
		lb_buf_adds(out, ", ");
		value(b->quantity, b->base, out);
		lb_buf_adds(out, " in the baseline");
	}
	lb_buf_addf(out, "; allowed is %s%s", b->quantity == CHECK_HITS ? "" : "+", b->limit->text ? b->limit->text : "any");
	if (b->limit->pos.line)
		lb_buf_addf(out, " (%s:%u)", b->limit->pos.file, b->limit->pos.line);
}

static void line(struct lb_buf *out, const char *name, struct lb_buf *text)
{
	if (text->len)
		lb_buf_addf(out, "    %s%s\n", name, lb_buf_str(text));
	lb_buf_release(text);
}

static void one(const struct finding *f, bool color, struct lb_buf *out)
{
	struct lb_buf text = { 0 };
	bool fails = finding_fails(f);
	say_place(f, &text);
	lb_buf_addf(out, "%s%s %s: %s%s\n", color ? fails ? "\033[31m" : "\033[2m" : "",
		    fails       ? "✗"
		    : f->waiver ? "w"
				: "~",
		    say_title(f), lb_buf_str(&text), color ? "\033[0m" : "");
	lb_buf_clear(&text);
	if (f->reason && *f->reason)
		lb_buf_addf(&text, "%s%s%s", f->reason, f->evidence && *f->evidence ? " " : "", f->evidence ? f->evidence : "");
	line(out, "", &text);
	if (f->message)
		text_fit(&text, f->message, 0);
	line(out, "", &text);
	if (f->steps.count)
		say_steps(f, &text);
	line(out, f->lost ? "lost: " : "in: ", &text);
	if (f->edits.count) {
		say_list(&f->edits, 8, &text);
		lb_buf_adds(&text, "; ");
		say_list(&f->under, 8, &text);
	}
	line(out, "after ", &text);
	for (size_t i = 0; i < f->breaks_count && !f->waiver; i++) {
		say_break(&f->breaks[i], &text);
		line(out, "", &text);
	}
	if (f->drift)
		lb_buf_addf(out, "    drift, no failure: %s\n", f->drift);
	if (f->waiver)
		lb_buf_addf(out, "    waived: %s\n", f->waiver);
}

static void summary(const struct gate *g, struct lb_buf *out)
{
	size_t fails = gate_failures(g), compared = 0, drift = 0, waived = 0;
	for (size_t i = 0; i < g->cases_count; i++)
		compared += g->cases[i].state != CASE_NEW;
	for (size_t i = 0; i < g->count; i++) {
		drift += g->findings[i].drift != NULL;
		waived += g->findings[i].waiver != NULL;
	}
	lb_buf_addf(out, "%s: ", g->head->scenario);
	if (fails)
		lb_buf_addf(out, "%zu regression%s", fails, fails == 1 ? "" : "s");
	else
		lb_buf_adds(out, "no regression");
	lb_buf_addf(out, " in %zu build%s against %s", compared, compared == 1 ? "" : "s", g->base_path);
	if (g->better)
		lb_buf_addf(out, ", %zu better", g->better);
	if (drift)
		lb_buf_addf(out, ", %zu drift", drift);
	if (waived)
		lb_buf_addf(out, ", %zu waived", waived);
	lb_buf_addc(out, '\n');
}

void say_drift(const struct gate_drift *d, struct lb_buf *out)
{
	lb_buf_addf(out, "drift: %s", d->text);
	if (d->lost)
		lb_buf_addf(out, ": %zu lost hit%s", d->lost, d->lost == 1 ? "" : "s");
	if (d->over)
		lb_buf_addf(out, "%s %zu figure%s over budget", d->lost ? " and" : ":", d->over, d->over == 1 ? "" : "s");
	if (d->lost || d->over)
		lb_buf_adds(out, " not charged");
}

static void notes(const struct gate *g, const char *sign, struct lb_buf *out)
{
	for (size_t i = 0; i < g->drifts_count; i++) {
		lb_buf_adds(out, sign);
		say_drift(g->drifts[i], out);
		lb_buf_addc(out, '\n');
	}
	for (size_t i = 0; i < g->notes.count; i++)
		lb_buf_addf(out, "%s%s\n", sign, g->notes.items[i]);
}

void say_text(const struct gate *gates, size_t count, bool color, struct lb_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct gate *g = &gates[i];
		summary(g, out);
		for (int pass = 0; pass < 2; pass++)
			for (size_t k = 0; k < g->count; k++)
				if (finding_fails(&g->findings[k]) == (pass == 0))
					one(&g->findings[k], color, out);
		notes(g, "  ", out);
	}
}

/* ---- Markdown ---- */

static void cell(struct lb_buf *out, struct lb_buf *text)
{
	lb_buf_adds(out, " ");
	for (const char *p = lb_buf_str(text); *p; p++) {
		if (*p == '|' || *p == '<')
			lb_buf_addc(out, '\\');
		lb_buf_addc(out, *p);
	}
	lb_buf_adds(out, " |");
	lb_buf_release(text);
}

static void markdown_row(const struct finding *f, struct lb_buf *out)
{
	struct lb_buf text = { 0 };
	lb_buf_addc(out, '|');
	lb_buf_adds(&text, finding_fails(f) ? "**" : "");
	lb_buf_adds(&text, say_title(f));
	lb_buf_adds(&text, finding_fails(f) ? "**" : f->drift ? " (drift)" : " (waived)");
	cell(out, &text);
	say_place(f, &text);
	cell(out, &text);
	lb_buf_addf(&text, "%s %s", f->reason ? f->reason : "", f->evidence ? f->evidence : f->message ? f->message : "");
	cell(out, &text);
	say_steps(f, &text);
	cell(out, &text);
	say_list(&f->edits, 8, &text);
	cell(out, &text);
	for (size_t i = 0; i < f->breaks_count && finding_fails(f); i++) {
		lb_buf_adds(&text, i ? "; " : "");
		say_break(&f->breaks[i], &text);
	}
	if (!finding_fails(f))
		lb_buf_adds(&text, f->drift ? f->drift : f->waiver);
	cell(out, &text);
	lb_buf_addc(out, '\n');
}

void say_markdown(const struct gate *gates, size_t count, struct lb_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		const struct gate *g = &gates[i];
		lb_buf_adds(out, "### lbench: ");
		summary(g, out);
		if (g->count)
			lb_buf_adds(out, "\n| | where | why | steps | after | limit |\n|---|---|---|---|---|---|\n");
		for (size_t k = 0; k < g->count; k++)
			markdown_row(&g->findings[k], out);
		lb_buf_addc(out, '\n');
		notes(g, "- ", out);
	}
}
