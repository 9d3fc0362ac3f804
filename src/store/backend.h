/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands behind a store: a directory or memory. All rules (what is reachable, what an index says, what
 * is counted) are above this table, so that both give the same bytes and counts.
 */
#ifndef LBENCH_STORE_BACKEND_H
#define LBENCH_STORE_BACKEND_H

#include <pthread.h>

#include "lbench/json.h"
#include "lbench/store.h"

/* What a writer collects before the back end sees it. A blob that fits and is there already costs no file. */
#define LB_BLOB_BUFFER ((size_t)1 << 20)

struct lb_backend;
struct lb_db;

struct lb_store {
	struct lb_backend *be;
	pthread_mutex_t mutex; /* of made */
	struct lb_map *made;   /* digests of blobs that were new when this handle wrote them; NULL: nobody asks */
};
void lb_store_note_made(struct lb_store *s); /* from now on */
/* Is the blob there, and not by this handle? */
bool lb_store_began_with(struct lb_store *s, const struct lb_digest *digest);

struct lb_blob {
	struct lb_store *store;
	struct lb_buf buf; /* not yet handed to the back end */
	int fd;            /* the back end's: of the temporary file, -1 while there is none */
	char name[48];     /* the back end's: of the temporary file */
};

struct lb_blob_entry {
	struct lb_digest digest;
	uint64_t bytes;
	int64_t used_ns; /* last written or relied upon: since 1970 on disk, a counter in memory */
};
struct lb_blob_list {
	struct lb_blob_entry *items; /* sorted by digest */
	size_t count, cap;
};
void lb_blob_list_add(struct lb_blob_list *list, const struct lb_blob_entry *entry);
void lb_blob_list_sort(struct lb_blob_list *list);
void lb_blob_list_release(struct lb_blob_list *list);
#define lb_autobloblist __attribute__((cleanup(lb_blob_list_release)))

/* May be called from several threads at once, but for close. */
struct lb_backend_ops {
	void (*close)(struct lb_backend *be);
	const char *(*dir)(const struct lb_backend *be); /* NULL: none */

	/* NULL: a blob stays in its buf until blob_commit. */
	int (*blob_spill)(struct lb_backend *be, struct lb_blob *b, const void *data, size_t len, struct lb_err *err);
	/* NULL likewise. Appends len bytes of fd from its offset on; b->buf is empty. */
	int (*blob_copy)(struct lb_backend *be, struct lb_blob *b, int fd, uint64_t len, struct lb_err *err);
	int (*blob_commit)(struct lb_backend *be, struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err);
	void (*blob_abort)(struct lb_backend *be, struct lb_blob *b); /* leaves b->buf alone */

	bool (*has)(struct lb_backend *be, const struct lb_digest *digest, uint64_t *bytes);
	/* As has, and protects the blob from a gc that runs meanwhile: somebody is about to rely on it. */
	bool (*use)(struct lb_backend *be, const struct lb_digest *digest);
	/* Is it known from such a call to be there? NULL: no. */
	bool (*relied)(struct lb_backend *be, const struct lb_digest *digest);
	int (*get)(struct lb_backend *be, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err);
	int (*list)(struct lb_backend *be, struct lb_blob_list *out, struct lb_err *err);
	/* Removes a blob unless it was used at or after `protected_ns`; *removed tells. Absent is fine. */
	int (*remove)(struct lb_backend *be, const struct lb_digest *digest, int64_t protected_ns, bool *removed, struct lb_err *err);

	int (*layer_put)(struct lb_backend *be, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err);
	int (*layer_by_tree)(struct lb_backend *be, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
			     struct lb_err *err);
	int (*layer_by_diff_id)(struct lb_backend *be, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
				struct lb_err *err);
	int (*layer_forget)(struct lb_backend *be, const struct lb_digest *blob, struct lb_err *err);

	int (*memo_put)(struct lb_backend *be, const char *kind, const struct lb_digest *key, const void *data, size_t len,
			struct lb_err *err);
	int (*memo_get)(struct lb_backend *be, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err);

	/* index.json as a value, the caller's. lock excludes all other processes and threads that take it. */
	int (*index_read)(struct lb_backend *be, json_t **out, struct lb_err *err);
	int (*index_write)(struct lb_backend *be, const json_t *index, struct lb_err *err);
	int (*lock)(struct lb_backend *be, int *held, struct lb_err *err);
	void (*unlock)(struct lb_backend *be, const int *held);

	/* Somebody asks a lot in a row, or is through. NULL: nothing to do. */
	void (*hold)(struct lb_backend *be, const struct lb_digest *about);
	void (*let_go)(struct lb_backend *be, const struct lb_digest *about, bool again);
	int (*sync)(struct lb_backend *be, struct lb_err *err);
	/* How much was left by killed writers. */
	int (*temporaries)(struct lb_backend *be, uint64_t *count, struct lb_err *err);
	/* Removes it where it is older than before_ns, and lowers *protected_ns to when the oldest of the others that
	 * have the store open began. */
	int (*sweep)(struct lb_backend *be, int64_t before_ns, int64_t *protected_ns, uint64_t *freed_bytes, struct lb_err *err);
	/* What of the back end's own is not as it should be, a line each. */
	int (*check)(struct lb_backend *be, uint64_t *missing, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err);
};

/* Back ends embed this first. */
struct lb_backend {
	const struct lb_backend_ops *ops;
	struct lb_db *db; /* named scopes; on disk also layers and memos */
};

int lb_disk_open(const char *dir, struct lb_backend **out, struct lb_err *err);
struct lb_backend *lb_memory_open(void);

#endif
