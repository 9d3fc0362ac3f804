/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON and CSV of the answer. Their shape is in report.h.
 */
#include "report/print.h"

#include <math.h>
#include <string.h>

static void key_amount(struct lb_json *w, const char *key, const struct amount *a, double unit, bool known)
{
	lb_json_key(w, key);
	if (!known || a->none)
		lb_json_null(w);
	else if (unit > 1)
		lb_json_real(w, a->value / unit);
	else
		lb_json_uint(w, (uint64_t)llround(a->value));
}

/* Names of the values that are lower bounds; an amount may be NULL. */
static void bounds(const struct amount *run, const struct amount *wasted, const struct amount *pushed, const struct amount *stored,
		   const struct amount *pulled, struct lb_strv *out)
{
	static const char *const names[] = { "run_s", "wasted_s", "push_bytes", "stored_bytes", "pulled_bytes" };
	const struct amount *amounts[] = { run, wasted, pushed, stored, pulled };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (amounts[i] && amounts[i]->at_least && !amounts[i]->none)
			lb_strv_add(out, names[i]);
}

static void at_least(struct lb_json *w, const struct lb_strv *names)
{
	lb_json_key(w, "at_least");
	lb_json_open(w, '[');
	for (size_t i = 0; i < names->count; i++)
		lb_json_str(w, names->items[i]);
	lb_json_close(w, ']');
}

static void json_root(struct lb_json *w, const struct report *r, const struct step_cost *s)
{
	lb_json_key(w, "root");
	if (s->root_weight <= 0) {
		lb_json_null(w);
		return;
	}
	lb_json_open(w, '{');
	lb_json_kuint(w, "line", s->root_line);
	lb_json_kstr(w, "instruction", report_string(r, s->root_instruction));
	lb_json_kstr(w, "reason", report_string(r, s->root_reason));
	lb_json_key(w, "files");
	if (s->root_files == REPORT_UNKNOWN)
		lb_json_null(w);
	else
		lb_json_uint(w, s->root_files);
	lb_json_close(w, '}');
}

static void json_saving(struct lb_json *w, const struct report_view *v, const struct answer *a)
{
	const struct report_mean *x = &v->means[a->step.variant], *y = a->better >= 0 ? &v->means[a->better] : NULL;
	bool seconds = y && !x->run_ns.none && !y->run_ns.none, bytes = y && !x->pushed.none && !y->pushed.none && !y->pushed.at_least;
	lb_json_kstr(w, "better", y ? v->r->variants[a->better].name : NULL);
	struct amount saved = { .value = seconds ? x->run_ns.value - y->run_ns.value : 0 };
	key_amount(w, "saves_s", &saved, 1e9, seconds);
	lb_json_key(w, "ratio");
	if (seconds && y->run_ns.value > 0)
		lb_json_real(w, x->run_ns.value / y->run_ns.value);
	else
		lb_json_null(w);
	lb_json_key(w, "saves_push_bytes");
	if (bytes)
		lb_json_int(w, llround(x->pushed.value - y->pushed.value));
	else
		lb_json_null(w);
}

