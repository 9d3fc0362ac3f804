/* SPDX-License-Identifier: Apache-2.0
 *
 * The real engines of a run, for those who carry it out and for its record.
 */
#ifndef HARNESS_ENGINES_H
#define HARNESS_ENGINES_H

#include "measure/measure.h"
#include "run_options.h"

enum { ENGINES_MAX = 4 };
/* memory is kept by the caller as long as run. */
void engines_describe(const struct run_options *o, struct record_engine memory[ENGINES_MAX], struct record_run *run,
		      struct measure_options *measure);

#endif
