/* SPDX-License-Identifier: Apache-2.0
 *
 * The comparison before it is printed: rows × sides, for each the commits that are in the mean; then a value for each
 * metric.
 */
#ifndef HARNESS_COMPARE_TABLE_H
#define HARNESS_COMPARE_TABLE_H

#include "compare/compare.h"
#include "report/text.h"
#include "stats/stats.h"

enum side_kind { SIDE_RESULT, SIDE_VARIANT, SIDE_POLICY, SIDE_SUBJECT, SIDE_BUILDER, SIDE_RUN_MODE };
struct cmp_side {
	char *label;
	const struct report *r;
};

/* One edit (or commit of a sequence) of one row and side. */
struct cmp_commit {
	const char *key; /* "source", "(first build)", "3 source" in a sequence */
	double weight;   /* as in its run.json; NAN: none */
	bool cold;
	size_t *builds; /* indices; those that are ok, by repeat */
	size_t count, cap;
	unsigned failed;
};
struct cmp_part {
	struct cmp_commit *commits;
	size_t count, cap;
	struct lb_map *index;
};
struct cmp_row {
	char *label; /* what tells it from the other rows; "" when nothing does */
	char *key;
	const char *dims[5];    /* variant subject policy builder run_mode; NULL: that is what the sides are */
	const char *edit;       /* --by edit; NULL */
	struct cmp_part *parts; /* by side */
	/* commits that every side of the row has: [side] index, weight normalised */
	struct cmp_shared {
		double weight;
		size_t *at; /* [side]; SIZE_MAX: the side has no build in this row at all */
	} * shared;
	size_t shared_count;
	size_t left_out; /* commits that not all sides have */
};

struct cmp_metric {
	const char *name, *title, *unit;
	enum build_number column;
	double scale;
	bool bytes;          /* print with a unit of bytes */
	bool higher;         /* is better */
	bool time;           /* measured always */
	bool seconds_of_run; /* measured under exec, else exact */
	bool of_engine;      /* known of builds that a real engine carried out, and of no others */
	bool of_lbench;      /* not known of these: lbench's own work is in it */
};
extern const struct cmp_metric compare_metrics[];
/* What a build has of a metric; REPORT_UNKNOWN: nothing, or what the column holds is another thing. */
uint64_t compare_number(const struct report_build *b, const struct cmp_metric *m);
extern const size_t compare_metrics_count;

struct cmp_value {
	bool there;           /* the side has builds in this row */
	struct amount amount; /* exact, or the median of the samples */
	bool measured;
	bool varies; /* exact, and not the same in all repeats */
	double *samples;
	size_t n;
	struct stats_interval interval; /* of the median; NAN with fewer than 2 */
	struct stats_ratio ratio;       /* to the base side; measured only */
	bool judged;
};
struct cmp_measure {
	const struct cmp_metric *metric;
	struct cmp_value *values; /* [row * sides + side] */
	bool measured;
	bool known; /* some value is */
};

/* What a matched step contributes to the difference between the base and one other side, over the shared commits. */
struct cmp_step {
	const char *base_text, *text; /* NULL: the step is not there */
	uint32_t base_line, line;
	double base_rerun, rerun; /* part of the commits */
	double base_s, seconds;   /* RUN seconds a commit, what is known */
	struct lb_strv edits;     /* after which the outcomes differ: "source hit→miss" */
};
struct cmp_steps {
	struct cmp_step *items;
	size_t count, cap;
};

struct compare {
	const struct compare_options *o;
	enum side_kind kind;
	struct cmp_side *sides;
	size_t sides_count, sides_cap;
	struct cmp_row *rows;
	size_t rows_count, rows_cap;
	struct cmp_measure *measures;
	size_t measures_count;
	bool by_edit, by_step;
	bool modes_differ; /* results of several run modes: that is a difference between the sides, not between rows */
	double floor;      /* seconds below which a difference was called none; 0: no such difference */
	struct lb_strv notes;
	struct lb_buf summary; /* the closing sentence */
	struct lb_arena arena;
};

int compare_collect(struct compare *c, const struct compare_result *results, size_t count, struct lb_err *err); /* collect.c */
int compare_measure(struct compare *c, struct lb_err *err);                                                     /* values.c */
void compare_steps(const struct compare *c, const struct cmp_row *row, size_t side, struct cmp_steps *out);     /* steps.c */
void compare_steps_release(struct cmp_steps *s);
void compare_release(struct compare *c);

static inline struct cmp_value *compare_value(const struct compare *c, const struct cmp_measure *m, size_t row, size_t side)
{
	return &m->values[row * c->sides_count + side];
}

void compare_print_table(const struct compare *c, struct lb_buf *out); /* print.c; Markdown too */
void compare_print_json(const struct compare *c, struct lb_buf *out);  /* data.c */
void compare_print_csv(const struct compare *c, struct lb_buf *out);
void compare_print_benchstat(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out);
int compare_print_hyperfine(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out,
			    struct lb_err *err);
void compare_summary(const struct compare *c, struct lb_buf *out); /* summary.c */

#endif
