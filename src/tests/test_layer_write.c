/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "layer_testing.h"

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
		  "sha256:19acd2d12f62d008723684c2c9756660e2746e9969b8d0bfda19701ab4f7dd33" },
		/* a PAX header for the name and the owner, one for the link */
		{ "f 0644 3000000:0 @5 " N300 " = x\nl 0777 0:0 @5 s -> " T101 "\n",
		  "sha256:1e892f92f2d8ec3838b78145bfc6f1cb99a62082d1ba85dfdae49a66b522dedf" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *tree = parse(rows[i].tree);
		lb_autobuf struct lb_buf tar = { 0 };
		struct lb_digest diff_id;
		tar_into(tree, &tar, &diff_id);
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
	tar_into(tree, &tar, &diff_id);
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
	tar_into(tree, &tar, &diff_id);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees_have_the_diff_ids_that_they_must_have),
		cmocka_unit_test(entries_come_as_the_specification_wants_them),
		cmocka_unit_test(further_names_of_a_file_are_links),
		cmocka_unit_test(what_cannot_be_written_leaves_no_blob),
		cmocka_unit_test(a_known_layer_is_not_written_again),
		cmocka_unit_test(contents_are_not_hashed_for_the_name_of_a_layer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
