/* SPDX-License-Identifier: Apache-2.0 */
#include "run/upper.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/tree_source.h"
#include "run/unpack.h"

/* ---- times ---- */

static bool is_from(const struct timespec *t, struct lb_time start)
{
	return t->tv_sec > start.sec || (t->tv_sec == start.sec && t->tv_nsec >= start.nsec);
}

static int settle(const struct lb_upper *u, int dirfd, const char *name);

static int settle_below(const struct lb_upper *u, int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno;
	DIR *dir = fdopendir(fd);
	int e = 0;
	for (const struct dirent *de; !e && (de = readdir(dir));)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			e = settle(u, fd, de->d_name);
	closedir(dir);
	return e;
}

/* 0 or errno. */
static int settle(const struct lb_upper *u, int dirfd, const char *name)
{
	struct stat st;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	struct timespec times[2] = { { u->stamp.sec, u->stamp.nsec }, { u->stamp.sec, u->stamp.nsec } };
	int e = S_ISDIR(st.st_mode) ? settle_below(u, dirfd, name) : 0;
	bool whiteout = S_ISCHR(st.st_mode) && st.st_rdev == 0;
	if (!e && !whiteout && is_from(&st.st_mtim, u->start) && utimensat(dirfd, name, times, AT_SYMLINK_NOFOLLOW) != 0)
		e = errno;
	return e;
}

/* ---- bytes that only the namespace's root can read ---- */

struct guarded {
	struct lb_content content;
	struct lb_content *inner;
	const struct lb_ns *ns;
};

struct opening {
	const struct lb_content *inner;
	int *fd;
};

static int open_inner(void *arg, struct lb_err *err)
{
	const struct opening *o = arg;
	return lb_content_open(o->inner, o->fd, err);
}

static int guarded_open(const struct lb_content *c, int *fd, struct lb_err *err)
{
	const struct guarded *g = (const struct guarded *)c;
	struct opening o = { g->inner, fd };
	return lb_ns_call(g->ns, open_inner, &o, err);
}

static int guarded_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	lb_autofd int fd = -1;
	int rc = guarded_open(c, &fd, err);
	return rc ? rc : lb_content_read_fd(fd, 0, c->size_bytes, "a file of a RUN", sink, arg, err);
}

static void guarded_free(struct lb_content *c)
{
	struct guarded *g = (struct guarded *)c;
	lb_content_unref(g->inner);
	free(g);
}

static const struct lb_content_ops guarded_ops = { .read = guarded_read, .free = guarded_free, .open = guarded_open };

static struct lb_content *guard(const struct lb_ns *ns, struct lb_content *inner)
{
	struct guarded *g = lb_malloc(sizeof(*g));
	lb_content_init(&g->content, &guarded_ops, inner->size_bytes);
	g->inner = lb_content_ref(inner);
	g->ns = ns;
	return &g->content;
}

/* ---- the layer ---- */

struct making {
	const struct lb_upper *u;
	struct lb_buf path;
	struct lb_err *err;
};

static bool is_overlay_mark(const char *name)
{
	return strncmp(name, LB_OVERLAY_XATTR, strlen(LB_OVERLAY_XATTR)) == 0;
}

/* A capability that was set in a namespace names whose root it is for; in a layer it is root's (revision 2 of
 * the kernel's vfs_cap_data). */
static void strip_root_id(struct lb_xattr *x)
{
	unsigned char *v = x->value;
	if (strcmp(x->name, "security.capability") == 0 && x->value_len == 24 && v[3] == 3) {
		v[3] = 2;
		x->value_len = 20;
	}
}

/* A copy for the layer: without overlayfs's own attributes. xattrs is the caller's array. */
static struct lb_attr clean_attr(const struct making *m, const struct lb_node *raw, const struct lb_node *lower, struct lb_xattr *xattrs)
{
	struct lb_attr a = raw->attr;
	a.opaque = false;
	a.xattrs = xattrs;
	a.xattrs_count = 0;
	for (size_t i = 0; i < raw->attr.xattrs_count; i++) {
		const struct lb_xattr *x = &raw->attr.xattrs[i];
		if (strcmp(x->name, LB_OVERLAY_XATTR "opaque") == 0)
			a.opaque = lower && raw->attr.kind == LB_DIR && x->value_len == 1 && *(const char *)x->value == 'y';
		if (is_overlay_mark(x->name))
			continue;
		xattrs[a.xattrs_count] = *x;
		strip_root_id(&xattrs[a.xattrs_count++]);
	}
	if (m->u->ns->ids == LB_IDS_ONE) {
		bool copied_up = lower && lower->attr.kind == a.kind && !a.opaque;
		a.uid = copied_up ? lower->attr.uid : m->u->uid;
		a.gid = copied_up ? lower->attr.gid : m->u->gid;
	}
	return a;
}

static bool is_stub(const struct making *m)
{
	return lb_strv_has(m->u->stubs, m->path.data);
}

