/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>
#include <string.h>

#include "lbench/mem.h"
#include "stats/sort.h"

/* The acceleration: skewness of the values that the statistic takes when one point is left out. */
static double acceleration(const double *x, size_t n, double (*statistic)(const double *x, size_t n))
{
	lb_autofree double *rest = lb_malloc(n * sizeof(*rest)), *left = lb_malloc(n * sizeof(*left));
	for (size_t i = 0; i < n; i++) {
		memcpy(rest, x, i * sizeof(*x));
		memcpy(rest + i, x + i + 1, (n - i - 1) * sizeof(*x));
		left[i] = statistic(rest, n - 1);
	}
	double mean = stats_mean(left, n), squares = 0, cubes = 0;
	for (size_t i = 0; i < n; i++) {
		double d = mean - left[i];
		squares += d * d;
		cubes += d * d * d;
	}
	return squares > 0 ? cubes / (6 * pow(squares, 1.5)) : 0;
}

/* Median bias; values equal to the estimate count half, or a median, which often meets itself, would look biased. */
static double bias(const double *replicates, size_t n, double estimate)
{
	double below = 0;
	for (size_t i = 0; i < n; i++)
		below += replicates[i] < estimate ? 1 : replicates[i] == estimate ? 0.5 : 0;
	double part = below / (double)n, least = 0.5 / (double)n;
	return stats_normal_quantile(fmin(fmax(part, least), 1 - least));
}

struct stats_interval stats_bca(const double *x, size_t n, double (*statistic)(const double *x, size_t n), const struct stats_bootstrap *o)
{
	if (n < 2 || !o->resamples)
		return (struct stats_interval){ NAN, NAN };
	lb_autofree double *drawn = lb_malloc(n * sizeof(*drawn)), *replicates = lb_malloc(o->resamples * sizeof(*replicates));
	uint64_t state = o->seed;
	for (unsigned b = 0; b < o->resamples; b++) {
		for (size_t i = 0; i < n; i++)
			drawn[i] = x[stats_random_below(&state, n)];
		replicates[b] = statistic(drawn, n);
	}
	stats_sort(replicates, o->resamples);
	double z0 = bias(replicates, o->resamples, statistic(x, n)), a = acceleration(x, n, statistic);
	double ends[2];
	for (int i = 0; i < 2; i++) {
		double z = z0 + stats_normal_quantile(i ? (1 + o->confidence) / 2 : (1 - o->confidence) / 2);
		double p = stats_normal_cdf(z0 + z / (1 - a * z));
		ends[i] = stats_quantile_sorted(replicates, o->resamples, p);
	}
	return (struct stats_interval){ ends[0], ends[1] };
}
