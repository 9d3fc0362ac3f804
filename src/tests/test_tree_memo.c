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

#include <stdio.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "tree_walk.h"

/* ---- what happens on disk ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(whatever_happens),
		CASE(what_is_as_new_as_the_walk_is_looked_at_again),
		CASE(another_choice_of_what_is_kept),
		CASE(a_flavour_that_is_asked_for_later),
		CASE(several_writers),
		CASE(many_directories),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
