/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include "lbench/mem.h"

struct filter {
	lb_keep_fn *keep;
	void *arg;
	struct lb_buf path;
};

static struct lb_node *filter_dir(struct filter *f, struct lb_node *in, const struct lb_node *prev_in, const struct lb_node *prev_out);

/* The result for one entry (a reference), NULL when it is dropped. */
static struct lb_node *filter_entry(struct filter *f, const struct lb_entry *e, const struct lb_node *prev_in,
				    const struct lb_node *prev_out)
{
	struct lb_node *was = prev_in ? lb_dir_find(prev_in, e->name, e->name_len) : NULL;
	struct lb_node *is = prev_out ? lb_dir_find(prev_out, e->name, e->name_len) : NULL;
	if (was == e->node)
		return lb_node_ref(is);
	enum lb_keep k = f->keep(f->path.data, f->path.len, e->node, f->arg);
	if (k == LB_KEEP && e->node->attr.kind != LB_DIR)
		return lb_node_ref(e->node);
	if (k == LB_DROP || e->node->attr.kind != LB_DIR)
		return NULL;
	lb_autonode struct lb_node *out = filter_dir(f, e->node, lb_node_is_dir(was) ? was : NULL, lb_node_is_dir(is) ? is : NULL);
	return k == LB_KEEP || out->entries_count ? lb_steal(&out) : NULL;
}

static struct lb_node *filter_dir(struct filter *f, struct lb_node *in, const struct lb_node *prev_in, const struct lb_node *prev_out)
{
	lb_autodraft struct lb_draft d = { 0 };
	bool same = true;
	size_t len = f->path.len;
	for (size_t i = 0; i < in->entries_count; i++) {
		const struct lb_entry *e = &in->entries[i];
		if (len)
			lb_buf_addc(&f->path, '/');
		lb_buf_add(&f->path, e->name, e->name_len);
		struct lb_node *n = filter_entry(f, e, prev_in, prev_out);
		f->path.len = len;
		same &= n == e->node;
		if (n)
			lb_draft_add(&d, e->name, e->name_len, n);
	}
	if (same)
		return lb_node_ref(in);
	/* what changed may all have been dropped: then the result is the earlier one */
	return lb_draft_done_or(&d, &in->attr, in->unknown, prev_out);
}

struct lb_node *lb_tree_filter(struct lb_node *root, lb_keep_fn *keep, void *arg, const struct lb_node *prev_in,
			       const struct lb_node *prev_out)
{
	if (root == prev_in)
		return lb_node_ref((struct lb_node *)(uintptr_t)prev_out);
	struct filter f = { .keep = keep, .arg = arg };
	struct lb_node *out = filter_dir(&f, root, prev_in, prev_out);
	lb_buf_release(&f.path);
	return out;
}
