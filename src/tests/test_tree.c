/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tree_util.h"

static const struct lb_attr DIR_ATTR = { .kind = LB_DIR, .mode = 0755 };

static void a_description_reads_back(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("# a comment\n"
						   "d 0700 1:2 @5.000000007 .\n"
						   "f 0644 0:0 @9 a/b = text\\n\n"
						   "  f 4755 0:0 @-3 a/empty\n"
						   "l 0777 0:0 @1 link -> ../x y\n"
						   "d! 0755 0:0 @0 opaque\n"
						   "d? 0755 0:0 @0 nobody/knows\n"
						   "c 0600 0:0 @0 1,3 null\n"
						   "w a/.gone\n"
						   "p 0600 0:0 @0 \\x01\\\\\xff\n");
	lb_autofree char *text = text_of(root);
	assert_string_equal(text, "d 0700 1:2 0 5.000000007 .\n"
				  "p 0600 0:0 0 0.000000000 \\x01\\\\\xff\n"
				  "d 0755 0:0 0 0.000000000 a\n"
				  "w a/.gone\n"
				  "f 0644 0:0 5 9.000000000 a/b "
				  "sha256:b9e68e1bea3e5b19ca6b2f98b73a54b73daafaa250484902e09982e07a12e733\n"
				  "f 4755 0:0 0 -3.000000000 a/empty "
				  "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
				  "l 0777 0:0 0 1.000000000 link -> ../x y\n"
				  "d 0755 0:0 0 0.000000000 nobody\n"
				  "d? 0755 0:0 0 0.000000000 nobody/knows\n"
				  "c 0600 0:0 1,3 0.000000000 null\n"
				  "d! 0755 0:0 0 0.000000000 opaque\n");
}

static void bad_descriptions_say_where(void **state)
{
	(void)state;
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "f 0644 0:0 @0 a\nx 0644", "tree:2:1: one of f d l p c b s w is expected" },
		{ "f 9 0:0 @0 a", "tree:1:3: a mode is expected (0644)" },
		{ "f 0644 0 @0 a", "tree:1:9: an owner is expected (0:0)" },
		{ "f 0644 0:0 a", "tree:1:11: a time is expected (@1600000000 or @1600000000.5: seconds and nanoseconds)" },
		{ "f 0644 0:0 @0", "tree:1:14: a path is expected" },
		{ "f 0644 0:0 @0  = x", "tree:1:19: a path is expected" },
		{ "f 0644 0:0 @0 a\\xzz", "tree:1:20: not an escape (\\n \\t \\\\ \\xHH)" },
		{ "l 0777 0:0 @0 a", "tree:1:16: a target is expected (path -> target)" },
		{ "c 0644 0:0 @0 a", "tree:1:15: a device is expected (1,3)" },
		{ "f 0644 0:0 @0 a\\q", "tree:1:18: not an escape (\\n \\t \\\\ \\xHH)" },
		{ "f 0644 0:0 @0 a\\x00", "tree:1:20: a path holds no NUL" },
		{ "f 0644 0:0 @0 a = x\nf 0644 0:0 @0 a/b", "tree:2:18: a/b: a is not a directory" },
		{ "f 0644 0:0 @0 .", "tree:1:16: the root of a tree is a directory" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_err err;
		struct lb_node *n = NULL;
		assert_int_equal(lb_tree_parse(rows[i].text, &n, &err), LB_INVALID);
		assert_string_equal(err.text, rows[i].message);
	}
}

static void names_are_in_the_order_of_their_bytes(void **state)
{
	(void)state;
	static const char *const names[] = { "b", "a.b", "a", "\xff", "ab", "B", "a-" };
	struct lb_entry *entries = lb_malloc(LB_COUNT(names) * sizeof(*entries));
	for (size_t i = 0; i < LB_COUNT(names); i++)
		entries[i] = (struct lb_entry){ lb_strdup(names[i]), strlen(names[i]), file_of(names[i]) };
	lb_autonode struct lb_node *dir = lb_node_new_dir(&DIR_ATTR, entries, LB_COUNT(names));
	static const char *const sorted[] = { "B", "a", "a-", "a.b", "ab", "b", "\xff" };
	for (size_t i = 0; i < LB_COUNT(sorted); i++) {
		assert_string_equal(dir->entries[i].name, sorted[i]);
		assert_ptr_equal(lb_dir_find(dir, sorted[i], strlen(sorted[i])), dir->entries[i].node);
	}
	assert_null(lb_dir_find(dir, "a", 0));
	assert_null(lb_dir_find(dir, "aba", 3));
}

