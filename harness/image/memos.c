/* SPDX-License-Identifier: Apache-2.0 */
#include "image/memos.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

#define FOLDER "contexts"
#define OF     ".of"

enum { GRACE_S = 600 }; /* as lb_store_gc */

int img_memo_place(const char *store, const char *digits, char **out, struct lb_err *err)
{
	lb_autofree char *dir = lb_path_join(store, FOLDER);
	int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	if (!rc)
		*out = lb_path_join(dir, digits);
	return rc;
}

void img_memo_of(const char *memo_path, const char *dir)
{
	lb_autofree char *link = lb_format("%s" OF, memo_path);
	(void)!symlink(dir, link);
}

struct memo {
	char *name;
	uint64_t bytes;
	int64_t time_ns; /* when it was written */
	bool gone;       /* what it tells of */
};
struct memos {
	int fd; /* of the folder; -1: there is none */
	struct memo *items;
	size_t count, cap;
	uint64_t bytes;
};

static void memos_release(struct memos *m)
{
	for (size_t i = 0; i < m->count; i++)
		free(m->items[i].name);
	free(m->items);
	lb_cleanup_fd(&m->fd);
}

static bool is_link_name(const char *name)
{
	size_t n = strlen(name), k = strlen(OF);
	return n > k && strcmp(name + n - k, OF) == 0;
}

/* A link that leads nowhere: the directory is gone. None at all tells nothing. */
static bool is_gone(int fd, const char *name)
{
	lb_autofree char *link = lb_format("%s" OF, name);
	struct stat st;
	if (fstatat(fd, link, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return false;
	if (fstatat(fd, link, &st, 0) == 0)
		return !S_ISDIR(st.st_mode);
	return errno == ENOENT || errno == ENOTDIR;
}

static void look_at(struct memos *m, const char *name)
{
	struct stat st;
	if (is_link_name(name) || fstatat(m->fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
		return;
	m->items = lb_grow(m->items, m->count, &m->cap, sizeof(*m->items));
	m->items[m->count++] = (struct memo){ .name = lb_strdup(name),
					      .bytes = (uint64_t)st.st_size,
					      .time_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec,
					      .gone = is_gone(m->fd, name) };
	m->bytes += (uint64_t)st.st_size;
}

static int look(const char *store, struct memos *m, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(store, FOLDER);
	*m = (struct memos){ .fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	int e = errno;
	if (m->fd < 0)
		return e == ENOENT ? 0 : lb_fail_errno(err, e, "%s", path);
	int list = openat(m->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list < 0 ? NULL : fdopendir(list);
	for (const struct dirent *de; dir && (de = readdir(dir));)
		look_at(m, de->d_name);
	if (dir)
		closedir(dir);
	return 0;
}

static int gone_then_oldest(const void *a, const void *b)
{
	const struct memo *x = a, *y = b;
	if (x->gone != y->gone)
		return x->gone ? -1 : 1;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

int img_memos_usage(const char *store, uint64_t *memos, uint64_t *bytes, struct lb_err *err)
{
	__attribute__((cleanup(memos_release))) struct memos m;
	int rc = look(store, &m, err);
	*memos = m.count;
	*bytes = m.bytes;
	return rc;
}

/* The link goes last: a memo without one would be nobody's. */
static int remove_memo(const struct memos *m, const struct memo *memo, struct lb_err *err)
{
	lb_autofree char *link = lb_format("%s" OF, memo->name);
	int rc = lb_fs_remove(m->fd, memo->name, err);
	if (!rc)
		rc = lb_fs_remove(m->fd, link, err);
	return rc ? lb_wrap(err, "while removing what is remembered of a context") : 0;
}

int img_memos_clear(const char *store, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err)
{
	__attribute__((cleanup(memos_release))) struct memos m;
	const int64_t before_ns = (now - GRACE_S) * 1000000000;
	int rc = look(store, &m, err);
	*freed_bytes = 0;
	if (m.count)
		qsort(m.items, m.count, sizeof(*m.items), gone_then_oldest);
	for (size_t i = 0; !rc && i < m.count; i++) {
		const struct memo *memo = &m.items[i];
		if (!memo->gone && (memo->time_ns >= before_ns || m.bytes - *freed_bytes <= keep_bytes))
			continue;
		rc = remove_memo(&m, memo, err);
		*freed_bytes += rc ? 0 : memo->bytes;
	}
	return rc;
}
