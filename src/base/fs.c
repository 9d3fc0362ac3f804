/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/mem.h"

int lb_fs_read_fd(int fd, struct lb_buf *out, struct lb_err *err)
{
	for (;;) {
		lb_buf_reserve(out, 65536);
		ssize_t n = read(fd, out->data + out->len, out->cap - out->len - 1);
		int e = errno;
		if (n < 0 && e == EINTR)
			continue;
		if (n < 0)
			return lb_fail_errno(err, e, "cannot read");
		if (n == 0) {
			out->data[out->len] = '\0';
			return 0;
		}
		out->len += (size_t)n;
	}
}

int lb_fs_read(int dirfd, const char *path, struct lb_buf *out, struct lb_err *err)
{
	lb_autofd int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);
	int e = errno;
	if (fd < 0)
		return lb_fail_errno(err, e, "%s", path);
	int rc = lb_fs_read_fd(fd, out, err);
	return rc ? lb_wrap(err, "%s", path) : 0;
}

int lb_fs_write_fd(int fd, const void *data, size_t len, const char *name, struct lb_err *err)
{
	const char *p = data;
	while (len) {
		ssize_t n = write(fd, p, len);
		int e = errno;
		if (n < 0 && e == EINTR)
			continue;
		if (n < 0)
			return lb_fail_errno(err, e, "cannot write %s", name);
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int lb_fs_to_sink(void *arg, const void *data, size_t len, struct lb_err *err)
{
	const struct lb_fs_sink *s = arg;
	return lb_fs_write_fd(s->fd, data, len, s->name, err);
}

static void random_suffix(char out[13])
{
	uint8_t raw[6];
	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		memset(raw, 0, sizeof(raw));
	for (int i = 0; i < 6; i++)
		snprintf(out + 2 * i, 3, "%02x", raw[i]);
}

/* A device, a pipe: it is written to, and stays what it is. */
static bool is_special(int dirfd, const char *path)
{
	struct stat st;
	return fstatat(dirfd, path, &st, 0) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_special(int dirfd, const char *path, const void *data, size_t len, struct lb_err *err)
{
	lb_autofd int fd = openat(dirfd, path, O_WRONLY | O_CLOEXEC);
	int e = errno;
	if (fd < 0)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot write to %s", path), LB_CANTCREAT));
	return lb_fs_write_fd(fd, data, len, path, err);
}

int lb_fs_write(int dirfd, const char *path, const void *data, size_t len, struct lb_err *err)
{
	if (is_special(dirfd, path))
		return write_special(dirfd, path, data, len, err);
	char suffix[13];
	random_suffix(suffix);
	lb_autofree char *tmp = lb_format("%s.%s.tmp", path, suffix);
	lb_autofd int fd = openat(dirfd, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int e = errno;
	if (fd < 0)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s", path), LB_CANTCREAT));
	int rc = lb_fs_write_fd(fd, data, len, path, err);
	if (!rc && renameat(dirfd, tmp, dirfd, path) != 0) {
		e = errno;
		rc = lb_fail_errno(err, e, "cannot create %s", path);
	}
	if (rc)
		unlinkat(dirfd, tmp, 0);
	return rc;
}

int lb_fs_mkdirs(int dirfd, const char *path, struct lb_err *err)
{
	lb_autofree char *part = lb_strdup(path);
	for (char *p = part + (*part == '/');; p++) {
		if (*p && *p != '/')
			continue;
		char keep = *p;
		*p = '\0';
		if (*part && mkdirat(dirfd, part, 0777) != 0) {
			int e = errno;
			if (e != EEXIST || !lb_fs_is_dir(dirfd, part)) {
				lb_fail_errno(err, e == EEXIST ? ENOTDIR : e, "cannot create the directory %s", part);
				return lb_recode(err, LB_CANTCREAT);
			}
		}
		*p = keep;
		if (!keep)
			return 0;
	}
}

static int remove_dir(int dirfd, const char *path, struct lb_err *err);

static int remove_entry(int dirfd, const char *path, struct lb_err *err)
{
	if (unlinkat(dirfd, path, 0) == 0)
		return 0;
	int e = errno;
	if (e == ENOENT)
		return 0;
	if (e == EISDIR || e == EPERM)
		return remove_dir(dirfd, path, err);
	return lb_fail_errno(err, e, "cannot remove %s", path);
}

static int remove_dir(int dirfd, const char *path, struct lb_err *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int e = errno;
	if (fd < 0 && e == EACCES && fchmodat(dirfd, path, 0700, 0) == 0) {
		fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		e = errno;
	}
	if (fd < 0)
		return lb_fail_errno(err, e, "cannot remove %s", path);
	DIR *dir = fdopendir(fd);
	int rc = 0;
	for (struct dirent *de; !rc && (de = readdir(dir));) {
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		rc = remove_entry(fd, de->d_name, err);
	}
	closedir(dir);
	if (!rc && unlinkat(dirfd, path, AT_REMOVEDIR) != 0) {
		e = errno;
		if (e != ENOENT)
			rc = lb_fail_errno(err, e, "cannot remove %s", path);
	}
	return rc;
}

int lb_fs_remove(int dirfd, const char *path, struct lb_err *err)
{
	return remove_entry(dirfd, path, err);
}

int lb_fs_open_dir(int dirfd, const char *path, int *fd, struct lb_err *err)
{
	*fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	return *fd < 0 ? lb_fail_errno(err, e, "%s", path) : 0;
}

bool lb_fs_exists(int dirfd, const char *path)
{
	struct stat st;
	return fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

bool lb_fs_is_dir(int dirfd, const char *path)
{
	struct stat st;
	return fstatat(dirfd, path, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

int lb_fs_mkdtemp(const char *dir, const char *prefix, char **path, struct lb_err *err)
{
	if (!dir)
		dir = getenv("TMPDIR");
	if (!dir || !*dir)
		dir = "/tmp";
	lb_autofree char *name = lb_format("%s/%sXXXXXX", dir, prefix);
	if (!mkdtemp(name)) {
		int e = errno;
		lb_fail_errno(err, e, "cannot create a directory below %s", dir);
		return lb_recode(err, LB_CANTCREAT);
	}
	*path = lb_steal(&name);
	return 0;
}
