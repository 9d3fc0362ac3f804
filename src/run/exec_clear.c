/* SPDX-License-Identifier: Apache-2.0
 *
 * Unpacked layers are copies: what lies in blobs can be unpacked again, so that they go before anything else does.
 * While some executor lives they all stay, since it may have them mounted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/run.h"
#include "run/ns.h"

struct unpacked {
	char *name; /* in layers/ */
	uint64_t bytes;
	int64_t time_ns; /* when it was unpacked */
};

struct clearing {
	const char *dir;
	int dir_fd;
	uint64_t keep_bytes;
	bool look_only;
	struct unpacked *items;
	size_t count, cap;
	uint64_t bytes, freed;
};

static uint64_t bytes_below(int dirfd, const char *name)
{
	struct stat st;
	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return 0;
	uint64_t bytes = (uint64_t)st.st_blocks * 512;
	int fd = S_ISDIR(st.st_mode) ? openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) : -1;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	for (const struct dirent *de; dir && (de = readdir(dir));)
		if (strcmp(de->d_name, ".") != 0 && strcmp(de->d_name, "..") != 0)
			bytes += bytes_below(fd, de->d_name);
	if (dir)
		closedir(dir);
	return bytes;
}

static void look_at(struct clearing *c, int layers_fd, const char *name)
{
	struct stat st;
	if (fstatat(layers_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	c->items = lb_grow(c->items, c->count, &c->cap, sizeof(*c->items));
	struct unpacked *u = &c->items[c->count++];
	*u = (struct unpacked){ .name = lb_strdup(name), .bytes = bytes_below(layers_fd, name) };
	u->time_ns = (int64_t)st.st_ctim.tv_sec * 1000000000 + st.st_ctim.tv_nsec;
	c->bytes += u->bytes;
}

/* Nobody is there who could have a layer mounted. */
static bool is_idle(const struct clearing *c)
{
	int tmp = openat(c->dir_fd, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = tmp < 0 ? NULL : fdopendir(tmp);
	bool idle = true;
	for (const struct dirent *de; dir && idle && (de = readdir(dir));) {
		if (de->d_name[0] == '.')
			continue;
		lb_autofd int fd = openat(tmp, de->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		idle = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) == 0;
	}
	if (dir)
		closedir(dir);
	return idle;
}

static int oldest_first(const void *a, const void *b)
{
	const struct unpacked *x = a, *y = b;
	if (x->time_ns != y->time_ns)
		return x->time_ns < y->time_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int clear(struct clearing *c, int layers_fd, struct lb_err *err)
{
	int rc = 0;
	if (c->count)
		qsort(c->items, c->count, sizeof(*c->items), oldest_first);
	for (size_t i = 0; !rc && i < c->count && c->bytes - c->freed > c->keep_bytes; i++) {
		rc = lb_fs_remove(layers_fd, c->items[i].name, err);
		c->freed += rc ? 0 : c->items[i].bytes;
	}
	return rc ? lb_wrap(err, "%s/layers", c->dir) : 0;
}

static int look_and_clear(void *arg, struct lb_err *err)
{
	struct clearing *c = arg;
	lb_autofd int layers_fd = openat(c->dir_fd, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int list_fd = layers_fd < 0 ? -1 : openat(layers_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = list_fd < 0 ? NULL : fdopendir(list_fd);
	for (const struct dirent *de; dir && (de = readdir(dir));)
		if (de->d_name[0] != '.')
			look_at(c, layers_fd, de->d_name);
	if (dir)
		closedir(dir);
	return c->look_only || !c->count || !is_idle(c) ? 0 : clear(c, layers_fd, err);
}

/* lock: no executor begins meanwhile. */
static int with_lock(struct clearing *c, struct lb_err *err)
{
	lb_autofd int lock = openat(c->dir_fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (lock < 0 || flock(lock, LOCK_EX) != 0)
		return lb_fail_errno(err, errno, "cannot lock %s", c->dir);
	struct lb_ns ns = { .fd = -1 };
	int rc = lb_ns_open(&ns, err);
	if (!rc)
		rc = lb_ns_call(&ns, look_and_clear, c, err);
	lb_ns_close(&ns);
	return rc;
}

static int run(struct clearing *c, struct lb_err *err)
{
	c->dir_fd = open(c->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (c->dir_fd < 0)
		return e == ENOENT ? 0 : lb_fail_errno(err, e, "%s", c->dir);
	int rc = with_lock(c, err);
	lb_cleanup_fd(&c->dir_fd);
	for (size_t i = 0; i < c->count; i++)
		free(c->items[i].name);
	free(c->items);
	return rc;
}

int lb_exec_usage(const char *dir, uint64_t *layers, uint64_t *bytes, struct lb_err *err)
{
	struct clearing c = { .dir = dir, .look_only = true };
	int rc = run(&c, err);
	*layers = c.count;
	*bytes = c.bytes;
	return rc;
}

int lb_exec_clear(const char *dir, uint64_t keep_bytes, uint64_t *freed_bytes, struct lb_err *err)
{
	struct clearing c = { .dir = dir, .keep_bytes = keep_bytes };
	int rc = run(&c, err);
	*freed_bytes = c.freed;
	return rc;
}
