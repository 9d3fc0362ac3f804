/* SPDX-License-Identifier: Apache-2.0 */
#include "report/layers.h"

#include <string.h>
#include <strings.h>

struct stacking {
	const struct report *r;
	const struct report_step *steps;
	size_t count;
	struct layer_stack *s;
};

/* What a FROM stands on as it is written, its flags left out: "alpine:3" of "FROM --platform=x alpine:3 AS base". */
static const char *reference(const char *from, size_t *len)
{
	const char *p = from + strcspn(from, " \t");
	for (p += strspn(p, " \t"); *p == '-'; p += strspn(p, " \t"))
		p += strcspn(p, " \t");
	*len = strcspn(p, " \t");
	return p;
}

static bool is_scratch(const char *from)
{
	size_t len;
	const char *name = reference(from, &len);
	return len == strlen("scratch") && !strncmp(name, "scratch", len);
}

static const char *text_of(const struct stacking *k, size_t i)
{
	return report_string(k->r, k->steps[i].instruction);
}

/* The FROM of the stage before `end` that this reference names; -1: it is an image. */
static long stage_called(const struct stacking *k, const char *name, size_t len, size_t end)
{
	for (size_t i = end; i--;) {
		const char *stage = report_string(k->r, k->steps[i].stage);
		if (report_is(text_of(k, i), "FROM") && strlen(stage) == len && !strncasecmp(stage, name, len))
			return (long)i;
	}
	return -1;
}

/* Does the step leave a layer that nobody knows the size of? */
static bool is_unknown(const struct stacking *k, size_t i)
{
	const struct report_step *s = &k->steps[i];
	const char *text = text_of(k, i);
	bool done = s->outcome == ST_HIT || s->outcome == ST_MISS || s->outcome == ST_UNKNOWN;
	return done && s->layer_bytes == REPORT_UNKNOWN && (report_is(text, "RUN") || report_is(text, "COPY") || report_is(text, "ADD"));
}

static void push(struct layer_stack *s, const struct layer *l)
{
	size_t n = 0;
	while (l->unknown && n + 1 < s->count && s->layers[s->count - 1 - n].unknown)
		n++;
	if (n == LAYERS_UNKNOWN)
		s->layers[s->count - 1].more++;
	else if (s->count < LAYERS_MOST)
		s->layers[s->count++] = *l;
}

/* The layers of the stage that begins at `from`, above those of what it stands on. */
static void add_stage(struct stacking *k, size_t from)
{
	struct layer_stack *s = k->s;
	size_t len;
	const char *name = reference(text_of(k, from), &len);
	long below = stage_called(k, name, len, from);
	if (below >= 0)
		add_stage(k, (size_t)below);
	else
		s->layers[0] = (struct layer){ .text = text_of(k, from), .line = k->steps[from].line };
	for (size_t i = from + 1; i < k->count && !report_is(text_of(k, i), "FROM"); i++) {
		const struct report_step *step = &k->steps[i];
		struct layer l = { .text = text_of(k, i), .line = step->line, .blob = step->blob };
		l.unknown = is_unknown(k, i);
		if (step->blob && step->blob_bytes != REPORT_UNKNOWN)
			l.mb = (double)step->blob_bytes / 1e6;
		if (l.mb > 0 || l.unknown)
			push(s, &l);
	}
}

/* The stages of the image alone: what others were built for is not in it. Its base is what is left of it when the
 * steps' layers are taken off. */
static void fill_stack(const struct report_view *v, size_t variant, const struct report_build *b, struct layer_stack *s)
{
	struct stacking k = { v->r, report_steps_of(v->r, b), b->steps_count, s };
	uint64_t image = b->number[BN_IMAGE_BYTES];
	double own = 0;
	*s = (struct layer_stack){ .variant = variant, .count = 1 };
	size_t target = k.count;
	while (target && (k.steps[target - 1].outcome == ST_SKIPPED || !report_is(text_of(&k, target - 1), "FROM")))
		target--;
	if (target)
		add_stage(&k, target - 1);
	for (size_t i = 1; i < s->count; i++)
		own += s->layers[i].mb;
	s->base_known = image != REPORT_UNKNOWN && (double)image / 1e6 >= own && s->layers[0].text;
	if (s->base_known)
		s->layers[0].mb = (double)image / 1e6 - own;
	else if (s->layers[0].text)
		s->layers[0].unknown = !is_scratch(s->layers[0].text);
	for (size_t i = 0; i < s->count; i++) {
		s->layers[i].from = s->mb;
		s->mb += s->layers[i].mb;
	}
}

static bool same_layer(const struct layer *a, const struct layer *b)
{
	if (a->blob || b->blob)
		return a->blob == b->blob;
	if (!a->text || !b->text || a->mb <= 0)
		return false;
	size_t n, m;
	const char *x = reference(a->text, &n), *y = reference(b->text, &m);
	return n == m && !strncmp(x, y, n);
}

static void mark_shared(struct layer_stack *stacks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < stacks[i].count; k++)
			for (size_t j = 0; j < n; j++)
				for (size_t m = 0; j != i && m < stacks[j].count; m++)
					stacks[i].layers[k].shared |= same_layer(&stacks[i].layers[k], &stacks[j].layers[m]);
}

size_t layers_stacks(const struct report_view *v, struct layer_stack **out)
{
	struct layer_stack *stacks = lb_calloc(v->r->variants_count + 1, sizeof(*stacks));
	size_t n = 0;
	for (size_t i = 0; i < v->r->variants_count; i++) {
		if (!v->cold[i].repeats)
			continue;
		fill_stack(v, i, &v->r->builds[v->cold[i].first], &stacks[n]);
		n += stacks[n].mb > 0;
	}
	mark_shared(stacks, n);
	*out = stacks;
	return n;
}
