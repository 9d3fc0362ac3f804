/* SPDX-License-Identifier: Apache-2.0
 *
 * A table of texts: aligned for a terminal, or as GitHub Markdown. Where a terminal is too narrow, one column is
 * shortened; then columns go into a second panel below, which repeats the first ones.
 */
#ifndef REPORT_GRID_H
#define REPORT_GRID_H

#include "report/text.h"

struct grid {
	struct lb_arena arena; /* texts of the cells */
	const char **cells;    /* row by row, the header first */
	size_t count, cap;
	struct lb_buf styles; /* a letter a cell: 'r' red, 'y' yellow, 'd' dim, ' ' none */
	size_t columns;
	size_t fixed;  /* leading columns that each panel repeats */
	unsigned left; /* bit i: column i is aligned to the left */
	size_t shrink; /* column that is shortened where there is no room */
};
void grid_release(struct grid *g);
#define grid_auto __attribute__((cleanup(grid_release)))

void grid_add(struct grid *g, const char *text);
void grid_take(struct grid *g, struct lb_buf *text); /* adds the text and empties the buffer */
void grid_style(struct grid *g, char style);         /* of the cell added last */
/* Fills the row that was begun with empty cells. */
void grid_end_row(struct grid *g);
void grid_print(const struct grid *g, size_t width, bool color, struct lb_buf *out);
/* Without a header row, one panel. below, when given, has a line for each row, which is wrapped and indented. */
void grid_print_body(const struct grid *g, const struct lb_strv *below, size_t width, bool color, struct lb_buf *out);
size_t grid_width(const struct grid *g); /* with nothing shortened */
void grid_markdown(const struct grid *g, struct lb_buf *out);

#endif