static void paths_are_forgiving_about_slashes_and_dots(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("f 0644 0:0 @0 a/b/c = x\nf 0644 0:0 @0 ..x/.y = z");
	struct lb_node *c = lb_tree_get(root, "a/b/c");
	assert_non_null(c);
	static const char *const same[] = { "/a/b/c", "a//b/./c", "./a/b/c/", "//a/b/../b/c", "../../a/b/c", "nothing/../a/b/c" };
	for (size_t i = 0; i < LB_COUNT(same); i++)
		assert_ptr_equal(lb_tree_get(root, same[i]), c);
	static const char *const roots[] = { "", ".", "/", "./", "..", "a/..", "/../." };
	for (size_t i = 0; i < LB_COUNT(roots); i++)
		assert_ptr_equal(lb_tree_get(root, roots[i]), root);
	assert_non_null(lb_tree_get(root, "..x/.y"));
	assert_null(lb_tree_get(root, "a/b/c/d"));
	assert_null(lb_tree_get(root, "a/x"));
}

/* /usr/lib with links to it and to nowhere, and a directory of which not all is known. */
static struct lb_node *tree_of_links(void)
{
	return tree_of("f 0644 0:0 @0 usr/lib/so = x\n"
		       "l 0777 0:0 @0 lib -> usr/lib\n"
		       "l 0777 0:0 @0 abs -> /lib/so\n"
		       "l 0777 0:0 @0 usr/up -> ../../../lib\n"
		       "l 0777 0:0 @0 self -> self\n"
		       "l 0777 0:0 @0 ping -> pong/x\n"
		       "l 0777 0:0 @0 pong -> ping\n"
		       "l 0777 0:0 @0 gone -> nowhere\n"
		       "l 0777 0:0 @0 into -> dark/x\n"
		       "f 0644 0:0 @0 dark/known = y\n"
		       "d? 0755 0:0 @0 dark\n");
}

static void links_resolve_as_in_a_chroot(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of_links();
	static const struct {
		const char *path;
		bool follow_last;
		int rc;
		const char *resolved;
	} rows[] = {
		{ "/lib/so", true, 0, "usr/lib/so" },
		{ "abs", true, 0, "usr/lib/so" },
		{ "abs", false, 0, "abs" },
		{ "lib", false, 0, "lib" },
		{ "lib/", false, 0, "lib" },
		{ "lib/.", true, 0, "usr/lib" },
		{ "lib/..", true, 0, "usr" },
		{ "usr/up/so", false, 0, "usr/lib/so" },
		{ "", true, 0, "" },
		{ "../..", true, 0, "" },
		{ "self", true, LB_INVALID, NULL },
		{ "self", false, 0, "self" },
		{ "ping", true, LB_INVALID, NULL },
		{ "gone", true, LB_NOT_FOUND, NULL },
		{ "gone/../usr", true, LB_NOT_FOUND, NULL },
		{ "usr/lib/so/x", true, LB_NOT_FOUND, NULL },
		{ "dark/known", true, 0, "dark/known" },
		{ "dark/other", true, LB_UNSUPPORTED, NULL },
		{ "into", true, LB_UNSUPPORTED, NULL },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_node *n = NULL;
		lb_autofree char *real = NULL;
		struct lb_err err;
		assert_int_equal(lb_tree_resolve(root, rows[i].path, rows[i].follow_last, &n, &real, &err), rows[i].rc);
		if (rows[i].rc)
			continue;
		assert_string_equal(real, rows[i].resolved);
		assert_ptr_equal(n, lb_tree_get(root, real));
	}
	struct lb_err err;
	struct lb_node *n = NULL;
	assert_int_equal(lb_tree_resolve(root, "dark/other", true, &n, NULL, &err), LB_UNSUPPORTED);
	assert_string_equal(err.text, "dark/other: what /dark holds is not known");
	assert_int_equal(lb_tree_resolve(root, "self", true, &n, NULL, &err), LB_INVALID);
	assert_string_equal(err.text, "self: too many symbolic links, or a loop of them");
}

