/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "layer_testing.h"
#include "lbench/fs.h"

struct row {
	char type;               /* f d l h, S: with a hole of 1 MB and "end" behind it */
	const char *path, *data; /* data: the link's target too */
};

static la_ssize_t on_archive(struct archive *a, void *arg, const void *data, size_t len)
{
	(void)a;
	lb_buf_add(arg, data, len);
	return (la_ssize_t)len;
}

static void add_row(struct archive *a, const struct row *r)
{
	struct archive_entry *e = archive_entry_new();
	size_t len = r->data ? strlen(r->data) : 0;
	archive_entry_set_pathname(e, r->path);
	archive_entry_set_perm(e, r->type == 'd' ? 0700 : 0640);
	archive_entry_set_filetype(e, r->type == 'd' ? AE_IFDIR : r->type == 'l' ? AE_IFLNK : AE_IFREG);
	archive_entry_set_size(e, 0);
	if (r->type == 'l')
		archive_entry_set_symlink(e, r->data);
	if (r->type == 'h')
		archive_entry_set_hardlink(e, r->data);
	if (r->type == 'f')
		archive_entry_set_size(e, (la_int64_t)len);
	if (r->type == 'S') {
		archive_entry_set_size(e, 1000000 + (la_int64_t)len);
		archive_entry_sparse_add_entry(e, 1000000, (la_int64_t)len);
	}
	assert_int_equal(archive_write_header(a, e), ARCHIVE_OK);
	static const char zeros[1000000];
	if (r->type == 'S')
		archive_write_data(a, zeros, sizeof(zeros));
	if (r->type == 'f' || r->type == 'S')
		archive_write_data(a, r->data, len);
	archive_entry_free(e);
}

