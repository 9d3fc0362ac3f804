/* SPDX-License-Identifier: Apache-2.0
 *
 * What a memo remembers of a walked directory: whatever happens on disk, the tree and its sums are those of a walk
 * without one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "tree/memo.h"
#include "tree_util.h"

/* A directory to be walked, and one beside it for the memo. */
struct place {
	char *top, *dir, *memo;
	bool canonical;
	lb_keep_fn *keep;
};

static int set_up(void **state)
{
	struct place *p = lb_calloc(1, sizeof(*p));
	if (lb_fs_mkdtemp("/tmp", "lbench-memo-", &p->top, NULL))
		return -1;
	p->dir = lb_path_join(p->top, "ctx");
	p->memo = lb_path_join(p->top, "memo");
	p->canonical = true;
	*state = p;
	return mkdir(p->dir, 0755);
}

static int tear_down(void **state)
{
	struct place *p = *state;
	int rc = lb_fs_remove(AT_FDCWD, p->top, NULL);
	free(p->top);
	free(p->dir);
	free(p->memo);
	free(p);
	return rc;
}

/* ---- the disk ---- */

static void write_file(const struct place *p, const char *name, const char *text)
{
	lb_autofree char *path = lb_path_join(p->dir, name);
	lb_autofree char *parent = lb_path_dir(path);
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, parent, NULL), 0);
	lb_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(lb_fs_write_fd(fd, text, strlen(text), path, NULL), 0);
}

/* Times that can be relied on lie behind the clock tick of the walk, and change times cannot be set. */
static void grow_old(void)
{
	usleep(40000);
}

static void make_files(const struct place *p)
{
	for (int i = 0; i < 60; i++) {
		lb_autofree char *name = lb_format("d%d/e%d/f%d", i % 3, i % 6, i);
		lb_autofree char *text = lb_format("%*d", i + 1, i);
		write_file(p, name, text);
	}
	write_file(p, "d0/empty", "");
	lb_autofree char *l = lb_path_join(p->dir, "d1/link"), *odd = lb_path_join(p->dir, "d2/none");
	assert_int_equal(symlink("e1", l) | mkdir(odd, 0755), 0);
	grow_old();
}

/* ---- walks ---- */

static struct lb_node *walk_with(const struct place *p, const char *memo)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	const struct lb_dir_options o = { .canonical = p->canonical, .memo_path = memo, .keep = p->keep };
	if (lb_tree_from_dir(p->dir, &o, &n, &err))
		fail_msg("%s", err.text);
	return n;
}

static int refuse(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n, (void)arg, (void)out;
	return lb_fail(err, LB_NOT_FOUND, "not known");
}

static bool is_summed(struct lb_node *root, const char *path, enum lb_flavour flavour)
{
	struct lb_digest d;
	return lb_node_digest_by(lb_tree_get(root, path), flavour, refuse, NULL, &d, NULL) == 0;
}

static bool is_remembered(struct lb_node *root, const char *path)
{
	struct lb_digest d;
	return lb_content_digest_known(lb_tree_get(root, path)->content, &d);
}

static struct lb_digest sum_of(struct lb_node *root)
{
	struct lb_digest d;
	struct lb_err err;
	if (lb_node_digest(root, LB_FLAVOUR_FULL, &d, &err))
		fail_msg("%s", err.text);
	return d;
}

static int count_names(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < n->entries_count; i++) {
		struct lb_digest d = { { 1 } };
		if (lb_node_is_dir(n->entries[i].node))
			lb_node_digest_by(n->entries[i].node, LB_FLAVOUR_POLICY_0, count_names, arg, &d, err);
		out->bytes[0] = (uint8_t)(out->bytes[0] + d.bytes[0]);
	}
	return 0;
}

static void save(const struct place *p, struct lb_node *root)
{
	struct lb_err err;
	struct lb_digest d;
	sum_of(root);
	lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_names, NULL, &d, NULL);
	if (lb_dir_memo_save(p->memo, root, &err))
		fail_msg("%s", err.text);
}

static void walk_and_save(const struct place *p)
{
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	save(p, root);
}

