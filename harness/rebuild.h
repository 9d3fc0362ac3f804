/* SPDX-License-Identifier: Apache-2.0
 *
 * What a result and its baseline were made of, run again here in one session, in turns, so that their times can be held
 * against each other.
 */
#ifndef HARNESS_REBUILD_H
#define HARNESS_REBUILD_H

#include "lbench/mem.h"
#include "report/report.h"

struct rebuild {
	struct report *head, *base;
	unsigned repeats;
	struct lb_strv notes;
	char *scratch; /* removed by rebuild_release */
};
enum { REBUILD_LEAST = 10 }; /* repeats: fewer show hardly anything (docs/ci.md) */

/* head: a result under exec, whose scenario still is what it was then. The base is found as rebuild_base.h says, and built
 * with head's options. LB_UNAVAILABLE: it is not to be had; LB_INVALID: head's scenario moved on. */
int rebuild_run(const struct report *head, const struct report *base, struct rebuild *out, struct lb_err *err);
void rebuild_release(struct rebuild *r);

#endif
