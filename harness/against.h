/* SPDX-License-Identifier: Apache-2.0
 *
 * The work tree against the commit that its branch came from: both decided under dry, with the edits of the work tree
 * for projects. Everything that cannot be decided on one of both sides is told and neutral.
 */
#ifndef HARNESS_AGAINST_H
#define HARNESS_AGAINST_H

#include "report/report.h"
#include "lbench/mem.h"

struct against_pair {
	struct report *head, *base;
};
struct against {
	struct against_pair *pairs;
	size_t count, cap;
	char *label; /* of the base: "1a2b3c4d (where HEAD left origin/main)" */
	struct lb_strv notes;
	char *scratch; /* removed by against_release */
};
/* path: a scenario, a project, or a directory with many; rev: what the change is to be merged into. policies as
 * --policy takes them. */
int against_run(const char *path, const char *rev, const struct lb_strv *policies, struct against *out, struct lb_err *err);
void against_release(struct against *a);

#endif
