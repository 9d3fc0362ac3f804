/* SPDX-License-Identifier: Apache-2.0
 *
 * The content-addressed store: blobs, layers, cache records, images (tags). Two back ends with one
 * interface and the same counts: a directory (an OCI image layout, so that other tools read it; records in
 * SQLite; safe for several processes) and memory.
 *
 *   DIR/oci-layout, index.json      an OCI layout: tagged images
 *   DIR/blobs/sha256/HEX            written under a temporary name, renamed
 *   DIR/layers/HEX/meta.json        a directory a layer, by diffID; made whole and renamed
 *   DIR/reads/…                     what a build that changes nothing is told at once; made anew when it is gone
 *   DIR/lbench.db                   records, memos, what is known of layers (SQLite, WAL); that of an earlier version
 *                                   is taken over when it is opened, that of a later one is refused
 *
 * A killed process leaves garbage (tmp/), never a lie: a name exists only when it is whole.
 * A handle may be used by several threads; it is not carried across fork().
 */
#ifndef LBENCH_STORE_H
#define LBENCH_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/content.h"
#include "lbench/digest.h"
#include "lbench/err.h"

struct lb_store;

/* Opens, making what is missing. LB_CANTCREAT, LB_IO, LB_INVALID (a directory that is something else). */
int lb_store_open(const char *dir, struct lb_store **out, struct lb_err *err);
int lb_store_open_memory(struct lb_store **out, struct lb_err *err);
void lb_store_close(struct lb_store *s); /* NULL is fine */
const char *lb_store_dir(const struct lb_store *s); /* NULL for memory; borrowed */

/* ---- blobs ---- */

/* A blob that is being written. Nothing is visible before lb_blob_commit. */
struct lb_blob;
int lb_blob_new(struct lb_store *s, struct lb_blob **out, struct lb_err *err);
int lb_blob_write(struct lb_blob *b, const void *data, size_t len, struct lb_err *err);
/* Ends the blob under `digest`, which the caller computed over what it wrote. A blob that is there already
 * is kept and the new bytes dropped; *was_new says which. b is freed either way. */
int lb_blob_commit(struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err);
void lb_blob_abort(struct lb_blob *b); /* NULL is fine */
void lb_blob_cleanup(struct lb_blob **b);
#define lb_autoblob __attribute__((cleanup(lb_blob_cleanup)))

/* All at once: digests, writes. */
int lb_store_put(struct lb_store *s, const void *data, size_t len, struct lb_digest *digest, bool *was_new, struct lb_err *err);
bool lb_store_has(struct lb_store *s, const struct lb_digest *digest, uint64_t *size_bytes); /* size may be NULL */
/* As lb_store_has; a blob that is there stays, whatever other processes gc, until s is closed. */
bool lb_store_use(struct lb_store *s, const struct lb_digest *digest);
/* The blob as content; LB_NOT_FOUND. *out is the caller's reference. */
int lb_store_get(struct lb_store *s, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err);
int lb_store_load(struct lb_store *s, const struct lb_digest *digest, struct lb_buf *out, struct lb_err *err);
typedef int lb_store_each_fn(const struct lb_digest *digest, uint64_t size_bytes, void *arg);
int lb_store_each_blob(struct lb_store *s, lb_store_each_fn *fn, void *arg, struct lb_err *err);
int lb_store_delete_blob(struct lb_store *s, const struct lb_digest *digest, struct lb_err *err);
/* Brings a content in under its digest, without reading it where both ends are files (copy_file_range). With
 * check the bytes are digested and must agree (LB_INVALID): for what comes from outside. */
int lb_store_copy(struct lb_store *s, const struct lb_content *c, const struct lb_digest *digest, bool check, bool *was_new,
                  struct lb_err *err);

/* ---- layers ---- */

enum lb_compression { LB_GZIP_ISAL, LB_GZIP_ZLIB, LB_ZSTD, LB_UNCOMPRESSED };
const char *lb_compression_name(enum lb_compression c); /* igzip gzip zstd none */
int lb_compression_parse(const char *name, enum lb_compression *out, struct lb_err *err);
const char *lb_compression_media_type(enum lb_compression c); /* OCI layer media type */

/* What is known of a layer once it was made. */
struct lb_layer_info {
	struct lb_digest diff_id;   /* of the uncompressed tar */
	uint64_t diff_bytes;        /* its size */
	struct lb_digest blob;      /* of the compressed blob */
	uint64_t blob_bytes;
	enum lb_compression compression;
	uint64_t files, whiteouts;  /* entries of the tar, whiteouts apart */
};
/* Remembers info under the layer tree's identity (its LB_FLAVOUR_FULL digest) and compression, so that the
 * same layer is not made twice. get: LB_NOT_FOUND also when the blob is gone. */
int lb_store_layer_put(struct lb_store *s, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err);
int lb_store_layer_get(struct lb_store *s, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
                       struct lb_err *err);
int lb_store_layer_by_diff_id(struct lb_store *s, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
                              struct lb_err *err);

/* ---- memos: small facts that cost something to find out ("kind", key) -> bytes ---- */
int lb_store_memo_put(struct lb_store *s, const char *kind, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err);
int lb_store_memo_get(struct lb_store *s, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err); /* LB_NOT_FOUND */

