/* SPDX-License-Identifier: Apache-2.0 */
#include "report/answer.h"

#include <math.h>
#include <string.h>

#include "report/hint.h"

#define TEXT_COLUMNS    60 /* of an instruction inside a sentence */
#define TEXT_NBSP       "\xc2\xa0"
#define ARGUMENTS_SHOWN 3

/* An instruction in backticks. */
static void code(struct lb_buf *out, const char *instruction)
{
	lb_autobuf struct lb_buf text = { 0 };
	text_fit_instruction(&text, instruction, TEXT_COLUMNS);
	lb_buf_addc(out, '`');
	for (const char *p = lb_buf_str(&text); *p; p++)
		lb_buf_addc(out, *p == '`' ? '\'' : *p);
	lb_buf_addc(out, '`');
}

void report_place_text(const struct report *r, int variant, uint32_t line, uint32_t instruction, struct lb_buf *out)
{
	lb_buf_addf(out, "%s:%u ", r->variants[variant].name, line);
	code(out, report_string(r, instruction));
}

static const char *outside(const char *s)
{
	return strncmp(s, "world:", 6) ? NULL : s + 6;
}

void report_needs_text(const json_t *needs, bool files_only, struct lb_buf *out)
{
	const char *shown[3];
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(needs); i++) {
		const char *s = json_string_value(json_array_get(needs, i));
		if (!s || (files_only && outside(s)))
			continue;
		if (n < LB_COUNT(shown))
			shown[n] = s;
		n++;
	}
	for (size_t i = 0; i < n && n <= LB_COUNT(shown); i++) {
		lb_buf_adds(out, !i ? "" : i + 1 == n ? " and " : ", ");
		if (outside(shown[i]))
			lb_buf_addf(out, "the outside (%s)", outside(shown[i]));
		else
			lb_buf_adds(out, shown[i]);
	}
	if (n > LB_COUNT(shown))
		lb_buf_addf(out, "%zu things", n);
	if (!n)
		lb_buf_adds(out, "nothing but the steps before it");
}

/* Files that the patterns name one by one; 0 when one is a wildcard or a directory. */
static size_t files_named(const json_t *needs)
{
	size_t files = 0;
	for (size_t i = 0; i < json_array_size(needs); i++) {
		const char *s = json_string_value(json_array_get(needs, i));
		if (!s || outside(s))
			continue;
		if (strpbrk(s, "*?[") || s[strlen(s) - (s[0] != 0)] == '/')
			return 0;
		files++;
	}
	return files;
}

static const char *commits_word(const struct report_view *v)
{
	return v->equal_weights && v->each ? "of the edits" : "of commits";
}

static void wasted_text(const struct report_view *v, const struct answer *a, struct lb_buf *out)
{
	const struct step_cost *s = &a->step;
	report_place_text(v->r, s->variant, s->line, s->instruction, out);
	lb_buf_adds(out, " re-runs on ");
	text_percent(out, s->rerun, TEXT_NBSP);
	lb_buf_addf(out, " %s and is needed on ", commits_word(v));
	if (s->unclear > 0)
		lb_buf_adds(out, "≥");
	text_percent(out, s->needed, TEXT_NBSP);
	if (s->wasted_ns > 0) {
		lb_buf_adds(out, s->ns_at_least ? ": ≥" : ": ");
		text_seconds(out, s->wasted_ns / 1e9);
		lb_buf_adds(out, " a commit wasted.");
	} else if (s->wasted_bytes > 0) {
		lb_buf_adds(out, ": ");
		text_bytes(out, s->wasted_bytes);
		lb_buf_adds(out, " a commit made for nothing.");
	} else {
		lb_buf_addc(out, '.');
	}
}

static void unclear_text(const struct report_view *v, const struct answer *a, struct lb_buf *out)
{
	const struct step_cost *s = &a->step;
	report_place_text(v->r, s->variant, s->line, s->instruction, out);
	lb_buf_adds(out, " re-runs on ");
	text_percent(out, s->rerun, TEXT_NBSP);
	lb_buf_addf(out, " %s, ", commits_word(v));
	if (s->inherited >= s->rerun - 1e-9)
		lb_buf_adds(out, "each time only because a step before it did");
	else {
		lb_buf_adds(out, "on ");
		text_percent(out, s->inherited, TEXT_NBSP);
		lb_buf_adds(out, " only because a step before it did");
	}
	lb_buf_adds(out, "; nothing here says whether it needs to.");
}

