/* SPDX-License-Identifier: Apache-2.0
 *
 * Synthetic data with known answers: 1,000 seeded trials each. Times of builds are skewed to the right, so noise
 * is applied to the logarithm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "lbench/mem.h"
#include "stats/stats.h"

enum { TRIALS = 1000, MOST = 400 };

static void sample(uint64_t *seed, double level, double noise, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = level * exp(noise * stats_random_normal(seed));
}

struct outcome {
	unsigned small_p, different, by_word[4];
};

static struct outcome compare_often(double ratio, double noise, size_t n)
{
	struct outcome o = { 0 };
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[64], y[64];
		uint64_t seed = 1000 * trial + n;
		sample(&seed, 20, noise, x, n);
		sample(&seed, 20 * ratio, noise, y, n);
		struct stats_ratio r;
		stats_ratio_measure(x, n, y, n, 0.95, &r);
		stats_ratio_judge(&r, 0.05, 0.05);
		o.small_p += r.p <= 0.05;
		o.by_word[r.word]++;
		o.different += r.word == STATS_SLOWER || r.word == STATS_FASTER;
	}
	return o;
}

static void test_false_alarms(void **state)
{
	(void)state;
	static const double noise[] = { 0.01, 0.05, 0.20 };
	static const size_t sizes[] = { 4, 10, 20 };
	for (size_t i = 0; i < LB_COUNT(noise); i++) {
		for (size_t k = 0; k < LB_COUNT(sizes); k++) {
			struct outcome o = compare_often(1, noise[i], sizes[k]);
			/* alpha 0.05 and three standard deviations of a count of 1,000 */
			if (o.small_p > 50 + 21 || o.different > 50)
				fail_msg("noise %g, %zu repeats: p <= 0.05 in %u, a difference in %u", noise[i], sizes[k], o.small_p,
					 o.different);
		}
	}
}

static bool is_slower(uint64_t *seed, double ratio, double noise, size_t n)
{
	double x[64], y[64];
	struct stats_ratio r;
	sample(seed, 20, noise, x, n);
	sample(seed, 20 * ratio, noise, y, n);
	stats_ratio_measure(x, n, y, n, 0.95, &r);
	stats_ratio_judge(&r, 0.05, 0.05);
	return r.word == STATS_SLOWER;
}

/* The rule of --rebuild-base: what one session calls slower, a second one must call slower too. */
static void slower_twice(double ratio, double noise, size_t n, unsigned *once, unsigned *twice)
{
	*once = *twice = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		uint64_t seed = 7919 * trial + n;
		bool first = is_slower(&seed, ratio, noise, n), both = first && is_slower(&seed, ratio, noise, n);
		*once += first;
		*twice += both;
	}
}

static void test_slower_twice(void **state)
{
	(void)state;
	static const double noise[] = { 0.03, 0.20, 0.50 };
	unsigned once, twice;
	for (size_t i = 0; i < LB_COUNT(noise); i++) {
		slower_twice(1, noise[i], 10, &once, &twice);
		if (once > 40 || twice > 2)
			fail_msg("noise %g: equal code was slower in %u sessions, and in %u of them again", noise[i], once, twice);
	}
	slower_twice(1.1, 0.03, 20, &once, &twice);
	assert_true(twice >= 950);
}

static void test_finds_slowdown(void **state)
{
	(void)state;
	struct outcome o = compare_often(1.1, 0.03, 20);
	assert_true(o.by_word[STATS_SLOWER] >= 950);
	assert_int_equal(o.by_word[STATS_FASTER], 0);
	/* ten repeats are too few for it, and that is said rather than decided */
	o = compare_often(1.1, 0.03, 10);
	assert_true(o.by_word[STATS_SLOWER] >= 700 && o.by_word[STATS_NO_DIFFERENCE] <= 10);
	o = compare_often(1 / 1.1, 0.03, 20);
	assert_true(o.by_word[STATS_FASTER] >= 950);
}

/* Forty equal ones under 1 % noise: an answer, not "cannot tell". */
static void test_finds_no_difference(void **state)
{
	(void)state;
	struct outcome o = compare_often(1, 0.01, 20);
	assert_true(o.by_word[STATS_NO_DIFFERENCE] >= 990);
}

