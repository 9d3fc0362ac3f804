/* SPDX-License-Identifier: Apache-2.0
 *
 * What a layer adds, changes and deletes, and what is wasted of it: tables of small trees.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "image/changes.h"
#include "lbench/mem.h"

static struct lb_node *tree_of(const char *text)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	if (lb_tree_parse(text, &n, &err))
		fail_msg("%s", err.text);
	return n;
}

static int list(void *arg, const struct img_change *c)
{
	lb_buf_addf(arg, "%c %s%s\n", (char)c->kind, c->path, lb_node_is_dir(c->now ? c->now : c->was) ? "/" : "");
	return 0;
}

#define BELOW \
	"d 0755 0:0 @1 app\nf 0644 0:0 @1 app/a = one\nf 0644 0:0 @1 app/b = two\nd 0755 0:0 @1 app/sub\n" \
	"f 0644 0:0 @1 app/sub/c = three\nl 0777 0:0 @1 app/link -> a\n"

struct row {
	const char *name, *layer, *expected;
};
static const struct row layers[] = {
	{ "a new file", "f 0644 0:0 @2 app/new = x\n", "A app/new\n" },
	{ "a new directory is told before its files", "d 0755 0:0 @2 opt\nf 0644 0:0 @2 opt/x = x\n", "A opt/\nA opt/x\n" },
	{ "other bytes", "f 0644 0:0 @2 app/a = uno\n", "M app/a\n" },
	{ "the same bytes again take their place again", "f 0644 0:0 @1 app/a = one\n", "M app/a\n" },
	{ "a directory on the way is no change", "d 0755 0:0 @9 app\nf 0644 0:0 @2 app/a = uno\n", "M app/a\n" },
	{ "a directory's mode", "d 0700 0:0 @1 app\n", "M app/\n" },
	{ "a file is gone", "w app/a\n", "D app/a\n" },
	{ "a directory is gone with all that it held", "w app\n", "D app/\nD app/a\nD app/b\nD app/link\nD app/sub/\nD app/sub/c\n" },
	{ "a whiteout of nothing", "w nothing\n", "" },
	{ "an opaque directory hides what it does not bring", "d! 0755 0:0 @1 app\nf 0644 0:0 @2 app/a = uno\n",
	  "M app/a\nD app/b\nD app/link\nD app/sub/\nD app/sub/c\n" },
	{ "an opaque directory hides below its directories too", "d! 0755 0:0 @1 app\nd 0755 0:0 @1 app/sub\n",
	  "D app/a\nD app/b\nD app/link\nD app/sub/c\n" },
	{ "a file in a directory's place", "f 0644 0:0 @2 app/sub = x\n", "D app/sub/\nD app/sub/c\nA app/sub\n" },
	{ "a directory in a file's place", "d 0755 0:0 @2 app/a\nf 0644 0:0 @2 app/a/x = x\n", "D app/a\nA app/a/\nA app/a/x\n" },
	{ "a link in a file's place", "l 0777 0:0 @2 app/b -> a\n", "M app/b\n" },
};

static void a_layer_is_told_entry_by_entry(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(layers); i++) {
		lb_autonode struct lb_node *below = tree_of(BELOW), *layer = tree_of(layers[i].layer);
		lb_autobuf struct lb_buf told = { 0 };
		assert_int_equal(img_layer_changes(below, layer, list, &told), 0);
		if (strcmp(lb_buf_str(&told), layers[i].expected) != 0)
			fail_msg("%s:\n%s", layers[i].name, lb_buf_str(&told));
	}
}

static int stop(void *arg, const struct img_change *c)
{
	(void)c;
	return ++*(int *)arg == 2 ? 7 : 0;
}

static void a_listener_can_stop(void **state)
{
	(void)state;
	lb_autonode struct lb_node *below = tree_of(BELOW), *layer = tree_of("w app\n");
	int told = 0;
	assert_int_equal(img_layer_changes(below, layer, stop, &told), 7);
	assert_int_equal(told, 2);
}

/* Three layers: the second overwrites a, deletes b, and makes a file that the third deletes. */
static void counts_and_waste(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"d 0755 0:0 @1 app\nf 0644 0:0 @1 app/a = 12345\nf 0644 0:0 @1 app/b = 123\nf 0644 0:0 @1 app/c = 1\n",
		"f 0644 0:0 @2 app/a = 1234567\nw app/b\nf 0644 0:0 @2 app/tmp = 12\nd 0755 0:0 @2 new\n",
		"w app/tmp\n",
	};
	static const struct img_counts expected[] = {
		{ .added = 3, .added_bytes = 9, .new_dirs = 1, .wasted = 2, .wasted_bytes = 8 },
		{ .added = 1,
		  .added_bytes = 2,
		  .changed = 1,
		  .changed_bytes = 7,
		  .deleted = 1,
		  .deleted_bytes = 3,
		  .new_dirs = 1,
		  .wasted = 1,
		  .wasted_bytes = 2 },
		{ .deleted = 1, .deleted_bytes = 2 },
	};
	struct lb_node *trees[3], *roots[4];
	roots[0] = lb_tree_empty();
	for (size_t i = 0; i < 3; i++) {
		trees[i] = tree_of(texts[i]);
		roots[i + 1] = lb_tree_apply(roots[i], trees[i]);
	}
	for (size_t i = 0; i < 3; i++) {
		struct img_counts c;
		img_count_layer(roots[i], trees[i], roots[3], &c);
		assert_memory_equal(&c, &expected[i], sizeof(c));
	}
	for (size_t i = 0; i < 3; i++) {
		lb_node_unref(trees[i]);
		lb_node_unref(roots[i]);
	}
	lb_node_unref(roots[3]);
}

