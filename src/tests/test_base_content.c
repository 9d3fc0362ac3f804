/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/content.h"
#include "lbench/fs.h"
#include "lbench/mem.h"

static int make_dir(void **state)
{
	char *dir = NULL;
	struct lb_err err;
	if (lb_fs_mkdtemp("/tmp", "lbench-content-", &dir, &err))
		return -1;
	*state = dir;
	return 0;
}

static int remove_dir(void **state)
{
	lb_autofree char *dir = *state;
	return lb_fs_remove(AT_FDCWD, dir, NULL);
}

static void bytes_are_read_and_digested_once(void **state)
{
	(void)state;
	lb_autocontent struct lb_content *c = lb_content_text("abc");
	struct lb_digest d, expected = lb_digest_of("abc", 3);
	assert_false(lb_content_digest_known(c, &d));
	assert_int_equal(lb_content_digest(c, &d, NULL), 0);
	assert_true(lb_digest_equal(&d, &expected));
	assert_true(lb_content_digest_known(c, &d));
	struct lb_digest other = { { 1 } };
	lb_content_set_digest(c, &other);
	assert_int_equal(lb_content_digest(c, &d, NULL), 0);
	assert_true(lb_digest_equal(&d, &expected));
	lb_autobuf struct lb_buf b = { 0 };
	lb_buf_adds(&b, ">");
	assert_int_equal(lb_content_load(c, &b, NULL), 0);
	assert_string_equal(b.data, ">abc");
	int fd;
	struct lb_err err;
	assert_int_equal(lb_content_open(c, &fd, &err), LB_UNSUPPORTED);
}

static void no_content_is_the_empty_string(void **state)
{
	(void)state;
	struct lb_digest d, expected = lb_digest_of("", 0);
	assert_int_equal(lb_content_digest(NULL, &d, NULL), 0);
	assert_true(lb_digest_equal(&d, &expected));
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_content_load(NULL, &b, NULL), 0);
	assert_int_equal(b.len, 0);
	lb_content_unref(lb_content_ref(NULL));
}

static void files_and_slices_of_files(void **state)
{
	int dirfd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct lb_err err;
	assert_int_equal(lb_fs_write(dirfd, "f", "0123456789", 10, &err), 0);
	lb_autocontent struct lb_content *whole = lb_content_file(dirfd, "f", 0, 10);
	lb_autocontent struct lb_content *slice = lb_content_file(dirfd, "f", 3, 4);
	close(dirfd);
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_content_load(whole, &b, &err), 0);
	assert_int_equal(lb_content_load(slice, &b, &err), 0);
	assert_string_equal(b.data, "01234567893456");
	lb_autofd int fd = -1;
	assert_int_equal(lb_content_open(whole, &fd, &err), 0);
	assert_int_equal(lb_content_open(slice, &fd, &err), LB_UNSUPPORTED);
}