static void assert_as_without(const struct place *p, struct lb_node *root)
{
	lb_autonode struct lb_node *plain = walk_with(p, NULL);
	assert_same_tree(root, plain);
	struct lb_digest a, b;
	assert_int_equal(lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_names, NULL, &a, NULL), 0);
	assert_int_equal(lb_node_digest_by(plain, LB_FLAVOUR_POLICY_0, count_names, NULL, &b, NULL), 0);
	assert_true(lb_digest_equal(&a, &b));
}

/* ---- what happens on disk ---- */

#define PATH(name, below) lb_autofree char *name = lb_path_join(p->dir, below)

static void same_size_and_time(const struct place *p)
{
	PATH(f, "d0/e0/f6");
	struct stat st;
	assert_int_equal(stat(f, &st), 0);
	lb_autofd int fd = open(f, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "9", 1, 0), 1);
	const struct timespec t[2] = { st.st_atim, st.st_mtim };
	assert_int_equal(futimens(fd, t), 0);
}

static void changed_mode(const struct place *p)
{
	PATH(f, "d0/e0/f6");
	assert_int_equal(chmod(f, 0755), 0);
}

static void new_xattr(const struct place *p)
{
	PATH(f, "d0/e0/f6");
	if (setxattr(f, "user.x", "1", 1, 0) != 0)
		changed_mode(p);
}

static void renamed_within(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	PATH(b, "d0/e0/f7");
	assert_int_equal(rename(a, b), 0);
}

static void swapped_within(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	PATH(b, "d0/e0/f12");
	assert_int_equal(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE), 0);
}

static void added(const struct place *p)
{
	write_file(p, "d0/e0/f6x", "new");
}

static void removed(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	assert_int_equal(unlink(a), 0);
}

static void replaced_by_a_copy(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	write_file(p, "d0/e0/new", "      6");
	PATH(b, "d0/e0/new");
	assert_int_equal(rename(b, a), 0);
}

static void another_kind(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	assert_int_equal(unlink(a) | mkdir(a, 0755), 0);
}

static void moved_directory_in(const struct place *p)
{
	PATH(a, "d1/e1");
	PATH(b, "d0/e0/e1");
	assert_int_equal(rename(a, b), 0);
}

static void moved_over_a_file(const struct place *p)
{
	PATH(a, "d1/e1");
	PATH(b, "d0/e0/f6");
	assert_int_equal(unlink(b) | rename(a, b), 0);
}

static void swapped_directories(const struct place *p)
{
	PATH(a, "d1/e1");
	PATH(b, "d0/e0");
	assert_int_equal(renameat2(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE), 0);
}

static void linked(const struct place *p)
{
	PATH(a, "d0/e0/f6");
	PATH(b, "d1/e1/same");
	assert_int_equal(link(a, b), 0);
}

static void changed_link(const struct place *p)
{
	PATH(a, "d1/link");
	assert_int_equal(unlink(a) | symlink("e4", a), 0);
}

static void directory_mode(const struct place *p)
{
	PATH(a, "d0/e0");
	assert_int_equal(chmod(a, 0700), 0);
}

static void came_and_went(const struct place *p)
{
	added(p);
	PATH(a, "d0/e0/f6x");
	assert_int_equal(unlink(a), 0);
}

static void nothing(const struct place *p)
{
	(void)p;
}

static const struct {
	const char *name;
	void (*happens)(const struct place *p);
	const char *changed, *same; /* directories whose sums must be forgotten, and must be known */
	bool of_contents;           /* a canonical tree shows it */
} events[] = {
	{ "nothing", nothing, NULL, ".", false },
	{ "same size and time", same_size_and_time, "d0/e0", "d1", true },
	{ "mode", changed_mode, "d0/e0", "d1", true },
	{ "xattr", new_xattr, "d0/e0", "d1", true },
	{ "renamed within", renamed_within, "d0/e0", "d0/e3", true },
	{ "swapped within", swapped_within, "d0/e0", "d0/e3", true },
	{ "added", added, "d0/e0", "d0/e3", true },
	{ "removed", removed, "d0/e0", "d0/e3", true },
	{ "replaced by a copy", replaced_by_a_copy, "d0/e0", "d2", true },
	{ "another kind", another_kind, "d0/e0", "d2", true },
	{ "directory moved in", moved_directory_in, "d0/e0", "d2", true },
	{ "directory moved over a file", moved_over_a_file, "d0/e0", "d2", true },
	{ "swapped directories", swapped_directories, "d0", "d2", true },
	{ "hard link", linked, "d1/e1", "d2", true },
	{ "symbolic link", changed_link, "d1", "d2", true },
	{ "directory's mode", directory_mode, "d0/e0", "d2", false },
	{ "came and went", came_and_went, "d0/e0", "d2", false },
};

