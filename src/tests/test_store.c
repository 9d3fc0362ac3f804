/* SPDX-License-Identifier: Apache-2.0
 *
 * The store's contract, each test on disk and in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/json.h"
#include "lbench/mem.h"
#include "lbench/store.h"

struct fixture {
	char *dir; /* NULL: memory */
	struct lb_store *s;
};

static int open_disk(void **state)
{
	struct fixture *f = lb_calloc(1, sizeof(*f));
	if (lb_fs_mkdtemp("/tmp", "lbench-store-", &f->dir, NULL) != 0 || lb_store_open(f->dir, &f->s, NULL) != 0)
		return -1;
	*state = f;
	return 0;
}

static int open_memory(void **state)
{
	struct fixture *f = lb_calloc(1, sizeof(*f));
	*state = f;
	return lb_store_open_memory(&f->s, NULL);
}

static int close_fixture(void **state)
{
	struct fixture *f = *state;
	lb_store_close(f->s);
	if (f->dir)
		lb_fs_remove(AT_FDCWD, f->dir, NULL);
	free(f->dir);
	free(f);
	return 0;
}

static struct lb_digest put(struct lb_store *s, const char *text)
{
	struct lb_digest d;
	assert_int_equal(lb_store_put(s, text, strlen(text), &d, NULL, NULL), 0);
	return d;
}

static struct lb_digest key_of(const char *text)
{
	return lb_digest_of(text, strlen(text));
}

static void blobs_are_kept_once(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	bool fresh = false;
	struct lb_digest d, want = key_of("hello");
	assert_int_equal(lb_store_put(s, "hello", 5, &d, &fresh, NULL), 0);
	assert_true(fresh);
	assert_true(lb_digest_equal(&d, &want));
	assert_int_equal(lb_store_put(s, "hello", 5, &d, &fresh, NULL), 0);
	assert_false(fresh);
	uint64_t bytes = 0;
	assert_true(lb_store_has(s, &d, &bytes));
	assert_int_equal(bytes, 5);
	lb_autobuf struct lb_buf text = { 0 };
	assert_int_equal(lb_store_load(s, &d, &text, NULL), 0);
	assert_string_equal(text.data, "hello");
	struct lb_digest none = key_of("nothing");
	assert_false(lb_store_has(s, &none, NULL));
	assert_int_equal(lb_store_load(s, &none, &text, NULL), LB_NOT_FOUND);
}

/* Pieces below, at and above the writer's buffer. */
static void blobs_of_any_size(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	static const size_t sizes[] = { 0, 1, 65536, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20 };
	lb_autofree char *data = lb_malloc(3 << 20);
	for (size_t i = 0; i < (3 << 20); i++)
		data[i] = (char)(i * 2654435761u >> 13);
	for (size_t i = 0; i < LB_COUNT(sizes); i++) {
		for (size_t piece = 1000; piece <= 4000000; piece *= 20) {
			struct lb_blob *b;
			bool fresh;
			struct lb_digest d = lb_digest_of(data, sizes[i]);
			assert_int_equal(lb_blob_new(s, &b, NULL), 0);
			for (size_t at = 0; at < sizes[i]; at += piece)
				assert_int_equal(lb_blob_write(b, data + at, sizes[i] - at < piece ? sizes[i] - at : piece, NULL), 0);
			assert_int_equal(lb_blob_commit(b, &d, &fresh, NULL), 0);
			lb_autobuf struct lb_buf back = { 0 };
			assert_int_equal(lb_store_load(s, &d, &back, NULL), 0);
			assert_int_equal(back.len, sizes[i]);
			if (sizes[i])
				assert_memory_equal(back.data, data, sizes[i]);
			assert_int_equal(lb_store_delete_blob(s, &d, NULL), 0);
			assert_false(lb_store_has(s, &d, NULL));
		}
	}
}

static void an_aborted_blob_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct lb_blob *b;
	lb_autofree char *data = lb_calloc(1, 3 << 20);
	assert_int_equal(lb_blob_new(f->s, &b, NULL), 0);
	assert_int_equal(lb_blob_write(b, data, 3 << 20, NULL), 0);
	lb_blob_abort(b);
	struct lb_fsck_report report;
	assert_int_equal(lb_store_fsck(f->s, &report, NULL, NULL, NULL), 0);
	assert_int_equal(report.blobs + report.temporaries, 0);
}

