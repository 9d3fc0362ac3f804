/* SPDX-License-Identifier: Apache-2.0
 *
 * A temporary directory for a test, and the store in it.
 */
#ifndef LBENCH_TESTS_STORE_DIR_H
#define LBENCH_TESTS_STORE_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/store.h"

/* cmocka's set-up and tear-down: *state is the path. */
static inline int make_dir(void **state)
{
	return lb_fs_mkdtemp("/tmp", "lbench-disk-", (char **)state, NULL);
}

static inline int remove_dir(void **state)
{
	lb_fs_remove(AT_FDCWD, *state, NULL);
	free(*state);
	return 0;
}

static inline struct lb_store *open_store(const char *dir)
{
	struct lb_store *s = NULL;
	struct lb_err err;
	if (lb_store_open(dir, &s, &err) != 0)
		fail_msg("%s", err.text);
	return s;
}

static inline size_t count_entries(const char *dir, const char *name)
{
	lb_autofree char *path = lb_path_join(dir, name);
	DIR *d = opendir(path);
	size_t n = 0;
	for (const struct dirent *de; d && (de = readdir(d));)
		n += de->d_name[0] != '.';
	if (d)
		closedir(d);
	return n;
}

#define LB_DIR_TEST(t) cmocka_unit_test_setup_teardown(t, make_dir, remove_dir)

#endif
