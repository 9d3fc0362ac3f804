/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of names and values in an arena. Names and values are borrowed: they live in an arena too.
 */
#ifndef LBENCH_DOCKERFILE_PAIRS_H
#define LBENCH_DOCKERFILE_PAIRS_H

#include "dockerfile/name_set.h"
#include "lbench/stage.h"

void lb_pairs_set(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value);      /* in place, or at the end */
/* The same for a list whose names are those of `names`. */
void lb_pairs_put(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value);
/* A list in order of last setting, of which nothing is ever taken out: the entry that `names` places counts, an older
 * one of the name only for who holds a shorter copy of the list. */
void lb_pairs_log(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value);
struct lb_pairs lb_pairs_latest(struct lb_arena *arena, const struct lb_pairs *p, const struct lb_name_set *names);
const char *lb_pairs_latest_of(const struct lb_pairs *p, const struct lb_name_set *names, const char *name);
struct lb_pairs lb_pairs_copy(struct lb_arena *arena, const struct lb_pairs *p);
void lb_pairs_insert_sorted(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value);

#endif
