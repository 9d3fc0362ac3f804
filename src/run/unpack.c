/* SPDX-License-Identifier: Apache-2.0 */
#include "run/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

struct unpacker {
	const struct lb_ns *ns;
	int top;              /* directory that holds the tree */
	struct lb_map *links; /* link_group -> path from top */
	struct lb_buf path;   /* of what is being written, from top */
};

static int fail_here(const struct unpacker *u, int errnum, struct lb_err *err)
{
	lb_fail_errno(err, errnum, "cannot unpack %s", u->path.data);
	return lb_recode(err, LB_IO);
}

/* ---- attributes ---- */

static bool may_be_refused(int e)
{
	return e == EPERM || e == EOPNOTSUPP || e == EINVAL;
}

/* By way of /proc: no call takes a descriptor, a name and does not follow a link. */
static int set_xattrs(int dirfd, const char *name, const struct lb_attr *a)
{
	if (!a->xattrs_count && !a->opaque)
		return 0;
	lb_autofree char *path = lb_format("/proc/self/fd/%d/%s", dirfd, name);
	for (size_t i = 0; i < a->xattrs_count; i++)
		if (lsetxattr(path, a->xattrs[i].name, a->xattrs[i].value, a->xattrs[i].value_len, 0) != 0 && !may_be_refused(errno))
			return errno;
	if (a->opaque && lsetxattr(path, LB_OVERLAY_XATTR "opaque", "y", 1, 0) != 0)
		return errno;
	return 0;
}

/* Owner before mode: a change of owner takes the set-id bits away; attributes behind both, as it takes
 * capabilities too; time last. */
