/* SPDX-License-Identifier: Apache-2.0
 *
 * Where a store's bytes are: by the images that share them, and what none of them needs.
 */
#include <stdlib.h>
#include <string.h>

#include "image/catalog.h"
#include "image/print.h"

/* Blobs that the same names have. */
struct share {
	char *users;
	uint64_t blobs, bytes;
};
struct usage_sum {
	const struct img_catalog *catalog;
	struct lb_map *by_users; /* text -> struct share */
	uint64_t blobs, bytes, free_blobs, free_bytes;
	struct img_store_extra extra;
};

static void free_share(void *p)
{
	struct share *s = p;
	free(s->users);
	free(s);
}

static int add_blob(const struct lb_digest *digest, uint64_t bytes, void *arg)
{
	struct usage_sum *u = arg;
	const struct img_blob *b = lb_map_getn(u->catalog->blobs, digest->bytes, sizeof(digest->bytes));
	u->blobs++;
	u->bytes += bytes;
	if (!b) {
		u->free_blobs++;
		u->free_bytes += bytes;
		return 0;
	}
	lb_autobuf struct lb_buf users = { 0 };
	img_catalog_users(u->catalog, b, NULL, &users);
	if (b->users_count == 1)
		lb_buf_adds(&users, ": one image each");
	struct share *s = lb_map_get(u->by_users, lb_buf_str(&users));
	if (!s) {
		s = lb_calloc(1, sizeof(*s));
		s->users = lb_strdup(lb_buf_str(&users));
		lb_map_set(u->by_users, s->users, s);
	}
	s->blobs++;
	s->bytes += bytes;
	return 0;
}

struct list {
	struct share **items;
	size_t count;
};

static int add_item(const void *key, size_t len, void *value, void *arg)
{
	(void)key;
	(void)len;
	struct list *l = arg;
	l->items[l->count++] = value;
	return 0;
}

static int biggest_first(const void *a, const void *b)
{
	const struct share *const *x = a, *const *y = b;
	if ((*x)->bytes != (*y)->bytes)
		return (*x)->bytes < (*y)->bytes ? 1 : -1;
	return strcmp((*x)->users, (*y)->users);
}

/* Takes the text. */
static void add_extra(struct grid *g, uint64_t bytes, char *text)
{
	img_add_bytes(g, bytes);
	grid_add(g, "");
	grid_add(g, text);
	grid_style(g, 'd');
	free(text);
}

static void add_extras(struct grid *g, const struct img_store_extra *e)
{
	if (e->layers)
		add_extra(g, e->layer_bytes,
			  lb_format("RUNs: %llu layer%s unpacked; 'lbench store gc' frees them first", (unsigned long long)e->layers,
				    img_plural(e->layers)));
	if (e->memos)
		add_extra(g, e->memo_bytes,
			  lb_format("builds: the files of %llu context%s; 'lbench store gc' forgets them next", (unsigned long long)e->memos,
				    img_plural(e->memos)));
}

static void print_text(const struct img_store *s, const struct usage_sum *u, const struct list *l, const struct img_print *p,
		       struct lb_buf *out)
{
	static const char *const header[] = { "size", "blobs", "needed by" };
	grid_auto struct grid g = { .columns = LB_COUNT(header), .left = 1u << 2, .shrink = 2 };
	img_add_header(&g, header);
	for (size_t i = 0; i < l->count; i++) {
		img_add_bytes(&g, l->items[i]->bytes);
		img_add_count(&g, l->items[i]->blobs);
		grid_add(&g, l->items[i]->users);
	}
	if (u->free_blobs) {
		img_add_bytes(&g, u->free_bytes);
		img_add_count(&g, u->free_blobs);
		grid_add(&g, "no image; 'lbench store gc' frees it");
		grid_style(&g, 'd');
	}
	add_extras(&g, &u->extra);
	grid_print(&g, p->width, p->color, out);
	lb_buf_addf(out, "\n%s: %llu blob%s, ", s->dir, (unsigned long long)u->blobs, img_plural(u->blobs));
	img_bytes(out, u->bytes);
	lb_buf_addc(out, '\n');
}

static void print_json(const struct img_store *s, const struct usage_sum *u, const struct list *l, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "store", s->dir);
	lb_json_kuint(&w, "blobs", u->blobs);
	lb_json_kuint(&w, "bytes", u->bytes);
	lb_json_kuint(&w, "unneeded_blobs", u->free_blobs);
	lb_json_kuint(&w, "unneeded_bytes", u->free_bytes);
	lb_json_kuint(&w, "unpacked_layers", u->extra.layers);
	lb_json_kuint(&w, "unpacked_bytes", u->extra.layer_bytes);
	lb_json_kuint(&w, "context_memos", u->extra.memos);
	lb_json_kuint(&w, "context_memo_bytes", u->extra.memo_bytes);
	lb_json_key(&w, "shares");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < l->count; i++) {
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "needed_by", l->items[i]->users);
		lb_json_kuint(&w, "blobs", l->items[i]->blobs);
		lb_json_kuint(&w, "bytes", l->items[i]->bytes);
		lb_json_close(&w, '}');
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

int img_print_usage(const struct img_store *s, const struct img_print *p, struct lb_buf *out, struct lb_err *err)
{
	img_autocatalog struct img_catalog c = { 0 };
	int rc = img_catalog_make(s, &c, err);
	if (rc)
		return rc;
	lb_automap struct lb_map *by_users = lb_map_new(free_share);
	struct usage_sum u = { .catalog = &c, .by_users = by_users };
	rc = lb_store_each_blob(s->store, add_blob, &u, err);
	if (!rc)
		rc = img_store_extra(s, &u.extra, err);
	if (rc)
		return rc;
	struct list l = { lb_calloc(lb_map_count(by_users) + 1, sizeof(*l.items)), 0 };
	lb_map_each(by_users, add_item, &l);
	qsort(l.items, l.count, sizeof(*l.items), biggest_first);
	if (p->json)
		print_json(s, &u, &l, out);
	else
		print_text(s, &u, &l, p, out);
	free(l.items);
	return 0;
}
