/* SPDX-License-Identifier: Apache-2.0 */
#include "check/expect.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/run.h"
#include "report/answer.h"

/* Rows hold an instruction with its white space collapsed; a pattern is read the same way. */
static char *collapse(const char *s)
{
	struct lb_buf out = { 0 };
	for (; *s; s++) {
		bool blank = strchr(" \t\r\n", *s) != NULL;
		if (!blank || (out.len && out.data[out.len - 1] != ' '))
			lb_buf_addc(&out, blank ? ' ' : *s);
	}
	return lb_buf_steal(&out);
}

/* ---- --must-hit ---- */

static bool step_exists(const struct scenario *s, const char *pattern)
{
	bool found = false;
	for (size_t v = 0; v < s->variants_count && !found; v++) {
		struct lb_dockerfile *df;
		const struct scn_variant *variant = &s->variants[v];
		if (lb_dockerfile_parse(variant->dockerfile_path, variant->dockerfile, strlen(variant->dockerfile), NULL, &df, NULL))
			continue;
		for (size_t i = 0; i < df->instructions_count && !found; i++)
			found = lb_text_match(pattern, df->instructions[i].original);
		lb_dockerfile_free(df);
	}
	return found;
}

static void add_expect(struct scenario *s, struct scn_edit *e, const char *pattern, const char *text)
{
	struct scn_expect *more = lb_arena_alloc(&s->arena, (e->expects_count + 1) * sizeof(*more));
	if (e->expects_count)
		memcpy(more, e->expects, e->expects_count * sizeof(*more));
	lb_autofree char *place = lb_format("--must-hit '%s'", text);
	more[e->expects_count++] = (struct scn_expect){
		.variant = lb_arena_strdup(&s->arena, "*"),
		.step = lb_arena_strdup(&s->arena, pattern),
		.outcome = LB_HIT,
		.pos = { .file = lb_arena_strdup(&s->arena, place) },
	};
	e->expects = more;
}

int expect_must_hit(struct scenario *s, const char *text, struct lb_err *err)
{
	const char *colon = strchr(text, ':');
	if (!colon || !colon[1 + strspn(colon + 1, " \t")] || colon == text)
		return lb_fail(err, LB_USAGE, "--must-hit takes 'EDIT: PATTERN', e.g. 'source: RUN npm ci*'; not '%s'", text);
	lb_autofree char *edit = lb_strndup(text, (size_t)(colon - text));
	const char *pattern = colon + 1 + strspn(colon + 1, " \t");
	if (!step_exists(s, pattern))
		return lb_fail(err, LB_USAGE, "--must-hit '%s': no instruction of a variant is '%s'; patterns cover the whole text", text,
			       pattern);
	bool found = false;
	for (size_t i = 0; i < s->edits_count; i++) {
		if (!lb_text_match(edit, s->edits[i].name))
			continue;
		add_expect(s, &s->edits[i], pattern, text);
		found = true;
	}
	return found ? 0 : lb_fail(err, LB_USAGE, "--must-hit '%s': the scenario %s has no edit '%s'", text, s->name, edit);
}

/* ---- rows ---- */

struct findings;
struct checking {
	const struct scenario *s;
	const struct report *r;
	const struct report_build *b;
	const struct scn_edit *edit;
	struct findings *found;
};

/* The same line under several policies and builders is said once. */
struct findings {
	struct lb_strv lines, under;
};

static const char *word(uint8_t outcome)
{
	return outcome == ST_HIT ? "hit" : "miss";
}

static void place(struct lb_buf *out, const struct lb_pos *pos)
{
	lb_buf_adds(out, pos->file);
	if (pos->line)
		lb_buf_addf(out, ":%u:%u", pos->line, pos->col);
}

