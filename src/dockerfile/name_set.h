/* SPDX-License-Identifier: Apache-2.0
 *
 * Which names a list holds, so that a long one need not be searched for a name that is new. Lives in an arena; the
 * zero value is empty. Names are borrowed and live as long as the arena.
 */
#ifndef LBENCH_DOCKERFILE_NAME_SET_H
#define LBENCH_DOCKERFILE_NAME_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/mem.h"

struct lb_name_set {
	const char **slots;
	size_t cap, count;
};

bool lb_name_set_has(const struct lb_name_set *set, const char *name);
bool lb_name_set_add(struct lb_arena *arena, struct lb_name_set *set, const char *name); /* false: it was there */

#endif
