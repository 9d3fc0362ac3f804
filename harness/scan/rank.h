/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_SCAN_RANK_H
#define HARNESS_SCAN_RANK_H

#include "scan/scan.h"

/* Commits a month to the repository of that history; 0: not known. A repository that is younger than a month had in it
 * what it had. */
double scan_month(const struct scan_options *o, const struct history *h);
/* Fills in what depends on all rows (commits a month where there is no history, seconds that a ranking must assume), and
 * sorts: by seconds a month where any are known, else by re-runs; then by those of which nobody knows, then by path. */
void scan_rank(const struct scan_options *o, struct scan *s);

void scan_copy_strings(struct scan_row *r, struct lb_arena *arena);

#endif
