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
	char *commit;         /* of the project; "" when it is not known */
	char *tool;           /* version and commit of lbench */
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
	size_t at;               /* point; where a drift began */
	double before, after, p; /* p: NAN for what is exact */
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
	struct lb_strv problems; /* results that could not be read */
	struct lb_arena arena;
};
extern const char *const trend_metric_names[TREND_METRICS];

/* Reads every result below dir (links are not followed). LB_INVALID when there is none. */
int trend_load(const char *dir, struct trend *out, struct lb_err *err);
void trend_release(struct trend *t);
/* Finds the changes of each series. */
void trend_analyse(struct trend *t);

enum trend_format { TREND_TABLE, TREND_JSON, TREND_CSV };
/* csv: a row a night and series: night started commit scenario variant policy builder metric value change. */
void trend_print(const struct trend *t, enum trend_format format, unsigned width, struct lb_buf *out);
/* A table for plots/trend.gp for each scenario and metric. */
int trend_tables(const struct trend *t, const char *dir, struct lb_err *err);
/* "1a2b3c4d..5e6f7a8b", or the two nights; what of lbench moved too. */
void trend_range(const struct trend *t, const struct trend_series *s, const struct trend_change *c, struct lb_buf *out);

#endif