static int set_attr(const struct lb_ns *ns, int dirfd, const char *name, const struct lb_attr *a)
{
	bool owned = lb_ns_knows(ns, a->uid) && lb_ns_knows(ns, a->gid);
	if (owned && ns->ids != LB_IDS_ONE && fchownat(dirfd, name, a->uid, a->gid, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	if (a->kind != LB_SYMLINK && fchmodat(dirfd, name, a->mode & 07777, 0) != 0)
		return errno;
	int e = set_xattrs(dirfd, name, a);
	if (e)
		return e;
	struct timespec times[2] = { { a->mtime.sec, a->mtime.nsec }, { a->mtime.sec, a->mtime.nsec } };
	return utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) != 0 ? errno : 0;
}

struct attr_task {
	const struct lb_ns *ns;
	int dirfd;
	const char *name;
	const struct lb_attr *attr;
};

static int set_attr_here(void *arg, struct lb_err *err)
{
	const struct attr_task *t = arg;
	int e = set_attr(t->ns, t->dirfd, t->name, t->attr);
	return e ? lb_fail_errno(err, e, "cannot set the attributes of %s", t->name) : 0;
}

int lb_run_unpack_attr(const struct lb_ns *ns, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err)
{
	struct attr_task t = { ns, dirfd, name, &n->attr };
	return ns->ids == LB_IDS_SUB ? lb_ns_call(ns, set_attr_here, &t, err) : set_attr_here(&t, err);
}

/* ---- files ---- */

struct output {
	int fd;
	const char *name;
};

static int on_bytes(void *arg, const void *data, size_t len, struct lb_err *err)
{
	const struct output *o = arg;
	return lb_fs_write_fd(o->fd, data, len, o->name, err);
}

/* What has a descriptor is copied by the kernel, which shares the blocks where the file system can. */
static bool copy_by_kernel(const struct lb_content *c, int to)
{
	lb_autofd int from = -1;
	if (lb_content_open(c, &from, NULL))
		return false;
	for (uint64_t left = c->size_bytes; left;) {
		ssize_t n = copy_file_range(from, NULL, to, NULL, left > (1u << 30) ? (1u << 30) : left, 0);
		if (n <= 0)
			return lseek(to, 0, SEEK_SET) != 0 || ftruncate(to, 0) != 0;
		left -= (uint64_t)n;
	}
	return true;
}

static int write_file(struct unpacker *u, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err)
{
	uint64_t group = n->attr.link_group;
	const char *first = group ? lb_map_getn(u->links, &group, sizeof(group)) : NULL;
	if (first)
		return linkat(u->top, first, dirfd, name, 0) != 0 ? fail_here(u, errno, err) : 0;
	if (group)
		lb_map_setn(u->links, &group, sizeof(group), lb_strdup(u->path.data));
	lb_autofd int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_here(u, errno, err);
	struct output o = { fd, u->path.data };
	if (!n->content || copy_by_kernel(n->content, fd))
		return 0;
	return lb_content_read(n->content, on_bytes, &o, err);
}

/* 0, errno, or -1 for what this user cannot make. */
static int make_special(int dirfd, const char *name, const struct lb_node *n)
{
	const struct lb_attr *a = &n->attr;
	mode_t type = a->kind == LB_FIFO ? S_IFIFO : a->kind == LB_BLOCK ? S_IFBLK : S_IFCHR;
	if (a->kind == LB_SYMLINK)
		return symlinkat(a->target, dirfd, name) != 0 ? errno : 0;
	dev_t dev = a->kind == LB_WHITEOUT ? 0 : makedev(a->rdev_major, a->rdev_minor);
	if (mknodat(dirfd, name, type | 0600, dev) == 0)
		return 0;
	return errno == EPERM && a->kind != LB_WHITEOUT ? -1 : errno;
}

static int write_node(struct unpacker *u, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err);

static int write_dir(struct unpacker *u, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err)
{
	if (mkdirat(dirfd, name, 0700) != 0)
		return fail_here(u, errno, err);
	lb_autofd int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_here(u, errno, err);
	size_t len = u->path.len;
	int rc = 0;
	for (size_t i = 0; !rc && i < n->entries_count; i++) {
		lb_buf_addc(&u->path, '/');
		lb_buf_add(&u->path, n->entries[i].name, n->entries[i].name_len);
		rc = write_node(u, fd, n->entries[i].name, n->entries[i].node, err);
		u->path.len = len;
		u->path.data[len] = '\0';
	}
	return rc;
}

static int write_node(struct unpacker *u, int dirfd, const char *name, const struct lb_node *n, struct lb_err *err)
{
	int rc = 0;
	if (n->attr.kind == LB_SOCKET)
		return 0;
	if (n->attr.kind == LB_DIR)
		rc = write_dir(u, dirfd, name, n, err);
	else if (n->attr.kind == LB_FILE)
		rc = write_file(u, dirfd, name, n, err);
	else
		rc = make_special(dirfd, name, n);
	if (rc < 0)
		return n->attr.kind == LB_DIR || n->attr.kind == LB_FILE ? rc : 0;
	if (rc == 0 && n->attr.kind != LB_WHITEOUT)
		rc = set_attr(u->ns, dirfd, name, &n->attr);
	return rc ? fail_here(u, rc, err) : 0;
}

struct task {
	const struct lb_ns *ns;
	int dirfd;
	const char *name;
	const struct lb_node *tree;
};

static int unpack_here(void *arg, struct lb_err *err)
{
	const struct task *t = arg;
	lb_automap struct lb_map *links = lb_map_new(free);
	lb_autobuf struct lb_buf path = { 0 };
	lb_buf_adds(&path, t->name);
	struct unpacker u = { t->ns, t->dirfd, links, path };
	int rc = write_node(&u, t->dirfd, t->name, t->tree, err);
	path = u.path;
	return rc;
}

int lb_run_unpack(const struct lb_ns *ns, int dirfd, const char *name, struct lb_node *tree, struct lb_err *err)
{
	struct task t = { ns, dirfd, name, tree };
	return lb_ns_call(ns, unpack_here, &t, err);
}
