/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "image/print.h"

int img_print_inspect(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		      struct lb_err *err)
{
	struct lb_digest what = image->manifest;
	uint64_t bytes;
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	int rc = p->manifest ? 0 : img_config(s, &image->manifest, &what, &bytes, err);
	if (!rc)
		rc = lb_store_load(s->store, &what, &text, err);
	if (!rc)
		rc = lb_json_parse(image->name, lb_buf_str(&text), text.len, &j, err);
	if (rc)
		return rc;
	char *pretty = json_dumps(j, JSON_INDENT(2));
	lb_buf_addf(out, "%s\n", pretty ? pretty : "null");
	free(pretty);
	return 0;
}

struct entry {
	const struct lb_history *h;
	const struct lb_layer_info *info; /* NULL: no layer */
	uint64_t bytes;
	bool exact;
};

static void row_json(struct lb_json *w, const struct entry *e)
{
	char text[LB_DIGEST_TEXT];
	lb_json_open(w, '{');
	lb_json_kstr(w, "created_by", e->h->created_by ? e->h->created_by : "");
	lb_json_key(w, "created");
	lb_json_int(w, e->h->created);
	if (e->h->comment)
		lb_json_kstr(w, "comment", e->h->comment);
	lb_json_kbool(w, "empty_layer", e->info == NULL);
	if (e->info) {
		lb_digest_text(&e->info->diff_id, text);
		lb_json_kstr(w, "diff_id", text);
		lb_json_kuint(w, "bytes", e->bytes);
		lb_json_kbool(w, "bytes_exact", e->exact);
		lb_json_kuint(w, "compressed_bytes", e->info->blob_bytes);
	}
	lb_json_close(w, '}');
}

static void row_text(struct grid *g, size_t layer, const struct entry *e)
{
	lb_autobuf struct lb_buf cell = { 0 };
	lb_autofree char *line = img_history_line(e->h);
	if (e->info)
		lb_buf_addu(&cell, layer);
	grid_take(g, &cell);
	grid_add(g, line);
	if (!e->info) {
		grid_end_row(g);
		return;
	}
	if (!e->exact)
		lb_buf_adds(&cell, e->bytes ? "≈" : "?");
	if (e->bytes)
		img_bytes(&cell, e->bytes);
	grid_take(g, &cell);
	img_add_bytes(g, e->info->blob_bytes);
}

int img_print_history(const struct img_store *s, const struct img_image *image, const struct img_print *p, struct lb_buf *out,
		      struct lb_err *err)
{
	(void)err;
	static const char *const header[] = { "layer", "created by", "size", "compressed" };
	grid_auto struct grid g = { .columns = LB_COUNT(header), .fixed = 2, .left = 1u << 1, .shrink = 1 };
	struct lb_json w = { .out = out, .pretty = true };
	size_t layer = 0;
	if (p->json)
		lb_json_open(&w, '[');
	else
		img_add_header(&g, header);
	for (size_t i = 0; i < image->im.history_count; i++) {
		struct entry e = { .h = &image->im.history[i] };
		if (!e.h->empty_layer && layer < image->im.layers_count) {
			e.info = &image->im.layers[layer];
			e.exact = img_layer_size(s, image, layer++, &e.bytes);
		}
		if (p->json)
			row_json(&w, &e);
		else
			row_text(&g, layer, &e);
	}
	if (p->json) {
		lb_json_close(&w, ']');
		lb_buf_addc(out, '\n');
	} else {
		grid_print(&g, p->width, p->color, out);
	}
	return 0;
}
