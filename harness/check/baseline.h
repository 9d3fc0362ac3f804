/* SPDX-License-Identifier: Apache-2.0
 *
 * What a result is held against: another result, or a baseline: a result without times, digests, repeats and what is
 * never compared, small enough to commit. A directory of baselines holds one a scenario. Its run.json says under
 * "baseline" the "reason" for which it was accepted, the run that it is "of", and, as "accepted", the same of all that
 * stood there before: [ { "of", "started", "reason" } ], the newest last.
 */
#ifndef HARNESS_CHECK_BASELINE_H
#define HARNESS_CHECK_BASELINE_H

#include "report/report.h"

/* The directory that `given` means for this scenario: itself when it is a result, else SCENARIO below it. The
 * caller's. LB_INVALID when neither is there; says how a first one is written. */
int baseline_find(const char *given, const char *scenario, char **out, struct lb_err *err);
/* Writes r as the baseline. A result is never overwritten: LB_USAGE. *written is the caller's. */
int baseline_write(const struct report *r, const char *given, const char *reason, char **written, struct lb_err *err);

#endif
