/* SPDX-License-Identifier: Apache-2.0
 *
 * Segments are split as long as a split holds. Where a segment is split is the place with the largest energy
 * distance between its two parts; whether it is split at all is a question to the ranks, in which a spike counts
 * as one point and not as its height. A split that no longer holds between the final neighbours is taken back.
 */
#include "stats/stats.h"

#include <math.h>
#include <string.h>

#include "lbench/mem.h"

struct search {
	const double *x;
	const struct stats_changes_options *o;
	size_t *cuts; /* ascending, 0 and n among them */
	size_t count;
};

/* The split of [from, to) with the largest energy distance; 0: none. All sums of distances are carried along as the
 * split moves, so a segment of n points costs n^2 in all. */
static size_t best_split(const struct search *s, size_t from, size_t to)
{
	const double *x = s->x;
	double within_left = 0, within_right = 0, between = 0, best = 0;
	size_t n = to - from, at = 0;
	for (size_t i = from; i < to; i++)
		for (size_t j = i + 1; j < to; j++)
			within_right += fabs(x[i] - x[j]);
	for (size_t cut = from + 1; cut < to; cut++) {
		double to_left = 0, to_right = 0;
		for (size_t i = from; i < cut - 1; i++)
			to_left += fabs(x[i] - x[cut - 1]);
		for (size_t i = cut; i < to; i++)
			to_right += fabs(x[i] - x[cut - 1]);
		within_left += to_left;
		within_right -= to_right;
		between += to_right - to_left;
		size_t l = cut - from, r = to - cut;
		if (l < s->o->min_size || r < s->o->min_size)
			continue;
		double a = (double)l, b = (double)r;
		double energy = 2 * between / (a * b) - 2 * within_left / (a * a) - 2 * within_right / (b * b);
		double q = a * b / (double)n * energy;
		if (q > best * (1 + 1e-12)) {
			best = q;
			at = cut;
		}
	}
	return at;
}

static bool holds(const struct search *s, size_t from, size_t at, size_t to, struct stats_change *out)
{
	const double *x = s->x;
	size_t n = at - from, m = to - at;
	double places = (double)(to - from) - 2 * (double)s->o->min_size + 1;
	*out = (struct stats_change){ .at = at, .before = stats_median(x + from, n), .after = stats_median(x + at, m) };
	out->p = fmin(1, stats_mann_whitney(x + from, n, x + at, m).p * fmax(places, 1));
	return out->p <= s->o->max_p && fabs(out->after - out->before) >= s->o->min_magnitude * fabs(out->before);
}

static void split(struct search *s, size_t from, size_t to)
{
	struct stats_change c;
	if (to - from < 2 * s->o->min_size)
		return;
	size_t at = best_split(s, from, to);
	if (!at || !holds(s, from, at, to, &c))
		return;
	split(s, from, at);
	s->cuts[s->count++] = at;
	split(s, at, to);
}

/* A cut that the two segments beside it, as they are in the end, no longer bear out is taken back. */
static void prune(struct search *s)
{
	struct stats_change c;
	for (size_t i = 1; i + 1 < s->count;) {
		if (holds(s, s->cuts[i - 1], s->cuts[i], s->cuts[i + 1], &c)) {
			i++;
			continue;
		}
		memmove(&s->cuts[i], &s->cuts[i + 1], (s->count - i - 1) * sizeof(*s->cuts));
		s->count--;
		i = 1;
	}
}

size_t stats_changes(const double *x, size_t n, const struct stats_changes_options *o, struct stats_change *out, size_t cap)
{
	lb_autofree size_t *cuts = lb_malloc((n + 2) * sizeof(*cuts));
	struct search s = { x, o, cuts, 0 };
	s.cuts[s.count++] = 0;
	split(&s, 0, n);
	s.cuts[s.count++] = n;
	prune(&s);
	size_t found = 0;
	for (size_t i = 1; i + 1 < s.count && found < cap; i++)
		holds(&s, s.cuts[i - 1], s.cuts[i], s.cuts[i + 1], &out[found++]);
	return found;
}
