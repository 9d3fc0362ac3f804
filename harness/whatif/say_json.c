/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif/say.h"

#include <string.h>

static void text_member(struct lb_json *w, const char *key, const char *value)
{
	if (value)
		lb_json_kstr(w, key, value);
}

static void seconds_member(struct lb_json *w, const char *key, bool known, double seconds)
{
	lb_json_key(w, key);
	if (known)
		lb_json_real(w, seconds);
	else
		lb_json_null(w);
}

static void step_json(const struct whatif_said *s, const struct whatif_step *step, struct lb_json *w)
{
	static const char *const needs[] = { NULL, "needed", "wasted" };
	bool missed = step->outcome == LB_MISS;
	lb_json_open(w, '{');
	lb_json_kuint(w, "stage", (uint64_t)step->stage);
	text_member(w, "stage_name", step->stage_name);
	lb_json_kuint(w, "step", (uint64_t)step->index);
	lb_json_kuint(w, "line", step->line);
	lb_json_kstr(w, "instruction", step->text);
	lb_json_kstr(w, "outcome", lb_outcome_name(step->outcome));
	if (step->reason)
		lb_json_kstr(w, "reason", lb_reason_name(step->reason));
	if (missed && step->root >= 0 && &s->build->steps[step->root] != step)
		lb_json_kuint(w, "because_of_line", s->build->steps[step->root].line);
	text_member(w, "path", step->path);
	text_member(w, "argument", step->argument);
	text_member(w, "attribute", step->attribute);
	text_member(w, "was", step->was);
	text_member(w, "now", step->now);
	if (step->changed)
		lb_json_kuint(w, "changed", step->changed);
	if (missed)
		lb_json_kstr(w, "need", needs[step->need]);
	if (missed && step->is_run) {
		seconds_member(w, "seconds", step->seconds_known, (double)step->ns / 1e9);
		lb_json_kstr(w, "model_source", lb_model_source_name(step->source));
	}
	text_member(w, "message", step->message);
	lb_json_close(w, '}');
}

static void touched_json(const struct whatif_said *s, struct lb_json *w)
{
	static const char *const how[] = { "edited", "new", "link", "dockerfile", "outside" };
	lb_json_key(w, "touched");
	lb_json_open(w, '[');
	for (size_t i = 0; i < s->touch->count; i++) {
		const struct touched *f = &s->touch->files[i];
		lb_json_open(w, '{');
		lb_json_kstr(w, "given", f->given);
		lb_json_kstr(w, "path", f->path);
		lb_json_kstr(w, "how", how[f->how]);
		lb_json_kuint(w, "files", f->files);
		if (f->ignored_line)
			lb_json_kuint(w, "ignored_by_line", f->ignored_line);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
	lb_json_key(w, "unused_arguments");
	lb_json_open(w, '[');
	for (size_t i = 0; i < s->touch->unused_args.count; i++)
		lb_json_str(w, s->touch->unused_args.items[i]);
	lb_json_close(w, ']');
}

static void context_json(const struct whatif_said *s, struct lb_json *w)
{
	uint64_t files, bytes;
	bool at_most;
	lb_json_key(w, "context");
	lb_json_open(w, '{');
	lb_json_kuint(w, "files", s->build->context_files);
	lb_json_kuint(w, "bytes", s->build->context_bytes);
	lb_json_kuint(w, "changed_files", s->build->changed_files);
	lb_json_kuint(w, "changed_bytes", s->build->changed_bytes);
	if (whatif_sent(s, &files, &bytes, &at_most)) {
		lb_json_kuint(w, "sent_files", files);
		lb_json_kuint(w, "sent_bytes", bytes);
		lb_json_kbool(w, "sent_at_most", at_most);
	}
	lb_json_close(w, '}');
}

static void sums_json(const struct whatif_said *s, struct lb_json *w)
{
	size_t wasted = 0, unclear = 0, unknown = 0;
	double seconds = 0, wasted_seconds = 0;
	bool at_least = false;
	for (size_t i = 0; i < s->build->count; i++) {
		const struct whatif_step *step = &s->build->steps[i];
		unknown += step->outcome == LB_UNKNOWN;
		if (step->outcome != LB_MISS)
			continue;
		wasted += step->need == WHATIF_WASTED;
		unclear += step->need == WHATIF_NEED_UNKNOWN;
		at_least = at_least || (step->is_run && !step->seconds_known);
		seconds += step->seconds_known ? (double)step->ns / 1e9 : 0;
		wasted_seconds += step->seconds_known && step->need == WHATIF_WASTED ? (double)step->ns / 1e9 : 0;
	}
	lb_json_kuint(w, "re_runs", whatif_misses(s->build));
	lb_json_kuint(w, "of", whatif_reusable(s->build));
	lb_json_kuint(w, "wasted", wasted);
	lb_json_kuint(w, "need_unknown", unclear);
	lb_json_kuint(w, "unknown", unknown);
	seconds_member(w, "seconds", true, seconds);
	seconds_member(w, "wasted_seconds", true, wasted_seconds);
	lb_json_kbool(w, "seconds_at_least", at_least);
}

void whatif_say_json(const struct whatif_said *s, struct lb_json *w)
{
	lb_autobuf struct lb_buf summary = { 0 };
	lb_json_open(w, '{');
	lb_json_kstr(w, "variant", s->variant);
	lb_json_kstr(w, "policy", s->policy->name);
	lb_json_kstr(w, "origin", s->policy->origin == LB_OBSERVED ? "observed" : "from source");
	lb_json_kstr(w, "builder", lb_builder_name(s->builder));
	lb_json_kbool(w, "ok", s->build->ok);
	lb_json_kstr(w, "message", s->build->message);
	touched_json(s, w);
	lb_json_key(w, "steps");
	lb_json_open(w, '[');
	for (size_t i = 0; i < s->build->count; i++)
		step_json(s, &s->build->steps[i], w);
	lb_json_close(w, ']');
	context_json(s, w);
	sums_json(s, w);
	lb_json_key(w, "leave_out");
	lb_json_open(w, '[');
	for (size_t i = 0; s->spare && i < s->spare->count; i++)
		lb_json_str(w, s->spare->items[i]);
	lb_json_close(w, ']');
	whatif_summary_text(s, &summary);
	lb_json_kstr(w, "summary", lb_buf_str(&summary));
	lb_json_close(w, '}');
}
