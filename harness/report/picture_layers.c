/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers of each variant's first image as a stack, the base at the bottom, heights in proportion to the compressed
 * bytes; layers that another variant has too are marked.
 */
#include <math.h>
#include <string.h>

#include "report/picture.h"

#define LABEL_COLUMNS 28
#define MOST_LAYERS   60
#define LEAST_GAP     0.042 /* between two labels, in parts of the tallest stack */

struct layer {
	const char *text;
	uint32_t line;
	uint64_t blob; /* 0: the base */
	double mb;
	bool shared;
	double from, label_y;
};
struct stack {
	size_t variant;
	struct layer layers[MOST_LAYERS];
	size_t count;
	double mb;
	bool base_known;
};

/* The base is what is left of the image when the steps' layers are taken off. */
static void fill_stack(const struct report_view *v, size_t variant, const struct report_build *b, struct stack *s)
{
	uint64_t image = b->number[BN_IMAGE_BYTES];
	double own = 0;
	*s = (struct stack){ .variant = variant, .count = 1 };
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *step = report_steps_of(v->r, b) + i;
		const char *text = report_string(v->r, step->instruction);
		if (report_is(text, "FROM"))
			s->layers[0] = (struct layer){ .text = text, .line = step->line };
		if (!step->blob || step->blob_bytes == REPORT_UNKNOWN || step->outcome == ST_SKIPPED || s->count == MOST_LAYERS)
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

static void mark_shared(struct stack *stacks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < stacks[i].count; k++)
			for (size_t j = 0; j < n; j++)
				for (size_t m = 0; j != i && m < stacks[j].count; m++)
					stacks[i].layers[k].shared |= same_layer(&stacks[i].layers[k], &stacks[j].layers[m]);
}

/* Labels stand beside the middle of their layer, pushed up where the one below is too close. */
static double place_labels(struct stack *s, double gap)
{
	double last = -INFINITY;
	for (size_t i = 0; i < s->count; i++) {
		struct layer *l = &s->layers[i];
		if (l->mb <= 0)
			continue;
		double middle = l->from + l->mb / 2;
		l->label_y = last = middle > last + gap ? middle : last + gap;
	}
	return last;
}

static void stack_rows(struct picture *p, const struct report_view *v, const struct stack *s, size_t n)
{
	bool turn = false;
	for (size_t i = 0; i < s->count; i++) {
		const struct layer *l = &s->layers[i];
		if (l->mb <= 0)
			continue;
		lb_autobuf struct lb_buf label = { 0 };
		text_bytes(&label, l->mb * 1e6);
		lb_buf_addf(&label, "%s  ", l->shared ? " ◆" : "");
		text_fit(&label, l->text, LABEL_COLUMNS);
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
static void key_entries(struct picture *p, const struct stack *stacks, size_t n)
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
	lb_autofree struct stack *stacks = lb_calloc(v->r->variants_count + 1, sizeof(*stacks));
	lb_autostrv struct lb_strv names = { 0 };
	size_t n = 0;
	double most = 0, top = 0;
	for (size_t i = 0; i < v->r->variants_count; i++) {
		const struct report_build *b = v->cold[i].repeats ? &v->r->builds[v->cold[i].first] : NULL;
		if (!b)
			continue;
		fill_stack(v, i, b, &stacks[n]);
		if (stacks[n].mb <= 0)
			continue;
		lb_autobuf struct lb_buf name = { 0 };
		lb_buf_addf(&name, "%s   %s", v->r->variants[i].name, stacks[n].base_known ? "" : "≥");
		text_bytes(&name, stacks[n].mb * 1e6);
		lb_strv_add(&names, lb_buf_str(&name));
		most = fmax(most, stacks[n++].mb);
	}
	if (!n)
		return 0;
	mark_shared(stacks, n);
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
	picture_num(&p, "top_mb", fmax(most, top) * 1.03);
	picture_num(&p, "width", fmax(880, 140 + 430 * (double)n));
	picture_num(&p, "height", 680);
	return picture_write(&p, a, err);
}
