/* SPDX-License-Identifier: Apache-2.0 */
#include "image/catalog.h"

#include <stdlib.h>
#include <string.h>

static void free_blob(void *p)
{
	struct img_blob *b = p;
	free(b->users);
	free(b);
}

static struct img_blob *blob_in(struct lb_map *map, const struct lb_digest *digest, uint64_t bytes)
{
	struct img_blob *b = lb_map_getn(map, digest->bytes, sizeof(digest->bytes));
	if (b)
		return b;
	b = lb_calloc(1, sizeof(*b));
	b->digest = *digest;
	b->bytes = bytes;
	lb_map_setn(map, digest->bytes, sizeof(digest->bytes), b);
	return b;
}

/* False when the last user is this one already. */
static bool add_user(struct img_blob *b, size_t user)
{
	if (b->users_count && b->users[b->users_count - 1] == user)
		return false;
	b->users = lb_grow(b->users, b->users_count, &b->users_cap, sizeof(*b->users));
	b->users[b->users_count++] = user;
	return true;
}

static void add_blob(struct img_catalog *c, size_t i, const struct lb_digest *digest, uint64_t bytes)
{
	struct img_entry *e = &c->entries[i];
	struct img_blob *b = blob_in(c->blobs, digest, bytes);
	if (!add_user(b, i))
		return;
	e->blobs = lb_grow(e->blobs, e->blobs_count, &e->blobs_cap, sizeof(*e->blobs));
	e->blobs[e->blobs_count++] = b;
	e->bytes += bytes;
}

static void read_entry(const struct img_store *s, struct img_catalog *c, size_t i, const struct lb_tag *tag)
{
	struct img_entry *e = &c->entries[i];
	struct lb_digest manifest, config;
	uint64_t manifest_bytes = 0, config_bytes;
	struct lb_err err;
	int rc = lb_image_resolve(s->store, &tag->manifest, s->platform, &manifest, &err);
	if (!rc)
		rc = img_config(s, &manifest, &config, &config_bytes, &err);
	if (!rc)
		rc = lb_image_read(s->store, &manifest, s->platform, &e->im, &err);
	if (rc) {
		e->fault = lb_strdup(err.text);
		return;
	}
	lb_store_has(s->store, &manifest, &manifest_bytes);
	for (size_t k = 0; k < e->im.layers_count; k++) {
		const struct lb_layer_info *info = &e->im.layers[k];
		add_blob(c, i, &info->blob, info->blob_bytes);
		add_user(blob_in(c->diff_ids, &info->diff_id, 0), i);
	}
	add_blob(c, i, &config, config_bytes);
	add_blob(c, i, &manifest, manifest_bytes);
}

int img_catalog_make(const struct img_store *s, struct img_catalog *out, struct lb_err *err)
{
	(void)err;
	*out = (struct img_catalog){ .blobs = lb_map_new(free_blob), .diff_ids = lb_map_new(free_blob) };
	out->entries = lb_calloc(s->tags_count + 1, sizeof(*out->entries));
	lb_automap struct lb_map *known = lb_map_new(NULL);
	for (size_t i = 0; i < s->tags_count; i++) {
		const struct lb_tag *tag = &s->tags[i];
		struct img_entry *e = lb_map_getn(known, tag->manifest.bytes, sizeof(tag->manifest.bytes));
		if (!e) {
			e = &out->entries[out->count++];
			e->manifest = tag->manifest;
			lb_map_setn(known, tag->manifest.bytes, sizeof(tag->manifest.bytes), e);
			read_entry(s, out, out->count - 1, tag);
		}
		lb_strv_add(&e->names, tag->name);
	}
	return 0;
}

void img_catalog_release(struct img_catalog *c)
{
	for (size_t i = 0; i < c->count; i++) {
		lb_strv_release(&c->entries[i].names);
		if (!c->entries[i].fault)
			lb_image_release(&c->entries[i].im);
		free(c->entries[i].fault);
		free(c->entries[i].blobs);
	}
	free(c->entries);
	lb_map_free(c->blobs);
	lb_map_free(c->diff_ids);
	*c = (struct img_catalog){ 0 };
}

const struct img_entry *img_catalog_named(const struct img_catalog *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (lb_strv_has(&c->entries[i].names, name))
			return &c->entries[i];
	return NULL;
}

struct group {
	char *name;
	size_t count;
};

/* What stands before ':'. */
static size_t name_len(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon && !strchr(colon, '/') ? (size_t)(colon - name) : strlen(name);
}

static void add_group(struct lb_map *groups, const char *name)
{
	size_t len = name_len(name);
	struct group *g = lb_map_getn(groups, name, len);
	if (!g) {
		g = lb_calloc(1, sizeof(*g));
		lb_map_setn(groups, name, len, g);
	}
	g->count++;
}

static int print_group(const void *key, size_t len, void *value, void *arg)
{
	const struct group *g = value;
	struct lb_buf *out = arg;
	lb_buf_addf(out, "%s%.*s", out->len ? ", " : "", (int)len, (const char *)key);
	if (g->count > 1)
		lb_buf_addf(out, " ×%zu", g->count);
	return 0;
}

void img_catalog_users(const struct img_catalog *c, const struct img_blob *blob, const struct lb_digest *without, struct lb_buf *out)
{
	lb_automap struct lb_map *groups = lb_map_new(free);
	for (size_t i = 0; blob && i < blob->users_count; i++) {
		const struct img_entry *e = &c->entries[blob->users[i]];
		for (size_t k = 0; k < e->names.count && !(without && lb_digest_equal(&e->manifest, without)); k++)
			add_group(groups, e->names.items[k]);
	}
	lb_map_each(groups, print_group, out);
}