static void a_changed_file_is_one_clear_error(void **state)
{
	struct lb_err err;
	lb_autofree char *path = lb_path_join(*state, "g");
	assert_int_equal(lb_fs_write(AT_FDCWD, path, "0123456789", 10, &err), 0);
	struct {
		uint64_t offset, size;
		const char *message;
	} rows[] = {
		{ 0, 11, "has changed while it was in use: 10 bytes, expected 11" },
		{ 0, 9, "has changed while it was in use: 10 bytes, expected 9" },
		{ 5, 6, "has changed while it was in use: 10 bytes, expected 11" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autocontent struct lb_content *c = lb_content_file(AT_FDCWD, path, rows[i].offset, rows[i].size);
		struct lb_digest d;
		assert_int_equal(lb_content_digest(c, &d, &err), LB_IO);
		lb_autofree char *expected = lb_format("%s %s", path, rows[i].message);
		assert_string_equal(err.text, expected);
	}
	lb_autocontent struct lb_content *gone = lb_content_file(AT_FDCWD, "/nonexistent/f", 0, 1);
	struct lb_digest d;
	assert_int_equal(lb_content_digest(gone, &d, &err), LB_IO);
	assert_string_equal(err.text, "cannot read /nonexistent/f: No such file or directory");
	lb_autofree char *fifo = lb_path_join(*state, "fifo");
	assert_int_equal(mkfifo(fifo, 0600), 0);
	lb_autocontent struct lb_content *pipe = lb_content_file(AT_FDCWD, fifo, 0, 5);
	assert_int_equal(lb_content_digest(pipe, &d, &err), LB_IO);
}

static void many_contents_share_one_descriptor(void **state)
{
	int dirfd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(lb_fs_write(dirfd, "f", "x", 1, NULL), 0);
	struct lb_content_root *r = lb_content_root_new(dirfd);
	close(dirfd);
	struct lb_content *all[3000];
	for (size_t i = 0; i < LB_COUNT(all); i++)
		all[i] = lb_content_file_in(r, "f", 0, 1);
	lb_content_root_unref(r);
	lb_autobuf struct lb_buf b = { 0 };
	for (size_t i = 0; i < LB_COUNT(all); i++) {
		assert_int_equal(lb_content_load(all[i], &b, NULL), 0);
		lb_content_unref(all[i]);
	}
	assert_int_equal(b.len, LB_COUNT(all));
}

static void noise_is_the_same_everywhere(void **state)
{
	(void)state;
	struct lb_digest seed = lb_digest_of("seed", 4), d;
	static const struct {
		uint64_t size;
		double ratio;
		const char *digest;
	} rows[] = {
		{ 0, 0.5, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
		{ 13, 1.0, "859f88d3e6be17722972feb14d021d86e385320dc92fdfdf89cbdb0ad22c7b14" },
		{ 100000, 0.31, "387bcb892332aa99caa4d3ad2a40409e08476196726ed2b84650161dce7f6eb1" },
		{ 1 << 20, 0.0, "2eafc5e2cc78bdce969ff131bde15e93be3724d281e41722c0f9af10c80f1933" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autocontent struct lb_content *c = lb_content_noise(&seed, rows[i].size, rows[i].ratio);
		assert_int_equal(lb_content_digest(c, &d, NULL), 0);
		char hex[LB_DIGEST_HEX];
		lb_digest_hex(&d, hex);
		assert_string_equal(hex, rows[i].digest);
	}
}

static void noise_follows_its_seed(void **state)
{
	(void)state;
	struct lb_digest seeds[2] = { lb_digest_of("a", 1), lb_digest_of("b", 1) }, d[2];
	for (size_t i = 0; i < 2; i++) {
		lb_autocontent struct lb_content *c = lb_content_noise(&seeds[i], 4096, 0.01);
		assert_int_equal(lb_content_digest(c, &d[i], NULL), 0);
	}
	assert_false(lb_digest_equal(&d[0], &d[1]));
}

static int refuse(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)data;
	*(size_t *)arg += len;
	return lb_fail(err, LB_INTERRUPTED, "enough");
}

static void a_sink_may_end_the_stream(void **state)
{
	(void)state;
	struct lb_digest seed = { { 0 } };
	lb_autocontent struct lb_content *c = lb_content_noise(&seed, UINT64_C(1) << 40, 1);
	size_t seen = 0;
	struct lb_err err;
	assert_int_equal(lb_content_read(c, refuse, &seen, &err), LB_INTERRUPTED);
	assert_true(seen > 0 && seen <= 1 << 20);
}

/* A path of 4,000 components' bytes: longer than what one call to the kernel takes. */
static void paths_longer_than_the_kernel_takes(void **state)
{
	lb_autofd int fd = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lb_autobuf struct lb_buf path = { 0 };
	static const char name[] = "a-directory-with-a-longer-name-than-most-have-got";
	while (path.len < 3 * PATH_MAX) {
		assert_int_equal(mkdirat(fd, name, 0755), 0);
		int next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		close(fd);
		fd = next;
		lb_buf_adds(&path, path.len ? "/" : "");
		lb_buf_adds(&path, name);
	}
	assert_int_equal(lb_fs_write(fd, "deep", "bytes", 5, NULL), 0);
	lb_buf_adds(&path, "/deep");
	lb_autofd int root = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	lb_autofd int got = lb_fs_open_below(root, path.data, O_RDONLY);
	assert_true(got >= 0);
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_fs_read_fd(got, &b, NULL), 0);
	assert_string_equal(b.data, "bytes");
}

static void links_are_not_followed_below(void **state)
{
	lb_autofd int root = open(*state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(mkdirat(root, "real", 0755), 0);
	lb_autofd int real = openat(root, "real", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(lb_fs_write(real, "x", "x", 1, NULL), 0);
	assert_int_equal(symlinkat("real", root, "link"), 0);
	assert_int_equal(symlinkat("real/x", root, "xlink"), 0);
	lb_autofd int ok = lb_fs_open_below(root, "real/x", O_RDONLY);
	assert_true(ok >= 0);
	assert_int_equal(lb_fs_open_below(root, "link/x", O_RDONLY), -1);
	assert_int_equal(lb_fs_open_below(root, "xlink", O_RDONLY), -1);
	assert_int_equal(lb_fs_open_below(root, "real/../../x", O_RDONLY), -1);
}

static void *digest_it(void *arg)
{
	struct lb_digest *d = lb_malloc(sizeof(*d));
	if (lb_content_digest(arg, d, NULL))
		memset(d, 0, sizeof(*d));
	return d;
}

static void threads_agree_on_a_digest(void **state)
{
	(void)state;
	struct lb_digest seed = { { 7 } };
	lb_autocontent struct lb_content *c = lb_content_noise(&seed, 300000, 0.5);
	pthread_t threads[8];
	for (size_t i = 0; i < LB_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, digest_it, c), 0);
	struct lb_digest known;
	assert_int_equal(lb_content_digest(c, &known, NULL), 0);
	for (size_t i = 0; i < LB_COUNT(threads); i++) {
		void *got = NULL;
		pthread_join(threads[i], &got);
		assert_memory_equal(got, &known, sizeof(known));
		free(got);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_read_and_digested_once),
		cmocka_unit_test(no_content_is_the_empty_string),
		cmocka_unit_test_setup_teardown(files_and_slices_of_files, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(a_changed_file_is_one_clear_error, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(many_contents_share_one_descriptor, make_dir, remove_dir),
		cmocka_unit_test(noise_is_the_same_everywhere),
		cmocka_unit_test(noise_follows_its_seed),
		cmocka_unit_test(a_sink_may_end_the_stream),
		cmocka_unit_test_setup_teardown(paths_longer_than_the_kernel_takes, make_dir, remove_dir),
		cmocka_unit_test_setup_teardown(links_are_not_followed_below, make_dir, remove_dir),
		cmocka_unit_test(threads_agree_on_a_digest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
