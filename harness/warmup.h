/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_WARMUP_H
#define HARNESS_WARMUP_H

#include "measure/measure.h"
#include "run_options.h"

/* Does the plan of o, once, `rounds` times, and keeps no row of it: the store, the files and the processor are then as
 * they are in the middle of a run. What it pushes goes to a remote of its own. */
int warm_up(const struct run_options *o, const struct measure_options *m, unsigned rounds, struct lb_err *err);

#endif
