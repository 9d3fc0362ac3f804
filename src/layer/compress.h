/* SPDX-License-Identifier: Apache-2.0
 *
 * Compression chunk by chunk: what a chunk becomes depends on its bytes alone. gzip (RFC 1952) is one member
 * whose chunks end with a full flush; zstd (RFC 8878) is a frame a chunk, which every reader joins.
 */
#ifndef LBENCH_LAYER_COMPRESS_H
#define LBENCH_LAYER_COMPRESS_H

#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/store.h"

/* One thread's compressor. */
struct lb_codec;

/* level 0: isa-l 1, zlib 6, zstd 3. LB_INVALID for a level that the compressor has not. */
int lb_codec_new(enum lb_compression compression, int level, struct lb_codec **out, struct lb_err *err);
void lb_codec_free(struct lb_codec *c); /* NULL is fine */
/* Replaces out by the compressed chunk, of a block of tar at least. Not for LB_UNCOMPRESSED. */
int lb_codec_chunk(struct lb_codec *c, const void *raw, size_t raw_len, struct lb_buf *out, struct lb_err *err);

/* What stands before the first chunk and behind the last; crc and raw_bytes are of the whole. */
void lb_frame_begin(enum lb_compression compression, struct lb_buf *out);
void lb_frame_end(enum lb_compression compression, uint32_t crc, uint64_t raw_bytes, struct lb_buf *out);
uint32_t lb_crc32(const void *data, size_t len);
/* Of a whole from its parts, the second of which has len bytes. */
uint32_t lb_crc32_join(uint32_t first, uint32_t second, size_t len);

#endif
