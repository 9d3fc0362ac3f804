/* SPDX-License-Identifier: Apache-2.0
 *
 * Why a step missed, told by what differs from the time before: its own text, then arguments, then files,
 * and, when it did not change itself, what it stands on. Only differences that the policy counts are named;
 * an engine that does not look at owners never missed because of one.
 */
#include "policy/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct fields {
	const char *at, *end;
};

/* A field that differs; either side may be NULL. */
struct change {
	char class;
	const char *name, *was, *now;
};

static const char *value_of(struct fields in, char class, const char *name, size_t nth)
{
	struct lb_field f;
	const char *at = in.at;
	while (lb_field_next(&at, in.end, &f))
		if (f.class == class && strcmp(f.name, name) == 0 && nth-- == 0)
			return f.value;
	return NULL;
}

/* How many fields of that class and name stand before `until`. */
static size_t ordinal(struct fields in, const char *until, char class, const char *name)
{
	struct lb_field f;
	size_t n = 0;
	const char *at = in.at;
	while (at < until && lb_field_next(&at, in.end, &f))
		n += f.class == class && strcmp(f.name, name) == 0;
	return n;
}

/* The first field of a that b has otherwise or not at all, among these classes. */
static bool differs(struct fields a, struct fields b, const char *classes, struct lb_field *out, const char **other)
{
	const char *at = a.at;
	for (const char *start = at; lb_field_next(&at, a.end, out); start = at) {
		if (!strchr(classes, out->class))
			continue;
		*other = value_of(b, out->class, out->name, ordinal(a, start, out->class, out->name));
		if (!*other || strcmp(*other, out->value) != 0)
			return true;
	}
	return false;
}

static bool first_change(struct fields then, struct fields now, const char *classes, struct change *c)
{
	struct lb_field f;
	const char *other;
	if (differs(now, then, classes, &f, &other)) {
		*c = (struct change){ f.class, f.name, other, f.value };
		return true;
	}
	if (!differs(then, now, classes, &f, &other))
		return false;
	*c = (struct change){ f.class, f.name, f.value, other };
	return true;
}

/* The same variables in another order. */
static bool reordered(struct fields then, struct fields now, char class)
{
	struct lb_field a, b;
	for (;;) {
		bool more_a, more_b;
		while ((more_a = lb_field_next(&then.at, then.end, &a)) && a.class != class)
			;
		while ((more_b = lb_field_next(&now.at, now.end, &b)) && b.class != class)
			;
		if (!more_a || !more_b)
			return false;
		if (strcmp(a.name, b.name) != 0)
			return true;
	}
}

static struct fields fields_then(const struct lb_seen *s)
{
	return (struct fields){ s->fields, s->fields + s->fields_len };
}

static struct fields fields_now(const struct lb_why *w)
{
	return (struct fields){ w->fields, w->fields + w->fields_len };
}

static char *copy(const char *s)
{
	return s ? lb_strdup(s) : NULL;
}

static void tell(struct lb_evidence *e, const char *attribute, const char *was, const char *now)
{
	e->attribute = copy(attribute);
	e->was = copy(was);
	e->now = copy(now);
}

static void tell_argument(struct lb_evidence *e, const struct change *c)
{
	e->argument = copy(c->name);
	e->was = copy(c->was);
	e->now = copy(c->now);
}

static const char *text_now(const struct lb_inputs *in)
{
	return in->step->text ? in->step->text : in->step->in ? in->step->in->original : NULL;
}

static bool same_original(const struct lb_seen *then, const struct lb_inputs *in)
{
	return strcmp(then->original, in->step->in && in->step->in->original ? in->step->in->original : "") == 0;
}

/* ---- own differences ---- */