static struct lb_content *archive_of(const struct row *rows, size_t count, int format, int filter)
{
	lb_autobuf struct lb_buf out = { 0 };
	struct archive *a = archive_write_new();
	archive_write_set_format(a, format);
	archive_write_set_bytes_in_last_block(a, 1); /* no padding behind the compressed stream */
	if (filter)
		assert_int_equal(archive_write_add_filter(a, filter), ARCHIVE_OK);
	assert_int_equal(archive_write_open(a, &out, NULL, on_archive, NULL), ARCHIVE_OK);
	for (size_t i = 0; i < count; i++)
		add_row(a, &rows[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return lb_content_bytes(out.data, out.len);
}

/* The names below the root with their kinds, and what files hold: "d~ a", "f a/b=text". */
static int on_short(const char *path, size_t len, struct lb_node *n, void *arg)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (!len)
		return 0;
	assert_int_equal(lb_content_load(n->content, &text, NULL), 0);
	lb_buf_addf(arg, "%c%s%s %s", n->attr.kind, n->attr.opaque ? "!" : "", n->attr.implied ? "~" : "", path);
	if (n->attr.kind == LB_FILE && text.len < 100)
		lb_buf_addf(arg, "=%s", lb_buf_str(&text));
	lb_buf_adds(arg, "; ");
	return 0;
}

static char *in_short(struct lb_node *tree)
{
	struct lb_buf out = { 0 };
	lb_tree_walk(tree, on_short, &out);
	return lb_buf_steal(&out);
}

#define ROWS(...) \
	{ \
		__VA_ARGS__ \
	}

static const struct {
	struct row rows[6];
	const char *as_layer, *as_archive; /* NULL: LB_INVALID */
} orders[] = {
	{ ROWS({ 'd', "./", 0 }, { 'd', "./a/", 0 }, { 'f', "./a//./b", "1" }), "d a; f a/b=1; ", "d a; f a/b=1; " },
	{ ROWS({ 'f', "/etc/x", "1" }), "d~ etc; f etc/x=1; ", "d~ etc; f etc/x=1; " },
	{ ROWS({ 'f', "a", "1" }, { 'f', "a", "2" }), "f a=2; ", "f a=2; " },
	{ ROWS({ 'd', "a", 0 }, { 'f', "a/b", "1" }, { 'f', "a", "2" }), "f a=2; ", "f a=2; " },
	{ ROWS({ 'f', "a", "2" }, { 'f', "a/b", "1" }), "d~ a; f a/b=1; ", "d~ a; f a/b=1; " },
	{ ROWS({ 'f', "a/b", "1" }, { 'd', "a", 0 }), "d a; f a/b=1; ", "d a; f a/b=1; " },
	{ ROWS({ 'f', "a", "1" }, { 'h', "b/c", "./a" }, { 'f', "a", "2" }), "f a=2; d~ b; f b/c=1; ", "f a=2; d~ b; f b/c=1; " },
	{ ROWS({ 'f', "a/.wh.b", "" }), "d~ a; w a/b; ", "d~ a; f a/.wh.b=; " },
	{ ROWS({ 'd', "a", 0 }, { 'f', "a/.wh..wh..opq", "" }), "d! a; ", "d a; f a/.wh..wh..opq=; " },
	{ ROWS({ 'f', "a/.wh..wh..opq", "" }, { 'd', "a", 0 }), "d! a; ", "d a; f a/.wh..wh..opq=; " },
	/* whiteouts are about lower layers, wherever they stand in this one */
	{ ROWS({ 'f', ".wh.a", "" }, { 'f', "a", "1" }), "f a=1; ", "f .wh.a=; f a=1; " },
	{ ROWS({ 'f', "a", "1" }, { 'f', ".wh.a", "" }), "f a=1; ", "f .wh.a=; f a=1; " },
	{ ROWS({ 'd', "a", 0 }, { 'f', ".wh.a", "" }), "d! a; ", "f .wh.a=; d a; " },
	{ ROWS({ 'f', ".wh.a", "" }, { 'd', "a", 0 }), "d! a; ", "f .wh.a=; d a; " },
	{ ROWS({ 'f', ".wh.a", "" }, { 'f', "a/b", "" }), "d!~ a; f a/b=; ", "f .wh.a=; d~ a; f a/b=; " },
	{ ROWS({ 'f', ".wh..wh.aufs", "" }, { 'f', ".wh..wh.plnk/1.2", "" }), "",
	  "f .wh..wh.aufs=; d~ .wh..wh.plnk; f .wh..wh.plnk/1.2=; " },
	{ ROWS({ 'f', ".wh.", "" }), NULL, "f .wh.=; " },
	{ ROWS({ 'f', ".wh...", "" }), NULL, "f .wh...=; " },
	{ ROWS({ 'f', ".wh.a/b", "" }), NULL, "d~ .wh.a; f .wh.a/b=; " },
	{ ROWS({ 'f', "../a", "" }), NULL, NULL },
	{ ROWS({ 'f', "a/../b", "" }), NULL, NULL },
	{ ROWS({ 'f', ".", "x" }), NULL, NULL },
	{ ROWS({ 'h', "b", "a" }), NULL, NULL },
	{ ROWS({ 'f', "a", "" }, { 'h', "./", "a" }), NULL, NULL },
	{ ROWS({ 'd', "a", 0 }, { 'h', "b", "a" }), NULL, NULL },
	{ ROWS({ 'f', "a", "" }, { 'h', "b", "../a" }), NULL, NULL },
};

static void names_mean_what_the_specification_says(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(orders); i++) {
		size_t n = 0;
		while (n < 6 && orders[i].rows[n].type)
			n++;
		lb_autocontent struct lb_content *tar = archive_of(orders[i].rows, n, ARCHIVE_FORMAT_TAR_USTAR, 0);
		lb_autonode struct lb_node *layer = NULL, *archive = NULL;
		assert_int_equal(lb_layer_read(NULL, tar, false, &layer, NULL, NULL), orders[i].as_layer ? 0 : LB_INVALID);
		assert_int_equal(lb_archive_read(tar, &archive, NULL), orders[i].as_archive ? 0 : LB_INVALID);
		lb_autofree char *a = layer ? in_short(layer) : lb_strdup(""), *b = archive ? in_short(archive) : lb_strdup("");
		assert_string_equal(a, orders[i].as_layer ? orders[i].as_layer : "");
		assert_string_equal(b, orders[i].as_archive ? orders[i].as_archive : "");
	}
}