static void a_blob_outlives_the_store(void **state)
{
	struct fixture *f = *state;
	struct lb_digest d = put(f->s, "still here");
	lb_autocontent struct lb_content *c = NULL;
	assert_int_equal(lb_store_get(f->s, &d, &c, NULL), 0);
	lb_store_close(f->s);
	f->s = NULL;
	lb_autobuf struct lb_buf text = { 0 };
	assert_int_equal(lb_content_load(c, &text, NULL), 0);
	assert_string_equal(text.data, "still here");
	struct lb_digest known;
	assert_true(lb_content_digest_known(c, &known));
	assert_true(lb_digest_equal(&known, &d));
}

struct sum {
	uint64_t blobs, bytes;
	struct lb_digest last;
};

static int add_up(const struct lb_digest *digest, uint64_t bytes, void *arg)
{
	struct sum *sum = arg;
	if (sum->blobs && memcmp(sum->last.bytes, digest->bytes, 32) >= 0)
		return -100;
	*sum = (struct sum){ sum->blobs + 1, sum->bytes + bytes, *digest };
	return bytes == 3 ? 7 : 0;
}

static void each_blob_comes_in_order(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	struct sum sum = { 0 };
	put(s, "a");
	put(s, "bb");
	put(s, "dddd");
	assert_int_equal(lb_store_each_blob(s, add_up, &sum, NULL), 0);
	assert_int_equal(sum.blobs, 3);
	assert_int_equal(sum.bytes, 7);
	put(s, "ccc");
	sum = (struct sum){ 0 };
	assert_int_equal(lb_store_each_blob(s, add_up, &sum, NULL), 7); /* what the callback returned */
}

static void assert_same_layer(const struct lb_layer_info *a, const struct lb_layer_info *b)
{
	assert_true(lb_digest_equal(&a->diff_id, &b->diff_id));
	assert_true(lb_digest_equal(&a->blob, &b->blob));
	assert_int_equal(a->diff_bytes, b->diff_bytes);
	assert_int_equal(a->blob_bytes, b->blob_bytes);
	assert_int_equal(a->compression, b->compression);
	assert_int_equal(a->files, b->files);
	assert_int_equal(a->whiteouts, b->whiteouts);
}