static void a_detour_leads_to_the_same_place(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of_links();
	static const char *const straight[] = {
		"",        "usr",  "usr/",       "//usr///lib/./so", "usr/lib/so",  "usr/lib/so/x", "usr/lib/nowhere",
		"nowhere", "dark", "dark/known", "dark/other",       "dark/known/x"
	};
	for (size_t i = 0; i < LB_COUNT(straight); i++) {
		struct lb_node *a = NULL, *b = NULL;
		lb_autofree char *real = NULL, *around = NULL, *detour = lb_format("usr/../%s", straight[i]);
		int rc = lb_tree_resolve(root, straight[i], false, &a, &real, NULL);
		assert_int_equal(lb_tree_resolve(root, detour, false, &b, &around, NULL), rc);
		assert_ptr_equal(a, b);
		if (!rc)
			assert_string_equal(real, around);
	}
}

static int note(const char *path, size_t len, struct lb_node *n, void *arg)
{
	lb_buf_add(arg, path, len);
	lb_buf_addc(arg, ' ');
	return n->attr.opaque ? LB_WALK_SKIP : n->attr.kind == LB_SOCKET ? -42 : 0;
}

static void a_walk_goes_in_tar_order(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("f 0644 0:0 @0 a/z\nf 0644 0:0 @0 a.b\nd! 0755 0:0 @0 b\nf 0644 0:0 @0 b/hidden\n"
						   "s 0644 0:0 @0 y\nf 0644 0:0 @0 z\n");
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_tree_walk(root, note, &b), -42);
	assert_string_equal(b.data, " a a/z a.b b y ");
}

static void a_count_is_kept_up(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root =
		tree_of("f 0644 0:0 @0 a/b/c = 12345\nf 0644 0:0 @0 a/d = 1\nl 0777 0:0 @0 l -> x\nd 0755 0:0 @0 e");
	struct lb_tree_count c = lb_tree_count(root);
	assert_int_equal(c.files, 2);
	assert_int_equal(c.dirs, 3);
	assert_int_equal(c.others, 1);
	assert_int_equal(c.bytes, 6);
	lb_autonode struct lb_node *less = NULL;
	assert_int_equal(lb_tree_remove(root, "a/b", &less, NULL), 0);
	c = lb_tree_count(less);
	assert_int_equal(c.files, 1);
	assert_int_equal(c.dirs, 2);
	assert_int_equal(c.bytes, 1);
}

static void a_change_costs_the_nodes_on_its_path(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("f 0644 0:0 @0 a/b/c = x\nf 0644 0:0 @0 a/d/e = y\nf 0644 0:0 @0 f/g = z");
	lb_autonode struct lb_node *next = NULL;
	assert_int_equal(lb_tree_put(root, "a/b/c", file_of("new"), NULL, false, &next, NULL), 0);
	assert_ptr_not_equal(lb_tree_get(next, "a/b"), lb_tree_get(root, "a/b"));
	assert_ptr_equal(lb_tree_get(next, "a/d"), lb_tree_get(root, "a/d"));
	assert_ptr_equal(lb_tree_get(next, "f"), lb_tree_get(root, "f"));
	assert_int_equal(lb_node_size(lb_tree_get(root, "a/b/c")), 1);
	assert_int_equal(lb_node_size(lb_tree_get(next, "a/b/c")), 3);
	lb_autonode struct lb_node *without = NULL;
	assert_int_equal(lb_tree_remove(next, "/a/d/", &without, NULL), 0);
	assert_null(lb_tree_get(without, "a/d"));
	assert_ptr_equal(lb_tree_get(without, "a/b"), lb_tree_get(next, "a/b"));
}

