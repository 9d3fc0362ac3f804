/* SPDX-License-Identifier: Apache-2.0
 *
 * index.json: which names stand for which manifests. Entries that others wrote (without a name, with a
 * platform or more annotations) stay as they are.
 */
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "store/backend.h"
#include "store/reach.h"

static const char ref_name[] = "org.opencontainers.image.ref.name";

int lb_index_load(struct lb_store *s, json_t **index, json_t **manifests, struct lb_err *err)
{
	lb_autojson json_t *j = NULL;
	int rc = s->be->ops->index_read(s->be, &j, err);
	if (rc)
		return rc;
	const char *dir = lb_store_dir(s);
	*manifests = json_object_get(j, "manifests");
	if (!json_is_array(*manifests))
		return lb_fail(err, LB_INVALID, "%s/index.json: no list 'manifests'", dir ? dir : "memory");
	*index = lb_steal(&j);
	return 0;
}

static const char *entry_name(const json_t *entry)
{
	return json_string_value(json_object_get(json_object_get(entry, "annotations"), ref_name));
}

static bool has_name(const json_t *entry, const char *name)
{
	const char *is = entry_name(entry);
	return is && strcmp(is, name) == 0;
}

static const json_t *find_entry(const json_t *manifests, const char *name)
{
	const json_t *entry;
	size_t i;
	json_array_foreach(manifests, i, entry) if (has_name(entry, name)) return entry;
	return NULL;
}

static bool remove_entries(json_t *manifests, const char *name)
{
	bool removed = false;
	for (size_t i = json_array_size(manifests); i-- > 0;) {
		if (has_name(json_array_get(manifests, i), name)) {
			json_array_remove(manifests, i);
			removed = true;
		}
	}
	return removed;
}

static int by_name(const void *a, const void *b)
{
	const json_t *const *x = a, *const *y = b;
	const char *nx = entry_name(*x), *ny = entry_name(*y);
	int c = strcmp(nx ? nx : "", ny ? ny : "");
	if (c)
		return c;
	const char *dx = json_string_value(json_object_get(*x, "digest")), *dy = json_string_value(json_object_get(*y, "digest"));
	return strcmp(dx ? dx : "", dy ? dy : "");
}

static void sort_entries(json_t *manifests)
{
	size_t n = json_array_size(manifests);
	lb_autofree json_t **items = lb_calloc(n, sizeof(*items));
	for (size_t i = 0; i < n; i++)
		items[i] = json_incref(json_array_get(manifests, i));
	qsort(items, n, sizeof(*items), by_name);
	json_array_clear(manifests);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(manifests, items[i]);
}

static json_t *new_entry(const char *name, const char *digest, uint64_t bytes, const char *media_type)
{
	return json_pack("{s:s, s:s, s:I, s:{s:s}}", "mediaType", media_type, "digest", digest, "size", (json_int_t)bytes, "annotations",
			 ref_name, name);
}

static int must_be_here(void *arg, const struct lb_digest *digest, uint64_t bytes, struct lb_err *err)
{
	struct lb_store *s = arg;
	uint64_t is;
	char text[LB_DIGEST_TEXT];
	lb_digest_text(digest, text);
	if (!lb_store_has(s, digest, &is))
		return lb_fail(err, LB_NOT_FOUND, "%s is not in the store", text);
	if (is != bytes)
		return lb_fail(err, LB_INVALID, "%s has %llu bytes, %llu are expected", text, (unsigned long long)is,
			       (unsigned long long)bytes);
	return 0;
}

/* A name stands for a whole image or for none. seen: what is known to be here. */
static int check_whole(struct lb_store *s, const struct lb_tag *tag, struct lb_map *seen, struct lb_err *err)
{
	int rc = must_be_here(s, &tag->manifest, tag->manifest_bytes, err);
	if (!rc)
		rc = lb_reach(s, &tag->manifest, tag->manifest_bytes, seen, must_be_here, s, err);
	return rc ? lb_wrap(err, "while naming an image '%.200s'", tag->name) : 0;
}

/* Does the index say so already? Then the image was whole when it was named, and a named one stays whole. */
static bool is_entry(const json_t *manifests, const struct lb_tag *tag)
{
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&tag->manifest, digest);
	lb_autojson json_t *entry = new_entry(tag->name, digest, tag->manifest_bytes, tag->media_type);
	return entry && json_equal(find_entry(manifests, tag->name), entry);
}

/* *changed is set where the index is not what it was. */
static int set_entry(json_t *manifests, const struct lb_tag *tag, bool *changed, struct lb_err *err)
{
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&tag->manifest, digest);
	json_t *entry = new_entry(tag->name, digest, tag->manifest_bytes, tag->media_type);
	if (!entry || !*tag->name) {
		json_decref(entry);
		return lb_fail(err, LB_INVALID, "'%.200s' cannot name an image", tag->name);
	}
	remove_entries(manifests, tag->name);
	json_array_append_new(manifests, entry);
	*changed = true;
	return 0;
}

