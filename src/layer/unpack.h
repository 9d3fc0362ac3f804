/* SPDX-License-Identifier: Apache-2.0
 *
 * What kind of bytes these are, and out of their compression.
 */
#ifndef LBENCH_LAYER_UNPACK_H
#define LBENCH_LAYER_UNPACK_H

#include <archive.h>

#include "lbench/content.h"

enum lb_packing {
	LB_PACKING_NONE,  /* not compressed in a way that is known here */
	LB_PACKING_ADD,   /* gzip, bzip2, xz, zstd: what ADD unpacks */
	LB_PACKING_OTHER, /* lz4, lzip, compress */
};

/* By the first bytes; a tar header is never taken for a compressed stream. */
enum lb_packing lb_packing_of(const void *head, size_t len);
bool lb_is_tar_header(const void *head, size_t len); /* a header block with a good sum; the end mark is none */

/* Appends at most len bytes from the beginning. */
int lb_content_peek(const struct lb_content *c, size_t len, struct lb_buf *out, struct lb_err *err);
/* The first len bytes of the decompressed stream of which packed is the beginning; fewer if there are no more. */
void lb_unpack_head(const void *packed, size_t packed_len, size_t len, struct lb_buf *out);
/* Streams the decompressed bytes. LB_INVALID when the stream is damaged. */
int lb_unpack(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err);

/* For archive's own errors: those of our callbacks pass as they were written. */
int lb_archive_failure(struct archive *a, int callback_code, struct lb_err *err);
void lb_archive_cleanup(struct archive **a);
#define lb_autoarchive __attribute__((cleanup(lb_archive_cleanup)))

#endif
