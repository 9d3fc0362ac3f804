/* SPDX-License-Identifier: Apache-2.0
 *
 * Members stand in the order in which docker and BuildKit write them, so that the texts can be compared with
 * theirs. The image's own config is written as it is, in the order in which its members were set.
 */
#include "lbench/image.h"

#include <stdlib.h>
#include <string.h>

#include "image/media.h"
#include "image/time.h"

static void write_time(struct lb_json *w, int64_t seconds)
{
	char text[LB_RFC3339];
	lb_rfc3339_text(seconds, text);
	lb_json_kstr(w, "created", text);
}

static void write_history(struct lb_json *w, const struct lb_history *h)
{
	lb_json_open(w, '{');
	write_time(w, h->created);
	if (h->created_by)
		lb_json_kstr(w, "created_by", h->created_by);
	if (h->author)
		lb_json_kstr(w, "author", h->author);
	if (h->comment)
		lb_json_kstr(w, "comment", h->comment);
	if (h->empty_layer)
		lb_json_kbool(w, "empty_layer", true);
	lb_json_close(w, '}');
}

static void write_rootfs(struct lb_json *w, const struct lb_image *im)
{
	lb_json_key(w, "rootfs");
	lb_json_open(w, '{');
	lb_json_kstr(w, "type", "layers");
	lb_json_key(w, "diff_ids");
	lb_json_open(w, '[');
	for (size_t i = 0; i < im->layers_count; i++) {
		char text[LB_DIGEST_TEXT];
		lb_digest_text(&im->layers[i].diff_id, text);
		lb_json_str(w, text);
	}
	lb_json_close(w, ']');
	lb_json_close(w, '}');
}

static void write_value(struct lb_json *w, const json_t *j);

static void write_object(struct lb_json *w, const json_t *j)
{
	const char *key;
	json_t *value;
	lb_json_open(w, '{');
	json_object_foreach((json_t *)j, key, value)
	{
		lb_json_key(w, key);
		write_value(w, value);
	}
	lb_json_close(w, '}');
}

static void write_array(struct lb_json *w, const json_t *j)
{
	lb_json_open(w, '[');
	for (size_t i = 0; i < json_array_size(j); i++)
		write_value(w, json_array_get(j, i));
	lb_json_close(w, ']');
}

static void write_value(struct lb_json *w, const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		write_object(w, j);
		break;
	case JSON_ARRAY:
		write_array(w, j);
		break;
	case JSON_STRING:
		lb_json_strn(w, json_string_value(j), json_string_length(j));
		break;
	case JSON_INTEGER:
		lb_json_int(w, json_integer_value(j));
		break;
	case JSON_REAL:
		lb_json_real(w, json_real_value(j));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		lb_json_bool(w, json_is_true(j));
		break;
	case JSON_NULL:
		lb_json_null(w);
		break;
	}
}

void lb_image_config_json(const struct lb_image *im, struct lb_buf *out)
{
	struct lb_json w = { .out = out };
	/* about as much as a layer and its instruction take */
	lb_buf_reserve(out, 1024 + im->layers_count * 80 + im->history_count * 160);
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "architecture", im->architecture);
	if (im->author)
		lb_json_kstr(&w, "author", im->author);
	lb_json_key(&w, "config");
	write_value(&w, im->config);
	write_time(&w, im->created);
	lb_json_key(&w, "history");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < im->history_count; i++)
		write_history(&w, &im->history[i]);
	lb_json_close(&w, ']');
	lb_json_kstr(&w, "os", im->os);
	write_rootfs(&w, im);
	if (im->variant)
		lb_json_kstr(&w, "variant", im->variant);
	lb_json_close(&w, '}');
}

static void write_descriptor(struct lb_json *w, const char *media_type, const struct lb_digest *digest, uint64_t bytes)
{
	char text[LB_DIGEST_TEXT];
	lb_digest_text(digest, text);
	lb_json_open(w, '{');
	lb_json_kstr(w, "mediaType", media_type);
	lb_json_kstr(w, "digest", text);
	lb_json_kuint(w, "size", bytes);
	lb_json_close(w, '}');
}

void lb_image_manifest_json(const struct lb_image *im, const struct lb_digest *config, uint64_t config_bytes, struct lb_buf *out)
{
	struct lb_json w = { .out = out };
	lb_buf_reserve(out, 512 + im->layers_count * 176);
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schemaVersion", 2);
	lb_json_kstr(&w, "mediaType", LB_MEDIA_MANIFEST);
	lb_json_key(&w, "config");
	write_descriptor(&w, LB_MEDIA_CONFIG, config, config_bytes);
	lb_json_key(&w, "layers");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < im->layers_count; i++) {
		const struct lb_layer_info *layer = &im->layers[i];
		write_descriptor(&w, lb_compression_media_type(layer->compression), &layer->blob, layer->blob_bytes);
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
}

int lb_image_write(struct lb_store *s, const struct lb_image *im, struct lb_image_ref *out, struct lb_err *err)
{
	struct lb_image_ref ref = { 0 };
	lb_autobuf struct lb_buf config = { 0 }, manifest = { 0 };
	lb_image_config_json(im, &config);
	ref.config_bytes = config.len;
	int rc = lb_store_put(s, config.data, config.len, &ref.config, &ref.config_new, err);
	if (rc)
		return rc;
	lb_image_manifest_json(im, &ref.config, ref.config_bytes, &manifest);
	ref.manifest_bytes = manifest.len;
	rc = lb_store_put(s, manifest.data, manifest.len, &ref.manifest, &ref.manifest_new, err);
	if (!rc)
		*out = ref;
	return rc;
}
