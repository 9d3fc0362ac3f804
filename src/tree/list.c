/* SPDX-License-Identifier: Apache-2.0
 *
 * One directory on disk: its names in order, what stat says of each, a leaf of each. What the memo has is taken from
 * there: the names when the directory has the times that it had, digests of files with the same inode, size and times,
 * and that there were no xattrs, since a new one would show in the change time.
 */
#include "tree/dir.h"

#include <dirent.h>
#include <endian.h>
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
#include "tree/memo.h"

enum { LISTING_BYTES = 32768 };

/* ---- names ---- */

struct name {
	uint64_t order; /* the first eight bytes as a number: most comparisons need no more */
	const char *text;
	size_t len;
};

struct listing {
	struct name *items;
	size_t count, bytes; /* of all names, each with its NUL */
	struct lb_buf text;
};

static void listing_release(struct listing *l)
{
	free(l->items);
	lb_buf_release(&l->text);
}

static int read_names(struct listing *l, int fd)
{
	_Alignas(8) char piece[LISTING_BYTES];
	for (;;) {
		ssize_t n = getdents64(fd, piece, sizeof(piece));
		if (n <= 0)
			return n < 0 ? errno : 0;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *de = (const struct dirent64 *)(const void *)(piece + at);
			at += de->d_reclen;
			if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
				continue;
			lb_buf_add(&l->text, de->d_name, strlen(de->d_name) + 1);
			l->count++;
		}
	}
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return lb_name_compare(x->text, x->len, y->text, y->len);
}

static int list(struct listing *l, int fd)
{
	int e = read_names(l, fd);
	if (e || !l->count)
		return e;
	l->items = lb_malloc(l->count * sizeof(*l->items));
	l->bytes = l->text.len;
	const char *p = l->text.data;
	for (size_t i = 0; i < l->count; i++) {
		size_t len = strlen(p);
		uint64_t word = 0;
		memcpy(&word, p, len < 8 ? len : 8);
		l->items[i] = (struct name){ be64toh(word), p, len };
		p += len + 1;
	}
	qsort(l->items, l->count, sizeof(*l->items), by_name);
	return 0;
}

/* The names that the memo has. false: they are not in order, and no names of a directory. */
static bool recall_names(struct listing *l, const struct lb_dir_memo *m, const struct lb_memo_view *v)
{
	l->items = lb_malloc(v->dir->entries * sizeof(*l->items) + 1);
	l->bytes = 0;
	for (l->count = 0; l->count < v->dir->entries; l->count++) {
		const struct lb_memo_entry *e = &v->entries[l->count];
		struct name *n = &l->items[l->count];
		*n = (struct name){ 0, lb_dir_memo_name(m, e), e->name_len };
		if (!n->text || (l->count && lb_name_compare(n[-1].text, n[-1].len, n->text, n->len) >= 0))
			return false;
		l->bytes += n->len + 1;
	}
	return true;
}

/* ---- attributes ---- */

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

static struct lb_attr attr_of(bool canonical, const struct stat *st)
{
	struct lb_attr a = { .kind = kind_of(st->st_mode) };
	if (a.kind == LB_CHAR || a.kind == LB_BLOCK) {
		a.rdev_major = major(st->st_rdev);
		a.rdev_minor = minor(st->st_rdev);
	}
	if (canonical) {
		a.mode = canonical_mode(a.kind, st->st_mode);
		a.mtime.sec = LB_CONTEXT_TIME;
		return a;
	}
	a.mode = st->st_mode & 07777;
	a.uid = st->st_uid;
	a.gid = st->st_gid;
	a.mtime = (struct lb_time){ st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec };
	return a;
}

/* st_size is not to be relied on: /proc and some overlays say 0. */
static int read_target(int fd, const char *name, char **out)
{
	for (size_t cap = 256;; cap *= 2) {
		lb_autofree char *buf = lb_malloc(cap);
		ssize_t n = readlinkat(fd, name, buf, cap);
		if (n < 0)
			return errno;
		if ((size_t)n < cap) {
			*out = lb_strndup(buf, (size_t)n);
			return 0;
		}
	}
}

/* ---- xattrs ---- */

struct xattrs {
	struct lb_xattr *items;
	size_t count, cap;
};

static void xattrs_release(struct xattrs *x)
{
	for (size_t i = 0; i < x->count; i++) {
		free(x->items[i].name);
		free(x->items[i].value);
	}
	free(x->items);
}
#define autoxattrs __attribute__((cleanup(xattrs_release)))

/* A label of the host's policy, which no archive carries. */
static bool is_host_label(const char *name)
{
	return strcmp(name, "security.selinux") == 0;
}

