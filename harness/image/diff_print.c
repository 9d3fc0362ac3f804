/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "image/diff.h"
#include "image/print.h"

enum { SHOWN = 12 };

/* ---- text ---- */

static void add_size(struct lb_buf *cell, const struct img_kept_change *c)
{
	const struct lb_node *n = c->now ? c->now : c->was;
	if (n->attr.kind != LB_FILE)
		return;
	img_bytes(cell, lb_node_size(n));
	if (!c->was || !c->now || c->was->attr.kind != LB_FILE || lb_node_size(c->was) == lb_node_size(c->now))
		return;
	bool more = lb_node_size(c->now) > lb_node_size(c->was);
	lb_buf_adds(cell, more ? " (+" : " (-");
	img_bytes(cell, more ? lb_node_size(c->now) - lb_node_size(c->was) : lb_node_size(c->was) - lb_node_size(c->now));
	lb_buf_addc(cell, ')');
}

static void print_entries(const struct img_change_list *l, const struct img_print *p, struct lb_buf *out)
{
	grid_auto struct grid g = { .columns = 4, .left = 1u << 0 | 1u << 1 | 1u << 3, .shrink = 1 };
	lb_autobuf struct lb_buf cell = { 0 };
	size_t shown = p->all || l->count <= SHOWN + 1 ? l->count : SHOWN;
	for (size_t i = 0; i < shown; i++) {
		const struct img_kept_change *c = &l->items[i];
		const struct lb_node *n = c->now ? c->now : c->was;
		bool whiteout = n->attr.kind == LB_WHITEOUT;
		lb_buf_addf(&cell, "  %c", (char)c->kind);
		grid_take(&g, &cell);
		lb_buf_addf(&cell, "%s%s%s", c->path, lb_node_is_dir(n) ? "/" : "", whiteout ? " (removes it from below)" : "");
		grid_take(&g, &cell);
		add_size(&cell, c);
		grid_take(&g, &cell);
		img_change_text(c, &cell);
		grid_take(&g, &cell);
	}
	if (shown)
		grid_print_body(&g, NULL, p->width, p->color, out);
	if (shown < l->count)
		lb_buf_addf(out, "  … and %zu more (--all)\n", l->count - shown);
}

static void print_pair(const struct img_store *s, const struct img_diff *d, const struct img_layer_pair *pair, const struct img_print *p,
		       struct lb_buf *out)
{
	const struct img_image *image = pair->b >= 0 ? d->b : d->a;
	size_t layer = (size_t)(pair->b >= 0 ? pair->b : pair->a);
	const struct lb_layer_info *info = &image->im.layers[layer];
	const struct img_change_list *l = &pair->changes;
	lb_autofree char *instruction = img_instruction(&image->im, layer);
	uint64_t bytes;
	img_layer_size(s, image, layer, &bytes);
	lb_buf_addf(out, "\n%slayer %zu  ", pair->a < 0 ? "new " : pair->b < 0 ? "gone: " : "", layer + 1);
	text_fit(out, instruction, p->width > 50 ? p->width - 30 : p->width);
	lb_buf_adds(out, "  ");
	img_bytes(out, bytes);
	lb_buf_addc(out, '\n');
	bool same = pair->a >= 0 && pair->b >= 0 && lb_digest_equal(&info->diff_id, &d->a->im.layers[pair->a].diff_id);
	if (same)
		lb_buf_adds(out, "  the same layer, on others\n");
	print_entries(l, p, out);
	if (l->retimed)
		lb_buf_addf(out, "  %llu file%s with new times and nothing else: %s\n", (unsigned long long)l->retimed,
			    img_plural(l->retimed),
			    l->count ? "the step ran again" : "the step ran again for nothing, and its layer is a new one all the same");
}

