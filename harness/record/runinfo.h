/* SPDX-License-Identifier: Apache-2.0
 *
 * run.json: what a reader must know of a run to judge its figures. Keys: schema, tool, run_id, started,
 * resumed, command, scenario, project, machine, libraries, options, variants, edits, models, unknowns, warnings, status.
 */
#ifndef HARNESS_RUNINFO_H
#define HARNESS_RUNINFO_H

#include "record/record.h"

enum { RUNINFO_SCHEMA = 1 };
void runinfo_json(const struct record_run *run, const char *status, struct lb_buf *out);
/* The machine object alone, as `lbench env` shows it too. */
void runinfo_machine(struct lb_json *w);

#endif
