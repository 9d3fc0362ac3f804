/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine makes of the layer that a step left: which of its entries it lists, whether it forms a layer at
 * all, where a directory of WORKDIR goes. The rules are data (struct lb_shape); observed on layers of real engines.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_lone(const struct lb_node *n)
{
	return n->attr.kind == LB_DIR && !n->entries_count && !n->attr.opaque;
}

/* A layer's node made of other entries (taken over). */
static struct lb_node *with_entries(const struct lb_node *old, const struct lb_attr *attr, struct lb_entry *entries, size_t count)
{
	struct lb_node *made = lb_node_new_dir(attr, entries, count);
	made->unknown = old->unknown;
	return made;
}

static void take_entry(struct lb_entry *entries, size_t *count, const struct lb_entry *e, struct lb_node *node)
{
	if (node)
		entries[(*count)++] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, node };
}

/* ---- drops_unchanged, link_alone ---- */

/* The same file as below, times too; being linked elsewhere is no change of it. */
static bool is_unchanged(const struct lb_node *n, const struct lb_node *lower)
{
	struct lb_digest a, b;
	if (!lower || n->attr.kind == LB_WHITEOUT)
		return false;
	struct lb_attr now = n->attr, then = lower->attr;
	now.link_group = then.link_group = 0;
	if (!lb_attr_equal(&now, &then, true) || lb_node_size(n) != lb_node_size(lower))
		return false;
	return lb_content_digest(n->content, &a, NULL) == 0 && lb_content_digest(lower->content, &b, NULL) == 0 && lb_digest_equal(&a, &b);
}

/* n without what is below already; NULL: nothing is left of it. */
static struct lb_node *drop_unchanged(const struct lb_node *lower, struct lb_node *n)
{
	if (n->attr.kind != LB_DIR)
		return is_unchanged(n, lower) ? NULL : lb_node_ref(n);
	if (!lb_node_is_dir(lower) || n->attr.opaque)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		take_entry(entries, &count, e, drop_unchanged(lb_dir_find(lower, e->name, e->name_len), e->node));
	}
	struct lb_node *made = with_entries(n, &n->attr, entries, count);
	if (!is_lone(made) || !lb_attr_equal(&n->attr, &lower->attr, false))
		return made;
	lb_node_unref(made);
	return NULL;
}

struct group_count {
	uint64_t group;
	size_t names;
};

static int count_names(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct group_count *c = arg;
	(void)path;
	(void)len;
	c->names += n->attr.kind == LB_FILE && n->attr.link_group == c->group;
	return 0;
}

/* A name whose other names are not in the layer is a file by itself. */
static struct lb_node *free_links(struct lb_node *top, struct lb_node *n)
{
	if (n->attr.kind == LB_FILE && n->attr.link_group) {
		struct group_count c = { n->attr.link_group, 0 };
		lb_tree_walk(top, count_names, &c);
		struct lb_attr alone = n->attr;
		alone.link_group = 0;
		return c.names > 1 ? lb_node_ref(n) : lb_node_with_attr(n, &alone);
	}
	if (n->attr.kind != LB_DIR)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++)
		take_entry(entries, &count, &n->entries[i], free_links(top, n->entries[i].node));
	return with_entries(n, &n->attr, entries, count);
}

/* ---- changed_dirs_only ---- */

static bool holds_new(const struct lb_node *n, const struct lb_node *lower)
{
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		if (e->node->attr.kind == LB_WHITEOUT)
			continue;
		if (e->node->attr.kind != LB_DIR || !lb_node_is_dir(lb_dir_find(lower, e->name, e->name_len)))
			return true;
	}
	return false;
}

