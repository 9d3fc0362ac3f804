/* SPDX-License-Identifier: Apache-2.0
 *
 * What this process itself uses for a build, beside what RUNs use that it starts.
 */
#ifndef HARNESS_MEASURE_OWN_H
#define HARNESS_MEASURE_OWN_H

#include "lbench/run.h"

struct own_costs {
	bool alone;
	uint64_t cpu_ns;
	uint64_t peak_rss_bytes; /* since own_begin; 0: builds side by side share one memory, and none has a peak of its own */
};
/* alone: nothing else is built at the same time; all threads count then, else the calling one. */
void own_begin(struct own_costs *c, bool alone);
void own_end(struct own_costs *c);
/* A further RUN of a build: costs add up, of peaks the highest counts. */
void own_add_run(struct lb_exec_costs *all, const struct lb_exec_costs *one);

#endif
