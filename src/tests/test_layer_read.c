/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "layer_testing.h"
#include "lbench/fs.h"

/* With owner, mode, time and digest of everything below the root. */
static char *describe(struct lb_node *tree)
{
	struct lb_buf out = { 0 };
	struct lb_err err;
	int rc = lb_tree_describe(tree, true, true, &out, &err);
	if (rc)
		fail_msg("%s", err.text);
	char *text = lb_buf_steal(&out), *rest = lb_strdup(strchr(text, '\n') + 1);
	free(text);
	return rest;
}

static struct lb_node *all_kinds(void)
{
	struct lb_node *tree = parse("d 0755 0:0 @1600000000 app\n"
				     "f 04755 1000:2000 @1600000000 app/run = #!/bin/sh\\n\n"
				     "f 0644 3000000:4294967295 @-7 app/empty\n"
				     "f 0644 0:0 @0 app/gr\xc3\xbc\xc3\x9f = utf-8\n"
				     "f 0644 0:0 @0 app/raw\\xff\\x01 = bytes\n"
				     "l 0777 0:0 @5 app/link -> ../\\xfe target\n"
				     "d! 01777 0:0 @9 tmp\n"
				     "w tmp/gone\n"
				     "d~ 0755 0:0 @0 way\n"
				     "p 0600 0:0 @7 way/pipe\n"
				     "c 0666 0:0 @7 1,3 way/null\n"
				     "b 0660 0:6 @7 259,1048575 way/disk\n"
				     "w z\n");
	const struct lb_xattr xattrs[] = { { "security.capability", "\1\0\0\2", 4 }, { "user.name", "value", 5 } };
	put(&tree, "app/xattrs",
	    lb_node_new(&(struct lb_attr){ .kind = LB_FILE, .xattrs = xattrs, .xattrs_count = 2 }, lb_content_text("x")));
	return tree;
}

static void what_is_written_is_read(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = all_kinds();
	lb_autofree char *want = describe(tree);
	static const char *const locales[] = { "C", "C.UTF-8" };
	for (size_t l = 0; l < LB_COUNT(locales); l++) {
		assert_non_null(setlocale(LC_ALL, locales[l]));
		for (enum lb_compression c = LB_GZIP_ISAL; c <= LB_UNCOMPRESSED; c++) {
			for (int keep = 0; keep <= 1; keep++) {
				struct lb_store *s;
				assert_int_equal(lb_store_open_memory(&s, NULL), 0);
				struct lb_layer_info info;
				assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ .compression = c }, &info, NULL), 0);
				lb_autocontent struct lb_content *blob = NULL;
				assert_int_equal(lb_store_get(s, &info.blob, &blob, NULL), 0);
				lb_autonode struct lb_node *got = NULL;
				struct lb_digest diff_id;
				assert_int_equal(lb_layer_read(s, blob, keep, &got, &diff_id, NULL), 0);
				assert_true(lb_digest_equal(&diff_id, &info.diff_id));
				lb_autofree char *text = describe(got);
				assert_string_equal(text, want);
				assert_int_equal(lb_store_has(s, &info.diff_id, NULL), keep || c == LB_UNCOMPRESSED);
				lb_store_close(s);
			}
		}
	}
	setlocale(LC_ALL, "C");
}

static void long_paths_are_read_as_they_were_written(void **state)
{
	(void)state;
	for (size_t depth = 19; depth <= 2000; depth = depth * 3 / 2) {
		lb_autobuf struct lb_buf path = { 0 };
		for (size_t i = 0; i < depth; i++)
			lb_buf_adds(&path, i % 7 ? "d/" : "\377dir/");
		lb_autofree char *text = lb_format("f 0644 0:0 @0 %s%s = x\n", lb_buf_str(&path), "name");
		lb_autonode struct lb_node *tree = parse(text), *got = NULL;
		lb_autocontent struct lb_content *tar = tar_of(tree);
		assert_int_equal(lb_archive_read(tar, &got, NULL), 0);
		lb_autofree char *a = describe(tree), *b = describe(got);
		assert_string_equal(a, b);
	}
}

static void hard_links_share_a_group_and_a_content(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = parse("d 0755 0:0 @0 d\nf 0644 0:0 @0 alone = x\n"), *got = NULL, *other = NULL;
	lb_autonode struct lb_node *two =
		lb_node_new(&(struct lb_attr){ .kind = LB_FILE, .mode = 0600, .link_group = 9 }, lb_content_text("two"));
	put(&tree, "d/a", lb_node_ref(two));
	put(&tree, "z", lb_node_ref(two));
	lb_autocontent struct lb_content *tar = tar_of(tree);
	assert_int_equal(lb_archive_read(tar, &got, NULL), 0);
	struct lb_node *a = lb_tree_get(got, "d/a"), *z = lb_tree_get(got, "z"), *alone = lb_tree_get(got, "alone");
	assert_int_not_equal(a->attr.link_group, 0);
	assert_int_equal(a->attr.link_group, z->attr.link_group);
	assert_int_equal(alone->attr.link_group, 0);
	assert_ptr_equal(a->content, z->content);
	assert_int_equal(z->attr.mode, 0600);
	/* the same names in another layer are another file */
	struct lb_store *s;
	assert_int_equal(lb_store_open_memory(&s, NULL), 0);
	put(&tree, "alone", lb_node_new(&(struct lb_attr){ .kind = LB_FILE }, NULL));
	lb_autocontent struct lb_content *tar2 = tar_of(tree);
	struct lb_digest diff_id;
	assert_int_equal(lb_layer_read(s, tar2, false, &other, &diff_id, NULL), 0);
	assert_int_not_equal(lb_tree_get(other, "z")->attr.link_group, z->attr.link_group);
	lb_store_close(s);
}