static void archives_of_every_kind_are_read(void **state)
{
	(void)state;
	static const struct row rows[] = { { 'd', "d", 0 }, { 'f', "d/f", "hello" }, { 'l', "d/l", "f" }, { 'h', "d/h", "d/f" } };
	static const int formats[] = { ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FORMAT_TAR_GNUTAR, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE };
	static const struct {
		int filter;
		bool is_for_add;
	} filters[] = { { 0, true },
			{ ARCHIVE_FILTER_GZIP, true },
			{ ARCHIVE_FILTER_BZIP2, true },
			{ ARCHIVE_FILTER_XZ, true },
			{ ARCHIVE_FILTER_ZSTD, true },
			{ ARCHIVE_FILTER_LZ4, false },
			{ ARCHIVE_FILTER_LZIP, false },
			{ ARCHIVE_FILTER_COMPRESS, false } };
	for (size_t f = 0; f < LB_COUNT(formats); f++)
		for (size_t i = 0; i < LB_COUNT(filters); i++) {
			lb_autocontent struct lb_content *c = archive_of(rows, LB_COUNT(rows), formats[f], filters[i].filter);
			assert_int_equal(lb_archive_is(c), filters[i].is_for_add);
			lb_autonode struct lb_node *got = NULL;
			assert_int_equal(lb_archive_read(c, &got, NULL), 0);
			lb_autofree char *text = in_short(got);
			assert_string_equal(text, "d d; f d/f=hello; f d/h=hello; l d/l; ");
			assert_string_equal(lb_tree_get(got, "d/l")->attr.target, "f");
		}
}

static void what_begins_with_a_tar_header_is_an_archive(void **state)
{
	(void)state;
	static const char zeros[1024];
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @0 a = x\n");
	lb_autocontent struct lb_content *tar = tar_of(tree);
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_content_load(tar, &b, NULL), 0);
	lb_autocontent struct lb_content *cut = lb_content_bytes(b.data, 512), *short_head = lb_content_bytes(b.data, 511);
	b.data[0] ^= 1;
	lb_autocontent struct lb_content *bad_sum = lb_content_bytes(b.data, b.len), *empty_tar = lb_content_bytes(zeros, 1024);
	lb_autocontent struct lb_content *text = lb_content_text("just text"), *magic = lb_content_text("\x1f\x8b\x08 not really");
	assert_true(lb_archive_is(tar));
	assert_true(lb_archive_is(cut)); /* moby looks no further */
	assert_false(lb_archive_is(short_head));
	assert_false(lb_archive_is(bad_sum));
	assert_false(lb_archive_is(empty_tar));
	assert_false(lb_archive_is(text));
	assert_false(lb_archive_is(magic));
	assert_false(lb_archive_is(NULL));
}

static void holes_are_zeros(void **state)
{
	(void)state;
	static const struct row rows[] = { { 'S', "holes", "end" }, { 'f', "after", "x" } };
	static const int filters[] = { 0, ARCHIVE_FILTER_GZIP };
	for (size_t i = 0; i < LB_COUNT(filters); i++) {
		lb_autocontent struct lb_content *c = archive_of(rows, 2, ARCHIVE_FORMAT_TAR_PAX_INTERCHANGE, filters[i]);
		lb_autonode struct lb_node *got = NULL;
		assert_int_equal(lb_archive_read(c, &got, NULL), 0);
		struct lb_node *n = lb_tree_get(got, "holes");
		assert_int_equal(lb_node_size(n), 1000003);
		lb_autobuf struct lb_buf b = { 0 };
		assert_int_equal(lb_content_load(n->content, &b, NULL), 0);
		assert_int_equal(b.len, 1000003);
		assert_string_equal(b.data + 1000000, "end");
		for (size_t at = 0; at < 1000000; at++)
			assert_int_equal(b.data[at], 0);
		lb_autobuf struct lb_buf after = { 0 };
		assert_int_equal(lb_content_load(lb_tree_get(got, "after")->content, &after, NULL), 0);
		assert_string_equal(after.data, "x");
	}
}

/* Pieces of 1 to 7 bytes, so that every boundary falls inside a piece somewhere. */
static int in_pieces(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct lb_buf *b = (const struct lb_buf *)(const void *)(c + 1);
	for (size_t at = 0, n; at < b->len; at += n) {
		n = 1 + at % 7;
		n = n < b->len - at ? n : b->len - at;
		int rc = sink(arg, b->data + at, n, err);
		if (rc)
			return rc;
	}
	return 0;
}

static void free_pieces(struct lb_content *c)
{
	lb_buf_release((struct lb_buf *)(void *)(c + 1));
	free(c);
}