/* "parent-missed <- COPY . . (files-changed app/main.py …)" */
static int cause(const struct checking *c, const struct report_step *s, struct lb_buf *out, struct lb_err *err)
{
	const struct report_step *root;
	lb_autojson json_t *e = NULL;
	int rc = report_root(c->r, c->b, s, &root, err);
	if (!rc)
		rc = report_evidence(c->r, root, &e, err);
	if (rc)
		return rc;
	lb_buf_adds(out, report_string(c->r, s->reason));
	if (root != s) {
		lb_buf_addf(out, " <- %s:%u ", c->b->text[BT_VARIANT], root->line);
		text_fit(out, report_string(c->r, root->instruction), 40);
		lb_buf_addf(out, " %s", report_string(c->r, root->reason));
	}
	lb_buf_adds(out, e ? " " : "");
	report_change_text(e, out);
	return 0;
}

static void add_finding(const struct checking *c, const char *line)
{
	struct findings *f = c->found;
	size_t i = 0;
	while (i < f->lines.count && strcmp(f->lines.items[i], line) != 0)
		i++;
	lb_autofree char *where = lb_format("%s %s", report_decider(c->b), c->b->text[BT_BUILDER]);
	if (i == f->lines.count) {
		lb_strv_add(&f->lines, line);
		lb_strv_take(&f->under, lb_steal(&where));
	} else if (!strstr(f->under.items[i], where)) {
		char *all = lb_format("%s, %s", f->under.items[i], where);
		free(f->under.items[i]);
		f->under.items[i] = all;
	}
}

static int broken(const struct checking *c, const struct report_step *s, const struct scn_expect *x, struct lb_err *err)
{
	lb_autobuf struct lb_buf line = { 0 };
	place(&line, &x->pos);
	lb_buf_addf(&line, ": after %s, %s:%u ", c->edit->name, c->b->text[BT_VARIANT], s->line);
	text_fit(&line, report_string(c->r, s->instruction), 60);
	lb_buf_addf(&line, " must be a %s and is a %s", x->outcome == LB_HIT ? "hit" : "miss", word(s->outcome));
	if (s->outcome == ST_MISS) {
		lb_buf_adds(&line, ": ");
		int rc = cause(c, s, &line, err);
		if (rc)
			return rc;
	}
	add_finding(c, lb_buf_str(&line));
	return 0;
}

static bool applies(const struct checking *c, const struct scn_expect *x, const struct report_step *s)
{
	lb_autofree char *pattern = collapse(x->step);
	bool hit = s->outcome == ST_HIT, miss = s->outcome == ST_MISS;
	return ((x->outcome == LB_HIT && miss) || (x->outcome == LB_MISS && hit)) && lb_text_match(x->variant, c->b->text[BT_VARIANT]) &&
	       lb_text_match(pattern, report_string(c->r, s->instruction));
}

static int check_build(const struct checking *c, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < c->b->steps_count && !rc; i++) {
		const struct report_step *s = report_steps_of(c->r, c->b) + i;
		for (size_t k = 0; k < c->edit->expects_count && !rc; k++)
			if (applies(c, &c->edit->expects[k], s))
				rc = broken(c, s, &c->edit->expects[k], err);
	}
	return rc;
}

static const struct scn_edit *edit_named(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->edits_count; i++)
		if (strcmp(s->edits[i].name, name) == 0)
			return &s->edits[i];
	return NULL;
}

int expect_check(const struct scenario *s, const struct report *r, struct lb_strv *out, struct lb_err *err)
{
	struct findings found = { 0 };
	int rc = 0;
	for (size_t i = 0; i < r->builds_count && !rc; i++) {
		const struct report_build *b = &r->builds[i];
		bool reuses = strcmp(b->text[BT_BUILDER], "cold") != 0 && strncmp(b->text[BT_POLICY], "never", 5) != 0;
		struct checking c = { s, r, b, b->edit == EDIT_COLD ? NULL : edit_named(s, b->text[BT_EDIT]), &found };
		if (c.edit && reuses)
			rc = check_build(&c, err);
	}
	for (size_t i = 0; i < found.lines.count && !rc; i++)
		lb_strv_take(out, lb_format("%s (%s)", found.lines.items[i], found.under.items[i]));
	lb_strv_release(&found.lines);
	lb_strv_release(&found.under);
	return rc;
}
