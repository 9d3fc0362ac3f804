/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/match.h"
#include "compare/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void compare_steps_release(struct cmp_steps *s)
{
	for (size_t i = 0; i < s->count; i++)
		lb_strv_release(&s->items[i].edits);
	free(s->items);
	*s = (struct cmp_steps){ 0 };
}

/* Steps are told apart by the pair of texts: an edit of the Dockerfile moves lines. */
static struct cmp_step *step_for(struct cmp_steps *out, struct lb_map *index, const struct report *ra, const struct report_step *a,
				 const struct report *rb, const struct report_step *b)
{
	struct {
		uint32_t a, b;
	} key = { a ? a->instruction : 0, b ? b->instruction : 0 };
	uintptr_t at = (uintptr_t)lb_map_getn(index, &key, sizeof(key));
	if (at)
		return &out->items[at - 1];
	out->items = lb_grow(out->items, out->count, &out->cap, sizeof(*out->items));
	out->items[out->count++] = (struct cmp_step){ .base_text = a ? report_string(ra, a->instruction) : NULL,
						      .text = b ? report_string(rb, b->instruction) : NULL,
						      .base_line = a ? a->line : 0,
						      .line = b ? b->line : 0 };
	lb_map_setn(index, &key, sizeof(key), (void *)out->count);
	return &out->items[out->count - 1];
}

static double seconds(const struct report_step *s)
{
	return s && s->outcome == ST_MISS && s->run_ns != REPORT_UNKNOWN ? (double)s->run_ns / 1e9 : 0;
}

static bool counts(const struct report_step *s)
{
	return s && (s->outcome == ST_HIT || s->outcome == ST_MISS || s->outcome == ST_UNKNOWN);
}

static const char *word(const struct report_step *s)
{
	return !counts(s) ? "none" : s->outcome == ST_HIT ? "hit" : s->outcome == ST_MISS ? "miss" : "unknown";
}

static void add_pair(struct cmp_step *s, const struct report_step *a, const struct report_step *b, double weight, const char *edit)
{
	s->base_rerun += a && a->outcome == ST_MISS ? weight : 0;
	s->rerun += b && b->outcome == ST_MISS ? weight : 0;
	s->base_s += weight * seconds(a);
	s->seconds += weight * seconds(b);
	if (strcmp(word(a), word(b)) != 0)
		lb_strv_take(&s->edits, lb_format("%s %s→%s", edit, word(a), word(b)));
}

static void add_builds(struct cmp_steps *out, struct lb_map *index, const struct match_side *a, const struct match_side *b, double weight,
		       const char *edit)
{
	lb_autofree int *to_b = lb_malloc((a->b->steps_count + 1) * sizeof(*to_b));
	lb_autofree bool *taken = lb_calloc(b->b->steps_count + 1, sizeof(*taken));
	match_steps(a, b, to_b);
	for (size_t i = 0; i < a->b->steps_count; i++) {
		const struct report_step *x = report_steps_of(a->r, a->b) + i;
		const struct report_step *y = to_b[i] == MATCH_NONE ? NULL : report_steps_of(b->r, b->b) + to_b[i];
		if (y)
			taken[to_b[i]] = true;
		if (counts(x) || counts(y))
			add_pair(step_for(out, index, a->r, x, b->r, y), x, y, weight, edit);
	}
	for (size_t k = 0; k < b->b->steps_count; k++) {
		const struct report_step *y = report_steps_of(b->r, b->b) + k;
		if (!taken[k] && counts(y))
			add_pair(step_for(out, index, a->r, NULL, b->r, y), NULL, y, weight, edit);
	}
}

void compare_steps(const struct compare *c, const struct cmp_row *row, size_t side, struct cmp_steps *out)
{
	lb_automap struct lb_map *index = lb_map_new(NULL);
	*out = (struct cmp_steps){ 0 };
	if (!row->parts[0].count || !row->parts[side].count)
		return;
	for (size_t i = 0; i < row->shared_count; i++) {
		const struct cmp_commit *x = &row->parts[0].commits[row->shared[i].at[0]],
					*y = &row->parts[side].commits[row->shared[i].at[side]];
		struct match_side a = { c->sides[0].r, &c->sides[0].r->builds[x->builds[0]] };
		struct match_side b = { c->sides[side].r, &c->sides[side].r->builds[y->builds[0]] };
		add_builds(out, index, &a, &b, row->shared[i].weight, x->key);
	}
}
