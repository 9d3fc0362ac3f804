/* SPDX-License-Identifier: Apache-2.0
 *
 * From chunks of a tar to a blob: hashed, compressed, hashed again and written, in order, by the caller and its
 * helpers together. The result does not depend on how many they are.
 */
#ifndef LBENCH_LAYER_PIPE_H
#define LBENCH_LAYER_PIPE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "lbench/content.h"
#include "lbench/store.h"

struct lb_pipe;

struct lb_pipe_options {
	enum lb_compression compression;
	int level;
	unsigned threads;           /* the caller's among them; 0 is 1 */
	size_t chunk_max_bytes;     /* no chunk is larger */
	const _Atomic bool *cancel; /* NULL; looked at once a chunk */
	lb_sink_fn *sink;           /* the blob's bytes, in order; called by one thread at a time, any of them */
	void *sink_arg;
};

struct lb_pipe_result {
	struct lb_digest raw, packed;
	uint64_t raw_bytes, packed_bytes;
};

int lb_pipe_new(const struct lb_pipe_options *options, struct lb_pipe **out, struct lb_err *err);
/* Appends to the chunk that is being filled; ends it by itself where it is full. */
int lb_pipe_add(struct lb_pipe *p, const void *data, size_t len, struct lb_err *err);
size_t lb_pipe_filled(const struct lb_pipe *p);         /* bytes in that chunk */
int lb_pipe_cut(struct lb_pipe *p, struct lb_err *err); /* ends it; fine when it is empty */
/* The rest, the frame's end. Nothing can be added afterwards. */
int lb_pipe_finish(struct lb_pipe *p, struct lb_pipe_result *out, struct lb_err *err);
void lb_pipe_free(struct lb_pipe *p); /* at any time; NULL is fine */
void lb_pipe_cleanup(struct lb_pipe **p);
#define lb_autopipe __attribute__((cleanup(lb_pipe_cleanup)))

#endif
