/* SPDX-License-Identifier: Apache-2.0
 *
 * A second thread that scans the directories that the memo has, from the last to the first, while the walk comes
 * from the other end.
 */
#ifndef TREE_AHEAD_H
#define TREE_AHEAD_H

#include "tree/memo.h"

struct lb_ahead;
/* NULL where it would not pay: few directories, one processor. Both outlive it. */
struct lb_ahead *lb_ahead_start(struct lb_source *s, const struct lb_dir_memo *m);
/* The directory that the memo has as number i, if it has been scanned (the caller's then); else NULL, and the caller
 * scans it. NULL for a NULL. */
struct lb_source_dir *lb_ahead_take(struct lb_ahead *a, uint32_t i);
void lb_ahead_stop(struct lb_ahead *a); /* NULL is fine */

#endif