static struct lb_content *content_in_pieces(const void *data, size_t len)
{
	static const struct lb_content_ops ops = { .read = in_pieces, .free = free_pieces };
	struct lb_content *c = lb_calloc(1, sizeof(*c) + sizeof(struct lb_buf));
	lb_content_init(c, &ops, len);
	lb_buf_add((struct lb_buf *)(void *)(c + 1), data, len);
	return c;
}

static void add_gzip(struct lb_buf *out, const void *data, size_t len)
{
	unsigned char packed[8192];
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len, .next_out = packed, .avail_out = sizeof(packed) };
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	lb_buf_add(out, packed, sizeof(packed) - z.avail_out);
	deflateEnd(&z);
}

static void gzip_is_read_whole_and_checked(void **state)
{
	(void)state;
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @0 a = x\n");
	lb_autobuf struct lb_buf tar = { 0 }, members = { 0 };
	assert_int_equal(lb_layer_tar(tree, into_buf, &tar, NULL, NULL, NULL), 0);
	add_gzip(&members, tar.data, 700);
	size_t first_len = members.len;
	add_gzip(&members, tar.data + 700, tar.len - 700);
	size_t whole = members.len;
	lb_buf_add(&members, "\0\0garbage", 9);
	for (int i = 0; i < 2; i++) {
		lb_autocontent struct lb_content *c = content_in_pieces(members.data, i ? members.len : whole);
		lb_autonode struct lb_node *got = NULL;
		struct lb_digest diff_id, want = lb_digest_of(tar.data, tar.len);
		assert_true(lb_archive_is(c));
		assert_int_equal(lb_layer_read(NULL, c, false, &got, &diff_id, NULL), 0);
		assert_true(lb_digest_equal(&diff_id, &want));
	}
	const struct {
		size_t at; /* a byte that is changed; 0: none */
		size_t len;
		const char *text;
	} rows[] = {
		{ first_len - 8, whole, "not a readable archive: the gzip checksum is wrong" },
		{ whole - 5, whole, "not a readable archive: the gzip checksum is wrong" },
		{ first_len + 2, whole, "not a readable archive: the gzip stream is damaged" },
		{ 0, whole - 1, "not a readable archive: the gzip stream is cut short" },
		{ 0, first_len + 5, "not a readable archive: the gzip stream is cut short" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autobuf struct lb_buf b = { 0 };
		lb_buf_add(&b, members.data, rows[i].len);
		if (rows[i].at)
			b.data[rows[i].at] ^= (char)0xe0;
		lb_autocontent struct lb_content *c = content_in_pieces(b.data, b.len);
		struct lb_node *got = NULL;
		struct lb_err err;
		assert_int_equal(lb_layer_read(NULL, c, false, &got, NULL, &err), LB_INVALID);
		assert_string_equal(err.text, rows[i].text);
	}
}

static void an_archive_that_changes_is_not_read_as_before(void **state)
{
	(void)state;
	lb_autofree char *dir = NULL;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-test-", &dir, NULL), 0);
	lb_autofree char *path = lb_path_join(dir, "a.tar");
	lb_autonode struct lb_node *tree = parse("f 0644 0:0 @0 a = old\n"), *got = NULL;
	lb_autobuf struct lb_buf tar = { 0 }, text = { 0 };
	assert_int_equal(lb_layer_tar(tree, into_buf, &tar, NULL, NULL, NULL), 0);
	assert_int_equal(lb_fs_write(AT_FDCWD, path, tar.data, tar.len, NULL), 0);
	lb_autocontent struct lb_content *file = lb_content_file(AT_FDCWD, path, 0, tar.len);
	assert_int_equal(lb_archive_read(file, &got, NULL), 0);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(ftruncate(fd, 100), 0);
	close(fd);
	struct lb_err err;
	assert_int_equal(lb_content_load(lb_tree_get(got, "a")->content, &text, &err), LB_IO);
	assert_string_equal(err.text, "an archive has changed while it was in use");
	assert_int_equal(lb_fs_remove(AT_FDCWD, dir, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_mean_what_the_specification_says),
		cmocka_unit_test(archives_of_every_kind_are_read),
		cmocka_unit_test(what_begins_with_a_tar_header_is_an_archive),
		cmocka_unit_test(holes_are_zeros),
		cmocka_unit_test(gzip_is_read_whole_and_checked),
		cmocka_unit_test(an_archive_that_changes_is_not_read_as_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
