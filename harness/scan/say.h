/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_SCAN_SAY_H
#define HARNESS_SCAN_SAY_H

#include "lbench/buf.h"
#include "scan/scan.h"

enum scan_format { SCAN_TABLE, SCAN_CSV, SCAN_MARKDOWN, SCAN_JSON };
struct scan_say_options {
	enum scan_format format;
	size_t top; /* rows to show; 0: all */
	const struct scan_options *scan;
	unsigned width;
	bool color;
};
/* csv: rank path context variant policy basis commits examined commits_month reruns_month wasted_month unclear_month
 * wasted_seconds_month seconds_at_least cause_line cause brings_files run_line run needs_files message; empty is unknown. */
void scan_say(const struct scan *s, const struct scan_say_options *o, struct lb_buf *out);

/* ":5 `COPY . .` brings 214 files; `RUN npm ci` (:6) needs 2" */
void scan_cause_text(const struct scan_row *r, struct lb_buf *out);
/* The closing sentence, and what the figures rest on. */
void scan_summary_text(const struct scan *s, const struct scan_say_options *o, size_t shown, struct lb_buf *out);
void scan_rows_json(const struct scan *s, const struct scan_say_options *o, size_t shown, struct lb_buf *out);
void scan_rows_csv(const struct scan *s, size_t shown, struct lb_buf *out);

void scan_count_text(uint64_t n, const char *what, struct lb_buf *out); /* "1 file", "2 files" */
void scan_number_text(double n, struct lb_buf *out);                    /* "0", "<0.1", "2.4", "42" */
void scan_duration_text(double seconds, struct lb_buf *out);            /* "12.0 s", "45 min", "3.4 h" */

/* Of the rows of one policy. */
struct scan_totals {
	const struct lb_policy *policy;
	double reruns, wasted, unclear, seconds, timeless; /* a month */
	size_t decided, wasting, assumed;
};
void scan_sum(const struct scan *s, const struct lb_policy *policy, struct scan_totals *out);

#endif
