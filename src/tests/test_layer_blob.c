/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "layer_testing.h"
#include "lbench/fs.h"

/* Many files of many sizes, big ones among them, that compress to different degrees. */
static struct lb_node *varied_tree(size_t files)
{
	struct lb_entry *entries = lb_calloc(files, sizeof(*entries));
	for (size_t i = 0; i < files; i++) {
		struct lb_digest seed = lb_digest_of(&i, sizeof(i));
		uint64_t size = i % 97 == 5 ? 2500000 + i : (uint64_t)seed.bytes[0] * (1 + i % 7) * 16;
		char *name = lb_format("file-%06zu", i);
		struct lb_content *c = size ? lb_content_noise(&seed, size, (double)(i % 11) / 10) : NULL;
		entries[i] = (struct lb_entry){ name, strlen(name), lb_node_new(&(struct lb_attr){ .kind = LB_FILE, .mode = 0644 }, c) };
	}
	return lb_node_new_dir(&(struct lb_attr){ .kind = LB_DIR, .mode = 0755 }, entries, files);
}

static void inflate_gzip(const struct lb_buf *blob, struct lb_buf *out)
{
	z_stream z = { .next_in = (Bytef *)blob->data, .avail_in = (uInt)blob->len };
	assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK); /* one gzip member, its CRC and size checked */
	int rc = Z_OK;
	while (rc == Z_OK) {
		lb_buf_reserve(out, 1 << 20);
		z.next_out = (Bytef *)out->data + out->len;
		z.avail_out = (uInt)(out->cap - out->len - 1);
		uInt room = z.avail_out;
		rc = inflate(&z, Z_NO_FLUSH);
		out->len += room - z.avail_out;
	}
	assert_int_equal(rc, Z_STREAM_END);
	assert_int_equal(z.avail_in, 0); /* nothing behind the member */
	inflateEnd(&z);
}

static void inflate_zstd(const struct lb_buf *blob, struct lb_buf *out)
{
	ZSTD_DStream *z = ZSTD_createDStream();
	ZSTD_inBuffer in = { blob->data, blob->len, 0 };
	while (in.pos < in.size) {
		lb_buf_reserve(out, 1 << 20);
		ZSTD_outBuffer o = { out->data + out->len, out->cap - out->len - 1, 0 };
		assert_false(ZSTD_isError(ZSTD_decompressStream(z, &o, &in)));
		out->len += o.pos;
	}
	for (;;) {
		lb_buf_reserve(out, 1 << 20);
		ZSTD_outBuffer o = { out->data + out->len, out->cap - out->len - 1, 0 };
		size_t left = ZSTD_decompressStream(z, &o, &in);
		out->len += o.pos;
		if (left == 0 || o.pos == 0)
			break;
	}
	ZSTD_freeDStream(z);
}

static void inflate_blob(enum lb_compression c, const struct lb_buf *blob, struct lb_buf *out)
{
	if (c == LB_UNCOMPRESSED)
		lb_buf_add(out, blob->data, blob->len);
	else if (c == LB_ZSTD)
		inflate_zstd(blob, out);
	else
		inflate_gzip(blob, out);
}

static void blobs_hold_the_tar_whatever_the_threads(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = varied_tree(250);
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_digest diff_id;
	tar_into(tree, &tar, &diff_id);
	for (enum lb_compression c = LB_GZIP_ISAL; c <= LB_UNCOMPRESSED; c++) {
		struct lb_digest first = { 0 };
		for (unsigned threads = 0; threads <= 4; threads += 2) {
			struct lb_store *s;
			store_of(&s);
			struct lb_layer_info info;
			assert_int_equal(
				lb_layer_write(s, tree, &(struct lb_layer_options){ .compression = c, .threads = threads }, &info, NULL),
				0);
			if (!threads)
				first = info.blob;
			assert_true(lb_digest_equal(&info.blob, &first));
			assert_true(lb_digest_equal(&info.diff_id, &diff_id));
			assert_int_equal(info.diff_bytes, tar.len);
			assert_int_equal(info.files, 250);
			assert_int_equal(info.whiteouts, 0);
			lb_autobuf struct lb_buf blob = { 0 }, again = { 0 };
			assert_int_equal(lb_store_load(s, &info.blob, &blob, NULL), 0);
			assert_int_equal(blob.len, info.blob_bytes);
			struct lb_digest blob_digest = lb_digest_of(blob.data, blob.len);
			assert_true(lb_digest_equal(&blob_digest, &info.blob));
			inflate_blob(c, &blob, &again);
			assert_int_equal(again.len, tar.len);
			assert_memory_equal(again.data, tar.data, tar.len);
			lb_store_close(s);
		}
	}
}

