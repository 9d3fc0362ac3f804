/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

/* dir with name standing for node (a reference that is taken), or without name when node is NULL. */
static struct lb_node *dir_with(const struct lb_node *dir, const char *name, size_t len, struct lb_node *node)
{
	bool found;
	size_t at = lb_dir_search(dir, name, len, &found);
	struct lb_draft d = { 0 };
	d.cap = dir->entries_count + 1;
	d.items = lb_malloc(d.cap * sizeof(*d.items));
	for (size_t i = 0; i < at; i++)
		lb_draft_share(&d, &dir->entries[i]);
	if (node)
		lb_draft_add(&d, name, len, node);
	for (size_t i = at + found; i < dir->entries_count; i++)
		lb_draft_share(&d, &dir->entries[i]);
	return lb_draft_done(&d, &dir->attr, dir->unknown);
}

/* The way from the root to the parent of the last component. */
struct level {
	const struct lb_node *dir; /* NULL: not there */
	const char *name;          /* of the next one */
	size_t len;
};

struct chain {
	struct level *levels;
	size_t count, cap;
	char *clean;
};

static void chain_release(struct chain *c)
{
	free(c->levels);
	free(c->clean);
}
#define autochain __attribute__((cleanup(chain_release)))

static int chain_of(struct chain *c, const struct lb_node *root, const char *path, struct lb_err *err)
{
	c->clean = lb_path_without_dots(path);
	const char *p = c->clean ? c->clean : path, *name;
	size_t len;
	const struct lb_node *n = root;
	while (lb_path_next(&p, &name, &len)) {
		if (c->count == LB_TREE_DEPTH_MAX)
			return lb_fail(err, LB_INVALID, "%.100s…: more than %d directories deep", path, LB_TREE_DEPTH_MAX);
		c->levels = lb_grow(c->levels, c->count, &c->cap, sizeof(*c->levels));
		c->levels[c->count++] = (struct level){ n, name, len };
		n = lb_node_is_dir(n) ? lb_dir_find(n, name, len) : NULL;
	}
	return 0;
}

static int check_parents(const struct chain *c, const char *path, const struct lb_attr *parent_attr, bool force, struct lb_err *err)
{
	for (size_t i = 0; i < c->count; i++) {
		const struct lb_node *n = c->levels[i].dir;
		if (lb_node_is_dir(n))
			continue;
		const char *end = c->levels[i - 1].name + c->levels[i - 1].len;
		const char *start = c->levels[0].name;
		if (n && !force)
			return lb_fail(err, LB_INVALID, "%s: %.*s is not a directory", path, (int)(end - start), start);
		if (!parent_attr)
			return lb_fail(err, LB_NOT_FOUND, "%s: there is no directory %.*s", path, (int)(end - start), start);
		return 0;
	}
	return 0;
}

/* What is made below a directory that is not known may have been there before, with more in it. */
static struct lb_node *new_parent(const struct chain *c, size_t i, const struct lb_attr *attr, struct lb_node *child)
{
	size_t up = i;
	while (!lb_node_is_dir(c->levels[up].dir))
		up--;
	struct lb_draft d = { 0 };
	lb_draft_add(&d, c->levels[i].name, c->levels[i].len, child);
	return lb_draft_done(&d, attr, c->levels[up].dir->unknown && !c->levels[up + 1].dir);
}

int lb_tree_put(const struct lb_node *root, const char *path, struct lb_node *node, const struct lb_attr *parent_attr, bool force,
		struct lb_node **out, struct lb_err *err)
{
	autochain struct chain c = { 0 };
	int rc = chain_of(&c, root, path, err);
	if (!rc)
		rc = check_parents(&c, path, parent_attr, force, err);
	if (!rc && !c.count && node->attr.kind != LB_DIR)
		rc = lb_fail(err, LB_INVALID, "the root of a tree is a directory");
	if (rc)
		return rc;
	for (size_t i = c.count; i-- > 0;) {
		const struct level *l = &c.levels[i];
		node = lb_node_is_dir(l->dir) ? dir_with(l->dir, l->name, l->len, node) : new_parent(&c, i, parent_attr, node);
	}
	*out = node;
	return 0;
}

int lb_tree_remove(const struct lb_node *root, const char *path, struct lb_node **out, struct lb_err *err)
{
	autochain struct chain c = { 0 };
	int rc = chain_of(&c, root, path, err);
	if (rc)
		return rc;
	const struct level *last = c.count ? &c.levels[c.count - 1] : NULL;
	if (!last)
		return lb_fail(err, LB_INVALID, "the root of a tree cannot be removed");
	if (!lb_node_is_dir(last->dir) || !lb_dir_find(last->dir, last->name, last->len))
		return lb_fail(err, LB_NOT_FOUND, "%s: no such file or directory", path);
	struct lb_node *node = dir_with(last->dir, last->name, last->len, NULL);
	for (size_t i = c.count - 1; i-- > 0;)
		node = dir_with(c.levels[i].dir, c.levels[i].name, c.levels[i].len, node);
	*out = node;
	return 0;
}
