/* SPDX-License-Identifier: Apache-2.0
 *
 * How far a run is, on standard error: a bar on a terminal for what takes longer than a second, erased at the end; a
 * line a build with --verbose; else nothing.
 */
#ifndef HARNESS_PROGRESS_H
#define HARNESS_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct progress {
	bool bar, lines;
	uint64_t began_ms, drawn_ms; /* drawn_ms 0: nothing stands there */
};
void progress_begin(struct progress *p, bool quiet, bool verbose);
/* what: the build that was finished last. */
void progress_step(struct progress *p, const char *what, size_t done, size_t all);
void progress_end(struct progress *p);

#endif
