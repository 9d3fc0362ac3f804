/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer tree as a stream of tar bytes.
 */
#ifndef LBENCH_LAYER_EMIT_H
#define LBENCH_LAYER_EMIT_H

#include "lbench/content.h"
#include "lbench/tree.h"

/* OCI image-spec layer.md, "Whiteouts". */
#define LB_WHITEOUT_PREFIX ".wh."
#define LB_OPAQUE_NAME     ".wh..wh..opq"

struct lb_tar_stream {
	/* Before each entry: what follows is header_bytes of header, content_bytes of content and its padding.
	 * May be NULL. */
	int (*begin)(void *arg, const char *path, size_t path_len, uint64_t header_bytes, uint64_t content_bytes, struct lb_err *err);
	/* The bytes, in pieces of any size. NULL: they are only counted, without begin. */
	lb_sink_fn *write;
	void *arg;
};

struct lb_tar_counts {
	uint64_t files, whiteouts; /* opaque markers are whiteouts */
	uint64_t bytes;            /* of the whole tar */
};

/* Entries as lb_tree_walk has them, then two zero blocks. Ends at the first error: LB_INVALID for what no layer
 * can hold (a socket, a file with a whiteout's name), those of reading, those of the callbacks. */
int lb_tar_emit(struct lb_node *tree, const struct lb_tar_stream *out, struct lb_tar_counts *counts, struct lb_err *err);

#endif
