/* SPDX-License-Identifier: Apache-2.0 */
#include "stats/stats.h"

#include <math.h>

#include "lbench/mem.h"

static double *logarithms(const double *x, size_t n)
{
	double *l = lb_malloc((n + 1) * sizeof(*l));
	for (size_t i = 0; i < n; i++)
		l[i] = log(x[i]);
	return l;
}

void stats_ratio_measure(const double *x, size_t n, const double *y, size_t m, double confidence, struct stats_ratio *out)
{
	lb_autofree double *lx = logarithms(x, n), *ly = logarithms(y, m);
	struct stats_interval i;
	*out = (struct stats_ratio){ .n = n, .m = m };
	out->ratio = exp(stats_shift(lx, n, ly, m, confidence, &i));
	out->interval = (struct stats_interval){ exp(i.low), exp(i.high) };
	out->p = stats_mann_whitney(x, n, y, m).p;
}

/* An interval's width goes with the root of the repeats. It has to shrink until it ends on one side of the tolerance
 * that is nearest to the estimate. */
static double more_repeats(const struct stats_ratio *r, double alpha, double edge)
{
	size_t n = r->n < r->m ? r->n : r->m;
	double least = 1;
	while (stats_least_p((size_t)least, (size_t)least) > alpha)
		least++;
	if (!isfinite(log(r->interval.low)) || !isfinite(r->interval.high))
		return fmax(least - (double)n, 1);
	double at = log(r->ratio), half = (log(r->interval.high) - log(r->interval.low)) / 2;
	double room = fabs(fabs(at) - edge);
	double wanted = room > 0 ? ceil((double)n * (half / room) * (half / room)) : INFINITY;
	return wanted > 10000 ? INFINITY : fmax(fmax(wanted, least) - (double)n, 1);
}

void stats_ratio_judge(struct stats_ratio *r, double alpha, double tolerance)
{
	double edge = log1p(tolerance), low = log(r->interval.low), high = log(r->interval.high);
	r->more = 0;
	if (r->p <= alpha && low > edge)
		r->word = STATS_SLOWER;
	else if (r->p <= alpha && high < -edge)
		r->word = STATS_FASTER;
	else if (low >= -edge && high <= edge)
		r->word = STATS_NO_DIFFERENCE;
	else {
		r->word = STATS_CANNOT_TELL;
		r->more = more_repeats(r, alpha, edge);
	}
}

const char *stats_word_text(enum stats_word w)
{
	static const char *const words[] = { "cannot tell", "no difference shown", "faster", "slower" };
	return words[w];
}
