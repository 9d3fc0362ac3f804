/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a tar is cut into chunks: by what the entries are (a hash of the path and their size), so that an entry
 * that changes moves no cut but its neighbours'.
 */
#ifndef LBENCH_LAYER_CHUNK_H
#define LBENCH_LAYER_CHUNK_H

#include "layer/emit.h"
#include "layer/pipe.h"

struct lb_chunker {
	struct lb_pipe *pipe;
	size_t unit_bytes;   /* what a chunk aims at */
	uint64_t entry_left; /* of a big entry that is being cut at fixed offsets; 0: of no such */
	uint64_t to_cut;     /* bytes until its next cut */
};

#define LB_CHUNK_BYTES      ((size_t)1 << 20)
#define LB_CHUNK_ZSTD_BYTES ((size_t)4 << 20)
size_t lb_chunk_unit(enum lb_compression compression);
size_t lb_chunk_max(enum lb_compression compression); /* for struct lb_pipe_options */

/* The stream that cuts and fills c->pipe; c is borrowed. */
struct lb_tar_stream lb_chunker_stream(struct lb_chunker *c);

#endif