static void layers_are_remembered(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	struct lb_digest tree = key_of("tree"), blob = put(s, "blob");
	struct lb_layer_info info = { key_of("diff"), 10240, blob, 4, LB_ZSTD, 3, 1 }, got;
	assert_int_equal(lb_store_layer_get(s, &tree, LB_ZSTD, &got, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_layer_put(s, &tree, &info, NULL), 0);
	assert_int_equal(lb_store_layer_put(s, &tree, &info, NULL), 0);
	assert_int_equal(lb_store_layer_get(s, &tree, LB_GZIP_ISAL, &got, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_layer_get(s, &tree, LB_ZSTD, &got, NULL), 0);
	assert_same_layer(&got, &info);
	memset(&got, 0, sizeof(got));
	assert_int_equal(lb_store_layer_by_diff_id(s, &info.diff_id, LB_ZSTD, &got, NULL), 0);
	assert_same_layer(&got, &info);
	assert_int_equal(lb_store_layer_by_diff_id(s, &tree, LB_ZSTD, &got, NULL), LB_NOT_FOUND);
}

static void a_layer_without_its_blob_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct lb_digest tree = key_of("tree"), blob = put(f->s, "blob");
	struct lb_layer_info info = { key_of("diff"), 10240, blob, 4, LB_GZIP_ISAL, 3, 1 }, got;
	assert_int_equal(lb_store_layer_put(f->s, &tree, &info, NULL), 0);
	assert_int_equal(lb_store_delete_blob(f->s, &blob, NULL), 0);
	assert_int_equal(lb_store_layer_get(f->s, &tree, LB_GZIP_ISAL, &got, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_layer_by_diff_id(f->s, &info.diff_id, LB_GZIP_ISAL, &got, NULL), LB_NOT_FOUND);
	put(f->s, "blob");
	assert_int_equal(lb_store_layer_put(f->s, &tree, &info, NULL), 0);
	assert_int_equal(lb_store_layer_get(f->s, &tree, LB_GZIP_ISAL, &got, NULL), 0);
	if (!f->dir)
		return;
	/* also when nobody told the store */
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(&blob, hex);
	lb_autofree char *path = lb_format("%s/blobs/sha256/%s", f->dir, hex);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(lb_store_layer_get(f->s, &tree, LB_GZIP_ISAL, &got, NULL), LB_NOT_FOUND);
}

static void memos_are_bytes_by_kind_and_key(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	struct lb_digest a = key_of("a"), b = key_of("b");
	lb_autobuf struct lb_buf got = { 0 };
	assert_int_equal(lb_store_memo_get(s, "kind", &a, &got, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_memo_put(s, "kind", &a, "x\0y", 3, NULL), 0);
	assert_int_equal(lb_store_memo_put(s, "other", &a, "", 0, NULL), 0);
	assert_int_equal(lb_store_memo_get(s, "kind", &b, &got, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_memo_get(s, "other", &a, &got, NULL), 0);
	assert_int_equal(got.len, 0);
	assert_int_equal(lb_store_memo_get(s, "kind", &a, &got, NULL), 0);
	assert_int_equal(got.len, 3);
	assert_memory_equal(got.data, "x\0y", 3);
	lb_buf_clear(&got);
	assert_int_equal(lb_store_memo_put(s, "kind", &a, "new", 3, NULL), 0);
	assert_int_equal(lb_store_memo_get(s, "kind", &a, &got, NULL), 0);
	assert_string_equal(got.data, "new");
}

static void tags_name_manifests(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	struct lb_digest one = put(s, "{}"), two = put(s, "[]"), got;
	const char *type = "application/vnd.oci.image.manifest.v1+json";
	uint64_t bytes;
	assert_int_equal(lb_store_find_tag(s, "app", &got, NULL, NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_tag(s, "b:1", &one, 2, type, NULL), 0);
	assert_int_equal(lb_store_tag(s, "a/x:2", &one, 2, type, NULL), 0);
	assert_int_equal(lb_store_tag(s, "b:1", &two, 2, type, NULL), 0);
	assert_int_equal(lb_store_find_tag(s, "b:1", &got, &bytes, NULL), 0);
	assert_true(lb_digest_equal(&got, &two));
	assert_int_equal(bytes, 2);
	struct lb_tag *tags;
	size_t count;
	assert_int_equal(lb_store_tags(s, &tags, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(tags[0].name, "a/x:2");
	assert_string_equal(tags[1].name, "b:1");
	assert_string_equal(tags[1].media_type, type);
	lb_tags_free(tags, count);
	assert_int_equal(lb_store_untag(s, "b:1", NULL), 0);
	assert_int_equal(lb_store_untag(s, "b:1", NULL), LB_NOT_FOUND);
	assert_int_equal(lb_store_find_tag(s, "b:1", &got, NULL, NULL), LB_NOT_FOUND);
}

static struct lb_digest put_manifest(struct lb_store *s, const char *config, const char *layer, uint64_t *bytes)
{
	char c[LB_DIGEST_TEXT], l[LB_DIGEST_TEXT];
	struct lb_digest cd = key_of(config), ld = key_of(layer);
	lb_digest_text(&cd, c);
	lb_digest_text(&ld, l);
	lb_autofree char *text = lb_format("{\"config\":{\"digest\":\"%s\",\"size\":%zu},\"layers\":[{\"digest\":\"%s\",\"size\":%zu}]}", c,
					   strlen(config), l, strlen(layer));
	*bytes = strlen(text);
	return put(s, text);
}

static void a_name_stands_for_a_whole_image_or_none(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	uint64_t bytes;
	struct lb_err err;
	struct lb_digest m = put_manifest(s, "config", "layer", &bytes), got;
	put(s, "config");
	assert_int_equal(lb_store_tag(s, "app", &m, bytes, "m", &err), LB_NOT_FOUND);
	struct lb_digest layer = key_of("layer");
	char text[LB_DIGEST_TEXT];
	lb_digest_text(&layer, text);
	assert_non_null(strstr(err.text, text));
	assert_int_equal(lb_store_find_tag(s, "app", &got, NULL, NULL), LB_NOT_FOUND);
	put(s, "layer");
	assert_int_equal(lb_store_tag(s, "app", &m, bytes + 1, "m", &err), LB_INVALID);
	assert_int_equal(lb_store_tag(s, "", &m, bytes, "m", &err), LB_INVALID);
	assert_int_equal(lb_store_tag(s, "bad\xff", &m, bytes, "m", &err), LB_INVALID);
	assert_int_equal(lb_store_tag(s, "app", &m, bytes, "m", &err), 0);
}

static void many_names_come_at_once_or_not_at_all(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	uint64_t bytes;
	struct lb_err err;
	struct lb_digest m = put_manifest(s, "config", "layer", &bytes), got;
	put(s, "config");
	struct lb_tag tags[] = { { (char *)"b", m, bytes, (char *)"m" }, { (char *)"a", m, bytes, (char *)"m" } };
	assert_int_equal(lb_store_tag_many(s, tags, 2, &err), LB_NOT_FOUND);
	put(s, "layer");
	tags[1].manifest_bytes++;
	assert_int_equal(lb_store_tag_many(s, tags, 2, &err), LB_INVALID);
	assert_int_equal(lb_store_find_tag(s, "b", &got, NULL, NULL), LB_NOT_FOUND);
	tags[1].manifest_bytes--;
	assert_int_equal(lb_store_tag_many(s, tags, 2, NULL), 0);
	struct lb_tag *list;
	size_t count;
	assert_int_equal(lb_store_tags(s, &list, &count, NULL), 0);
	assert_int_equal(count, 2);
	assert_string_equal(list[0].name, "a");
	lb_tags_free(list, count);
	assert_int_equal(lb_store_tag_many(s, NULL, 0, NULL), 0);
}

static void collect_line(void *arg, const char *text)
{
	lb_strv_add(arg, text);
}

static void fsck_tells_what_is_missing(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	uint64_t bytes;
	struct lb_fsck_report r;
	lb_autostrv struct lb_strv lines = { 0 };
	struct lb_digest m = put_manifest(s, "config", "layer", &bytes), layer = put(s, "layer");
	put(s, "config");
	assert_int_equal(lb_store_tag(s, "app", &m, bytes, "m", NULL), 0);
	assert_int_equal(lb_store_fsck(s, &r, collect_line, &lines, NULL), 0);
	assert_int_equal(r.blobs, 3);
	assert_int_equal(r.bytes, bytes + 11);
	assert_int_equal(r.bad_blobs + r.missing + r.temporaries + lines.count, 0);
	assert_int_equal(lb_store_delete_blob(s, &layer, NULL), 0);
	assert_int_equal(lb_store_fsck(s, &r, collect_line, &lines, NULL), 0);
	assert_int_equal(r.missing, 1);
	assert_int_equal(lines.count, 1);
}

/* A file's time has the grain of the kernel's tick; here it is made plain which is older. */
static void make_old(const struct fixture *f, const struct lb_digest *d)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(d, hex);
	if (!f->dir)
		return;
	lb_autofree char *path = lb_format("%s/blobs/sha256/%s", f->dir, hex);
	assert_int_equal(utimensat(AT_FDCWD, path, (const struct timespec[2]){ { 1000, 0 }, { 1000, 0 } }, 0), 0);
}

/* Far enough ahead that nothing is recent. */
#define LATER ((int64_t)4000000000)

static void gc_frees_what_no_name_reaches(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s;
	uint64_t bytes, freed;
	struct lb_digest m = put_manifest(s, "config", "layer", &bytes);
	put(s, "config");
	put(s, "layer");
	struct lb_digest old = put(s, "0123456789"), new = put(s, "abcdefghij");
	make_old(*state, &old);
	assert_int_equal(lb_store_tag(s, "app", &m, bytes, "m", NULL), 0);
	uint64_t total = bytes + 11 + 20;
	assert_int_equal(lb_store_gc(s, total, LATER, &freed, NULL), 0);
	assert_int_equal(freed, 0);
	assert_int_equal(lb_store_gc(s, total - 1, LATER, &freed, NULL), 0);
	assert_int_equal(freed, 10);
	assert_false(lb_store_has(s, &old, NULL));
	assert_true(lb_store_has(s, &new, NULL));
	assert_int_equal(lb_store_gc(s, 0, LATER, &freed, NULL), 0);
	assert_int_equal(freed, 10);
	struct lb_fsck_report r;
	assert_int_equal(lb_store_fsck(s, &r, NULL, NULL, NULL), 0);
	assert_int_equal(r.blobs, 3);
	assert_int_equal(r.missing + r.bad_blobs, 0);
	assert_int_equal(lb_store_untag(s, "app", NULL), 0);
	assert_int_equal(lb_store_gc(s, 0, LATER, &freed, NULL), 0);
	assert_int_equal(freed, bytes + 11);
}

static void copies_between_stores_can_be_checked(void **state)
{
	struct lb_store *s = ((struct fixture *)*state)->s, *other;
	lb_autofree char *data = lb_calloc(1, 3 << 20);
	struct lb_digest d, wrong = key_of("wrong");
	bool fresh;
	assert_int_equal(lb_store_open_memory(&other, NULL), 0);
	assert_int_equal(lb_store_put(other, data, 3 << 20, &d, NULL, NULL), 0);
	lb_autocontent struct lb_content *c = NULL, *back = NULL;
	assert_int_equal(lb_store_get(other, &d, &c, NULL), 0);
	assert_int_equal(lb_store_copy(s, c, &wrong, true, &fresh, NULL), LB_INVALID);
	assert_false(lb_store_has(s, &wrong, NULL));
	assert_int_equal(lb_store_copy(s, c, &d, true, &fresh, NULL), 0);
	assert_true(fresh);
	assert_int_equal(lb_store_copy(s, c, &d, false, &fresh, NULL), 0);
	assert_false(fresh);
	assert_int_equal(lb_store_get(s, &d, &back, NULL), 0);
	assert_int_equal(lb_store_delete_blob(other, &d, NULL), 0);
	assert_int_equal(lb_store_copy(other, back, &d, false, &fresh, NULL), 0);
	assert_true(fresh);
	lb_store_close(other);
}

static void compressions_have_names(void **state)
{
	(void)state;
	enum lb_compression c;
	for (int i = LB_GZIP_ISAL; i <= LB_UNCOMPRESSED; i++) {
		assert_int_equal(lb_compression_parse(lb_compression_name((enum lb_compression)i), &c, NULL), 0);
		assert_int_equal(c, i);
	}
	assert_string_equal(lb_compression_media_type(LB_ZSTD), "application/vnd.oci.image.layer.v1.tar+zstd");
	assert_int_equal(lb_compression_parse("bzip2", &c, NULL), LB_USAGE);
}

#define BOTH(test) \
	{ #test " (disk)", test, open_disk, close_fixture, NULL }, \
	{ \
#test " (memory)", test, open_memory, close_fixture, NULL \
	}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		BOTH(blobs_are_kept_once),
		BOTH(blobs_of_any_size),
		BOTH(an_aborted_blob_leaves_nothing),
		BOTH(a_blob_outlives_the_store),
		BOTH(each_blob_comes_in_order),
		BOTH(layers_are_remembered),
		BOTH(a_layer_without_its_blob_is_not_found),
		BOTH(memos_are_bytes_by_kind_and_key),
		BOTH(tags_name_manifests),
		BOTH(a_name_stands_for_a_whole_image_or_none),
		BOTH(many_names_come_at_once_or_not_at_all),
		BOTH(fsck_tells_what_is_missing),
		BOTH(gc_frees_what_no_name_reaches),
		BOTH(copies_between_stores_can_be_checked),
		cmocka_unit_test(compressions_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