static void every_level_is_read_back(void **state)
{
	(void)state;
	static const struct {
		enum lb_compression c;
		int level, code;
	} rows[] = {
		{ LB_GZIP_ISAL, 1, 0 }, { LB_GZIP_ISAL, 2, 0 }, { LB_GZIP_ISAL, 3, 0 },           { LB_GZIP_ISAL, 4, LB_INVALID },
		{ LB_GZIP_ZLIB, 1, 0 }, { LB_GZIP_ZLIB, 9, 0 }, { LB_GZIP_ZLIB, 10, LB_INVALID }, { LB_GZIP_ZLIB, -1, LB_INVALID },
		{ LB_ZSTD, 1, 0 },      { LB_ZSTD, 19, 0 },     { LB_ZSTD, 20, LB_INVALID },      { LB_UNCOMPRESSED, 1, LB_INVALID },
	};
	lb_autonode struct lb_node *tree = varied_tree(8);
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_digest diff_id;
	tar_into(tree, &tar, &diff_id);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_store *s;
		store_of(&s);
		struct lb_layer_info info;
		struct lb_layer_options options = { .compression = rows[i].c, .level = rows[i].level };
		assert_int_equal(lb_layer_write(s, tree, &options, &info, NULL), rows[i].code);
		if (!rows[i].code) {
			lb_autobuf struct lb_buf blob = { 0 }, again = { 0 };
			assert_int_equal(lb_store_load(s, &info.blob, &blob, NULL), 0);
			inflate_blob(rows[i].c, &blob, &again);
			assert_int_equal(again.len, tar.len);
			assert_memory_equal(again.data, tar.data, tar.len);
		}
		lb_store_close(s);
	}
}

static size_t common_suffix(const struct lb_buf *a, const struct lb_buf *b)
{
	size_t n = 0;
	while (n < a->len && n < b->len && a->data[a->len - 1 - n] == b->data[b->len - 1 - n])
		n++;
	return n;
}

static void blob_of(struct lb_node *tree, struct lb_buf *out)
{
	struct lb_store *s;
	store_of(&s);
	struct lb_layer_info info;
	assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ 0 }, &info, NULL), 0);
	assert_int_equal(lb_store_load(s, &info.blob, out, NULL), 0);
	lb_store_close(s);
}

/* What comes behind a changed chunk is the same bytes: the trailer (CRC and size) apart. */
static void a_change_stays_in_its_chunk(void **state)
{
	(void)state;
	lb_autonode struct lb_node *before = varied_tree(600), *after = lb_node_ref(before);
	put(&after, "file-000300",
	    lb_node_new(&(struct lb_attr){ .kind = LB_FILE, .mode = 0644 }, lb_content_text("another size and other bytes")));
	lb_autobuf struct lb_buf a = { 0 }, b = { 0 };
	blob_of(before, &a);
	blob_of(after, &b);
	a.len -= 8;
	b.len -= 8;
	size_t behind = common_suffix(&a, &b), front = 0;
	while (a.data[front] == b.data[front])
		front++;
	assert_true(front > 0 && a.len > 10000000);
	assert_true(front + behind > a.len - 2 * 1048576 && front + behind <= a.len);
}

static int fail_late(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)data;
	uint64_t *left = arg;
	if (*left < len)
		return lb_fail(err, LB_IO, "No space left on device");
	*left -= len;
	return 0;
}

static void a_sink_that_fails_ends_the_tar(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = varied_tree(130);
	uint64_t left = 3000000;
	struct lb_err err;
	assert_int_equal(lb_layer_tar(tree, fail_late, &left, NULL, NULL, &err), LB_IO);
	assert_string_equal(err.text, "No space left on device");
}

/* The programs that people have must read the blobs whole: Python's reader stops behind a first member. */
static void other_programs_read_the_blobs(void **state)
{
	(void)state;
	if (system("command -v python3 >/dev/null && command -v gzip >/dev/null && command -v tar >/dev/null") != 0) {
		if (getenv("LBENCH_MUST_RUN"))
			fail_msg("python3, gzip and tar are needed");
		print_message("python3, gzip or tar is not here\n");
		skip();
	}
	lb_autonode struct lb_node *tree = varied_tree(100);
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_digest diff_id;
	tar_into(tree, &tar, &diff_id);
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(&diff_id, hex);
	lb_autofree char *dir = NULL;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-test-", &dir, NULL), 0);
	for (enum lb_compression c = LB_GZIP_ISAL; c <= LB_GZIP_ZLIB; c++) {
		struct lb_store *s;
		store_of(&s);
		struct lb_layer_info info;
		assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ .compression = c, .threads = 2 }, &info, NULL), 0);
		lb_autobuf struct lb_buf blob = { 0 };
		assert_int_equal(lb_store_load(s, &info.blob, &blob, NULL), 0);
		lb_autofree char *path = lb_path_join(dir, "l.gz");
		assert_int_equal(lb_fs_write(AT_FDCWD, path, blob.data, blob.len, NULL), 0);
		lb_autofree char *check = lb_format("gzip -t %s && tar tzf %s >/dev/null && python3 -c 'import gzip,hashlib,sys\n"
						    "sys.exit(hashlib.sha256(gzip.open(\"%s\").read()).hexdigest() != \"%s\")'",
						    path, path, path, hex);
		assert_int_equal(system(check), 0);
		lb_store_close(s);
	}
	assert_int_equal(lb_fs_remove(AT_FDCWD, dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blobs_hold_the_tar_whatever_the_threads),
		cmocka_unit_test(every_level_is_read_back),
		cmocka_unit_test(a_change_stays_in_its_chunk),
		cmocka_unit_test(a_sink_that_fails_ends_the_tar),
		cmocka_unit_test(other_programs_read_the_blobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
