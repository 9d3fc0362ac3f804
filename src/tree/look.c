/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

enum { LINKS_MAX = 40 };

size_t lb_dir_search(const struct lb_node *dir, const char *name, size_t len, bool *found)
{
	size_t lo = 0, hi = dir->entries_count;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = lb_name_compare(dir->entries[mid].name, dir->entries[mid].name_len, name, len);
		if (!c) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = false;
	return lo;
}

struct lb_node *lb_dir_find(const struct lb_node *dir, const char *name, size_t len)
{
	bool found;
	size_t i = lb_dir_search(dir, name, len, &found);
	return found ? dir->entries[i].node : NULL;
}

bool lb_pair_next(struct lb_pair *p)
{
	const struct lb_entry *a = p->i < p->a->entries_count ? &p->a->entries[p->i] : NULL;
	const struct lb_entry *b = p->j < p->b->entries_count ? &p->b->entries[p->j] : NULL;
	if (a && b) {
		int c = lb_name_compare(a->name, a->name_len, b->name, b->name_len);
		a = c <= 0 ? a : NULL;
		b = c >= 0 ? b : NULL;
	}
	p->i += a != NULL;
	p->j += b != NULL;
	p->name = a ? a : b;
	p->in_a = a ? a->node : NULL;
	p->in_b = b ? b->node : NULL;
	return p->name != NULL;
}

bool lb_path_next(const char **path, const char **name, size_t *len)
{
	const char *p = *path;
	for (;;) {
		while (*p == '/')
			p++;
		if (p[0] != '.' || (p[1] && p[1] != '/'))
			break;
		p++;
	}
	*name = p;
	*len = strcspn(p, "/");
	*path = p + *len;
	return *len > 0;
}

static bool is_up(const char *name, size_t len)
{
	return len == 2 && name[0] == '.' && name[1] == '.';
}

char *lb_path_without_dots(const char *path)
{
	const char *p = path, *name;
	size_t len;
	while (lb_path_next(&p, &name, &len)) {
		if (is_up(name, len)) {
			lb_autofree char *absolute = lb_format("/%s", path);
			return lb_path_clean(absolute);
		}
	}
	return NULL;
}

struct lb_node *lb_tree_get(const struct lb_node *root, const char *path)
{
	lb_autofree char *clean = lb_path_without_dots(path);
	const char *p = clean ? clean : path, *name;
	size_t len;
	struct lb_node *n = (struct lb_node *)(uintptr_t)root;
	while (n && lb_path_next(&p, &name, &len))
		n = lb_dir_find(n, name, len);
	return n;
}

/* ---- following links ---- */

struct step {
	struct lb_node *node;
	size_t path_len; /* of the real path that ends here */
};

struct way {
	struct step *steps; /* from the root to where we are */
	size_t count, cap;
	struct lb_buf real;
	struct lb_buf rest; /* what is still to be gone; `at` is how much of it is done */
	size_t at;
	unsigned links;
};

static void way_release(struct way *w)
{
	free(w->steps);
	lb_buf_release(&w->real);
	lb_buf_release(&w->rest);
}

static void enter(struct way *w, struct lb_node *n, const char *name, size_t len)
{
	if (w->count && w->real.len)
		lb_buf_addc(&w->real, '/');
	lb_buf_add(&w->real, name, len);
	w->steps = lb_grow(w->steps, w->count, &w->cap, sizeof(*w->steps));
	w->steps[w->count++] = (struct step){ n, w->real.len };
}

static void leave(struct way *w, size_t depth)
{
	w->count = depth;
	w->real.len = w->steps[depth - 1].path_len;
	w->real.data[w->real.len] = '\0';
}

static int follow(struct way *w, const char *path, const struct lb_node *link, struct lb_err *err)
{
	if (++w->links > LINKS_MAX)
		return lb_fail(err, LB_INVALID, "%s: too many symbolic links, or a loop of them", path);
	lb_autobuf struct lb_buf rest = { 0 };
	lb_buf_adds(&rest, link->attr.target);
	lb_buf_addc(&rest, '/');
	lb_buf_add(&rest, w->rest.data + w->at, w->rest.len - w->at);
	if (link->attr.target[0] == '/')
		leave(w, 1);
	struct lb_buf old = w->rest;
	w->rest = rest;
	rest = old;
	w->at = 0;
	return 0;
}

