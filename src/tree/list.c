/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/list.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lbench/mem.h"
#include "tree/node.h"

void lb_found_release(struct lb_found *f)
{
	free(f->target);
	for (size_t i = 0; i < f->xattrs_count; i++) {
		free(f->xattrs[i].name);
		free(f->xattrs[i].value);
	}
	free(f->xattrs);
}

void lb_listing_release(struct lb_listing *l)
{
	for (size_t i = 0; i < l->count; i++)
		lb_found_release(&l->items[i]);
	free(l->items);
	lb_buf_release(&l->names);
}

/* ---- names ---- */

struct name {
	uint64_t order; /* the first eight bytes as a number: most comparisons need no more */
	const char *text;
	size_t len;
};

static int list_names(struct lb_listing *l, int fd, char *scratch)
{
	for (;;) {
		ssize_t n = getdents64(fd, scratch, LB_LISTING_BYTES);
		if (n <= 0)
			return n < 0 ? errno : 0;
		for (ssize_t at = 0; at < n;) {
			const struct dirent64 *de = (const struct dirent64 *)(const void *)(scratch + at);
			at += de->d_reclen;
			if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
				continue;
			lb_buf_add(&l->names, de->d_name, strlen(de->d_name) + 1);
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

static struct name *sorted_names(const struct lb_listing *l)
{
	struct name *names = lb_malloc(l->count * sizeof(*names));
	const char *p = l->names.data;
	for (size_t i = 0; i < l->count; i++) {
		size_t len = strlen(p);
		uint64_t word = 0;
		memcpy(&word, p, len < 8 ? len : 8);
		names[i] = (struct name){ be64toh(word), p, len };
		p += len + 1;
	}
	qsort(names, l->count, sizeof(*names), by_name);
	return names;
}

/* ---- attributes ---- */

static void take_stat(struct lb_found *f, const struct stat *st)
{
	f->key = (struct lb_file_key){
		.dev = st->st_dev,
		.ino = st->st_ino,
		.size_bytes = (uint64_t)st->st_size,
		.mtime_ns = lb_time_ns(st->st_mtim.tv_sec, st->st_mtim.tv_nsec),
		.ctime_ns = lb_time_ns(st->st_ctim.tv_sec, st->st_ctim.tv_nsec),
	};
	f->mtime = (struct lb_time){ st->st_mtim.tv_sec, (uint32_t)st->st_mtim.tv_nsec };
	f->mode = st->st_mode;
	f->uid = st->st_uid;
	f->gid = st->st_gid;
	f->nlink = st->st_nlink;
	f->rdev = st->st_rdev;
}

/* st_size is not to be relied on: /proc and some overlays say 0. */
static int read_target(struct lb_found *f, int fd)
{
	for (size_t cap = 256;; cap *= 2) {
		lb_autofree char *buf = lb_malloc(cap);
		ssize_t n = readlinkat(fd, f->name, buf, cap);
		if (n < 0)
			return errno;
		if ((size_t)n < cap) {
			f->target = lb_strndup(buf, (size_t)n);
			return 0;
		}
	}
}

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
static int read_values(struct lb_found *f, const char *path, const char *names, size_t len)
{
	size_t cap = 0;
	for (const char *p = names; p < names + len; p += strlen(p) + 1) {
		if (is_host_label(p))
			continue;
		f->xattrs = lb_grow(f->xattrs, f->xattrs_count, &cap, sizeof(*f->xattrs));
		int e = read_value(path, p, &f->xattrs[f->xattrs_count]);
		if (e && e != ENODATA)
			return e;
		f->xattrs_count += !e;
	}
	if (f->xattrs_count)
		qsort(f->xattrs, f->xattrs_count, sizeof(*f->xattrs), by_xattr_name);
	return 0;
}

/* By way of /proc, since there is no call that takes a descriptor and a name. */
static int read_xattrs(struct lb_found *f, int fd, const char *name)
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
			return read_values(f, path, names, (size_t)got);
		if (errno != ERANGE)
			return errno;
	}
}

static int look_at(struct lb_found *f, int fd, bool with_xattrs)
{
	struct stat st;
	if (fstatat(fd, f->name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return errno;
	take_stat(f, &st);
	int e = S_ISLNK(st.st_mode) ? read_target(f, fd) : 0;
	return !e && with_xattrs ? read_xattrs(f, fd, f->name) : e;
}

int lb_listing_read(struct lb_listing *l, int fd, bool with_xattrs, char *scratch)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return errno;
	l->dev = st.st_dev;
	int e = list_names(l, fd, scratch);
	size_t names_count = l->count;
	if (e || !names_count) {
		l->count = 0;
		return e;
	}
	lb_autofree struct name *names = sorted_names(l);
	l->items = lb_malloc(names_count * sizeof(*l->items));
	l->count = 0;
	for (size_t i = 0; i < names_count; i++) {
		struct lb_found *f = &l->items[l->count];
		*f = (struct lb_found){ .name = names[i].text, .len = names[i].len };
		e = look_at(f, fd, with_xattrs);
		if (e)
			lb_found_release(f);
		else
			l->count++;
		if (e && e != ENOENT)
			return e;
	}
	return 0;
}

int lb_found_root(struct lb_found *f, int fd, bool with_xattrs)
{
	struct stat st;
	if (fstat(fd, &st) != 0)
		return errno;
	take_stat(f, &st);
	return with_xattrs ? read_xattrs(f, fd, ".") : 0;
}