static int json_answer(struct lb_json *w, const struct report_view *v, struct lb_err *err)
{
	struct answer a;
	int rc = report_answer(v, &a, err);
	if (rc)
		return rc;
	lb_autobuf struct lb_buf text = { 0 }, cause = { 0 }, plain = { 0 };
	report_answer_text(v, &a, &text);
	if ((rc = report_cause_text(v, &a, &cause, err)))
		return rc;
	bool step = a.kind == ANSWER_WASTED || a.kind == ANSWER_UNCLEAR;
	lb_json_key(w, "answer");
	lb_json_open(w, '{');
	text_wrap(&plain, lb_buf_str(&text), 0, 0);
	lb_json_kstr(w, "text", lb_buf_str(&plain));
	lb_buf_clear(&plain);
	text_wrap(&plain, lb_buf_str(&cause), 0, 0);
	lb_json_kstr(w, "cause", cause.len ? lb_buf_str(&plain) : NULL);
	if (step) {
		lb_json_kstr(w, "variant", v->r->variants[a.step.variant].name);
		lb_json_kuint(w, "line", a.step.line);
		lb_json_kstr(w, "instruction", report_string(v->r, a.step.instruction));
		lb_json_key(w, "rerun");
		lb_json_real(w, a.step.rerun);
		lb_json_key(w, "needed");
		if (a.step.unclear > 0)
			lb_json_null(w);
		else
			lb_json_real(w, a.step.needed);
		struct amount wasted = { .value = a.step.wasted_ns };
		key_amount(w, "wasted_s", &wasted, 1e9, a.kind == ANSWER_WASTED && !a.step.ns_at_least);
		json_root(w, v->r, &a.step);
		json_saving(w, v, &a);
	}
	lb_json_close(w, '}');
	return 0;
}

static void json_mean(struct lb_json *w, const struct report_group *g, size_t variant)
{
	const struct report_view *v = report_group_main(g);
	const struct report_mean *m = &v->means[variant];
	bool known = m->covered > 0;
	lb_autostrv struct lb_strv lower = { 0 };
	lb_json_open(w, '{');
	lb_json_kstr(w, "variant", v->r->variants[variant].name);
	lb_json_key(w, "rebuilt");
	lb_json_real(w, m->rebuilt);
	lb_json_key(w, "reusable");
	lb_json_real(w, m->reusable);
	key_amount(w, "run_s", &m->run_ns, 1e9, known);
	key_amount(w, "wasted_s", &m->wasted_ns, 1e9, known);
	key_amount(w, "push_bytes", &m->pushed, 1, known);
	key_amount(w, "stored_bytes", &m->stored, 1, known);
	bounds(&m->run_ns, &m->wasted_ns, &m->pushed, &m->stored, NULL, &lower);
	at_least(w, &lower);
	key_amount(w, "first_build_s", &v->cold[variant].run_ns, 1e9, v->cold[variant].repeats > 0);
	lb_json_key(w, "builders");
	lb_json_open(w, '{');
	for (size_t i = 0; i < g->count; i++)
		key_amount(w, g->views[i].block.builder, &g->views[i].means[variant].run_ns, 1e9, g->views[i].means[variant].covered > 0);
	lb_json_close(w, '}');
	lb_json_close(w, '}');
}

static void json_cell(struct lb_json *w, const struct report_cell *c)
{
	uint32_t stale = c->stale[STALE_WRONG] + c->stale[STALE_SUSPECT] + c->stale[STALE_OUTDATED];
	lb_json_open(w, '{');
	lb_json_kstr(w, "status", c->status);
	if (c->repeats) {
		lb_json_kuint(w, "hits", c->hits);
		lb_json_kuint(w, "reusable", c->reusable);
		lb_json_kuint(w, "misses", c->misses);
		lb_json_kuint(w, "wasted", c->wasted);
		lb_json_kuint(w, "unknown", c->unknown);
		lb_json_kuint(w, "stale", stale);
		key_amount(w, "run_s", &c->run_ns, 1e9, true);
		key_amount(w, "wasted_s", &c->wasted_ns, 1e9, true);
		key_amount(w, "push_bytes", &c->pushed, 1, true);
		lb_autostrv struct lb_strv lower = { 0 };
		bounds(&c->run_ns, &c->wasted_ns, &c->pushed, NULL, NULL, &lower);
		at_least(w, &lower);
	}
	lb_json_kstr(w, "message", c->message && c->message[0] ? c->message : NULL);
	lb_json_close(w, '}');
}

