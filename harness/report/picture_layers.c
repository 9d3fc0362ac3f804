/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers of each variant's first image as a stack, the base at the bottom, heights in proportion to the compressed
 * bytes; layers that another variant has too are marked.
 */
#include <math.h>
#include <stdlib.h>

#include "report/layers.h"
#include "report/picture.h"

#define LABEL_COLUMNS 28
#define LABEL_POINTS  15
#define LEAST_GAP     0.042 /* between two labels, in parts of the tallest stack */

/* Labels stand beside the middle of their layer, pushed up where the one below is too close. */
static double place_labels(struct layer_stack *s, double gap)
{
	double last = -INFINITY;
	for (size_t i = 0; i < s->count; i++) {
		struct layer *l = &s->layers[i];
		if (l->mb <= 0 && !l->unknown)
			continue;
		double middle = l->from + l->mb / 2;
		l->label_y = last = middle > last + gap ? middle : last + gap;
	}
	return last;
}

static void stack_rows(struct picture *p, const struct report_view *v, const struct layer_stack *s, size_t n)
{
	bool turn = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct layer *l = &s->layers[i];
		if (l->mb <= 0 && !l->unknown)
			continue;
		lb_autobuf struct lb_buf label = { 0 };
		if (l->unknown)
			lb_buf_addc(&label, '?');
		else
			text_bytes(&label, l->mb * 1e6);
		lb_buf_addf(&label, "%s  ", l->shared ? " ◆" : "");
		text_fit_instruction(&label, l->text, LABEL_COLUMNS - (l->more ? 12 : 0));
		if (l->more)
			lb_buf_addf(&label, ", %zu more", l->more);
		picture_value(p, (double)n);
		picture_text(p, v->r->variants[s->variant].name, 0);
		picture_value(p, l->line);
		picture_value(p, (double)n);
		picture_value(p, (double)n + 0.2);
		picture_value(p, l->from);
		picture_value(p, l->from + l->mb);
		picture_value(p, l->label_y);
		/* slivers don't count, so that neighbours that can be seen differ */
		turn ^= l->mb > s->mb / 200;
		picture_value(p, l->blob ? 1.0 + turn : 0);
		picture_value(p, l->shared);
		picture_text(p, lb_buf_str(&label), 0);
		picture_end_row(p);
	}
}

/* What the key has to explain. */
static void key_entries(struct picture *p, const struct layer_stack *stacks, size_t n)
{
	bool base = false, step = false, shared = false;
	lb_autostrv struct lb_strv entries = { 0 };
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < stacks[i].count; k++) {
			base |= !stacks[i].layers[k].blob && stacks[i].layers[k].mb > 0;
			step |= stacks[i].layers[k].blob != 0;
			shared |= stacks[i].layers[k].shared;
		}
	if (base)
		lb_strv_add(&entries, "base");
	if (step)
		lb_strv_add(&entries, "step");
	if (shared)
		lb_strv_add(&entries, "shared");
	picture_list(p, "entries", &entries);
}

int picture_layers(const struct report_view *v, struct album *a, struct lb_err *err)
{
	lb_autofree struct layer_stack *stacks = NULL;
	lb_autostrv struct lb_strv names = { 0 };
	size_t n = layers_stacks(v, &stacks);
	double most = 0, top = 0;
	for (size_t i = 0; i < n; i++) {
		lb_autobuf struct lb_buf name = { 0 };
		lb_buf_addf(&name, "%s   %s", v->r->variants[stacks[i].variant].name, stacks[i].base_known ? "" : "≥");
		text_bytes(&name, stacks[i].mb * 1e6);
		lb_strv_add(&names, lb_buf_str(&name));
		most = fmax(most, stacks[i].mb);
	}
	if (!n)
		return 0;
	picture_auto struct picture p;
	picture_init(&p, v, "layers", "", a);
	picture_header(&p, "n variant line x0 x1 from_mb to_mb label_y base_or_step shared label");
	for (size_t i = 0; i < n; i++) {
		top = fmax(top, place_labels(&stacks[i], most * LEAST_GAP));
		stack_rows(&p, v, &stacks[i], i + 1);
	}
	lb_autofree char *title = lb_format("%s: layers of the first image", v->r->scenario);
	picture_var(&p, "kind", "layers");
	picture_var(&p, "title", title);
	picture_list(&p, "names", &names);
	key_entries(&p, stacks, n);
	picture_num(&p, "stacks", (double)n);
	struct picture_scale scale = picture_scale_mb(most);
	picture_var(&p, "unit_mb", scale.unit);
	picture_num(&p, "scale_mb", scale.factor);
	picture_num(&p, "top_mb", fmax(most, top) * 1.03);
	picture_num(&p, "width", fmax(900, 160 + 430 * (double)n));
	/* as many labels as there are, each with its line */
	picture_num(&p, "height", fmax(680, 130 + LABEL_POINTS * fmax(most, top) / (most * LEAST_GAP)));
	return picture_write(&p, a, err);
}
