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
/* Of two results that took turns in one session: appends the labels of what is slower (after Holm, and with the whole
 * interval of the ratio beyond the tolerance). */
int times_suspects(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err);
/* Of two results of another such session: what is slower and suspected already is a finding of the gate; all else that is
 * told is a note. */
int times_judge(const struct report *head, const struct report *base, const struct lb_strv *suspects, struct gate *g, struct lb_err *err);

#endif
