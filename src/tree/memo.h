/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo of a walked directory on disk. Numbers are in the machine's byte order:
 *
 *   head | directories, parents first | their entries, by name | sums | index by inode | names, each with a NUL
 */
#ifndef TREE_MEMO_H
#define TREE_MEMO_H

#include "tree/dir.h"

#define LB_MEMO_MAGIC UINT64_C(0x326f6d656d626c02) /* also says the byte order */

struct lb_memo_head {
	uint64_t magic;
	uint64_t checksum;            /* of all that follows it */
	struct lb_digest id;          /* of all that follows it; what has not been saved whole has zeros */
	uint32_t canonical, flavours; /* LB_FLAVOURS_VERSION */
	uint64_t dirs, entries, sums, slots, names_bytes;
};

enum {
	LB_MEMO_DIR_KEY = 1,  /* its times can be relied on */
	LB_MEMO_DIR_NAMES = 2 /* and tell that its names are the same */
};
struct lb_memo_dir {
	uint64_t dev, ino, mtime_ns, ctime_ns;
	uint32_t first_entry, entries, first_sum, sums, flags, unused;
};

enum {
	LB_MEMO_KEY = 1,    /* what stat said can be relied on */
	LB_MEMO_KEPT = 2,   /* in the tree */
	LB_MEMO_DIGEST = 4, /* of its content */
	LB_MEMO_BARE = 8    /* no xattrs */
};
struct lb_memo_entry {
	uint64_t ino, size_bytes, mtime_ns, ctime_ns;
	uint32_t name_at, name_len, mode, flags;
	union {
		struct lb_digest digest; /* of a file */
		uint32_t dir;            /* a directory that is in the tree: its number; UINT32_MAX: not there */
	};
};

struct lb_memo_sum {
	uint32_t flavour, unused;
	struct lb_digest digest;
};

/* The memo as it was saved, mapped. NULL when there is none, or none that is whole. */
struct lb_dir_memo *lb_dir_memo_open(const char *path);
void lb_dir_memo_close(struct lb_dir_memo *m); /* NULL is fine */
const struct lb_memo_head *lb_dir_memo_head(const struct lb_dir_memo *m);
uint64_t lb_memo_place(uint64_t dev, uint64_t ino);        /* in the index */
uint64_t lb_memo_checksum(const void *data, size_t bytes); /* bytes is a multiple of 8 */
static inline size_t lb_memo_bytes(const struct lb_memo_head *h)
{
	return sizeof(*h) + h->dirs * sizeof(struct lb_memo_dir) + h->entries * sizeof(struct lb_memo_entry) +
	       h->sums * sizeof(struct lb_memo_sum) + h->slots * sizeof(uint32_t) + h->names_bytes;
}

struct lb_memo_view {
	uint32_t number;
	const struct lb_memo_dir *dir;
	const struct lb_memo_entry *entries;
	const struct lb_memo_sum *sums;
};
/* The directory of that inode. *finger (0 at first) is kept between calls: directories are mostly asked for in the
 * order in which they stand. */
bool lb_dir_memo_find(const struct lb_dir_memo *m, uint64_t dev, uint64_t ino, uint32_t *finger, struct lb_memo_view *out);
/* Directory number i; false when there is none. */
bool lb_dir_memo_at(const struct lb_dir_memo *m, uint64_t i, struct lb_memo_view *out);
/* The name of an entry: not empty, without a '/', ended by a NUL. NULL when it is none. */
const char *lb_dir_memo_name(const struct lb_dir_memo *m, const struct lb_memo_entry *e);
/* The time that the file system there gives to a file made now; 0 when it cannot be found out. */
uint64_t lb_dir_memo_now_ns(const char *memo_path);

#endif
