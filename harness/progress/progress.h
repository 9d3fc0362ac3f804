/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a run is, on standard error: a bar on a terminal for what takes longer than a second, erased at the end; a
 * line now and then where standard error is none (a CI log); a line a build with --verbose; nothing with --quiet.
 */
#ifndef PROGRESS_PROGRESS_H
#define PROGRESS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "progress/line.h"

struct ticker;
struct progress {
	bool bar, lines, log;
	uint64_t began_ms, drawn_ms; /* drawn_ms 0: nothing was drawn or said yet */
	struct progress_line line;   /* all 0: nothing to tell yet */
	struct lb_buf now;           /* line.now */
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

#endif
