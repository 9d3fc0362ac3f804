/* SPDX-License-Identifier: Apache-2.0
 *
 * Who a RUN runs as: USER, looked up in the root file system's own files as container engines do.
 */
#ifndef RUN_USER_H
#define RUN_USER_H

#include "lbench/tree.h"

enum { LB_USER_GROUPS_MAX = 64 };
struct lb_user {
	uint32_t uid, gid;
	uint32_t groups[LB_USER_GROUPS_MAX]; /* supplementary */
	size_t groups_count;
	char *home; /* the caller's; never NULL */
};
/* spec: "" (root), USER, UID, USER:GROUP with names or numbers. A number needs no entry; a name that has none
 * is LB_FAILED. */
int lb_user_find(const struct lb_node *root, const char *spec, struct lb_user *out, struct lb_err *err);
void lb_user_release(struct lb_user *u);
#define lb_autouser __attribute__((cleanup(lb_user_release)))

#endif
