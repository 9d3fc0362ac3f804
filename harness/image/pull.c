/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "image/bases.h"
#include "lbench/fs.h"
#include "lbench/transfer.h"

/* "DIR:NAME" as others write it: the first ':' parts them. */
static void split(const char *where, char **dir, const char **name)
{
	const char *colon = strchr(where, ':');
	*dir = colon ? lb_strndup(where, (size_t)(colon - where)) : lb_strdup(where);
	*name = colon ? colon + 1 : NULL;
}

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

static int several(const char *dir, const json_t *manifests, struct lb_err *err)
{
	lb_autobuf struct lb_buf names = { 0 };
	const json_t *entry;
	size_t i;
	json_array_foreach(manifests, i, entry) if (*entry_name(entry))
		lb_buf_addf(&names, "%s%s", names.len ? ", " : "", entry_name(entry));
	return lb_fail(err, LB_INVALID, "%s holds %zu images; which one? oci:%s:NAME with one of %s", dir, json_array_size(manifests), dir,
		       lb_buf_str(&names));
}

/* The manifest that is meant, and its name. */
static int choose(const char *dir, const char *wanted, const json_t *index, char **digest, char **name, struct lb_err *err)
{
	const json_t *manifests = json_object_get(index, "manifests"), *entry, *found = NULL;
	size_t i;
	if (!json_array_size(manifests))
		return lb_fail(err, LB_INVALID, "%s holds no image", dir);
	if (!wanted && json_array_size(manifests) > 1)
		return several(dir, manifests, err);
	json_array_foreach(manifests, i, entry) if (!found && (!wanted || strcmp(entry_name(entry), wanted) == 0)) found = entry;
	const char *text = json_string_value(json_object_get(found, "digest"));
	if (!text)
		return lb_fail(err, LB_INVALID, "%s: no image '%s'", dir, wanted ? wanted : "");
	*digest = lb_strdup(text);
	*name = lb_strdup(entry_name(found));
	return 0;
}

int img_pull(const struct img_store *s, const char *where, struct lb_digest *manifest, char **name, struct lb_push_count *count,
	     struct lb_err *err)
{
	lb_autofree char *dir = NULL, *digest = NULL, *called = NULL;
	lb_autojson json_t *index = NULL;
	const char *wanted;
	split(where, &dir, &wanted);
	int rc = read_index(dir, &index, err);
	if (!rc)
		rc = choose(dir, wanted, index, &digest, &called, err);
	if (rc)
		return rc;
	lb_autofree char *remote = lb_format("oci:%s", dir);
	struct lb_remote *r;
	rc = lb_remote_open(remote, &r, err);
	if (rc)
		return rc;
	rc = lb_pull(r, digest, s->platform, s->store, manifest, count, err);
	lb_remote_close(r);
	if (rc == LB_NOT_FOUND)
		rc = lb_recode(err, LB_INVALID);
	if (!rc && name)
		*name = lb_steal(&called);
	return rc;
}
