/* SPDX-License-Identifier: Apache-2.0
 *
 * A result directory while it is written: builds.csv, steps.csv, run.json, inputs/; `latest` beside it is
 * moved when the first row is there, and old results are dropped at the end. Rows may be made by several
 * threads into buffers of their own; they are written in plan order by one.
 */
#ifndef HARNESS_RECORD_H
#define HARNESS_RECORD_H

#include "lbench/build.h"
#include "record/csv.h"
#include "scenario/scenario.h"

/* What is told of a run as a whole. Pointers are borrowed for the run's life. */
struct record_run {
	const struct scenario *scenario;
	const struct lb_policy *const *policies;
	size_t policies_count;
	const enum lb_builder_kind *builders;
	size_t builders_count;
	const bool *variants_used, *edits_used; /* by index */
	enum lb_run_mode mode;
	enum lb_compression compression;
	const char *remote;          /* "memory", "oci" */
	unsigned jobs, repeat;
	const char *started;         /* RFC 3339, UTC */
	const char *run_id;
	const char *tool_version, *tool_commit;
	const struct lb_strv *unknowns, *warnings;
};

/* One build's row but for what lb_build gave. */
struct record_row {
	size_t build_id;
	const char *variant, *policy, *builder, *workload, *edit;
	uint64_t seq;
	unsigned repeat;
	uint64_t started_order;
	const char *status;          /* ok fail skip */
	const char *message;         /* NULL */
	const struct lb_build_result *result; /* NULL: nothing was built */
	uint64_t engine_ns, push_ns, cpu_ns, peak_rss_bytes;
	bool cpu_known;
};

struct record;
/* Makes OUT/<scenario>/<run-id>/. LB_CANTCREAT. */
int record_open(const char *out_dir, const struct record_run *run, struct record **out, struct lb_err *err);
const char *record_dir(const struct record *r); /* borrowed */
/* The rows as text, for threads: buffers grow, nothing is written. */
void record_format_build(const struct record_run *run, const struct record_row *row, struct lb_buf *out);
void record_format_step(const struct record_run *run, const struct record_row *row, const struct lb_step_row *step, uint64_t engine_ns,
                        struct lb_buf *out);
/* Writes the rows of one build. */
int record_write(struct record *r, const struct lb_buf *build_row, const struct lb_buf *step_rows, struct lb_err *err);
/* status: "done", "interrupted". Writes run.json anew, keeps the newest `keep` results. */
int record_close(struct record *r, const char *status, unsigned keep, struct lb_err *err);
void record_free(struct record *r); /* NULL is fine; leaves what is written */

#endif
