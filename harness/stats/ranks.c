/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "stats/sort.h"

/* Probabilities of U = 0 … n m under the null hypothesis. The count of arrangements is the coefficient of q^u in the
 * Gaussian binomial (n+m choose n); each factor (1 - q^(m+i)) / (1 - q^i) is applied as probabilities, which keeps
 * the figures small. */
static double *distribution(size_t n, size_t m)
{
	size_t size = n * m + 1;
	double *p = lb_calloc(size, sizeof(*p));
	p[0] = 1;
	for (size_t i = 1; i <= n; i++) {
		for (size_t u = size; u-- > m + i;)
			p[u] -= p[u - m - i];
		for (size_t u = i; u < size; u++)
			p[u] += p[u - i];
		for (size_t u = 0; u < size; u++)
			p[u] *= (double)i / (double)(m + i);
	}
	return p;
}

/* P(U <= u) */
static double exact_tail(size_t n, size_t m, double u)
{
	lb_autofree double *p = distribution(n, m);
	double sum = 0;
	for (size_t i = 0; i < n * m + 1 && (double)i <= u; i++)
		sum += p[i];
	return sum;
}

struct ranked {
	double value;
	bool of_x;
};

static int by_value(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	return (x->value > y->value) - (x->value < y->value);
}

/* U, and the sum of t^3 - t over groups of t equal values. */
static double count_pairs(const double *x, size_t n, const double *y, size_t m, double *ties)
{
	size_t all = n + m;
	lb_autofree struct ranked *r = lb_malloc((all + 1) * sizeof(*r));
	for (size_t i = 0; i < all; i++)
		r[i] = (struct ranked){ i < n ? x[i] : y[i - n], i < n };
	qsort(r, all, sizeof(*r), by_value);
	double ranks = 0;
	*ties = 0;
	for (size_t i = 0, end; i < all; i = end) {
		for (end = i + 1; end < all && r[end].value == r[i].value;)
			end++;
		double t = (double)(end - i), rank = ((double)(i + 1) + (double)end) / 2;
		*ties += t * t * t - t;
		for (size_t k = i; k < end; k++)
			ranks += r[k].of_x ? rank : 0;
	}
	return ranks - (double)n * (double)(n + 1) / 2;
}

struct stats_u_test stats_mann_whitney(const double *x, size_t n, const double *y, size_t m)
{
	struct stats_u_test t = { .u = NAN, .p = 1 };
	if (!n || !m)
		return t;
	double ties, pairs = (double)n * (double)m, all = (double)(n + m);
	t.u = count_pairs(x, n, y, m, &ties);
	t.exact = ties == 0 && n <= STATS_EXACT_MAX && m <= STATS_EXACT_MAX;
	if (t.exact) {
		t.p = fmin(1, 2 * exact_tail(n, m, fmin(t.u, pairs - t.u)));
		return t;
	}
	double variance = pairs / 12 * (all + 1 - ties / (all * (all - 1)));
	double z = fmax(fabs(t.u - pairs / 2) - 0.5, 0) / sqrt(variance);
	t.p = variance > 0 ? fmin(1, 2 * stats_normal_cdf(-z)) : 1;
	return t;
}

double stats_least_p(size_t n, size_t m)
{
	double p = 2;
	for (size_t i = 1; i <= n; i++)
		p *= (double)i / (double)(m + i);
	return fmin(1, p);
}

/* How many of the ordered differences stand outside of the interval at either end; -1: the samples are too small. */
static double outside(size_t n, size_t m, double confidence)
{
	double half = (1 - confidence) / 2;
	if (n > STATS_EXACT_MAX || m > STATS_EXACT_MAX) {
		double pairs = (double)n * (double)m, sd = sqrt(pairs * (double)(n + m + 1) / 12);
		return floor(pairs / 2 + stats_normal_quantile(half) * sd - 0.5);
	}
	lb_autofree double *p = distribution(n, m);
	double sum = 0;
	for (size_t u = 0; u <= n * m; u++) {
		sum += p[u];
		/* the last places of a sum of rounded figures decide nothing */
		if (sum > half * (1 + 1e-12))
			return (double)u - 1;
	}
	return -1;
}

double stats_shift(const double *x, size_t n, const double *y, size_t m, double confidence, struct stats_interval *interval)
{
	size_t pairs = n * m;
	lb_autofree double *d = lb_malloc((pairs + 1) * sizeof(*d));
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			d[i * m + j] = y[j] - x[i];
	stats_sort(d, pairs);
	if (interval) {
		double k = pairs ? outside(n, m, confidence) : -1;
		*interval = (struct stats_interval){ -INFINITY, INFINITY };
		if (k >= 0 && 2 * k < (double)pairs)
			*interval = (struct stats_interval){ d[(size_t)k], d[pairs - 1 - (size_t)k] };
	}
	return stats_quantile_sorted(d, pairs, 0.5);
}

double stats_cliff_delta(const double *x, size_t n, const double *y, size_t m)
{
	double ties, u = n && m ? count_pairs(x, n, y, m, &ties) : NAN;
	return 1 - 2 * u / ((double)n * (double)m);
}

static int by_pointed(const void *a, const void *b)
{
	double x = **(double *const *)a, y = **(double *const *)b;
	return (x > y) - (x < y);
}

void stats_holm(double *p, size_t n)
{
	lb_autofree double **order = lb_malloc((n + 1) * sizeof(double *));
	for (size_t i = 0; i < n; i++)
		order[i] = &p[i];
	if (n)
		qsort(order, n, sizeof(*order), by_pointed);
	double most = 0;
	for (size_t i = 0; i < n; i++) {
		most = fmax(most, fmin(1, *order[i] * (double)(n - i)));
		*order[i] = most;
	}
}
