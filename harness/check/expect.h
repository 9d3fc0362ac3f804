/* SPDX-License-Identifier: Apache-2.0
 *
 * What must hold without any baseline: `expect:` and `keep:` of the scenario, --must-hit of the command line.
 */
#ifndef HARNESS_CHECK_EXPECT_H
#define HARNESS_CHECK_EXPECT_H

#include "report/report.h"
#include "scenario/scenario.h"

/* Adds "EDIT: PATTERN" to the edit's expectations: in every variant, what matches must be a hit. LB_USAGE when there
 * is no such edit (EDIT may be a pattern), or when PATTERN matches no instruction of any variant. */
int expect_must_hit(struct scenario *s, const char *text, struct lb_err *err);

/* Checks the rows of a result of s. Builders that start without any cache (`cold`) and the policy that never reuses
 * are left out: there is nothing to hit. Appends a line for each expectation, variant and step that is broken, with
 * its position, the reason and the evidence. */
int expect_check(const struct scenario *s, const struct report *r, struct lb_strv *broken, struct lb_err *err);

#endif
