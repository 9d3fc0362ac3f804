/* SPDX-License-Identifier: Apache-2.0
 *
 * Feeds every file of the given directories to a fuzz target, so that the corpus is a test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* A copy of its own size, so that a sanitizer sees a read past the end. */
static void feed(const struct lb_buf *text)
{
	lb_autofree uint8_t *data = lb_malloc(text->len);
	if (text->len)
		memcpy(data, text->data, text->len);
	LLVMFuzzerTestOneInput(data, text->len);
}

static int replay(const char *path, size_t *count)
{
	DIR *dir = opendir(path);
	struct lb_err err = { 0 };
	int rc = 0;
	if (!dir) {
		perror(path);
		return -1;
	}
	for (struct dirent *e; rc == 0 && (e = readdir(dir));) {
		lb_autobuf struct lb_buf text = { 0 };
		if (e->d_name[0] == '.')
			continue;
		rc = lb_fs_read(dirfd(dir), e->d_name, &text, &err);
		if (rc == 0)
			feed(&text);
		*count += rc == 0;
	}
	if (rc < 0)
		fprintf(stderr, "%s/%s\n", path, err.text);
	closedir(dir);
	return rc;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	for (int i = 1; i < argc; i++)
		if (replay(argv[i], &count) < 0)
			return 1;
	printf("%zu inputs\n", count);
	/* an empty corpus tests nothing */
	return count ? 0 : 1;
}