static void put_makes_parents_or_says_why_not(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root =
		tree_of("f 0644 0:0 @0 file = x\nl 0777 0:0 @0 link -> dir\nd 0755 0:0 @0 dir\nd? 0755 0:0 @0 dark");
	static const struct lb_attr parents = { .kind = LB_DIR, .mode = 0711, .uid = 7 };
	static const struct {
		const char *path;
		bool with_parents, force;
		int rc;
		const char *message; /* or the description of what was made */
	} rows[] = {
		{ "new/er/x", false, false, LB_NOT_FOUND, "new/er/x: there is no directory new" },
		{ "dir/sub/x", false, false, LB_NOT_FOUND, "dir/sub/x: there is no directory dir/sub" },
		{ "file/x", true, false, LB_INVALID, "file/x: file is not a directory" },
		{ "link/x", true, false, LB_INVALID, "link/x: link is not a directory" },
		{ "file/x", false, true, LB_NOT_FOUND, "file/x: there is no directory file" },
		{ ".", true, true, LB_INVALID, "the root of a tree is a directory" },
		{ "new/er/x", true, false, 0, "d 0711 7:0 0 new/er\nf 0644 0:0 1 new/er/x\n" },
		{ "link/x", true, true, 0, "d 0711 7:0 0 link\nf 0644 0:0 1 link/x\n" },
		{ "file/y/x", true, true, 0, "d 0711 7:0 0 file/y\nf 0644 0:0 1 file/y/x\n" },
		{ "dark/y/x", true, true, 0, "d? 0711 7:0 0 dark/y\nf 0644 0:0 1 dark/y/x\n" },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *x = file_of("1");
		struct lb_node *made = NULL;
		struct lb_err err;
		int rc = lb_tree_put(root, rows[i].path, x, rows[i].with_parents ? &parents : NULL, rows[i].force, &made, &err);
		assert_int_equal(rc, rows[i].rc);
		if (rc) {
			assert_string_equal(err.text, rows[i].message);
			continue;
		}
		lb_steal(&x);
		lb_autobuf struct lb_buf b = { 0 };
		lb_tree_describe(made, false, false, &b, NULL);
		assert_non_null(strstr(b.data, rows[i].message));
		lb_node_unref(made);
	}
}

static void remove_says_what_is_not_there(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("f 0644 0:0 @0 a = x");
	struct lb_node *out = NULL;
	struct lb_err err;
	assert_int_equal(lb_tree_remove(root, "b", &out, &err), LB_NOT_FOUND);
	assert_string_equal(err.text, "b: no such file or directory");
	assert_int_equal(lb_tree_remove(root, "a/b", &out, &err), LB_NOT_FOUND);
	assert_int_equal(lb_tree_remove(root, "x/b/c", &out, &err), LB_NOT_FOUND);
	assert_int_equal(lb_tree_remove(root, "/", &out, &err), LB_INVALID);
}

static void too_deep_is_refused(void **state)
{
	(void)state;
	lb_autobuf struct lb_buf path = { 0 };
	for (int i = 0; i < 8192; i++)
		lb_buf_adds(&path, "d/");
	lb_autonode struct lb_node *root = lb_tree_empty();
	lb_autonode struct lb_node *deep = NULL;
	assert_int_equal(lb_tree_put(root, path.data, lb_node_new_dir(&DIR_ATTR, NULL, 0), &DIR_ATTR, false, &deep, NULL), 0);
	struct lb_digest d;
	assert_int_equal(lb_node_digest(deep, LB_FLAVOUR_FULL, &d, NULL), 0);
	assert_int_equal(lb_tree_count(deep).dirs, 8192);
	lb_buf_adds(&path, "x");
	lb_autonode struct lb_node *x = file_of("x");
	struct lb_node *none = NULL;
	assert_int_equal(lb_tree_put(root, path.data, x, &DIR_ATTR, false, &none, NULL), LB_INVALID);
}

/* ---- filter ---- */

