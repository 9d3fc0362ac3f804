/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

static bool same_content(struct lb_content *a, struct lb_content *b)
{
	if (a == b)
		return true;
	if ((a ? a->size_bytes : 0) != (b ? b->size_bytes : 0))
		return false;
	/* what cannot be read counts as changed: who writes it says why it cannot */
	struct lb_digest x, y;
	return !lb_content_digest(a, &x, NULL) && !lb_content_digest(b, &y, NULL) && lb_digest_equal(&x, &y);
}

/* Do both remember their digest, and is it one? */
static bool known_same(const struct lb_node *a, const struct lb_node *b, enum lb_flavour flavour)
{
	struct lb_digest x, y;
	return lb_node_digest_known(a, flavour, &x) && lb_node_digest_known(b, flavour, &y) && lb_digest_equal(&x, &y);
}

bool lb_tree_equal_but_times(const struct lb_node *a, const struct lb_node *b)
{
	if (a == b)
		return true;
	if (!lb_attr_equal(&a->attr, &b->attr, false) || a->unknown != b->unknown || a->entries_count != b->entries_count)
		return false;
	if (a->attr.kind != LB_DIR)
		return same_content(a->content, b->content);
	if (known_same(a, b, LB_FLAVOUR_NO_TIME))
		return true;
	for (size_t i = 0; i < a->entries_count; i++)
		if (lb_name_compare(a->entries[i].name, a->entries[i].name_len, b->entries[i].name, b->entries[i].name_len) != 0)
			return false;
	for (size_t i = 0; i < a->entries_count; i++)
		if (!lb_tree_equal_but_times(a->entries[i].node, b->entries[i].node))
			return false;
	return true;
}

/* What is new where the lower is not known is itself as known as it is listed: that more may lie there is the
 * lower's doing. */
static struct lb_node *known_twin(struct lb_node *n)
{
	if (n->attr.kind != LB_DIR || !lb_node_holds_unknown(n))
		return lb_node_ref(n);
	struct lb_draft d = { 0 };
	for (size_t i = 0; i < n->entries_count; i++)
		lb_draft_add(&d, n->entries[i].name, n->entries[i].name_len, known_twin(n->entries[i].node));
	return lb_draft_done(&d, &n->attr, false);
}

static struct lb_node *diff_dir(const struct lb_node *lower, const struct lb_node *upper);

/* The layer's node for one name; NULL: nothing changed. */
static struct lb_node *diff_entry(const struct lb_node *lower_dir, const struct lb_node *lower, struct lb_node *upper)
{
	if (lower == upper)
		return NULL;
	if (!upper) {
		static const struct lb_attr gone = { .kind = LB_WHITEOUT };
		return lb_node_new(&gone, NULL);
	}
	if (!lower)
		return lower_dir->unknown ? known_twin(upper) : lb_node_ref(upper);
	if (lower->attr.kind == LB_DIR && upper->attr.kind == LB_DIR)
		return diff_dir(lower, upper);
	if (lb_attr_equal(&lower->attr, &upper->attr, true) && same_content(lower->content, upper->content))
		return NULL;
	return lb_node_ref(upper);
}

static struct lb_node *diff_dir(const struct lb_node *lower, const struct lb_node *upper)
{
	if (known_same(lower, upper, LB_FLAVOUR_FULL))
		return NULL;
	lb_autodraft struct lb_draft d = { 0 };
	for (struct lb_pair p = { .a = lower, .b = upper }; lb_pair_next(&p);) {
		struct lb_node *n = diff_entry(lower, p.in_a, p.in_b);
		if (n)
			lb_draft_add(&d, p.name->name, p.name->name_len, n);
	}
	bool unknown = upper->unknown && !lower->unknown;
	if (!d.count && !unknown && lb_attr_equal(&lower->attr, &upper->attr, true))
		return NULL;
	return lb_draft_done(&d, &upper->attr, unknown);
}

struct lb_node *lb_tree_diff(const struct lb_node *lower, const struct lb_node *upper)
{
	return lower == upper ? NULL : diff_dir(lower, upper);
}
