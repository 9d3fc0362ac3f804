/* SPDX-License-Identifier: Apache-2.0 */
#include "subject/context.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/tree.h"

struct directory {
	char *path;
	const struct lb_node *node;
};

struct writing {
	const char *root;
	struct directory *dirs; /* whose times are set at the end: what is made in them would change them */
	size_t count, cap;
	struct lb_err *err;
};

static int write_file(const char *path, const struct lb_node *n, struct lb_err *err)
{
	lb_autofd int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int errnum = errno;
	if (fd < 0)
		return lb_fail_errno(err, errnum, "cannot create %s", path);
	struct lb_fs_sink f = { fd, path };
	return n->content ? lb_content_read(n->content, lb_fs_to_sink, &f, err) : 0;
}

static int set_attributes(const char *path, const struct lb_attr *a, struct lb_err *err)
{
	const struct timespec times[2] = { { a->mtime.sec, a->mtime.nsec }, { a->mtime.sec, a->mtime.nsec } };
	if (lchown(path, a->uid, a->gid) != 0 || (a->kind != LB_SYMLINK && chmod(path, a->mode & 07777) != 0))
		return lb_fail_errno(err, errno, "cannot set owner and mode of %s", path);
	for (size_t i = 0; i < a->xattrs_count; i++)
		if (lsetxattr(path, a->xattrs[i].name, a->xattrs[i].value, a->xattrs[i].value_len, 0) != 0)
			return lb_fail_errno(err, errno, "cannot set %s of %s", a->xattrs[i].name, path);
	if (utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW) != 0)
		return lb_fail_errno(err, errno, "cannot set the time of %s", path);
	return 0;
}

static int write_special(const char *path, const struct lb_attr *a, struct lb_err *err)
{
	mode_t kind = a->kind == LB_FIFO ? S_IFIFO : a->kind == LB_CHAR ? S_IFCHR : S_IFBLK;
	if (mknod(path, kind | 0600, makedev(a->rdev_major, a->rdev_minor)) != 0)
		return lb_fail_errno(err, errno, "cannot create %s", path);
	return 0;
}

static int write_leaf(const char *path, const struct lb_node *n, struct lb_err *err)
{
	int rc = lb_fs_remove(AT_FDCWD, path, err);
	if (rc || n->attr.kind == LB_WHITEOUT || n->attr.kind == LB_SOCKET)
		return rc;
	if (n->attr.kind == LB_SYMLINK && symlink(n->attr.target, path) != 0)
		return lb_fail_errno(err, errno, "cannot create %s", path);
	if (n->attr.kind == LB_FILE)
		rc = write_file(path, n, err);
	else if (n->attr.kind != LB_SYMLINK)
		rc = write_special(path, &n->attr, err);
	return rc ? rc : set_attributes(path, &n->attr, err);
}

static int make_directory(struct writing *w, char *path, const struct lb_node *n)
{
	w->dirs = lb_grow(w->dirs, w->count, &w->cap, sizeof(*w->dirs));
	w->dirs[w->count++] = (struct directory){ path, n };
	struct stat st;
	bool there = lstat(path, &st) == 0;
	if (there && (!S_ISDIR(st.st_mode) || n->attr.opaque)) {
		int rc = lb_fs_remove(AT_FDCWD, path, w->err);
		if (rc)
			return rc;
		there = false;
	}
	if (!there && mkdir(path, 0700) != 0)
		return lb_fail_errno(w->err, errno, "cannot create %s", path);
	return 0;
}

static int write_node(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct writing *w = arg;
	lb_autofree char *rel = lb_strndup(path, len), *full = len ? lb_path_join(w->root, rel) : lb_strdup(w->root);
	return n->attr.kind == LB_DIR ? make_directory(w, lb_steal(&full), n) : write_leaf(full, n, w->err);
}

static int write_tree(const char *root, struct lb_node *tree, struct lb_err *err)
{
	struct writing w = { .root = root, .err = err };
	int rc = lb_tree_walk(tree, write_node, &w);
	for (size_t i = w.count; i-- > 0;) {
		if (!rc)
			rc = set_attributes(w.dirs[i].path, &w.dirs[i].node->attr, err);
		free(w.dirs[i].path);
	}
	free(w.dirs);
	return rc;
}

int context_become(struct context *c, struct lb_node *tree, struct lb_err *err)
{
	int rc = 0;
	if (!c->now) {
		rc = lb_fs_remove(AT_FDCWD, c->path, err);
		if (!rc)
			rc = write_tree(c->path, tree, err);
	} else {
		lb_autonode struct lb_node *change = lb_tree_diff(c->now, tree);
		rc = change ? write_tree(c->path, change, err) : 0;
	}
	lb_node_unref(c->now);
	c->now = rc ? NULL : lb_node_ref(tree);
	return rc;
}

void context_release(struct context *c)
{
	lb_node_unref(c->now);
	free(c->path);
	*c = (struct context){ 0 };
}
