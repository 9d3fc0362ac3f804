/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers as directories: unpacked once, or where a RUN left them.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "run/exec.h"
#include "run/unpack.h"

void lb_exec_place_free(void *p)
{
	struct place *pl = p;
	lb_node_unref(pl->node);
	free(pl->path);
	free(pl);
}

struct removal {
	int dirfd;
	const char *name;
};

/* A directory that its owner may not change (root may, the namespace's root may not everywhere) is opened up. */
static int remove_here(void *arg, struct lb_err *err)
{
	const struct removal *r = arg;
	return lb_fs_remove(r->dirfd, r->name, err);
}

int lb_exec_remove(const struct lb_exec *x, int dirfd, const char *name, struct lb_err *err)
{
	struct removal r = { dirfd, name };
	return lb_ns_call(&x->ns, remove_here, &r, err);
}

struct renaming {
	int from_dir, to_dir;
	const char *from, *to;
};

static int rename_here(void *arg, struct lb_err *err)
{
	const struct renaming *r = arg;
	if (renameat(r->from_dir, r->from, r->to_dir, r->to) == 0)
		return 0;
	int e = errno;
	if (e == EEXIST || e == ENOTEMPTY)
		return 0;
	return lb_fail_errno(err, e, "cannot create %s", r->to);
}

int lb_exec_rename(const struct lb_exec *x, const char *from, int to_dir, const char *to, struct lb_err *err)
{
	struct renaming r = { x->own_fd, to_dir, from, to };
	return lb_ns_call(&x->ns, rename_here, &r, err);
}

/* Enough of the digest to tell layers apart; all of it would not fit into a mount's options when there are many. */
enum { NAME_DIGITS = 28 };

static char *name_of(const struct lb_exec *x, const struct lb_digest *id)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(id, hex);
	return lb_format("%.*s%s", NAME_DIGITS, hex, x->ns.map);
}

/* Whole or absent: under a name of our own first. Another process may be quicker. */
static int unpack_as(struct lb_exec *x, struct lb_node *tree, const char *name, struct lb_err *err)
{
	if (lb_fs_exists(x->layers_fd, name))
		return 0;
	int rc = lb_run_unpack(&x->ns, x->own_fd, "new", tree, err);
	if (!rc)
		rc = lb_exec_rename(x, "new", x->layers_fd, name, err);
	lb_exec_remove(x, x->own_fd, "new", NULL);
	return rc;
}

static struct place *find_place(const struct lb_exec *x, const struct lb_node *layer)
{
	return lb_map_getn(x->places, &layer, sizeof(layer));
}

/* With the lock held; takes path. */
static struct place *add_place(struct lb_exec *x, struct lb_node *layer, char *path)
{
	struct place *p = lb_calloc(1, sizeof(*p));
	p->node = lb_node_ref(layer);
	p->path = path;
	lb_map_setn(x->places, &layer, sizeof(layer), p);
	return p;
}

/* ---- directories that only lead to others ----
 * A layer may name a directory without saying what it is like: it is then as it is below. overlayfs shows the
 * attributes of the uppermost directory, so that such a layer is unpacked with those that the whole root has. */

static bool has_implied(const struct lb_node *n)
{
	for (size_t i = 0; n->marks_below && i < n->entries_count; i++) {
		const struct lb_node *e = n->entries[i].node;
		if (e->attr.kind == LB_DIR && (e->attr.implied || has_implied(e)))
			return true;
	}
	return false;
}

/* n with the attributes that root has at the same place; sums up what was taken from there. */
static struct lb_node *resolve_implied(struct lb_node *n, const struct lb_node *root, struct lb_sha256 *h)
{
	if (n->attr.kind != LB_DIR || !(n->marks_below || n->attr.implied))
		return lb_node_ref(n);
	struct lb_attr a = n->attr;
	if (a.implied && lb_node_is_dir(root)) {
		a = root->attr;
		a.opaque = n->attr.opaque;
		lb_sha256_addu(h, (uint64_t)a.mode << 32 | a.uid);
		lb_sha256_addu(h, a.gid);
		lb_sha256_addu(h, (uint64_t)a.mtime.sec);
	}
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		const struct lb_node *there = lb_node_is_dir(root) ? lb_dir_find(root, e->name, e->name_len) : NULL;
		lb_sha256_add(h, "/", 1);
		entries[i] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, resolve_implied(e->node, there, h) };
	}
	return lb_node_new_dir(&a, entries, n->entries_count);
}

static int unpack_implied(struct lb_exec *x, struct lb_node *layer, const struct lb_node *root, const struct lb_digest *id, char **path,
			  struct lb_err *err)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, id);
	lb_autonode struct lb_node *whole = resolve_implied(layer, root, &h);
	struct lb_digest d = lb_sha256_done(&h);
	*path = name_of(x, &d);
	return unpack_as(x, whole, *path, err);
}