/* Copied up by overlayfs, and then not changed after all. */
static bool is_as_before(const struct lb_attr *a, struct lb_content *content, const struct lb_node *lower)
{
	struct lb_digest x, y;
	if (!lower || a->link_group)
		return false;
	struct lb_attr before = lower->attr;
	before.link_group = 0;
	if (!lb_attr_equal(a, &before, true) || (content ? content->size_bytes : 0) != lb_node_size(lower))
		return false;
	return lb_content_digest(content, &x, NULL) == 0 && lb_content_digest(lower->content, &y, NULL) == 0 && lb_digest_equal(&x, &y);
}

static bool owner_may(const struct lb_node *raw, uint32_t bits)
{
	uint32_t shift = raw->attr.uid == 0 ? 6 : 0;
	return (raw->attr.mode >> shift & bits) == bits;
}

static struct lb_node *make_leaf(const struct making *m, const struct lb_node *raw, const struct lb_node *lower, bool closed)
{
	lb_autofree struct lb_xattr *xattrs = lb_calloc(raw->attr.xattrs_count + 1, sizeof(*xattrs));
	struct lb_attr a = clean_attr(m, raw, lower, xattrs);
	if (a.kind == LB_SOCKET)
		return NULL;
	if (a.kind == LB_CHAR && !a.rdev_major && !a.rdev_minor) {
		static const struct lb_attr gone = { .kind = LB_WHITEOUT };
		return lower ? lb_node_new(&gone, NULL) : NULL;
	}
	if (a.kind == LB_FILE && !lower && !lb_node_size(raw) && is_stub(m))
		return NULL;
	bool direct = m->u->ns->ids == LB_IDS_ALL || (!closed && owner_may(raw, 4));
	struct lb_content *content = !raw->content ? NULL : direct ? lb_content_ref(raw->content) : guard(m->u->ns, raw->content);
	if (is_as_before(&a, content, lower)) {
		lb_content_unref(content);
		return NULL;
	}
	return lb_node_new(&a, content);
}

static struct lb_node *make_dir(struct making *m, const struct lb_node *raw, const struct lb_node *lower, bool closed);

static struct lb_node *make(struct making *m, const struct lb_entry *e, const struct lb_node *lower_dir, bool closed)
{
	struct lb_node *lower = lower_dir ? lb_dir_find(lower_dir, e->name, e->name_len) : NULL;
	size_t len = m->path.len;
	if (len)
		lb_buf_addc(&m->path, '/');
	lb_buf_add(&m->path, e->name, e->name_len);
	struct lb_node *n = e->node->attr.kind == LB_DIR ? make_dir(m, e->node, lower, closed) : make_leaf(m, e->node, lower, closed);
	m->path.len = len;
	m->path.data[len] = '\0';
	return n;
}

static struct lb_entry *make_entries(struct making *m, const struct lb_node *raw, const struct lb_node *lower, bool closed, size_t *count)
{
	struct lb_entry *entries = lb_calloc(raw->entries_count + 1, sizeof(*entries));
	closed = closed || !owner_may(raw, 1);
	for (size_t i = 0; i < raw->entries_count; i++) {
		const struct lb_entry *e = &raw->entries[i];
		struct lb_node *n = make(m, e, lower, closed);
		if (n)
			entries[(*count)++] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, n };
	}
	return entries;
}

static struct lb_node *make_dir(struct making *m, const struct lb_node *raw, const struct lb_node *lower, bool closed)
{
	lb_autofree struct lb_xattr *xattrs = lb_calloc(raw->attr.xattrs_count + 1, sizeof(*xattrs));
	struct lb_attr a = clean_attr(m, raw, lower, xattrs);
	bool through = lb_node_is_dir(lower) && !a.opaque;
	size_t count = 0;
	struct lb_entry *entries = make_entries(m, raw, through ? lower : NULL, closed, &count);
	bool same = through && lb_attr_equal(&a, &lower->attr, true);
	if (!count && (same || (!lower && is_stub(m)))) {
		free(entries);
		return NULL;
	}
	return lb_node_new_dir(&a, entries, count);
}

static const struct lb_attr root_attr = { .kind = LB_DIR, .mode = 0755, .implied = true };

static struct lb_node *make_layer(const struct lb_upper *u, const struct lb_node *raw, struct lb_err *err)
{
	struct making m = { .u = u, .err = err };
	size_t count = 0;
	struct lb_entry *entries = make_entries(&m, raw, u->root, false, &count);
	lb_buf_release(&m.path);
	if (!count) {
		free(entries);
		return NULL;
	}
	return lb_node_new_dir(&root_attr, entries, count);
}

/* ---- both ---- */

struct reading {
	const struct lb_upper *u;
	struct lb_node *raw;
};

static int read_upper(void *arg, struct lb_err *err)
{
	struct reading *r = arg;
	const struct lb_dir_options plain = { 0 };
	int e = r->u->start.sec ? settle_below(r->u, AT_FDCWD, r->u->path) : 0;
	if (e)
		return lb_fail_errno(err, e, "cannot set the times of what a RUN left");
	return lb_tree_from_dir(r->u->path, &plain, &r->raw, err);
}

int lb_upper_layer(const struct lb_upper *u, struct lb_node **out, struct lb_err *err)
{
	struct reading r = { .u = u };
	int rc = lb_ns_call(u->ns, read_upper, &r, err);
	if (rc)
		return rc;
	*out = make_layer(u, r.raw, err);
	lb_node_unref(r.raw);
	return 0;
}
