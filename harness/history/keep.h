/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_HISTORY_KEEP_H
#define HARNESS_HISTORY_KEEP_H

#include "history/history.h"
#include "lbench/mem.h"

/* A history that grows. What it lists lives in its arena; a path is kept once. */
struct history_kept {
	struct history h; /* first: history_free gets this */
	struct lb_arena arena;
	struct lb_map *files; /* path -> struct history_file */
	size_t cap;
};
/* The paths of one commit, not yet kept. */
struct history_touched {
	struct lb_strv paths, dirs;
};

struct history_kept *history_keep_new(void);
/* Lists a commit; one that touches nothing is not listed. t is sorted. */
void history_keep(struct history_kept *k, const char *id, int64_t time, struct history_touched *t);
/* Counts the commits of each file: once, at the end. */
void history_keep_done(struct history_kept *k);
void history_touched_release(struct history_touched *t);

#endif
