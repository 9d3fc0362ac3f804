/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/say.h"

#include "lbench/json.h"
#include "report/csv.h"

/* ---- CSV ---- */

static void put_real(struct lb_buf *out, bool known, double value)
{
	lb_autofree char *text = known ? lb_format("%.6g", value) : lb_strdup("");
	csv_put(out, text);
}

static void put_count(struct lb_buf *out, bool known, uint64_t value)
{
	if (known)
		csv_put_uint(out, value);
	else
		csv_put(out, "");
}

static void put_text(struct lb_buf *out, const char *text)
{
	csv_put(out, text ? text : "");
}

static void put_figures(const struct scan_row *r, struct lb_buf *out)
{
	bool known = !r->message, history = known && r->basis == SCAN_HISTORY;
	csv_put(out, known ? scan_basis_name(r->basis) : "");
	put_count(out, history, r->commits);
	put_count(out, history, r->examined);
	put_real(out, known, r->a_month);
	put_real(out, known, r->reruns * r->a_month);
	put_real(out, known, r->wasted * r->a_month);
	put_real(out, known, r->unclear * r->a_month);
	put_real(out, known && !scan_none_known(r), r->wasted_seconds * r->a_month);
	csv_put(out, !known ? "" : r->timeless > 0 || r->unclear > 0 ? "yes" : "no");
}

static void put_cause(const struct scan_row *r, struct lb_buf *out)
{
	const struct scan_cause *c = &r->cause;
	put_count(out, c->text, c->line);
	put_text(out, c->text);
	put_count(out, c->text && c->brings_known, c->brings);
	put_count(out, c->text, c->run_line);
	put_text(out, c->run);
	put_count(out, c->text && c->needs_known, c->needs);
}

void scan_rows_csv(const struct scan *s, size_t shown, struct lb_buf *out)
{
	static const char *const names[] = { "rank",
					     "path",
					     "context",
					     "variant",
					     "policy",
					     "basis",
					     "commits",
					     "examined",
					     "commits_month",
					     "reruns_month",
					     "wasted_month",
					     "unclear_month",
					     "wasted_seconds_month",
					     "seconds_at_least",
					     "cause_line",
					     "cause",
					     "brings_files",
					     "run_line",
					     "run",
					     "needs_files",
					     "message" };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		csv_put(out, names[i]);
	csv_end_row(out);
	for (size_t i = 0; i < shown; i++) {
		const struct scan_row *r = &s->rows[i];
		put_count(out, !r->message, i + 1);
		put_text(out, r->path);
		put_text(out, r->context);
		put_text(out, r->variant);
		put_text(out, r->policy->name);
		put_figures(r, out);
		put_cause(r, out);
		put_text(out, r->message ? r->message : r->broken_message ? r->broken_message : r->note);
		csv_end_row(out);
	}
}

/* ---- JSON ---- */

static void kreal(struct lb_json *w, const char *key, bool known, double value)
{
	lb_json_key(w, key);
	if (known)
		lb_json_real(w, value);
	else
		lb_json_null(w);
}

static void kcount(struct lb_json *w, const char *key, bool known, uint64_t value)
{
	lb_json_key(w, key);
	if (known)
		lb_json_uint(w, value);
	else
		lb_json_null(w);
}

static void cause_json(const struct scan_row *r, struct lb_json *w)
{
	const struct scan_cause *c = &r->cause;
	lb_autobuf struct lb_buf text = { 0 };
	lb_json_key(w, "cause");
	if (!c->text) {
		lb_json_null(w);
		return;
	}
	scan_cause_text(r, &text);
	lb_json_open(w, '{');
	lb_json_kuint(w, "line", c->line);
	lb_json_kstr(w, "instruction", c->text);
	lb_json_kstr(w, "reason", lb_reason_name(c->reason));
	lb_json_kstr(w, "argument", c->argument);
	kcount(w, "brings_files", c->brings_known, c->brings);
	lb_json_kbool(w, "brings_git", c->brings_git);
	lb_json_kuint(w, "run_line", c->run_line);
	lb_json_kstr(w, "run", c->run);
	kcount(w, "needs_files", c->needs_known, c->needs);
	lb_json_kbool(w, "need_known", !c->unclear);
	lb_json_kstr(w, "no_model", c->no_model);
	lb_json_kstr(w, "text", lb_buf_str(&text));
	lb_json_close(w, '}');
}

