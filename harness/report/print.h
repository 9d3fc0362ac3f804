/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of report_print: one file a format; tables and Markdown share theirs.
 */
#ifndef REPORT_PRINT_H
#define REPORT_PRINT_H

#include "report/answer.h"
#include "report/grid.h"
#include "report/notes.h"
#include "report/sharing.h"

/* Views of a result that belong together: the same rules, one view a builder; `main` is the one that stands for
 * itself (warm, if there is one). */
struct report_group {
	struct report_view *views;
	size_t count, main;
};
struct report_groups {
	struct report_group *items;
	size_t count;
};
void report_groups_init(struct report_groups *g, const struct report *r);
void report_groups_release(struct report_groups *g);
#define report_autogroups __attribute__((cleanup(report_groups_release)))

const struct report_view *report_group_main(const struct report_group *g);

/* "CI runner, cache imported", of "fresh" */
const char *print_builder_title(const char *builder);
/* "declared, not measured", of the result's RUN seconds */
const char *print_seconds_text(const struct report *r);
/* "RUN seconds: declared, not measured", or whose build seconds they are. */
void print_seconds_line(const struct report *r, const struct report_block *b, struct lb_buf *out);
/* How a scenario says what is unknown (not an empty list). */
void print_learn_text(const struct report *r, const struct lb_strv *unknowns, struct lb_buf *out);
void print_commit_grid(const struct report_group *g, struct grid *out);
void print_matrix_grid(const struct report_view *v, struct grid *out);
/* Every column of builds.csv for one variant; columns with one value for all go into `same` ("name value"). */
void print_details_grid(const struct report_view *v, size_t variant, struct grid *out, struct lb_strv *same);
/* What each step of a variant's first build leaves. false: it has none. */
bool print_steps_grid(const struct report_view *v, size_t variant, struct grid *out);
int print_json(const struct report *r, const struct report_groups *g, bool details, struct lb_buf *out, struct lb_err *err);
void print_csv(const struct report *r, const struct report_groups *g, const struct report_options *o, struct lb_buf *out);

#endif
