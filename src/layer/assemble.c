/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/assemble.h"

#include <stdlib.h>
#include <string.h>

#include "layer/emit.h"
#include "lbench/mem.h"

/* Longer than any path that a system call takes; it also bounds the depth of what recurses. */
enum { PATH_LIMIT = 8192 };

/* A leaf is a finished node, a directory has children. */
struct item {
	struct lb_node *node;    /* of a directory: its attributes, without entries */
	struct lb_map *children; /* NULL: a leaf */
};

struct lb_assembly {
	struct item *root;
	bool is_layer;
	struct lb_digest group_seed;
};

static void item_free(void *arg)
{
	struct item *it = arg;
	lb_node_unref(it->node);
	lb_map_free(it->children);
	free(it);
}

static struct item *item_new(const struct lb_attr *attr, struct lb_content *content)
{
	struct item *it = lb_calloc(1, sizeof(*it));
	bool dir = attr->kind == LB_DIR;
	it->node = dir ? lb_node_new_dir(attr, NULL, 0) : lb_node_new(attr, content);
	it->children = dir ? lb_map_new(item_free) : NULL;
	return it;
}

static struct item *implied_dir(bool opaque)
{
	return item_new(&(struct lb_attr){ .kind = LB_DIR, .mode = 0755, .implied = true, .opaque = opaque }, NULL);
}

static void set_attr(struct item *it, const struct lb_attr *attr)
{
	struct lb_node *node = lb_node_with_attr(it->node, attr);
	lb_node_unref(it->node);
	it->node = node;
}

static void make_opaque(struct item *dir)
{
	struct lb_attr attr = dir->node->attr;
	attr.opaque = true;
	set_attr(dir, &attr);
}

struct lb_assembly *lb_assembly_new(bool is_layer, const struct lb_digest *group_seed)
{
	struct lb_assembly *a = lb_calloc(1, sizeof(*a));
	a->root = implied_dir(false);
	a->is_layer = is_layer;
	a->group_seed = *group_seed;
	return a;
}

void lb_assembly_free(struct lb_assembly *a)
{
	if (a)
		item_free(a->root);
	free(a);
}

void lb_assembly_cleanup(struct lb_assembly **a)
{
	lb_assembly_free(*a);
	*a = NULL;
}

/* path as names with one '/' between them, "" for the root. */
static int clean(const char *path, struct lb_buf *out, struct lb_err *err)
{
	if (strlen(path) >= PATH_LIMIT)
		return lb_fail(err, LB_INVALID, "a path of more than %d bytes in an archive: %.60s…", PATH_LIMIT - 1, path);
	for (const char *p = path; *p;) {
		size_t len = strcspn(p, "/");
		if (len == 2 && memcmp(p, "..", 2) == 0)
			return lb_fail(err, LB_INVALID, "%s: the path leads out of the archive", path);
		if (len && !(len == 1 && *p == '.')) {
			if (out->len)
				lb_buf_addc(out, '/');
			lb_buf_add(out, p, len);
		}
		p += len + (p[len] == '/');
	}
	lb_buf_str(out);
	return 0;
}

/* The directory that holds the last name of path, made on the way; *base is that name. */
static struct item *parent_of(struct lb_assembly *a, const char *path, const char **base)
{
	struct item *dir = a->root;
	for (;;) {
		size_t len = strcspn(path, "/");
		if (!path[len]) {
			*base = path;
			return dir;
		}
		struct item *next = lb_map_getn(dir->children, path, len);
		if (!next || !next->children) {
			next = implied_dir(next && next->node->attr.kind == LB_WHITEOUT);
			lb_map_setn(dir->children, path, len, next);
		}
		dir = next;
		path += len + 1;
	}
}

static struct item *find(const struct lb_assembly *a, const char *path)
{
	struct item *it = a->root;
	while (*path && it && it->children) {
		size_t len = strcspn(path, "/");
		it = lb_map_getn(it->children, path, len);
		path += len + (path[len] == '/');
	}
	return *path ? NULL : it;
}

/* A whiteout speaks of lower layers alone: what this layer has under the name stays, and a directory of that
 * name hides the lower one. */
static int add_whiteout(struct item *dir, const char *base, struct lb_err *err)
{
	const char *name = base + strlen(LB_WHITEOUT_PREFIX);
	if (strcmp(base, LB_OPAQUE_NAME) == 0) {
		make_opaque(dir);
		return 0;
	}
	/* what AUFS kept for itself; other engines skip it too */
	if (strncmp(name, LB_WHITEOUT_PREFIX, strlen(LB_WHITEOUT_PREFIX)) == 0)
		return 0;
	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return lb_fail(err, LB_INVALID, "%s: a whiteout of nothing", base);
	struct item *there = lb_map_get(dir->children, name);
	if (!there)
		lb_map_set(dir->children, name, item_new(&(struct lb_attr){ .kind = LB_WHITEOUT }, NULL));
	else if (there->children)
		make_opaque(there);
	return 0;
}

static bool is_whiteout(const struct lb_assembly *a, const char *name)
{
	return a->is_layer && strncmp(name, LB_WHITEOUT_PREFIX, strlen(LB_WHITEOUT_PREFIX)) == 0;
}

