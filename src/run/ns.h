/* SPDX-License-Identifier: Apache-2.0
 *
 * The user namespace that RUNs live in. Its root is who runs lbench; which other ids it knows depends:
 *
 *   root           every id, each as itself
 *   sub-ids        0 is the caller, 1…n are the sub-ids that newuidmap grants
 *   a single id    0 is the caller, and there is nobody else
 *
 * As root, files of a RUN are handled directly. Otherwise they belong to ids, or have modes, that only the
 * namespace's root can deal with: lb_ns_call runs a function of ours in there.
 */
#ifndef RUN_NS_H
#define RUN_NS_H

#include <stdbool.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/err.h"

enum lb_ids { LB_IDS_ALL, LB_IDS_SUB, LB_IDS_ONE };
struct lb_ns {
	int fd; /* the namespace */
	enum lb_ids ids;
	uint32_t count; /* ids 0…count-1 can be owners inside; LB_IDS_ALL: all */
	char map[96];   /* names the map, so that what was unpacked under another is not taken: "" for LB_IDS_ALL */
};
/* LB_UNAVAILABLE says what refuses. */
int lb_ns_open(struct lb_ns *ns, struct lb_err *err);
void lb_ns_close(struct lb_ns *ns);
static inline bool lb_ns_knows(const struct lb_ns *ns, uint32_t id)
{
	return ns->ids == LB_IDS_ALL || id < ns->count;
}

/* Runs fn(arg) with the rights of the namespace's root: here as root, else in a child that shares memory and
 * descriptors with the caller, which waits for it. */
int lb_ns_call(const struct lb_ns *ns, int (*fn)(void *arg, struct lb_err *err), void *arg, struct lb_err *err);

/* A namespace below ns in which bubblewrap, started without any rights as uid and gid, has all of them while it
 * sets up (it takes no other way to run a command as somebody else). With a single id it is that id's other
 * name. *fd is the caller's. */
int lb_ns_for_user(const struct lb_ns *ns, uint32_t uid, uint32_t gid, int *fd, struct lb_err *err);

#endif
