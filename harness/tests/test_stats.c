/* SPDX-License-Identifier: Apache-2.0
 *
 * Known answers. "scipy" is SciPy 1.10.1 (Debian 12); its calls stand beside the figures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "lbench/mem.h"
#include "stats/stats.h"

#define NEAR(a, b, rel) assert_true(fabs((a) - (b)) <= (rel)*fmax(fabs(b), 1e-300))

/* Hollander & Wolfe (1973), p. 69: permeability of human placenta membranes; W = 35, one-sided p = 0.1272. */
static const double term[] = { 0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46 };
static const double early[] = { 1.15, 0.88, 0.90, 0.74, 1.21 };
/* Efron & Tibshirani (1993), table 14.1: spatial test data, A. */
static const double spatial[] = { 48, 36, 20, 29, 42, 42, 20, 42, 22, 41, 45, 14, 6, 0, 33, 28, 34, 4, 32, 24, 47, 41, 24, 26, 30, 41 };

static void test_one_sample(void **state)
{
	(void)state;
	/* numpy.quantile(x, p), scipy.stats.median_abs_deviation(x) */
	static const double x[] = { 2.7, -1.5, 8.25, 3.0, 3.0, 12.5, 0.125 };
	static const struct {
		double p, q;
	} cases[] = { { 0, -1.5 }, { 0.1, -0.525 }, { 0.25, 1.4125 }, { 0.5, 3.0 }, { 0.9, 9.95 }, { 0.99, 12.245 }, { 1, 12.5 } };
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		NEAR(stats_quantile(x, 7, cases[i].p), cases[i].q, 1e-12);
	NEAR(stats_mad(x, 7), 2.875, 1e-12);
	assert_true(stats_median(x, 4) == 2.85);
	assert_true(isnan(stats_median(x, 0)) && isnan(stats_mad(x, 0)) && isnan(stats_mean(x, 0)));
	assert_true(stats_mad(x, 1) == 0);
}

static void test_normal(void **state)
{
	(void)state;
	/* scipy.stats.norm.cdf, .ppf */
	NEAR(stats_normal_cdf(-8), 6.22096057427174e-16, 1e-9);
	NEAR(stats_normal_cdf(-3), 0.0013498980316300933, 1e-12);
	NEAR(stats_normal_cdf(0.5), 0.6914624612740131, 1e-12);
	NEAR(stats_normal_quantile(1e-10), -6.361340902404056, 1e-9);
	NEAR(stats_normal_quantile(0.025), -1.9599639845400545, 1e-12);
	NEAR(stats_normal_quantile(0.3), -0.5244005127080409, 1e-12);
}

static void test_mann_whitney(void **state)
{
	(void)state;
	struct stats_u_test t = stats_mann_whitney(term, 10, early, 5);
	assert_true(t.exact && t.u == 35);
	NEAR(t.p, 0.2544122544122544, 1e-12); /* scipy.stats.mannwhitneyu(…, method="exact") */
	/* ties: scipy.stats.mannwhitneyu(a, b, method="asymptotic") */
	static const double a[] = { 3, 1, 4, 1, 5, 9, 2, 6 }, b[] = { 5, 3, 5, 8, 9, 7, 9, 3, 2, 3 };
	t = stats_mann_whitney(a, 8, b, 10);
	assert_true(!t.exact && t.u == 27);
	NEAR(t.p, 0.2617363764241847, 1e-12);
	static const double same[] = { 4, 4, 4, 4 };
	assert_true(stats_mann_whitney(same, 4, same, 4).p == 1);
	assert_true(stats_mann_whitney(same, 0, same, 4).p == 1);
}

