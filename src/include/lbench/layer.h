/* SPDX-License-Identifier: Apache-2.0
 *
 * A layer tree as a tar with OCI whiteouts (image-spec layer.md), reproducible: entries sorted as
 * lb_tree_walk has them, numeric owners, names as bytes, PAX headers only where ustar cannot say it (long or
 * non-ASCII names, big sizes, owners and times, xattrs as SCHILY.xattr), whole seconds, two zero blocks at
 * the end and no padding behind them. Names do not begin with "./", directories end with '/', the root has no
 * entry, nor have `implied` directories. diffID = sha256 of the tar; the blob is its compressed form, in the
 * same pass.
 *
 * Theory: the tar is cut into chunks of about 1 MiB (4 MiB for zstd) at entry boundaries chosen by a hash of
 * the entry's path, and inside big files at multiples of that size; every chunk is compressed by itself (gzip:
 * one member, a full flush at each cut; zstd: a frame a chunk), so that cores share the work and the bytes
 * depend neither on their number nor on what was there before.
 */
#ifndef LBENCH_LAYER_H
#define LBENCH_LAYER_H

#include "lbench/store.h"
#include "lbench/tree.h"

struct lb_layer_options {
	enum lb_compression compression;
	int level;               /* 0: the compressor's default here (isa-l 1, zlib 6, zstd 3); LB_INVALID: it has none such */
	unsigned threads;        /* the caller's among them; 0 or 1: none beside it; more than 8 are 8 */
	const _Atomic bool *cancel; /* NULL; when it becomes true: LB_INTERRUPTED */
};

/* Writes tree as a layer into the store and fills info. LB_INVALID for what no layer can hold (a socket, a file whose
 * name begins with ".wh.", an xattr with '=' in its name); LB_IO when a file cannot be read or changed meanwhile. On
 * failure there is no blob.
 *
 * A tree that the store remembers (LB_FLAVOUR_FULL digest and compression) is not written again, and is remembered
 * once it was written, if the digests of all its contents are known: a policy that keys on them has asked before.
 * Contents are not read just to give the layer a name: noise is written faster than it is hashed first. */
int lb_layer_write(struct lb_store *s, struct lb_node *tree, const struct lb_layer_options *options, struct lb_layer_info *info,
                   struct lb_err *err);
/* The tar alone, uncompressed, into sink; diff_id and size if asked for (may be NULL). */
int lb_layer_tar(struct lb_node *tree, lb_sink_fn *sink, void *arg, struct lb_digest *diff_id, uint64_t *bytes, struct lb_err *err);
/* Only sizes, nothing read: the exact size of the uncompressed tar (contents' sizes are known); 0 for a tree that no
 * layer can hold. */
uint64_t lb_layer_tar_size(struct lb_node *tree);

/* A blob of the store (or any content that does not change), tar plain or compressed (gzip, bzip2, xz, zstd, lz4, lzip,
 * compress) as a layer tree; whiteout names become LB_WHITEOUT and opaque marks. Later entries of a name win, hard links
 * share a link_group, directories without an entry are 0755 0:0 and `implied`, the root too. LB_INVALID: not a tar,
 * damaged, a name with "..".
 *
 * Contents are pieces of the uncompressed tar, which is read again when they are: of a plain tar that is the blob
 * itself. The tar of a compressed one becomes a blob of the store under its diffID when `keep` (found there again the
 * next time); else it lives as long as the tree, in memory up to 4 MiB, beyond that in a file without a name in the
 * store's directory (or $TMPDIR, /var/tmp). s may be NULL without keep. diff_id (may be NULL) is computed on the way. */
int lb_layer_read(struct lb_store *s, struct lb_content *blob, bool keep, struct lb_node **out, struct lb_digest *diff_id,
                  struct lb_err *err);
/* An archive that a Dockerfile's ADD unpacks: is this content one, by docker's and BuildKit's rule (a tar header at the
 * beginning, behind gzip, bzip2, xz or zstd if it is compressed; what cannot be read is none), and its tree. Not a
 * layer: names like ".wh.x" are files. Contents as in lb_layer_read without keep; those of a plain tar fail with LB_IO
 * once the file has changed. */
bool lb_archive_is(struct lb_content *content);
int lb_archive_read(struct lb_content *content, struct lb_node **out, struct lb_err *err);

#endif
