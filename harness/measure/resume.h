/* SPDX-License-Identifier: Apache-2.0
 *
 * What an interrupted result holds already: the rows of builds that were finished, by their place in the plan.
 */
#ifndef HARNESS_MEASURE_RESUME_H
#define HARNESS_MEASURE_RESUME_H

#include "measure/measure.h"

struct kept_row {
	struct lb_buf build, steps; /* as they are in the files */
	bool done, failed, skipped;
	struct lb_digest image; /* zero: none */
	uint64_t run_ns;
	bool run_known;
};

struct resume {
	struct kept_row *rows; /* by build */
	size_t count, done;
	uint64_t next_order;   /* the first started_order that was not given */
	struct record_cut cut; /* behind the last row before the first gap: rows behind it are held here only */
};

/* Reads builds.csv, alone.csv and steps.csv of the result in dir, half a line at an end left out. LB_INVALID with
 * its place for a row that is not of this plan. *out is the caller's. */
int resume_read(const char *dir, const struct measure_options *o, const struct scn_plan *plan, struct resume **out, struct lb_err *err);
void resume_free(struct resume *r); /* NULL is fine */

/* Compares the run.json of the result in dir with that of the run that wants to go on with it. LB_INVALID says what is
 * another one: the scenario, an option, the tool. */
int resume_check(const char *dir, const struct record_run *run, struct lb_err *err);

#endif
