/* SPDX-License-Identifier: Apache-2.0
 *
 * An image layer by layer: what made it, what it holds, what it does to those below, who else has it, and what of it
 * nobody will ever see again.
 */
#include <string.h>

#include "image/catalog.h"
#include "image/changes.h"
#include "image/print.h"

struct layer {
	const struct lb_layer_info *info;
	char *instruction;
	uint64_t bytes;
	bool exact;
	struct img_counts counts;
	struct lb_buf users;
};

static void look_at(const struct img_store *s, const struct img_image *image, const struct img_catalog *c, size_t i, struct layer *out)
{
	*out = (struct layer){ .info = &image->im.layers[i], .instruction = img_instruction(&image->im, i) };
	out->exact = img_layer_size(s, image, i, &out->bytes);
	img_count_layer(image->roots[i], image->trees[i], image->roots[image->im.layers_count], &out->counts);
	const struct img_blob *users = lb_map_getn(c->diff_ids, out->info->diff_id.bytes, sizeof(out->info->diff_id.bytes));
	const struct img_entry *self = img_catalog_named(c, image->name);
	img_catalog_users(c, users, self ? &self->manifest : NULL, &out->users);
}

static void layer_release(struct layer *l)
{
	free(l->instruction);
	lb_buf_release(&l->users);
}

static void row_text(struct grid *g, size_t i, struct layer *l)
{
	lb_autobuf struct lb_buf cell = { 0 };
	lb_buf_addu(&cell, i + 1);
	grid_take(g, &cell);
	grid_add(g, l->instruction);
	if (!l->exact)
		lb_buf_adds(&cell, "≈");
	img_bytes(&cell, l->bytes);
	grid_take(g, &cell);
	img_add_bytes(g, l->info->blob_bytes);
	img_add_count(g, l->counts.added);
	img_add_count(g, l->counts.changed);
	img_add_count(g, l->counts.deleted);
	if (l->counts.wasted_bytes)
		img_bytes(&cell, l->counts.wasted_bytes);
	grid_take(g, &cell);
	if (l->counts.wasted_bytes)
		grid_style(g, 'y');
	grid_add(g, lb_buf_str(&l->users));
}

static void row_json(struct lb_json *w, size_t i, struct layer *l)
{
	char text[LB_DIGEST_TEXT];
	lb_json_open(w, '{');
	lb_json_kuint(w, "layer", i + 1);
	lb_json_kstr(w, "instruction", l->instruction);
	lb_digest_text(&l->info->diff_id, text);
	lb_json_kstr(w, "diff_id", text);
	lb_digest_text(&l->info->blob, text);
	lb_json_kstr(w, "blob", text);
	lb_json_kuint(w, "bytes", l->bytes);
	lb_json_kbool(w, "bytes_exact", l->exact);
	lb_json_kuint(w, "compressed_bytes", l->info->blob_bytes);
	lb_json_kuint(w, "added", l->counts.added);
	lb_json_kuint(w, "added_bytes", l->counts.added_bytes);
	lb_json_kuint(w, "changed", l->counts.changed);
	lb_json_kuint(w, "changed_bytes", l->counts.changed_bytes);
	lb_json_kuint(w, "deleted", l->counts.deleted);
	lb_json_kuint(w, "deleted_bytes", l->counts.deleted_bytes);
	lb_json_kuint(w, "new_directories", l->counts.new_dirs);
	lb_json_kuint(w, "wasted", l->counts.wasted);
	lb_json_kuint(w, "wasted_bytes", l->counts.wasted_bytes);
	lb_json_kstr(w, "also_in", lb_buf_str(&l->users));
	lb_json_close(w, '}');
}

static void print_total(const struct layer *layers, const struct lb_image *im, struct lb_buf *out)
{
	uint64_t bytes = 0, compressed = 0, wasted = 0, content = 0;
	size_t silent = 0;
	for (size_t i = 0; i < im->layers_count; i++) {
		bytes += layers[i].bytes;
		compressed += layers[i].info->blob_bytes;
		wasted += layers[i].counts.wasted_bytes;
		content += layers[i].counts.added_bytes + layers[i].counts.changed_bytes;
	}
	for (size_t i = 0; i < im->history_count; i++)
		silent += im->history[i].empty_layer;
	lb_buf_addf(out, "\n%zu layer%s, ", im->layers_count, img_plural(im->layers_count));
	img_bytes(out, bytes);
	lb_buf_adds(out, ", compressed ");
	img_bytes(out, compressed);
	if (wasted) {
		lb_buf_adds(out, "; ");
		img_bytes(out, wasted);
		lb_buf_addf(out, " (%.0f %%) are overwritten or deleted by a later layer and stay in the image",
			    100.0 * (double)wasted / (double)content);
	}
	lb_buf_addc(out, '\n');
	if (silent)
		lb_buf_addf(out, "%zu instruction%s made no layer; 'lbench image history' shows them.\n", silent, img_plural(silent));
}

static void print(const struct img_image *image, struct layer *layers, const struct img_print *p, struct lb_buf *out)
{
	static const char *const header[] = { "layer",   "instruction", "size",   "compressed", "added",
					      "changed", "deleted",     "wasted", "also in" };
	grid_auto struct grid g = { .columns = LB_COUNT(header), .fixed = 2, .left = 1u << 1 | 1u << 8, .shrink = 1 };
	struct lb_json w = { .out = out, .pretty = true };
	if (p->json)
		lb_json_open(&w, '[');
	else
		img_add_header(&g, header);
	for (size_t i = 0; i < image->im.layers_count; i++) {
		if (p->json)
			row_json(&w, i, &layers[i]);
		else
			row_text(&g, i, &layers[i]);
	}
	if (p->json) {
		lb_json_close(&w, ']');
		lb_buf_addc(out, '\n');
		return;
	}
	grid_print(&g, p->width, p->color, out);
	print_total(layers, &image->im, out);
}

int img_print_layers(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		     struct lb_err *err)
{
	img_autocatalog struct img_catalog c = { 0 };
	int rc = img_catalog_make(s, &c, err);
	if (rc)
		return rc;
	struct layer *layers = lb_calloc(image->im.layers_count + 1, sizeof(*layers));
	for (size_t i = 0; i < image->im.layers_count; i++)
		look_at(s, image, &c, i, &layers[i]);
	print(image, layers, p, out);
	for (size_t i = 0; i < image->im.layers_count; i++)
		layer_release(&layers[i]);
	free(layers);
	return 0;
}
