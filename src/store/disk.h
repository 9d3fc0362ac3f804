/* SPDX-License-Identifier: Apache-2.0
 *
 * The back end in a directory; what its files share.
 */
#ifndef LBENCH_STORE_DISK_H
#define LBENCH_STORE_DISK_H

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "lbench/mem.h"
#include "store/backend.h"
#include "store/tape.h"

/* What was used so short a time before a lease began need not be touched for it. Half of what gc grants everybody: a lease
 * that it did not see yet when it looked is younger than that. */
#define LB_DISK_FRESH_NS ((int64_t)300 * 1000000000)
/* File systems take the time of the kernel's last tick; stamps without a fraction may be of one that counts in two seconds. */
#define LB_DISK_TICK_NS   ((int64_t)100000000)
#define LB_DISK_COARSE_NS ((int64_t)2500000000)
#define LB_DISK_NAME      48 /* of a temporary: "PREFIX-PROCESS-COUNTER" */
#define LB_DISK_PATH      (sizeof("blobs/sha256/") + LB_DIGEST_HEX)

/* What a stretch of reading found to be there, in that order (disk_tape.c). */
struct lb_disk_there {
	struct lb_tape tape;
	uint64_t dev, ino; /* of blobs/sha256 when the stretch began */
	int64_t ctime_ns;
	int64_t used_ns; /* all of them were used then or later */
	bool on;
	uint64_t looks; /* at blobs that were not known to be there */
};

struct lb_disk {
	struct lb_backend be;
	char *dir;
	int root, blobs;                /* descriptors of DIR and DIR/blobs/sha256 */
	struct lb_content_root *shared; /* root again, for contents that may outlive the store */
	uint64_t process;               /* random: tells this opening's temporaries from others' */
	atomic_uint counter;
	pthread_mutex_t mutex; /* what follows */
	struct lb_map *used;   /* digests that were protected by `use` already */
	int lease;             /* locked as long as the store is open and relies on something; -1 */
	char lease_name[LB_DISK_NAME];
	int64_t lease_ns; /* when it began */
	int held;         /* the store's lock, shared, between the use of one blob and the next; -1 */
	struct lb_disk_there there;
	int64_t tick_ns; /* a time stamp that is younger may be that of two changes */
};

static inline struct lb_disk *lb_disk_of(struct lb_backend *be)
{
	return (struct lb_disk *)be;
}

static inline int64_t lb_disk_ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* A new file or directory ("tmp/NAME", relative to root), which nobody sweeps as long as fd is open. LB_CANTCREAT. */
int lb_disk_temporary(struct lb_disk *d, const char *prefix, bool directory, char path[LB_DISK_NAME], int *fd, struct lb_err *err);
/* "blobs/sha256/HEX" */
void lb_disk_blob_path(const struct lb_digest *digest, char path[LB_DISK_PATH]);

int lb_disk_lock_mode(struct lb_disk *d, int operation, int *held, struct lb_err *err); /* flock's LOCK_SH, LOCK_EX */
void lb_disk_set_held(struct lb_disk *d, int fd);
int lb_disk_lock(struct lb_backend *be, int *held, struct lb_err *err);
void lb_disk_unlock(struct lb_backend *be, const int *held);
/* Puts text at `name` by a rename. LB_CANTCREAT. */
int lb_disk_write_whole(struct lb_disk *d, const char *name, const void *text, size_t len, struct lb_err *err);

/* disk_blob.c */
int lb_disk_blob_spill(struct lb_backend *be, struct lb_blob *b, const void *data, size_t len, struct lb_err *err);
int lb_disk_blob_copy(struct lb_backend *be, struct lb_blob *b, int fd, uint64_t len, struct lb_err *err);
int lb_disk_blob_commit(struct lb_backend *be, struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err);
void lb_disk_blob_abort(struct lb_backend *be, struct lb_blob *b);
bool lb_disk_has(struct lb_backend *be, const struct lb_digest *digest, uint64_t *bytes);
bool lb_disk_use(struct lb_backend *be, const struct lb_digest *digest);
bool lb_disk_relied(struct lb_backend *be, const struct lb_digest *digest);
int lb_disk_get(struct lb_backend *be, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err);
int lb_disk_list(struct lb_backend *be, struct lb_blob_list *out, struct lb_err *err);
int lb_disk_remove(struct lb_backend *be, const struct lb_digest *digest, int64_t protected_ns, bool *removed, struct lb_err *err);

/* disk_facts.c */
int lb_disk_layer_put(struct lb_backend *be, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err);
int lb_disk_layer_by_tree(struct lb_backend *be, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
			  struct lb_err *err);
int lb_disk_layer_by_diff_id(struct lb_backend *be, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
			     struct lb_err *err);
int lb_disk_layer_forget(struct lb_backend *be, const struct lb_digest *blob, struct lb_err *err);
int lb_disk_memo_put(struct lb_backend *be, const char *kind, const struct lb_digest *key, const void *data, size_t len,
		     struct lb_err *err);
int lb_disk_memo_get(struct lb_backend *be, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err);

/* disk_tape.c */
void lb_disk_hold(struct lb_backend *be, const struct lb_digest *about);
void lb_disk_let_go(struct lb_backend *be, const struct lb_digest *about, bool again);
/* Of a blob that a lease protects already: it is known to be there. False: look, and then say when it was used. */
bool lb_disk_is_there(struct lb_disk *d, const struct lb_digest *digest);
void lb_disk_was_there(struct lb_disk *d, const struct lb_digest *digest, int64_t used_ns);
/* Those that were made before. */
void lb_disk_drop_tapes(struct lb_disk *d, int64_t before_ns, uint64_t *freed_bytes);

/* disk_sweep.c */
int lb_disk_lease(struct lb_disk *d, struct lb_err *err); /* with the mutex held */
void lb_disk_lease_end(struct lb_disk *d);
int lb_disk_temporaries(struct lb_backend *be, uint64_t *count, struct lb_err *err);
int lb_disk_sweep(struct lb_backend *be, int64_t before_ns, int64_t *protected_ns, uint64_t *freed_bytes, struct lb_err *err);
int lb_disk_check(struct lb_backend *be, uint64_t *missing, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err);

#endif
