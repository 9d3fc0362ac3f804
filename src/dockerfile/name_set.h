/* SPDX-License-Identifier: Apache-2.0
 *
 * Which names a list holds, and where, so that a long one need not be searched. Lives in an arena; the zero value is
 * empty. Names are borrowed and live as long as the arena.
 */
#ifndef LBENCH_DOCKERFILE_NAME_SET_H
#define LBENCH_DOCKERFILE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/mem.h"

struct lb_name_slot {
	const char *name; /* NULL: free */
	size_t at;
};
struct lb_name_set {
	struct lb_name_slot *slots;
	size_t cap, count;
};

bool lb_name_set_has(const struct lb_name_set *set, const char *name);
size_t *lb_name_set_at(const struct lb_name_set *set, const char *name); /* its place, to be read or changed; NULL: not there */
/* false: it was there, and keeps its place. */
bool lb_name_set_add(struct lb_arena *arena, struct lb_name_set *set, const char *name, size_t at);

#endif
