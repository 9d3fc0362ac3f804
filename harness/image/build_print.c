/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/build.h"
#include "image/print.h"

static void row_text(struct grid *g, const struct img_build_step *step, bool staged, struct lb_buf *cell)
{
	lb_buf_addu(cell, step->line);
	grid_take(g, cell);
	if (staged)
		grid_add(g, step->stage);
	lb_buf_adds(cell, step->trigger ? "ONBUILD " : "");
	lb_buf_adds(cell, step->text);
	grid_take(g, cell);
	grid_add(g, step->outcome == LB_META ? "" : lb_outcome_name(step->outcome));
	if (step->outcome == LB_ERROR)
		grid_style(g, 'r');
	if (step->has_layer && step->bytes_known)
		img_bytes(cell, step->bytes);
	else if (step->has_layer || step->outcome == LB_UNKNOWN)
		lb_buf_addc(cell, '?');
	grid_take(g, cell);
	grid_add(g, step->why);
}

static void print_steps(const struct img_build *b, unsigned width, bool color, struct lb_buf *out)
{
	bool staged = b->stages > 1;
	lb_autobuf struct lb_buf cell = { 0 };
	grid_auto struct grid g = { .columns = staged ? 6 : 5,
				    .left = staged ? 1u << 1 | 1u << 2 | 1u << 3 | 1u << 5 : 1u << 1 | 1u << 2 | 1u << 4 };
	g.fixed = g.shrink = staged ? 2 : 1;
	grid_add(&g, "line");
	if (staged)
		grid_add(&g, "stage");
	grid_add(&g, "step");
	grid_add(&g, "outcome");
	grid_add(&g, "layer");
	grid_add(&g, "why");
	for (size_t i = 0; i < b->steps_count; i++)
		row_text(&g, &b->steps[i], staged, &cell);
	grid_print(&g, width, color, out);
}

static void print_image(const struct img_build *b, const struct img_build_options *o, const struct img_store *s, struct lb_buf *out)
{
	const struct lb_build_result *r = &b->result;
	char digest[LB_DIGEST_TEXT];
	if (!r->ok)
		return;
	lb_buf_addf(out, "\n%u of %u steps were reused", r->hits, r->hits + r->misses + r->unknown);
	if (o->mode == LB_RUN_DRY) {
		lb_buf_adds(out, "; nothing was built (dry)\n");
		return;
	}
	lb_buf_adds(out, "\n");
	if (!r->image_known)
		return;
	lb_digest_text(&r->image, digest);
	lb_buf_addf(out, "%s", digest);
	if (o->name)
		lb_buf_addf(out, " is %s", o->name);
	lb_buf_addf(out, " in %s: %u layer%s, ", s->dir, r->layers, img_plural(r->layers));
	img_bytes(out, r->image_bytes);
	lb_buf_adds(out, ", ");
	img_bytes(out, r->bytes_stored);
	lb_buf_adds(out, " of them new there\n");
	if (o->push) {
		lb_buf_addf(out, "%s: ", o->push);
		img_bytes(out, r->bytes_pushed);
		lb_buf_adds(out, " pushed\n");
	}
}

static void step_json(struct lb_json *w, const struct img_build_step *step)
{
	lb_json_open(w, '{');
	lb_json_kstr(w, "stage", step->stage);
	lb_json_kuint(w, "line", step->line);
	lb_json_kstr(w, "instruction", step->text);
	if (step->trigger)
		lb_json_kuint(w, "trigger", (uint64_t)step->trigger);
	lb_json_kstr(w, "outcome", lb_outcome_name(step->outcome));
	lb_json_kstr(w, "reason", lb_reason_name(step->reason));
	lb_json_kstr(w, "why", step->why);
	lb_json_key(w, "layer_bytes");
	if (step->has_layer && step->bytes_known)
		lb_json_uint(w, step->bytes);
	else
		lb_json_null(w);
	lb_json_close(w, '}');
}

static void print_json(const struct img_build *b, const struct img_build_options *o, const struct img_store *s, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&b->result.image, digest);
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "image", b->result.image_known ? digest : NULL);
	lb_json_kstr(&w, "name", o->name);
	lb_json_kstr(&w, "store", s->dir);
	lb_json_kstr(&w, "policy", o->policy->name);
	lb_json_kstr(&w, "run_mode", lb_run_mode_name(o->mode));
	lb_json_kuint(&w, "hits", b->result.hits);
	lb_json_kuint(&w, "misses", b->result.misses);
	if (b->result.image_known) {
		lb_json_kuint(&w, "layers", b->result.layers);
		lb_json_kuint(&w, "image_bytes", b->result.image_bytes);
		lb_json_kuint(&w, "bytes_stored", b->result.bytes_stored);
	}
	if (o->push)
		lb_json_kuint(&w, "bytes_pushed", b->result.bytes_pushed);
	lb_json_key(&w, "steps");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < b->steps_count; i++)
		step_json(&w, &b->steps[i]);
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

void img_build_print(const struct img_build *b, const struct img_build_options *o, const struct img_store *s, bool json, unsigned width,
		     bool color, struct lb_buf *out)
{
	if (json) {
		print_json(b, o, s, out);
		return;
	}
	print_steps(b, width, color, out);
	print_image(b, o, s, out);
}
