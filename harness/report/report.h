/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that is made from a result directory (run.json, builds.csv, steps.csv): the printed answer, the
 * explanation of each miss, tables for plots, and the plots. A live run is never seen here, and nothing is
 * computed that the files do not say.
 *
 * What is unknown in the CSV (an empty cell) stays unknown: `?` alone, and a sum with an unknown part is a lower
 * bound, `≥`. Seconds are those of RUN; lbench's own engine time is printed under `details` only, by that name.
 *
 * run.json may hold models.rules, [{ "match": pattern over a RUN, "depends_on": ["requirements.txt", "world:pypi"] }],
 * in the scenario's order: what a RUN needs is then named in the answer and in explanations.
 */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <stdbool.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"

struct report;

/* Reads a result. Columns are found by name, further ones are ignored. LB_INVALID with FILE:LINE:COL when
 * something cannot be read; a last line that is half written is fine while run.json says "running". *out is the
 * caller's. */
int report_load(const char *dir, struct report **out, struct lb_err *err);
/* The same without the steps: what a look at hundreds of results needs. */
int report_load_builds_only(const char *dir, struct report **out, struct lb_err *err);
void report_free(struct report *r); /* NULL is fine */
void report_cleanup(struct report **r);
#define report_auto __attribute__((cleanup(report_cleanup)))

enum report_format { REPORT_TABLE, REPORT_JSON, REPORT_CSV, REPORT_MARKDOWN };
/* "table" "json" "csv" "markdown"; LB_USAGE names them. */
int report_format_parse(const char *name, enum report_format *out, struct lb_err *err);

struct report_options {
	enum report_format format;
	unsigned width; /* columns of the terminal; 0: no limit */
	bool color;
	bool details; /* every column of builds.csv too, and what each step of the first builds leaves */
	bool further; /* not the first report on this output: csv names its columns once */
};

/* Appends the answer to out.
 *
 * csv: a row for each variant and edit (`workload` each, sequence or history), and one of the weighted mean
 * (`mix`), columns: scenario subject policy origin builder variant workload edit seq weight repeats status hits
 * reusable misses wasted unknown stale run_s wasted_s push_bytes stored_bytes pulled_bytes at_least (names of the
 * values that are lower bounds) message. With `details` builds.csv, column for column.
 * Of a real engine run_s is the seconds of whole builds (its RUNs are timed by nobody); in json such a block has
 * "engine" (name and version) and "seconds": "build" beside its subject.
 *
 * json: { "schema": 1, "scenario", "run_id", "status", "seconds",
 *   "blocks": [ { "subject", "policy", "origin", "builder",
 *     "answer": { "text", "cause", "variant", "line", "instruction", "rerun", "needed" (parts of 1; null: nobody
 *                 knows), "wasted_s", "root": { "line", "instruction", "files" }, "better", "saves_s", "ratio",
 *                 "saves_push_bytes" } | null,
 *     "per_commit": [ { "variant", "rebuilt", "reusable", "run_s", "wasted_s", "push_bytes", "stored_bytes",
 *                       "at_least": [names of the values that are lower bounds], "first_build_s",
 *                       "builders": { NAME: run_s } } ],
 *     "edits": [ { "edit", "seq", "weight", "variants": { NAME: { "status", "hits", "reusable", "misses", "wasted",
 *                  "unknown", "stale", "run_s", "wasted_s", "push_bytes", "at_least", "message" } } } ],
 *     "sharing": null | { "first_builds": [ { "variant", "run_s", "alone_run_s", "stored_bytes", "alone_stored_bytes",
 *                "push_bytes", "alone_push_bytes" } ], "saves": { "run_s", "stored_bytes", "push_bytes" },
 *                "saves_a_commit": { the same } } } ],
 *   "differences": [text], "problems": [text], "unknowns": [text], "warnings": [text],
 *   "builds": [ { every column of builds.csv } ] (with `details`) }
 * null is unknown. */
int report_print(const struct report *r, const struct report_options *o, struct lb_buf *out, struct lb_err *err);

struct explain_options {
	const char *variant; /* patterns with * and ?; NULL: all */
	const char *edit;
	const char *step; /* against the instruction's text, or a line number */
	const char *policy;
	const char *builder; /* NULL: the result's first, which is the warm one where there is one */
	unsigned width;
	bool color;
};
/* Appends, for each build with a miss, what changed and why each step missed. LB_USAGE when a pattern matches
 * nothing in the result. */
int report_explain(const struct report *r, const struct explain_options *o, struct lb_buf *out, struct lb_err *err);

/* Writes the tables that the plots are drawn from into plots_dir (made when it is not there): for each picture
 * NAME.tsv, and NAME.vars with its title and sizes as gnuplot assignments. */
int report_tables(const struct report *r, const char *plots_dir, struct lb_err *err);
/* The same for some types of pictures (NULL: all). LB_USAGE names the types when one is unknown, or when the result
 * has no picture of any of them. */
int report_tables_of(const struct report *r, const char *plots_dir, const struct lb_strv *types, struct lb_err *err);

struct plot_options {
	bool svg, png, pdf;
	bool html; /* plots.html, which holds all pictures that are drawn */
	bool dark;
	const struct lb_strv *types; /* heatmap, rebuild, …; NULL: all that lie there */
	const char *gnuplot; /* program; NULL: "gnuplot" on PATH */
	const char *scripts; /* directory of the *.gp; NULL: $LBENCH_PLOTS_DIR, else where they were built from */
};
/* Draws every table of plots_dir. LB_UNAVAILABLE when gnuplot is not installed. */
int report_plot(const char *plots_dir, const struct plot_options *o, struct lb_err *err);

/* Appends one HTML page about n > 0 results: whole in itself, nothing is loaded. Results of the same scenario stand
 * together, oldest first: the last one is shown, and the others compared with it. */
int report_html(const struct report *const *list, size_t n, struct lb_buf *out, struct lb_err *err);

#endif
