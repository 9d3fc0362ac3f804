/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_STATS_SORT_H
#define HARNESS_STATS_SORT_H

#include <stddef.h>

void stats_sort(double *x, size_t n);
double *stats_sorted(const double *x, size_t n); /* a copy, the caller's */
double stats_quantile_sorted(const double *x, size_t n, double p);

#endif
