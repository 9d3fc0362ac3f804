/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lbench/mem.h"

/* openat2 is missing before Linux 5.6 and refused by some container runtimes' filters; then only the last
 * component is kept from being a link. */
static int open_short(int dirfd, const char *path, int flags)
{
	flags |= O_CLOEXEC | O_NOFOLLOW;
	if (!(flags & O_PATH)) /* openat2 refuses them beside it */
		flags |= O_NOCTTY | O_NONBLOCK;
	struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH };
	int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
	if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
		fd = openat(dirfd, path, flags);
	return fd;
}

/* A prefix of path that the kernel takes in one call: up to a '/', at most PATH_MAX - 1 bytes. */
static size_t prefix_len(const char *path)
{
	size_t n = PATH_MAX - 1;
	while (n && path[n] != '/')
		n--;
	return n;
}

int lb_fs_open_below(int dirfd, const char *path, int flags)
{
	lb_autofd int held = -1;
	for (size_t left = strlen(path); left >= PATH_MAX;) {
		size_t n = prefix_len(path);
		if (!n) {
			errno = ENAMETOOLONG;
			return -1;
		}
		lb_autofree char *part = lb_strndup(path, n);
		int next = open_short(held >= 0 ? held : dirfd, part, O_PATH | O_DIRECTORY);
		if (next < 0)
			return -1;
		lb_cleanup_fd(&held);
		held = next;
		path += n + 1;
		left -= n + 1;
	}
	return open_short(held >= 0 ? held : dirfd, path, flags);
}
