/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan of a run with one variant and the edits in question, carried out under dry without a record: the decisions
 * are those that `lbench run --run dry` would write down.
 */
#include "whatif/whatif.h"

#include <stdlib.h>
#include <string.h>

#include "measure/runner.h"

struct listening {
	struct whatif *w;
	struct whatif_build *b;
	size_t cap;
	/* evidence's inherited step, by step: stage and index, -1 */
	struct inherited {
		int stage, index;
	} * from;
	size_t from_cap;
};

static const char *keep(struct whatif *w, const char *text)
{
	return text ? lb_arena_strdup(&w->arena, text) : NULL;
}

static void keep_decision(struct listening *l, const struct lb_decision *d, struct whatif_step *s, struct inherited *from)
{
	const struct lb_evidence *e = &d->evidence;
	s->need = s->outcome != LB_MISS        ? WHATIF_NEED_UNKNOWN
		  : d->needed == LB_NEEDED_YES ? WHATIF_NEEDED
		  : d->needed == LB_NEEDED_NO  ? WHATIF_WASTED
					       : WHATIF_NEED_UNKNOWN;
	s->path = keep(l->w, e->path);
	s->attribute = keep(l->w, e->attribute);
	s->argument = keep(l->w, e->argument);
	s->was = keep(l->w, e->was);
	s->now = keep(l->w, e->now);
	s->changed = e->changed;
	if (s->reason == LB_PARENT_MISSED)
		*from = (struct inherited){ e->inherited_stage, e->inherited_index };
}

static void on_row(void *arg, const struct lb_step_row *row)
{
	struct listening *l = arg;
	struct whatif_build *b = l->b;
	b->steps = lb_grow(b->steps, b->count, &l->cap, sizeof(*b->steps));
	l->from = lb_grow(l->from, b->count, &l->from_cap, sizeof(*l->from));
	struct whatif_step *s = &b->steps[b->count];
	struct inherited *from = &l->from[b->count++];
	*from = (struct inherited){ -1, -1 };
	*s = (struct whatif_step){ .stage_name = keep(l->w, row->stage_name),
				   .stage = row->stage,
				   .index = row->index,
				   .line = row->in->first_line,
				   .trigger = row->trigger,
				   .text = keep(l->w, row->text),
				   .outcome = row->outcome,
				   .reason = row->reason,
				   .is_run = row->is_run,
				   .source = row->model_source,
				   .seconds_known = row->run_ns_known,
				   .ns = row->run_ns,
				   .message = keep(l->w, row->message) };
	if (row->decision && (row->outcome == LB_MISS || row->outcome == LB_META))
		keep_decision(l, row->decision, s, from);
}

static int step_at(const struct whatif_build *b, const struct inherited *at)
{
	for (size_t i = 0; at->stage >= 0 && i < b->count; i++)
		if (b->steps[i].stage == at->stage && b->steps[i].index == at->index)
			return (int)i;
	return -1;
}

static void find_roots(struct listening *l)
{
	struct whatif_build *b = l->b;
	for (size_t i = 0; i < b->count; i++) {
		int at = (int)i, next;
		for (size_t hops = 0; hops < b->count && (next = step_at(b, &l->from[at])) >= 0 && next != at; hops++)
			at = next;
		b->steps[i].root = at;
	}
}

/* ---- one build ---- */

static enum lb_keep keep_sent(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct lb_ignore *ignore = arg;
	if (!lb_ignore_matches(ignore, path, len))
		return LB_KEEP;
	return node->attr.kind == LB_DIR && lb_ignore_may_reenter(ignore, path, len) ? LB_DROP_BUT_ENTER : LB_DROP;
}

static void count_changed(struct whatif *w, size_t i, struct whatif_build *b)
{
	struct prepared *p = w->prepared;
	const struct input *was = prepared_input(p, 0, 0, 0), *now = prepared_input(p, p->state_of[i], 0, 0);
	if (!was->context || !now->context)
		return;
	lb_autonode struct lb_node *difference = lb_tree_diff(was->context, now->context), *sent = NULL;
	if (!difference)
		return;
	sent = now->ignore ? lb_tree_filter(difference, keep_sent, (void *)now->ignore, NULL, NULL) : lb_node_ref(difference);
	struct lb_tree_count count = lb_tree_count(sent);
	b->changed_files = count.files;
	b->changed_bytes = count.bytes;
}

static const char *refusal(const struct whatif *w, size_t i, struct whatif_build *b)
{
	struct prepared *p = w->prepared;
	const struct state_entry *e = &p->states[p->state_of[i]];
	b->no_effect = e->fault && e->no_effect;
	return e->fault ? e->fault : prepared_input(p, p->state_of[i], 0, 0)->refused;
}

