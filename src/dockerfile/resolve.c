/* SPDX-License-Identifier: Apache-2.0
 *
 * All stages of a file, one after the other, with nothing known about images.
 */
#include "dockerfile/resolve.h"

#include <string.h>

#include "dockerfile/scope.h"
#include "dockerfile/stage_args.h"

struct walk {
	struct lb_build_plan *plan;
	struct lb_stage_state *states; /* by stage; what a failed stage left is what later ones see */
	lb_resolved_fn *each;
	void *arg;
	struct lb_resolved *resolved;
	struct lb_err *err;
};

static int resolve_one(struct walk *w, struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_resolved *resolved)
{
	struct lb_step step;
	const struct lb_stage_state before = *s;
	int r = lb_step_resolve_into(s, in, trigger, &step, resolved, w->err);
	if (r == 0 && w->each)
		w->each(&before, &step, resolved, w->arg);
	return r;
}

/* The triggers of the stage that this one is made from, right behind its FROM. */
static int resolve_triggers(struct walk *w, struct lb_stage_state *s, int base)
{
	int number = 0;
	if (base < 0)
		return 0;
	const struct lb_stage *stage = w->plan->stages[base].stage, *own = w->plan->stages[s->stage].stage;
	for (size_t i = stage->first; i < stage->end; i++) {
		const struct lb_instruction *in = &w->plan->df->instructions[i];
		struct lb_resolved ignored;
		if (in->keyword != LB_KW_ONBUILD || !in->trigger)
			continue;
		/* the engine places what it finds in a trigger at the FROM that pulls it */
		struct lb_instruction *here = lb_arena_alloc(&w->plan->arena, sizeof(*here));
		*here = *in->trigger;
		here->first_line = here->last_line = own->line;
		here->comments_count = 0;
		int r = resolve_one(w, s, here, ++number, &ignored);
		if (r != 0)
			return r;
	}
	return 0;
}

static int resolve_stage(struct walk *w, size_t i)
{
	const struct lb_plan_stage *ps = &w->plan->stages[i];
	struct lb_stage_state *s = &w->states[i];
	lb_stage_state_init(s, w->plan, (int)i, NULL, ps->base_stage >= 0 ? &w->states[ps->base_stage] : NULL);
	s->index->brief = true;
	int r = 0;
	for (size_t k = ps->stage->first; k < ps->stage->end && r == 0; k++) {
		r = resolve_one(w, s, &w->plan->df->instructions[k], 0, &w->resolved[k]);
		if (r == 0 && k == ps->stage->first)
			r = resolve_triggers(w, s, ps->base_stage);
	}
	return r;
}

/* An ARG before the first FROM came to what lb_build_plan_new has found. */
static void resolve_global(struct walk *w, size_t k)
{
	struct lb_build_plan *plan = w->plan;
	const struct lb_instruction *in = &plan->df->instructions[k];
	struct lb_resolved *r = &w->resolved[k];
	r->has_expanded = true;
	r->expanded_count = in->args_count;
	r->expanded = lb_arena_alloc(&plan->arena, (in->args_count + 1) * sizeof(*r->expanded));
	for (size_t i = 0; i < in->args_count; i++) {
		const char *name, *written;
		lb_arg_cut(&plan->arena, in->args[i], &name, &written);
		const char *value = lb_pairs_get(&plan->globals, name);
		lb_autofree char *text = lb_format("%s%s%s", name, value ? "=" : "", value ? value : "");
		r->expanded[i] = lb_arena_strdup(&plan->arena, text);
	}
}

int lb_plan_walk(struct lb_build_plan *plan, lb_resolved_fn *each, void *arg, struct lb_err *err)
{
	const struct lb_dockerfile *df = plan->df;
	struct walk w = { .plan = plan, .arg = arg };
	w.states = lb_arena_alloc(&plan->arena, plan->stages_count * sizeof(*w.states));
	w.resolved = lb_arena_alloc(&plan->arena, (df->instructions_count + 1) * sizeof(*w.resolved));
	for (size_t k = 0; k < df->instructions_count && df->instructions[k].stage < 0; k++)
		resolve_global(&w, k);
	for (size_t i = 0; i < plan->stages_count; i++) {
		bool needed = plan->stages[i].needed;
		size_t warnings = plan->warnings_count;
		if (plan->stages[i].named_context)
			continue;
		w.err = needed ? err : NULL;
		w.each = needed ? each : NULL;
		int r = resolve_stage(&w, i);
		if (!needed)
			plan->warnings_count = warnings;
		if (r != 0 && needed)
			return r;
	}
	plan->resolved = w.resolved;
	return 0;
}

int lb_build_plan_resolve(struct lb_build_plan *plan, struct lb_err *err)
{
	size_t warnings = plan->warnings_count;
	int r = lb_plan_walk(plan, NULL, NULL, err);
	plan->warnings_count = warnings;
	return r;
}
