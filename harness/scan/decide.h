/* SPDX-License-Identifier: Apache-2.0
 *
 * One Dockerfile: its scenario, the classes of its commits, what each re-runs.
 */
#ifndef HARNESS_SCAN_DECIDE_H
#define HARNESS_SCAN_DECIDE_H

#include "check/units.h"
#include "scan/scan.h"

struct scan_task {
	const struct scan_options *o;
	const char *root;              /* as given */
	const struct check_unit *unit; /* borrowed */
	const char *work_tree;         /* real path; NULL: none */
	const struct history *history; /* of the work tree; NULL: none */
	struct scan_row *rows;         /* grown: one a variant and policy */
	size_t count, cap;
	struct lb_arena arena; /* of the rows' strings */
	int rc;                /* LB_INTERRUPTED */
};
void scan_decide(struct scan_task *t);

#endif