static void tell_instruction(const struct lb_seen *then, const struct lb_inputs *in, const struct change *c, struct lb_evidence *e)
{
	bool whole = c->class == LB_FIELD_KEYWORD || c->class == LB_FIELD_NAME || c->class == LB_FIELD_SOURCE ||
		     c->class == LB_FIELD_TEXT || (c->class == LB_FIELD_COMMAND && !same_original(then, in));
	if (whole)
		tell(e, "instruction", then->text, text_now(in));
	else if (c->class == LB_FIELD_SHELL)
		tell(e, "shell", c->was, c->now);
	else if (c->class == LB_FIELD_MOUNT)
		tell(e, "mount", c->was, c->now);
	else if (c->class == LB_FIELD_COMMAND || c->class == LB_FIELD_FILE)
		tell(e, "heredoc", c->was, c->now);
	else
		tell(e, c->name, c->was, c->now);
}

/* A difference of the instruction itself. Where directory, user and shell count with the instructions above, a
 * text that stayed the same differs by its variables and heredocs only. */
static bool text_changed(const struct lb_seen *then, const struct lb_why *w, bool variable, struct change *c)
{
	static const char body[] = { LB_FIELD_KEYWORD, LB_FIELD_COMMAND, LB_FIELD_FILE, LB_FIELD_TEXT, '\0' };
	static const char rest[] = { LB_FIELD_MOUNT, LB_FIELD_DEST, LB_FIELD_FLAG, '\0' };
	static const char place[] = { LB_FIELD_SHELL, LB_FIELD_PLACE, '\0' };
	static const char named[] = { LB_FIELD_NAME, '\0' }, source[] = { LB_FIELD_SOURCE, '\0' };
	struct fields a = fields_then(then), b = fields_now(w);
	bool same = same_original(then, w->in), own = !same || variable || (w->counts & LB_COUNT_PLACE);
	if (first_change(a, b, body, c) || (own && first_change(a, b, rest, c)))
		return true;
	if ((w->counts & LB_COUNT_PLACE) && first_change(a, b, place, c))
		return true;
	if (!same && first_change(a, b, named, c))
		return true;
	if ((w->counts & LB_COUNT_SOURCE) && first_change(a, b, source, c))
		return true;
	return false;
}

static enum lb_reason text_reason(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	static const char variable[] = { LB_FIELD_VARIABLE, '\0' };
	struct change c, v;
	bool named = first_change(fields_then(then), fields_now(w), variable, &v);
	if (text_changed(then, w, named, &c)) {
		if (named && same_original(then, w->in)) {
			tell_argument(e, &v);
			return LB_ARG_CHANGED;
		}
		tell_instruction(then, w->in, &c, e);
		return LB_INSTRUCTION_CHANGED;
	}
	/* spelled otherwise and meaning the same */
	if ((w->counts & LB_COUNT_SPELLING) && !same_original(then, w->in)) {
		tell(e, "instruction", then->original, w->in->step->in->original);
		return LB_INSTRUCTION_CHANGED;
	}
	return LB_REASON_NONE;
}

static bool argument_changed(const struct lb_seen *then, const struct lb_why *w, struct change *c)
{
	static const char arg[] = { LB_FIELD_ARG, '\0' }, env[] = { LB_FIELD_ENV, '\0' }, epoch[] = { LB_FIELD_EPOCH, '\0' };
	struct fields a = fields_then(then), b = fields_now(w);
	if ((w->counts & LB_COUNT_ARG) && first_change(a, b, arg, c))
		return true;
	if ((w->counts & LB_COUNT_ENV) && first_change(a, b, env, c))
		return true;
	return (w->counts & LB_COUNT_EPOCH) && first_change(a, b, epoch, c);
}