static void json_edits(struct lb_json *w, const struct report_view *v)
{
	lb_json_key(w, "edits");
	lb_json_open(w, '[');
	for (size_t i = 0; i < v->count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "edit", report_commit_name(v, i));
		lb_json_kuint(w, "seq", v->commits[i].seq);
		lb_json_key(w, "weight");
		if (isnan(v->commits[i].weight))
			lb_json_null(w);
		else
			lb_json_real(w, v->commits[i].weight);
		lb_json_key(w, "variants");
		lb_json_open(w, '{');
		for (size_t k = 0; k < v->r->variants_count; k++)
			if (report_cell(v, k, i)->status) {
				lb_json_key(w, v->r->variants[k].name);
				json_cell(w, report_cell(v, k, i));
			}
		lb_json_close(w, '}');
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void json_saved(struct lb_json *w, const char *key, const struct sharing_cost *c)
{
	static const char *const names[] = { "run_s", "stored_bytes", "push_bytes" };
	lb_json_key(w, key);
	lb_json_open(w, '{');
	for (enum sharing_figure f = 0; f < SHARING_FIGURES; f++) {
		struct amount saved = sharing_saved(c, f);
		key_amount(w, names[f], &saved, f == SHARING_RUN_NS ? 1e9 : 1, true);
	}
	lb_json_close(w, '}');
}

static void json_sharing(struct lb_json *w, const struct report_view *v)
{
	static const char *const names[][2] = { { "run_s", "alone_run_s" },
						{ "stored_bytes", "alone_stored_bytes" },
						{ "push_bytes", "alone_push_bytes" } };
	struct sharing s;
	lb_json_key(w, "sharing");
	if (!sharing_init(&s, v)) {
		lb_json_null(w);
		return;
	}
	lb_json_open(w, '{');
	lb_json_key(w, "first_builds");
	lb_json_open(w, '[');
	for (size_t i = 0; i < v->r->variants_count; i++) {
		if (!report_view_has(v, i))
			continue;
		lb_json_open(w, '{');
		lb_json_kstr(w, "variant", v->r->variants[i].name);
		for (enum sharing_figure f = 0; f < SHARING_FIGURES; f++)
			for (size_t side = 0; side < 2; side++)
				key_amount(w, names[f][side], &s.first[i].of[f][side], f == SHARING_RUN_NS ? 1e9 : 1,
					   !s.first[i].of[f][side].at_least);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
	json_saved(w, "saves", &s.all);
	json_saved(w, "saves_a_commit", &s.commit);
	lb_json_close(w, '}');
	sharing_release(&s);
}

static int json_block(struct lb_json *w, const struct report_group *g, struct lb_err *err)
{
	const struct report_view *v = report_group_main(g);
	lb_json_open(w, '{');
	lb_json_kstr(w, "subject", v->block.subject);
	lb_json_kstr(w, "policy", v->block.policy);
	lb_json_kstr(w, "origin", v->block.origin);
	if (v->block.engine) {
		lb_json_kstr(w, "engine", v->block.engine);
		lb_json_kstr(w, "seconds", report_seconds_of(&v->block));
	}
	lb_json_kstr(w, "builder", v->block.builder);
	int rc = json_answer(w, v, err);
	if (rc)
		return rc;
	lb_json_key(w, "per_commit");
	lb_json_open(w, '[');
	for (size_t i = 0; i < v->r->variants_count; i++)
		if (report_view_has(v, i))
			json_mean(w, g, i);
	lb_json_close(w, ']');
	json_edits(w, v);
	json_sharing(w, v);
	lb_json_close(w, '}');
	return 0;
}

static void json_list(struct lb_json *w, const char *key, const struct lb_strv *list)
{
	lb_json_key(w, key);
	lb_json_open(w, '[');
	for (size_t i = 0; i < list->count; i++)
		lb_json_str(w, list->items[i]);
	lb_json_close(w, ']');
}

static void json_builds(struct lb_json *w, const struct report *r)
{
	lb_json_key(w, "builds");
	lb_json_open(w, '[');
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		lb_json_open(w, '{');
		for (size_t c = 0; c < BT_COUNT + BN_COUNT; c++) {
			const struct build_column *column = &report_build_columns[c];
			lb_json_key(w, column->name);
			if (!column->number)
				lb_json_str(w, b->text[column->index][0] ? b->text[column->index] : NULL);
			else if (b->number[column->index] == REPORT_UNKNOWN)
				lb_json_null(w);
			else
				lb_json_uint(w, b->number[column->index]);
		}
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

int print_json(const struct report *r, const struct report_groups *g, bool details, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_json w = { .out = &text, .pretty = true };
	lb_autostrv struct lb_strv differences = { 0 }, problems = { 0 }, unknowns = { 0 }, warnings = { 0 }, measured = { 0 };
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", 1);
	lb_json_kstr(&w, "scenario", r->scenario);
	lb_json_kstr(&w, "run_id", r->run_id);
	lb_json_kstr(&w, "status", r->status);
	lb_json_kstr(&w, "seconds", r->seconds);
	lb_json_key(&w, "blocks");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < g->count; i++) {
		int rc = json_block(&w, &g->items[i], err);
		if (rc)
			return rc;
		if (i)
			notes_differences(report_group_main(&g->items[0]), report_group_main(&g->items[i]), &differences);
	}
	lb_json_close(&w, ']');
	notes_measured(r, false, &measured);
	notes_problems(r, &problems);
	notes_listed(r, "unknowns", &unknowns);
	notes_listed(r, "warnings", &warnings);
	json_list(&w, "measured", &measured);
	json_list(&w, "differences", &differences);
	json_list(&w, "problems", &problems);
	json_list(&w, "unknowns", &unknowns);
	json_list(&w, "warnings", &warnings);
	if (details)
		json_builds(&w, r);
	lb_json_close(&w, '}');
	lb_buf_addc(&text, '\n');
	lb_buf_add(out, lb_buf_str(&text), text.len);
	return 0;
}

/* ---- CSV ---- */

static void csv_amount(struct lb_buf *out, const struct amount *a, double unit)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (!a->none)
		lb_buf_addf(&text, unit > 1 ? "%.6f" : "%.0f", a->value / unit);
	csv_put(out, lb_buf_str(&text));
}

static void csv_count(struct lb_buf *out, double n)
{
	lb_autofree char *text = lb_format("%.6g", n);
	csv_put(out, text);
}

static void csv_keys(struct lb_buf *out, const struct report_view *v, size_t variant)
{
	csv_put(out, v->r->scenario);
	csv_put(out, v->block.subject);
	csv_put(out, v->block.policy);
	csv_put(out, v->block.origin);
	csv_put(out, v->block.builder);
	csv_put(out, v->r->variants[variant].name);
}

static void csv_bounds(struct lb_buf *out, const struct lb_strv *names)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (size_t i = 0; i < names->count; i++)
		lb_buf_addf(&text, "%s%s", i ? " " : "", names->items[i]);
	csv_put(out, lb_buf_str(&text));
}

