/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lbench/buf.h"
#include "lbench/digest.h"
#include "lbench/fs.h"
#include "lbench/json.h"
#include "lbench/mem.h"

static void errors_carry_code_place_and_story(void **state)
{
	(void)state;
	struct lb_err err;
	assert_int_equal(lb_fail_at(&err, (struct lb_pos){ "a.yaml", 3, 7 }, "no '%s' here", "x"), LB_INVALID);
	assert_string_equal(err.text, "a.yaml:3:7: no 'x' here");
	assert_int_equal(lb_wrap(&err, "while reading %s", "b"), LB_INVALID);
	assert_string_equal(err.text, "while reading b: a.yaml:3:7: no 'x' here");
	assert_int_equal(lb_fail_errno(&err, ENOENT, "f"), LB_NOT_FOUND);
	assert_string_equal(err.text, "f: No such file or directory");
	assert_int_equal(lb_fail(NULL, LB_IO, "nobody listens"), LB_IO);
}

static void paths_clean_as_go_cleans_them(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "", "." },
		{ "/", "/" },
		{ "a/b", "a/b" },
		{ "a//b/", "a/b" },
		{ "./a/./b", "a/b" },
		{ "a/../b", "b" },
		{ "../a", "../a" },
		{ "../../a", "../../a" },
		{ "a/../../b", "../b" },
		{ "/../a", "/a" },
		{ "a/b/../..", "." },
		{ "/a/../..", "/" },
		{ "../a/..", ".." },
		{ "..", ".." },
		{ "a/../..", ".." },
		{ "../a/../../b", "../../b" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autofree char *got = lb_path_clean(rows[i][0]);
		assert_string_equal(got, rows[i][1]);
		lb_autofree char *slashed = lb_format("/%s", rows[i][0]), *expected = lb_path_clean(slashed);
		lb_autofree char *rooted = lb_path_clean_rooted(rows[i][0]);
		assert_string_equal(rooted, expected);
	}
}

/* Of all short paths: a detour changes nothing. */
static void a_clean_path_is_what_a_detour_leads_to(void **state)
{
	(void)state;
	static const char letters[] = "./a";
	for (unsigned n = 0; n < 6561; n++) { /* 3 to the 8th */
		char path[9];
		size_t len = 0;
		for (unsigned k = n; k && len < 8; k /= 3)
			path[len++] = letters[k % 3];
		path[len] = '\0';
		lb_autofree char *detour = lb_format("/x/..//%s", path), *around = lb_path_clean(detour);
		lb_autofree char *rooted = lb_path_clean_rooted(path), *got = lb_path_clean(path), *again = lb_path_clean(got);
		lb_autofree char *slashed = lb_format("/%s", path), *absolute = lb_path_clean(slashed);
		assert_string_equal(rooted, around);
		assert_string_equal(absolute, around);
		assert_string_equal(again, got);
	}
}

static void digests_of_known_text(void **state)
{
	(void)state;
	struct lb_digest d = lb_digest_of("abc", 3), e;
	char text[LB_DIGEST_TEXT];
	lb_digest_text(&d, text);
	assert_string_equal(text, "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"); /* FIPS 180-2 */
	assert_int_equal(lb_digest_parse(text, &e, NULL), 0);
	assert_true(lb_digest_equal(&d, &e));
	assert_int_equal(lb_digest_parse("sha256:ba78", &e, NULL), LB_INVALID);
	text[10] = 'G';
	assert_int_equal(lb_digest_parse(text, &e, NULL), LB_INVALID);
}

static void json_is_written_as_it_is_read(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf b = { 0 };
	struct lb_json w = { .out = &b };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "s", "q\" \\ \n \x01 \xff \xc3\xa4");
	lb_json_key(&w, "list");
	lb_json_open(&w, '[');
	lb_json_uint(&w, 18446744073709551615u);
	lb_json_null(&w);
	lb_json_real(&w, 0.1);
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	assert_string_equal(b.data, "{\"s\":\"q\\\" \\\\ \\n \\u0001 \xef\xbf\xbd \xc3\xa4\",\"list\":[18446744073709551615,null,0.1]}");
	lb_autojson json_t *j = NULL;
	struct lb_err err;
	assert_int_equal(lb_json_parse("x.json", "{\n \"a\": }", 9, &j, &err), LB_INVALID);
	assert_memory_equal(err.text, "x.json:2:", 9);
	assert_int_equal(lb_json_parse("x.json", "{\"a\":1,\"a\":2}", 13, &j, &err), LB_INVALID);
}

static void xml_holds_any_text(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf b = { 0 };
	lb_buf_add_xml(&b, "<a href=\"x\">&'\n\t\x01");
	assert_string_equal(b.data, "&lt;a href=&quot;x&quot;&gt;&amp;'&#10;&#9;?");
}

static int stop_at_b(const void *key, size_t len, void *value, void *arg)
{
	(void)len;
	(void)value;
	(*(int *)arg)++;
	return *(const char *)key == 'b';
}

