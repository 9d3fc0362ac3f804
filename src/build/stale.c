/* SPDX-License-Identifier: Apache-2.0
 *
 * Stale hits. An engine that overlooks a difference keeps a layer that a build from scratch would not make; what
 * stands on that layer, or copies from it, goes on with it. Steps above which nothing was overlooked are what they
 * would be from scratch; the others are tainted, and made anew in memory when somebody asks.
 */
#include "build/internal.h"

#include <string.h>

static bool on_tainted(const struct stage_run *st)
{
	return st->tainted || (st->base_stage && on_tainted(st->base_stage));
}

static bool reads_tainted(const struct build *b, const struct step_run *sr)
{
	if (sr->step->from_stage >= 0 && sr->step->from && on_tainted(&b->stages[sr->step->from_stage]))
		return true;
	for (size_t i = 0; i < sr->step->mounts_count; i++) {
		const struct lb_mount *m = &sr->step->mounts[i];
		if (m->type == LB_MOUNT_BIND && m->from && m->from_stage >= 0 && on_tainted(&b->stages[m->from_stage]))
			return true;
	}
	return false;
}

/* Files of the context, and the builder has not those that are on the disk. */
static bool reads_remembered(const struct build *b, const struct step_run *sr)
{
	const struct lb_node *clean = lb_cache_unremembered(b->o->cache);
	return sr->in.sources_count && clean && clean != b->context;
}

static void taint(struct stage_run *st, struct step_run *sr)
{
	sr->tainted = st->tainted = true;
}

void stale_note_miss(const struct build *b, struct stage_run *st, struct step_run *sr)
{
	if (reads_remembered(b, sr) || on_tainted(st) || reads_tainted(b, sr))
		taint(st, sr);
}

/* ---- from scratch ---- */

/* A command is not carried out for the sake of a comparison. */
static bool is_comparable(const struct build *b, const struct step_run *sr)
{
	return b->o->mode != LB_RUN_EXEC || sr->step->op != LB_OP_RUN;
}

static int make_clean(struct build *b, struct stage_run *st, struct step_run *sr, struct result *r, struct lb_err *err)
{
	struct lb_node *root = NULL;
	int rc = stale_clean_root(b, st, (size_t)(sr - st->steps), &root, err);
	if (!rc)
		rc = inputs_gather(b, st, sr, false, err);
	for (size_t i = 0; !rc && i < sr->in.sources_count; i++)
		if (!sr->sources[i].known)
			rc = lb_fail(err, LB_NOT_FOUND, "'%s' reads what is not held", sr->text);
	if (!rc)
		rc = step_carry_out(b, st, sr, root, r, err);
	lb_node_unref(root);
	return rc;
}

/* Makes what the step would leave in a build from scratch. What the real one goes by stays as it is. */
static int carry_out_clean(struct build *b, struct stage_run *st, struct step_run *sr, struct result *r, struct lb_err *err)
{
	struct lb_inputs in = sr->in;
	struct lb_source *sources = sr->sources;
	bool outer = b->from_scratch;
	sr->in = (struct lb_inputs){ 0 };
	b->from_scratch = true;
	int rc = make_clean(b, st, sr, r, err);
	b->from_scratch = outer;
	inputs_release(sr);
	sr->in = in;
	sr->sources = sources;
	return rc;
}

static int clean_layer(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node **out, struct lb_err *err)
{
	if (!sr->tainted || !is_comparable(b, sr)) {
		*out = result_layer(b, sr->result);
		return sr->result ? 0 : lb_fail(err, LB_NOT_FOUND, "the layer of '%s' is not held", sr->text);
	}
	struct result clean = { 0 };
	int rc = sr->clean_made ? 0 : carry_out_clean(b, st, sr, &clean, err);
	if (rc) {
		lb_node_unref(clean.layer);
		return rc;
	}
	if (!sr->clean_made)
		sr->clean = clean.layer;
	sr->clean_made = true;
	*out = sr->clean;
	return 0;
}

static int add_clean(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node **root, struct lb_err *err)
{
	lb_autonode struct lb_node *unknown = sr->outcome == LB_UNKNOWN ? lb_tree_unknown() : NULL;
	struct lb_node *layer = unknown;
	if (sr->outcome == LB_HIT || sr->outcome == LB_MISS) {
		int rc = clean_layer(b, st, sr, &layer, err);
		if (rc)
			return rc;
	}
	if (!layer)
		return 0;
	struct lb_node *next = sr->tainted ? lb_tree_apply(*root, layer) : results_apply(b->o->results, *root, layer);
	lb_node_unref(*root);
	*root = next;
	return 0;
}

int stale_clean_root(struct build *b, struct stage_run *st, size_t upto, struct lb_node **out, struct lb_err *err)
{
	lb_autonode struct lb_node *root = NULL;
	int rc = 0;
	if (st->base_stage)
		rc = stale_clean_root(b, st->base_stage, st->base_stage->steps_count, &root, err);
	else
		root = st->base ? lb_node_ref(st->base->root) : lb_tree_empty();
	for (size_t i = 0; !rc && i < upto && i < st->steps_count; i++)
		rc = add_clean(b, st, &st->steps[i], &root, err);
	*out = rc ? NULL : lb_steal(&root);
	return rc;
}

/* ---- hits ---- */

/* What makes no layer of its own may show in the next one. */
static bool same_layer(const struct result *a, const struct result *b)
{
	if (a->no_layer != b->no_layer || !a->layer || !b->layer)
		return a->no_layer == b->no_layer && !a->layer == !b->layer;
	return lb_tree_equal_but_times(a->layer, b->layer);
}

/* suspect: what it is when no layers can be compared. */
static void compare(struct build *b, struct stage_run *st, struct step_run *sr, bool suspect)
{
	struct result clean = { 0 };
	sr->stale = suspect ? LB_STALE_SUSPECT : LB_STALE_NO;
	if (b->o->mode == LB_RUN_DRY || !is_comparable(b, sr))
		return;
	sr->clean_made = carry_out_clean(b, st, sr, &clean, NULL) == 0;
	sr->clean = clean.layer;
	if (sr->clean_made && !(clean.layer && clean.layer->unknown))
		sr->stale = same_layer(&clean, sr->result) ? LB_STALE_NO : LB_STALE_WRONG;
}

void step_check_stale(struct build *b, struct stage_run *st, struct step_run *sr)
{
	bool differs = !lb_digest_equal(&sr->decision.inputs_then, &sr->decision.inputs_now);
	bool doubtful = differs || reads_tainted(b, sr) || (on_tainted(st) && sr->step->op == LB_OP_RUN);
	/* a look at the layers tells; where none is taken, a guess is no suspicion */
	if (b->o->mode != LB_RUN_DRY)
		doubtful = doubtful || on_tainted(st) || reads_remembered(b, sr);
	if (!sr->result) {
		if (doubtful)
			taint(st, sr);
		return;
	}
	if (doubtful)
		compare(b, st, sr, b->o->mode == LB_RUN_DRY || differs);
	if (sr->stale)
		taint(st, sr);
	if (sr->step->op == LB_OP_RUN && sr->in.depends_known && !lb_digest_equal(&sr->world, &sr->result->world))
		sr->stale = LB_STALE_OUTDATED;
}
