/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "lbench/fs.h"
#include "lbench/layer.h"
#include "lbench/mem.h"

static struct lb_node *parse(const char *text)
{
	struct lb_node *tree;
	struct lb_err err;
	int rc = lb_tree_parse(text, &tree, &err);
	if (rc)
		fail_msg("%s", err.text);
	return tree;
}

static void put(struct lb_node **root, const char *path, struct lb_node *node)
{
	struct lb_node *next;
	assert_int_equal(lb_tree_put(*root, path, node, NULL, false, &next, NULL), 0);
	lb_node_unref(*root);
	*root = next;
}

static int into_buf(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_buf_add(arg, data, len);
	return 0;
}

static void tar_of(struct lb_node *tree, struct lb_buf *out, struct lb_digest *diff_id)
{
	struct lb_err err;
	uint64_t bytes;
	if (lb_layer_tar(tree, into_buf, out, diff_id, &bytes, &err))
		fail_msg("%s", err.text);
	assert_int_equal(bytes, out->len);
	assert_int_equal(lb_layer_tar_size(tree), out->len);
	struct lb_digest again = lb_digest_of(out->data, out->len);
	assert_true(lb_digest_equal(&again, diff_id));
}

static void store_of(struct lb_store **s)
{
	assert_int_equal(lb_store_open_memory(s, NULL), 0);
}

#define N50  "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
#define N300 N50 N50 N50 N50 N50 N50
#define T50  "tttttttttttttttttttttttttttttttttttttttttttttttttt"
#define T101 T50 T50 "t"

/* The digests are those of the tar that Python's tarfile writes of the same entries in PAX_FORMAT, with mode 0644 for
 * the extended headers and zeros as numbers of devices, cut behind the two zero blocks. */
static void trees_have_the_diff_ids_that_they_must_have(void **state)
{
	(void)state;
	static const struct {
		const char *tree, *diff_id;
	} rows[] = {
		{ "", "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef" },
		{ "f 0644 0:0 @1600000000 hello.txt = hello\\n",
		  "sha256:abf09828c35b9ddff39c2d10d05448f6cc6896231112ad629699c259a43a24a9" },
		{ "d 0755 0:0 @1600000000 app\n"
		  "f 0644 0:0 @1600000000 app/main.py = print(1)\\n\n"
		  "f 0755 1000:1000 @1600000001.5 app/run.sh = #!/bin/sh\\n\n"
		  "l 0777 0:0 @1600000000 app/link -> main.py\n"
		  "p 0600 0:0 @7 app/pipe\n"
		  "c 0666 0:0 @7 1,3 app/null\n"
		  "d 01777 0:0 @7 tmp\n",
		  "sha256:c6bb0dc20193fc37ecbfa1d6625bd6b8cc9fb4899d54743e4e25f4d13ab19686" },
		{ "d! 0755 0:0 @5 d\nf 0644 0:0 @5 d/new = x\nw d/gone\nw other\n",
		  "sha256:a73cee5dafd4d5ac232072321ca0815f34f5ce57e2cb409eb1251fb3df04fb96" },
		/* a PAX header for the name and the owner, one for the link */
		{ "f 0644 3000000:0 @5 " N300 " = x\nl 0777 0:0 @5 s -> " T101 "\n",
		  "sha256:1e892f92f2d8ec3838b78145bfc6f1cb99a62082d1ba85dfdae49a66b522dedf" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *tree = parse(rows[i].tree);
		lb_autobuf struct lb_buf tar = { 0 };
		struct lb_digest diff_id;
		tar_of(tree, &tar, &diff_id);
		char text[LB_DIGEST_TEXT];
		lb_digest_text(&diff_id, text);
		assert_string_equal(text, rows[i].diff_id);
	}
}

/* The names of the tar's entries in order, each with its type, one a line. */
static char *listing(const struct lb_buf *tar)
{
	struct lb_buf out = { 0 };
	for (size_t at = 0; at + 512 <= tar->len && tar->data[at];) {
		const char *h = tar->data + at;
		lb_buf_addf(&out, "%c %.100s\n", h[156], h);
		at += 512 + (strtoull(h + 124, NULL, 8) + 511) / 512 * 512;
	}
	return lb_buf_steal(&out);
}

static void entries_come_as_the_specification_wants_them(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = parse("d! 0755 0:0 @0 a\n"
						 "f 0644 0:0 @0 a/-first = x\n"
						 "w a/m\n"
						 "d~ 0755 0:0 @0 b\n"
						 "d!~ 0755 0:0 @0 b/c\n"
						 "f 0644 0:0 @0 b/c/f = x\n");
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_digest diff_id;
	tar_of(tree, &tar, &diff_id);
	lb_autofree char *got = listing(&tar);
	assert_string_equal(got, "5 a/\n0 a/.wh..wh..opq\n0 a/-first\n0 a/.wh.m\n0 b/c/.wh..wh..opq\n0 b/c/f\n");
}

static struct lb_node *file(const struct lb_attr *attr, const char *text)
{
	struct lb_attr a = *attr;
	a.kind = LB_FILE;
	return lb_node_new(&a, lb_content_text(text));
}

static void further_names_of_a_file_are_links(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = parse("d 0755 0:0 @0 d\n");
	lb_autonode struct lb_node *two = file(&(struct lb_attr){ .link_group = 7 }, "two"),
				   *other = file(&(struct lb_attr){ .link_group = 8 }, "o");
	put(&tree, "d/b", lb_node_ref(two));
	put(&tree, "z", lb_node_ref(two));
	put(&tree, "d/a", lb_node_ref(two));
	put(&tree, "alone", lb_node_ref(other));
	lb_autobuf struct lb_buf tar = { 0 };
	struct lb_digest diff_id;
	tar_of(tree, &tar, &diff_id);
	lb_autofree char *got = listing(&tar);
	assert_string_equal(got, "0 alone\n5 d/\n0 d/a\n1 d/b\n1 z\n");
}

static int shrinking_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	return sink(arg, "abc", (size_t)c->size_bytes - 1, err);
}

