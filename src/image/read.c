/* SPDX-License-Identifier: Apache-2.0
 *
 * Images of whatever origin. A manifest and a config come from outside and are believed in nothing that their
 * digests do not hold: types, counts and sizes are checked here once.
 */
#include "lbench/image.h"

#include <stdlib.h>
#include <string.h>

#include "image/media.h"
#include "image/time.h"
#include "lbench/mem.h"

#define DEPTH_MAX 8

int lb_image_load_json(struct lb_store *s, const struct lb_digest *digest, uint64_t most_bytes, json_t **out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	char name[LB_DIGEST_TEXT];
	uint64_t bytes;
	lb_digest_text(digest, name);
	if (lb_store_has(s, digest, &bytes) && bytes > most_bytes)
		return lb_fail(err, LB_INVALID, "%s: %llu bytes are too many for a manifest or config", name, (unsigned long long)bytes);
	int rc = lb_store_load(s, digest, &text, err);
	if (!rc)
		rc = lb_json_parse(name, lb_buf_str(&text), text.len, &j, err);
	if (rc)
		return rc;
	if (!json_is_object(j))
		return lb_fail(err, LB_INVALID, "%s: not a JSON object", name);
	*out = lb_steal(&j);
	return 0;
}

int lb_image_descriptor(const json_t *j, struct lb_digest *digest, uint64_t *bytes, struct lb_err *err)
{
	const char *text = json_string_value(json_object_get(j, "digest"));
	const json_t *size = json_object_get(j, "size");
	if (!text)
		return lb_fail(err, LB_INVALID, "a descriptor without digest");
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return lb_fail(err, LB_INVALID, "a descriptor without size");
	*bytes = (uint64_t)json_integer_value(size);
	return lb_digest_parse(text, digest, err);
}

