/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over a directory. Each directory is opened once, by its path below the root, read, and all its
 * entries looked at; its descriptor is closed before the walk goes deeper, so that neither depth nor breadth
 * costs descriptors. Entries are then taken in the order of their names, so that `keep` sees them as
 * lb_tree_walk would show them.
 */
#include "tree/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "tree/list.h"
#include "tree/node.h"

/* Names of one file, seen so far. */
struct link {
	struct lb_node *node; /* borrowed: the tree has it */
	size_t names;
};

struct walk {
	const struct lb_dir_options *options;
	const char *root; /* for messages */
	int root_fd;      /* the source's */
	struct lb_source *source;
	struct lb_dir_memo *memo;
	uint64_t memo_finger;
	struct lb_map *links;
	struct lb_buf path;
	size_t depth;
	char *listing;
};

static int fail_here(struct walk *w, int errnum, struct lb_err *err)
{
	lb_autofree char *whole = w->path.len ? lb_path_join(w->root, w->path.data) : lb_strdup(w->root);
	lb_fail_errno(err, errnum, "cannot read %s", whole);
	return lb_recode(err, LB_IO);
}

static enum lb_kind kind_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return LB_DIR;
	case S_IFLNK:
		return LB_SYMLINK;
	case S_IFIFO:
		return LB_FIFO;
	case S_IFCHR:
		return LB_CHAR;
	case S_IFBLK:
		return LB_BLOCK;
	case S_IFSOCK:
		return LB_SOCKET;
	default:
		return LB_FILE;
	}
}

static uint32_t canonical_mode(enum lb_kind kind, mode_t mode)
{
	if (kind == LB_SYMLINK)
		return 0777;
	return kind == LB_DIR || (kind == LB_FILE && (mode & S_IXUSR)) ? 0755 : 0644;
}

static struct lb_attr attr_of(const struct walk *w, const struct lb_found *f)
{
	struct lb_attr a = { .kind = kind_of(f->mode), .target = f->target };
	if (a.kind == LB_CHAR || a.kind == LB_BLOCK) {
		a.rdev_major = major(f->rdev);
		a.rdev_minor = minor(f->rdev);
	}
	if (w->options->canonical) {
		a.mode = canonical_mode(a.kind, f->mode);
		a.mtime.sec = LB_CONTEXT_TIME;
		return a;
	}
	a.mode = f->mode & 07777;
	a.uid = f->uid;
	a.gid = f->gid;
	a.mtime = f->mtime;
	a.xattrs = f->xattrs;
	a.xattrs_count = f->xattrs_count;
	return a;
}

/* Of the first name, so that the same tree has the same number everywhere. */
static uint64_t link_group(const struct walk *w)
{
	struct lb_digest d = lb_digest_of(w->path.data, w->path.len);
	uint64_t n = 0;
	for (size_t i = 0; i < 8; i++)
		n |= (uint64_t)d.bytes[i] << (8 * i);
	return n ? n : 1;
}

static struct lb_node *new_leaf(struct walk *w, struct lb_source_dir *dir, const struct lb_found *f, const struct lb_attr *attr)
{
	if (attr->kind != LB_FILE || !f->key.size_bytes)
		return lb_node_new(attr, NULL);
	struct lb_content *c = lb_source_file(dir, f->name, f->len, &f->key);
	struct lb_digest d;
	if (w->memo && lb_dir_memo_get(w->memo, &f->key, &w->memo_finger, &d))
		lb_source_file_recall(c, &d);
	return lb_node_new(attr, c);
}

/* All names of one file are one node. */
static struct lb_node *join_links(struct walk *w, const struct lb_found *f, struct lb_node *n)
{
	uint64_t inode[2] = { f->key.dev, f->key.ino };
	struct link *l = lb_map_getn(w->links, inode, sizeof(inode));
	if (l) {
		lb_node_unref(n);
		l->names++;
		return lb_node_ref(l->node);
	}
	n->attr.link_group = link_group(w);
	l = lb_malloc(sizeof(*l));
	*l = (struct link){ n, 1 };
	lb_map_setn(w->links, inode, sizeof(inode), l);
	return n;
}

static int unlink_single(const void *key, size_t len, void *value, void *arg)
{
	(void)key, (void)len, (void)arg;
	struct link *l = value;
	if (l->names == 1)
		l->node->attr.link_group = 0;
	return 0;
}

static enum lb_keep ask(struct walk *w, const struct lb_node *n)
{
	return w->options->keep ? w->options->keep(w->path.data, w->path.len, n, w->options->keep_arg) : LB_KEEP;
}

static int walk_dir(struct walk *w, const struct lb_attr *attr, struct lb_node **out, struct lb_err *err);

