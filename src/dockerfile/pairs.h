/* SPDX-License-Identifier: Apache-2.0
 *
 * Lists of names and values in an arena. Names and values are borrowed: they live in an arena too.
 */
#ifndef LBENCH_DOCKERFILE_PAIRS_H
#define LBENCH_DOCKERFILE_PAIRS_H

#include "dockerfile/name_set.h"
#include "lbench/stage.h"

bool lb_pairs_has(const struct lb_pairs *p, const char *name);
void lb_pairs_set(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value);      /* in place, or at the end */
void lb_pairs_set_last(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value); /* always at the end */
/* The same for a list whose names are those of `names`. */
void lb_pairs_put(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value);
void lb_pairs_put_last(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value);
struct lb_pairs lb_pairs_copy(struct lb_arena *arena, const struct lb_pairs *p);
void lb_pairs_insert_sorted(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value);

#endif
