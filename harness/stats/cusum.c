/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>

struct stats_cusum stats_cusum(const double *x, size_t n, double target, double sigma, double slack, double limit, bool up)
{
	struct stats_cusum c = { 0 };
	for (size_t i = 0; i < n && sigma > 0; i++) {
		double z = (x[i] - target) / sigma;
		double next = c.sum + (up ? z : -z) - slack;
		if (c.sum <= 0)
			c.since = i;
		c.sum = fmax(next, 0);
		c.at = i;
		c.alarm = c.sum > limit;
		if (c.alarm)
			break;
	}
	return c;
}
