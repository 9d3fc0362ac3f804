/* SPDX-License-Identifier: Apache-2.0
 *
 * What a RUN left in overlayfs's upper directory, as a layer.
 */
#ifndef RUN_UPPER_H
#define RUN_UPPER_H

#include "lbench/mem.h"
#include "lbench/tree.h"
#include "run/ns.h"

struct lb_upper {
	const struct lb_ns *ns;      /* outlives the layer */
	const char *path;            /* absolute */
	const struct lb_node *root;  /* what the RUN saw below its changes */
	struct lb_time start, stamp; /* times from start on become stamp; start of 0: all stay */
	const struct lb_strv *stubs; /* "etc/hosts": places that were made for mounts and are not in root */
	uint32_t uid, gid;           /* of the RUN: owns what is new where the namespace has a single id */
};
/* Sets the times on disk, then reads it. *out: NULL when nothing changed. The bytes stay where they are. Sockets
 * and what is as it was in root are left out. */
int lb_upper_layer(const struct lb_upper *u, struct lb_node **out, struct lb_err *err);

#endif