static void print_config(const json_t *a, const json_t *b, struct lb_buf *out)
{
	const char *key;
	json_t *value;
	bool first = true;
	lb_autojson json_t *all = json_deep_copy(a);
	json_object_update(all, (json_t *)(uintptr_t)b);
	json_object_foreach(all, key, value)
	{
		const json_t *was = json_object_get(a, key), *now = json_object_get(b, key);
		if (was && now && json_equal(was, now))
			continue;
		char *x = was ? json_dumps(was, JSON_COMPACT | JSON_ENCODE_ANY) : NULL,
		     *y = now ? json_dumps(now, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
		lb_buf_addf(out, "%s  %s: %s -> %s\n", first ? "\nconfiguration\n" : "", key, x ? x : "not set", y ? y : "not set");
		free(x);
		free(y);
		first = false;
	}
}

static uint64_t compressed(const struct lb_image *im, size_t from, size_t to)
{
	uint64_t bytes = 0;
	for (size_t i = from; i < to; i++)
		bytes += im->layers[i].blob_bytes;
	return bytes;
}

static void print_text(const struct img_store *s, const struct img_diff *d, const struct img_print *p, struct lb_buf *out)
{
	lb_buf_addf(out, "%s -> %s\n%zu of %zu layers are shared (", d->a->name, d->b->name, d->shared, d->b->im.layers_count);
	img_bytes(out, compressed(&d->b->im, 0, d->shared));
	lb_buf_adds(out, "), the others are ");
	img_bytes(out, compressed(&d->b->im, d->shared, d->b->im.layers_count));
	lb_buf_adds(out, " to push\n");
	for (size_t i = 0; i < d->pairs_count; i++)
		print_pair(s, d, &d->pairs[i], p, out);
	print_config(d->a->im.config, d->b->im.config, out);
	lb_buf_addf(out, "\nin all: %llu file%s added, %llu changed, %llu deleted\n", (unsigned long long)d->whole.added,
		    img_plural(d->whole.added), (unsigned long long)d->whole.changed, (unsigned long long)d->whole.deleted);
}

/* ---- JSON ---- */

static void counts_json(struct lb_json *w, const struct img_change_list *l)
{
	lb_json_kuint(w, "added", l->added);
	lb_json_kuint(w, "changed", l->changed);
	lb_json_kuint(w, "deleted", l->deleted);
	lb_json_kuint(w, "retimed", l->retimed);
}

static void entry_json(struct lb_json *w, const struct img_kept_change *c)
{
	const char letter[2] = { (char)c->kind, 0 };
	lb_autobuf struct lb_buf text = { 0 };
	img_change_text(c, &text);
	lb_json_open(w, '{');
	lb_json_kstr(w, "change", letter);
	lb_json_kstr(w, "path", c->path);
	if (c->was)
		lb_json_kuint(w, "was_bytes", lb_node_size(c->was));
	if (c->now)
		lb_json_kuint(w, "now_bytes", lb_node_size(c->now));
	if (text.len)
		lb_json_kstr(w, "what", lb_buf_str(&text));
	lb_json_close(w, '}');
}

static void number_or_null(struct lb_json *w, const char *key, int index)
{
	lb_json_key(w, key);
	if (index < 0)
		lb_json_null(w);
	else
		lb_json_int(w, index + 1);
}

static void pair_json(struct lb_json *w, const struct img_diff *d, const struct img_layer_pair *pair)
{
	lb_autofree char *instruction =
		pair->b >= 0 ? img_instruction(&d->b->im, (size_t)pair->b) : img_instruction(&d->a->im, (size_t)pair->a);
	lb_json_open(w, '{');
	number_or_null(w, "layer_a", pair->a);
	number_or_null(w, "layer_b", pair->b);
	lb_json_kstr(w, "instruction", instruction);
	counts_json(w, &pair->changes);
	lb_json_key(w, "entries");
	lb_json_open(w, '[');
	for (size_t i = 0; i < pair->changes.count; i++)
		entry_json(w, &pair->changes.items[i]);
	lb_json_close(w, ']');
	lb_json_close(w, '}');
}

static void print_json(const struct img_diff *d, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "a", d->a->name);
	lb_json_kstr(&w, "b", d->b->name);
	lb_json_kuint(&w, "shared_layers", d->shared);
	lb_json_kuint(&w, "shared_compressed_bytes", compressed(&d->b->im, 0, d->shared));
	lb_json_kuint(&w, "new_compressed_bytes", compressed(&d->b->im, d->shared, d->b->im.layers_count));
	lb_json_kbool(&w, "same_configuration", json_equal(d->a->im.config, d->b->im.config));
	lb_json_key(&w, "layers");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < d->pairs_count; i++)
		pair_json(&w, d, &d->pairs[i]);
	lb_json_close(&w, ']');
	lb_json_key(&w, "files");
	lb_json_open(&w, '{');
	counts_json(&w, &d->whole);
	lb_json_close(&w, '}');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

int img_print_diff(const struct img_store *s, const struct img_image *a, const struct img_image *b, const struct img_print *p,
		   struct lb_buf *out, struct lb_err *err)
{
	struct img_diff d;
	int rc = img_diff_make(a, b, &d, err);
	if (!rc && p->json)
		print_json(&d, out);
	else if (!rc)
		print_text(s, &d, p, out);
	img_diff_release(&d);
	return rc;
}
