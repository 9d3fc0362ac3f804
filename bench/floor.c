/* SPDX-License-Identifier: Apache-2.0
 *
 * floor walk DIR    what a no-op rebuild cannot avoid: every file below DIR looked at with fstatat, nothing else.
 * Prints the number of files.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static long walk(int fd)
{
	DIR *dir = fdopendir(fd);
	long files = 0;
	for (struct dirent *de; dir && (de = readdir(dir));) {
		struct stat st;
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(dir), de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(st.st_mode))
			files += walk(openat(dirfd(dir), de->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
		else
			files++;
	}
	if (dir)
		closedir(dir);
	return files;
}

int main(int argc, char **argv)
{
	if (argc != 3 || strcmp(argv[1], "walk") != 0) {
		fprintf(stderr, "usage: floor walk DIR\n");
		return 64;
	}
	int fd = open(argv[2], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		fprintf(stderr, "%s: %s\n", argv[2], strerror(errno));
		return 74;
	}
	printf("%ld\n", walk(fd));
	return 0;
}