static enum lb_reason argument_reason(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	static const char secret[] = { LB_FIELD_SECRET, '\0' };
	struct fields a = fields_then(then), b = fields_now(w);
	struct change c;
	if (argument_changed(then, w, &c)) {
		tell_argument(e, &c);
		return LB_ARG_CHANGED;
	}
	if ((w->counts & LB_COUNT_SECRET) && first_change(a, b, secret, &c)) {
		tell_argument(e, &c);
		e->attribute = copy("secret");
		return LB_ARG_CHANGED;
	}
	if ((w->counts & LB_COUNT_ENV) && reordered(a, b, LB_FIELD_ENV)) {
		tell(e, "order of variables", NULL, NULL);
		return LB_INSTRUCTION_CHANGED;
	}
	return LB_REASON_NONE;
}

static enum lb_reason file_reason(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	bool content;
	if (w->in->step->op == LB_OP_RUN && !(w->counts & LB_COUNT_BIND))
		return LB_REASON_NONE;
	if (!lb_diff_items(then, w->in, w->counts, e, &content))
		return LB_REASON_NONE;
	return content ? LB_FILES_CHANGED : LB_METADATA_CHANGED;
}

static enum lb_reason own_reason(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	enum lb_reason r = text_reason(then, w, e);
	if (!r)
		r = argument_reason(then, w, e);
	return r ? r : file_reason(then, w, e);
}

/* ---- what it stands on ---- */

static void inherit(const struct lb_cause *c, struct lb_evidence *e)
{
	e->inherited_stage = c->stage;
	e->inherited_index = c->index;
	e->inherited_line = c->line;
}

/* The stage that a COPY --from or a bind reads, when something missed there. */
static const struct lb_cause *source_cause(const struct lb_inputs *in)
{
	for (size_t i = 0; i < in->sources_count; i++)
		if (in->sources[i].from && in->sources[i].from->cause.stage >= 0)
			return &in->sources[i].from->cause;
	return NULL;
}

/* A source of which nothing but its name is known, and that is another one by its name. */
static bool other_source(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	static const char source[] = { LB_FIELD_SOURCE, '\0' };
	struct change c;
	bool known = true;
	for (size_t i = 0; i < w->in->sources_count; i++)
		known = known && w->in->sources[i].known;
	if (known || !first_change(fields_then(then), fields_now(w), source, &c))
		return false;
	tell_instruction(then, w->in, &c, e);
	return true;
}

static enum lb_reason parent_reason(const struct lb_why *w, const struct lb_seen *then, struct lb_evidence *e)
{
	const struct lb_cause *c = w->in->parent ? &w->in->parent->cause : NULL;
	if (c && c->stage >= 0) {
		inherit(c, e);
		return c->base && c->direct ? LB_BASE_CHANGED : LB_PARENT_MISSED;
	}
	if (w->in->parent && !lb_digest_equal(&then->below, &w->in->parent->state)) {
		bool above = w->match.above || w->match.above_now;
		tell(e, above ? "step above" : "base", w->match.above, w->match.above_now);
		return LB_INSTRUCTION_CHANGED;
	}
	c = source_cause(w->in);
	if (!c)
		return other_source(then, w, e) ? LB_INSTRUCTION_CHANGED : LB_EVICTED;
	inherit(c, e);
	return LB_PARENT_MISSED;
}

/* ---- needed ---- */

static bool mentions(const char *text, const char *name)
{
	size_t len = strlen(name);
	for (const char *at = text; (at = strstr(at, name)); at += len) {
		char before = at == text ? ' ' : at[-1], after = at[len];
		bool word =
			(after >= 'A' && after <= 'Z') || (after >= 'a' && after <= 'z') || (after >= '0' && after <= '9') || after == '_';
		if ((before == '$' || before == '{') && !word)
			return true;
	}
	return false;
}

/* A variable that the command names has another value. */
static bool used_variable_changed(const struct lb_seen *then, const struct lb_why *w)
{
	struct fields a = fields_then(then), b = fields_now(w);
	const char *text = w->in->step->command;
	struct lb_field f;
	const char *at = b.at;
	while (text && lb_field_next(&at, b.end, &f)) {
		if (f.class != LB_FIELD_ENV || !mentions(text, f.name))
			continue;
		const char *was = value_of(a, LB_FIELD_ENV, f.name, 0);
		if (!was || strcmp(was, f.value) != 0)
			return true;
	}
	return false;
}

