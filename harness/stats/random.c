/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>

uint64_t stats_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

size_t stats_random_below(uint64_t *state, size_t n)
{
	uint64_t limit = UINT64_MAX - UINT64_MAX % n, r;
	do
		r = stats_random(state);
	while (r >= limit);
	return (size_t)(r % n);
}

double stats_random_unit(uint64_t *state)
{
	return ((double)(stats_random(state) >> 11) + 0.5) / 9007199254740992.0;
}

double stats_random_normal(uint64_t *state)
{
	double r = sqrt(-2 * log(stats_random_unit(state)));
	return r * cos(2 * M_PI * stats_random_unit(state));
}

void stats_shuffle(uint64_t *state, size_t *items, size_t n)
{
	for (size_t i = n; i > 1; i--) {
		size_t j = stats_random_below(state, i), t = items[i - 1];
		items[i - 1] = items[j];
		items[j] = t;
	}
}
