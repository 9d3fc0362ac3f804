/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "layer/header.h"
#include "lbench/mem.h"

static char *repeat(const char *piece, size_t times)
{
	struct lb_buf b = { 0 };
	for (size_t i = 0; i < times; i++)
		lb_buf_adds(&b, piece);
	return lb_buf_steal(&b);
}

/* What libarchive reads back out of one header (contents are not there: none is asked for). */
static void reads_back_as(const struct lb_tar_entry *e, uint64_t blocks)
{
	lb_autobuf struct lb_buf tar = { 0 };
	assert_int_equal(lb_tar_header(e, &tar, NULL), 0);
	assert_int_equal(tar.len, blocks * LB_TAR_BLOCK);
	struct archive *a = archive_read_new();
	struct archive_entry *got;
	archive_read_support_format_tar(a);
	assert_int_equal(archive_read_open_memory(a, tar.data, tar.len), ARCHIVE_OK);
	int rc = archive_read_next_header(a, &got);
	assert_true(rc == ARCHIVE_OK || rc == ARCHIVE_WARN);
	assert_string_equal(archive_entry_pathname(got), e->path);
	assert_int_equal(archive_entry_perm(got), e->mode);
	assert_int_equal(archive_entry_uid(got), e->uid);
	assert_int_equal(archive_entry_gid(got), e->gid);
	assert_int_equal(archive_entry_mtime(got), e->mtime_sec);
	assert_int_equal(archive_entry_size(got), e->size_bytes);
	if (e->type == LB_TAR_LINK)
		assert_string_equal(archive_entry_hardlink(got), e->link);
	if (e->type == LB_TAR_SYMLINK)
		assert_string_equal(archive_entry_symlink(got), e->link);
	if (e->type == LB_TAR_CHAR) {
		assert_int_equal(archive_entry_rdevmajor(got), e->rdev_major);
		assert_int_equal(archive_entry_rdevminor(got), e->rdev_minor);
	}
	assert_int_equal(archive_entry_xattr_reset(got), e->xattrs_count);
	archive_read_free(a);
}

static void what_ustar_can_say_is_one_block(void **state)
{
	(void)state;
	static const struct lb_tar_entry rows[] = {
		{ .type = LB_TAR_FILE, .path = "a", .mode = 0644 },
		{ .type = LB_TAR_FILE, .path = "a b\tc", .mode = 06755, .uid = 07777777, .gid = 07777777, .size_bytes = 077777777777 },
		{ .type = LB_TAR_DIR, .path = "usr/lib/", .mode = 01777, .mtime_sec = 077777777777 },
		{ .type = LB_TAR_SYMLINK, .path = "bin", .link = "usr/bin", .mode = 0777 },
		{ .type = LB_TAR_LINK, .path = "b", .link = "a" },
		{ .type = LB_TAR_CHAR, .path = "null", .rdev_major = 1, .rdev_minor = 1048575 },
		{ .type = LB_TAR_FIFO, .path = "pipe" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_tar_entry e = rows[i];
		e.path_len = strlen(e.path);
		reads_back_as(&e, 1);
	}
}

static void long_names_split_where_they_can(void **state)
{
	(void)state;
	static const struct {
		size_t dirs, name; /* "d/" times dirs, "n" times name */
		uint64_t blocks;
	} rows[] = {
		{ 0, 100, 1 },  { 0, 101, 3 }, { 77, 100, 1 }, { 78, 100, 1 }, { 79, 100, 3 },
		{ 78, 101, 3 }, { 50, 1, 1 },  { 1, 100, 1 },  { 1, 101, 3 },  { 2000, 4, 10 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autofree char *dirs = repeat("d/", rows[i].dirs), *name = repeat("n", rows[i].name);
		lb_autofree char *path = lb_format("%s%s", dirs, name);
		reads_back_as(&(struct lb_tar_entry){ .type = LB_TAR_FILE, .path = path, .path_len = strlen(path) }, rows[i].blocks);
	}
	/* a directory's last '/' is no place to split */
	lb_autofree char *name = repeat("n", 100), *dir = lb_format("%s/", name);
	reads_back_as(&(struct lb_tar_entry){ .type = LB_TAR_DIR, .path = dir, .path_len = 101 }, 3);
}

static void what_ustar_cannot_say_has_a_pax_header(void **state)
{
	(void)state;
	lb_autofree char *target = repeat("t", 101);
	const struct lb_xattr xattrs[] = { { "user.a", "1\0002", 3 }, { "security.capability", "\1\2\3\4", 4 } };
	const struct lb_tar_entry rows[] = {
		{ .type = LB_TAR_FILE, .path = "big", .size_bytes = 0100000000000 },
		{ .type = LB_TAR_FILE, .path = "owned", .uid = 010000000, .gid = UINT32_MAX },
		{ .type = LB_TAR_FILE, .path = "old", .mtime_sec = -5 },
		{ .type = LB_TAR_FILE, .path = "late", .mtime_sec = 0100000000000 },
		{ .type = LB_TAR_FILE, .path = "gr\xc3\xbc\xc3\x9f" },
		{ .type = LB_TAR_FILE, .path = "raw\xff\xfe" },
		{ .type = LB_TAR_FILE, .path = "surrogate\xed\xa0\x80" },
		{ .type = LB_TAR_SYMLINK, .path = "l", .link = target },
		{ .type = LB_TAR_SYMLINK, .path = "l", .link = "\xff" },
		{ .type = LB_TAR_LINK, .path = "h", .link = target },
		{ .type = LB_TAR_FILE, .path = "x", .xattrs = xattrs, .xattrs_count = 2 },
		{ .type = LB_TAR_CHAR, .path = "dev", .rdev_major = 5, .rdev_minor = 010000000 },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_tar_entry e = rows[i];
		e.path_len = strlen(e.path);
		reads_back_as(&e, 3);
	}
}

static void records_say_their_own_length(void **state)
{
	(void)state;
	/* lengths around the places where one more digit counts itself */
	for (size_t n = 80; n < 1100; n++) {
		lb_autofree char *path = repeat("x", n + 21);
		lb_autobuf struct lb_buf tar = { 0 };
		struct lb_tar_entry e = { .type = LB_TAR_FILE, .path = path, .path_len = n + 21 };
		assert_int_equal(lb_tar_header(&e, &tar, NULL), 0);
		const char *body = tar.data + LB_TAR_BLOCK;
		size_t said = strtoul(body, NULL, 10);
		assert_int_equal(body[said - 1], '\n');
		assert_int_equal(body[said], said % LB_TAR_BLOCK ? 0 : 'x');
	}
}

static void an_attribute_that_no_record_can_name_is_refused(void **state)
{
	(void)state;
	const struct lb_xattr x = { "user.a=b", "1", 1 };
	struct lb_err err;
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_tar_entry e = { .type = LB_TAR_FILE, .path = "d/f", .path_len = 3, .xattrs = &x, .xattrs_count = 1 };
	assert_int_equal(lb_tar_header(&e, &tar, &err), LB_INVALID);
	assert_string_equal(err.text, "d/f: no layer can hold the extended attribute 'user.a=b'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ustar_can_say_is_one_block),
		cmocka_unit_test(long_names_split_where_they_can),
		cmocka_unit_test(what_ustar_cannot_say_has_a_pax_header),
		cmocka_unit_test(records_say_their_own_length),
		cmocka_unit_test(an_attribute_that_no_record_can_name_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