static bool is_last(const struct way *w)
{
	return w->at + strspn(w->rest.data + w->at, "/") == w->rest.len;
}

/* Goes one component on; 1 when the way is at its end. */
static int advance(struct way *w, const char *path, bool follow_last, struct lb_err *err)
{
	const char *p = w->rest.data + w->at, *name;
	size_t len;
	bool more = lb_path_next(&p, &name, &len);
	w->at = (size_t)(p - w->rest.data);
	if (!more)
		return 1;
	if (is_up(name, len)) {
		leave(w, w->count > 1 ? w->count - 1 : 1);
		return 0;
	}
	const struct lb_node *here = w->steps[w->count - 1].node;
	struct lb_node *n = here->attr.kind == LB_DIR ? lb_dir_find(here, name, len) : NULL;
	if (!n && here->attr.kind == LB_DIR && here->unknown)
		return lb_fail(err, LB_UNSUPPORTED, "%s: what /%s holds is not known", path, lb_buf_str(&w->real));
	if (!n)
		return lb_fail(err, LB_NOT_FOUND, "%s: no such file or directory", path);
	if (n->attr.kind == LB_SYMLINK && (follow_last || !is_last(w)))
		return follow(w, path, n, err);
	enter(w, n, name, len);
	return 0;
}

/* Most ways lead down through directories that are there, and need no account of the way. False: look closer. */
static bool resolve_down(const struct lb_node *root, const char *path, struct lb_node **out, char **resolved)
{
	lb_autofree char *real = lb_malloc(strlen(path) + 1);
	struct lb_node *n = (struct lb_node *)(uintptr_t)root;
	const char *name;
	size_t len, used = 0;
	while (lb_path_next(&path, &name, &len)) {
		n = is_up(name, len) || n->attr.kind != LB_DIR ? NULL : lb_dir_find(n, name, len);
		if (!n || n->attr.kind == LB_SYMLINK)
			return false;
		if (used)
			real[used++] = '/';
		memcpy(real + used, name, len);
		used += len;
	}
	real[used] = '\0';
	*out = n;
	if (resolved)
		*resolved = lb_steal(&real);
	return true;
}

int lb_tree_resolve(const struct lb_node *root, const char *path, bool follow_last, struct lb_node **out, char **resolved,
		    struct lb_err *err)
{
	if (resolve_down(root, path, out, resolved))
		return 0;
	__attribute__((cleanup(way_release))) struct way w = { 0 };
	enter(&w, (struct lb_node *)(uintptr_t)root, "", 0);
	lb_buf_adds(&w.rest, path);
	int rc;
	do {
		rc = advance(&w, path, follow_last, err);
	} while (!rc);
	if (rc < 0)
		return rc;
	*out = w.steps[w.count - 1].node;
	if (resolved)
		*resolved = lb_buf_steal(&w.real);
	return 0;
}

/* ---- walking ---- */

static int walk(struct lb_buf *path, struct lb_node *n, lb_walk_fn *fn, void *arg)
{
	int rc = fn(lb_buf_str(path), path->len, n, arg);
	if (rc)
		return rc == LB_WALK_SKIP ? 0 : rc;
	size_t len = path->len;
	for (size_t i = 0; i < n->entries_count; i++) {
		if (len)
			lb_buf_addc(path, '/');
		lb_buf_add(path, n->entries[i].name, n->entries[i].name_len);
		rc = walk(path, n->entries[i].node, fn, arg);
		path->len = len;
		if (path->data)
			path->data[len] = '\0';
		if (rc)
			return rc;
	}
	return 0;
}

int lb_tree_walk(struct lb_node *root, lb_walk_fn *fn, void *arg)
{
	lb_autobuf struct lb_buf path = { 0 };
	return walk(&path, root, fn, arg);
}