static struct lb_entry linked(const char *name, uint64_t group)
{
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .link_group = group };
	return (struct lb_entry){ lb_strdup(name), strlen(name), lb_node_new(&attr, lb_content_text("12345")) };
}

static struct lb_node *two_names(void)
{
	struct lb_attr dir = { .kind = LB_DIR, .mode = 0755 };
	struct lb_entry *entries = lb_calloc(2, sizeof(*entries));
	entries[0] = linked("one", 1);
	entries[1] = linked("two", 1);
	return lb_node_new_dir(&dir, entries, 2);
}

static void names_of_one_file_share_its_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *above;
		uint64_t wasted, wasted_bytes;
	} rows[] = { { "w nothing\n", 0, 0 }, { "w one\n", 1, 0 }, { "w one\nw two\n", 2, 5 } };
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *empty = lb_tree_empty(), *layer = two_names(), *above = tree_of(rows[i].above);
		lb_autonode struct lb_node *root = lb_tree_apply(empty, layer);
		lb_autonode struct lb_node *final = lb_tree_apply(root, above);
		struct img_counts c;
		img_count_layer(empty, layer, final, &c);
		assert_int_equal(c.added, 2);
		assert_int_equal(c.added_bytes, 5);
		assert_int_equal(c.wasted, rows[i].wasted);
		assert_int_equal(c.wasted_bytes, rows[i].wasted_bytes);
	}
}

static int list_times(void *arg, const struct img_change *c)
{
	lb_buf_addf(arg, "%c%s %s\n", (char)c->kind, img_only_times(c) ? "t" : "", c->path);
	return 0;
}

static const struct {
	const char *name, *a, *b, *expected;
} pairs[] = {
	{ "equal", "f 0644 0:0 @1 a = x\n", "f 0644 0:0 @1 a = x\n", "" },
	{ "bytes of one size", "f 0644 0:0 @1 a = x\n", "f 0644 0:0 @1 a = y\n", "M a\n" },
	{ "a time", "f 0644 0:0 @1 a = x\n", "f 0644 0:0 @2 a = x\n", "Mt a\n" },
	{ "a mode", "f 0644 0:0 @1 a = x\n", "f 0755 0:0 @2 a = x\n", "M a\n" },
	{ "a directory's time alone", "d 0755 0:0 @1 d\n", "d 0755 0:0 @2 d\n", "" },
	{ "a directory's owner", "d 0755 0:0 @1 d\n", "d 0755 7:7 @2 d\n", "M d\n" },
	{ "what one side alone has", "f 0644 0:0 @1 a = x\n", "f 0644 0:0 @1 b = x\n", "D a\nA b\n" },
	{ "another target", "l 0777 0:0 @1 l -> a\n", "l 0777 0:0 @1 l -> b\n", "M l\n" },
	{ "a whiteout is an entry", "w a\n", "f 0644 0:0 @1 a = x\n", "M a\n" },
	{ "a file for a directory", "d 0755 0:0 @1 a\nf 0644 0:0 @1 a/x = x\n", "f 0644 0:0 @1 a = x\n", "D a\nD a/x\nA a\n" },
};

static void two_trees_are_compared(void **state)
{
	(void)state;
	for (size_t i = 0; i < LB_COUNT(pairs); i++) {
		lb_autonode struct lb_node *a = tree_of(pairs[i].a), *b = tree_of(pairs[i].b);
		lb_autobuf struct lb_buf told = { 0 };
		struct lb_err err;
		assert_int_equal(img_compare(a, b, list_times, &told, &err), 0);
		if (strcmp(lb_buf_str(&told), pairs[i].expected) != 0)
			fail_msg("%s:\n%s", pairs[i].name, lb_buf_str(&told));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_layer_is_told_entry_by_entry),
		cmocka_unit_test(a_listener_can_stop),
		cmocka_unit_test(counts_and_waste),
		cmocka_unit_test(names_of_one_file_share_its_bytes),
		cmocka_unit_test(two_trees_are_compared),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
