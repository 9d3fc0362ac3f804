/* SPDX-License-Identifier: Apache-2.0
 *
 * A working directory that is made where it is missing: WORKDIR's, and the one that a RUN begins in when a base's
 * configuration names one that its files do not have (observed on docker and BuildKit: it lies in the RUN's layer).
 */
#include <string.h>

#include "build/internal.h"
#include "lbench/fs.h"

/* How far the way exists: *real is where it leads, links followed, *rest what is missing of it. */
static int follow(const struct build *b, const struct step_run *sr, struct lb_node *root, const char *path, char **real, const char **rest,
		  struct lb_err *err)
{
	lb_autofree char *at = lb_strdup("");
	while (*path) {
		size_t len = strcspn(path, "/");
		lb_autofree char *next = lb_format("%s/%.*s", at, (int)len, path);
		struct lb_node *n = NULL;
		char *resolved = NULL;
		if (lb_tree_resolve(root, next, true, &n, &resolved, NULL))
			break;
		lb_autofree char *owned = resolved;
		if (n->attr.kind != LB_DIR) {
			lb_fail_at(err, step_pos(b, sr), "%s: %s is no directory", sr->text, next);
			return lb_recode(err, LB_FAILED);
		}
		free(at);
		at = lb_strdup(resolved + (*resolved == '/'));
		path += len + (path[len] == '/');
	}
	*real = lb_steal(&at);
	*rest = path;
	return 0;
}

static int put_directory(struct lb_node **layer, const char *path, const struct lb_attr *attr, struct lb_err *err)
{
	struct lb_node *made = lb_node_new_dir(attr, NULL, 0), *next;
	int rc = lb_tree_put(*layer, path, made, NULL, false, &next, err);
	if (rc) {
		lb_node_unref(made);
		return rc;
	}
	lb_node_unref(*layer);
	*layer = next;
	return 0;
}

/* The directories that lead to what is made, as they are, and what is made. */
static int make(const char *way, struct lb_node *root, const struct lb_attr *attr, struct lb_node **layer, struct lb_err *err)
{
	int rc = 0;
	for (const char *p = way; !rc && *p; p += *p == '/') {
		p += strcspn(p, "/");
		lb_autofree char *dir = lb_strndup(way, (size_t)(p - way));
		const struct lb_node *old = lb_tree_get(root, dir);
		struct lb_attr there = old ? old->attr : *attr;
		there.opaque = false;
		rc = put_directory(layer, dir, &there, err);
	}
	return rc;
}

int workdir_layer(const struct build *b, const struct step_run *sr, struct lb_node *root, const char *path, struct lb_node **out,
		  bool *exists, struct lb_err *err)
{
	lb_autofree char *real = NULL;
	const char *rest = "";
	int rc = follow(b, sr, root, path + (*path == '/'), &real, &rest, err);
	if (rc)
		return rc;
	struct lb_attr attr = { .kind = LB_DIR, .mode = 0755, .uid = sr->in.uid, .gid = sr->in.gid, .mtime = step_stamp(b, sr, NULL) };
	lb_autofree char *way = *real ? lb_format("%s/%s", real, rest) : lb_strdup(rest);
	lb_autonode struct lb_node *layer = lb_tree_empty();
	*exists = !*rest;
	if (!*exists)
		rc = make(way, root, &attr, &layer, err);
	if (!rc)
		*out = lb_steal(&layer);
	return rc;
}
