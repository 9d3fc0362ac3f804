/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>

double stats_normal_cdf(double z)
{
	return 0.5 * erfc(-z / M_SQRT2);
}

double stats_normal_quantile(double p)
{
	/* the distribution function is exact to the last places, so halving an interval gives what formulas approximate */
	double low = -40, high = 40;
	if (!(p > 0 && p < 1))
		return p <= 0 ? -INFINITY : p >= 1 ? INFINITY : NAN;
	for (int i = 0; i < 80; i++) {
		double middle = (low + high) / 2;
		if (stats_normal_cdf(middle) < p)
			low = middle;
		else
			high = middle;
	}
	return (low + high) / 2;
}