static int growing_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	return sink(arg, "abcde", (size_t)c->size_bytes + 1, err);
}

static int unreadable_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	(void)c, (void)sink, (void)arg;
	return lb_fail(err, LB_IO, "Permission denied");
}

static void just_free(struct lb_content *c)
{
	free(c);
}

static struct lb_node *odd_file(const struct lb_content_ops *ops)
{
	struct lb_content *c = lb_calloc(1, sizeof(*c));
	lb_content_init(c, ops, 3);
	return lb_node_new(&(struct lb_attr){ .kind = LB_FILE }, c);
}

static int count_blob(const struct lb_digest *digest, uint64_t size_bytes, void *arg)
{
	(void)digest, (void)size_bytes;
	++*(size_t *)arg;
	return 0;
}

static size_t blobs_of(struct lb_store *s)
{
	size_t n = 0;
	assert_int_equal(lb_store_each_blob(s, count_blob, &n, NULL), 0);
	return n;
}

static void what_cannot_be_written_leaves_no_blob(void **state)
{
	(void)state;
	static const struct lb_content_ops shrinks = { .read = shrinking_read, .free = just_free },
					   grows = { .read = growing_read, .free = just_free },
					   locked = { .read = unreadable_read, .free = just_free };
	const struct {
		const char *name;
		struct lb_node *node;
		int code;
		const char *text;
	} rows[] = {
		{ "s", lb_node_new(&(struct lb_attr){ .kind = LB_SOCKET }, NULL), LB_INVALID,
		  "d/s: it is a socket, which no layer can hold" },
		{ ".wh.x", file(&(struct lb_attr){ 0 }, ""), LB_INVALID,
		  "d/.wh.x: a name that begins with '.wh.' means a deleted file in a layer" },
		{ "f", odd_file(&shrinks), LB_IO, "d/f: it shrank while it was read" },
		{ "f", odd_file(&grows), LB_IO, "d/f: it grew while it was read" },
		{ "f", odd_file(&locked), LB_IO, "d/f: Permission denied" },
	};
	struct lb_store *s;
	store_of(&s);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		for (unsigned threads = 1; threads <= 3; threads += 2) {
			lb_autonode struct lb_node *tree = parse("d 0755 0:0 @0 d\nf 0644 0:0 @0 d/a = before\n");
			lb_autofree char *path = lb_format("d/%s", rows[i].name);
			put(&tree, path, lb_node_ref(rows[i].node));
			struct lb_layer_info info;
			struct lb_err err;
			assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ .threads = threads }, &info, &err),
					 rows[i].code);
			assert_string_equal(err.text, rows[i].text);
			assert_int_equal(blobs_of(s), 0);
		}
		lb_node_unref(rows[i].node);
	}
	lb_store_close(s);
}

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
	tar_of(tree, &tar, &diff_id);
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
	tar_of(tree, &tar, &diff_id);
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
	put(&after, "file-000300", file(&(struct lb_attr){ .mode = 0644 }, "another size and other bytes"));
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

