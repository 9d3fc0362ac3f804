/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "stats/sort.h"

static int order(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

void stats_sort(double *x, size_t n)
{
	size_t i = 1;
	while (i < n && x[i - 1] <= x[i])
		i++;
	if (i < n)
		qsort(x, n, sizeof(*x), order);
}

double *stats_sorted(const double *x, size_t n)
{
	double *copy = lb_malloc((n + 1) * sizeof(*copy));
	if (n)
		memcpy(copy, x, n * sizeof(*copy));
	stats_sort(copy, n);
	return copy;
}

double stats_quantile_sorted(const double *x, size_t n, double p)
{
	if (!n)
		return NAN;
	double at = p * (double)(n - 1);
	size_t i = (size_t)floor(at);
	if (i + 1 >= n)
		return x[n - 1];
	return x[i] + (at - (double)i) * (x[i + 1] - x[i]);
}

double stats_quantile(const double *x, size_t n, double p)
{
	lb_autofree double *s = stats_sorted(x, n);
	return stats_quantile_sorted(s, n, p);
}

double stats_median(const double *x, size_t n)
{
	return stats_quantile(x, n, 0.5);
}

double stats_mad(const double *x, size_t n)
{
	double m = stats_median(x, n);
	lb_autofree double *d = lb_malloc((n + 1) * sizeof(*d));
	for (size_t i = 0; i < n; i++)
		d[i] = fabs(x[i] - m);
	return stats_median(d, n);
}

double stats_mean(const double *x, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += x[i];
	return n ? sum / (double)n : NAN;
}

/* How many values from each end may be left out: P(B < k) <= (1 - confidence) / 2 for B of n tosses of a coin. */
static size_t left_out(size_t n, double confidence)
{
	double p = exp2(-(double)n), sum = 0;
	size_t k = 0;
	for (; k < n / 2; k++) {
		sum += p;
		if (sum > (1 - confidence) / 2)
			break;
		p *= (double)(n - k) / (double)(k + 1);
	}
	return k;
}

struct stats_interval stats_median_interval(const double *x, size_t n, double confidence)
{
	/* beyond this the coin's first term is no number any more, and the normal approximation is exact to a place */
	enum { EXACT = 1000 };
	lb_autofree double *s = stats_sorted(x, n);
	double far = stats_normal_quantile((1 + confidence) / 2) * sqrt((double)n) / 2;
	size_t k = n <= EXACT ? left_out(n, confidence) : (size_t)floor((double)n / 2 - far);
	if (!k)
		return (struct stats_interval){ -INFINITY, INFINITY };
	return (struct stats_interval){ s[k - 1], s[n - k] };
}
