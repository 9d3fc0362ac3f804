/* SPDX-License-Identifier: Apache-2.0
 *
 * Bases. A declared base is layers of noise by size, and a small first layer with what every root file system
 * has; its identity follows from place, size and id of each layer, so that a base that moves in one layer
 * shares the others.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

void lb_base_image_free(struct lb_base_image *b)
{
	if (!b)
		return;
	for (size_t i = 0; i < b->layers_count; i++)
		lb_node_unref(b->layers[i]);
	free(b->layers);
	free(b->layer_ids);
	lb_node_unref(b->root);
	lb_image_release(&b->image);
	lb_arena_release(&b->arena);
	free(b->name);
	free(b);
}

static struct lb_base_image *base_new(const char *name)
{
	struct lb_base_image *b = lb_calloc(1, sizeof(*b));
	b->name = lb_strdup(name);
	lb_image_init(&b->image);
	return b;
}

struct lb_base_image *lb_base_opaque(const char *name)
{
	struct lb_base_image *b = base_new(name);
	b->opaque = true;
	b->root = lb_tree_unknown();
	b->identity = b->chain_id = lb_digest_of(name, strlen(name));
	return b;
}

static struct lb_node *text_file(const char *text)
{
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .mtime = { LB_CONTEXT_TIME, 0 } };
	return lb_node_new(&attr, lb_content_text(text));
}

static int put_owned(struct lb_node **tree, const char *path, struct lb_node *node, struct lb_err *err)
{
	struct lb_attr dir = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	struct lb_node *next;
	int rc = lb_tree_put(*tree, path, node, &dir, false, &next, err);
	if (rc) {
		lb_node_unref(node);
		return rc;
	}
	lb_node_unref(*tree);
	*tree = next;
	return 0;
}

static struct lb_digest layer_id(const struct lb_base_layer_model *m, size_t place)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "base layer 1");
	lb_sha256_addu(&h, place);
	lb_sha256_addu(&h, m->bytes);
	lb_sha256_adds(&h, m->id ? m->id : "");
	lb_sha256_addu(&h, (uint64_t)(m->compresses_to * 1e6));
	return lb_sha256_done(&h);
}

enum { BASE_FILE_BYTES = 4 << 20 };

/* One layer: noise in files of 4 MiB below usr/lib, and in the first one etc/passwd and etc/group. */
static int model_layer(const struct lb_base_model *m, size_t place, const struct lb_digest *id, struct lb_node **out, struct lb_err *err)
{
	const struct lb_base_layer_model *lm = &m->layers[place];
	struct lb_node *tree = lb_tree_empty();
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .mtime = { LB_CONTEXT_TIME, 0 } };
	int rc = 0;
	for (uint64_t at = 0, i = 0; !rc && at < lm->bytes; at += BASE_FILE_BYTES, i++) {
		struct lb_sha256 h;
		lb_sha256_init(&h);
		lb_sha256_addd(&h, id);
		lb_sha256_addu(&h, i);
		struct lb_digest seed = lb_sha256_done(&h);
		uint64_t bytes = lm->bytes - at < BASE_FILE_BYTES ? lm->bytes - at : BASE_FILE_BYTES;
		lb_autofree char *path = lb_format("usr/lib/layer-%zu/%04llu.so", place, (unsigned long long)i);
		double ratio = lm->compresses_to > 0 ? lm->compresses_to : 0.4;
		rc = put_owned(&tree, path, lb_node_new(&attr, lb_content_noise(&seed, bytes, ratio)), err);
	}
	if (!rc && place == 0) {
		rc = put_owned(&tree, "etc/passwd", text_file(m->passwd ? m->passwd : "root:x:0:0:root:/root:/bin/sh\n"), err);
		if (!rc)
			rc = put_owned(&tree, "etc/group", text_file(m->group ? m->group : "root:x:0:\n"), err);
	}
	*out = tree;
	return rc;
}

static void copy_pairs(struct lb_arena *a, const struct lb_pairs *src, struct lb_pairs *dst)
{
	*dst = (struct lb_pairs){ lb_arena_alloc(a, (src->count + 1) * sizeof(*dst->items)), src->count, src->count + 1 };
	for (size_t i = 0; i < src->count; i++) {
		dst->items[i].name = lb_arena_strdup(a, src->items[i].name);
		dst->items[i].value = src->items[i].value ? lb_arena_strdup(a, src->items[i].value) : NULL;
	}
}

static char **copy_list(struct lb_arena *a, char **src, size_t count)
{
	if (!src)
		return NULL;
	char **dst = lb_arena_alloc(a, (count + 1) * sizeof(*dst));
	for (size_t i = 0; i < count; i++)
		dst[i] = lb_arena_strdup(a, src[i]);
	return dst;
}

