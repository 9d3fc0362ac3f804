/* SPDX-License-Identifier: Apache-2.0
 *
 * How nodes are laid out. The entries of a directory are one allocation: a head with what is known of
 * everything below, the entries, their names. Making a copy of a directory with one entry changed is then
 * two runs over memory.
 */
#ifndef TREE_NODE_H
#define TREE_NODE_H

#include "lbench/tree.h"

/* Deeper trees are refused where they come from outside, so that recursion is safe everywhere. */
enum { LB_TREE_DEPTH_MAX = 8192 };

/* An allocation that nodes and contents share; each of them has a reference. */
struct lb_slab {
	atomic_uint refs;
	void (*free)(struct lb_slab *s);
};
void lb_slab_unref(struct lb_slab *s);
/* Makes a node in memory of slab, of which it takes a reference of its own; a directory of it is still empty. */
void lb_node_place(struct lb_node *n, struct lb_slab *slab, const struct lb_attr *attr, struct lb_content *content);

/* A directory being made: entries are added in order of their names; names are borrowed until it is done. */
struct lb_draft {
	struct lb_entry *items;
	size_t count, cap;
};
void lb_draft_add(struct lb_draft *d, const char *name, size_t len, struct lb_node *node); /* takes node */
/* Adds what is there already, with a reference of its own. */
void lb_draft_share(struct lb_draft *d, const struct lb_entry *e);
/* The directory; d is empty again. */
struct lb_node *lb_draft_done(struct lb_draft *d, const struct lb_attr *attr, bool unknown);
/* The entries of a directory that was placed and has none yet; d is empty again. */
void lb_draft_fill(struct lb_draft *d, struct lb_node *dir);
/* The same as lb_draft_done, or another reference to old (may be NULL) when that is what would come out. */
struct lb_node *lb_draft_done_or(struct lb_draft *d, const struct lb_attr *attr, bool unknown, const struct lb_node *old);
void lb_draft_release(struct lb_draft *d);
#define lb_autodraft __attribute__((cleanup(lb_draft_release)))

int lb_name_compare(const char *a, size_t a_len, const char *b, size_t b_len);
/* Index of the first entry whose name is not before name; *found: it is that name. */
size_t lb_dir_search(const struct lb_node *dir, const char *name, size_t len, bool *found);

/* Two directories side by side: zeroed but for a and b, each call gives the next name that either has. */
struct lb_pair {
	const struct lb_node *a, *b;
	size_t i, j;
	const struct lb_entry *name;
	struct lb_node *in_a, *in_b; /* NULL: not there */
};
bool lb_pair_next(struct lb_pair *p);

/* The next component of a path, blanks ("", ".") left out; false at the end. */
bool lb_path_next(const char **path, const char **name, size_t *len);
/* path without "..", for those who do not follow links; NULL when it has none as it is. The caller's. */
char *lb_path_without_dots(const char *path);

/* A directory and all below it as unknown; made once, then shared. The caller's reference. */
struct lb_node *lb_node_unknown_twin(struct lb_node *dir);

void lb_memo_free(void *memo);
struct lb_sum {
	enum lb_flavour flavour;
	struct lb_digest digest;
};
/* What is remembered of n; the number of them. */
size_t lb_node_sums(const struct lb_node *n, struct lb_sum out[LB_FLAVOUR_COUNT]);
void lb_node_remember(struct lb_node *n, enum lb_flavour flavour, const struct lb_digest *digest);
/* Is the digest remembered already? */
bool lb_node_digest_known(const struct lb_node *n, enum lb_flavour flavour, struct lb_digest *out);

#endif
