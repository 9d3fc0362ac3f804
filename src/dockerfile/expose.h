/* SPDX-License-Identifier: Apache-2.0
 *
 * The ports of EXPOSE.
 *
 * For `parse --format json` nothing here needs to be called: lb_build_plan_resolve (lbench/stage.h) leaves
 * every instruction's ports and expanded arguments in plan->resolved[i], i as in df->instructions.
 */
#ifndef LBENCH_DOCKERFILE_EXPOSE_H
#define LBENCH_DOCKERFILE_EXPOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/err.h"
#include "lbench/mem.h"

struct lb_ports {
	char **items; /* "80/tcp", in the arena */
	size_t count, cap;
};

/* What a port says beside itself; for the build checks. */
struct lb_port_form {
	bool proto_not_lower;
	bool has_host; /* an address or a host port */
};

/* Appends the ports of one word, [HOST:]PORT[-PORT][/PROTOCOL]. form may be NULL. LB_INVALID, without a place. */
int lb_expose_add(struct lb_arena *arena, const char *word, struct lb_ports *ports, struct lb_port_form *form, struct lb_err *err);

#endif
