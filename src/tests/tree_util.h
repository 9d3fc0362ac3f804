/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of tree share: trees from text and back, and a source of random trees.
 */
#ifndef TESTS_TREE_UTIL_H
#define TESTS_TREE_UTIL_H

#include "lbench/mem.h"
#include "lbench/tree.h"

static inline struct lb_node *tree_of(const char *text)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	if (lb_tree_parse(text, &n, &err))
		fail_msg("%s", err.text);
	return n;
}

static inline char *text_of(struct lb_node *root)
{
	struct lb_buf b = { 0 };
	assert_int_equal(lb_tree_describe(root, true, true, &b, NULL), 0);
	return lb_buf_steal(&b);
}

static inline void assert_same_tree(struct lb_node *a, struct lb_node *b)
{
	lb_autofree char *x = text_of(a);
	lb_autofree char *y = text_of(b);
	assert_string_equal(x, y);
	struct lb_digest p, q;
	assert_int_equal(lb_node_digest(a, LB_FLAVOUR_FULL, &p, NULL), 0);
	assert_int_equal(lb_node_digest(b, LB_FLAVOUR_FULL, &q, NULL), 0);
	assert_true(lb_digest_equal(&p, &q));
}

static inline struct lb_node *file_of(const char *text)
{
	struct lb_attr a = { .kind = LB_FILE, .mode = 0644 };
	return lb_node_new(&a, lb_content_text(text));
}

#endif