/* Before, after, and once more with what was saved after. */
static void check_event(struct place *p, size_t i, bool canonical)
{
	p->canonical = canonical;
	assert_int_equal(lb_fs_remove(AT_FDCWD, p->dir, NULL) | lb_fs_remove(AT_FDCWD, p->memo, NULL) | mkdir(p->dir, 0755), 0);
	make_files(p);
	walk_and_save(p);
	events[i].happens(p);
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	const char *changed = events[i].of_contents || !canonical ? events[i].changed : NULL;
	if (changed && (is_summed(root, changed, LB_FLAVOUR_FULL) || is_summed(root, ".", LB_FLAVOUR_POLICY_0)))
		fail_msg("%s: %s has its old sum", events[i].name, changed);
	if (!is_summed(root, events[i].same, LB_FLAVOUR_FULL) || !is_summed(root, events[i].same, LB_FLAVOUR_POLICY_0))
		fail_msg("%s: %s has no sum", events[i].name, events[i].same);
	assert_as_without(p, root);
	grow_old();
	walk_and_save(p);
	lb_autonode struct lb_node *again = walk_with(p, p->memo);
	bool links = events[i].happens == linked && !canonical;
	if (!links && !is_summed(again, ".", LB_FLAVOUR_FULL))
		fail_msg("%s: not remembered afterwards", events[i].name);
	assert_as_without(p, again);
}

static void whatever_happens(void **state)
{
	for (size_t i = 0; i < LB_COUNT(events); i++)
		for (int canonical = 0; canonical < 2; canonical++)
			check_event(*state, i, canonical);
}

/* In the clock tick of the walk, a second change may leave the times that the first one left. */
static void what_is_as_new_as_the_walk_is_looked_at_again(void **state)
{
	const struct place *p = *state;
	make_files(p);
	for (int i = 0; i < 40; i++) {
		lb_autofree char *name = lb_format("d0/new%d", i), *text = lb_format("%04d", i);
		write_file(p, "d1/e1/f1", text);
		write_file(p, name, "");
		walk_and_save(p);
		lb_autofree char *other = lb_format("%04d", i + 1000);
		write_file(p, "d1/e1/f1", other);
		write_file(p, "d0/last", "");
		lb_autonode struct lb_node *root = walk_with(p, p->memo);
		assert_as_without(p, root);
		PATH(last, "d0/last");
		assert_int_equal(unlink(last), 0);
	}
}

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

static enum lb_keep no_ones(const char *path, size_t len, const struct lb_node *n, void *arg)
{
	(void)n, (void)arg;
	return path[len - 1] == '1' ? LB_DROP : LB_KEEP;
}

static void another_choice_of_what_is_kept(void **state)
{
	struct place *p = *state;
	make_files(p);
	walk_and_save(p);
	p->keep = no_ones;
	lb_autonode struct lb_node *fewer = walk_with(p, p->memo);
	assert_null(lb_tree_get(fewer, "d1"));
	assert_true(is_summed(fewer, "d2/e2", LB_FLAVOUR_FULL));  /* 2, 8, 14, … */
	assert_false(is_summed(fewer, "d0/e3", LB_FLAVOUR_FULL)); /* 3, …, 21, … */
	assert_false(is_summed(fewer, ".", LB_FLAVOUR_FULL));
	assert_as_without(p, fewer);
	save(p, fewer);
	p->keep = NULL;
	lb_autonode struct lb_node *all = walk_with(p, p->memo);
	assert_non_null(lb_tree_get(all, "d1/e1/f1"));
	assert_false(is_summed(all, ".", LB_FLAVOUR_FULL));
	assert_as_without(p, all);
}

