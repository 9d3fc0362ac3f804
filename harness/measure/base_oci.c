/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>

#include "lbench/fs.h"
#include "measure/prepare.h"

static const char *name_of(const json_t *manifest)
{
	const char *s = json_string_value(json_object_get(json_object_get(manifest, "annotations"), "org.opencontainers.image.ref.name"));
	return s ? s : "";
}

/* "python:3.10" is called "python:3.10" or "3.10" in a layout. */
static bool is_called(const json_t *manifest, const char *base)
{
	const char *name = name_of(manifest), *colon = strrchr(base, ':');
	return strcmp(name, base) == 0 || (colon && strcmp(name, colon + 1) == 0);
}

/* Digest of the manifest or index that stands for the base. */
static int choose(const struct scn_base *base, const json_t *index, const char **digest, struct lb_err *err)
{
	const json_t *list = json_object_get(index, "manifests"), *item, *found = NULL;
	size_t i, matches = 0;
	json_array_foreach(list, i, item)
	{
		if (!is_called(item, base->name))
			continue;
		found = item;
		matches++;
	}
	if (json_array_size(list) == 1) {
		found = json_array_get(list, 0);
		matches = 1;
	}
	*digest = json_string_value(json_object_get(found, "digest"));
	if (matches == 1 && *digest)
		return 0;
	return lb_fail_at(err, base->pos, "oci: %s holds %zu images, and %s is called '%s'", base->path, json_array_size(list),
			  matches ? "more than one" : "none", base->name);
}

static int pull(const struct scn_base *base, const char *digest, struct lb_store *store, struct lb_digest *manifest, struct lb_err *err)
{
	struct lb_remote *remote;
	struct lb_push_count count;
	lb_autofree char *where = lb_format("oci:%s", base->path);
	int rc = lb_remote_open(where, &remote, err);
	if (rc)
		return rc;
	rc = lb_pull(remote, digest, NULL, store, manifest, &count, err);
	lb_remote_close(remote);
	return rc;
}

int base_oci(const struct scn_base *base, struct lb_store *store, struct lb_base_image **out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *index = NULL;
	lb_autofree char *path = lb_path_join(base->path, "index.json");
	const char *digest = NULL;
	struct lb_digest manifest;
	if (!store) {
		lb_fail_at(err, base->pos, "oci: the image of a layout needs a store, which --run dry has not");
		return lb_recode(err, LB_UNSUPPORTED);
	}
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (!rc)
		rc = lb_json_parse(path, text.data, text.len, &index, err);
	if (!rc)
		rc = choose(base, index, &digest, err);
	if (!rc)
		rc = pull(base, digest, store, &manifest, err);
	if (!rc)
		rc = lb_base_from_image(store, &manifest, NULL, base->name, out, err);
	return rc == LB_NOT_FOUND ? lb_recode(err, LB_INVALID) : rc;
}
