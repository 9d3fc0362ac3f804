/* SPDX-License-Identifier: Apache-2.0
 *
 * Measured seconds of RUN, where both results have some.
 */
#ifndef HARNESS_CHECK_TIMES_H
#define HARNESS_CHECK_TIMES_H

#include "check/gate.h"

/* Appends a line to out for each variant, policy and builder whose verdict is not "no difference shown": two results that
 * were not measured in one interleaved session give advice, never a failure. */
int times_advise(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err);
/* Of two results that took turns in one session: what is slower (after Holm, and with the whole interval of the ratio
 * beyond the tolerance) is a finding of the gate; faster and "cannot tell" are notes. */
int times_judge(const struct report *head, const struct report *base, struct gate *g, struct lb_err *err);

#endif
