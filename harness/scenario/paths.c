/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/paths.h"

#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/mem.h"

int scn_path_inside(const char *path, struct lb_pos pos, struct lb_err *err)
{
	if (*path == '/')
		return lb_fail_at(err, pos, "'%s' is outside of the context; paths are relative to it", path);
	for (const char *p = path; *p; p += strcspn(p, "/"), p += *p == '/')
		if (strncmp(p, "..", 2) == 0 && (!p[2] || p[2] == '/'))
			return lb_fail_at(err, pos, "'%s' leads out of the context", path);
	lb_autofree char *clean = lb_path_clean(path);
	if (strcmp(clean, ".") == 0)
		return lb_fail_at(err, pos, "'%s' is the context itself", path);
	return 0;
}

int scn_path_check(const struct lb_node *root, const char *path, struct lb_pos pos, struct lb_err *err)
{
	if (scn_path_inside(path, pos, err) < 0)
		return LB_INVALID;
	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		lb_autofree char *parent = lb_strndup(path, (size_t)(slash - path));
		const struct lb_node *n = *parent ? lb_tree_get(root, parent) : NULL;
		if (n && n->attr.kind == LB_SYMLINK)
			return lb_fail_at(err, pos, "'%s' leads through the symbolic link '%s' (to '%s')", path, parent, n->attr.target);
	}
	return 0;
}

char *scn_glob_literal(const char *path)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			lb_buf_addc(&out, '\\');
		lb_buf_addc(&out, *path);
	}
	return lb_buf_steal(&out);
}

bool scn_glob_match(const char *pattern, const char *path)
{
	size_t n = strcspn(pattern, "/");
	const char *rest = pattern + n + (pattern[n] == '/');
	if (n == 2 && pattern[0] == '*' && pattern[1] == '*') {
		if (!*rest)
			return *path;
		for (const char *p = path;; p++) {
			if (scn_glob_match(rest, p))
				return true;
			p = strchr(p, '/');
			if (!p)
				return false;
		}
	}
	size_t m = strcspn(path, "/");
	if (!n || !m || !pattern[n] != !path[m])
		return false;
	lb_autofree char *one = lb_strndup(pattern, n);
	lb_autofree char *name = lb_strndup(path, m);
	return lb_glob_match(one, name) == 1 && (!pattern[n] || scn_glob_match(rest, path + m + 1));
}

struct listing {
	const char *pattern;
	bool files_only;
	struct lb_strv *out;
};

static int list_node(const char *path, size_t len, struct lb_node *node, void *arg)
{
	const struct listing *l = arg;
	if (!len || (l->files_only && node->attr.kind != LB_FILE))
		return 0;
	lb_autofree char *name = lb_strndup(path, len);
	if (scn_glob_match(l->pattern, name))
		lb_strv_add(l->out, name);
	return 0;
}

void scn_glob_list(struct lb_node *root, const char *pattern, bool files_only, struct lb_strv *out)
{
	lb_autofree char *clean = lb_path_clean(pattern);
	struct listing l = { clean, files_only, out };
	if (lb_glob_has_magic(clean)) {
		lb_tree_walk(root, list_node, &l);
		return;
	}
	const struct lb_node *n = lb_tree_get(root, clean);
	if (n && !(files_only && n->attr.kind != LB_FILE))
		lb_strv_add(out, clean);
}
