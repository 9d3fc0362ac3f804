/* SPDX-License-Identifier: Apache-2.0
 *
 * What each step of the first build leaves: a layer, or a line of the configuration and nothing else.
 */
#include "report/print.h"

#include <string.h>

#define INSTRUCTION_COLUMNS 56

static bool has_layer(const struct report_step *s)
{
	return s->layer_bytes != REPORT_UNKNOWN && s->layer_bytes > 0;
}

static void leaves(const struct report *r, const struct report_step *s, struct lb_buf *out)
{
	bool from = report_is(report_string(r, s->instruction), "FROM");
	switch (s->outcome) {
	case ST_META:
		lb_buf_adds(out, from ? "what it stands on" : "metadata");
		return;
	case ST_SKIPPED:
		lb_buf_adds(out, "not built");
		return;
	case ST_HIT:
	case ST_MISS:
		lb_buf_adds(out, s->layer_bytes == REPORT_UNKNOWN ? "layer?" : s->layer_bytes ? "layer" : "no layer");
		if (s->outcome == ST_HIT && has_layer(s))
			lb_buf_adds(out, ", reused");
		return;
	}
	lb_buf_addc(out, '?');
}

static void bytes_cell(const struct report_step *s, uint64_t bytes, struct grid *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	bool open = s->outcome == ST_HIT || s->outcome == ST_MISS;
	if (open && bytes == REPORT_UNKNOWN && s->layer_bytes)
		lb_buf_addc(&text, '?');
	else if (has_layer(s) && bytes != REPORT_UNKNOWN)
		text_bytes(&text, (double)bytes);
	grid_take(out, &text);
}

static void step_row(const struct report *r, const struct report_step *s, struct grid *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addu(&text, s->line);
	grid_take(out, &text);
	text_fit_instruction(&text, report_string(r, s->instruction), INSTRUCTION_COLUMNS);
	grid_take(out, &text);
	leaves(r, s, &text);
	grid_take(out, &text);
	grid_style(out, has_layer(s) ? ' ' : 'd');
	bytes_cell(s, s->layer_bytes, out);
	bytes_cell(s, s->blob_bytes, out);
	grid_end_row(out);
}

bool print_steps_grid(const struct report_view *v, size_t variant, struct grid *out)
{
	const struct report_cell *c = &v->cold[variant];
	static const char *const titles[] = { "line", "first build", "leaves", "size", "compressed" };
	*out = (struct grid){ .columns = LB_COUNT(titles), .fixed = 1, .left = 6, .shrink = 1 };
	if (c->first < 0 || !v->r->builds[c->first].steps_count)
		return false;
	const struct report_build *b = &v->r->builds[c->first];
	for (size_t i = 0; i < LB_COUNT(titles); i++) {
		lb_autofree char *title = i == 1 ? lb_format("%s, %s", v->r->variants[variant].name, titles[i]) : lb_strdup(titles[i]);
		grid_add(out, title);
	}
	for (size_t i = 0; i < b->steps_count; i++)
		step_row(v->r, report_steps_of(v->r, b) + i, out);
	return true;
}
