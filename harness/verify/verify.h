/* SPDX-License-Identifier: Apache-2.0
 *
 * Predicted against observed decisions: plays cases with the built-in engine by the rules of every engine and
 * version that was observed, and compares.
 */
#ifndef HARNESS_VERIFY_H
#define HARNESS_VERIFY_H

#include "lbench/json.h"
#include "verify/compare.h"

struct verify_options {
	const struct lb_strv *paths;    /* case files, or directories of them */
	const struct lb_strv *policies; /* engines, engine@version, or whole keys; none: all */
	unsigned jobs;
	const _Atomic bool *cancel;
};

/* One case; a cell for each engine and version that has it and was asked for, in the order of keys. */
struct verify_row {
	char *id, *topic;
	struct verify_cell *cells;
	size_t count;
};
struct verify_report {
	struct verify_row *rows;
	size_t count;
	const char *unit; /* what a row is; NULL: a case */
};
/* LB_INVALID for a case that cannot be read, with FILE:LINE:COL; LB_USAGE for a policy that no case has;
 * LB_UNAVAILABLE where the machine lacks something; LB_INTERRUPTED. */
int verify_run(const struct verify_options *o, struct verify_report *out, struct lb_err *err);
void verify_report_release(struct verify_report *r);
size_t verify_report_differences(const struct verify_report *r);

/* report.c */
void verify_print_lines(const struct verify_report *r, struct lb_buf *out); /* one line a disagreement */
void verify_print_table(const struct verify_report *r, struct lb_buf *out); /* topics by engines, agreed/compared */
/* more: NULL, or adds members of its own */
void verify_print_json(const struct verify_report *r, void (*more)(struct lb_json *w, const void *arg), const void *arg,
		       struct lb_buf *out);
void verify_print_junit(const struct verify_report *r, struct lb_buf *out);

#endif