/* Whatever stands beside a byte: it is written as it is alone. */
static void json_texts_know_each_byte_anywhere(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		for (size_t at = 0; at < 24; at++) {
			char text[24], one = (char)c;
			memset(text, 'a', sizeof(text));
			text[at] = one;
			lb_autobuf struct lb_buf whole = { 0 }, alone = { 0 }, expected = { 0 };
			struct lb_json w = { .out = &whole }, x = { .out = &alone };
			lb_json_strn(&w, text, sizeof(text));
			lb_json_strn(&x, &one, 1);
			lb_buf_addf(&expected, "\"%.*s", (int)at, "aaaaaaaaaaaaaaaaaaaaaaaa");
			lb_buf_add(&expected, alone.data + 1, alone.len - 2);
			lb_buf_addf(&expected, "%.*s\"", (int)(sizeof(text) - at - 1), "aaaaaaaaaaaaaaaaaaaaaaaa");
			assert_string_equal(whole.data, expected.data);
		}
	}
}

static void maps_keep_the_order_of_insertion(void **state)
{
	(void)state;
	lb_automap struct lb_map *m = lb_map_new(free);
	lb_map_set(m, "a", lb_strdup("1"));
	lb_map_set(m, "b", lb_strdup("2"));
	lb_map_set(m, "c", lb_strdup("3"));
	lb_map_set(m, "a", lb_strdup("4"));
	assert_string_equal(lb_map_get(m, "a"), "4");
	assert_null(lb_map_get(m, "d"));
	int seen = 0;
	assert_int_equal(lb_map_each(m, stop_at_b, &seen), 1);
	assert_int_equal(seen, 2);
}

/* Seconds of CPU for a map with many keys of so many bytes, of which few differ: those at `at`. */
static double seconds_of_keys(size_t len, size_t at)
{
	enum { COUNT = 20000 };
	char key[64] = { 0 };
	lb_automap struct lb_map *m = lb_map_new(NULL);
	clock_t begin = clock();
	for (int i = 0; i < COUNT; i++) {
		memcpy(key + at, &i, sizeof(i));
		assert_null(lb_map_getn(m, key, len));
		lb_map_setn(m, key, len, m);
	}
	assert_int_equal(lb_map_count(m), COUNT);
	return (double)(clock() - begin) / CLOCKS_PER_SEC;
}

/* Names that end alike, lists of four numbers. */
static void maps_tell_keys_of_a_digests_length_apart(void **state)
{
	(void)state;
	double other = seconds_of_keys(33, 0);
	for (size_t at = 0; at <= 28; at += 2)
		assert_true(seconds_of_keys(32, at) < 10 * other + 0.02);
}

static void maps_of_one_thing_are_small(void **state)
{
	(void)state;
	struct lb_map *maps[1000];
	size_t before = mallinfo2().uordblks;
	for (size_t i = 0; i < LB_COUNT(maps); i++)
		lb_map_set(maps[i] = lb_map_new(NULL), "name", maps);
	assert_true(mallinfo2().uordblks - before <= 1200 * LB_COUNT(maps));
	for (size_t i = 0; i < LB_COUNT(maps); i++)
		lb_map_free(maps[i]);
}

static void files_are_whole_or_absent(void **state)
{
	(void)state;
	lb_autofree char *dir = NULL;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-test-", &dir, NULL), 0);
	int fd;
	assert_int_equal(lb_fs_open_dir(AT_FDCWD, dir, &fd, NULL), 0);
	struct lb_err err;
	assert_int_equal(lb_fs_mkdirs(fd, "a/b/c", &err), 0);
	assert_int_equal(lb_fs_write(fd, "a/b/c/f", "text", 4, &err), 0);
	/* a device is written to and stays one; by a link of ours, so that a mistake here replaces that only */
	assert_int_equal(symlinkat("/dev/null", fd, "a/null"), 0);
	assert_int_equal(lb_fs_write(fd, "a/null", "text", 4, &err), 0);
	struct stat st;
	assert_int_equal(fstatat(fd, "a/null", &st, 0), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(lb_fs_mkdirs(fd, "a/b/c/f/g", &err), LB_CANTCREAT);
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_fs_read(fd, "a/b/c/f", &b, &err), 0);
	assert_string_equal(b.data, "text");
	assert_int_equal(lb_fs_read(fd, "a/none", &b, &err), LB_NOT_FOUND);
	close(fd);
	assert_int_equal(lb_fs_remove(AT_FDCWD, dir, &err), 0);
	assert_false(lb_fs_exists(AT_FDCWD, dir));
}

static void arenas_keep_big_and_small_pieces(void **state)
{
	(void)state;
	struct lb_arena arena = { 0 };
	char *first = lb_arena_strdup(&arena, "first");
	char *big = lb_arena_alloc(&arena, 100000);
	memset(big, 'x', 100000);
	char *second = lb_arena_strndup(&arena, "second!", 6);
	assert_string_equal(first, "first");
	assert_string_equal(second, "second");
	lb_arena_release(&arena);
	assert_null(arena.head);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_carry_code_place_and_story),
		cmocka_unit_test(paths_clean_as_go_cleans_them),
		cmocka_unit_test(a_clean_path_is_what_a_detour_leads_to),
		cmocka_unit_test(digests_of_known_text),
		cmocka_unit_test(json_is_written_as_it_is_read),
		cmocka_unit_test(maps_keep_the_order_of_insertion),
		cmocka_unit_test(maps_tell_keys_of_a_digests_length_apart),
		cmocka_unit_test(maps_of_one_thing_are_small),
		cmocka_unit_test(files_are_whole_or_absent),
		cmocka_unit_test(arenas_keep_big_and_small_pieces),
		cmocka_unit_test(xml_holds_any_text),
		cmocka_unit_test(json_texts_know_each_byte_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