static int take_dir(struct walk *w, const struct lb_attr *attr, struct lb_node **out, struct lb_err *err)
{
	enum lb_keep k = LB_KEEP;
	if (w->options->keep) {
		lb_autonode struct lb_node *closed = lb_node_new_dir(attr, NULL, 0);
		k = ask(w, closed);
	}
	if (k == LB_DROP)
		return 0;
	lb_autonode struct lb_node *n = NULL;
	int rc = walk_dir(w, attr, &n, err);
	if (!rc && (k == LB_KEEP || n->entries_count))
		*out = lb_steal(&n);
	return rc;
}

/* *out stays NULL when the entry is not to be in the tree. */
static int take(struct walk *w, struct lb_source_dir *dir, const struct lb_found *f, struct lb_node **out, struct lb_err *err)
{
	struct lb_attr attr = attr_of(w, f);
	if (attr.kind == LB_DIR)
		return take_dir(w, &attr, out, err);
	lb_autonode struct lb_node *n = new_leaf(w, dir, f, &attr);
	if (ask(w, n) != LB_KEEP)
		return 0;
	bool linked = attr.kind == LB_FILE && f->nlink > 1 && !w->options->canonical;
	*out = linked ? join_links(w, f, lb_steal(&n)) : lb_steal(&n);
	return 0;
}

static int take_all(struct walk *w, struct lb_listing *l, struct lb_draft *d, struct lb_err *err)
{
	struct lb_source_dir *dir = lb_source_dir_new(w->source, lb_buf_str(&w->path), l->dev);
	size_t len = w->path.len;
	int rc = 0;
	for (size_t i = 0; !rc && i < l->count; i++) {
		if (len)
			lb_buf_addc(&w->path, '/');
		lb_buf_add(&w->path, l->items[i].name, l->items[i].len);
		struct lb_node *n = NULL;
		rc = take(w, dir, &l->items[i], &n, err);
		if (n)
			lb_draft_add(d, l->items[i].name, l->items[i].len, n);
		w->path.len = len;
		w->path.data[len] = '\0';
	}
	lb_source_dir_unref(dir);
	return rc;
}

static int list(struct walk *w, struct lb_listing *l, struct lb_err *err)
{
	lb_autofd int fd = lb_fs_open_below(w->root_fd, w->path.len ? w->path.data : ".", O_RDONLY | O_DIRECTORY);
	int e = errno;
	if (fd < 0)
		return fail_here(w, e, err);
	e = lb_listing_read(l, fd, !w->options->canonical, w->listing);
	return e ? fail_here(w, e, err) : 0;
}

static int walk_dir(struct walk *w, const struct lb_attr *attr, struct lb_node **out, struct lb_err *err)
{
	if (w->depth == LB_TREE_DEPTH_MAX)
		return lb_fail(err, LB_INVALID, "%s: more than %d directories deep", w->root, LB_TREE_DEPTH_MAX);
	w->depth++;
	__attribute__((cleanup(lb_listing_release))) struct lb_listing l = { 0 };
	lb_autodraft struct lb_draft d = { 0 };
	int rc = list(w, &l, err);
	if (!rc)
		rc = take_all(w, &l, &d, err);
	if (!rc)
		*out = lb_draft_done(&d, attr, false);
	w->depth--;
	return rc;
}

static void walk_release(struct walk *w)
{
	lb_source_unref(w->source);
	lb_dir_memo_close(w->memo);
	lb_map_free(w->links);
	lb_buf_release(&w->path);
	free(w->listing);
}

int lb_tree_from_dir(const char *path, const struct lb_dir_options *options, struct lb_node **out, struct lb_err *err)
{
	lb_autofd int fd = -1;
	int rc = lb_fs_open_dir(AT_FDCWD, path, &fd, err);
	if (rc)
		return rc;
	__attribute__((cleanup(walk_release))) struct walk w = { .options = options, .root = path, .root_fd = fd };
	struct lb_found root = { 0 };
	int e = lb_found_root(&root, fd, !options->canonical);
	if (e) {
		lb_found_release(&root);
		return fail_here(&w, e, err);
	}
	uint64_t now_ns = 0;
	if (options->memo_path) {
		now_ns = lb_dir_memo_now_ns(options->memo_path);
		w.memo = lb_dir_memo_open(options->memo_path);
	}
	w.source = lb_source_new(lb_steal_fd(&fd), path, now_ns, lb_dir_memo_records(w.memo));
	w.links = lb_map_new(free);
	w.listing = lb_malloc(LB_LISTING_BYTES);
	struct lb_attr attr = attr_of(&w, &root);
	rc = walk_dir(&w, &attr, out, err);
	lb_found_release(&root);
	if (!rc)
		lb_map_each(w.links, unlink_single, NULL);
	return rc;
}
