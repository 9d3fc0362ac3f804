/* SPDX-License-Identifier: Apache-2.0
 *
 * Directories as a walk found them. What one directory holds is one allocation: what stat said of each entry, and a
 * node and a content for it.
 */
#ifndef TREE_DIR_H
#define TREE_DIR_H

#include "tree/node.h"

struct lb_dir_memo;

/* Nanoseconds since 1970, modulo 2^64: for comparing. */
static inline uint64_t lb_time_ns(int64_t sec, int64_t nsec)
{
	return (uint64_t)sec * 1000000000 + (uint64_t)nsec;
}

/* The root of a walk: what all of it shares. */
struct lb_source {
	atomic_uint refs;
	int fd;
	bool canonical;
	uint64_t walked_at_ns; /* by the clock of the file system; 0: unknown */
	uint64_t names_dev;    /* the device whose directories' times tell of their entries; 0: of none it is known */
	bool named;            /* id is the name of a memo that has the tree as it is */
	struct lb_digest id;
	char path[]; /* for messages */
};
/* Takes over fd, which shows the root. */
struct lb_source *lb_source_new(int fd, const char *path, bool canonical, uint64_t walked_at_ns);
struct lb_source *lb_source_ref(struct lb_source *s);
void lb_source_unref(struct lb_source *s); /* NULL is fine */
/* So shortly before the walk that another change might have left the same time (or it is not known when that was):
 * what has such a time must not be remembered. */
bool lb_source_racy(const struct lb_source *s, uint64_t time_ns);

enum {
	LB_ENTRY_SAME = 1,     /* as the memo has it; of a directory that says nothing of what it holds */
	LB_ENTRY_KEPT = 2,     /* in the tree */
	LB_ENTRY_WAS_KEPT = 4, /* in the memo's */
	LB_ENTRY_RECALLED = 8, /* its content's digest is the memo's */
	LB_ENTRY_BARE = 16,    /* has no xattrs */
	LB_ENTRY_LINKED = 32   /* a file with other names, and not canonical */
};
struct lb_source_entry {
	uint64_t dev, ino, size_bytes, mtime_ns, ctime_ns;
	const char *name;
	uint32_t name_len, mode, flags;
	uint32_t was_dir; /* the memo's directory of this name; UINT32_MAX: none */
};

struct lb_source_file {
	struct lb_content content;
	struct lb_source_dir *dir;
};
struct lb_source_leaf {
	struct lb_node node; /* of a directory: as if it were empty */
	struct lb_source_file file;
};

struct lb_source_dir {
	struct lb_slab slab;
	struct lb_source *source;
	uint64_t dev, ino, mtime_ns, ctime_ns;
	uint32_t was;       /* which directory of the memo this is; UINT32_MAX: none */
	bool same_key;      /* its own times are the memo's */
	bool same_names;    /* and so are the names in it */
	bool names_known;   /* the memo's record stands for the names: nobody needs to list them */
	bool as_remembered; /* all below is as the memo has it, names and directories too */
	uint32_t sums_recalled;
	atomic_bool opened; /* a file in it was, since */
	size_t count;
	struct lb_node node;             /* the directory itself */
	struct lb_source_entry *entries; /* by name */
	struct lb_source_leaf *leaves;   /* one an entry */
	char *path;                      /* below the root; "" for itself */
};
/* path is the directory's, names has bytes for the entries' names. The caller's reference. */
struct lb_source_dir *lb_source_dir_new(struct lb_source *s, const char *path, size_t entries, size_t names_bytes, char **names);
void lb_source_dir_unref(struct lb_source_dir *d);
/* What was scanned is not needed: leaves from number `from` on, the directory's node, the caller's reference. */
void lb_source_dir_discard(struct lb_source_dir *d, size_t from);
/* The content of entry i, a file that is not empty: put into its leaf. */
struct lb_content *lb_source_file(struct lb_source_dir *d, size_t i);
/* The directory that n was walked as; NULL when it is no walked directory. */
struct lb_source_dir *lb_source_dir_of(const struct lb_node *n);

/* Reads one directory: opens it below the source, lists it (or takes the memo's names), looks at each entry and makes
 * the nodes, whose first references are the caller's too. *finger: see memo.h. Safe from several threads. 0 or errno. */
int lb_source_scan(struct lb_source *s, const char *path, const struct lb_dir_memo *m, uint32_t *finger, struct lb_source_dir **out);

#endif
