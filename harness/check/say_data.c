/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "check/say.h"
#include "lbench/json.h"
#include "report/data.h"
#include "report/text.h"

/* ---- JUnit ---- */

/* Bytes that XML does not know become what text_fit makes of them. */
static void clean_text(struct lb_buf *out, const char *value)
{
	for (const char *p = value; *p;) {
		size_t n = strcspn(p, "\n");
		lb_autofree char *part = lb_strndup(p, n);
		text_fit(out, part, 0);
		p += n;
		if (*p)
			lb_buf_addc(out, *p++);
	}
}

static void attribute(struct lb_buf *out, const char *name, const char *value)
{
	lb_autobuf struct lb_buf clean = { 0 };
	clean_text(&clean, value);
	lb_buf_addf(out, " %s=\"", name);
	lb_buf_add_xml(out, lb_buf_str(&clean));
	lb_buf_addc(out, '"');
}

/* The first line as the message, which lists show; all of it as the text, which is shown for one case. */
static void outcome(struct lb_buf *out, const char *text, const char *type)
{
	lb_autofree char *first = lb_strndup(text, strcspn(text, "\n"));
	lb_autobuf struct lb_buf clean = { 0 };
	attribute(out, "message", first);
	if (type)
		attribute(out, "type", type);
	lb_buf_addc(out, '>');
	clean_text(&clean, text);
	lb_buf_add_xml(out, lb_buf_str(&clean));
}

static void junit_case(const struct gate *g, const struct gate_case *c, struct lb_buf *out)
{
	lb_autofree char *class = lb_format("%s.%s", g->head->scenario, c->variant);
	lb_autofree char *name = lb_format("%s [%s %s]", c->edit, c->policy, c->builder);
	lb_buf_adds(out, "    <testcase");
	attribute(out, "classname", class);
	attribute(out, "name", name);
	attribute(out, "time", "0");
	if (c->state == CASE_SAME) {
		lb_buf_adds(out, "/>\n");
		return;
	}
	lb_buf_adds(out, ">\n      ");
	lb_buf_adds(out, c->state == CASE_WORSE ? "<failure" : "<skipped");
	outcome(out, c->text ? c->text : "the baseline does not know this build", c->state == CASE_WORSE ? "regression" : NULL);
	lb_buf_adds(out, c->state == CASE_WORSE ? "</failure>\n    </testcase>\n" : "</skipped>\n    </testcase>\n");
}

/* What is of no one build: values that differ between repeats, and times. */
static size_t junit_repeats(const struct gate *g, struct lb_buf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < g->count; i++) {
		const struct finding *f = &g->findings[i];
		if (f->kind != FINDING_VARIES && f->kind != FINDING_SLOWER)
			continue;
		n++;
		if (!out)
			continue;
		lb_autofree char *class = lb_format("%s.%s", g->head->scenario, f->variant);
		bool slower = f->kind == FINDING_SLOWER;
		lb_autofree char *name = slower ? lb_strdup("times") : lb_format("repeats %s", f->instruction ? f->instruction : "");
		lb_buf_adds(out, "    <testcase");
		attribute(out, "classname", class);
		attribute(out, "name", name);
		attribute(out, "time", "0");
		lb_buf_adds(out, ">\n      <failure");
		lb_autobuf struct lb_buf text = { 0 };
		lb_buf_addf(&text, "%s: ", f->message);
		say_place(f, &text);
		outcome(out, lb_buf_str(&text), slower ? "slower" : "nondeterminism");
		lb_buf_adds(out, "</failure>\n    </testcase>\n");
	}
	return n;
}

static size_t cases_in(const struct gate *g, bool worse)
{
	size_t n = 0;
	for (size_t i = 0; i < g->cases_count; i++)
		n += worse ? g->cases[i].state == CASE_WORSE : g->cases[i].state == CASE_NEUTRAL || g->cases[i].state == CASE_NEW;
	return n;
}

void say_junit(const struct gate *gates, size_t count, struct lb_buf *out)
{
	lb_buf_adds(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"lbench\">\n");
	for (size_t i = 0; i < count; i++) {
		const struct gate *g = &gates[i];
		size_t repeats = junit_repeats(g, NULL);
		lb_buf_adds(out, "  <testsuite");
		attribute(out, "name", g->head->scenario);
		lb_buf_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\"", g->cases_count + repeats,
			    cases_in(g, true) + repeats, cases_in(g, false));
		attribute(out, "timestamp", report_member(g->head->run, "started"));
		lb_buf_adds(out, ">\n");
		for (size_t k = 0; k < g->cases_count; k++)
			junit_case(g, &g->cases[k], out);
		junit_repeats(g, out);
		lb_buf_adds(out, "  </testsuite>\n");
	}
	lb_buf_adds(out, "</testsuites>\n");
}

/* ---- annotations ---- */

/* Workflow commands are lines: https://docs.github.com/actions/using-workflows/workflow-commands-for-github-actions */
static void command_text(struct lb_buf *out, const char *text, bool property)
{
	for (; *text; text++) {
		if (*text == '%' || *text == '\r' || *text == '\n' || (property && (*text == ':' || *text == ',')))
			lb_buf_addf(out, "%%%02X", (unsigned char)*text);
		else
			lb_buf_addc(out, *text);
	}
}