/* Nothing can lie below a whiteout but what AUFS kept for itself, which has no place in the tree. */
static int below_whiteout(const struct lb_assembly *a, const char *path, bool *skip, struct lb_err *err)
{
	*skip = false;
	for (const char *slash = strchr(path, '/'); slash; path = slash + 1, slash = strchr(path, '/')) {
		if (!is_whiteout(a, path))
			continue;
		*skip = is_whiteout(a, path + strlen(LB_WHITEOUT_PREFIX));
		return *skip ? 0 : lb_fail(err, LB_INVALID, "%s: below a whiteout", path);
	}
	return 0;
}

static void add_dir(struct item *dir, const char *base, const struct lb_attr *attr)
{
	struct lb_attr copy = *attr;
	struct item *there = lb_map_get(dir->children, base);
	if (there && there->children) {
		copy.opaque = there->node->attr.opaque;
		set_attr(there, &copy);
		return;
	}
	copy.opaque = there && there->node->attr.kind == LB_WHITEOUT;
	lb_map_set(dir->children, base, item_new(&copy, NULL));
}

static int add_root(struct lb_assembly *a, const struct lb_attr *attr, struct lb_err *err)
{
	if (attr->kind != LB_DIR)
		return lb_fail(err, LB_INVALID, "the archive's root is no directory");
	struct lb_attr copy = *attr;
	copy.opaque = a->root->node->attr.opaque;
	set_attr(a->root, &copy);
	return 0;
}

int lb_assembly_add(struct lb_assembly *a, const char *path, const struct lb_attr *attr, struct lb_content *content, struct lb_err *err)
{
	lb_autobuf struct lb_buf cleaned = { 0 };
	int rc = clean(path, &cleaned, err);
	if (rc)
		return rc;
	if (!cleaned.len) /* its content, if it has one, stays the caller's: it is refused then */
		return add_root(a, attr, err);
	bool skip;
	rc = below_whiteout(a, cleaned.data, &skip, err);
	if (rc)
		return rc;
	const char *base;
	struct item *dir = skip ? NULL : parent_of(a, cleaned.data, &base);
	if (dir && is_whiteout(a, base))
		rc = add_whiteout(dir, base, err);
	else if (dir && attr->kind == LB_DIR)
		add_dir(dir, base, attr);
	else if (dir)
		lb_map_set(dir->children, base, item_new(attr, lb_content_ref(content)));
	if (!rc)
		lb_content_unref(content);
	return rc;
}

static uint64_t group_of(const struct lb_assembly *a, const char *first_path)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &a->group_seed);
	lb_sha256_adds(&h, first_path);
	struct lb_digest d = lb_sha256_done(&h);
	uint64_t n;
	memcpy(&n, d.bytes, sizeof(n));
	return n ? n : 1;
}

static void give_group(const struct lb_assembly *a, struct item *it, const char *path)
{
	struct lb_attr attr = it->node->attr;
	if (attr.kind != LB_FILE || attr.link_group)
		return;
	attr.link_group = group_of(a, path);
	set_attr(it, &attr);
}

int lb_assembly_link(struct lb_assembly *a, const char *path, const char *target, struct lb_err *err)
{
	lb_autobuf struct lb_buf from = { 0 }, to = { 0 };
	int rc = clean(path, &from, err);
	if (!rc)
		rc = clean(target, &to, err);
	if (rc)
		return rc;
	bool skip;
	rc = below_whiteout(a, lb_buf_str(&from), &skip, err);
	if (rc || skip)
		return rc;
	struct item *first = to.len ? find(a, to.data) : NULL;
	if (!from.len || !first || first->children || first->node->attr.kind == LB_WHITEOUT)
		return lb_fail(err, LB_INVALID, "%s: a hard link to %s, which is no file before it in the archive", path, target);
	give_group(a, first, to.data);
	struct lb_node *node = lb_node_ref(first->node);
	const char *base;
	struct item *dir = parent_of(a, from.data, &base);
	if (is_whiteout(a, base)) {
		lb_node_unref(node);
		return add_whiteout(dir, base, err);
	}
	struct item *it = lb_calloc(1, sizeof(*it));
	it->node = node;
	lb_map_set(dir->children, base, it);
	return 0;
}

static struct lb_node *to_node(const struct item *it);

struct listing {
	struct lb_entry *entries;
	size_t count;
};

static int on_child(const void *key, size_t len, void *value, void *arg)
{
	struct listing *l = arg;
	l->entries[l->count++] = (struct lb_entry){ .name = lb_strndup(key, len), .name_len = len, .node = to_node(value) };
	return 0;
}

static struct lb_node *to_node(const struct item *it)
{
	if (!it->children)
		return lb_node_ref(it->node);
	struct listing l = { .entries = lb_calloc(lb_map_count(it->children) + 1, sizeof(*l.entries)) };
	lb_map_each(it->children, on_child, &l);
	return lb_node_new_dir(&it->node->attr, l.entries, l.count);
}

struct lb_node *lb_assembly_tree(const struct lb_assembly *a)
{
	return to_node(a->root);
}
