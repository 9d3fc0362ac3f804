/* SPDX-License-Identifier: Apache-2.0
 *
 * What the progress line says and how it fits a terminal's width. Pure: numbers in, text out, neither clock nor terminal.
 */
#ifndef PROGRESS_LINE_H
#define PROGRESS_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"

struct progress_line {
	const char *unit;        /* "builds" */
	size_t first, done, all; /* first: what was done before it began */
	uint64_t hits, misses;   /* both 0: not told */
	const char *now;         /* what is at work: "deps-first after source: RUN npm ci"; NULL or "": nothing to say */
};

/* Appends one line of at most `columns` columns, without colour or control characters: a bar where there is room for one,
 * the count, the estimate, hits and misses, and what is at work, which is shortened; what does not fit is left out. */
void progress_line_draw(const struct progress_line *l, uint64_t elapsed_ms, size_t columns, struct lb_buf *out);
/* "about 40 s left"; NULL while too little is done to tell. The caller's. */
char *progress_line_left(const struct progress_line *l, uint64_t elapsed_ms);

#endif