static const char *copy_text(struct lb_arena *a, const char *s)
{
	return lb_arena_strdup(a, s ? s : "");
}

static void copy_config(struct lb_arena *a, const struct lb_image_config *src, struct lb_image_config *dst)
{
	*dst = *src;
	copy_pairs(a, &src->env, &dst->env);
	copy_pairs(a, &src->labels, &dst->labels);
	dst->cmd = copy_list(a, src->cmd, src->cmd_count);
	dst->entrypoint = copy_list(a, src->entrypoint, src->entrypoint_count);
	dst->shell = copy_list(a, src->shell, src->shell_count);
	dst->onbuild = copy_list(a, src->onbuild, src->onbuild_count);
	dst->volumes = copy_list(a, src->volumes, src->volumes_count);
	dst->exposed = copy_list(a, src->exposed, src->exposed_count);
	dst->user = copy_text(a, src->user);
	dst->workdir = copy_text(a, src->workdir);
	dst->stop_signal = copy_text(a, src->stop_signal);
	dst->author = copy_text(a, src->author);
}

static void identify_base(struct lb_base_image *b, const struct lb_base_model *m)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "base 1");
	for (size_t i = 0; i < b->layers_count; i++)
		lb_sha256_addd(&h, &b->layer_ids[i]);
	lb_sha256_adds(&h, m->passwd ? m->passwd : "");
	lb_sha256_adds(&h, m->group ? m->group : "");
	lb_autofree char *config = json_dumps(b->image.config, JSON_COMPACT);
	b->config_digest = lb_digest_of(config ? config : "", config ? strlen(config) : 0);
	lb_sha256_addd(&h, &b->config_digest);
	b->identity = lb_sha256_done(&h);
	struct lb_sha256 chain;
	lb_sha256_init(&chain);
	for (size_t i = 0; i < b->layers_count; i++)
		lb_sha256_addd(&chain, &b->layer_ids[i]);
	b->chain_id = lb_sha256_done(&chain);
}

int lb_base_from_model(const struct lb_base_model *m, struct lb_base_image **out, struct lb_err *err)
{
	struct lb_base_image *b = base_new(m->name);
	struct lb_image_config none = { 0 };
	copy_config(&b->arena, m->config ? m->config : &none, &b->config);
	config_to_json(&b->config, b->image.config);
	b->layers = lb_calloc(m->layers_count, sizeof(*b->layers));
	b->layer_ids = lb_calloc(m->layers_count, sizeof(*b->layer_ids));
	b->root = lb_tree_empty();
	int rc = 0;
	for (size_t i = 0; !rc && i < m->layers_count; i++) {
		b->layer_ids[i] = layer_id(&m->layers[i], i);
		if (m->layers[i].tree)
			b->layers[i] = lb_node_ref(m->layers[i].tree);
		else
			rc = model_layer(m, i, &b->layer_ids[i], &b->layers[i], err);
		b->layers_count = i + 1;
		struct lb_node *next = lb_tree_apply(b->root, b->layers[i]);
		lb_node_unref(b->root);
		b->root = next;
		if (!rc && (m->layers[i].tree || (i == 0 && (m->passwd || m->group))))
			rc = lb_node_digest(b->layers[i], m->layers[i].tree ? LB_FLAVOUR_FULL : LB_FLAVOUR_SHAPE, &b->layer_ids[i], err);
	}
	identify_base(b, m);
	if (rc) {
		lb_base_image_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

void base_describe(const struct lb_base_image *image, struct lb_base *out)
{
	*out = (struct lb_base){ .name = image->name, .manifest = image->identity, .chain_id = image->chain_id,
		.diff_ids = image->layer_ids, .layers_count = image->layers_count, .config = image->config_digest,
		.image_config = &image->config, .opaque = image->opaque };
	memcpy(&out->instance, image->identity.bytes, sizeof(out->instance));
}

int base_materialise(struct build *b, const struct lb_base_image *base, size_t layer, struct lb_layer_info *out, struct lb_err *err)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "base layer");
	lb_sha256_addd(&h, &base->layer_ids[layer]);
	struct lb_digest identity = lb_sha256_done(&h);
	if (lb_store_layer_get(b->o->store, &identity, b->o->layer.compression, out, NULL) == 0)
		return 0;
	int rc = lb_layer_write(b->o->store, base->layers[layer], &b->o->layer, out, err);
	return rc ? rc : lb_store_layer_put(b->o->store, &identity, out, err);
}
