/* SPDX-License-Identifier: Apache-2.0
 *
 * Nightly results as series. What is exact changes or does not: each change is told at once, with the commits between
 * the two nights. What is noisy (measured seconds; bytes, which each commit moves a little) changes when the ranks say
 * so: a single night is never a change, and is marked provisional while it is the last.
 */
#ifndef HARNESS_TREND_TREND_H
#define HARNESS_TREND_TREND_H

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"
#include "stats/stats.h"

struct trend_night {
	char *path, *started; /* "2026-11-25T03:11:07Z" */
	char *run_id;
	char *commit; /* of the project; "" when it is not known */
	char *tool;   /* version and commit of lbench */
	char *pins;   /* what decides beside the project, a line a thing: "base python:3.10 sha256:…" */
};
/* A state that somebody accepted as the new baseline (check --update --reason). */
struct trend_accept {
	char *scenario, *of, *started, *reason;
	size_t night; /* the accepted run; SIZE_MAX: it is not among them */
};
enum trend_metric { TREND_RUN, TREND_REBUILT, TREND_PUSHED, TREND_METRICS };
struct trend_point {
	size_t night;
	double value;
	const char *policy; /* with its version */
};
enum trend_kind { TREND_STEP, TREND_SPIKE, TREND_PROVISIONAL, TREND_DRIFT };
struct trend_change {
	enum trend_kind kind;
	size_t at;                           /* point; where a drift began */
	double before, after, p;             /* p: NAN for what is exact */
	const struct trend_accept *accepted; /* after it, and before the next change; NULL */
};
struct trend_series {
	char *scenario, *variant, *policy, *builder; /* policy without its version */
	enum trend_metric metric;
	bool exact;
	struct trend_point *points;
	size_t count, cap;
	struct trend_change *changes;
	size_t changes_count, changes_cap;
	double now, best; /* levels: medians of segments */
};
struct trend {
	struct trend_night *nights; /* by time */
	size_t nights_count, nights_cap;
	struct trend_series *series;
	size_t count, cap;
	struct trend_accept *accepts; /* by time */
	size_t accepts_count, accepts_cap;
	struct lb_strv problems; /* results that could not be read */
	struct lb_arena arena;
};
extern const char *const trend_metric_names[TREND_METRICS];

/* Reads every result below dir (links are not followed). LB_INVALID when there is none. Baselines below dir, and below
 * `baselines` (NULL: nowhere else), are no nights: they tell what was accepted. */
int trend_load(const char *dir, const char *baselines, struct trend *out, struct lb_err *err);
void trend_release(struct trend *t);
/* Finds the changes of each series, and which of them were accepted. */
void trend_analyse(struct trend *t);

enum trend_format { TREND_TABLE, TREND_JSON, TREND_CSV, TREND_OTAVA };
/* csv: a row a night and series: night started commit scenario variant policy builder metric value change accepted. */
void trend_print(const struct trend *t, enum trend_format format, unsigned width, struct lb_buf *out);
/* What Otava's CSV importer reads: a row a night, the columns time, commit, run, lbench and one a series, which is named
 * VARIANT.POLICY.BUILDER.METRIC. Otava takes no empty cell, so that series which are not known on every night are left
 * out, and named in `left_out`. LB_USAGE when there is more than one scenario: Otava wants a file a test. */
int trend_print_otava(const struct trend *t, struct lb_buf *out, struct lb_strv *left_out, struct lb_err *err);
/* A table for plots/trend.gp for each scenario and metric. */
int trend_tables(const struct trend *t, const char *dir, struct lb_err *err);
/* "1a2b3c4d..5e6f7a8b", or the two nights; what moved beside the project too. */
void trend_range(const struct trend *t, const struct trend_series *s, const struct trend_change *c, struct lb_buf *out);

#endif
