/* SPDX-License-Identifier: Apache-2.0
 *
 * What builds remember of the contexts that they read: below STORE/contexts a memo each (lb_dir_memo_save), and beside
 * it, as MEMO.of, a link to the context's directory. A memo that is gone costs its next build the reading of all files.
 */
#ifndef HARNESS_IMAGE_MEMOS_H
#define HARNESS_IMAGE_MEMOS_H

#include <stdint.h>

#include "lbench/err.h"

/* Where the memo called `digits` lies; the caller's. LB_CANTCREAT. */
int img_memo_place(const char *store, const char *digits, char **out, struct lb_err *err);
/* Says whose it is; dir is absolute. That it cannot be said is no error: then it goes by its age alone. */
void img_memo_of(const char *memo_path, const char *dir);

int img_memos_usage(const char *store, uint64_t *memos, uint64_t *bytes, struct lb_err *err);
/* Removes those whose directory is gone; then, the first written first, those that are older than ten minutes, until
 * keep_bytes are left. now: seconds since 1970. */
int img_memos_clear(const char *store, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err);

#endif
