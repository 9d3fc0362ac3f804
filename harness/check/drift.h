/* SPDX-License-Identifier: Apache-2.0
 *
 * What decides and is not the project: lbench itself, the rules of a policy, the compressor, weights, the files that an
 * edit's pattern chose, the models of RUNs, what a base's name stands for. run.json pins all of it. Where it moved
 * between the baseline and the result, that is told, and what follows from it, and only that, is not charged:
 *
 *   lbench     everything, where the inputs are the same; else nothing can be told apart, and all counts
 *   policy     everything that another version of it decides
 *   compressor bytes
 *   weights    nothing: no limit is on a weighted figure
 *   files      hits that the baseline's Dockerfile would have lost too, had the edit changed the file of now, and that are
 *              not lost on a file of then, and what those steps cost; the bytes of that edit
 *   models     seconds of the RUN, bytes where it runs; hits lost on files that a stage takes over from such a RUN
 *   bases      hits lost through its triggers or its coming anew, and what those steps cost; the bytes by which it grew
 */
#ifndef HARNESS_CHECK_DRIFT_H
#define HARNESS_CHECK_DRIFT_H

#include "check/judge.h"

/* Compares what the two sides pin. */
void drift_find(struct gating *x);
/* Of the build as a whole: another version of the policy, or the same inputs under another lbench. NULL: none. */
struct gate_drift *drift_of_build(struct gating *x, const struct report_build *head, const struct report_build *base);
/* What the loss of the step's hit follows from, when its chain of misses began at root; NULL when it is the project's. */
struct gate_drift *drift_of_loss(struct gating *x, const struct pair *p, const struct report_step *step, const struct report_step *root);
/* What a figure (values: in the baseline, now) that is beyond its limit follows from; *out is NULL when it is beyond it
 * all the same. */
int drift_of_figure(struct gating *x, const struct pair *p, enum check_quantity q, const struct check_limit *limit, const double values[2],
		    struct gate_drift **out, struct lb_err *err);

#endif