static void what_is_no_layer_is_refused(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @0 a = xxxxxxxxxx\nf 0644 0:0 @0 b = y\n");
	struct lb_store *s;
	assert_int_equal(lb_store_open_memory(&s, NULL), 0);
	struct lb_layer_info info;
	assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ 0 }, &info, NULL), 0);
	lb_autobuf struct lb_buf gz = { 0 }, tar = { 0 };
	assert_int_equal(lb_store_load(s, &info.blob, &gz, NULL), 0);
	assert_int_equal(lb_layer_tar(tree, into_buf, &tar, NULL, NULL, NULL), 0);
	struct lb_content *rows[] = { lb_content_text(""), lb_content_text("no tar at all"), lb_content_bytes(gz.data, gz.len / 2),
				      lb_content_bytes(tar.data, 515), lb_content_bytes(gz.data, 12) };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		for (int keep = 0; keep <= 1; keep++) {
			struct lb_node *got = NULL;
			struct lb_err err;
			assert_int_equal(lb_layer_read(s, rows[i], keep, &got, NULL, &err), LB_INVALID);
			assert_null(got);
			assert_null(strchr(err.text, '\n'));
		}
		lb_content_unref(rows[i]);
	}
	lb_store_close(s);
}

static struct lb_store *disk_store(char **dir)
{
	struct lb_store *s;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-test-", dir, NULL), 0);
	assert_int_equal(lb_store_open(*dir, &s, NULL), 0);
	return s;
}

static void remove_store(struct lb_store *s, char *dir)
{
	lb_store_close(s);
	assert_int_equal(lb_fs_remove(AT_FDCWD, dir, NULL), 0);
	free(dir);
}

/* In a store on disk, what was kept once is found again, and contents outlive the blob they came from. */
static void a_kept_tar_is_found_again(void **state)
{
	(void)state;
	char *dir;
	struct lb_store *s = disk_store(&dir);
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @0 a = x\nd 0755 0:0 @0 d\nf 0644 0:0 @0 d/b = yy\n");
	lb_autofree char *want = describe(tree);
	struct lb_layer_info info;
	assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ 0 }, &info, NULL), 0);
	for (int i = 0; i < 2; i++) {
		lb_autocontent struct lb_content *blob = NULL;
		assert_int_equal(lb_store_get(s, &info.blob, &blob, NULL), 0);
		lb_autonode struct lb_node *got = NULL;
		struct lb_digest diff_id;
		assert_int_equal(lb_layer_read(s, blob, true, &got, &diff_id, NULL), 0);
		assert_true(lb_digest_equal(&diff_id, &info.diff_id));
		assert_true(lb_store_has(s, &diff_id, NULL));
		/* the second time, the compressed blob's bytes are not even looked at but for its head */
		if (i == 0) {
			lb_autofree char *hex = lb_calloc(1, LB_DIGEST_HEX);
			lb_digest_hex(&info.blob, hex);
			lb_autofree char *path = lb_format("%s/blobs/sha256/%s", dir, hex);
			assert_int_equal(truncate(path, (off_t)info.blob_bytes), 0);
		}
		lb_autofree char *text = describe(got);
		assert_string_equal(text, want);
	}
	remove_store(s, dir);
}

static long peak_kib(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return u.ru_maxrss;
}

static int into_hash(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_sha256_add(arg, data, len);
	return 0;
}

/* Files of any size go through in little memory, both ways. */
static void big_files_pass_through_little_memory(void **state)
{
	(void)state;
	enum { BIG = 100 << 20, MAY_TAKE_KIB = 40 << 10 };
	char *dir;
	struct lb_store *s = disk_store(&dir);
	struct lb_digest seed = { { 3 } }, want, got_digest;
	struct lb_entry *entries = lb_calloc(1, sizeof(*entries));
	*entries = (struct lb_entry){ lb_strdup("big"), 3,
				      lb_node_new(&(struct lb_attr){ .kind = LB_FILE }, lb_content_noise(&seed, BIG, 0.1)) };
	lb_autonode struct lb_node *tree = lb_node_new_dir(&(struct lb_attr){ .kind = LB_DIR }, entries, 1);
	long before = peak_kib();
	struct lb_layer_info info;
	assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ .threads = 2 }, &info, NULL), 0);
	assert_int_equal(info.diff_bytes, 512 + BIG + 1024);
	assert_int_equal(lb_layer_tar_size(tree), info.diff_bytes);
	lb_autocontent struct lb_content *blob = NULL;
	assert_int_equal(lb_store_get(s, &info.blob, &blob, NULL), 0);
	lb_autonode struct lb_node *got = NULL;
	assert_int_equal(lb_layer_read(s, blob, false, &got, NULL, NULL), 0);
	struct lb_sha256 h;
	lb_sha256_init(&h);
	assert_int_equal(lb_content_read(lb_tree_get(got, "big")->content, into_hash, &h, NULL), 0);
	got_digest = lb_sha256_done(&h);
#ifndef __SANITIZE_ADDRESS__
	assert_true(peak_kib() - before < MAY_TAKE_KIB);
#else
	(void)before;
#endif
	assert_int_equal(lb_content_digest(lb_tree_get(tree, "big")->content, &want, NULL), 0);
	assert_true(lb_digest_equal(&want, &got_digest));
	remove_store(s, dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(long_paths_are_read_as_they_were_written),
		cmocka_unit_test(hard_links_share_a_group_and_a_content),
		cmocka_unit_test(what_is_no_layer_is_refused),
		cmocka_unit_test(a_kept_tar_is_found_again),
		cmocka_unit_test(big_files_pass_through_little_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