void report_answer_text(const struct report_view *v, const struct answer *a, struct lb_buf *out)
{
	switch (a->kind) {
	case ANSWER_WASTED:
		wasted_text(v, a, out);
		return;
	case ANSWER_UNCLEAR:
		unclear_text(v, a, out);
		return;
	case ANSWER_FINE:
		lb_buf_adds(out, "Nothing re-runs for nothing: each step that ran again had to.");
		return;
	case ANSWER_TRIFLE:
		lb_buf_adds(out, "Nothing to gain: what re-runs for nothing takes no time and makes next to no bytes.");
		return;
	case ANSWER_OPEN:
		lb_buf_adds(out,
			    "No step is known to re-run for nothing; whether some re-run at all depends on bytes that nothing here says.");
		return;
	case ANSWER_UNKNOWN:
		lb_buf_adds(out, "No step is known to re-run for nothing; some that ran again have no model that says what they need.");
		return;
	case ANSWER_NOTHING_RAN:
		lb_buf_adds(out, "No commit was built: there is nothing to compare.");
		return;
	case ANSWER_NULL:
		lb_buf_adds(out, "Nothing was built (--on null): these are the times that the harness itself takes, a RUN that does "
				 "nothing for each build.");
		return;
	}
}

/* Is s the answer's step, re-run as the answer says? */
static bool is_example(const struct answer *a, const struct report_step *s)
{
	return s->instruction == a->step.instruction && s->stage == a->step.stage && s->outcome == ST_MISS &&
	       s->needed == (a->kind == ANSWER_WASTED ? NEED_NO : NEED_EMPTY);
}

/* "VERSION or GREETING": the arguments whose values the answer's step re-runs for. */
static int arguments_text(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err)
{
	const struct report *r = v->r;
	lb_autostrv struct lb_strv names = { 0 };
	for (size_t n = 0; n < r->builds_count; n++) {
		const struct report_build *b = &r->builds[n];
		for (size_t i = 0; v->commit_of[n] >= 0 && b->variant == a->step.variant && i < b->steps_count; i++) {
			const struct report_step *s = report_steps_of(r, b) + i, *root;
			lb_autojson json_t *e = NULL;
			int rc = is_example(a, s) ? report_root(r, b, s, &root, err) : 1;
			if (rc > 0 || (!rc && root->instruction != a->step.root_instruction))
				continue;
			rc = rc ? rc : report_evidence(r, root, &e, err);
			if (rc)
				return rc;
			const char *name = report_member(e, "argument");
			if (*name && !lb_strv_has(&names, name))
				lb_strv_add(&names, name);
		}
	}
	for (size_t i = 0; i < names.count && i < ARGUMENTS_SHOWN; i++)
		lb_buf_addf(out, "%s%s", !i ? "" : i + 1 == names.count ? " or " : ", ", names.items[i]);
	lb_buf_adds(out, !names.count ? "an argument" : names.count > ARGUMENTS_SHOWN ? " and others" : "");
	return 0;
}

static int root_text(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err)
{
	const struct report *r = v->r;
	const struct step_cost *s = &a->step;
	const json_t *needs = a->needs;
	const char *root = report_string(r, s->root_instruction), *reason = report_string(r, s->root_reason);
	bool argument = !strcmp(reason, "arg-changed");
	int rc = 0;
	if (s->root_instruction == s->instruction && s->root_line == s->line)
		lb_buf_adds(out, argument ? "it" : "its own input");
	else
		report_place_text(r, s->variant, s->root_line, s->root_instruction, out);
	if (!strcmp(reason, "files-changed") && s->root_files != REPORT_UNKNOWN)
		lb_buf_addf(out, " brings %llu file%s", (unsigned long long)s->root_files, s->root_files == 1 ? "" : "s");
	else if (!strcmp(reason, "files-changed"))
		lb_buf_adds(out, " brings a file that changed");
	else if (!strcmp(reason, "metadata-changed"))
		lb_buf_adds(out, " has files with another mode, owner or time");
	else if (argument) {
		lb_buf_adds(out, " got another value of ");
		rc = arguments_text(v, a, out, err);
	} else if (!strcmp(reason, "base-changed"))
		lb_buf_adds(out, " is another base image");
	else if (!strcmp(reason, "instruction-changed"))
		lb_buf_adds(out, " was written differently");
	else if (!strcmp(reason, "evicted"))
		lb_buf_adds(out, " was no longer in the cache");
	else if (!reason[0] && !report_is(root, "FROM"))
		lb_buf_adds(out, " has another result (another image's build made it)");
	else
		lb_buf_addf(out, " missed (%s)", reason[0] ? reason : "base");
	if (rc || !needs || s->root_instruction == s->instruction)
		return rc;
	size_t files = files_named(needs);
	bool counted = files && s->root_files != REPORT_UNKNOWN;
	lb_buf_addf(out, ", the %s needs ", report_is(report_string(r, s->instruction), "RUN") ? "RUN" : "step");
	lb_autobuf struct lb_buf names = { 0 };
	report_needs_text(needs, counted, &names);
	const char *text = lb_buf_str(&names);
	if (!counted)
		lb_buf_adds(out, text);
	else if (strstr(text, " things"))
		lb_buf_addf(out, "%zu", files);
	else
		lb_buf_addf(out, "%zu (%s)", files, text);
	return 0;
}