static int find_or_unpack(struct lb_exec *x, struct lb_node *layer, const struct lb_digest *id, const struct lb_node *root, char **path,
			  struct lb_err *err)
{
	struct place *p = find_place(x, layer);
	if (p && p->path) {
		*path = lb_strdup(p->path);
		return 0;
	}
	struct lb_digest d;
	int rc = 0;
	if (id && !lb_digest_is_zero(id))
		d = *id;
	else
		rc = lb_node_digest(layer, LB_FLAVOUR_FULL, &d, err);
	if (rc)
		return rc;
	if (has_implied(layer))
		return unpack_implied(x, layer, root, &d, path, err);
	*path = name_of(x, &d);
	rc = unpack_as(x, layer, *path, err);
	if (rc)
		return rc;
	if (p)
		p->path = lb_strdup(*path);
	else
		add_place(x, layer, lb_strdup(*path));
	return 0;
}

int lb_exec_layer_place(struct lb_exec *x, struct lb_node *layer, const struct lb_digest *id, const struct lb_node *root, char **path,
			struct lb_err *err)
{
	*path = NULL;
	pthread_mutex_lock(&x->lock);
	int rc = find_or_unpack(x, layer, id, root, path, err);
	pthread_mutex_unlock(&x->lock);
	return rc;
}

void lb_exec_layer_note(struct lb_exec *x, struct lb_node *layer, const char *path, const struct lb_digest *identity)
{
	pthread_mutex_lock(&x->lock);
	if (!find_place(x, layer)) {
		struct place *p = add_place(x, layer, lb_strdup(path));
		p->identified = identity;
		if (identity)
			p->identity = *identity;
	}
	pthread_mutex_unlock(&x->lock);
}

void lb_exec_note(struct lb_exec *x, struct lb_node *layer, struct lb_node *made)
{
	pthread_mutex_lock(&x->lock);
	const struct place *of = find_place(x, made);
	if (of && of->path && !find_place(x, layer)) {
		struct place *p = add_place(x, layer, lb_strdup(of->path));
		p->identity = of->identity;
		p->identified = of->identified;
	}
	pthread_mutex_unlock(&x->lock);
}

uint64_t lb_exec_serial(struct lb_exec *x)
{
	pthread_mutex_lock(&x->lock);
	uint64_t n = ++x->serial;
	pthread_mutex_unlock(&x->lock);
	return n;
}

int lb_exec_tree_place(struct lb_exec *x, struct lb_node *tree, char **path, struct lb_err *err)
{
	struct lb_digest d;
	int rc = lb_node_digest(tree, LB_FLAVOUR_FULL, &d, err);
	if (rc)
		return rc;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "a tree that is mounted");
	lb_sha256_addd(&h, &d);
	d = lb_sha256_done(&h);
	lb_autofree char *name = name_of(x, &d);
	pthread_mutex_lock(&x->lock);
	rc = unpack_as(x, tree, name, err);
	pthread_mutex_unlock(&x->lock);
	if (!rc)
		*path = lb_format("%s/layers/%s", x->dir, name);
	return rc;
}

/* ---- identities ---- */

struct summing {
	const struct lb_exec *x;
	struct lb_sha256 h;
	struct lb_err *err;
};

static int add_node(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct summing *s = arg;
	const struct lb_attr *a = &n->attr;
	bool stamped = a->mtime.sec >= s->x->options.stamps.sec;
	(void)len;
	lb_sha256_adds(&s->h, path);
	lb_sha256_addu(&s->h, (uint64_t)a->kind | (uint64_t)a->opaque << 8 | (uint64_t)a->implied << 9 | (uint64_t)a->mode << 16);
	lb_sha256_addu(&s->h, (uint64_t)a->uid << 32 | a->gid);
	lb_sha256_addu(&s->h, stamped ? UINT64_MAX : (uint64_t)a->mtime.sec);
	lb_sha256_addu(&s->h, stamped ? 0 : a->mtime.nsec);
	lb_sha256_addu(&s->h, (uint64_t)a->rdev_major << 32 | a->rdev_minor);
	lb_sha256_addu(&s->h, a->link_group);
	lb_sha256_adds(&s->h, a->target ? a->target : "");
	for (size_t i = 0; i < a->xattrs_count; i++) {
		lb_sha256_adds(&s->h, a->xattrs[i].name);
		lb_sha256_addu(&s->h, a->xattrs[i].value_len);
		lb_sha256_add(&s->h, a->xattrs[i].value, a->xattrs[i].value_len);
	}
	struct lb_digest d;
	int rc = lb_content_digest(n->content, &d, s->err);
	lb_sha256_addd(&s->h, &d);
	return rc;
}

int lb_exec_layer_identity(struct lb_exec *x, struct lb_node *layer, struct lb_digest *out, struct lb_err *err)
{
	pthread_mutex_lock(&x->lock);
	struct place *p = find_place(x, layer);
	bool known = p && p->identified;
	if (known)
		*out = p->identity;
	pthread_mutex_unlock(&x->lock);
	if (known)
		return 0;
	struct summing s = { .x = x, .err = err };
	lb_sha256_init(&s.h);
	int rc = lb_tree_walk(layer, add_node, &s);
	if (rc)
		return rc;
	*out = lb_sha256_done(&s.h);
	pthread_mutex_lock(&x->lock);
	p = find_place(x, layer);
	if (!p)
		p = add_place(x, layer, NULL);
	p->identity = *out;
	p->identified = true;
	pthread_mutex_unlock(&x->lock);
	return 0;
}
