/* SPDX-License-Identifier: Apache-2.0
 *
 * What a build saw, written down and read again against the context of now.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "image/remember.h"
#include "lbench/fs.h"
#include "lbench/tree_source.h"

static struct lb_node *tree_of(const char *text)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	if (lb_tree_parse(text, &n, &err))
		fail_msg("%s", err.text);
	assert_int_equal(lb_tree_load_digests(n, 1, NULL), 0);
	return n;
}

#define CONTEXT \
	"d 0755 0:0 @5 src\nf 0644 0:0 @5 src/a = one\nf 0755 7:8 @5 src/b = two\nl 0777 0:0 @5 src/l -> a\nd 0700 0:0 @5 empty\nf 0644 " \
	"0:0 @5 none = \n"

struct notes {
	struct lb_buf rest, context;
};

static void notes_release(struct notes *n)
{
	lb_buf_release(&n->rest);
	lb_buf_release(&n->context);
}
#define autonotes __attribute__((cleanup(notes_release)))

static void put_down(struct lb_node *context, struct notes *out)
{
	struct lb_pair args[] = { { "A", "1" }, { "B", NULL } };
	struct img_seen_base base = { "python:3", lb_digest_of("x", 1) };
	struct img_seen seen = { .path = (char *)"p/Dockerfile",
				 .text = (char *)"FROM python:3\n",
				 .target = (char *)"",
				 .args = { args, 2, 2 },
				 .bases = &base,
				 .bases_count = 1,
				 .context = context };
	img_seen_write_context(&seen, &out->context);
	img_seen_write(&seen, &out->rest);
}

static void take_up(const struct notes *text, struct lb_node *current, struct img_seen *out)
{
	struct lb_err err;
	if (img_seen_read(text->rest.data, text->rest.len, current, out, &err) ||
	    img_seen_read_context(text->context.data, text->context.len, current, out, &err))
		fail_msg("%s", err.text);
}

static void everything_comes_back(void **state)
{
	(void)state;
	lb_autonode struct lb_node *context = tree_of(CONTEXT);
	autonotes struct notes text = { 0 };
	struct img_seen seen;
	put_down(context, &text);
	take_up(&text, context, &seen);
	assert_string_equal(seen.path, "p/Dockerfile");
	assert_string_equal(seen.text, "FROM python:3\n");
	assert_string_equal(seen.target, "");
	assert_null(seen.platform);
	assert_null(seen.ignore);
	assert_int_equal(seen.args.count, 2);
	assert_string_equal(seen.args.items[0].value, "1");
	assert_null(seen.args.items[1].value);
	assert_string_equal(seen.bases[0].name, "python:3");
	struct lb_digest d = lb_digest_of("x", 1);
	assert_true(lb_digest_equal(&seen.bases[0].identity, &d));
	/* nothing changed: the very same tree */
	assert_ptr_equal(seen.context, context);
	img_seen_release(&seen);
}

static void digest_of(struct lb_node *n, struct lb_digest *out)
{
	assert_int_equal(lb_node_digest(n, LB_FLAVOUR_NO_TIME, out, NULL), 0);
}

static void what_changed_since_has_its_digest_and_no_bytes(void **state)
{
	(void)state;
	lb_autonode struct lb_node *then = tree_of(CONTEXT);
	lb_autonode struct lb_node *now =
		tree_of("d 0755 0:0 @5 src\nf 0644 0:0 @5 src/a = ONE\nf 0755 7:8 @5 src/b = two\nl 0777 0:0 @5 src/l -> b\n");
	autonotes struct notes text = { 0 };
	lb_autobuf struct lb_buf bytes = { 0 };
	struct img_seen seen;
	put_down(then, &text);
	take_up(&text, now, &seen);
	struct lb_node *a = lb_tree_get(seen.context, "src/a");
	assert_int_equal(lb_content_load(a->content, &bytes, NULL), LB_NOT_FOUND);
	/* of one size at one time: a builder that looks no further must see that it is another */
	assert_int_not_equal(a->attr.mtime.sec, 5);
	assert_ptr_equal(lb_tree_get(seen.context, "src/b"), lb_tree_get(now, "src/b"));
	assert_string_equal(lb_tree_get(seen.context, "src/l")->attr.target, "a");
	struct lb_digest x, y;
	digest_of(seen.context, &x);
	digest_of(then, &y);
	assert_true(lb_digest_equal(&x, &y));
	img_seen_release(&seen);
}

static void without_a_context_of_now(void **state)
{
	(void)state;
	lb_autonode struct lb_node *then = tree_of(CONTEXT), *now = tree_of("f 0644 0:0 @1 src = a file\n");
	autonotes struct notes text = { 0 };
	struct img_seen seen;
	struct lb_digest x, y;
	put_down(then, &text);
	take_up(&text, now, &seen);
	digest_of(seen.context, &x);
	digest_of(then, &y);
	assert_true(lb_digest_equal(&x, &y));
	img_seen_release(&seen);
}