/* Ranks of the ends as tables of nonparametric intervals list them (95 %, e.g. Conover, table A3 worked out): n, low, high. */
static void test_median_interval(void **state)
{
	(void)state;
	static const struct {
		size_t n, low, high;
	} cases[] = { { 6, 1, 6 },    { 7, 1, 7 },    { 8, 1, 8 },    { 9, 2, 8 },    { 10, 2, 9 },    { 15, 4, 12 },
		      { 20, 6, 15 },  { 25, 8, 18 },  { 30, 10, 21 }, { 50, 18, 33 }, { 100, 40, 61 } };
	double x[128];
	for (size_t i = 0; i < LB_COUNT(x); i++)
		x[i] = (double)(i + 1);
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct stats_interval is = stats_median_interval(x, cases[i].n, 0.95);
		if (is.low != (double)cases[i].low || is.high != (double)cases[i].high)
			fail_msg("n %zu: %g to %g, expected %zu to %zu", cases[i].n, is.low, is.high, cases[i].low, cases[i].high);
	}
	for (size_t n = 0; n < 6; n++)
		assert_true(isinf(stats_median_interval(x, n, 0.95).low) && isinf(stats_median_interval(x, n, 0.95).high));
}

/* Samples without ties whose U is the wanted one. */
static double p_of_u(size_t n, size_t m, size_t u)
{
	double x[64], y[64];
	for (size_t j = 0; j < m; j++)
		y[j] = (double)j;
	/* each x is above as many y as still fit */
	for (size_t i = 0; i < n; i++) {
		size_t above = u < m ? u : m;
		u -= above;
		x[i] = (double)above - 0.5 + 0.001 * (double)i;
	}
	return stats_mann_whitney(x, n, y, m).p;
}

static void test_exact_p(void **state)
{
	(void)state;
	/* twice scipy's exact null distribution, scipy.stats._mannwhitneyu._mwu_state */
	static const struct {
		size_t n, m, u;
		double p;
	} cases[] = {
		{ 4, 4, 0, 0.02857142857142857 },       { 6, 6, 5, 0.04112554112554113 },     { 20, 20, 120, 0.030411256038764864 },
		{ 50, 50, 800, 0.0017398342861604987 }, { 50, 50, 1200, 0.7340376457847958 }, { 3, 30, 0, 0.00036656891495601173 },
		{ 10, 7, 12, 0.024989716166186754 },    { 7, 10, 12, 0.024989716166186754 },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++)
		NEAR(p_of_u(cases[i].n, cases[i].m, cases[i].u), cases[i].p, 1e-9);
	NEAR(stats_least_p(4, 4), 0.02857142857142857, 1e-12);
	NEAR(stats_least_p(3, 30), 0.00036656891495601173, 1e-12);
	assert_true(stats_least_p(3, 3) > 0.05);
}

static void test_shift(void **state)
{
	(void)state;
	/* Hollander & Wolfe give 0.305 for this pair; the intervals: the ordered differences at the place that scipy's
	 * null distribution gives */
	static const struct {
		double confidence, low, high;
	} cases[] = { { 0.8, -0.70, 0.05 }, { 0.9, -0.72, 0.08 }, { 0.95, -0.76, 0.15 }, { 0.99, -1.01, 0.35 } };
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct stats_interval v;
		NEAR(stats_shift(term, 10, early, 5, cases[i].confidence, &v), -0.305, 1e-12);
		NEAR(v.low, cases[i].low, 1e-9);
		NEAR(v.high, cases[i].high, 1e-9);
	}
	struct stats_interval none;
	stats_shift(term, 3, early, 3, 0.95, &none);
	assert_true(isinf(none.low) && isinf(none.high));
	NEAR(stats_cliff_delta(term, 10, early, 5), (15.0 - 35.0) / 50.0, 1e-12);
}

static double variance(const double *x, size_t n)
{
	double mean = stats_mean(x, n), sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return sum / (double)n;
}

static void test_bca(void **state)
{
	(void)state;
	struct stats_bootstrap o = { .confidence = 0.9, .resamples = 20000, .seed = 1 };
	struct stats_interval v = stats_bca(spatial, 26, variance, &o), again = stats_bca(spatial, 26, variance, &o);
	/* Efron & Tibshirani (1993), table 14.2: (115.8, 259.6) of 2,000 resamples; scipy.stats.bootstrap with 200,000:
	 * (115.4 … 115.9, 260.7 … 261.8) */
	NEAR(variance(spatial, 26), 171.53402366863904, 1e-12);
	NEAR(v.low, 115.7, 0.02);
	NEAR(v.high, 261.0, 0.02);
	assert_true(v.low == again.low && v.high == again.high);
	/* scipy.stats.bootstrap((A,), numpy.mean, method="BCa", n_resamples=500000): 24.154, 34.269 */
	o.confidence = 0.95;
	v = stats_bca(spatial, 26, stats_mean, &o);
	NEAR(v.low, 24.154, 0.01);
	NEAR(v.high, 34.269, 0.01);
	static const double same[] = { 2, 2, 2 };
	v = stats_bca(same, 3, stats_median, &o);
	assert_true(v.low == 2 && v.high == 2);
	v = stats_bca(same, 1, stats_median, &o);
	assert_true(isnan(v.low));
}