static void annotation(const struct finding *f, bool warn, struct lb_buf *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *title = lb_format("lbench: %s", say_title(f));
	if (f->message)
		lb_buf_adds(&text, f->message);
	if (f->instruction)
		lb_buf_addf(&text, "%s`%s`: %s %s", text.len ? "\n" : "", f->instruction, f->reason ? f->reason : "",
			    f->evidence ? f->evidence : "");
	if (f->steps.count) {
		lb_buf_adds(&text, "\nsteps: ");
		say_steps(f, &text);
	}
	if (f->edits.count) {
		lb_buf_adds(&text, "\nafter ");
		say_list(&f->edits, 8, &text);
	}
	for (size_t i = 0; i < f->breaks_count; i++) {
		lb_buf_addc(&text, '\n');
		say_break(&f->breaks[i], &text);
	}
	lb_buf_addf(out, "::%s file=", warn ? "warning" : "error");
	command_text(out, f->file, true);
	if (f->line)
		lb_buf_addf(out, ",line=%u", f->line);
	lb_buf_adds(out, ",title=");
	command_text(out, title, true);
	lb_buf_adds(out, "::");
	command_text(out, lb_buf_str(&text), false);
	lb_buf_addc(out, '\n');
}

void say_annotations(const struct gate *gates, size_t count, bool warn, struct lb_buf *out)
{
	/* one Dockerfile may be built in several ways and under several policies, and its line is the one cause of all */
	lb_autostrv struct lb_strv said = { 0 };
	for (size_t i = 0; i < count; i++) {
		for (size_t k = 0; k < gates[i].count; k++) {
			const struct finding *f = &gates[i].findings[k];
			lb_autofree char *cause =
				lb_format("%s\n%u\n%s\n%s", f->file, f->line, say_title(f), f->line ? "" : gates[i].head->scenario);
			if (!finding_fails(f) || lb_strv_has(&said, cause))
				continue;
			lb_strv_add(&said, cause);
			annotation(f, warn, out);
		}
	}
}

/* ---- JSON ---- */

static void list(struct lb_json *w, const char *key, const struct lb_strv *v)
{
	lb_json_key(w, key);
	lb_json_open(w, '[');
	for (size_t i = 0; i < v->count; i++)
		lb_json_str(w, v->items[i]);
	lb_json_close(w, ']');
}

static void json_break(struct lb_json *w, const struct finding_break *b)
{
	lb_autofree char *place = b->limit->pos.line ? lb_format("%s:%u", b->limit->pos.file, b->limit->pos.line) : NULL;
	lb_json_open(w, '{');
	lb_json_kstr(w, "quantity", check_quantity_names[b->quantity]);
	lb_json_key(w, "base");
	lb_json_real(w, b->base);
	lb_json_key(w, "head");
	lb_json_real(w, b->head);
	lb_json_kstr(w, "limit", b->limit->text);
	lb_json_kstr(w, "budget", place);
	lb_json_close(w, '}');
}

static void json_finding(struct lb_json *w, const struct finding *f)
{
	static const char *const kinds[] = { "worse", "fails", "varies" };
	lb_json_open(w, '{');
	lb_json_kstr(w, "kind", kinds[f->kind]);
	lb_json_kstr(w, "state", f->drift ? "drift" : f->waiver ? "waived" : "regression");
	lb_json_kstr(w, "variant", f->variant);
	lb_json_kstr(w, "file", f->file);
	lb_json_kuint(w, "line", f->line);
	lb_json_kstr(w, "instruction", f->instruction);
	lb_json_kstr(w, "reason", f->reason);
	lb_json_kstr(w, "evidence", f->evidence);
	list(w, "steps", &f->steps);
	list(w, "edits", &f->edits);
	list(w, "under", &f->under);
	lb_json_key(w, "seconds");
	lb_json_real(w, f->seconds);
	lb_json_key(w, "breaks");
	lb_json_open(w, '[');
	for (size_t i = 0; i < f->breaks_count; i++)
		json_break(w, &f->breaks[i]);
	lb_json_close(w, ']');
	lb_json_kstr(w, "message", f->message);
	lb_json_kstr(w, "why", f->drift ? f->drift : f->waiver);
	lb_json_close(w, '}');
}

static void json_drifts(struct lb_json *w, const struct gate *g)
{
	lb_json_key(w, "drift");
	lb_json_open(w, '[');
	for (size_t i = 0; i < g->drifts_count; i++) {
		const struct gate_drift *d = g->drifts[i];
		lb_json_open(w, '{');
		lb_json_kstr(w, "kind", drift_kind_names[d->kind]);
		lb_json_kstr(w, "what", d->what);
		lb_json_kstr(w, "was", d->was);
		lb_json_kstr(w, "now", d->now);
		lb_json_kstr(w, "text", d->text);
		lb_json_kuint(w, "lost_hits", d->lost);
		lb_json_kuint(w, "over_budget", d->over);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

void say_json(const struct gate *gates, size_t count, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	size_t failures = 0;
	for (size_t i = 0; i < count; i++)
		failures += gate_failures(&gates[i]);
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", 1);
	lb_json_kstr(&w, "verdict", failures ? "worse" : "same");
	lb_json_key(&w, "results");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < count; i++) {
		const struct gate *g = &gates[i];
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "scenario", g->head->scenario);
		lb_json_kstr(&w, "result", g->head_path);
		lb_json_kstr(&w, "baseline", g->base_path);
		lb_json_kuint(&w, "builds", g->cases_count);
		lb_json_kuint(&w, "better", g->better);
		lb_json_key(&w, "findings");
		lb_json_open(&w, '[');
		for (size_t k = 0; k < g->count; k++)
			json_finding(&w, &g->findings[k]);
		lb_json_close(&w, ']');
		json_drifts(&w, g);
		list(&w, "notes", &g->notes);
		lb_json_close(&w, '}');
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}