static void damaged_notes_are_refused(void **state)
{
	(void)state;
	lb_autonode struct lb_node *context = tree_of(CONTEXT);
	autonotes struct notes text = { 0 };
	struct img_seen seen;
	put_down(context, &text);
	for (size_t len = 0; len < text.rest.len; len++)
		assert_int_equal(img_seen_read(text.rest.data, len, context, &seen, NULL), LB_INVALID);
	for (size_t i = 0; i < text.rest.len; i++) {
		text.rest.data[i] ^= 0x20;
		assert_int_equal(img_seen_read(text.rest.data, text.rest.len, context, &seen, NULL), LB_INVALID);
		text.rest.data[i] ^= 0x20;
	}
	assert_int_equal(img_seen_read(text.rest.data, text.rest.len, context, &seen, NULL), 0);
	assert_null(seen.context); /* it has no name */
	for (size_t len = 0; len < text.context.len; len++)
		assert_int_equal(img_seen_read_context(text.context.data, len, context, &seen, NULL), LB_INVALID);
	for (size_t i = 0; i < text.context.len; i++) {
		text.context.data[i] ^= 0x20;
		assert_int_equal(img_seen_read_context(text.context.data, text.context.len, context, &seen, NULL), LB_INVALID);
		text.context.data[i] ^= 0x20;
	}
	img_seen_release(&seen);
	take_up(&text, context, &seen);
	img_seen_release(&seen);
}

/* ---- in the store ---- */

static struct lb_node *walk_of(const char *dir, const char *memo)
{
	const struct lb_dir_options o = { .canonical = true, .memo_path = memo };
	struct lb_node *n = NULL;
	struct lb_digest d;
	assert_int_equal(lb_tree_from_dir(dir, &o, &n, NULL), 0);
	assert_int_equal(lb_node_digest(n, LB_FLAVOUR_FULL, &d, NULL), 0);
	assert_int_equal(lb_dir_memo_save(memo, n, NULL), 0);
	return n;
}

static void keep(struct lb_store *s, const struct lb_digest *key, struct lb_node *context, const struct img_seen *before)
{
	struct img_seen now = { .path = (char *)"Dockerfile", .text = (char *)"FROM scratch\n", .context = context };
	assert_int_equal(img_seen_keep(s, key, &now, before, NULL), 0);
}

/* While the memo of its directory knows the context as it was, its text is not needed. */
static void the_context_is_read_when_it_is_another(void **state)
{
	(void)state;
	lb_autofree char *top = NULL;
	assert_int_equal(lb_fs_mkdtemp("/tmp", "lbench-seen-", &top, NULL), 0);
	lb_autofree char *dir = lb_path_join(top, "d"), *file = lb_path_join(top, "d/f"), *memo = lb_path_join(top, "memo");
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, dir, NULL) | lb_fs_write(AT_FDCWD, file, "one", 3, NULL), 0);
	usleep(60000); /* older than the walk */
	struct lb_store *s = NULL;
	struct img_seen seen, none = { 0 };
	const struct lb_digest key = lb_digest_of("k", 1);
	assert_int_equal(lb_store_open_memory(&s, NULL), 0);
	assert_false(img_seen_is_kept(s, &key));
	assert_int_equal(img_seen_recall(s, &key, NULL, &seen, NULL), LB_NOT_FOUND);
	lb_autonode struct lb_node *first = walk_of(dir, memo);
	keep(s, &key, first, &none);
	assert_true(img_seen_is_kept(s, &key));

	lb_autonode struct lb_node *same = walk_of(dir, memo);
	assert_int_equal(lb_store_memo_put(s, "build-context", &key, "damaged", 7, NULL), 0);
	assert_int_equal(img_seen_recall(s, &key, same, &seen, NULL), 0);
	assert_ptr_equal(seen.context, same);
	keep(s, &key, same, &seen);
	img_seen_release(&seen);

	assert_int_equal(lb_fs_write(AT_FDCWD, file, "two", 3, NULL), 0);
	lb_autonode struct lb_node *changed = walk_of(dir, memo);
	assert_int_equal(img_seen_recall(s, &key, changed, &seen, NULL), LB_INVALID);
	keep(s, &key, first, &none);
	assert_int_equal(img_seen_recall(s, &key, changed, &seen, NULL), 0);
	assert_ptr_not_equal(seen.context, changed);
	struct lb_digest was, is;
	digest_of(first, &was);
	digest_of(seen.context, &is);
	assert_true(lb_digest_equal(&was, &is));
	img_seen_release(&seen);
	lb_store_close(s);
	assert_int_equal(lb_fs_remove(AT_FDCWD, top, NULL), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_comes_back),
		cmocka_unit_test(what_changed_since_has_its_digest_and_no_bytes),
		cmocka_unit_test(without_a_context_of_now),
		cmocka_unit_test(damaged_notes_are_refused),
		cmocka_unit_test(the_context_is_read_when_it_is_another),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
