/* SPDX-License-Identifier: Apache-2.0
 *
 * One stage: its base, then instruction after instruction: resolve, gather, look up, carry out a miss.
 */
#include "build/kept.h"

#include <stdlib.h>
#include <string.h>

/* ---- results of hits ---- */

static const struct result *find_result(struct build *b, const struct lb_digest *id)
{
	const struct result *r = results_get(b->o->results, id);
	return r ? r : kept_load(b, id);
}

/* ---- steps ---- */

char *step_text(struct lb_arena *arena, const struct lb_instruction *in)
{
	char *s = lb_arena_strdup(arena, in->original ? in->original : in->word);
	size_t w = 0;
	bool blank = false;
	for (size_t i = 0; s[i]; i++) {
		bool space = s[i] == ' ' || s[i] == '\t' || s[i] == '\n' || s[i] == '\r';
		if (space && (blank || !w))
			continue;
		blank = space;
		s[w++] = space ? ' ' : s[i];
	}
	while (w && s[w - 1] == ' ')
		w--;
	s[w] = '\0';
	return s;
}

/* Room for all steps is made when the number of triggers is known: pointers to steps stay valid. */
static struct step_run *add_step(struct build *b, struct stage_run *st, const struct lb_instruction *in, int trigger)
{
	static const struct lb_step unresolved;
	struct step_run *sr = &st->steps[st->steps_count++];
	const struct resolved_step *known = b->resolved && !trigger ? b->resolved->stages[st->index] : NULL;
	sr->step = &unresolved;
	sr->instruction = in;
	sr->trigger = trigger;
	sr->outcome = LB_UNREACHED;
	sr->resolved = known ? known + (in - &b->plan->df->instructions[st->plan->stage->first]) : NULL;
	sr->text = known ? sr->resolved->text : step_text(&b->arena, in);
	return sr;
}

static void fail_step(struct build *b, struct step_run *sr, const struct lb_err *err)
{
	sr->outcome = LB_ERROR;
	sr->message = lb_arena_strdup(&b->arena, err->text);
	b->failed = true;
	b->out->ok = false;
	snprintf(b->out->message, sizeof(b->out->message), "%s", err->text);
}

static int decide(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	int rc = inputs_gather(b, st, sr, false, err);
	if (!rc)
		rc = lb_cache_lookup(b->o->cache, &sr->in, &sr->decision, err);
	if (rc)
		return rc;
	bool blind = false;
	for (size_t i = 0; i < sr->in.sources_count; i++)
		blind = blind || !sr->sources[i].known;
	if (sr->decision.outcome == LB_HIT || sr->decision.outcome == LB_META || !(blind || !sr->in.owner_known))
		return 0;
	/* what the sources hold decides: carry out what their stages still owe, and ask again */
	rc = inputs_gather(b, st, sr, true, err);
	if (rc)
		return rc;
	lb_decision_release(&sr->decision);
	sr->decision = (struct lb_decision){ 0 };
	return lb_cache_lookup(b->o->cache, &sr->in, &sr->decision, err);
}

static int take_decision(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	sr->outcome = sr->decision.outcome;
	sr->decided = true;
	switch (sr->decision.outcome) {
	case LB_HIT:
		if (sr->decision.has_result)
			sr->result = find_result(b, &sr->decision.result);
		sr->run_known = true;
		step_check_stale(b, st, sr);
		return 0;
	case LB_UNKNOWN:
		if (!sr->decision.link)
			sr->decision.link = lb_link_unknown();
		return 0;
	case LB_MISS:
		return step_execute(b, st, sr, err);
	default:
		return 0;
	}
}

static void begin(const struct build *b, const struct stage_run *st, const struct step_run *sr)
{
	if (b->o->events.step_begin)
		b->o->events.step_begin(b->o->events.arg, st->index, (int)(sr - st->steps));
}

static void end(const struct build *b, const struct stage_run *st, const struct step_run *sr)
{
	if (b->o->events.step_end)
		b->o->events.step_end(b->o->events.arg, st->index, (int)(sr - st->steps));
}

/* A failing step is a result of the build; everything else that goes wrong is an error of lb_build. */
static bool is_step_failure(int code)
{
	return code == LB_FAILED || code == LB_INVALID;
}

static const struct lb_stage_state *keep_state(struct build *b, const struct lb_stage_state *s)
{
	struct lb_stage_state *kept = lb_arena_alloc(&b->arena, sizeof(*kept));
	*kept = *s;
	return kept;
}

/* What the instruction comes to, and the states before and behind it; behind it the stage goes on. */
static int resolve(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	const struct resolved_step *known = sr->resolved;
	if (known) {
		sr->step = &known->step;
		sr->before = known->before;
		sr->after = known->after;
		st->state = *known->after;
		return 0;
	}
	struct lb_step *step = lb_arena_alloc(&b->arena, sizeof(*step));
	sr->step = step;
	sr->before = keep_state(b, &st->state);
	int rc = lb_step_resolve(&st->state, sr->instruction, sr->trigger, step, err);
	sr->after = keep_state(b, &st->state);
	return rc;
}

static void use_network(struct build *b, struct step_run *sr)
{
	struct lb_step *own = lb_arena_alloc(&b->arena, sizeof(*own));
	*own = *sr->step;
	own->network = b->o->network;
	sr->step = own;
}

