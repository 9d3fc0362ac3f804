/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer on what lies below it. What only one of both has is shared as it is; the marks of a layer
 * (whiteouts, opaque and implied directories) do their work and are gone from the result.
 *
 * What is not known spreads: a layer of which nothing is known may have changed anything below the place where
 * it is unknown, and a directory that a layer makes where the lower is unknown may have been there before, with
 * more in it, unless the layer says that it is opaque.
 */
#include "tree/node.h"

static struct lb_attr unmarked(const struct lb_attr *a)
{
	struct lb_attr clean = *a;
	clean.opaque = clean.implied = false;
	return clean;
}

/* A layer's node where the lower has none that shows through. over_unknown: it might have one. */
static struct lb_node *alone(struct lb_node *n, bool over_unknown)
{
	if (n->attr.kind != LB_DIR)
		return lb_node_ref(n);
	over_unknown = over_unknown && !n->attr.opaque;
	if (!n->attr.opaque && !n->attr.implied && !n->marks_below)
		return over_unknown ? lb_node_unknown_twin(n) : lb_node_ref(n);
	struct lb_draft d = { 0 };
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		if (e->node->attr.kind != LB_WHITEOUT)
			lb_draft_add(&d, e->name, e->name_len, alone(e->node, over_unknown));
	}
	struct lb_attr attr = unmarked(&n->attr);
	return lb_draft_done(&d, &attr, n->unknown || over_unknown);
}

static struct lb_node *merge(const struct lb_node *lower, const struct lb_node *layer);

/* What comes of one name, which one of both may lack; NULL: nothing. */
static struct lb_node *merge_entry(const struct lb_node *lower_dir, struct lb_node *lower, const struct lb_node *layer_dir,
				   struct lb_node *layer)
{
	struct lb_node *n;
	if (!layer)
		n = lb_node_ref(lower);
	else if (layer->attr.kind == LB_WHITEOUT)
		return NULL;
	else if (lb_node_is_dir(lower) && layer->attr.kind == LB_DIR && !layer->attr.opaque)
		n = merge(lower, layer);
	else
		n = alone(layer, !lower && lower_dir->unknown);
	if (!layer_dir->unknown || n->attr.kind != LB_DIR)
		return n;
	struct lb_node *twin = lb_node_unknown_twin(n);
	lb_node_unref(n);
	return twin;
}

static struct lb_node *merge(const struct lb_node *lower, const struct lb_node *layer)
{
	struct lb_draft d = { 0 };
	for (struct lb_pair p = { .a = lower, .b = layer }; lb_pair_next(&p);) {
		struct lb_node *n = merge_entry(lower, p.in_a, layer, p.in_b);
		if (n)
			lb_draft_add(&d, p.name->name, p.name->name_len, n);
	}
	struct lb_attr attr = layer->attr.implied ? lower->attr : unmarked(&layer->attr);
	return lb_draft_done_or(&d, &attr, lower->unknown || layer->unknown, lower);
}

struct lb_node *lb_tree_apply(const struct lb_node *lower, const struct lb_node *layer)
{
	if (!lower || layer->attr.opaque)
		return alone((struct lb_node *)(uintptr_t)layer, false);
	return merge(lower, layer);
}
