/* SPDX-License-Identifier: Apache-2.0 */
#include "report/layers.h"

/* The base is what is left of the image when the steps' layers are taken off. */
static void fill_stack(const struct report_view *v, size_t variant, const struct report_build *b, struct layer_stack *s)
{
	uint64_t image = b->number[BN_IMAGE_BYTES];
	double own = 0;
	*s = (struct layer_stack){ .variant = variant, .count = 1 };
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *step = report_steps_of(v->r, b) + i;
		const char *text = report_string(v->r, step->instruction);
		if (report_is(text, "FROM"))
			s->layers[0] = (struct layer){ .text = text, .line = step->line };
		if (!step->blob || step->blob_bytes == REPORT_UNKNOWN || step->outcome == ST_SKIPPED || s->count == LAYERS_MOST)
			continue;
		s->layers[s->count++] =
			(struct layer){ .text = text, .line = step->line, .blob = step->blob, .mb = (double)step->blob_bytes / 1e6 };
		own += (double)step->blob_bytes / 1e6;
	}
	s->base_known = image != REPORT_UNKNOWN && (double)image / 1e6 >= own && s->layers[0].text;
	if (s->base_known)
		s->layers[0].mb = (double)image / 1e6 - own;
	for (size_t i = 0; i < s->count; i++) {
		s->layers[i].from = s->mb;
		s->mb += s->layers[i].mb;
	}
}

static bool same_layer(const struct layer *a, const struct layer *b)
{
	if (a->blob || b->blob)
		return a->blob == b->blob;
	return a->text && b->text && !strcmp(a->text, b->text) && a->mb > 0;
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
