/* SPDX-License-Identifier: Apache-2.0
 *
 * A build from the top: the plan of stages, the context as the engine's builder sees it, the stages in order,
 * the image, the rows. See internal.h for how the parts fit.
 */
#include "build/kept.h"

#include <stdlib.h>
#include <string.h>

static void release_steps(struct stage_run *st)
{
	for (size_t i = 0; i < st->steps_count; i++) {
		inputs_release(&st->steps[i]);
		lb_node_unref(st->steps[i].clean);
		lb_decision_release(&st->steps[i].decision);
	}
	lb_link_unref(st->link);
}

static void build_release(struct build *b)
{
	for (size_t s = 0; b->stages && s < b->plan->stages_count; s++)
		release_steps(&b->stages[s]);
	for (size_t i = 0; i < b->image_links_count; i++)
		lb_link_unref(b->image_links[i]);
	free(b->image_links);
	lb_node_unref(b->context);
	if (!b->resolved)
		lb_build_plan_free(b->plan);
	resolved_free(b->own);
	lb_arena_release(&b->arena);
	lb_buf_release(&b->note);
}

static int receive_context(struct build *b, struct lb_err *err)
{
	struct lb_node *filtered = results_ignore(b->o->results, b->o->context, b->o->ignore);
	struct lb_tree_count count = lb_tree_count(filtered);
	b->out->context_files = count.files;
	b->out->context_bytes = count.bytes;
	int rc = lb_cache_receive(b->o->cache, "", filtered, &b->context, err);
	lb_node_unref(filtered);
	return rc;
}

static int run_stages(struct build *b, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && !b->failed && i < b->plan->order_count; i++)
		rc = stage_decide(b, &b->stages[b->plan->order[i]], err);
	return rc;
}

static bool lacks_layer(const struct stage_run *st)
{
	for (; st; st = st->base_stage)
		for (size_t i = 0; i < st->steps_count; i++)
			if (st->steps[i].outcome == LB_HIT && !st->steps[i].result)
				return true;
	return false;
}

/* The image holds the layers of the target's own chain: hits whose layers the cache does not hold are carried
 * out after all (observed on a builder that imports a cache of mode=min). */
static int complete_target(struct build *b, struct lb_err *err)
{
	struct stage_run *target = &b->stages[b->plan->target];
	if (b->failed || !lacks_layer(target))
		return 0;
	struct lb_node *root = NULL;
	int rc = stage_root(b, target, target->steps_count, true, &root, err);
	lb_node_unref(root);
	if (rc != LB_FAILED)
		return rc;
	b->failed = true;
	b->out->ok = false;
	snprintf(b->out->message, sizeof(b->out->message), "%s", err->text);
	return 0;
}

static int carry_out(struct build *b, struct lb_err *err)
{
	int rc = resolve_plan(b, err);
	if (!rc)
		rc = lb_cache_begin(b->o->cache, err);
	if (rc)
		return rc;
	rc = receive_context(b, err);
	if (!rc)
		rc = run_stages(b, err);
	if (!rc)
		rc = complete_target(b, err);
	struct stage_run *target = &b->stages[b->plan->target];
	if (!rc)
		rc = output_image(b, target, err);
	struct lb_link *final = rc || b->failed ? NULL : target->link;
	int ended = lb_cache_end(b->o->cache, final, &b->out->cache, rc ? NULL : err);
	if (!rc)
		output_rows(b);
	return rc ? rc : ended;
}

int lb_build(const struct lb_build_options *options, struct lb_build_result *out, struct lb_err *err)
{
	struct build b = { .o = options, .out = out, .shape = lb_policy_shape(options->policy, lb_cache_kind(options->cache)) };
	*out = (struct lb_build_result){ .ok = true };
	if (options->keeps_results)
		lb_cache_ask(options->cache, kept_holds, &b);
	int rc = carry_out(&b, err);
	if (options->keeps_results)
		lb_cache_ask(options->cache, NULL, NULL);
	build_release(&b);
	return rc;
}