struct asked {
	const char *drop, *enter;
	struct lb_buf seen;
};

static enum lb_keep keep(const char *path, size_t len, const struct lb_node *n, void *arg)
{
	(void)n;
	struct asked *a = arg;
	lb_buf_add(&a->seen, path, len);
	lb_buf_addc(&a->seen, ' ');
	lb_autofree char *p = lb_format(" %.*s ", (int)len, path);
	return strstr(a->drop, p) ? LB_DROP : strstr(a->enter, p) ? LB_DROP_BUT_ENTER : LB_KEEP;
}

static void filter_keeps_what_it_is_told(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root =
		tree_of("f 0644 0:0 @0 a/keep\nf 0644 0:0 @0 a/pyc\nf 0644 0:0 @0 gone/x\nf 0644 0:0 @0 maybe/x\n"
			"f 0644 0:0 @0 maybe/y\nf 0644 0:0 @0 empty/x\nf 0644 0:0 @0 whole/x");
	struct asked a = { " a/pyc gone maybe/x empty/x ", " maybe empty ", { 0 } };
	lb_autonode struct lb_node *out = lb_tree_filter(root, keep, &a, NULL, NULL);
	assert_string_equal(a.seen.data, "a a/keep a/pyc empty empty/x gone maybe maybe/x maybe/y whole whole/x ");
	lb_buf_release(&a.seen);
	lb_autonode struct lb_node *expected = tree_of("f 0644 0:0 @0 a/keep\nf 0644 0:0 @0 maybe/y\nf 0644 0:0 @0 whole/x");
	assert_same_tree(out, expected);
	assert_ptr_equal(lb_tree_get(out, "whole"), lb_tree_get(root, "whole"));
}

static void filter_goes_where_something_changed(void **state)
{
	(void)state;
	lb_autonode struct lb_node *in =
		tree_of("f 0644 0:0 @0 a/b/keep\nf 0644 0:0 @0 a/b/log\nf 0644 0:0 @0 c/d/log\nf 0644 0:0 @0 c/d/e\n");
	struct asked a = { " a/b/log c/d/log ", "", { 0 } };
	lb_autonode struct lb_node *out = lb_tree_filter(in, keep, &a, NULL, NULL);
	lb_buf_clear(&a.seen);

	lb_autonode struct lb_node *edited = NULL, *ignored = NULL;
	assert_int_equal(lb_tree_put(in, "a/b/keep", file_of("new"), NULL, false, &edited, NULL), 0);
	lb_autonode struct lb_node *out2 = lb_tree_filter(edited, keep, &a, in, out);
	assert_string_equal(a.seen.data, "a a/b a/b/keep ");
	assert_ptr_equal(lb_tree_get(out2, "c"), lb_tree_get(out, "c"));
	assert_int_equal(lb_node_size(lb_tree_get(out2, "a/b/keep")), 3);

	/* what is dropped may change: the result is the very same tree */
	assert_int_equal(lb_tree_put(in, "a/b/log", file_of("new"), NULL, false, &ignored, NULL), 0);
	lb_autonode struct lb_node *out3 = lb_tree_filter(ignored, keep, &a, in, out);
	assert_ptr_equal(out3, out);
	lb_autonode struct lb_node *out4 = lb_tree_filter(in, keep, &a, in, out);
	assert_ptr_equal(out4, out);
	lb_buf_release(&a.seen);
}

/* ---- digests ---- */

