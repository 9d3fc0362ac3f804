/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of layer/ have in common; behind cmocka.h.
 */
#ifndef LBENCH_TESTS_LAYER_TESTING_H
#define LBENCH_TESTS_LAYER_TESTING_H

#include <stdlib.h>

#include "lbench/layer.h"
#include "lbench/mem.h"

static inline struct lb_node *parse(const char *text)
{
	struct lb_node *tree;
	struct lb_err err;
	int rc = lb_tree_parse(text, &tree, &err);
	if (rc)
		fail_msg("%s", err.text);
	return tree;
}

static inline void put(struct lb_node **root, const char *path, struct lb_node *node)
{
	struct lb_node *next;
	assert_int_equal(lb_tree_put(*root, path, node, NULL, false, &next, NULL), 0);
	lb_node_unref(*root);
	*root = next;
}

static inline int into_buf(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_buf_add(arg, data, len);
	return 0;
}

static inline struct lb_content *tar_of(struct lb_node *tree)
{
	lb_autobuf struct lb_buf tar = { 0 };
	assert_int_equal(lb_layer_tar(tree, into_buf, &tar, NULL, NULL, NULL), 0);
	return lb_content_bytes(tar.data, tar.len);
}

static inline void store_of(struct lb_store **s)
{
	assert_int_equal(lb_store_open_memory(s, NULL), 0);
}

/* With its size foretold and its digest checked. */
static inline void tar_into(struct lb_node *tree, struct lb_buf *out, struct lb_digest *diff_id)
{
	struct lb_err err;
	uint64_t bytes;
	if (lb_layer_tar(tree, into_buf, out, diff_id, &bytes, &err))
		fail_msg("%s", err.text);
	assert_int_equal(bytes, out->len);
	assert_int_equal(lb_layer_tar_size(tree), out->len);
	struct lb_digest again = lb_digest_of(out->data, out->len);
	assert_true(lb_digest_equal(&again, diff_id));
}

#endif