static int run_needed(const struct lb_seen *then, const struct lb_why *w)
{
	static const char own[] = { LB_FIELD_COMMAND, LB_FIELD_SHELL, LB_FIELD_PLACE, LB_FIELD_MOUNT, '\0' };
	const struct lb_inputs *in = w->in;
	struct change c;
	struct lb_evidence e = { 0 };
	bool content;
	if (first_change(fields_then(then), fields_now(w), own, &c) || used_variable_changed(then, w))
		return LB_NEEDED_YES;
	if (in->parent && in->parent->cause.base)
		return LB_NEEDED_YES;
	if (in->depends_known && then->depends_known)
		return lb_digest_equal(&in->depends, &then->depends) ? LB_NEEDED_NO : LB_NEEDED_YES;
	bool files = lb_diff_items(then, in, LB_COUNT_ALL & ~(unsigned)LB_COUNT_TIME, &e, &content);
	lb_evidence_release(&e);
	if (files)
		return LB_NEEDED_YES;
	return lb_digest_equal(&then->inputs, w->inputs) ? LB_NEEDED_NO : LB_NEEDED_EMPTY;
}

static int needed(const struct lb_seen *then, const struct lb_why *w)
{
	if (!then || then->open)
		return LB_NEEDED_YES;
	if (w->in->step->op == LB_OP_RUN)
		return run_needed(then, w);
	bool same = same_original(then, w->in) && lb_digest_equal(&then->inputs, w->inputs);
	return same ? LB_NEEDED_NO : LB_NEEDED_YES;
}

/* ---- together ---- */

void lb_reason_miss(const struct lb_why *w, struct lb_decision *d)
{
	const struct lb_seen *then = w->match.seen;
	struct lb_evidence *e = &d->evidence;
	d->needed = needed(then, w);
	if (w->in->no_cache) {
		d->reason = LB_NO_CACHE;
		return;
	}
	if (!then || then->open) {
		d->reason = w->match.stage_known && !then ? LB_INSTRUCTION_CHANGED : LB_FIRST_BUILD;
		if (d->reason == LB_INSTRUCTION_CHANGED)
			tell(e, "instruction", NULL, text_now(w->in));
		return;
	}
	d->reason = own_reason(then, w, e);
	if (!d->reason) {
		d->reason = parent_reason(w, then, e);
		return;
	}
	const struct lb_cause *c = d->reason == LB_FILES_CHANGED || d->reason == LB_METADATA_CHANGED ? source_cause(w->in) : NULL;
	if (c)
		inherit(c, e);
}

struct lb_cause lb_reason_cause(const struct lb_inputs *in, const struct lb_decision *d)
{
	struct lb_cause above = in->parent ? in->parent->cause : LB_NO_CAUSE;
	if (d->reason == LB_BASE_CHANGED || d->reason == LB_PARENT_MISSED) {
		above.stage = d->evidence.inherited_stage;
		above.index = d->evidence.inherited_index;
		above.line = d->evidence.inherited_line;
		above.direct = false;
		return above;
	}
	uint32_t line = in->step->in ? in->step->in->first_line : 0;
	return (struct lb_cause){ .stage = in->stage, .index = in->index, .line = line, .base = above.base };
}

void lb_reason_overlooked(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e)
{
	struct lb_why all = *w;
	all.counts = LB_COUNT_ALL & ~(unsigned)(LB_COUNT_TIME | LB_COUNT_SOURCE | LB_COUNT_SPELLING);
	if (own_reason(then, &all, e))
		return;
	if (w->in->parent && !lb_digest_equal(&then->below, &w->in->parent->ideal))
		tell(e, "state below", NULL, NULL);
}
