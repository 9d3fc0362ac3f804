/* SPDX-License-Identifier: Apache-2.0
 *
 * The memo as a file: what stands in it, of which tree it is, and what becomes of a damaged one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tree/memo.h"
#include "tree_walk.h"

/* The same by what is written down, where the clock of the file system is too fine for the above. */
static void what_is_as_new_as_the_walk_is_marked(void **state)
{
	const struct place *p = *state;
	make_files(p);
	write_file(p, "d0/e0/f6", "new");
	write_file(p, "d1/new", "");
	walk_and_save(p);
	struct lb_dir_memo *m = lb_dir_memo_open(p->memo);
	const char *const doubtful[] = { "f6", "new" };
	struct lb_memo_view v;
	size_t sure_dirs = 0, sure_names = 0, doubts = 0;
	assert_non_null(m);
	for (uint64_t i = 0; lb_dir_memo_at(m, i, &v); i++) {
		sure_dirs += (v.dir->flags & LB_MEMO_DIR_KEY) != 0;
		sure_names += (v.dir->flags & LB_MEMO_DIR_NAMES) != 0;
		for (uint32_t k = 0; k < v.dir->entries; k++) {
			const char *name = lb_dir_memo_name(m, &v.entries[k]);
			bool doubt = !strcmp(name, doubtful[0]) || !strcmp(name, doubtful[1]);
			doubts += doubt;
			if (!S_ISDIR(v.entries[k].mode))
				assert_int_equal(doubt, !(v.entries[k].flags & LB_MEMO_KEY));
			if (doubt)
				assert_int_equal(v.dir->sums, 0);
		}
	}
	assert_int_equal(doubts, 2);
	assert_int_equal(lb_dir_memo_head(m)->dirs, 11);
	assert_int_equal(sure_dirs, 10);                  /* all but d1, which has a new name in it */
	assert_true(sure_names == 10 || sure_names == 0); /* by the kind of file system */
	lb_dir_memo_close(m);
}

/* Digests of files hold for either kind of tree, sums do not. */
static void the_memo_of_another_kind_of_tree(void **state)
{
	struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	p->canonical = false;
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	assert_true(is_remembered(root, "d0/e0/f6"));
	assert_false(is_summed(root, "d0", LB_FLAVOUR_FULL));
	assert_as_without(p, root);
}

static void the_memo_of_another_directory(void **state)
{
	struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	lb_autofree char *whole = p->dir;
	p->dir = lb_path_join(whole, "d0");
	lb_autonode struct lb_node *below = walk_with(p, p->memo);
	struct lb_digest id;
	assert_true(is_summed(below, ".", LB_FLAVOUR_FULL));
	assert_false(lb_dir_memo_id(below, &id));
	assert_as_without(p, below);
	free(p->dir);
	p->dir = lb_path_join(p->top, "other");
	write_file(p, "d0/e0/f6", "other");
	lb_autonode struct lb_node *other = walk_with(p, p->memo);
	assert_false(is_remembered(other, "d0/e0/f6"));
	assert_as_without(p, other);
}

static void a_tree_has_the_name_of_its_memo(void **state)
{
	const struct place *p = *state;
	struct lb_digest saved, found;
	make_files(p);
	lb_autonode struct lb_node *first = walk_with(p, p->memo);
	assert_false(lb_dir_memo_id(first, &saved));
	save(p, first);
	assert_true(lb_dir_memo_id(first, &saved));
	lb_autonode struct lb_node *second = walk_with(p, p->memo);
	assert_true(lb_dir_memo_id(second, &found));
	assert_true(lb_digest_equal(&saved, &found));
	save(p, second);
	assert_true(lb_dir_memo_id(second, &found));
	assert_true(lb_digest_equal(&saved, &found));
	write_file(p, "d0/e0/f6", "another");
	lb_autonode struct lb_node *third = walk_with(p, p->memo);
	assert_false(lb_dir_memo_id(third, &found));
	save(p, third); /* as new as the walk: no memo can have all of it */
	assert_false(lb_dir_memo_id(third, &found));
	grow_old();
	lb_autonode struct lb_node *fourth = walk_with(p, p->memo);
	save(p, fourth);
	assert_true(lb_dir_memo_id(fourth, &found));
	assert_false(lb_digest_equal(&saved, &found));
}

