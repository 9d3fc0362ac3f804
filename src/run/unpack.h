/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_UNPACK_H
#define RUN_UNPACK_H

#include "lbench/tree.h"
#include "run/ns.h"

/* Writes tree below dirfd under the new name `name`: a layer as overlayfs has it (whiteouts as character
 * devices 0:0, opaque directories marked), or a plain tree. Owners, devices and attributes that the ids of ns
 * cannot have are left out. On failure what is there is the caller's to remove. */
int lb_run_unpack(const struct lb_ns *ns, int dirfd, const char *name, struct lb_node *tree, struct lb_err *err);
/* Mode, owner, time and attributes of n on what is there. */
int lb_run_unpack_attr(const struct lb_ns *ns, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err);

#define LB_OVERLAY_XATTR "user.overlay."

#endif
