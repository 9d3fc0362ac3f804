/* SPDX-License-Identifier: Apache-2.0
 *
 * A scenario as it was at an earlier commit, on disk.
 */
#ifndef HARNESS_CHECKOUT_H
#define HARNESS_CHECKOUT_H

#include "lbench/err.h"
#include "lbench/mem.h"

/* Where path lies in the work tree; "" for its root. *out is the caller's. LB_INVALID. */
int checkout_prefix(const char *path, const char *work_tree, char **out, struct lb_err *err);
/* Writes what lay below prefix at that commit to the directory `to`, which is made. LB_NOT_FOUND: nothing did. */
int checkout_tree(const char *repository, const char *hex, const char *prefix, const char *to, struct lb_err *err);
/* Copies the directory `from` to `to`, which is made, but for what git and lbench keep in it. */
int checkout_copy(const char *from, const char *to, struct lb_err *err);
/* The measuring stick is the same on both sides: a project's edits are those of the work tree. */
int checkout_carry_edits(const char *head, const char *base, struct lb_err *err);

#endif
