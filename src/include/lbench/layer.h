/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer tree as a tar with OCI whiteouts (image-spec layer.md), reproducible: entries sorted as
 * lb_tree_walk has them, numeric owners, names as bytes, PAX headers only where ustar cannot say it (long
 * names, big sizes, sub-second times are dropped, xattrs as SCHILY.xattr). diffID = sha256 of the tar; the
 * blob is its compressed form, in the same pass.
 *
 * Theory: the tar is cut into chunks of about 1 MiB (4 MiB for zstd) at entry boundaries chosen by a hash of
 * the entry's path; every chunk is compressed by itself (gzip: one member, a full flush at each cut), so that
 * cores share the work and the bytes depend neither on their number nor on what was there before.
 */
#ifndef LBENCH_LAYER_H
#define LBENCH_LAYER_H

#include "lbench/store.h"
#include "lbench/tree.h"

struct lb_layer_options {
	enum lb_compression compression;
	int level;               /* 0: the compressor's default here (isa-l 1, zlib 6, zstd 3) */
	unsigned threads;        /* 0 or 1: none beside the caller */
	const _Atomic bool *cancel; /* NULL; when it becomes true: LB_INTERRUPTED */
};

/* Writes tree as a layer into the store and fills info. Directories "on the way" that only lead to entries
 * are written as the tree has them. A tree that the store remembers (same identity and compression) is not
 * written again. LB_INVALID for a socket; LB_IO when a file cannot be read or changed meanwhile. */
int lb_layer_write(struct lb_store *s, struct lb_node *tree, const struct lb_layer_options *options, struct lb_layer_info *info,
                   struct lb_err *err);
/* The tar alone, uncompressed, into sink; diff_id and size if asked for (may be NULL). */
int lb_layer_tar(struct lb_node *tree, lb_sink_fn *sink, void *arg, struct lb_digest *diff_id, uint64_t *bytes, struct lb_err *err);
/* Only sizes, nothing read: the exact size of the uncompressed tar (contents' sizes are known). */
uint64_t lb_layer_tar_size(struct lb_node *tree);

/* A blob of the store (or any content), tar plain or compressed in any way that libarchive knows, as a layer
 * tree; whiteout names become LB_WHITEOUT and opaque marks. File contents are kept as blobs of the store
 * when `keep` is true, else in memory. diff_id (may be NULL) is computed on the way. LB_INVALID: not a tar. */
int lb_layer_read(struct lb_store *s, struct lb_content *blob, bool keep, struct lb_node **out, struct lb_digest *diff_id,
                  struct lb_err *err);
/* An archive that a Dockerfile's ADD unpacks: is this content one (by its first bytes), and its tree. Not a
 * layer: names like ".wh.x" are files. */
bool lb_archive_is(struct lb_content *content);
int lb_archive_read(struct lb_content *content, struct lb_node **out, struct lb_err *err);

#endif
