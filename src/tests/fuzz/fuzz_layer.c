/* SPDX-License-Identifier: Apache-2.0
 *
 * Any bytes as a layer and as an archive. A tree that was read can be described, and the tar that it is written as
 * is read and written again without a change.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/layer.h"
#include "lbench/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A file with holes may say that it is of any size. */
enum { WRITE_LIMIT = 1 << 20 };

static int into_buf(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_buf_add(arg, data, len);
	return 0;
}

static bool write_tree(struct lb_node *tree, struct lb_buf *out)
{
	uint64_t bytes = lb_layer_tar_size(tree);
	return bytes && bytes <= WRITE_LIMIT && lb_layer_tar(tree, into_buf, out, NULL, NULL, NULL) == 0;
}

static void check_round_trip(struct lb_node *tree)
{
	lb_autobuf struct lb_buf first = { 0 }, second = { 0 };
	if (!write_tree(tree, &first))
		return;
	lb_autocontent struct lb_content *tar = lb_content_bytes(first.data, first.len);
	lb_autonode struct lb_node *again = NULL;
	if (lb_layer_read(NULL, tar, false, &again, NULL, NULL) != 0 || !write_tree(again, &second))
		abort();
	if (first.len != second.len || memcmp(first.data, second.data, first.len) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	lb_autocontent struct lb_content *bytes = lb_content_bytes(data, len);
	lb_autonode struct lb_node *layer = NULL, *archive = NULL;
	struct lb_digest diff_id;
	if (lb_layer_read(NULL, bytes, false, &layer, &diff_id, NULL) == 0)
		check_round_trip(layer);
	lb_archive_is(bytes);
	if (lb_archive_read(bytes, &archive, NULL) == 0)
		check_round_trip(archive);
	return 0;
}
