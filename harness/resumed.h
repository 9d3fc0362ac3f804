/* SPDX-License-Identifier: Apache-2.0
 *
 * The command of an interrupted result, as its run.json tells it.
 */
#ifndef HARNESS_RESUMED_H
#define HARNESS_RESUMED_H

#include "lbench/json.h"
#include "lbench/mem.h"
#include "run_options.h"

struct resumed {
	char *dir;                              /* the result, absolute */
	json_t *run;                            /* run.json */
	const char *run_id, *started, *operand; /* borrowed from run */
	struct lb_strv times;                   /* when it was gone on with before */
	char **argv;                            /* [0] is the command's name; texts are run's */
	int argc;
	bool complete;
};

/* LB_INVALID when result is none, or none that can be gone on with. */
int resumed_read(const char *result, struct resumed *out, struct lb_err *err);
void resumed_release(struct resumed *r);
/* Goes to the directory that the command was given in. */
int resumed_enter(const struct resumed *r, struct lb_err *err);
/* Of the options given beside --resume, those that only say what is printed and how hard the machine works are taken
 * over into `to` (a table of the same rows); another one is LB_USAGE. */
int resumed_override(const struct option *given, const struct option *to, size_t count, struct lb_err *err);

#endif
