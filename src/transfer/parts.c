/* SPDX-License-Identifier: Apache-2.0 */
#include "transfer/remote.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/image.h"
#include "lbench/json.h"

static void add(struct lb_parts *parts, const struct lb_digest *digest, uint64_t bytes)
{
	parts->items = lb_grow(parts->items, parts->count, &parts->cap, sizeof(*parts->items));
	parts->items[parts->count++] = (struct lb_part){ *digest, bytes };
}

static int add_descriptor(struct lb_parts *parts, const json_t *j, struct lb_err *err)
{
	struct lb_digest digest;
	uint64_t bytes = 0;
	int rc = lb_image_descriptor(j, &digest, &bytes, err);
	if (!rc)
		add(parts, &digest, bytes);
	return rc;
}

static int read_parts(const char *name, const json_t *manifest, struct lb_parts *out, struct lb_err *err)
{
	const json_t *layers = json_object_get(manifest, "layers"), *item;
	size_t i;
	if (!json_is_array(layers) || !json_is_object(json_object_get(manifest, "config")))
		return lb_fail(err, LB_INVALID, "%s: no image manifest (config and layers expected)", name);
	json_array_foreach(layers, i, item)
	{
		int rc = add_descriptor(out, item, err);
		if (rc)
			return lb_wrap(err, "%s: layer %zu", name, i);
	}
	int rc = add_descriptor(out, json_object_get(manifest, "config"), err);
	return rc ? lb_wrap(err, "%s: config", name) : 0;
}

int lb_parts_read(struct lb_store *s, const struct lb_digest *manifest, struct lb_parts *out, char **media_type, struct lb_err *err)
{
	lb_autojson json_t *j = NULL;
	char name[LB_DIGEST_TEXT];
	uint64_t bytes = 0;
	lb_digest_text(manifest, name);
	int rc = lb_image_load_json(s, manifest, LB_MANIFEST_MAX, &j, err);
	if (!rc)
		rc = read_parts(name, j, out, err);
	if (rc)
		return rc;
	lb_store_has(s, manifest, &bytes);
	add(out, manifest, bytes);
	const char *type = json_string_value(json_object_get(j, "mediaType"));
	*media_type = lb_strdup(type ? type : "application/vnd.oci.image.manifest.v1+json");
	return 0;
}

void lb_parts_release(struct lb_parts *parts)
{
	free(parts->items);
	*parts = (struct lb_parts){ 0 };
}