static int set_tags(struct lb_store *s, const struct lb_tag *tags, size_t count, struct lb_err *err)
{
	lb_autojson json_t *index = NULL;
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	json_t *manifests;
	bool changed = false;
	int rc = lb_index_load(s, &index, &manifests, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = is_entry(manifests, &tags[i]) ? 0 : check_whole(s, &tags[i], seen, err);
	for (size_t i = 0; !rc && i < count; i++)
		rc = is_entry(manifests, &tags[i]) ? 0 : set_entry(manifests, &tags[i], &changed, err);
	if (rc || !changed)
		return rc;
	sort_entries(manifests);
	return s->be->ops->index_write(s->be, index, err);
}

int lb_store_tag_many(struct lb_store *s, const struct lb_tag *tags, size_t count, struct lb_err *err)
{
	int held = -1;
	int rc = s->be->ops->lock(s->be, &held, err);
	if (rc)
		return rc;
	rc = set_tags(s, tags, count, err);
	s->be->ops->unlock(s->be, &held);
	return rc;
}

int lb_store_tag(struct lb_store *s, const char *name, const struct lb_digest *manifest, uint64_t manifest_bytes, const char *media_type,
		 struct lb_err *err)
{
	const struct lb_tag tag = { (char *)(uintptr_t)name, *manifest, manifest_bytes, (char *)(uintptr_t)media_type };
	return lb_store_tag_many(s, &tag, 1, err);
}

static int drop_tag(struct lb_store *s, const char *name, struct lb_err *err)
{
	lb_autojson json_t *index = NULL;
	json_t *manifests;
	int rc = lb_index_load(s, &index, &manifests, err);
	if (rc)
		return rc;
	if (!remove_entries(manifests, name))
		return lb_fail(err, LB_NOT_FOUND, "no image '%.200s'", name);
	return s->be->ops->index_write(s->be, index, err);
}

int lb_store_untag(struct lb_store *s, const char *name, struct lb_err *err)
{
	int held = -1;
	int rc = s->be->ops->lock(s->be, &held, err);
	if (rc)
		return rc;
	rc = drop_tag(s, name, err);
	s->be->ops->unlock(s->be, &held);
	return rc;
}

static int read_entry(const json_t *entry, struct lb_tag *out, struct lb_err *err)
{
	const char *digest = json_string_value(json_object_get(entry, "digest"));
	const char *media_type = json_string_value(json_object_get(entry, "mediaType"));
	const json_t *size = json_object_get(entry, "size");
	const char *name = entry_name(entry);
	if (!digest || !json_is_integer(size) || json_integer_value(size) < 0)
		return lb_fail(err, LB_INVALID, "index.json: the entry of '%.200s' is no descriptor", name);
	int rc = lb_digest_parse(digest, &out->manifest, err);
	if (rc)
		return lb_wrap(err, "index.json: '%.200s'", name);
	out->manifest_bytes = (uint64_t)json_integer_value(size);
	out->name = lb_strdup(name);
	out->media_type = lb_strdup(media_type ? media_type : "");
	return 0;
}

int lb_store_find_tag(struct lb_store *s, const char *name, struct lb_digest *manifest, uint64_t *manifest_bytes, struct lb_err *err)
{
	lb_autojson json_t *index = NULL;
	json_t *manifests;
	int rc = lb_index_load(s, &index, &manifests, err);
	if (rc)
		return rc;
	const json_t *entry = find_entry(manifests, name);
	struct lb_tag tag;
	if (!entry)
		return lb_fail(err, LB_NOT_FOUND, "no image '%.200s'", name);
	rc = read_entry(entry, &tag, err);
	if (rc)
		return rc;
	*manifest = tag.manifest;
	if (manifest_bytes)
		*manifest_bytes = tag.manifest_bytes;
	free(tag.name);
	free(tag.media_type);
	return 0;
}

static int tag_order(const void *a, const void *b)
{
	return strcmp(((const struct lb_tag *)a)->name, ((const struct lb_tag *)b)->name);
}

int lb_store_tags(struct lb_store *s, struct lb_tag **tags, size_t *count, struct lb_err *err)
{
	lb_autojson json_t *index = NULL;
	json_t *manifests;
	const json_t *entry;
	size_t i, n = 0;
	int rc = lb_index_load(s, &index, &manifests, err);
	if (rc)
		return rc;
	struct lb_tag *list = lb_calloc(json_array_size(manifests), sizeof(*list));
	json_array_foreach(manifests, i, entry)
	{
		if (!rc && entry_name(entry))
			rc = read_entry(entry, &list[n], err);
		n += !rc && entry_name(entry);
	}
	if (rc) {
		lb_tags_free(list, n);
		return rc;
	}
	qsort(list, n, sizeof(*list), tag_order);
	*tags = list;
	*count = n;
	return 0;
}

void lb_tags_free(struct lb_tag *tags, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(tags[i].name);
		free(tags[i].media_type);
	}
	free(tags);
}