/* What "cannot tell" asks for is enough in most cases. */
static void test_repeats_asked_for(void **state)
{
	(void)state;
	unsigned asked = 0, told = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[MOST], y[MOST];
		uint64_t seed = trial;
		struct stats_ratio r;
		sample(&seed, 20, 0.03, x, MOST);
		sample(&seed, 22, 0.03, y, MOST);
		stats_ratio_measure(x, 8, y, 8, 0.95, &r);
		stats_ratio_judge(&r, 0.05, 0.05);
		if (r.word != STATS_CANNOT_TELL || r.more + 8 > MOST)
			continue;
		asked++;
		size_t n = 8 + (size_t)r.more;
		stats_ratio_measure(x, n, y, n, 0.95, &r);
		stats_ratio_judge(&r, 0.05, 0.05);
		told += r.word == STATS_SLOWER;
	}
	assert_true(asked > 100);
	assert_true(told * 10 >= asked * 6);
}

/* One run in twenty beside which something else worked: ten times as long, and the verdict stays what it was. */
static void test_spike_decides_nothing(void **state)
{
	(void)state;
	unsigned equal = 0, slower = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[20], y[20];
		uint64_t seed = trial;
		struct stats_ratio r;
		sample(&seed, 20, 0.03, x, 20);
		sample(&seed, 20, 0.03, y, 20);
		y[trial % 20] *= 10;
		stats_ratio_measure(x, 20, y, 20, 0.95, &r);
		stats_ratio_judge(&r, 0.05, 0.05);
		equal += r.word == STATS_SLOWER || r.word == STATS_FASTER;
		for (size_t i = 0; i < 20; i++)
			y[i] *= 1.1;
		stats_ratio_measure(x, 20, y, 20, 0.95, &r);
		stats_ratio_judge(&r, 0.05, 0.05);
		slower += r.word == STATS_SLOWER;
	}
	assert_true(equal <= 10);
	assert_true(slower >= 900);
}

/* A runner that is twice as slow in four runs of ten, on both sides: the code is the same, and nobody is accused. */
static void test_bimodal_runner(void **state)
{
	(void)state;
	static const size_t sizes[] = { 6, 10, 20 };
	for (size_t k = 0; k < LB_COUNT(sizes); k++) {
		unsigned different = 0;
		for (uint64_t trial = 0; trial < TRIALS; trial++) {
			double x[20], y[20];
			uint64_t seed = trial;
			struct stats_ratio r;
			sample(&seed, 20, 0.03, x, sizes[k]);
			sample(&seed, 20, 0.03, y, sizes[k]);
			for (size_t i = 0; i < sizes[k]; i++) {
				x[i] *= stats_random_unit(&seed) < 0.4 ? 2 : 1;
				y[i] *= stats_random_unit(&seed) < 0.4 ? 2 : 1;
			}
			stats_ratio_measure(x, sizes[k], y, sizes[k], 0.95, &r);
			stats_ratio_judge(&r, 0.05, 0.05);
			different += r.word == STATS_SLOWER || r.word == STATS_FASTER;
		}
		if (different > 50)
			fail_msg("%zu repeats: a difference in %u", sizes[k], different);
	}
}

/* Twenty comparisons in a report, all of equal things: one false word in a report of twenty, not one in each. */
static void test_family(void **state)
{
	(void)state;
	enum { FAMILY = 20, N = 10 };
	unsigned raw = 0, corrected = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double p[FAMILY];
		uint64_t seed = trial;
		bool one = false, other = false;
		for (size_t i = 0; i < FAMILY; i++) {
			double x[N], y[N];
			sample(&seed, 20, 0.05, x, N);
			sample(&seed, 20, 0.05, y, N);
			p[i] = stats_mann_whitney(x, N, y, N).p;
			one = one || p[i] <= 0.05;
		}
		stats_holm(p, FAMILY);
		for (size_t i = 0; i < FAMILY; i++)
			other = other || p[i] <= 0.05;
		raw += one;
		corrected += other;
	}
	assert_true(raw > 500);
	assert_true(corrected <= 50 + 21);
}