static void digests_sum_up_what_their_flavour_says(void **state)
{
	(void)state;
	static const char *const base = "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t";
	static const struct {
		const char *text;
		bool full, no_time, shape; /* must be another digest than base's */
	} rows[] = {
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @2 d/f = one\nl 0777 0:0 @1 d/l -> t", true, false, true },
		{ "d 0755 0:0 @2 d\nf 0644 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, false, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1.5 d/f = one\nl 0777 0:0 @1 d/l -> t", true, false, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = two\nl 0777 0:0 @1 d/l -> t", true, true, false },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = four\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0645 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0644 1:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:1 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/g = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> u", true, true, true },
		{ "d 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = one", true, true, true },
		{ "d! 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ "d? 0755 0:0 @1 d\nf 0644 0:0 @1 d/f = one\nl 0777 0:0 @1 d/l -> t", true, true, true },
		{ base, false, false, false },
	};
	lb_autonode struct lb_node *a = tree_of(base);
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		lb_autonode struct lb_node *b = tree_of(rows[i].text);
		const bool differ[] = { rows[i].full, rows[i].no_time, rows[i].shape };
		for (enum lb_flavour f = LB_FLAVOUR_FULL; f <= LB_FLAVOUR_SHAPE; f++) {
			struct lb_digest x, y;
			assert_int_equal(lb_node_digest(a, f, &x, NULL), 0);
			assert_int_equal(lb_node_digest(b, f, &y, NULL), 0);
			assert_int_equal(!lb_digest_equal(&x, &y), differ[f]);
		}
	}
}

/* The identity of a tree is written into stores: it must not move without notice. */
static void a_full_digest_is_pinned(void **state)
{
	(void)state;
	struct lb_xattr xattr = { (char[]){ "user.x" }, (char[]){ "v" }, 1 };
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .xattrs = &xattr, .xattrs_count = 1, .link_group = 3 };
	lb_autonode struct lb_node *root =
		tree_of("d 0755 0:0 @1 d\nf 0644 1:2 @1.5 d/f = one\nl 0777 0:0 @1 d/l -> t\nc 0600 0:0 @0 1,3 n");
	lb_autonode struct lb_node *whole = NULL;
	assert_int_equal(lb_tree_put(root, "x", lb_node_new(&attr, NULL), NULL, false, &whole, NULL), 0);
	struct lb_digest d;
	assert_int_equal(lb_node_digest(whole, LB_FLAVOUR_FULL, &d, NULL), 0);
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(&d, hex);
	assert_string_equal(hex, "cf20335e29fcefe84e6edf222fffeedefad28916e3ad334fcbc6d1b5e49e2b8d");
}

static int unreadable(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	(void)c, (void)sink, (void)arg;
	return lb_fail(err, LB_IO, "cannot read x");
}

static void free_it(struct lb_content *c)
{
	free(c);
}

static struct lb_node *file_that_cannot_be_read(void)
{
	static const struct lb_content_ops ops = { .read = unreadable, .free = free_it };
	static const struct lb_attr attr = { .kind = LB_FILE };
	struct lb_content *c = lb_malloc(sizeof(*c));
	lb_content_init(c, &ops, 5);
	return lb_node_new(&attr, c);
}

static void a_file_that_cannot_be_read_has_a_shape(void **state)
{
	(void)state;
	lb_autonode struct lb_node *empty = lb_tree_empty();
	lb_autonode struct lb_node *root = NULL;
	assert_int_equal(lb_tree_put(empty, "a/x", file_that_cannot_be_read(), &DIR_ATTR, false, &root, NULL), 0);
	struct lb_digest d;
	struct lb_err err;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_SHAPE, &d, &err), 0);
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &d, &err), LB_IO);
	assert_string_equal(err.text, "cannot read x");
}

static void digests_are_loaded_by_several_threads(void **state)
{
	(void)state;
	for (unsigned threads = 0; threads < 5; threads++) {
		lb_autonode struct lb_node *root =
			tree_of("f 0644 0:0 @0 a/b = x\nf 0644 0:0 @0 a/c = y\nf 0644 0:0 @0 d\nf 0644 0:0 @0 z = z");
		assert_int_equal(lb_tree_load_digests(root, threads, NULL), 0);
		struct lb_digest d;
		assert_true(lb_content_digest_known(lb_tree_get(root, "a/b")->content, &d));
		assert_true(lb_content_digest_known(lb_tree_get(root, "z")->content, &d));
		lb_autonode struct lb_node *bad = NULL;
		assert_int_equal(lb_tree_put(root, "a/bad", file_that_cannot_be_read(), NULL, false, &bad, NULL), 0);
		struct lb_err err;
		assert_int_equal(lb_tree_load_digests(bad, threads, &err), LB_IO);
		assert_string_equal(err.text, "cannot read x");
	}
}

