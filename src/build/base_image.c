/* SPDX-License-Identifier: Apache-2.0
 *
 * A base that is an image of the store: its layers as they are, its configuration as stages inherit it.
 */
#include <stdlib.h>
#include <string.h>

#include "build/kept.h"

/* ---- configuration ---- */

static const char *text_of(struct lb_arena *a, const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return lb_arena_strdup(a, s ? s : "");
}

static char **list_of(struct lb_arena *a, const json_t *list, size_t *count)
{
	const json_t *item;
	size_t i;
	*count = 0;
	if (!json_array_size(list))
		return NULL;
	char **out = lb_arena_alloc(a, json_array_size(list) * sizeof(*out));
	json_array_foreach(list, i, item) if (json_is_string(item)) out[(*count)++] = lb_arena_strdup(a, json_string_value(item));
	return out;
}

/* {"80/tcp":{}} */
static char **keys_of(struct lb_arena *a, const json_t *object, size_t *count)
{
	const char *key;
	json_t *value;
	*count = 0;
	if (!json_object_size(object))
		return NULL;
	char **out = lb_arena_alloc(a, json_object_size(object) * sizeof(*out));
	json_object_foreach((json_t *)(uintptr_t)object, key, value) out[(*count)++] = lb_arena_strdup(a, key);
	return out;
}

static void add_pair(struct lb_arena *a, struct lb_pairs *pairs, const char *name, size_t len, const char *value)
{
	pairs->items[pairs->count++] = (struct lb_pair){ lb_arena_strndup(a, name, len), lb_arena_strdup(a, value) };
}

static void read_env(struct lb_arena *a, const json_t *list, struct lb_pairs *out)
{
	const json_t *item;
	size_t i, cap = json_array_size(list) + 1;
	*out = (struct lb_pairs){ lb_arena_alloc(a, cap * sizeof(*out->items)), 0, cap };
	json_array_foreach(list, i, item)
	{
		const char *s = json_string_value(item), *eq = s ? strchr(s, '=') : NULL;
		if (eq)
			add_pair(a, out, s, (size_t)(eq - s), eq + 1);
	}
}

static void read_labels(struct lb_arena *a, const json_t *object, struct lb_pairs *out)
{
	const char *key;
	json_t *value;
	size_t cap = json_object_size(object) + 1;
	*out = (struct lb_pairs){ lb_arena_alloc(a, cap * sizeof(*out->items)), 0, cap };
	json_object_foreach((json_t *)(uintptr_t)object, key, value) if (json_is_string(value))
		add_pair(a, out, key, strlen(key), json_string_value(value));
}

static uint64_t number_of(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));
	return n > 0 ? (uint64_t)n : 0;
}

static struct lb_healthcheck *read_healthcheck(struct lb_arena *a, const json_t *j)
{
	if (!json_is_object(j))
		return NULL;
	struct lb_healthcheck *h = lb_arena_alloc(a, sizeof(*h));
	h->test = list_of(a, json_object_get(j, "Test"), &h->test_count);
	h->interval_ns = number_of(j, "Interval");
	h->timeout_ns = number_of(j, "Timeout");
	h->start_period_ns = number_of(j, "StartPeriod");
	h->start_interval_ns = number_of(j, "StartInterval");
	h->retries = (uint32_t)number_of(j, "Retries");
	return h;
}

void config_from_json(struct lb_arena *a, const json_t *j, struct lb_image_config *out)
{
	*out = (struct lb_image_config){ .user = text_of(a, j, "User"),
					 .workdir = text_of(a, j, "WorkingDir"),
					 .stop_signal = text_of(a, j, "StopSignal"),
					 .author = "" };
	read_env(a, json_object_get(j, "Env"), &out->env);
	read_labels(a, json_object_get(j, "Labels"), &out->labels);
	out->cmd = list_of(a, json_object_get(j, "Cmd"), &out->cmd_count);
	out->cmd_set = json_is_array(json_object_get(j, "Cmd"));
	out->entrypoint = list_of(a, json_object_get(j, "Entrypoint"), &out->entrypoint_count);
	out->entrypoint_set = json_is_array(json_object_get(j, "Entrypoint"));
	out->shell = list_of(a, json_object_get(j, "Shell"), &out->shell_count);
	out->onbuild = list_of(a, json_object_get(j, "OnBuild"), &out->onbuild_count);
	out->volumes = keys_of(a, json_object_get(j, "Volumes"), &out->volumes_count);
	out->exposed = keys_of(a, json_object_get(j, "ExposedPorts"), &out->exposed_count);
	out->healthcheck = read_healthcheck(a, json_object_get(j, "Healthcheck"));
}

/* ---- the image ---- */

static int read_layers(struct lb_store *s, struct lb_base_image *b, struct lb_err *err)
{
	size_t n = b->image.layers_count;
	b->layers = lb_calloc(n + 1, sizeof(*b->layers));
	b->layer_ids = lb_calloc(n + 1, sizeof(*b->layer_ids));
	b->root = lb_tree_empty();
	for (size_t i = 0; i < n; i++) {
		lb_autocontent struct lb_content *blob = NULL;
		int rc = lb_store_get(s, &b->image.layers[i].blob, &blob, err);
		if (!rc)
			rc = lb_layer_read(s, blob, true, &b->layers[i], NULL, err);
		if (rc)
			return lb_wrap(err, "base %s: layer %zu", b->name, i + 1);
		b->layers_count = i + 1;
		b->layer_ids[i] = b->image.layers[i].diff_id;
		struct lb_node *next = lb_tree_apply(b->root, b->layers[i]);
		lb_node_unref(b->root);
		b->root = next;
	}
	return 0;
}

static void identify(struct lb_base_image *b, const struct lb_digest *manifest)
{
	size_t n = b->image.layers_count;
	lb_autofree struct lb_digest *chain = lb_calloc(n + 1, sizeof(*chain));
	lb_autobuf struct lb_buf config = { 0 };
	lb_image_chain_ids(&b->image, chain);
	lb_image_config_json(&b->image, &config);
	b->identity = *manifest;
	b->chain_id = n ? chain[n - 1] : (struct lb_digest){ 0 };
	b->config_digest = lb_digest_of(lb_buf_str(&config), config.len);
}

int lb_base_from_image(struct lb_store *s, const struct lb_digest *manifest, const char *platform, const char *name,
		       struct lb_base_image **out, struct lb_err *err)
{
	struct lb_digest own;
	struct lb_image image;
	int rc = lb_image_resolve(s, manifest, platform, &own, err);
	if (!rc)
		rc = lb_image_read(s, &own, platform, &image, err);
	if (rc)
		return lb_wrap(err, "base %s", name);
	struct lb_base_image *b = lb_calloc(1, sizeof(*b));
	b->name = lb_strdup(name);
	b->image = image;
	b->pulled = true;
	config_from_json(&b->arena, b->image.config, &b->config);
	rc = read_layers(s, b, err);
	if (rc) {
		lb_base_image_free(b);
		return rc;
	}
	identify(b, &own);
	*out = b;
	return 0;
}
