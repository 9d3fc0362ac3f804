/* SPDX-License-Identifier: Apache-2.0
 *
 * Files. Paths are relative to a directory descriptor (AT_FDCWD for the process's own); every
 * descriptor is O_CLOEXEC. Messages name the path as given.
 */
#ifndef LBENCH_FS_H
#define LBENCH_FS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lbench/buf.h"
#include "lbench/err.h"

/* Appends the whole file to out. LB_NOT_FOUND when it is not there. */
int lb_fs_read(int dirfd, const char *path, struct lb_buf *out, struct lb_err *err);
/* Appends what is left of fd. */
int lb_fs_read_fd(int fd, struct lb_buf *out, struct lb_err *err);
/* Writes all of data to fd, across short writes and EINTR. name is for the message. */
int lb_fs_write_fd(int fd, const void *data, size_t len, const char *name, struct lb_err *err);
/* The same for those who hand bytes on in pieces; arg is a struct lb_fs_sink. */
struct lb_fs_sink {
	int fd;
	const char *name;
};
int lb_fs_to_sink(void *arg, const void *data, size_t len, struct lb_err *err);
/* Whole or absent: writes under a temporary name beside path, renames. What is no regular file (/dev/stdout, a pipe) is
 * written to as it is. */
int lb_fs_write(int dirfd, const char *path, const void *data, size_t len, struct lb_err *err);
/* Makes path and its parents (0777 less umask); fine when it is there. LB_CANTCREAT on failure. */
int lb_fs_mkdirs(int dirfd, const char *path, struct lb_err *err);
/* Removes path and all below it; fine when it is not there. Does not follow links. */
int lb_fs_remove(int dirfd, const char *path, struct lb_err *err);
int lb_fs_open_dir(int dirfd, const char *path, int *fd, struct lb_err *err);
/* Opens path below dirfd without following any symbolic link; path may be longer than PATH_MAX. A FIFO or a
 * device that took a file's place does not block. The descriptor or -1 with errno. */
int lb_fs_open_below(int dirfd, const char *path, int flags);
bool lb_fs_exists(int dirfd, const char *path);
bool lb_fs_is_dir(int dirfd, const char *path);
/* A temporary directory below dir ("<dir>/<prefix>XXXXXX"; NULL: below TMPDIR, or /tmp); *path is the caller's. */
int lb_fs_mkdtemp(const char *dir, const char *prefix, char **path, struct lb_err *err);

/* "a/b" of "a" and "b"; the caller's. An absolute second part stands alone. */
char *lb_path_join(const char *a, const char *b);
/* path.Clean of Go's library, lexical: no "//", ".", inner ".."; "" gives ".". The caller's. */
char *lb_path_clean(const char *path);
char *lb_path_clean_rooted(const char *path); /* of "/" and path */
const char *lb_path_base(const char *path); /* what follows the last '/'; borrowed */
bool lb_path_is_below(const char *path, const char *dir); /* or dir itself; dir may end with '/' */
char *lb_path_dir(const char *path);        /* what stands before it, "." when nothing; the caller's */

#endif
