/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as a walk of a directory found them, and the memo of their digests.
 */
#ifndef TREE_DIR_H
#define TREE_DIR_H

#include "lbench/tree.h"

/* By what a file is known again: unchanged as long as all of it is the same. */
struct lb_file_key {
	uint64_t dev, ino, size_bytes;
	struct lb_time mtime, ctime;
};

/* A walked directory: what all its files share. One descriptor for the whole of it. */
struct lb_source;
/* Takes over fd. path stands in messages; walked_at: see lb_file_racy. */
struct lb_source *lb_source_new(int fd, const char *path, struct lb_time walked_at);
void lb_source_unref(struct lb_source *s);

/* A directory below it, shared by the files in it. */
struct lb_source_dir;
struct lb_source_dir *lb_source_dir_new(struct lb_source *s, const char *path);
void lb_source_dir_unref(struct lb_source_dir *d);
struct lb_content *lb_source_file(struct lb_source_dir *d, const char *name, size_t len, const struct lb_file_key *key);

/* Is this a file of a walked directory, and of which key? */
bool lb_content_file_key(const struct lb_content *c, struct lb_file_key *out);
/* Changed so shortly before the walk that another change might have left the same times (or when the walk was
 * is not known): such a file's digest must not be remembered. */
bool lb_content_file_racy(const struct lb_content *c);

/* The memo as it was saved, mapped. NULL when there is none, or none that is whole. */
struct lb_dir_memo;
struct lb_dir_memo *lb_dir_memo_open(const char *path);
bool lb_dir_memo_get(const struct lb_dir_memo *m, const struct lb_file_key *key, struct lb_digest *out);
void lb_dir_memo_close(struct lb_dir_memo *m); /* NULL is fine */
/* The time that the file system there gives to a file made now; zero when it cannot be found out. */
struct lb_time lb_dir_memo_now(const char *memo_path);

#endif
