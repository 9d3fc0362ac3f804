/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
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

/* The place in ascending order of each value; equal ones in any order. */
static size_t *ranks_of(const double *x, const double *sorted, size_t n)
{
	size_t *ranks = lb_malloc(n * sizeof(*ranks)), *used = lb_calloc(n, sizeof(*used));
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = n;
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (sorted[middle] < x[i])
				low = middle + 1;
			else
				high = middle;
		}
		ranks[i] = low + used[low]++;
	}
	free(used);
	return ranks;
}

enum { SLACK = 3 };

/* A resample in ascending order, so that a statistic of order need not sort it: drawn by rank, written by count. out
 * has room for n + SLACK. */
static void draw(uint64_t *state, const double *sorted, const size_t *ranks, size_t n, unsigned *times, double *out)
{
	memset(times, 0, n * sizeof(*times));
	for (size_t i = 0; i < n; i++)
		times[ranks[stats_random_below(state, n)]]++;
	for (size_t i = 0; i < n; i++) {
		/* most are drawn at most SLACK times; a loop over so few is a jump that no processor foresees */
		for (unsigned k = 0; k < SLACK; k++)
			out[k] = sorted[i];
		for (unsigned k = SLACK; k < times[i]; k++)
			out[k] = sorted[i];
		out += times[i];
	}
}

struct stats_interval stats_bca(const double *x, size_t n, double (*statistic)(const double *x, size_t n), const struct stats_bootstrap *o)
{
	if (n < 2 || !o->resamples)
		return (struct stats_interval){ NAN, NAN };
	lb_autofree double *drawn = lb_malloc((n + SLACK) * sizeof(*drawn)), *replicates = lb_malloc(o->resamples * sizeof(*replicates));
	lb_autofree double *sorted = stats_sorted(x, n);
	lb_autofree size_t *ranks = ranks_of(x, sorted, n);
	lb_autofree unsigned *times = lb_malloc(n * sizeof(*times));
	uint64_t state = o->seed;
	for (unsigned b = 0; b < o->resamples; b++) {
		draw(&state, sorted, ranks, n, times, drawn);
		replicates[b] = statistic(drawn, n);
	}
	stats_sort(replicates, o->resamples);
	double z0 = bias(replicates, o->resamples, statistic(x, n)), a = acceleration(sorted, n, statistic);
	double ends[2];
	for (int i = 0; i < 2; i++) {
		double z = z0 + stats_normal_quantile(i ? (1 + o->confidence) / 2 : (1 - o->confidence) / 2);
		double p = stats_normal_cdf(z0 + z / (1 - a * z));
		ends[i] = stats_quantile_sorted(replicates, o->resamples, p);
	}
	return (struct stats_interval){ ends[0], ends[1] };
}
