/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lbench/buf.h"
#include "lbench/fs.h"
#include "lbench/mem.h"

char *lb_path_join(const char *a, const char *b)
{
	if (*b == '/' || !*a)
		return lb_strdup(b);
	size_t n = strlen(a), m = strlen(b);
	char *joined = lb_malloc(n + m + 2);
	memcpy(joined, a, n);
	if (a[n - 1] != '/')
		joined[n++] = '/';
	memcpy(joined + n, b, m + 1);
	return joined;
}

/* Drops the last component of out, which begins at `root` (1 for absolute paths, 0 else). */
static void drop_last(struct lb_buf *out, size_t root)
{
	while (out->len > root && out->data[out->len - 1] != '/')
		out->len--;
	if (out->len > root)
		out->len--;
	out->data[out->len] = '\0';
}

/* Nothing to do: no empty component, no "." and no "..". */
static bool is_clean(const char *path, size_t root)
{
	const char *p = path + root;
	if (root && *path != '/')
		return false;
	while (*p) {
		size_t n = strcspn(p, "/");
		if (!n || (p[0] == '.' && (n == 1 || (n == 2 && p[1] == '.'))) || (p[n] && !p[n + 1]))
			return false;
		p += n + (p[n] == '/');
	}
	return p > path;
}

static char *clean(const char *path, size_t root)
{
	if (is_clean(path, root))
		return lb_strdup(path);
	lb_autobuf struct lb_buf out = { 0 };
	size_t ups = 0; /* leading ".." of a relative path stay */
	lb_buf_add(&out, "/", root);
	for (const char *p = path; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			if (out.len > root + (ups ? ups * 3 - 1 : 0)) {
				drop_last(&out, root);
			} else if (!root) {
				lb_buf_adds(&out, ups ? "/.." : "..");
				ups++;
			}
		} else if (n && !(n == 1 && *p == '.')) {
			if (out.len > root)
				lb_buf_addc(&out, '/');
			lb_buf_add(&out, p, n);
		}
		p += n + (p[n] == '/');
	}
	if (!out.len)
		lb_buf_addc(&out, '.');
	return lb_buf_steal(&out);
}

char *lb_path_clean(const char *path)
{
	return clean(path, *path == '/');
}

char *lb_path_clean_rooted(const char *path)
{
	return clean(path, 1);
}

bool lb_path_is_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);
	return strncmp(path, dir, n) == 0 && (!path[n] || path[n] == '/' || (n && dir[n - 1] == '/'));
}

const char *lb_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *lb_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	if (!slash)
		return lb_strdup(".");
	return slash == path ? lb_strdup("/") : lb_strndup(path, (size_t)(slash - path));
}
