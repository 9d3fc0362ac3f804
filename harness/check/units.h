/* SPDX-License-Identifier: Apache-2.0
 *
 * What of a directory can be built: scenarios, and Dockerfiles with the context, target and arguments that
 * docker-bake.json and compose files give them.
 */
#ifndef HARNESS_CHECK_UNITS_H
#define HARNESS_CHECK_UNITS_H

#include "lbench/err.h"
#include "lbench/mem.h"
#include "lbench/stage.h"

struct check_unit {
	char *dir;        /* the context, or the scenario's directory; relative to the root that was searched, "" for itself */
	char *dockerfile; /* relative to the root; NULL: a scenario */
	char *target;     /* NULL */
	struct lb_pairs args;
	bool declared; /* a bake or compose file says so; else a guess: its own directory, then the root */
};
struct check_units {
	struct check_unit *items;
	size_t count, cap;
	struct lb_arena arena;
};
/* Everything below root, sorted; .git, node_modules and what lbench writes are not searched. A root with a
 * scenario.yaml is that scenario alone. A file that cannot be read gives a line in notes. */
int check_units_find(const char *root, struct check_units *out, struct lb_strv *notes, struct lb_err *err);
void check_units_release(struct check_units *u);

#endif
