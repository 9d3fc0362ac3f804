/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of stages of a build, and what its instructions come to. Neither follows from a cache: builds of the same
 * Dockerfile with the same arguments on the same bases share one, with the state at each instruction as it was there.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

/* ---- images that have to be there ---- */

static void note_image(struct resolved *keep, const char *name, const char *platform, const struct lb_base_image *answer)
{
	if (!keep)
		return;
	keep->asked = lb_grow(keep->asked, keep->asked_count, &keep->asked_cap, sizeof(*keep->asked));
	keep->asked[keep->asked_count++] = (struct resolved_image){ name, platform, answer };
}

static int check_image(const struct build *b, const struct lb_instruction *in, const char *from, int from_stage, struct resolved *keep,
		       struct lb_err *err)
{
	if (!from || from_stage >= 0 || strcmp(from, "scratch") == 0)
		return 0;
	for (size_t i = 0; i < b->o->contexts_count; i++)
		if (strcmp(b->o->contexts[i].name, from) == 0)
			return 0;
	const struct lb_base_image *image = b->o->find_base(b->o->find_base_arg, from, b->o->platform);
	if (!image)
		return lb_fail_at(err, lb_instruction_pos(b->plan->df, in), "no stage, context or base is called '%s'", from);
	note_image(keep, from, b->o->platform, image);
	return 0;
}

static bool images_are(const struct build *b, const struct resolved *r)
{
	for (size_t i = 0; i < r->asked_count; i++) {
		const struct resolved_image *a = &r->asked[i];
		if (b->o->find_base(b->o->find_base_arg, a->name, a->platform) != a->answer)
			return false;
	}
	return true;
}

/* ---- instructions ---- */

static void *copy(struct lb_arena *arena, const void *items, size_t bytes)
{
	void *own = lb_arena_alloc(arena, bytes + 1);
	if (bytes)
		memcpy(own, items, bytes);
	return own;
}

/* The state as it is now: later instructions write into these lists. */
static const struct lb_stage_state *frozen(struct lb_arena *arena, const struct lb_stage_state *s)
{
	struct lb_stage_state *f = copy(arena, s, sizeof(*s));
	f->config.env.items = copy(arena, s->config.env.items, s->config.env.count * sizeof(*s->config.env.items));
	f->config.labels.items = copy(arena, s->config.labels.items, s->config.labels.count * sizeof(*s->config.labels.items));
	f->args = copy(arena, s->args, s->args_count * sizeof(*s->args));
	return f;
}

static bool moves_files_alone(enum lb_op op)
{
	return op == LB_OP_COPY || op == LB_OP_ADD || op == LB_OP_RUN;
}

/* out->before is there already. */
static int resolve_step(struct build *b, const struct lb_instruction *in, struct lb_stage_state *state, struct resolved_step *out,
			struct resolved *keep, struct lb_err *err)
{
	int rc = lb_step_resolve(state, in, 0, &out->step, err);
	const struct lb_step *step = &out->step;
	if (!rc)
		rc = check_image(b, in, step->from, step->from_stage, keep, err);
	for (size_t k = 0; !rc && k < step->mounts_count; k++)
		rc = check_image(b, in, step->mounts[k].from, step->mounts[k].from_stage, keep, err);
	if (rc || !keep)
		return rc;
	struct lb_arena *arena = &b->plan->arena;
	out->after = moves_files_alone(step->op) ? out->before : frozen(arena, state);
	out->text = step_text(arena, in);
	out->model = step->op == LB_OP_RUN ? step_model(b, out->text, step->command) : NULL;
	return 0;
}

static bool has_triggers(const struct stage_run *st, const struct lb_stage_state *states)
{
	if (st->base)
		return st->base->config.onbuild_count;
	return st->base_stage && states[st->base_stage->index].config.onbuild_count;
}

static int resolve_stage(struct build *b, struct stage_run *st, struct lb_stage_state *states, struct resolved *keep, struct lb_err *err)
{
	const struct lb_stage *stage = st->plan->stage;
	struct lb_stage_state *state = &states[st->index];
	struct resolved_step *steps = lb_arena_alloc(keep ? &b->plan->arena : &b->arena, (stage->end - stage->first) * sizeof(*steps));
	int rc = stage_find_base(b, st, err);
	if (rc)
		return rc;
	if (st->base)
		note_image(keep, st->plan->base, st->plan->platform, st->base);
	lb_stage_state_init(state, b->plan, st->index, st->base ? &st->base->config : NULL,
			    st->base_stage ? &states[st->base_stage->index] : NULL);
	/* triggers are parsed into the file, by each build anew */
	if (keep && has_triggers(st, states))
		keep->unfit = true;
	for (size_t i = stage->first; !rc && i < stage->end; i++) {
		struct resolved_step *step = &steps[i - stage->first];
		if (keep)
			step->before = step == steps ? frozen(&b->plan->arena, state) : step[-1].after;
		rc = resolve_step(b, &b->plan->df->instructions[i], state, step, keep, err);
	}
	if (keep)
		keep->stages[st->index] = steps;
	return rc;
}