/* ---- damage ---- */

static void read_memo(const struct place *p, struct lb_buf *out)
{
	lb_buf_clear(out);
	assert_int_equal(lb_fs_read(AT_FDCWD, p->memo, out, NULL), 0);
}

static void put_memo(const struct place *p, const struct lb_buf *b)
{
	assert_int_equal(lb_fs_write(AT_FDCWD, p->memo, b->data, b->len, NULL), 0);
}

static void a_flipped_bit_makes_it_none(void **state)
{
	const struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	lb_autobuf struct lb_buf good = { 0 };
	read_memo(p, &good);
	uint64_t random = 1;
	for (int i = 0; i < 300; i++) {
		random = random * 6364136223846793005U + 1442695040888963407U;
		size_t at = (size_t)(random >> 33) % good.len;
		char bit = (char)(1 << (i % 8));
		good.data[at] ^= bit;
		put_memo(p, &good);
		good.data[at] ^= bit;
		lb_autonode struct lb_node *root = walk_with(p, p->memo);
		assert_false(is_remembered(root, "d0/e0/f6"));
		assert_false(is_summed(root, "d0", LB_FLAVOUR_FULL));
	}
	/* and it is written anew */
	walk_and_save(p);
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	assert_true(is_summed(root, ".", LB_FLAVOUR_FULL));
}

static void sign(struct lb_buf *b)
{
	struct lb_memo_head *h = (struct lb_memo_head *)(void *)b->data;
	size_t from = offsetof(struct lb_memo_head, id);
	h->checksum = lb_memo_checksum(b->data + from, b->len - from);
}

static void sums_of_another_version_are_not_taken(void **state)
{
	const struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	lb_autobuf struct lb_buf b = { 0 };
	read_memo(p, &b);
	((struct lb_memo_head *)(void *)b.data)->flavours++;
	sign(&b);
	put_memo(p, &b);
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	assert_true(is_remembered(root, "d0/e0/f6"));
	assert_false(is_summed(root, "d0", LB_FLAVOUR_FULL));
	save(p, root);
	lb_autonode struct lb_node *again = walk_with(p, p->memo);
	assert_true(is_summed(again, "d0", LB_FLAVOUR_FULL));
}

/* Sound by its checksum, and wrong all the same: every number in turn is one that points nowhere good. */
static void no_number_leads_outside(void **state)
{
	static const uint32_t values[] = { 0, 1, 7, 0x7fffffff, UINT32_MAX };
	const struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	lb_autobuf struct lb_buf good = { 0 };
	read_memo(p, &good);
	for (size_t at = offsetof(struct lb_memo_head, dirs); at + 4 <= good.len; at += at < 2000 ? 4 : 92) {
		uint32_t was;
		memcpy(&was, good.data + at, sizeof(was));
		for (size_t i = 0; i < LB_COUNT(values); i++) {
			memcpy(good.data + at, &values[i], sizeof(was));
			sign(&good);
			put_memo(p, &good);
			lb_autonode struct lb_node *root = NULL;
			const struct lb_dir_options o = { .canonical = true, .memo_path = p->memo };
			if (lb_tree_from_dir(p->dir, &o, &root, NULL) == 0)
				lb_tree_count(root);
		}
		memcpy(good.data + at, &was, sizeof(was));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(what_is_as_new_as_the_walk_is_marked),
		CASE(the_memo_of_another_kind_of_tree),
		CASE(the_memo_of_another_directory),
		CASE(a_tree_has_the_name_of_its_memo),
		CASE(a_flipped_bit_makes_it_none),
		CASE(sums_of_another_version_are_not_taken),
		CASE(no_number_leads_outside),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
