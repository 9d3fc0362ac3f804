/* SPDX-License-Identifier: Apache-2.0
 *
 * Which of a layout's images is meant: index.json names them (image-spec annotations.md, "ref.name"), and may hold one
 * name several times, for a platform each.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/transfer.h"

static const char *entry_name(const json_t *entry)
{
	const char *s = json_string_value(json_object_get(json_object_get(entry, "annotations"), "org.opencontainers.image.ref.name"));
	return s ? s : "";
}

static int read_index(const char *dir, json_t **out, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(dir, "index.json");
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (rc == LB_NOT_FOUND)
		return lb_fail(err, LB_INVALID, "%s: no OCI layout is there", dir);
	return rc ? rc : lb_json_parse(path, lb_buf_str(&text), text.len, out, err);
}

/* All entries of one name; name NULL: of the first one's. */
static json_t *called(const json_t *manifests, const char *name)
{
	json_t *out = json_array(), *entry;
	size_t i;
	if (!name)
		name = entry_name(json_array_get(manifests, 0));
	json_array_foreach(manifests, i, entry) if (strcmp(entry_name(entry), name) == 0) json_array_append(out, entry);
	return out;
}

static json_t *candidates(const struct lb_layout_image *w, const json_t *manifests)
{
	lb_autojson json_t *all = called(manifests, NULL);
	bool one = json_array_size(all) == json_array_size(manifests);
	if ((!w->name || w->loosely) && one)
		return lb_steal(&all);
	json_t *found = w->name ? called(manifests, w->name) : json_array();
	const char *tag = w->name && w->loosely ? strrchr(w->name, ':') : NULL;
	if (json_array_size(found) || !tag)
		return found;
	json_decref(found);
	return called(manifests, tag + 1);
}

static int none(const struct lb_layout_image *w, const json_t *manifests, struct lb_err *err)
{
	lb_autobuf struct lb_buf names = { 0 };
	const json_t *entry;
	size_t i;
	if (!json_array_size(manifests))
		return lb_fail(err, LB_INVALID, "%s holds no image", w->dir);
	json_array_foreach(manifests, i, entry) if (*entry_name(entry))
		lb_buf_addf(&names, "%s%s", names.len ? ", " : " ", entry_name(entry));
	if (w->name)
		return lb_fail(err, LB_INVALID, "%s: no image is called '%s'%s%s", w->dir, w->name,
			       names.len ? "; there are" : "; none there has a name", lb_buf_str(&names));
	return lb_fail(err, LB_INVALID, "%s holds %zu images; which one? oci:%s:NAME with one of%s", w->dir, json_array_size(manifests),
		       w->dir, lb_buf_str(&names));
}

static int choose(const struct lb_layout_image *w, const json_t *index, char **digest, char **name, struct lb_err *err)
{
	const json_t *manifests = json_object_get(index, "manifests");
	lb_autojson json_t *list = candidates(w, manifests);
	const json_t *found = json_array_get(list, 0);
	if (!found)
		return none(w, manifests, err);
	if (json_array_size(list) > 1)
		found = lb_image_choose(list, w->platform);
	if (!found)
		return lb_fail(err, LB_INVALID, "%s: no image '%s' for %s", w->dir, entry_name(json_array_get(list, 0)),
			       w->platform ? w->platform : "linux/amd64");
	if (json_array_size(list) > 1 && !json_object_get(found, "platform"))
		return lb_fail(err, LB_INVALID, "%s: more than one image is called '%s'", w->dir, entry_name(found));
	const char *text = json_string_value(json_object_get(found, "digest"));
	if (!text)
		return lb_fail(err, LB_INVALID, "%s: the entry of '%s' has no digest", w->dir, entry_name(found));
	*digest = lb_strdup(text);
	*name = lb_strdup(entry_name(found));
	return 0;
}

int lb_pull_layout(const struct lb_layout_image *w, struct lb_store *s, struct lb_digest *manifest, char **name,
		   struct lb_push_count *count, struct lb_err *err)
{
	lb_autofree char *digest = NULL, *is = NULL, *where = lb_format("oci:%s", w->dir);
	lb_autojson json_t *index = NULL;
	struct lb_remote *r;
	int rc = read_index(w->dir, &index, err);
	if (!rc)
		rc = choose(w, index, &digest, &is, err);
	if (!rc)
		rc = lb_remote_open(where, &r, err);
	if (rc)
		return rc;
	rc = lb_pull(r, digest, w->platform, s, manifest, count, err);
	lb_remote_close(r);
	if (rc)
		return rc == LB_NOT_FOUND ? lb_recode(err, LB_INVALID) : rc;
	if (name)
		*name = lb_steal(&is);
	return 0;
}