static int resolve_stages(struct build *b, struct resolved *keep, struct lb_err *err)
{
	struct lb_stage_state *states = lb_arena_alloc(&b->arena, b->plan->stages_count * sizeof(*states));
	int rc = 0;
	for (size_t i = 0; !rc && i < b->plan->order_count; i++)
		rc = resolve_stage(b, &b->stages[b->plan->order[i]], states, keep, err);
	return rc;
}

/* ---- plans ---- */

static void note_plan(struct build *b, struct lb_build_plan *plan)
{
	b->plan = plan;
	b->stages = lb_arena_alloc(&b->arena, plan->stages_count * sizeof(*b->stages));
	for (size_t s = 0; s < plan->stages_count; s++) {
		b->stages[s].index = (int)s;
		b->stages[s].plan = &plan->stages[s];
	}
	for (size_t i = 0; i < plan->order_count; i++)
		b->stages[plan->order[i]].needed = true;
}

static int new_plan(struct build *b, struct lb_pairs *contexts, struct lb_err *err)
{
	const struct lb_build_options *o = b->o;
	for (size_t i = 0; i < o->contexts_count; i++)
		contexts->items[i] = (struct lb_pair){ o->contexts[i].name, "" };
	contexts->count = o->contexts_count;
	struct lb_plan_options po = { .build_args = o->build_args,
				      .target = o->target,
				      .platform = o->platform,
				      .named_contexts = contexts,
				      .dialect = o->policy->dialect,
				      .unneeded_too = b->shape.unneeded_stages };
	struct lb_build_plan *plan;
	int rc = lb_build_plan_new(o->dockerfile, &po, &plan, err);
	if (!rc)
		note_plan(b, plan);
	return rc;
}

static int plan_alone(struct build *b, struct lb_err *err)
{
	struct lb_pairs *contexts = lb_arena_alloc(&b->arena, sizeof(*contexts));
	contexts->items = lb_arena_alloc(&b->arena, (b->o->contexts_count + 1) * sizeof(struct lb_pair));
	int rc = new_plan(b, contexts, err);
	return rc || !b->shape.resolves_first ? rc : resolve_stages(b, NULL, err);
}

static void add_text(struct lb_buf *key, const char *s)
{
	lb_buf_add(key, s ? s : "\1", s ? strlen(s) + 1 : 2);
}

/* What a plan follows from, but for the bases. */
static void make_key(const struct build *b, struct lb_buf *key)
{
	const struct lb_build_options *o = b->o;
	const void *const objects[] = { o->dockerfile, o->policy, o->models };
	const uint64_t counts[] = { lb_cache_kind(o->cache), o->models_count, o->contexts_count };
	lb_buf_add(key, objects, sizeof(objects));
	lb_buf_add(key, counts, sizeof(counts));
	add_text(key, o->target);
	add_text(key, o->platform);
	for (size_t i = 0; i < o->contexts_count; i++)
		add_text(key, o->contexts[i].name);
	for (size_t i = 0; o->build_args && i < o->build_args->count; i++) {
		add_text(key, o->build_args->items[i].name);
		add_text(key, o->build_args->items[i].value);
	}
}

void resolved_free(struct resolved *r)
{
	if (!r)
		return;
	lb_build_plan_free(r->plan);
	free(r->asked);
	free(r->contexts.items);
	free(r->stages);
	free(r);
}

/* One that has all its instructions resolved; NULL when they cannot be, or must not be shared. */
static struct resolved *make_resolved(struct build *b, struct lb_err *err)
{
	struct resolved *r = lb_calloc(1, sizeof(*r));
	r->contexts.items = lb_calloc(b->o->contexts_count, sizeof(struct lb_pair));
	int rc = new_plan(b, &r->contexts, err);
	if (!rc) {
		r->plan = b->plan;
		r->stages = lb_calloc(b->plan->stages_count, sizeof(*r->stages));
		rc = resolve_stages(b, r, err);
	}
	if (!rc && !r->unfit)
		return r;
	resolved_free(r);
	b->plan = NULL;
	return NULL;
}

int resolve_plan(struct build *b, struct lb_err *err)
{
	lb_autobuf struct lb_buf key = { 0 };
	struct lb_err ignored;
	bool room;
	if (!b->o->lasting) {
		b->resolved = b->own = b->shape.resolves_first ? make_resolved(b, &ignored) : NULL;
		return b->own ? 0 : plan_alone(b, err);
	}
	make_key(b, &key);
	struct resolved *r = results_plans(b->o->results, &key, &room);
	while (r && !images_are(b, r))
		r = r->next;
	if (r) {
		note_plan(b, r->plan);
	} else if (room) {
		r = make_resolved(b, &ignored);
		if (r)
			results_add_plan(b->o->results, &key, r);
	}
	b->resolved = r;
	return r ? 0 : plan_alone(b, err);
}