static int run_step(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	if (b->o->cancel && atomic_load(b->o->cancel))
		return lb_fail(err, LB_INTERRUPTED, "interrupted");
	int rc = resolve(b, st, sr, err);
	if (b->o->network && sr->step->network && strcmp(sr->step->network, "default") == 0)
		use_network(b, sr);
	begin(b, st, sr);
	if (!rc)
		rc = decide(b, st, sr, err);
	if (!rc)
		rc = take_decision(b, st, sr, err);
	end(b, st, sr);
	if (rc && is_step_failure(rc)) {
		fail_step(b, sr, err);
		return 0;
	}
	if (rc)
		return rc;
	lb_link_unref(st->link);
	st->link = lb_link_ref(sr->decision.link);
	return 0;
}

/* ---- FROM ---- */

int stage_find_base(struct build *b, struct stage_run *st, struct lb_err *err)
{
	const char *name = st->plan->base;
	if (st->plan->base_stage >= 0) {
		st->base_stage = &b->stages[st->plan->base_stage];
		return 0;
	}
	if (strcmp(name, "scratch") == 0)
		return 0;
	st->base = b->o->find_base(b->o->find_base_arg, name, st->plan->platform);
	if (st->base)
		return 0;
	return lb_fail_at(err, lb_instruction_pos(b->plan->df, &b->plan->df->instructions[st->plan->stage->first]),
			  "nothing is known of the base '%s': name it under bases:", name);
}

static const struct lb_image_config *triggers_of(const struct stage_run *st)
{
	static const struct lb_image_config none;
	return st->base ? &st->base->config : st->base_stage ? &st->base_stage->state.config : &none;
}

/* Where the engine takes each name for one stage alone, a second stage of a name fails when it is its turn. */
static int check_name(const struct build *b, const struct stage_run *st, struct lb_err *err)
{
	const struct lb_stage *own = st->plan->stage;
	for (size_t i = 0; own->name && b->shape.stage_names_unique && i < (size_t)st->index; i++)
		if (b->plan->stages[i].stage->name && strcmp(b->plan->stages[i].stage->name, own->name) == 0)
			return lb_fail_at(err, lb_instruction_pos(b->plan->df, &b->plan->df->instructions[own->first]),
					  "a stage before is called '%s' too", own->name);
	return 0;
}

static int decide_from(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	const struct lb_image_config *config = st->base ? &st->base->config : NULL;
	if (!sr->resolved)
		lb_stage_state_init(&st->state, b->plan, st->index, config, st->base_stage ? &st->base_stage->state : NULL);
	begin(b, st, sr);
	int rc = resolve(b, st, sr, err);
	sr->in = (struct lb_inputs){ .step = sr->step,
				     .before = sr->before,
				     .after = sr->after,
				     .stage = st->index,
				     .stage_name = st->plan->stage->name,
				     .no_cache = b->o->no_cache };
	struct lb_base base;
	if (st->base)
		base_describe(st->base, &base);
	if (!rc)
		rc = lb_cache_from(b->o->cache, &sr->in, st->base ? &base : NULL, st->base_stage ? st->base_stage->link : NULL,
				   &sr->decision, err);
	end(b, st, sr);
	if (rc)
		return rc;
	sr->outcome = LB_META;
	sr->decided = true;
	st->link = lb_link_ref(sr->decision.link);
	return 0;
}

static int begin_stage(struct build *b, struct stage_run *st, struct lb_err *err)
{
	int rc = stage_find_base(b, st, err);
	st->steps_cap = st->plan->stage->end - st->plan->stage->first + triggers_of(st)->onbuild_count;
	st->steps = lb_arena_alloc(&b->arena, st->steps_cap * sizeof(*st->steps));
	struct step_run *sr = add_step(b, st, &b->plan->df->instructions[st->plan->stage->first], 0);
	if (!rc)
		rc = check_name(b, st, err);
	if (!rc)
		rc = decide_from(b, st, sr, err);
	if (!rc || !is_step_failure(rc))
		return rc;
	fail_step(b, sr, err);
	return 0;
}

/* Triggers of the base run right behind FROM, and are not handed on. */
static int run_triggers(struct build *b, struct stage_run *st, struct lb_err *err)
{
	size_t count = triggers_of(st)->onbuild_count;
	char **texts = triggers_of(st)->onbuild;
	for (size_t i = 0; i < count && !b->failed; i++) {
		struct lb_instruction *in;
		int rc = lb_dockerfile_parse_trigger((struct lb_dockerfile *)b->plan->df, texts[i], st->steps[0].instruction, &in, err);
		if (rc)
			return rc;
		rc = run_step(b, st, add_step(b, st, in, (int)i + 1), err);
		if (rc)
			return rc;
	}
	return 0;
}

int stage_decide(struct build *b, struct stage_run *st, struct lb_err *err)
{
	const struct lb_stage *stage = st->plan->stage;
	int rc = begin_stage(b, st, err);
	if (!rc && !b->failed)
		rc = run_triggers(b, st, err);
	for (size_t i = stage->first + 1; !rc && i < stage->end; i++) {
		struct step_run *sr = add_step(b, st, &b->plan->df->instructions[i], 0);
		if (!b->failed)
			rc = run_step(b, st, sr, err);
	}
	return rc;
}
