/* SPDX-License-Identifier: Apache-2.0
 *
 * Nightly series with known answers, as the command judges them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "trend/trend.h"

enum { TRIALS = 1000, NIGHTS = 120 };

struct answer {
	unsigned steps, up, down, spikes, provisional, drifts;
	size_t first;
	double now, best;
};

/* x as the nights of one series. */
static struct answer judge(const double *x, size_t n, bool exact)
{
	struct trend t = { 0 };
	struct trend_night nights[NIGHTS];
	struct trend_point points[NIGHTS];
	struct trend_series series = { .scenario = (char[]){ "s" }, .exact = exact, .points = points, .count = n };
	struct answer a = { .first = SIZE_MAX };
	for (size_t i = 0; i < n; i++) {
		nights[i] = (struct trend_night){ .started = (char[]){ "2026-01-01" } };
		points[i] = (struct trend_point){ .night = i, .value = x[i] };
	}
	t = (struct trend){ .nights = nights, .nights_count = n, .series = &series, .count = 1 };
	trend_analyse(&t);
	for (size_t i = 0; i < series.changes_count; i++) {
		const struct trend_change *c = &series.changes[i];
		a.steps += c->kind == TREND_STEP;
		a.spikes += c->kind == TREND_SPIKE;
		a.provisional += c->kind == TREND_PROVISIONAL;
		a.drifts += c->kind == TREND_DRIFT;
		a.up += c->kind != TREND_SPIKE && c->after > c->before;
		a.down += c->kind != TREND_SPIKE && c->after < c->before;
		a.first = c->at < a.first ? c->at : a.first;
	}
	a.now = series.now;
	a.best = series.best;
	free(series.changes);
	return a;
}

static void noise(uint64_t *seed, double sigma, double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = 20 * exp(sigma * stats_random_normal(seed));
}

static void test_quiet(void **state)
{
	(void)state;
	static const double sigmas[] = { 0.01, 0.05, 0.20 };
	for (size_t k = 0; k < LB_COUNT(sigmas); k++) {
		unsigned alarms = 0, provisional = 0;
		for (uint64_t trial = 0; trial < TRIALS; trial++) {
			double x[NIGHTS];
			uint64_t seed = trial * 31 + k;
			noise(&seed, sigmas[k], x, NIGHTS);
			struct answer a = judge(x, NIGHTS, false);
			alarms += a.steps + a.drifts > 0;
			provisional += a.provisional;
		}
		/* stated: at most 1 % of the series */
		if (alarms > 10 || provisional > 1)
			fail_msg("noise %g: %u changes, %u last nights", sigmas[k], alarms, provisional);
	}
}

/* One night ten times as slow: no change, wherever it is; the last night is marked as what it is. */
static void test_one_spike(void **state)
{
	(void)state;
	unsigned alarms = 0, last = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[NIGHTS];
		uint64_t seed = trial;
		noise(&seed, 0.02, x, NIGHTS);
		x[10 + trial % 100] *= 10;
		struct answer a = judge(x, NIGHTS, false);
		alarms += a.steps + a.drifts + a.provisional > 0;
		x[10 + trial % 100] /= 10;
		x[NIGHTS - 1] *= 10;
		a = judge(x, NIGHTS, false);
		last += a.provisional == 1 && a.steps + a.drifts == 0;
	}
	assert_true(alarms <= 10);
	assert_true(last >= TRIALS - 10);
}

/* 0.5 % a night from night 60 on: it got worse, and nothing else. */
static void test_slow_drift(void **state)
{
	(void)state;
	unsigned worse = 0, better = 0, above = 0, early = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[NIGHTS];
		uint64_t seed = trial;
		noise(&seed, 0.02, x, NIGHTS);
		for (size_t i = 60; i < NIGHTS; i++)
			x[i] *= pow(1.005, (double)(i - 59));
		struct answer a = judge(x, NIGHTS, false);
		worse += a.up > 0;
		better += a.down;
		early += a.first < 55;
		above += a.now > 1.1 * a.best;
	}
	assert_int_equal(worse, TRIALS);
	assert_true(better <= 10 && early <= 10);
	assert_true(above >= TRIALS - 10);
}

/* So slow that no part of the series differs from the next: 0.15 % a night. */
static void test_creeping(void **state)
{
	(void)state;
	unsigned worse = 0, better = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[NIGHTS];
		uint64_t seed = trial;
		noise(&seed, 0.02, x, NIGHTS);
		for (size_t i = 30; i < NIGHTS; i++)
			x[i] *= pow(1.0015, (double)(i - 29));
		struct answer a = judge(x, NIGHTS, false);
		worse += a.up > 0;
		better += a.down;
	}
	assert_true(worse >= TRIALS * 95 / 100);
	assert_true(better <= 10);
}

/* A runner that is twice as slow on four nights of ten. */
static void test_bimodal(void **state)
{
	(void)state;
	unsigned alarms = 0;
	for (uint64_t trial = 0; trial < TRIALS; trial++) {
		double x[NIGHTS];
		uint64_t seed = trial;
		noise(&seed, 0.03, x, NIGHTS);
		for (size_t i = 0; i < NIGHTS; i++)
			x[i] *= stats_random_unit(&seed) < 0.4 ? 2 : 1;
		struct answer a = judge(x, NIGHTS, false);
		alarms += a.steps + a.drifts + a.provisional > 0;
	}
	assert_true(alarms <= 10);
}

/* What is exact changes or does not. */
static void test_exact(void **state)
{
	(void)state;
	const double step[] = { 1, 1, 1, 1.001, 1.001 }, spike[] = { 1, 1, 3, 1, 1 }, last[] = { 1, 1, 1, 1, 2 },
		     same[] = { 1, 1, 1, 1, 1 };
	struct answer a = judge(step, 5, true);
	assert_true(a.steps == 1 && a.first == 3 && a.up == 1);
	a = judge(spike, 5, true);
	assert_true(a.spikes == 1 && a.steps == 0 && a.first == 2);
	a = judge(last, 5, true);
	assert_true(a.steps == 1 && a.first == 4);
	a = judge(same, 5, true);
	assert_true(a.steps + a.spikes == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet),    cmocka_unit_test(test_one_spike), cmocka_unit_test(test_slow_drift),
		cmocka_unit_test(test_creeping), cmocka_unit_test(test_bimodal),   cmocka_unit_test(test_exact),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