static int read_value(const char *path, const char *name, struct lb_xattr *out)
{
	for (;;) {
		ssize_t n = lgetxattr(path, name, NULL, 0);
		if (n < 0)
			return errno;
		lb_autofree void *value = lb_malloc((size_t)n);
		ssize_t got = lgetxattr(path, name, value, (size_t)n);
		if (got < 0 && errno == ERANGE)
			continue;
		if (got < 0)
			return errno;
		*out = (struct lb_xattr){ lb_strdup(name), n ? lb_steal(&value) : NULL, (size_t)got };
		return 0;
	}
}

static int by_xattr_name(const void *a, const void *b)
{
	return strcmp(((const struct lb_xattr *)a)->name, ((const struct lb_xattr *)b)->name);
}

/* ENODATA: removed between the list and the look. */
static int read_values(struct xattrs *x, const char *path, const char *names, size_t len)
{
	for (const char *p = names; p < names + len; p += strlen(p) + 1) {
		if (is_host_label(p))
			continue;
		x->items = lb_grow(x->items, x->count, &x->cap, sizeof(*x->items));
		int e = read_value(path, p, &x->items[x->count]);
		if (e && e != ENODATA)
			return e;
		x->count += !e;
	}
	if (x->count)
		qsort(x->items, x->count, sizeof(*x->items), by_xattr_name);
	return 0;
}

/* By way of /proc, since there is no call that takes a descriptor and a name. */
static int read_xattrs(int fd, const char *name, struct xattrs *out)
{
	lb_autofree char *path = lb_format("/proc/self/fd/%d/%s", fd, name);
	for (;;) {
		ssize_t n = llistxattr(path, NULL, 0);
		if (n < 0)
			return errno == ENOTSUP ? 0 : errno;
		if (n == 0)
			return 0;
		lb_autofree char *names = lb_malloc((size_t)n);
		ssize_t got = llistxattr(path, names, (size_t)n);
		if (got >= 0)
			return read_values(out, path, names, (size_t)got);
		if (errno != ERANGE)
			return errno;
	}
}

/* ---- entries ---- */

static bool is_same(const struct lb_source_dir *d, const struct lb_source_entry *e, const struct lb_memo_entry *was)
{
	return (was->flags & LB_MEMO_KEY) && was->ino == e->ino && was->ctime_ns == e->ctime_ns && was->mtime_ns == e->mtime_ns &&
	       was->size_bytes == e->size_bytes && was->mode == e->mode && e->dev == d->dev;
}

static void recall(struct lb_source_dir *d, struct lb_source_entry *e, const struct lb_memo_entry *was)
{
	e->was_dir = UINT32_MAX;
	if (!was)
		return;
	if (was->flags & LB_MEMO_KEPT)
		e->flags |= LB_ENTRY_WAS_KEPT;
	if (S_ISDIR(was->mode)) {
		e->was_dir = was->dir;
		return;
	}
	if (!is_same(d, e, was))
		return;
	e->flags |= LB_ENTRY_SAME;
	if (was->flags & LB_MEMO_BARE)
		e->flags |= LB_ENTRY_BARE;
	if (was->flags & LB_MEMO_DIGEST)
		e->flags |= LB_ENTRY_RECALLED;
}