/* ---- series ---- */

static const struct stats_changes_options nightly = { .max_p = 0.01, .min_magnitude = 0.05, .min_size = 3 };

static void test_quiet_series(void **state)
{
	(void)state;
	static const double noise[] = { 0.01, 0.05, 0.20 };
	static const struct stats_changes_options any = { .max_p = 0.01, .min_magnitude = 0, .min_size = 3 };
	for (size_t i = 0; i < LB_COUNT(noise); i++) {
		unsigned alarms = 0, without_magnitude = 0;
		for (uint64_t trial = 0; trial < TRIALS; trial++) {
			double x[100];
			uint64_t seed = trial * 77 + i;
			struct stats_change c[8];
			sample(&seed, 20, noise[i], x, 100);
			alarms += stats_changes(x, 100, &nightly, c, 8) > 0;
			without_magnitude += stats_changes(x, 100, &any, c, 8) > 0;
		}
		/* stated: at most 1 % of the series, a hundred nights each */
		if (alarms > 10 || without_magnitude > 10 + 9)
			fail_msg("noise %g: %u series with a false change, %u without a least magnitude", noise[i], alarms,
				 without_magnitude);
	}
}

static void test_step(void **state)
{
	(void)state;
	unsigned found = 0, exact = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[60];
		uint64_t seed = trial;
		struct stats_change c[8];
		sample(&seed, 20, 0.03, x, 40);
		sample(&seed, 22, 0.03, x + 40, 20);
		size_t n = stats_changes(x, 60, &nightly, c, 8);
		found += n == 1;
		exact += n == 1 && c[0].at >= 39 && c[0].at <= 41 && fabs(c[0].after / c[0].before - 1.1) < 0.03;
	}
	assert_true(found >= 970);
	assert_true(exact >= 850);
}

static void test_spikes_are_no_steps(void **state)
{
	(void)state;
	unsigned alarms = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[60];
		uint64_t seed = trial;
		struct stats_change c[8];
		sample(&seed, 20, 0.02, x, 60);
		x[20 + trial % 20] *= 10;
		alarms += stats_changes(x, 60, &nightly, c, 8) > 0;
	}
	assert_true(alarms <= 10);
}

/* A runner that is twice as slow on some nights, at random: no lasting change. */
static void test_bimodal(void **state)
{
	(void)state;
	unsigned alarms = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[60];
		uint64_t seed = trial;
		struct stats_change c[8];
		sample(&seed, 20, 0.03, x, 60);
		for (size_t i = 0; i < 60; i++)
			x[i] *= stats_random_unit(&seed) < 0.4 ? 2 : 1;
		alarms += stats_changes(x, 60, &nightly, c, 8) > 0;
	}
	assert_true(alarms <= 10);
}

/* 0.5 % a night: no two neighbouring nights differ, a CUSUM against the first month sees it. */
static void test_slow_drift(void **state)
{
	(void)state;
	unsigned alarms = 0, early = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[90];
		uint64_t seed = trial;
		sample(&seed, 20, 0.02, x, 90);
		for (size_t i = 30; i < 90; i++)
			x[i] *= pow(1.005, (double)(i - 29));
		double target = stats_median(x, 30), sigma = STATS_MAD_SIGMA * stats_mad(x, 30);
		early += stats_cusum(x, 30, target, sigma, 1, 8, true).alarm;
		alarms += stats_cusum(x, 90, target, sigma, 1, 8, true).alarm;
	}
	assert_true(alarms == TRIALS);
	assert_true(early <= 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_alarms),        cmocka_unit_test(test_slower_twice),
		cmocka_unit_test(test_finds_slowdown),      cmocka_unit_test(test_finds_no_difference),
		cmocka_unit_test(test_repeats_asked_for),   cmocka_unit_test(test_spike_decides_nothing),
		cmocka_unit_test(test_bimodal_runner),      cmocka_unit_test(test_family),
		cmocka_unit_test(test_quiet_series),        cmocka_unit_test(test_step),
		cmocka_unit_test(test_spikes_are_no_steps), cmocka_unit_test(test_bimodal),
		cmocka_unit_test(test_slow_drift),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