static void test_holm(void **state)
{
	(void)state;
	/* by hand: sorted 0.005·4, 0.01·3, 0.03·2, max(0.04·1, 0.06) */
	double p[] = { 0.01, 0.04, 0.03, 0.005 };
	static const double want[] = { 0.03, 0.06, 0.06, 0.02 };
	stats_holm(p, 4);
	for (size_t i = 0; i < 4; i++)
		NEAR(p[i], want[i], 1e-12);
	double large[] = { 0.9, 0.8 };
	stats_holm(large, 2);
	assert_true(large[0] == 1 && large[1] == 1);
}

static void test_cusum(void **state)
{
	(void)state;
	/* Montgomery, "Introduction to statistical quality control" (6th edition), table 9.2: target 10, sigma 1, K 0.5,
	 * H 5: C+ is 5.28 at observation 29, and began to grow at 23 */
	static const double x[] = { 9.45, 7.99,  9.29,  11.66, 12.16, 10.18, 8.04, 11.46, 9.20,  10.34, 9.03,  11.47, 10.51, 9.40,  10.08,
				    9.37, 10.62, 10.31, 8.52,  10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52 };
	struct stats_cusum c = stats_cusum(x, LB_COUNT(x), 10, 1, 0.5, 5, true);
	assert_true(c.alarm && c.at == 28 && c.since == 22);
	NEAR(c.sum, 5.28, 1e-9);
	assert_false(stats_cusum(x, LB_COUNT(x), 10, 1, 0.5, 5, false).alarm);
	assert_false(stats_cusum(x, 0, 10, 1, 0.5, 5, true).alarm);
	assert_false(stats_cusum(x, LB_COUNT(x), 10, 0, 0.5, 5, true).alarm);
}

static void test_words(void **state)
{
	(void)state;
	static const struct {
		double ratio, low, high, p;
		enum stats_word word;
	} cases[] = {
		{ 1.10, 1.06, 1.14, 0.001, STATS_SLOWER },
		{ 1.10, 1.06, 1.14, 0.06, STATS_CANNOT_TELL },  /* not after Holm */
		{ 1.10, 1.04, 1.16, 0.001, STATS_CANNOT_TELL }, /* not the whole interval */
		{ 0.90, 0.87, 0.93, 0.001, STATS_FASTER },
		{ 1.02, 1.01, 1.03, 0.001, STATS_NO_DIFFERENCE }, /* real, and too small to matter */
		{ 1.00, 0.90, 1.12, 0.9, STATS_CANNOT_TELL },
		{ 1.00, 0, INFINITY, 1, STATS_CANNOT_TELL },
	};
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		struct stats_ratio r = {
			.ratio = cases[i].ratio, .interval = { cases[i].low, cases[i].high }, .p = cases[i].p, .n = 10, .m = 10
		};
		stats_ratio_judge(&r, 0.05, 0.05);
		assert_int_equal(r.word, cases[i].word);
		assert_true((r.word == STATS_CANNOT_TELL) == (r.more >= 1));
	}
	/* log(1.10 / 1.05) = 0.0465 of room, half an interval of 0.0546: 10 (0.0546 / 0.0465)^2 = 13.8 */
	struct stats_ratio r = { .ratio = 1.10, .interval = { 1.04, 1.16 }, .p = 0.001, .n = 10, .m = 10 };
	stats_ratio_judge(&r, 0.05, 0.05);
	assert_true(r.more == 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_sample), cmocka_unit_test(test_median_interval), cmocka_unit_test(test_normal), cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_exact_p),    cmocka_unit_test(test_shift),  cmocka_unit_test(test_bca),
		cmocka_unit_test(test_holm),       cmocka_unit_test(test_cusum),  cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