static int build(struct whatif *w, size_t i, struct cell *c, struct whatif_build *b, struct lb_err *err)
{
	const char *why = refusal(w, i, b);
	struct listening l = { .w = w, .b = b };
	struct lb_build_options bo;
	struct lb_build_result result;
	if (why) {
		b->message = why;
		return 0;
	}
	prepared_options(w->prepared, i, &bo);
	bo.cache = c->cache;
	bo.scope = c->scope;
	bo.events = (struct lb_events){ .arg = &l, .row = on_row };
	int rc = lb_build(&bo, &result, err);
	find_roots(&l);
	free(l.from);
	if (rc == LB_UNSUPPORTED || rc == LB_INVALID) {
		b->message = keep(w, err->text);
		return 0;
	}
	if (rc)
		return rc;
	b->ok = result.ok;
	b->message = result.ok ? NULL : keep(w, result.message);
	b->context_files = result.context_files;
	b->context_bytes = result.context_bytes;
	return 0;
}

/* The first build of the plan is the one that all others go on from. */
static int build_all(struct whatif *w, const struct whatif_options *o, struct lb_store *records, struct lb_err *err)
{
	struct cell first = { 0 };
	int rc = cell_new(w->measure, &w->plan.builds[0], records, &first, err);
	for (size_t i = 0; i < w->plan.count && !rc; i++) {
		const struct scn_build *b = &w->plan.builds[i];
		struct cell c = { 0 };
		if (o->cancel && atomic_load(o->cancel)) {
			rc = lb_fail(err, LB_INTERRUPTED, "interrupted");
		} else if (b->edit < 0) {
			rc = build(w, i, &first, &w->cold, err);
		} else {
			cell_fork(w->measure, &first, &c);
			rc = build(w, i, &c, &w->edits[b->edit], err);
			cell_release(&c, 1);
		}
		if (!rc && b->edit >= 0 && o->sizes)
			count_changed(w, i, &w->edits[b->edit]);
	}
	cell_release(&first, 1);
	return rc;
}

/* ---- the whole ---- */

static void describe(struct whatif *w, const struct whatif_options *o)
{
	w->scenario = lb_malloc(sizeof(*w->scenario));
	*w->scenario = *o->scenario;
	w->scenario->variants += o->variant;
	w->scenario->variants_count = 1;
	w->scenario->edits = o->edits;
	w->scenario->edits_count = o->edits_count;
	w->scenario->models = o->models;
	w->scenario->models_count = o->models_count;
	w->scenario->workload = SCN_EACH;
	w->scenario->shared_scope = false;
	w->edits = lb_calloc(o->edits_count + 1, sizeof(*w->edits));
	w->edits_count = o->edits_count;
	w->measure = lb_malloc(sizeof(*w->measure));
	/* the lists of one are copied, for they are asked for as long as this lives */
	const struct lb_policy **policy = lb_arena_alloc(&w->arena, sizeof(*policy));
	enum lb_builder_kind *builder = lb_arena_alloc(&w->arena, sizeof(*builder));
	*policy = o->policy;
	*builder = o->builder;
	*w->measure = (struct measure_options){ .scenario = w->scenario,
						.policies = policy,
						.policies_count = 1,
						.builders = builder,
						.builders_count = 1,
						.mode = LB_RUN_DRY,
						.jobs = 1,
						.cancel = o->cancel };
}

static int decide(struct whatif *w, const struct whatif_options *o, struct lb_err *err)
{
	struct scn_plan_options po = { .policies = 1, .builders = 1, .repeat = 1 };
	struct lb_store *records = NULL;
	describe(w, o);
	int rc = scn_plan_make(w->scenario, &po, &w->plan, err);
	if (!rc)
		rc = measure_prepare(w->measure, &w->plan, &w->prepared, err);
	if (!rc)
		rc = lb_store_open_memory(&records, err);
	if (rc)
		return rc;
	rc = build_all(w, o, records, err);
	lb_store_close(records);
	return rc;
}

int whatif_decide(const struct whatif_options *o, struct whatif **out, struct lb_err *err)
{
	whatif_auto struct whatif *w = lb_calloc(1, sizeof(*w));
	int rc = decide(w, o, err);
	if (!rc)
		*out = lb_steal(&w);
	return rc;
}

void whatif_free(struct whatif *w)
{
	if (!w)
		return;
	free(w->cold.steps);
	for (size_t i = 0; i < w->edits_count; i++)
		free(w->edits[i].steps);
	free(w->edits);
	measure_free(w->prepared);
	scn_plan_release(&w->plan);
	free(w->measure);
	free(w->scenario);
	lb_arena_release(&w->arena);
	free(w);
}

void whatif_cleanup(struct whatif **w)
{
	whatif_free(*w);
}

size_t whatif_misses(const struct whatif_build *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->steps[i].outcome == LB_MISS;
	return n;
}

size_t whatif_reusable(const struct whatif_build *b)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++)
		n += b->steps[i].outcome == LB_MISS || b->steps[i].outcome == LB_HIT || b->steps[i].outcome == LB_UNKNOWN;
	return n;
}