static void take_stat(struct lb_source_entry *e, const struct stat *st)
{
	e->dev = st->st_dev;
	e->ino = st->st_ino;
	e->size_bytes = (uint64_t)st->st_size;
	e->mtime_ns = lb_time_ns(st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	e->ctime_ns = lb_time_ns(st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	e->mode = st->st_mode;
}

/* The attributes of a leaf that stat alone does not tell. */
static int complete(const struct lb_source_dir *d, struct lb_source_entry *e, int fd, struct lb_attr *attr, char **target, struct xattrs *x)
{
	int error = attr->kind == LB_SYMLINK ? read_target(fd, e->name, target) : 0;
	attr->target = *target;
	if (error || d->source->canonical || attr->kind == LB_DIR || (e->flags & LB_ENTRY_BARE))
		return error;
	error = read_xattrs(fd, e->name, x);
	attr->xattrs = x->items;
	attr->xattrs_count = x->count;
	e->flags |= x->count ? 0 : LB_ENTRY_BARE;
	return error;
}

static int make_leaf(struct lb_source_dir *d, size_t i, int fd, const struct stat *st, const struct lb_memo_entry *was)
{
	struct lb_source_entry *e = &d->entries[i];
	struct lb_attr attr = attr_of(d->source->canonical, st);
	struct lb_content *content = NULL;
	lb_autofree char *target = NULL;
	autoxattrs struct xattrs x = { 0 };
	if (attr.kind == LB_FILE && st->st_nlink > 1 && !d->source->canonical)
		e->flags |= LB_ENTRY_LINKED;
	int error = attr.kind == LB_SYMLINK || !d->source->canonical ? complete(d, e, fd, &attr, &target, &x) : 0;
	if (error)
		return error;
	if (attr.kind == LB_FILE && e->size_bytes) {
		content = lb_source_file(d, i);
		if (e->flags & LB_ENTRY_RECALLED)
			lb_content_set_digest(content, &was->digest);
	}
	lb_node_place(&d->leaves[i].node, &d->slab, &attr, content);
	return 0;
}

/* ---- the directory ---- */

struct scan {
	struct lb_source_dir *d;
	const struct lb_dir_memo *memo;
	struct lb_memo_view was; /* dir NULL: none */
	uint32_t at;             /* in was.entries: all before it have lower names than what comes */
	size_t met;              /* entries that were there */
	char *names;
};

/* What the memo has under the name of e, which is number i in the listing; names come in order. */
static const struct lb_memo_entry *entry_was(struct scan *s, size_t i, const struct lb_source_entry *e)
{
	if (s->d->names_known) {
		s->met++;
		return &s->was.entries[i];
	}
	while (s->was.dir && s->at < s->was.dir->entries) {
		const struct lb_memo_entry *was = &s->was.entries[s->at];
		const char *name = lb_dir_memo_name(s->memo, was);
		int c = name ? lb_name_compare(name, was->name_len, e->name, e->name_len) : -1;
		if (c > 0)
			break;
		s->at++;
		s->met += c == 0;
		if (c == 0)
			return was;
	}
	return NULL;
}

static int take(struct scan *s, int fd, size_t i, const struct name *name)
{
	struct lb_source_dir *d = s->d;
	struct lb_source_entry *e = &d->entries[d->count];
	struct stat st;
	*e = (struct lb_source_entry){ .name = s->names, .name_len = (uint32_t)name->len };
	memcpy(s->names, name->text, name->len + 1);
	s->names += name->len + 1;
	if (fstatat(fd, e->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	take_stat(e, &st);
	const struct lb_memo_entry *was = entry_was(s, i, e);
	recall(d, e, was);
	int error = make_leaf(d, d->count, fd, &st, was);
	d->count += !error;
	return error;
}

/* What vanished since it was listed is left out. */
static int take_all(struct scan *s, int fd, const struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		int e = take(s, fd, i, &l->items[i]);
		if (e && e != ENOENT)
			return e;
	}
	s->d->same_names = s->was.dir && s->met == s->was.dir->entries && s->met == s->d->count;
	return 0;
}

static bool find(struct scan *s, const struct stat *st, const struct lb_dir_memo *m, uint32_t *finger)
{
	if (!m || !lb_dir_memo_find(m, st->st_dev, st->st_ino, finger, &s->was)) {
		s->was.dir = NULL;
		return false;
	}
	const struct lb_memo_dir *was = s->was.dir;
	return (was->flags & LB_MEMO_DIR_KEY) && was->mtime_ns == lb_time_ns(st->st_mtim.tv_sec, st->st_mtim.tv_nsec) &&
	       was->ctime_ns == lb_time_ns(st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
}

static int place_dir(struct lb_source_dir *d, int fd, const struct stat *st)
{
	struct lb_attr attr = attr_of(d->source->canonical, st);
	autoxattrs struct xattrs x = { 0 };
	int e = d->source->canonical ? 0 : read_xattrs(fd, ".", &x);
	attr.xattrs = x.items;
	attr.xattrs_count = x.count;
	lb_node_place(&d->node, &d->slab, &attr, NULL);
	return e;
}

static int fill(struct scan *s, int fd, const struct stat *st, const struct listing *l)
{
	struct lb_source_dir *d = s->d;
	d->dev = st->st_dev;
	d->ino = st->st_ino;
	d->mtime_ns = lb_time_ns(st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	d->ctime_ns = lb_time_ns(st->st_ctim.tv_sec, st->st_ctim.tv_nsec);
	d->was = s->was.dir ? s->was.number : UINT32_MAX;
	int e = place_dir(d, fd, st);
	return e ? e : take_all(s, fd, l);
}

int lb_source_scan(struct lb_source *source, const char *path, const struct lb_dir_memo *m, uint32_t *finger, struct lb_source_dir **out)
{
	__attribute__((cleanup(listing_release))) struct listing l = { 0 };
	lb_autofd int fd = lb_fs_open_below(source->fd, *path ? path : ".", O_RDONLY | O_DIRECTORY);
	struct stat st;
	if (fd < 0 || fstat(fd, &st) != 0)
		return errno;
	struct scan s = { .memo = m };
	bool same_key = find(&s, &st, m, finger);
	bool known = same_key && (s.was.dir->flags & LB_MEMO_DIR_NAMES) && st.st_dev == source->names_dev;
	if (!known || !recall_names(&l, m, &s.was)) {
		listing_release(&l);
		l = (struct listing){ 0 };
		known = false;
		int e = list(&l, fd);
		if (e)
			return e;
	}
	s.d = lb_source_dir_new(source, path, l.count, l.bytes, &s.names);
	s.d->same_key = same_key;
	s.d->names_known = known;
	int e = fill(&s, fd, &st, &l);
	if (e)
		lb_source_dir_discard(s.d, 0);
	else
		*out = s.d;
	return e;
}
