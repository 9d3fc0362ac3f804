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
	char *scratch; /* removed by rebuild_release */
};
enum { REBUILD_LEAST = 10 }; /* repeats: fewer show hardly anything (docs/ci.md) */

/* head: a result under exec, whose scenario still is what it was then. The base is its scenario at the commit that base's
 * run.json names, with head's policies, builders, variants and edits. LB_UNAVAILABLE: the baseline names no commit, or
 * this clone lacks it. */
int rebuild_run(const struct report *head, const struct report *base, struct rebuild *out, struct lb_err *err);
void rebuild_release(struct rebuild *r);

#endif