/* ---- tags: images by name, in index.json ----
 * A tag stands for a whole image: LB_NOT_FOUND when something that the manifest names is not in the store,
 * LB_INVALID when it has another size. Naming costs by the number of names. */
struct lb_tag {
	char *name;
	struct lb_digest manifest;
	uint64_t manifest_bytes;
	char *media_type;
};
int lb_store_tag(struct lb_store *s, const char *name, const struct lb_digest *manifest, uint64_t manifest_bytes,
                 const char *media_type, struct lb_err *err);
/* All of them or none, at the cost of one. Of a name that comes twice the last counts. */
int lb_store_tag_many(struct lb_store *s, const struct lb_tag *tags, size_t count, struct lb_err *err);
int lb_store_untag(struct lb_store *s, const char *name, struct lb_err *err);
int lb_store_find_tag(struct lb_store *s, const char *name, struct lb_digest *manifest, uint64_t *manifest_bytes, struct lb_err *err);
int lb_store_tags(struct lb_store *s, struct lb_tag **tags, size_t *count, struct lb_err *err); /* sorted by name */
void lb_tags_free(struct lb_tag *tags, size_t count);
/* Makes what was written durable (one sync), before a tag points at it or a run ends. */
int lb_store_sync(struct lb_store *s, struct lb_err *err);

/* In between, look-ups see the data base as it is at the first of them or after what was written last, and cost less: for
 * a short stretch that asks a lot and writes next to nothing. Others that gc the store wait for the end. about names the
 * stretch: what it was told is kept with again, and read at once when a stretch of that name asks the same while nothing
 * was written. */
void lb_store_read_begin(struct lb_store *s, const struct lb_digest *about);
void lb_store_read_end(struct lb_store *s, const struct lb_digest *about, bool again);

/* ---- housekeeping ---- */
struct lb_fsck_report {
	uint64_t blobs, bad_blobs, missing, temporaries, bytes;
};
/* Reads every blob, checks its digest and what index.json needs. line (may be NULL) gets one line a fault. */
int lb_store_fsck(struct lb_store *s, struct lb_fsck_report *out, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err);
/* Frees blobs that no tag reaches, oldest use first, until at most keep_bytes remain; `now` is seconds since
 * 1970 and protects what was written in the last ten minutes, and what other processes that have the store
 * open wrote or were told to be there. What killed processes left goes too. */
int lb_store_gc(struct lb_store *s, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err);

/* ---- cache records: what a scope's builds left for later ones ----
 *
 * A scope is one cache. It is a multimap from 32-byte keys to records (opaque bytes, the policy's own),
 * newest first. It forks at no cost: the fork sees what its parent had then, and what it writes stays its
 * own. Scopes of runs live in memory; a named scope is kept in the store's data base.
 */
struct lb_scope;
int lb_scope_new(struct lb_store *s, struct lb_scope **out, struct lb_err *err);               /* empty, in memory; s may be NULL */
int lb_scope_open(struct lb_store *s, const char *name, struct lb_scope **out, struct lb_err *err); /* kept; s outlives it */
struct lb_scope *lb_scope_fork(struct lb_scope *parent); /* the parent must not be written while forks live */
void lb_scope_free(struct lb_scope *sc);                  /* NULL is fine; a parent outlives its forks by reference */

struct lb_record {
	uint64_t serial;       /* order of writing in this scope, from 1 */
	const void *data;      /* borrowed until the scope is written again or freed */
	size_t len;
};
int lb_scope_put(struct lb_scope *sc, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err);
/* The i-th newest record of key; LB_NOT_FOUND beyond the last. */
int lb_scope_get(struct lb_scope *sc, const struct lb_digest *key, size_t i, struct lb_record *out, struct lb_err *err);
int lb_scope_oldest(struct lb_scope *sc, const struct lb_digest *key, struct lb_record *out, struct lb_err *err); /* LB_NOT_FOUND */
/* Hands out image instance serials, from 1, deterministic; 0 when a kept scope cannot be written. */
uint64_t lb_scope_next_serial(struct lb_scope *sc);

/* ---- counting: what a scope's blobs came to ----
 * A ledger is the set of blobs that one cache or one remote holds, by digest: adding tells whether the blob
 * is new there. Forks as scopes do. The store pools bytes physically; ledgers count them logically, so that
 * a second run, or other runs beside it, give the same figures. */
struct lb_ledger;
struct lb_ledger *lb_ledger_new(void);
/* Begins with what s holds without a look at all of it: a blob is asked for when it is counted. s outlives it. */
struct lb_ledger *lb_ledger_of_store(struct lb_store *s);
struct lb_ledger *lb_ledger_fork(struct lb_ledger *parent);
void lb_ledger_free(struct lb_ledger *l);
bool lb_ledger_add(struct lb_ledger *l, const struct lb_digest *digest, uint64_t bytes); /* true: it was new */
bool lb_ledger_has(const struct lb_ledger *l, const struct lb_digest *digest);
uint64_t lb_ledger_bytes(const struct lb_ledger *l); /* of what was added */

#endif
