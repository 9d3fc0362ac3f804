/* SPDX-License-Identifier: Apache-2.0
 *
 * Measured seconds of RUN, where both results have some. Two results were not measured in one interleaved session, so
 * what is found is advice, never a failure.
 */
#ifndef HARNESS_CHECK_TIMES_H
#define HARNESS_CHECK_TIMES_H

#include "report/report.h"
#include "lbench/mem.h"

/* Appends a line for each variant, policy and builder whose verdict is not "no difference shown". */
int times_advise(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err);

#endif