/* "18.2 s (7.7x) and 16.1 MB", or "1.4 re-run steps" where no seconds are known; empty when nothing is saved. */
static void saving_text(const struct report_view *v, int from, int to, bool at_least, struct lb_buf *out)
{
	const struct report_mean *a = &v->means[from], *b = &v->means[to];
	const char *bound = at_least ? "≥" : "";
	if (a->run_ns.none || b->run_ns.none) {
		lb_buf_addf(out, "%.1f re-run steps", a->rebuilt - b->rebuilt);
	} else {
		lb_buf_adds(out, bound);
		text_seconds(out, (a->run_ns.value - b->run_ns.value) / 1e9);
		if (b->run_ns.value > 0)
			lb_buf_addf(out, " (%s%.1fx)", bound, a->run_ns.value / b->run_ns.value);
	}
	double pushed = a->pushed.value - b->pushed.value;
	if (a->pushed.none || b->pushed.none || a->pushed.at_least || b->pushed.at_least || fabs(pushed) < 1000)
		return;
	lb_buf_adds(out, pushed > 0 ? " and " : ", and costs ");
	text_bytes(out, fabs(pushed));
	lb_buf_adds(out, pushed > 0 ? "" : " more to push");
}

int report_answer_hint(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err)
{
	const struct report *r = v->r;
	for (size_t n = 0; n < r->builds_count; n++) {
		const struct report_build *b = &r->builds[n];
		if (v->commit_of[n] < 0 || b->variant != a->step.variant || !report_build_ok(b))
			continue;
		for (size_t i = 0; i < b->steps_count; i++) {
			const struct report_step *s = report_steps_of(r, b) + i, *root;
			int rc = is_example(a, s) ? report_root(r, b, s, &root, err) : 1;
			if (rc < 0)
				return rc;
			if (rc || root->instruction != a->step.root_instruction || root->reason != a->step.root_reason)
				continue;
			size_t begin = out->len;
			rc = hint_text(r, b, s, root, out, err);
			if (!rc && out->len > begin)
				hint_gain_text(&a->step, root, out);
			return rc;
		}
	}
	return 0;
}

static int try_text(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf hint = { 0 };
	int rc = report_answer_hint(v, a, &hint, err);
	if (hint.len)
		lb_buf_addf(out, "%sTry: %s.", out->len ? " " : "", lb_buf_str(&hint));
	return rc;
}

int report_cause_text(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err)
{
	if (a->kind != ANSWER_WASTED && a->kind != ANSWER_UNCLEAR)
		return 0;
	const struct report *r = v->r;
	/* a real engine does not say why */
	if (a->step.root_weight > 0 && !v->block.engine) {
		lb_buf_adds(out, "Cause: ");
		int rc = root_text(v, a, out, err);
		if (rc)
			return rc;
		lb_buf_addc(out, '.');
	}
	if (a->better < 0)
		return try_text(v, a, out, err);
	lb_buf_addf(out, "%s%s saves ", out->len ? " " : "", r->variants[a->better].name);
	saving_text(v, a->step.variant, a->better, a->saves_at_least, out);
	lb_buf_adds(out, " a commit");
	if (a->best >= 0) {
		lb_buf_addf(out, ", %s ", r->variants[a->best].name);
		saving_text(v, a->step.variant, a->best, a->saves_at_least, out);
	}
	lb_buf_addc(out, '.');
	return 0;
}
