/* SPDX-License-Identifier: Apache-2.0
 *
 * Which commits touched which files: the first-parent line from HEAD back (what CI builds of a main branch), each
 * commit against its first parent; a rename counts as both names, a submodule as the name it stands at. Paths are
 * relative to the directory asked about, '/' between.
 *
 * A commit that has nothing to compare with is an import, no edit, and is examined but not listed: the first one, and
 * those with which the directory itself came or went. Renames of the directory are not followed.
 */
#ifndef HARNESS_HISTORY_H
#define HARNESS_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/err.h"

struct history_commit {
	char id[65];
	int64_t time;             /* committed, seconds since 1970 */
	const char *const *paths; /* sorted; only those below the directory */
	size_t count;
	const char *const *dirs; /* sorted: directories that came or went whole; what they held is among paths too */
	size_t dirs_count;
};

struct history_file {
	const char *path; /* some may be gone at HEAD */
	size_t commits;
};

struct history {
	struct history_commit *commits; /* newest first; those that touch something below the directory */
	size_t commits_count;
	struct history_file *files; /* sorted by path */
	size_t files_count;
	size_t examined; /* commits looked at, those that touch nothing below the directory too */
	bool complete;   /* the root was reached: cut neither by `most` nor by a shallow or partial clone */
	char head[65];
	int64_t newest, oldest; /* seconds since 1970, of examined commits; 0 when there is none */
};

/* *out is NULL where dir lies in no git work tree, or HEAD is unborn. most: commits to examine at most. Safe from
 * several threads. */
int history_read(const char *dir, size_t most, struct history **out, struct lb_err *err);
/* What h says about a directory below the one that it was read for: the same as reading it there. */
struct history *history_below(const struct history *h, const char *below);
void history_free(struct history *h); /* NULL is fine */
void history_cleanup(struct history **h);
#define history_auto __attribute__((cleanup(history_cleanup)))

/* The work tree that dir lies in, its real path, and dir relative to it ("" for itself); both the caller's, NULL where
 * it lies in none. */
void history_place(const char *dir, char **root, char **below);

#endif