static void a_known_layer_is_not_written_again(void **state)
{
	(void)state;
	struct lb_store *s;
	store_of(&s);
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @1 a = 1\nw b\n"), *same = parse("f 0644 0:0 @1 a = 1\nw b\n");
	struct lb_digest d;
	assert_int_equal(lb_node_digest(tree, LB_FLAVOUR_FULL, &d, NULL), 0);
	assert_int_equal(lb_node_digest(same, LB_FLAVOUR_FULL, &d, NULL), 0);
	struct lb_layer_info first, second;
	_Atomic bool cancel = true;
	struct lb_layer_options options = { .cancel = &cancel };
	struct lb_err err;
	assert_int_equal(lb_layer_write(s, tree, &options, &first, &err), LB_INTERRUPTED);
	assert_int_equal(blobs_of(s), 0);
	cancel = false;
	assert_int_equal(lb_layer_write(s, tree, &options, &first, NULL), 0);
	assert_int_equal(first.files, 1);
	assert_int_equal(first.whiteouts, 1);
	/* a write would be interrupted */
	cancel = true;
	assert_int_equal(lb_layer_write(s, same, &options, &second, NULL), 0);
	assert_memory_equal(&first.blob, &second.blob, sizeof(first.blob));
	assert_int_equal(first.diff_bytes, second.diff_bytes);
	options.compression = LB_ZSTD;
	assert_int_equal(lb_layer_write(s, same, &options, &second, NULL), LB_INTERRUPTED);
	lb_store_close(s);
}

/* Reading noise just to know a layer's name would cost more than to write it. */
static void contents_are_not_hashed_for_the_name_of_a_layer(void **state)
{
	(void)state;
	struct lb_store *s;
	store_of(&s);
	struct lb_digest seed = { { 1 } }, d;
	struct lb_content *noise = lb_content_noise(&seed, 100000, 0.3);
	struct lb_entry *entries = lb_calloc(1, sizeof(*entries));
	*entries = (struct lb_entry){ lb_strdup("n"), 1, lb_node_new(&(struct lb_attr){ .kind = LB_FILE }, noise) };
	lb_autonode struct lb_node *tree = lb_node_new_dir(&(struct lb_attr){ .kind = LB_DIR }, entries, 1);
	struct lb_layer_info info;
	assert_int_equal(lb_layer_write(s, tree, &(struct lb_layer_options){ 0 }, &info, NULL), 0);
	assert_false(lb_content_digest_known(noise, &d));
	lb_store_close(s);
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
	tar_of(tree, &tar, &diff_id);
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
		assert_int_equal(lb_fs_write(-100, path, blob.data, blob.len, NULL), 0);
		lb_autofree char *check = lb_format("gzip -t %s && tar tzf %s >/dev/null && python3 -c 'import gzip,hashlib,sys\n"
						    "sys.exit(hashlib.sha256(gzip.open(\"%s\").read()).hexdigest() != \"%s\")'",
						    path, path, path, hex);
		assert_int_equal(system(check), 0);
		lb_store_close(s);
	}
	assert_int_equal(lb_fs_remove(-100, dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_have_the_diff_ids_that_they_must_have),
		cmocka_unit_test(entries_come_as_the_specification_wants_them),
		cmocka_unit_test(further_names_of_a_file_are_links),
		cmocka_unit_test(what_cannot_be_written_leaves_no_blob),
		cmocka_unit_test(blobs_hold_the_tar_whatever_the_threads),
		cmocka_unit_test(every_level_is_read_back),
		cmocka_unit_test(a_change_stays_in_its_chunk),
		cmocka_unit_test(a_known_layer_is_not_written_again),
		cmocka_unit_test(contents_are_not_hashed_for_the_name_of_a_layer),
		cmocka_unit_test(a_sink_that_fails_ends_the_tar),
		cmocka_unit_test(other_programs_read_the_blobs),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
