/* SPDX-License-Identifier: Apache-2.0 */
#include "store/reach.h"

#include <string.h>

/* image-spec leaves it open; registries take manifests of 4 MiB (distribution-spec, "Pushing Manifests"). */
#define MANIFEST_MAX ((uint64_t)16 << 20)
/* An index in an index is rare, deeper is nobody's. */
#define DEPTH_MAX 8

struct walk {
	struct lb_store *store;
	struct lb_map *seen;
	lb_reach_fn *fn;
	void *arg;
};

static bool read_descriptor(const json_t *j, struct lb_digest *digest, uint64_t *bytes)
{
	const char *text = json_string_value(json_object_get(j, "digest"));
	const json_t *size = json_object_get(j, "size");
	if (!text || !json_is_integer(size) || json_integer_value(size) < 0 || lb_digest_parse(text, digest, NULL) != 0)
		return false;
	*bytes = (uint64_t)json_integer_value(size);
	return true;
}

static json_t *load_manifest(const struct walk *w, const struct lb_digest *digest)
{
	lb_autobuf struct lb_buf text = { 0 };
	uint64_t bytes;
	json_t *j = NULL;
	if (!lb_store_has(w->store, digest, &bytes) || bytes > MANIFEST_MAX)
		return NULL;
	if (lb_store_load(w->store, digest, &text, NULL) != 0 || lb_json_parse("manifest", lb_buf_str(&text), text.len, &j, NULL) != 0)
		return NULL;
	return j;
}

/* 1: seen already. */
static int visit(const struct walk *w, const struct lb_digest *digest, uint64_t bytes, struct lb_err *err)
{
	if (lb_map_getn(w->seen, digest->bytes, sizeof(digest->bytes)))
		return 1;
	lb_map_setn(w->seen, digest->bytes, sizeof(digest->bytes), w->store);
	return w->fn(w->arg, digest, bytes, err);
}

static int visit_leaf(const struct walk *w, const json_t *descriptor, struct lb_err *err)
{
	struct lb_digest digest;
	uint64_t bytes;
	if (!read_descriptor(descriptor, &digest, &bytes))
		return 0;
	int rc = visit(w, &digest, bytes, err);
	return rc == 1 ? 0 : rc;
}

static int visit_manifest(const struct walk *w, const struct lb_digest *digest, uint64_t bytes, int depth, struct lb_err *err)
{
	int rc = visit(w, digest, bytes, err);
	if (rc)
		return rc == 1 ? 0 : rc;
	lb_autojson json_t *j = load_manifest(w, digest);
	const json_t *item;
	size_t i;
	rc = visit_leaf(w, json_object_get(j, "config"), err);
	json_array_foreach(json_object_get(j, "layers"), i, item) rc = rc ? rc : visit_leaf(w, item, err);
	json_array_foreach(json_object_get(j, "manifests"), i, item)
	{
		struct lb_digest child;
		uint64_t child_bytes;
		if (!rc && depth < DEPTH_MAX && read_descriptor(item, &child, &child_bytes))
			rc = visit_manifest(w, &child, child_bytes, depth + 1, err);
	}
	return rc;
}

int lb_reach(struct lb_store *s, const struct lb_digest *root, uint64_t root_bytes, struct lb_map *seen, lb_reach_fn *fn, void *arg,
	     struct lb_err *err)
{
	struct walk w = { s, seen, fn, arg };
	return visit_manifest(&w, root, root_bytes, 0, err);
}

int lb_reach_index(struct lb_store *s, struct lb_map *seen, lb_reach_fn *fn, void *arg, struct lb_err *err)
{
	lb_autojson json_t *index = NULL;
	json_t *manifests;
	const json_t *item;
	size_t i;
	int rc = lb_index_load(s, &index, &manifests, err);
	if (rc)
		return rc;
	json_array_foreach(manifests, i, item)
	{
		struct lb_digest digest;
		uint64_t bytes;
		if (!rc && read_descriptor(item, &digest, &bytes))
			rc = lb_reach(s, &digest, bytes, seen, fn, arg, err);
	}
	return rc;
}