/* n with directories that only lead to changes marked as such. */
static struct lb_node *mark_leading(const struct lb_node *lower, struct lb_node *n)
{
	if (n->attr.kind != LB_DIR || !lb_node_is_dir(lower) || n->attr.opaque)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		take_entry(entries, &count, e, mark_leading(lb_dir_find(lower, e->name, e->name_len), e->node));
	}
	struct lb_attr attr = n->attr;
	attr.implied = attr.implied || (lb_attr_equal(&n->attr, &lower->attr, true) && !holds_new(n, lower));
	return with_entries(n, &attr, entries, count);
}

/* ---- whiteouts ---- */

static struct lb_node *set_whiteout_mode(struct lb_node *n, uint32_t mode)
{
	if (n->attr.kind == LB_WHITEOUT) {
		struct lb_attr attr = { .kind = LB_WHITEOUT, .mode = mode };
		return lb_node_new(&attr, NULL);
	}
	if (n->attr.kind != LB_DIR || !n->marks_below)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++)
		take_entry(entries, &count, &n->entries[i], set_whiteout_mode(n->entries[i].node, mode));
	return with_entries(n, &n->attr, entries, count);
}

/* ---- directories of WORKDIR that had no layer of their own ---- */

struct pending {
	struct lb_node *layer; /* the one that they go into; replaced */
	struct lb_err *err;
};

static int add_directory(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct pending *p = arg;
	struct lb_node *there = len ? lb_tree_get(p->layer, path) : p->layer, *next;
	if (there && there->attr.kind != LB_WHITEOUT)
		return 0;
	struct lb_node *made = lb_node_new_dir(&n->attr, NULL, 0);
	static const struct lb_attr implied = { .kind = LB_DIR, .mode = 0755, .implied = true };
	int rc = there ? lb_tree_remove(p->layer, path, &next, p->err) : lb_tree_put(p->layer, path, made, &implied, false, &next, p->err);
	if (rc || there)
		lb_node_unref(made);
	if (!rc) {
		lb_node_unref(p->layer);
		p->layer = next;
	}
	return rc ? rc : there ? LB_WALK_SKIP : 0;
}

int shape_add_directories(struct lb_node *dirs, struct lb_node **layer, struct lb_err *err)
{
	struct pending p = { *layer, err };
	int rc = lb_tree_walk(dirs, add_directory, &p);
	*layer = p.layer;
	return rc;
}

static bool has_no_layer(const struct step_run *sr)
{
	return !sr->result || sr->result->no_layer;
}

static int add_pending(const struct stage_run *st, const struct step_run *sr, struct lb_node **layer, struct lb_err *err)
{
	const struct step_run *first = sr;
	while (first > st->steps && has_no_layer(first - 1))
		first--;
	int rc = 0;
	for (; !rc && first < sr; first++)
		if (first->step.op == LB_OP_WORKDIR && first->result && first->result->layer)
			rc = shape_add_directories(first->result->layer, layer, err);
	return rc;
}

/* ---- all ---- */

static void replace(struct lb_node **layer, struct lb_node *by)
{
	lb_node_unref(*layer);
	*layer = by;
}

int shape_result(const struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_node *root, struct result *r,
		 struct lb_err *err)
{
	const struct lb_shape *s = &b->shape;
	bool run = sr->step.op == LB_OP_RUN;
	if (run && !r->layer)
		r->layer = lb_tree_empty();
	if (!r->layer || result_unknown(r) || r->no_layer)
		return 0;
	if (s->drops_unchanged || (run && s->link_alone)) {
		struct lb_node *left = drop_unchanged(root, r->layer);
		replace(&r->layer, left ? left : lb_tree_empty());
		replace(&r->layer, free_links(r->layer, r->layer));
	}
	if (run && s->changed_dirs_only)
		replace(&r->layer, mark_leading(root, r->layer));
	if (s->whiteout_mode && r->layer->marks_below)
		replace(&r->layer, set_whiteout_mode(r->layer, s->whiteout_mode));
	r->no_layer = run && !s->run_empty_layer && !r->layer->entries_count;
	return s->workdir_layer || r->no_layer ? 0 : add_pending(st, sr, &r->layer, err);
}
