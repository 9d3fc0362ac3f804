/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/match.h"

#include <stdlib.h>
#include <string.h>

struct matching {
	const struct match_side *a, *b;
	size_t n, m;
	int *to_b;
	bool *taken;                 /* of b */
	unsigned *stage_a, *stage_b; /* the how manieth stage */
};

static const struct report_step *step(const struct match_side *s, size_t i)
{
	return report_steps_of(s->r, s->b) + i;
}

static bool same(const struct matching *x, uint32_t in_a, uint32_t in_b)
{
	if (x->a->r == x->b->r)
		return in_a == in_b;
	return strcmp(report_string(x->a->r, in_a), report_string(x->b->r, in_b)) == 0;
}

static void number_stages(const struct match_side *s, size_t n, unsigned *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = !i ? 0 : out[i - 1] + (step(s, i)->stage != step(s, i - 1)->stage);
}

static bool is_text(const struct matching *x, size_t i, size_t k, bool by_name)
{
	const struct report_step *a = step(x->a, i), *b = step(x->b, k);
	if (x->taken[k] || a->trigger != b->trigger || !same(x, a->instruction, b->instruction))
		return false;
	return by_name ? same(x, a->stage, b->stage) : x->stage_a[i] == x->stage_b[k];
}

static bool is_keyword(const struct matching *x, size_t i, size_t k)
{
	const char *a = report_string(x->a->r, step(x->a, i)->instruction), *b = report_string(x->b->r, step(x->b, k)->instruction);
	size_t n = strcspn(a, " \t");
	return !x->taken[k] && x->stage_a[i] == x->stage_b[k] && n == strcspn(b, " \t") && strncasecmp(a, b, n) == 0;
}

static void take(struct matching *x, size_t i, size_t k)
{
	x->to_b[i] = (int)k;
	x->taken[k] = true;
}

static void by_text(struct matching *x, bool by_name)
{
	for (size_t i = 0; i < x->n; i++) {
		if (x->to_b[i] != MATCH_NONE)
			continue;
		/* most steps stand where they stood; the rest is searched from the top, so that equal texts keep their order */
		bool repeated = i && step(x->a, i)->instruction == step(x->a, i - 1)->instruction;
		if (i < x->m && !repeated && is_text(x, i, i, by_name) && (!i || x->to_b[i - 1] == (int)i - 1)) {
			take(x, i, i);
			continue;
		}
		for (size_t k = 0; k < x->m && x->to_b[i] == MATCH_NONE; k++)
			if (is_text(x, i, k, by_name))
				take(x, i, k);
	}
}

static void by_place(struct matching *x)
{
	for (size_t i = 0; i < x->n; i++) {
		if (x->to_b[i] != MATCH_NONE)
			continue;
		long low = -1, high = (long)x->m;
		for (size_t k = i; k-- > 0 && low < 0;)
			low = x->to_b[k];
		for (size_t k = i + 1; k < x->n && high == (long)x->m; k++)
			high = x->to_b[k] == MATCH_NONE ? high : x->to_b[k];
		for (long k = low + 1; k < high && x->to_b[i] == MATCH_NONE; k++)
			if (is_keyword(x, i, (size_t)k))
				take(x, i, (size_t)k);
	}
}

void match_steps(const struct match_side *a, const struct match_side *b, int *to_b)
{
	size_t n = a->b->steps_count, m = b->b->steps_count;
	lb_autofree bool *taken = lb_calloc(m + 1, sizeof(*taken));
	lb_autofree unsigned *stages = lb_calloc(n + m + 1, sizeof(*stages));
	struct matching x = { a, b, n, m, to_b, taken, stages, stages + n };
	for (size_t i = 0; i < n; i++)
		to_b[i] = MATCH_NONE;
	number_stages(a, n, x.stage_a);
	number_stages(b, m, x.stage_b);
	by_text(&x, true);
	by_text(&x, false);
	by_place(&x);
}