static void csv_cell(struct lb_buf *out, const struct report_view *v, size_t variant, size_t commit)
{
	const struct report_cell *c = commit < v->count ? report_cell(v, variant, commit) : &v->cold[variant];
	const struct report_commit *info = commit < v->count ? &v->commits[commit] : NULL;
	struct amount none = { .none = true };
	if (!c->status)
		return;
	csv_keys(out, v, variant);
	csv_put(out, info ? info->workload : v->r->builds[c->first].text[BT_WORKLOAD]);
	csv_put(out, info ? report_commit_name(v, commit) : "cold");
	csv_put_uint(out, info ? info->seq : 0);
	if (info && !isnan(info->weight))
		csv_count(out, info->weight);
	else
		csv_put(out, "");
	csv_put_uint(out, c->repeats);
	csv_put(out, c->status);
	uint32_t counts[] = { c->hits, c->reusable, c->misses, c->wasted, c->unknown, c->stale[1] + c->stale[2] + c->stale[3] };
	for (size_t i = 0; i < LB_COUNT(counts); i++)
		if (c->repeats)
			csv_put_uint(out, counts[i]);
		else
			csv_put(out, "");
	csv_amount(out, c->repeats ? &c->run_ns : &none, 1e9);
	csv_amount(out, c->repeats ? &c->wasted_ns : &none, 1e9);
	csv_amount(out, c->repeats ? &c->pushed : &none, 1);
	csv_amount(out, c->repeats ? &c->stored : &none, 1);
	csv_amount(out, c->repeats ? &c->pulled : &none, 1);
	lb_autostrv struct lb_strv lower = { 0 };
	if (c->repeats)
		bounds(&c->run_ns, &c->wasted_ns, &c->pushed, &c->stored, &c->pulled, &lower);
	csv_bounds(out, &lower);
	csv_put(out, c->message ? c->message : "");
	csv_end_row(out);
}

