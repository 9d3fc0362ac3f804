/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/internal.h"

#include <stdlib.h>

#include "lbench/mem.h"

/* Does everything in n belong to root? Of `then` that is known. */
static bool all_roots(const struct lb_node *n, const struct lb_node *then)
{
	if (n == then)
		return true;
	if (n->attr.uid || n->attr.gid)
		return false;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		const struct lb_node *old = then ? lb_dir_find(then, e->name, e->name_len) : NULL;
		if (!all_roots(e->node, old))
			return false;
	}
	return true;
}

static struct lb_node *given_to_root(struct lb_node *n)
{
	struct lb_attr a = n->attr;
	a.uid = a.gid = 0;
	if (n->attr.kind != LB_DIR)
		return n->attr.uid || n->attr.gid ? lb_node_with_attr(n, &a) : lb_node_ref(n);
	if (all_roots(n, NULL))
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count, sizeof(*entries));
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		entries[i] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, given_to_root(e->node) };
	}
	return lb_node_new_dir(&a, entries, n->entries_count);
}

struct lb_node *lb_receive_as_root(struct lb_node *disk, const struct lb_node *then, const struct lb_node *seen)
{
	if (all_roots(disk, then && then == seen ? then : NULL))
		return lb_node_ref(disk);
	return given_to_root(disk);
}
