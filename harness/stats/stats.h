/* SPDX-License-Identifier: Apache-2.0
 *
 * Statistics: arrays in, numbers out. Everything is deterministic; what draws at random takes a seed. Samples are
 * not changed. n == 0 gives NAN where a number is expected.
 */
#ifndef HARNESS_STATS_H
#define HARNESS_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- one sample (describe.c) ---- */

double stats_median(const double *x, size_t n);
/* Quantile p in [0, 1], type 7 of Hyndman & Fan, "Sample quantiles in statistical packages" (1996): linear between
 * the order statistics around (n - 1) p; what R and numpy do unasked. */
double stats_quantile(const double *x, size_t n, double p);
/* Median absolute deviation from the median, unscaled (Hampel 1974). */
double stats_mad(const double *x, size_t n);
#define STATS_MAD_SIGMA 1.4826 /* MAD × this estimates the standard deviation of normal data */
double stats_mean(const double *x, size_t n);

/* ---- the normal distribution (normal.c) ---- */

double stats_normal_cdf(double z);
double stats_normal_quantile(double p); /* p in (0, 1) */

/* ---- random numbers (random.c) ---- */

/* splitmix64: Steele, Lea & Flood, "Fast splittable pseudorandom number generators" (2014). The state is the seed. */
uint64_t stats_random(uint64_t *state);
size_t stats_random_below(uint64_t *state, size_t n);         /* in [0, n), unbiased; n > 0 */
double stats_random_unit(uint64_t *state);                    /* in (0, 1) */
double stats_random_normal(uint64_t *state);                  /* Box & Muller (1958) */
void stats_shuffle(uint64_t *state, size_t *items, size_t n); /* Fisher & Yates */

/* ---- intervals (bootstrap.c) ---- */

struct stats_interval {
	double low, high;
};

struct stats_bootstrap {
	double confidence; /* 0.95 */
	unsigned resamples;
	uint64_t seed;
};
/* BCa (bias-corrected and accelerated) bootstrap interval: Efron, "Better bootstrap confidence intervals" (1987);
 * Efron & Tibshirani, "An introduction to the bootstrap" (1993), chapter 14. A sample of equal values gives that
 * value twice; n < 2 gives NAN. */
struct stats_interval stats_bca(const double *x, size_t n, double (*statistic)(const double *x, size_t n), const struct stats_bootstrap *o);

/* Of the median, free of any distribution: the order statistics between which it lies with at least this confidence
 * (Conover, "Practical nonparametric statistics", section 3.2; Hahn & Meeker, "Statistical intervals", section 5.2). Too
 * few values for the confidence (fewer than 6 for 0.95) give an interval without ends (infinite). */
struct stats_interval stats_median_interval(const double *x, size_t n, double confidence);

/* ---- two samples (ranks.c, shift.c) ---- */

struct stats_u_test {
	double u;   /* pairs in which x is greater, ties half */
	double p;   /* two-sided */
	bool exact; /* from the exact distribution; else the normal approximation, corrected for ties and continuity */
};
/* Mann & Whitney, "On a test of whether one of two random variables is stochastically larger than the other" (1947).
 * Exact without ties and while both samples are at most STATS_EXACT_MAX; the tie correction is Lehmann's (1975). */
enum { STATS_EXACT_MAX = 50 };
struct stats_u_test stats_mann_whitney(const double *x, size_t n, const double *y, size_t m);
/* Least two-sided p that samples of these sizes can give. */
double stats_least_p(size_t n, size_t m);
/* Hodges & Lehmann, "Estimates of location based on rank tests" (1963): median of all differences y - x, and its
 * distribution-free interval, the inverse of the U test (Moses; Hollander & Wolfe 1973, section 4.3). Samples too
 * small for the confidence get an interval without ends (infinite). */
double stats_shift(const double *x, size_t n, const double *y, size_t m, double confidence, struct stats_interval *interval);
/* Cliff, "Dominance statistics" (1993): P(y > x) - P(y < x), from -1 to 1. */
double stats_cliff_delta(const double *x, size_t n, const double *y, size_t m);
/* Holm, "A simple sequentially rejective multiple test procedure" (1979): p[i] becomes the adjusted value, in place. */
void stats_holm(double *p, size_t n);

/* ---- verdicts on times (ratio.c) ---- */

enum stats_word { STATS_CANNOT_TELL, STATS_NO_DIFFERENCE, STATS_FASTER, STATS_SLOWER };
struct stats_ratio {
	double ratio; /* of y to x: exp of the shift between the logarithms */
	struct stats_interval interval;
	double p; /* of the U test; the caller may put Holm's value here before it asks for the word */
	enum stats_word word;
	double more; /* CANNOT_TELL: further repeats a side that would tell, INFINITY: nobody could wait for them */
	size_t n, m;
};
/* Values are above zero. word is not set yet. */
void stats_ratio_measure(const double *x, size_t n, const double *y, size_t m, double confidence, struct stats_ratio *out);
/* Both must hold for a difference: p <= alpha, and the whole interval lies beyond 1 + tolerance (or below 1 / that);
 * criterion.rs' rule. An interval wholly inside shows that there is none. */
void stats_ratio_judge(struct stats_ratio *r, double alpha, double tolerance);
const char *stats_word_text(enum stats_word w); /* "slower" */

/* ---- series (changes.c, cusum.c) ---- */

struct stats_change {
	size_t at;            /* first point of the new segment */
	double before, after; /* medians of the segments on both sides */
	double p;             /* of the U test between them */
};
struct stats_changes_options {
	double max_p;         /* 0.001: a step between two segments counts from here on */
	double min_magnitude; /* 0.05: and when the medians differ by this part of the earlier one */
	size_t min_size;      /* 3: least points of a segment */
};
/* E-divisive: Matteson & James, "A nonparametric approach for multiple change point analysis of multivariate data"
 * (2014), with alpha = 1. The permutation test is replaced by the rank test, with p times the places that were
 * searched, so that the answer is always the same and a single spike is none. Changes in order of place; at most
 * `cap`. Returns how many. */
size_t stats_changes(const double *x, size_t n, const struct stats_changes_options *o, struct stats_change *out, size_t cap);

struct stats_cusum {
	bool alarm;
	size_t at;    /* point of the alarm */
	size_t since; /* first point of the run of sums that led to it */
	double sum;   /* in standard deviations */
};
/* Page, "Continuous inspection schemes" (1954), tabular, one side: sums of (x - target) / sigma - slack from 0 on,
 * alarm above limit. up: looks for larger values. */
struct stats_cusum stats_cusum(const double *x, size_t n, double target, double sigma, double slack, double limit, bool up);

#endif
