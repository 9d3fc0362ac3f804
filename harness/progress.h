/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a run is, on standard error: a bar on a terminal for what takes longer than a second, erased at the end; a
 * line now and then where standard error is none (a CI log); a line a build with --verbose; nothing with --quiet.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"

struct ticker;
struct progress {
	bool bar, lines, log;
	const char *unit;            /* "builds" */
	uint64_t began_ms, drawn_ms; /* drawn_ms 0: nothing was drawn or said yet */
	size_t first, done, all;     /* first: what was done before it began; all 0: nothing to tell yet */
	uint64_t hits, misses;       /* both 0: not told */
	char now[256];               /* what is at work: "deps-first after source: RUN npm ci"; "" */
	struct ticker *ticker;       /* draws while nothing happens; NULL: nobody looks */
};
/* p stays where it is until progress_end; any thread may tell it something. */
void progress_begin(struct progress *p, const char *unit, bool quiet, bool verbose);
void progress_total(struct progress *p, size_t first, size_t all);
/* what: the build that was finished last. */
void progress_step(struct progress *p, const char *what, size_t done, size_t all);
void progress_hits(struct progress *p, uint64_t hits, uint64_t misses);
void progress_now(struct progress *p, const char *now);
void progress_end(struct progress *p); /* a second time is fine */

/* The bar's line, at most `columns` wide: what it says gives way from its end. A pure function. */
void progress_text(const struct progress *p, uint64_t elapsed_ms, size_t columns, struct lb_buf *out);
/* "about 40 s left"; NULL while too little is done to tell. The caller's. */
char *progress_left(const struct progress *p, uint64_t elapsed_ms);

#endif