static const char *text_of(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

struct platform {
	char *text;
	const char *os, *architecture, *variant; /* variant NULL: any */
};

static void split_platform(const char *text, struct platform *out)
{
	*out = (struct platform){ .text = lb_strdup(text && *text ? text : "linux/amd64"), .architecture = "" };
	out->os = out->text;
	char *slash = strchr(out->text, '/');
	if (!slash)
		return;
	*slash = '\0';
	out->architecture = slash + 1;
	slash = strchr(slash + 1, '/');
	if (!slash)
		return;
	*slash = '\0';
	out->variant = slash + 1;
}

static bool fits(const json_t *is, const struct platform *want)
{
	if (strcmp(text_of(is, "os"), want->os) != 0 || strcmp(text_of(is, "architecture"), want->architecture) != 0)
		return false;
	if (!want->variant || strcmp(text_of(is, "variant"), want->variant) == 0)
		return true;
	/* arm64 has one variant, and many leave it out (containerd's normalisation). */
	return strcmp(want->architecture, "arm64") == 0 && strcmp(want->variant, "v8") == 0 && !*text_of(is, "variant");
}

const json_t *lb_image_choose(const json_t *manifests, const char *platform)
{
	const json_t *item, *fitting = NULL, *unnamed = NULL;
	struct platform want;
	size_t i;
	split_platform(platform, &want);
	json_array_foreach(manifests, i, item)
	{
		const json_t *is = json_object_get(item, "platform");
		if (is && !fitting && fits(is, &want))
			fitting = item;
		if (!is && !unnamed)
			unnamed = item;
	}
	free(want.text);
	return fitting ? fitting : unnamed;
}

static int resolve(struct lb_store *s, const struct lb_digest *digest, const char *platform, int depth, struct lb_digest *out,
		   json_t **manifest, struct lb_err *err)
{
	lb_autojson json_t *j = NULL;
	char name[LB_DIGEST_TEXT];
	lb_digest_text(digest, name);
	int rc = lb_image_load_json(s, digest, LB_CONFIG_MAX, &j, err);
	if (rc)
		return rc;
	const json_t *manifests = json_object_get(j, "manifests");
	if (!json_is_array(manifests)) {
		*out = *digest;
		*manifest = lb_steal(&j);
		return 0;
	}
	if (depth >= DEPTH_MAX)
		return lb_fail(err, LB_INVALID, "%s: an index in an index, too deep", name);
	const json_t *chosen = lb_image_choose(manifests, platform);
	if (!chosen)
		return lb_fail(err, LB_NOT_FOUND, "%s: no image for %s", name, platform ? platform : "linux/amd64");
	struct lb_digest next;
	uint64_t bytes;
	rc = lb_image_descriptor(chosen, &next, &bytes, err);
	return rc ? lb_wrap(err, "%s", name) : resolve(s, &next, platform, depth + 1, out, manifest, err);
}

int lb_image_resolve(struct lb_store *s, const struct lb_digest *digest, const char *platform, struct lb_digest *out, struct lb_err *err)
{
	lb_autojson json_t *manifest = NULL;
	return resolve(s, digest, platform, 0, out, &manifest, err);
}

/* What the store knows of a layer beyond its descriptor: how big it is unpacked, who compressed it. */
static void complete(struct lb_store *s, struct lb_layer_info *layer)
{
	for (int c = LB_GZIP_ISAL; c <= LB_UNCOMPRESSED; c++) {
		struct lb_layer_info known;
		if (lb_store_layer_by_diff_id(s, &layer->diff_id, (enum lb_compression)c, &known, NULL) != 0)
			continue;
		if (lb_digest_equal(&known.blob, &layer->blob)) {
			*layer = known;
			return;
		}
		layer->diff_bytes = known.diff_bytes;
		layer->files = known.files;
		layer->whiteouts = known.whiteouts;
	}
}

static int read_layers(struct lb_store *s, const json_t *layers, const json_t *diff_ids, struct lb_image *im, struct lb_err *err)
{
	size_t count = json_array_size(layers), i;
	const json_t *item;
	if (count != json_array_size(diff_ids))
		return lb_fail(err, LB_INVALID, "%zu layers in the manifest, %zu in the config", count, json_array_size(diff_ids));
	json_array_foreach(layers, i, item)
	{
		struct lb_layer_info layer = { 0 };
		const char *diff_id = json_string_value(json_array_get(diff_ids, i));
		int rc = lb_image_descriptor(item, &layer.blob, &layer.blob_bytes, err);
		if (!rc)
			rc = lb_media_layer(text_of(item, "mediaType"), &layer.compression, err);
		if (!rc)
			rc = lb_digest_parse(diff_id ? diff_id : "", &layer.diff_id, err);
		if (rc)
			return lb_wrap(err, "layer %zu", i);
		complete(s, &layer);
		lb_image_add_layer(im, &layer);
	}
	return 0;
}

static char *optional(const json_t *j, const char *key)
{
	const char *s = text_of(j, key);
	return *s ? lb_strdup(s) : NULL;
}

static void read_history(const json_t *list, struct lb_image *im)
{
	const json_t *item;
	size_t i;
	json_array_foreach(list, i, item)
	{
		struct lb_history h = { .empty_layer = json_is_true(json_object_get(item, "empty_layer")) };
		lb_autofree char *created_by = optional(item, "created_by"), *author = optional(item, "author"),
				 *comment = optional(item, "comment");
		h.created_by = created_by;
		h.author = author;
		h.comment = comment;
		lb_rfc3339_parse(text_of(item, "created"), &h.created);
		lb_image_add_history(im, &h);
	}
}

/* The writer (lbench/json.h) has an end to its depth; what nests this deep is nobody's image. */
static bool too_deep(const json_t *j, int levels)
{
	const char *key;
	json_t *value;
	size_t i;
	if (levels == 0)
		return true;
	json_object_foreach((json_t *)j, key, value) if (too_deep(value, levels - 1)) return true;
	json_array_foreach(j, i, value) if (too_deep(value, levels - 1)) return true;
	return false;
}

static int read_config(struct lb_store *s, const json_t *layers, const json_t *j, struct lb_image *im, struct lb_err *err)
{
	json_t *config = json_object_get(j, "config");
	if (config && too_deep(config, LB_JSON_DEPTH - 4))
		return lb_fail(err, LB_INVALID, "its config nests too deep");
	im->architecture = lb_strdup(text_of(j, "architecture"));
	im->os = lb_strdup(text_of(j, "os"));
	im->variant = optional(j, "variant");
	im->author = optional(j, "author");
	im->config = json_is_object(config) ? json_incref(config) : json_object();
	lb_rfc3339_parse(text_of(j, "created"), &im->created);
	read_history(json_object_get(j, "history"), im);
	return read_layers(s, layers, json_object_get(json_object_get(j, "rootfs"), "diff_ids"), im, err);
}

int lb_image_read(struct lb_store *s, const struct lb_digest *manifest, const char *platform, struct lb_image *out, struct lb_err *err)
{
	lb_autojson json_t *m = NULL, *config = NULL;
	lb_autoimage struct lb_image im = { 0 };
	struct lb_digest found, config_digest;
	uint64_t bytes;
	char name[LB_DIGEST_TEXT];
	int rc = resolve(s, manifest, platform, 0, &found, &m, err);
	if (rc)
		return rc;
	lb_digest_text(&found, name);
	if (json_integer_value(json_object_get(m, "schemaVersion")) == 1)
		return lb_fail(err, LB_UNSUPPORTED, "%s: an image of docker's manifest schema 1", name);
	const json_t *layers = json_object_get(m, "layers");
	if (!json_is_object(json_object_get(m, "config")) || !json_is_array(layers))
		return lb_fail(err, LB_INVALID, "%s: no image manifest (config and layers expected)", name);
	rc = lb_image_descriptor(json_object_get(m, "config"), &config_digest, &bytes, err);
	if (!rc)
		rc = lb_image_load_json(s, &config_digest, LB_CONFIG_MAX, &config, err);
	if (!rc)
		rc = read_config(s, layers, config, &im, err);
	if (rc)
		return lb_wrap(err, "%s", name);
	*out = im;
	im = (struct lb_image){ 0 };
	return 0;
}
