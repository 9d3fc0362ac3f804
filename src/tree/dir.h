/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as a walk of a directory found them, and the memo of their digests.
 */
#ifndef TREE_DIR_H
#define TREE_DIR_H

#include "lbench/tree.h"

/* By what a file is known again: unchanged as long as all of it is the same. Times are nanoseconds since 1970,
 * modulo 2^64: for comparing, and a tree of 50,000 files has as many of these. */
struct lb_file_key {
	uint64_t dev, ino, size_bytes, mtime_ns, ctime_ns;
};
static inline uint64_t lb_time_ns(int64_t sec, int64_t nsec)
{
	return (uint64_t)sec * 1000000000 + (uint64_t)nsec;
}

/* A walked directory: what all its files share. One descriptor for the whole of it. */
struct lb_source;
/* Takes over fd. path stands in messages; walked_at_ns: see lb_content_file_racy, 0 is unknown; memo_records: how
 * many the memo had that the walk used. */
struct lb_source *lb_source_new(int fd, const char *path, uint64_t walked_at_ns, uint64_t memo_records);
void lb_source_unref(struct lb_source *s);

/* A directory below it, shared by the files in it that lie on its device. */
struct lb_source_dir;
struct lb_source_dir *lb_source_dir_new(struct lb_source *s, const char *path, uint64_t dev);
void lb_source_dir_unref(struct lb_source_dir *d);
/* A file of another device (a mount point) gets a directory of its own. */
struct lb_content *lb_source_file(struct lb_source_dir *d, const char *name, size_t len, const struct lb_file_key *key);

/* The digest as the memo has it. */
void lb_source_file_recall(struct lb_content *c, const struct lb_digest *digest);

/* Is this a file of a walked directory, and of which key? */
bool lb_content_file_key(const struct lb_content *c, struct lb_file_key *out);
/* Changed so shortly before the walk that another change might have left the same times (or when the walk was
 * is not known): such a file's digest must not be remembered. */
bool lb_content_file_racy(const struct lb_content *c);
/* Is its digest from the memo? *records: how many that memo had. */
bool lb_content_file_recalled(const struct lb_content *c, uint64_t *records);

/* The memo as it was saved, mapped. NULL when there is none, or none that is whole. */
struct lb_dir_memo;
struct lb_dir_memo *lb_dir_memo_open(const char *path);
/* *finger (0 at first) is kept between calls: files are mostly asked for in the order of their inodes. */
bool lb_dir_memo_get(const struct lb_dir_memo *m, const struct lb_file_key *key, uint64_t *finger, struct lb_digest *out);
uint64_t lb_dir_memo_records(const struct lb_dir_memo *m); /* 0 for NULL */
void lb_dir_memo_close(struct lb_dir_memo *m);             /* NULL is fine */
/* The time that the file system there gives to a file made now; 0 when it cannot be found out. */
uint64_t lb_dir_memo_now_ns(const char *memo_path);

#endif
