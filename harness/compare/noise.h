/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether the times of a repeated result can be trusted: outliers, and drift between its first and its last half.
 */
#ifndef HARNESS_COMPARE_NOISE_H
#define HARNESS_COMPARE_NOISE_H

#include "report/report.h"

struct noise_machine {
	double load; /* before the run began; 0: unknown */
	long cpus;
	const char *governor; /* of the processor's frequency; "" unknown */
};
/* Appends one line with advice. Fewer than 4 repeats tell nothing of the times; then there is a line only when RUNs were
 * measured on a machine that is known to disturb them. */
void noise_line(const struct report *r, const struct noise_machine *m, struct lb_buf *out);

#endif