static void csv_mean(struct lb_buf *out, const struct report_view *v, size_t variant)
{
	const struct report_mean *m = &v->means[variant];
	if (m->covered <= 0)
		return;
	csv_keys(out, v, variant);
	csv_put(out, "mix");
	csv_put(out, "");
	csv_put(out, "");
	csv_count(out, m->covered);
	csv_put_uint(out, v->r->repeat);
	csv_put(out, "ok");
	csv_count(out, m->reusable - m->rebuilt);
	csv_count(out, m->reusable);
	csv_count(out, m->rebuilt);
	for (int i = 0; i < 3; i++)
		csv_put(out, "");
	csv_amount(out, &m->run_ns, 1e9);
	csv_amount(out, &m->wasted_ns, 1e9);
	csv_amount(out, &m->pushed, 1);
	csv_amount(out, &m->stored, 1);
	csv_put(out, "");
	lb_autostrv struct lb_strv lower = { 0 };
	bounds(&m->run_ns, &m->wasted_ns, &m->pushed, &m->stored, NULL, &lower);
	csv_bounds(out, &lower);
	csv_put(out, "");
	csv_end_row(out);
}

static void csv_builds(const struct report *r, bool further, struct lb_buf *out)
{
	for (size_t c = 0; !further && c < BT_COUNT + BN_COUNT; c++)
		csv_put(out, report_build_columns[c].name);
	if (!further)
		csv_end_row(out);
	for (size_t i = 0; i < r->builds_count; i++) {
		for (size_t c = 0; c < BT_COUNT + BN_COUNT; c++) {
			const struct build_column *column = &report_build_columns[c];
			if (!column->number)
				csv_put(out, r->builds[i].text[column->index]);
			else if (r->builds[i].number[column->index] == REPORT_UNKNOWN)
				csv_put(out, "");
			else
				csv_put_uint(out, r->builds[i].number[column->index]);
		}
		csv_end_row(out);
	}
}

void print_csv(const struct report *r, const struct report_groups *g, const struct report_options *o, struct lb_buf *out)
{
	if (o->details) {
		csv_builds(r, o->further, out);
		return;
	}
	static const char *const columns[] = {
		"scenario", "subject",  "policy",     "origin",       "builder",      "variant",  "workload", "edit",    "seq",
		"weight",   "repeats",  "status",     "hits",         "reusable",     "misses",   "wasted",   "unknown", "stale",
		"run_s",    "wasted_s", "push_bytes", "stored_bytes", "pulled_bytes", "at_least", "message",
	};
	for (size_t i = 0; !o->further && i < LB_COUNT(columns); i++)
		csv_put(out, columns[i]);
	if (!o->further)
		csv_end_row(out);
	for (size_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < g->items[i].count; k++) {
			const struct report_view *v = &g->items[i].views[k];
			for (size_t variant = 0; variant < r->variants_count; variant++) {
				csv_cell(out, v, variant, v->count);
				for (size_t c = 0; c < v->count; c++)
					csv_cell(out, v, variant, c);
				csv_mean(out, v, variant);
			}
		}
}