static void a_flavour_that_is_asked_for_later(void **state)
{
	const struct place *p = *state;
	make_files(p);
	lb_autonode struct lb_node *first = walk_with(p, p->memo);
	sum_of(first);
	assert_int_equal(lb_dir_memo_save(p->memo, first, NULL), 0);
	lb_autonode struct lb_node *second = walk_with(p, p->memo);
	assert_true(is_summed(second, "d0", LB_FLAVOUR_FULL));
	assert_false(is_summed(second, "d0", LB_FLAVOUR_POLICY_0));
	save(p, second);
	lb_autonode struct lb_node *third = walk_with(p, p->memo);
	assert_true(is_summed(third, "d0", LB_FLAVOUR_FULL));
	assert_true(is_summed(third, "d0", LB_FLAVOUR_POLICY_0));
	assert_as_without(p, third);
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

/* ---- several at once ---- */

static int write_on(const struct place *p, int number)
{
	for (int i = 0; i < 15; i++) {
		lb_autofree char *name = lb_format("d%d/own%d", number % 3, number), *text = lb_format("%d", i);
		lb_autofree char *path = lb_path_join(p->dir, name);
		if (lb_fs_write(AT_FDCWD, path, text, strlen(text), NULL))
			return 1;
		struct lb_node *root = NULL;
		struct lb_digest d;
		const struct lb_dir_options o = { .canonical = true, .memo_path = p->memo };
		/* another's file may be gone by the time that it is read */
		if (lb_tree_from_dir(p->dir, &o, &root, NULL) == 0 && lb_node_digest(root, LB_FLAVOUR_FULL, &d, NULL) == 0 &&
		    lb_dir_memo_save(p->memo, root, NULL))
			return 1;
		lb_node_unref(root);
	}
	return 0;
}

static void several_writers(void **state)
{
	const struct place *p = *state;
	pid_t writers[4];
	make_files(p);
	for (int i = 0; i < 4; i++) {
		writers[i] = fork();
		if (writers[i] == 0)
			_exit(write_on(p, i));
	}
	for (int i = 0; i < 4; i++) {
		int status = -1;
		assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
		assert_int_equal(status, 0);
	}
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	assert_true(is_remembered(root, "d0/e0/f6"));
	assert_as_without(p, root);
}

/* Enough of them that a second thread scans ahead. */
static void many_directories(void **state)
{
	const struct place *p = *state;
	for (int d = 0; d < 70; d++)
		for (int f = 0; f < 65; f++) {
			lb_autofree char *name = lb_format("m%d/n%d/f%d", d % 7, d, f);
			write_file(p, name, f % 2 ? "x" : "");
		}
	grow_old();
	walk_and_save(p);
	lb_autonode struct lb_node *same = walk_with(p, p->memo);
	assert_true(is_summed(same, ".", LB_FLAVOUR_FULL));
	assert_as_without(p, same);
	PATH(gone, "m3/n3");
	PATH(moved, "m6/n69");
	PATH(to, "m0/n69");
	assert_int_equal(lb_fs_remove(AT_FDCWD, gone, NULL) | rename(moved, to), 0);
	write_file(p, "m3/n3", "no directory any more");
	write_file(p, "m5/n5/f64", "y");
	lb_autonode struct lb_node *changed = walk_with(p, p->memo);
	assert_true(is_summed(changed, "m0/n69", LB_FLAVOUR_FULL));
	assert_true(is_summed(changed, "m4", LB_FLAVOUR_FULL));
	assert_false(is_summed(changed, "m3", LB_FLAVOUR_FULL) || is_summed(changed, "m5", LB_FLAVOUR_FULL));
	assert_as_without(p, changed);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(whatever_happens),
		CASE(what_is_as_new_as_the_walk_is_looked_at_again),
		CASE(what_is_as_new_as_the_walk_is_marked),
		CASE(another_choice_of_what_is_kept),
		CASE(a_flavour_that_is_asked_for_later),
		CASE(the_memo_of_another_kind_of_tree),
		CASE(the_memo_of_another_directory),
		CASE(a_tree_has_the_name_of_its_memo),
		CASE(a_flipped_bit_makes_it_none),
		CASE(sums_of_another_version_are_not_taken),
		CASE(no_number_leads_outside),
		CASE(several_writers),
		CASE(many_directories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
