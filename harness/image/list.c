/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "image/catalog.h"
#include "image/print.h"
#include "lbench/run.h"

/* Bytes that no other image has. */
static uint64_t own_bytes(const struct img_entry *e)
{
	uint64_t own = 0;
	for (size_t i = 0; i < e->blobs_count; i++)
		own += e->blobs[i]->users_count == 1 ? e->blobs[i]->bytes : 0;
	return own;
}

static void row_text(struct grid *g, const char *name, const struct img_entry *e)
{
	char digits[13];
	img_short(&e->manifest, digits);
	grid_add(g, name);
	grid_add(g, digits);
	if (e->fault) {
		grid_add(g, "?");
		grid_add(g, "?");
		grid_add(g, "?");
		return;
	}
	img_add_count(g, e->im.layers_count);
	img_add_bytes(g, e->bytes);
	img_add_bytes(g, own_bytes(e));
}

static void row_json(struct lb_json *w, const char *name, const struct img_entry *e)
{
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&e->manifest, digest);
	lb_json_open(w, '{');
	lb_json_kstr(w, "name", name);
	lb_json_kstr(w, "digest", digest);
	if (e->fault) {
		lb_json_kstr(w, "fault", e->fault);
	} else {
		lb_autofree char *platform =
			lb_format("%s/%s%s%s", e->im.os, e->im.architecture, e->im.variant ? "/" : "", e->im.variant ? e->im.variant : "");
		lb_json_kstr(w, "platform", platform);
		lb_json_kuint(w, "layers", e->im.layers_count);
		lb_json_kuint(w, "bytes", e->bytes);
		lb_json_kuint(w, "own_bytes", own_bytes(e));
	}
	lb_json_close(w, '}');
}

static bool wanted(const struct img_print *p, const char *name)
{
	if (!p->pattern)
		return true;
	lb_autofree char *any_tag = lb_format("%s:*", p->pattern);
	return lb_text_match(p->pattern, name) || lb_text_match(any_tag, name);
}

static int sum_blob(const void *key, size_t len, void *value, void *arg)
{
	(void)key;
	(void)len;
	*(uint64_t *)arg += ((const struct img_blob *)value)->bytes;
	return 0;
}

/* What all of them need, and what they would need each for itself. */
static void print_sharing(const struct img_catalog *c, struct lb_buf *out)
{
	uint64_t together = 0, alone = 0;
	lb_map_each(c->blobs, sum_blob, &together);
	for (size_t i = 0; i < c->count; i++)
		alone += c->entries[i].bytes;
	lb_buf_addf(out, "\n%zu image%s in ", c->count, img_plural(c->count));
	img_bytes(out, together);
	if (c->count > 1) {
		lb_buf_adds(out, "; without sharing layers ");
		img_bytes(out, alone);
	}
	lb_buf_addc(out, '\n');
}

static void print_json(const struct img_store *s, const struct img_catalog *c, const struct img_print *p, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '[');
	for (size_t i = 0; i < s->tags_count; i++)
		if (wanted(p, s->tags[i].name))
			row_json(&w, s->tags[i].name, img_catalog_named(c, s->tags[i].name));
	lb_json_close(&w, ']');
	lb_buf_addc(out, '\n');
}

int img_print_list(const struct img_store *s, const struct img_print *p, struct lb_buf *out, struct lb_err *err)
{
	img_autocatalog struct img_catalog c = { 0 };
	int rc = img_catalog_make(s, &c, err);
	if (rc)
		return rc;
	if (p->json) {
		print_json(s, &c, p, out);
		return 0;
	}
	static const char *const header[] = { "image", "digest", "layers", "size", "its own" };
	grid_auto struct grid g = { .columns = LB_COUNT(header), .fixed = 1, .left = 1u << 0 | 1u << 1 };
	img_add_header(&g, header);
	size_t rows = 0;
	for (size_t i = 0; i < s->tags_count; i++) {
		if (!wanted(p, s->tags[i].name))
			continue;
		row_text(&g, s->tags[i].name, img_catalog_named(&c, s->tags[i].name));
		rows++;
	}
	if (!rows && p->pattern)
		return lb_fail(err, LB_INVALID, "%s: no image is called %s", s->dir, p->pattern);
	if (!rows)
		return lb_fail(err, LB_INVALID, "%s: no image has a name; a build makes one when its base and all of its RUNs are known",
			       s->dir);
	grid_print(&g, p->width, p->color, out);
	if (!p->pattern)
		print_sharing(&c, out);
	return 0;
}
