/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tree_util.h"

static void layers_apply_as_the_specification_says(void **state)
{
	(void)state;
	static const struct {
		const char *lower, *layer, *result;
	} rows[] = {
		/* added, replaced, the directory's attributes taken, its other entries kept */
		{ "d 0755 0:0 @1 a\nf 0644 0:0 @1 a/x = 1\nf 0644 0:0 @1 a/y = 2",
		  "d 0700 5:5 @2 a\nf 0600 0:0 @2 a/y = 3\nf 0644 0:0 @2 b = 4",
		  "d 0700 5:5 @2 a\nf 0644 0:0 @1 a/x = 1\nf 0600 0:0 @2 a/y = 3\nf 0644 0:0 @2 b = 4" },
		/* whiteouts of files and of whole directories, of what is not there, and beside what comes anew */
		{ "f 0644 0:0 @1 a/b/c = 1\nf 0644 0:0 @1 a/d = 2\nf 0644 0:0 @1 e = 3", "w a/b\nw e\nw a/nothing",
		  "d 0755 0:0 @0 a\nf 0644 0:0 @1 a/d = 2" },
		/* opaque: nothing shows through; whiteouts inside have nothing to do */
		{ "f 0644 0:0 @1 a/b/c = 1\nf 0644 0:0 @1 a/d = 2", "d! 0711 0:0 @3 a\nf 0644 0:0 @1 a/new = 2\nw a/d",
		  "d 0711 0:0 @3 a\nf 0644 0:0 @1 a/new = 2" },
		{ "f 0644 0:0 @1 a/b = 1", "d! 0755 0:0 @0 .\nf 0644 0:0 @1 c = 2", "f 0644 0:0 @1 c = 2" },
		/* a directory only on the way leaves the lower's attributes */
		{ "d 0700 1:1 @7 a\nf 0644 0:0 @1 a/x = 1",
		  "d~ 0755 0:0 @0 a\nf 0644 0:0 @1 a/y = 1\nd~ 0711 0:0 @0 n\nf 0644 0:0 @1 n/y = 1",
		  "d 0700 1:1 @7 a\nf 0644 0:0 @1 a/x = 1\nf 0644 0:0 @1 a/y = 1\nd 0711 0:0 @0 n\nf 0644 0:0 @1 n/y = 1" },
		/* kinds change */
		{ "f 0644 0:0 @1 a = 1\nf 0644 0:0 @1 b/c = 1\nl 0777 0:0 @1 l -> b",
		  "f 0644 0:0 @1 a/x = 1\nw a/z\nf 0644 0:0 @1 b = 2\nd 0755 0:0 @1 l",
		  "f 0644 0:0 @1 a/x = 1\nf 0644 0:0 @1 b = 2\nd 0755 0:0 @1 l" },
		/* a layer of which nothing is known makes all directories unknown; what is listed stays */
		{ "f 0644 0:0 @1 a/b/c = 1\nf 0644 0:0 @1 d = 2", "d? 0755 0:0 @0 .",
		  "d? 0755 0:0 @0 .\nf 0644 0:0 @1 a/b/c = 1\nd? 0755 0:0 @0 a\nd? 0755 0:0 @0 a/b\nf 0644 0:0 @1 d = 2" },
		{ "f 0644 0:0 @1 a/b = 1\nf 0644 0:0 @1 c/d = 2", "d? 0755 0:0 @0 a\nf 0644 0:0 @1 a/e/f = 1",
		  "d? 0755 0:0 @0 a\nf 0644 0:0 @1 a/b = 1\nf 0644 0:0 @1 a/e/f = 1\nd? 0755 0:0 @0 a/e\nf 0644 0:0 @1 c/d = 2" },
		/* what a layer puts into the unknown may have been there before, unless it is opaque */
		{ "d? 0755 0:0 @0 .", "f 0644 0:0 @1 a/b/c = 1\nd! 0755 0:0 @1 n\nf 0644 0:0 @1 n/m/x",
		  "d? 0755 0:0 @0 .\nf 0644 0:0 @1 a/b/c = 1\nd? 0755 0:0 @0 a\nd? 0755 0:0 @0 a/b\nd 0755 0:0 @1 n\nf 0644 0:0 @1 n/m/x" },
		{ "d? 0755 0:0 @0 .\nf 0644 0:0 @1 a = 1", "f 0644 0:0 @1 a/b = 1",
		  "d? 0755 0:0 @0 .\nd 0755 0:0 @0 a\nf 0644 0:0 @1 a/b = 1" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *lower = tree_of(rows[i].lower);
		lb_autonode struct lb_node *layer = tree_of(rows[i].layer);
		lb_autonode struct lb_node *expected = tree_of(rows[i].result);
		lb_autonode struct lb_node *got = lb_tree_apply(lower, layer);
		assert_same_tree(got, expected);
	}
}

static void a_diff_is_what_was_changed(void **state)
{
	(void)state;
	static const struct {
		const char *lower, *upper, *layer; /* NULL: nothing */
	} rows[] = {
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/b = 1", NULL },
		{ "f 0644 0:0 @1 a/b = 1\nf 0644 0:0 @1 c = 1", "f 0644 0:0 @1 a/b = 2\nf 0644 0:0 @1 c = 1", "f 0644 0:0 @1 a/b = 2" },
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @2 a/b = 1", "f 0644 0:0 @2 a/b = 1" },
		{ "f 0644 0:0 @1 a/b = 1", "d 0700 0:0 @0 a\nf 0644 0:0 @1 a/b = 1", "d 0700 0:0 @0 a" },
		{ "f 0644 0:0 @1 a/b = 1\nf 0644 0:0 @1 a/c = 1", "f 0644 0:0 @1 a/c = 1", "w a/b" },
		{ "f 0644 0:0 @1 a/b = 1\nd 0755 0:0 @0 z", "d 0755 0:0 @0 z", "w a" },
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a = 1", "f 0644 0:0 @1 a = 1" },
		{ "f 0644 0:0 @1 a = 1", "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/b = 1" },
		{ "l 0777 0:0 @1 a -> b", "l 0777 0:0 @1 a -> c", "l 0777 0:0 @1 a -> c" },
		{ "d 0755 0:0 @0 a", "d? 0755 0:0 @0 a", "d? 0755 0:0 @0 a" },
		{ "d? 0755 0:0 @0 .", "d? 0755 0:0 @0 .\nd? 0755 0:0 @0 a\nf 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/b = 1" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *lower = tree_of(rows[i].lower);
		lb_autonode struct lb_node *upper = tree_of(rows[i].upper);
		lb_autonode struct lb_node *got = lb_tree_diff(lower, upper);
		assert_int_equal(got == NULL, rows[i].layer == NULL);
		if (!got)
			continue;
		lb_autonode struct lb_node *expected = tree_of(rows[i].layer);
		assert_same_tree(got, expected);
		lb_autonode struct lb_node *back = lb_tree_apply(lower, got);
		assert_same_tree(back, upper);
	}
}

static void what_a_layer_does_not_touch_is_shared(void **state)
{
	(void)state;
	lb_autonode struct lb_node *lower = tree_of("f 0644 0:0 @1 a/b/c = 1\nf 0644 0:0 @1 d/e = 1");
	lb_autonode struct lb_node *layer = tree_of("f 0644 0:0 @1 a/x/y = 1\nd! 0755 0:0 @0 d");
	lb_autonode struct lb_node *got = lb_tree_apply(lower, layer);
	assert_ptr_equal(lb_tree_get(got, "a/b"), lb_tree_get(lower, "a/b"));
	assert_ptr_equal(lb_tree_get(got, "a/x"), lb_tree_get(layer, "a/x"));
	lb_autonode struct lb_node *nothing = tree_of("d 0755 0:0 @0 a");
	lb_autonode struct lb_node *same = lb_tree_apply(lower, nothing);
	assert_ptr_equal(same, lower);
	/* what becomes unknown becomes the same unknown every time, so that digests of it are remembered */
	lb_autonode struct lb_node *dark = lb_tree_unknown();
	lb_autonode struct lb_node *once = lb_tree_apply(lower, dark), *twice = lb_tree_apply(lower, dark),
				   *more = lb_tree_apply(once, dark);
	assert_ptr_equal(lb_tree_get(once, "a"), lb_tree_get(twice, "a"));
	assert_ptr_equal(more, once);
	assert_true(lb_node_holds_unknown(once));
	assert_false(lb_node_holds_unknown(lower));
}

static void a_layer_alone_is_a_tree_without_marks(void **state)
{
	(void)state;
	lb_autonode struct lb_node *layer = tree_of("w a/b\nf 0644 0:0 @1 a/c = 1\nd! 0755 0:0 @0 d\nf 0644 0:0 @0 d/x\nd~ 0755 0:0 @0 e");
	lb_autonode struct lb_node *expected = tree_of("f 0644 0:0 @1 a/c = 1\nf 0644 0:0 @0 d/x\nd 0755 0:0 @0 e");
	lb_autonode struct lb_node *got = lb_tree_apply(NULL, layer);
	assert_same_tree(got, expected);
	assert_ptr_equal(lb_tree_get(got, "d/x"), lb_tree_get(layer, "d/x"));
}

static void equal_but_for_times(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool equal;
	} rows[] = {
		{ "f 0644 0:0 @1 a/b = 1", "d 0755 0:0 @9 a\nf 0644 0:0 @2 a/b = 1", true },
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/b = 2", false },
		{ "f 0644 0:0 @1 a/b = 1", "f 0645 0:0 @1 a/b = 1", false },
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/c = 1", false },
		{ "f 0644 0:0 @1 a/b = 1", "f 0644 0:0 @1 a/b = 1\nf 0644 0:0 @1 a/c = 1", false },
		{ "d 0755 0:0 @1 a", "d? 0755 0:0 @1 a", false },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *a = tree_of(rows[i].a);
		lb_autonode struct lb_node *b = tree_of(rows[i].b);
		assert_int_equal(lb_tree_equal_but_times(a, b), rows[i].equal);
		assert_int_equal(lb_tree_equal_but_times(b, a), rows[i].equal);
	}
}

/* ---- random trees ---- */

static uint64_t next_random(uint64_t *state)
{
	uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static size_t below(uint64_t *r, size_t n)
{
	return (size_t)(next_random(r) % n);
}

static char *random_path(uint64_t *r)
{
	/* names that sort differently with and without a '/' behind them */
	static const char *const names[] = { "a", "a.b", "a-", "ab", "b", "\xff", "B" };
	struct lb_buf b = { 0 };
	for (size_t n = 1 + below(r, 4); n; n--) {
		lb_buf_adds(&b, names[below(r, LB_COUNT(names))]);
		if (n > 1)
			lb_buf_addc(&b, '/');
	}
	return lb_buf_steal(&b);
}

static struct lb_node *random_node(uint64_t *r)
{
	static const enum lb_kind kinds[] = { LB_FILE, LB_FILE, LB_FILE, LB_DIR, LB_SYMLINK, LB_FIFO, LB_CHAR };
	struct lb_xattr xattr = { (char[]){ "user.x" }, (char[]){ "12" }, below(r, 3) };
	struct lb_attr a = {
		.kind = kinds[below(r, LB_COUNT(kinds))],
		.mode = below(r, 2) ? 0644 : 0755,
		.uid = (uint32_t)below(r, 2),
		.mtime = { (int64_t)below(r, 3), (uint32_t)below(r, 2) },
		.xattrs = &xattr,
		.xattrs_count = below(r, 8) == 0,
	};
	static const char *const texts[] = { "", "x", "y", "longer" };
	const char *text = texts[below(r, LB_COUNT(texts))];
	if (a.kind == LB_SYMLINK)
		a.target = text;
	if (a.kind == LB_CHAR)
		a.rdev_minor = (uint32_t)below(r, 2);
	if (a.kind == LB_DIR)
		return lb_node_new_dir(&a, NULL, 0);
	return lb_node_new(&a, a.kind == LB_FILE && *text ? lb_content_text(text) : NULL);
}

static void change_something(struct lb_node **root, uint64_t *r)
{
	static const struct lb_attr parents = { .kind = LB_DIR, .mode = 0755 };
	lb_autofree char *path = random_path(r);
	struct lb_node *old = lb_tree_get(*root, path), *out = NULL;
	size_t what = below(r, 10);
	if (what < 3 && old) {
		assert_int_equal(lb_tree_remove(*root, path, &out, NULL), 0);
	} else if (what < 5 && old) {
		struct lb_attr a = old->attr;
		a.mode ^= 0111;
		a.mtime.sec += what == 3;
		assert_int_equal(lb_tree_put(*root, path, lb_node_with_attr(old, &a), NULL, false, &out, NULL), 0);
	} else {
		assert_int_equal(lb_tree_put(*root, path, random_node(r), &parents, true, &out, NULL), 0);
	}
	lb_node_unref(*root);
	*root = out;
}

static struct lb_node *random_tree(uint64_t *r, const struct lb_node *from, size_t changes)
{
	struct lb_node *n = lb_node_ref((struct lb_node *)(uintptr_t)from);
	while (changes--)
		change_something(&n, r);
	return n;
}

/* The same tree of other nodes. */
static struct lb_node *rebuilt(const struct lb_node *n)
{
	if (n->attr.kind != LB_DIR)
		return lb_node_with_attr(n, &n->attr);
	struct lb_entry *entries = lb_malloc(n->entries_count * sizeof(*entries));
	for (size_t i = n->entries_count; i-- > 0;) {
		const struct lb_entry *e = &n->entries[i];
		entries[n->entries_count - 1 - i] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, rebuilt(e->node) };
	}
	return lb_node_new_dir(&n->attr, entries, n->entries_count);
}

/* Where b still has a's node, so has c. */
static void assert_shares(const struct lb_node *a, const struct lb_node *b, const struct lb_node *c)
{
	if (a == b) {
		assert_ptr_equal(a, c);
		return;
	}
	for (size_t i = 0; i < a->entries_count; i++) {
		const struct lb_entry *e = &a->entries[i];
		const struct lb_node *x = lb_dir_find(b, e->name, e->name_len), *y = lb_dir_find(c, e->name, e->name_len);
		if (x && y)
			assert_shares(e->node, x, y);
	}
}

static int recount(const char *path, size_t len, struct lb_node *n, void *arg)
{
	(void)path;
	struct lb_tree_count *c = arg;
	c->files += n->attr.kind == LB_FILE;
	c->dirs += n->attr.kind == LB_DIR && len;
	c->others += n->attr.kind != LB_FILE && n->attr.kind != LB_DIR;
	c->bytes += lb_node_size(n);
	return 0;
}

static struct lb_digest digest_of(struct lb_node *n, enum lb_flavour flavour)
{
	struct lb_digest d;
	assert_int_equal(lb_node_digest(n, flavour, &d, NULL), 0);
	return d;
}

static void check_pair(struct lb_node *lower, struct lb_node *upper)
{
	lb_autonode struct lb_node *layer = lb_tree_diff(lower, upper);
	lb_autonode struct lb_node *back = layer ? lb_tree_apply(lower, layer) : lb_node_ref(lower);
	assert_same_tree(back, upper);
	assert_shares(lower, upper, back);
	struct lb_digest a = digest_of(lower, LB_FLAVOUR_FULL), b = digest_of(upper, LB_FLAVOUR_FULL);
	assert_int_equal(layer == NULL, lb_digest_equal(&a, &b));
	a = digest_of(lower, LB_FLAVOUR_NO_TIME);
	b = digest_of(upper, LB_FLAVOUR_NO_TIME);
	bool equal = lb_digest_equal(&a, &b);
	lb_autonode struct lb_node *other = rebuilt(upper);
	assert_same_tree(other, upper);
	assert_int_equal(lb_tree_equal_but_times(lower, other), equal);
	lb_autonode struct lb_node *layer2 = lb_tree_diff(lower, other);
	assert_int_equal(layer == NULL, layer2 == NULL);
	if (layer)
		assert_same_tree(layer, layer2);
	struct lb_tree_count c = { 0 }, kept = lb_tree_count(upper);
	lb_tree_walk(upper, recount, &c);
	assert_memory_equal(&c, &kept, sizeof(c));
}

static void diff_and_apply_are_inverse(void **state)
{
	(void)state;
	uint64_t r = 1;
	lb_autonode struct lb_node *empty = lb_tree_empty();
	for (int i = 0; i < 300; i++) {
		lb_autonode struct lb_node *lower = random_tree(&r, empty, below(&r, 60));
		lb_autonode struct lb_node *upper = random_tree(&r, lower, below(&r, 12));
		lb_autonode struct lb_node *unrelated = random_tree(&r, empty, below(&r, 60));
		check_pair(lower, upper);
		check_pair(upper, lower);
		check_pair(lower, unrelated);
	}
}

/* Kept or not, by the path alone. */
static enum lb_keep keep_some(const char *path, size_t len, const struct lb_node *n, void *arg)
{
	(void)n;
	struct lb_digest d = lb_digest_of(path, len);
	++*(size_t *)arg;
	return d.bytes[0] < 60 ? LB_DROP : d.bytes[0] < 120 ? LB_DROP_BUT_ENTER : LB_KEEP;
}

static void filter_with_and_without_an_earlier_result(void **state)
{
	(void)state;
	uint64_t r = 2;
	lb_autonode struct lb_node *empty = lb_tree_empty();
	for (int i = 0; i < 300; i++) {
		lb_autonode struct lb_node *in = random_tree(&r, empty, below(&r, 60));
		lb_autonode struct lb_node *edited = random_tree(&r, in, 1 + below(&r, 3));
		size_t asked = 0, asked_again = 0;
		lb_autonode struct lb_node *out = lb_tree_filter(in, keep_some, &asked, NULL, NULL);
		lb_autonode struct lb_node *fresh = lb_tree_filter(edited, keep_some, &asked, NULL, NULL);
		lb_autonode struct lb_node *quick = lb_tree_filter(edited, keep_some, &asked_again, in, out);
		assert_same_tree(fresh, quick);
		assert_true(asked_again <= asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_apply_as_the_specification_says),
		cmocka_unit_test(a_diff_is_what_was_changed),
		cmocka_unit_test(what_a_layer_does_not_touch_is_shared),
		cmocka_unit_test(a_layer_alone_is_a_tree_without_marks),
		cmocka_unit_test(equal_but_for_times),
		cmocka_unit_test(diff_and_apply_are_inverse),
		cmocka_unit_test(filter_with_and_without_an_earlier_result),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