static void figures_json(const struct scan_row *r, struct lb_json *w)
{
	bool history = r->basis == SCAN_HISTORY;
	lb_json_kstr(w, "basis", scan_basis_name(r->basis));
	kcount(w, "commits", history, r->commits);
	kcount(w, "examined", history, r->examined);
	if (history)
		lb_json_kbool(w, "whole_history", r->whole_history);
	kreal(w, "commits_month", true, r->a_month);
	kreal(w, "reruns_month", true, r->reruns * r->a_month);
	kreal(w, "wasted_month", true, r->wasted * r->a_month);
	kreal(w, "unclear_month", true, r->unclear * r->a_month);
	kreal(w, "wasted_seconds_month", !scan_none_known(r), r->wasted_seconds * r->a_month);
	lb_json_kbool(w, "seconds_at_least", r->timeless > 0 || r->unclear > 0);
	kreal(w, "broken_month", true, r->broken * r->a_month);
}

static void row_json(const struct scan_row *r, size_t rank, struct lb_json *w)
{
	lb_json_open(w, '{');
	kcount(w, "rank", !r->message, rank);
	lb_json_kstr(w, "path", r->path);
	lb_json_kstr(w, "context", r->context);
	lb_json_kstr(w, "variant", r->variant);
	lb_json_kstr(w, "policy", r->policy->name);
	if (!r->message) {
		figures_json(r, w);
		cause_json(r, w);
	}
	lb_json_kstr(w, "message", r->message ? r->message : r->broken_message);
	lb_json_kstr(w, "note", r->note);
	lb_json_close(w, '}');
}

static void totals_json(const struct scan *s, const struct lb_policy *policy, struct lb_json *w)
{
	struct scan_totals t;
	scan_sum(s, policy, &t);
	lb_json_open(w, '{');
	lb_json_kstr(w, "policy", policy->name);
	lb_json_kuint(w, "decided", t.decided);
	lb_json_kuint(w, "wasting", t.wasting);
	kreal(w, "reruns_month", true, t.reruns);
	kreal(w, "wasted_month", true, t.wasted);
	kreal(w, "unclear_month", true, t.unclear);
	kreal(w, "wasted_seconds_month", t.timeless < t.wasted || t.wasted <= 0, t.seconds);
	lb_json_kbool(w, "seconds_at_least", t.timeless > 0 || t.unclear > 0);
	lb_json_close(w, '}');
}

void scan_rows_json(const struct scan *s, const struct scan_say_options *o, size_t shown, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_autobuf struct lb_buf summary = { 0 };
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", 1);
	lb_json_kuint(&w, "days_a_month", SCAN_DAYS_A_MONTH);
	kreal(&w, "commits_per_day", o->scan->commits_per_day > 0, o->scan->commits_per_day);
	kreal(&w, "assumed_commits_month", s->assumed_month > 0, s->assumed_month);
	kreal(&w, "assumed_run_seconds", s->assumed_seconds > 0, s->assumed_seconds);
	lb_json_key(&w, "rows");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < shown; i++)
		row_json(&s->rows[i], i + 1, &w);
	lb_json_close(&w, ']');
	lb_json_kuint(&w, "undecided", s->undecided);
	lb_json_key(&w, "totals");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < o->scan->policies_count; i++)
		totals_json(s, o->scan->policies[i], &w);
	lb_json_close(&w, ']');
	lb_json_key(&w, "notes");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < s->notes.count; i++)
		lb_json_str(&w, s->notes.items[i]);
	lb_json_close(&w, ']');
	scan_summary_text(s, o, shown, &summary);
	lb_json_kstr(&w, "summary", lb_buf_str(&summary));
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}
