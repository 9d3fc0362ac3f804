/* SPDX-License-Identifier: Apache-2.0
 *
 * Results, or variants, policies, subjects, builders or run modes of one result, side by side. Exact quantities
 * (steps, bytes, modelled seconds) are compared exactly; measured times by the rank test, with an interval and one of
 * four words. The first side is the base of all differences.
 */
#ifndef HARNESS_COMPARE_COMPARE_H
#define HARNESS_COMPARE_COMPARE_H

#include "report/report.h"
#include "lbench/mem.h"

struct compare_result {
	const char *path; /* names the side */
	const struct report *report;
};

enum compare_format { COMPARE_TABLE, COMPARE_JSON, COMPARE_CSV, COMPARE_MARKDOWN, COMPARE_BENCHSTAT, COMPARE_HYPERFINE };

struct compare_options {
	const char *by;         /* NULL, or "variant" "policy" "subject" "builder" "run-mode": what the sides of one result are;
				   "edit" "step": what the rows are */
	struct lb_strv metrics; /* names; empty: those that matter */
	const char *sort;       /* NULL: as in the result; "name", "difference" or "ratio" */
	const char *variant, *policy, *builder, *edit; /* patterns; NULL: all */
	enum compare_format format;
	double commits_per_day, price_minute, price_gb; /* prices: 0 not given */
	unsigned width;
	bool color;
};

/* "table" "json" "csv" "markdown" "benchstat" "hyperfine"; NULL: table. LB_USAGE. */
int compare_format_parse(const char *name, enum compare_format *out, struct lb_err *err);

/* Appends the comparison. LB_INVALID when the results are of different scenarios or have nothing in common, LB_USAGE
 * when an option names what is not there.
 *
 * csv: metric unit row side value at_least kind (exact, varies, measured) repeats low high difference ratio ratio_low
 * ratio_high p verdict more_repeats; empty is unknown, or does not apply. json: { "schema": 1, "scenario", "base",
 * "sides": [name], "metrics": [ { "name", "unit", "measured", "rows": [ { "row", "sides": { NAME: the figures of the
 * CSV } } ] } ], "rows": [ { "row", "steps": [ what differs ] } ], "notes": [text], "summary" }. */
int compare_print(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out,
		  struct lb_err *err);

#endif
