/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the bytes of an uncompressed tar lie, and the contents of its files as pieces of it: nothing is copied
 * that nobody reads.
 */
#ifndef LBENCH_LAYER_BACKING_H
#define LBENCH_LAYER_BACKING_H

#include "lbench/content.h"

/* A file that stays as it is, or memory. Counted; its pieces hold it. */
struct lb_backing;

/* Takes fd, on success only. may_change: pieces fail with LB_IO once the file has another size or time. */
int lb_backing_file(int fd, bool may_change, struct lb_backing **out, struct lb_err *err);
struct lb_backing *lb_backing_memory(struct lb_buf *data); /* takes the bytes; data is empty afterwards */
void lb_backing_unref(struct lb_backing *b);               /* NULL is fine */
void lb_backing_cleanup(struct lb_backing **b);
#define lb_autobacking __attribute__((cleanup(lb_backing_cleanup)))

uint64_t lb_backing_size(const struct lb_backing *b);
/* At most len bytes at offset into data; *got is 0 at the end. */
int lb_backing_read(const struct lb_backing *b, uint64_t offset, void *data, size_t len, size_t *got, struct lb_err *err);
/* The caller's reference; LB_INVALID when it reaches beyond the end. */
int lb_backing_piece(struct lb_backing *b, uint64_t offset, uint64_t size_bytes, struct lb_content **out, struct lb_err *err);

/* A file with holes: size_bytes of zeros but for the extents, which stand in data one behind the other. */
struct lb_extent {
	uint64_t offset, bytes;
};
/* Takes data and extents (sorted, within size_bytes). */
struct lb_content *lb_content_sparse(uint64_t size_bytes, struct lb_buf *data, struct lb_extent *extents, size_t count);

#endif