static int count_calls(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	++*(int *)arg;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	for (size_t i = 0; i < n->entries_count; i++) {
		struct lb_digest d;
		int rc = lb_node_digest_by(n->entries[i].node, LB_FLAVOUR_POLICY_0, count_calls, arg, &d, err);
		if (rc)
			return rc;
		lb_sha256_addd(&h, &d);
	}
	*out = lb_sha256_done(&h);
	return 0;
}

static void a_flavour_is_computed_for_what_is_new(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("f 0644 0:0 @0 a/b/c\nf 0644 0:0 @0 a/d\nf 0644 0:0 @0 e/f");
	struct lb_digest d;
	int calls = 0;
	assert_int_equal(lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_calls, &calls, &d, NULL), 0);
	assert_int_equal(calls, 7);
	assert_int_equal(lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_calls, &calls, &d, NULL), 0);
	assert_int_equal(calls, 7);
	lb_autonode struct lb_node *next = NULL;
	assert_int_equal(lb_tree_put(root, "a/b/c", file_of("x"), NULL, false, &next, NULL), 0);
	assert_int_equal(lb_node_digest_by(next, LB_FLAVOUR_POLICY_0, count_calls, &calls, &d, NULL), 0);
	assert_int_equal(calls, 11);
}

static void *digest_all(void *arg)
{
	struct lb_digest *d = lb_malloc(3 * sizeof(*d));
	for (int i = 0; i < 3; i++)
		if (lb_node_digest(arg, (enum lb_flavour)i, &d[i], NULL))
			abort();
	lb_node_unref(lb_node_ref(arg));
	return d;
}

static void threads_share_a_tree(void **state)
{
	(void)state;
	lb_autonode struct lb_node *root = tree_of("d 0755 0:0 @0 x");
	for (int i = 0; i < 300; i++) {
		lb_autofree char *path = lb_format("d%d/e%d/f%d", i % 7, i % 13, i);
		struct lb_node *next = NULL;
		assert_int_equal(lb_tree_put(root, path, file_of(path), &DIR_ATTR, false, &next, NULL), 0);
		lb_node_unref(root);
		root = next;
	}
	pthread_t threads[8];
	for (size_t i = 0; i < LB_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, digest_all, root), 0);
	void *first = NULL;
	for (size_t i = 0; i < LB_COUNT(threads); i++) {
		void *got = NULL;
		pthread_join(threads[i], &got);
		if (first)
			assert_memory_equal(first, got, 3 * sizeof(struct lb_digest));
		else
			first = got;
		if (got != first)
			free(got);
	}
	free(first);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_description_reads_back),
		cmocka_unit_test(bad_descriptions_say_where),
		cmocka_unit_test(names_are_in_the_order_of_their_bytes),
		cmocka_unit_test(paths_are_forgiving_about_slashes_and_dots),
		cmocka_unit_test(links_resolve_as_in_a_chroot),
		cmocka_unit_test(a_detour_leads_to_the_same_place),
		cmocka_unit_test(a_walk_goes_in_tar_order),
		cmocka_unit_test(a_count_is_kept_up),
		cmocka_unit_test(a_change_costs_the_nodes_on_its_path),
		cmocka_unit_test(put_makes_parents_or_says_why_not),
		cmocka_unit_test(remove_says_what_is_not_there),
		cmocka_unit_test(too_deep_is_refused),
		cmocka_unit_test(filter_keeps_what_it_is_told),
		cmocka_unit_test(filter_goes_where_something_changed),
		cmocka_unit_test(digests_sum_up_what_their_flavour_says),
		cmocka_unit_test(a_full_digest_is_pinned),
		cmocka_unit_test(a_file_that_cannot_be_read_has_a_shape),
		cmocka_unit_test(digests_are_loaded_by_several_threads),
		cmocka_unit_test(a_flavour_is_computed_for_what_is_new),
		cmocka_unit_test(threads_share_a_tree),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
