/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "history/history.h"

#include <git2.h>
#include <stdio.h>
#include <stdlib.h>

#include "lbench/buf.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"
#include "scratch.h"

/* A repository that is written by way of its index, and the last commit made. */
struct repo {
	struct scratch s;
	git_repository *git;
	git_index *index;
	git_oid last;
	unsigned count;
};

static struct repo repo_new(void)
{
	struct repo r = { .s = scratch_new() };
	lb_git_begin();
	git_repository_init_options o = { .version = GIT_REPOSITORY_INIT_OPTIONS_VERSION,
					  .flags = GIT_REPOSITORY_INIT_MKPATH,
					  .initial_head = "main" };
	assert_int_equal(git_repository_init_ext(&r.git, r.s.dir, &o), 0);
	assert_int_equal(git_repository_index(&r.index, r.git), 0);
	return r;
}

static void repo_free(struct repo *r)
{
	git_index_free(r->index);
	git_repository_free(r->git);
	git_libgit2_shutdown();
	scratch_free(&r->s);
}
#define autorepo __attribute__((cleanup(repo_free))) struct repo

static void set_mode(struct repo *r, const char *path, const char *text, uint32_t mode)
{
	git_index_entry e = { .path = path, .mode = mode };
	assert_int_equal(git_index_add_from_buffer(r->index, &e, text, strlen(text)), 0);
}

static void set(struct repo *r, const char *path, const char *text)
{
	set_mode(r, path, text, GIT_FILEMODE_BLOB);
}

static void del(struct repo *r, const char *path)
{
	assert_int_equal(git_index_remove_bypath(r->index, path), 0);
}

/* Commits what the index holds, 100 seconds later each; side: a second parent. */
static git_oid commit_on(struct repo *r, const git_oid *parent, const git_oid *side, bool move_head)
{
	git_oid tree_id, id;
	git_tree *tree = NULL;
	git_signature *who = NULL;
	git_commit *parents[2] = { 0 };
	assert_int_equal(git_index_write_tree(&tree_id, r->index), 0);
	assert_int_equal(git_tree_lookup(&tree, r->git, &tree_id), 0);
	assert_int_equal(git_signature_new(&who, "n", "e", 1000 + 100 * (int64_t)r->count++, 0), 0);
	if (parent)
		assert_int_equal(git_commit_lookup(&parents[0], r->git, parent), 0);
	if (side)
		assert_int_equal(git_commit_lookup(&parents[1], r->git, side), 0);
	assert_int_equal(git_commit_create(&id, r->git, move_head ? "HEAD" : NULL, who, who, NULL, "m", tree,
					   (parent != NULL) + (side != NULL), (const git_commit **)parents),
			 0);
	git_signature_free(who);
	git_tree_free(tree);
	git_commit_free(parents[0]);
	git_commit_free(parents[1]);
	return id;
}

static git_oid commit(struct repo *r)
{
	r->last = commit_on(r, r->count ? &r->last : NULL, NULL, true);
	return r->last;
}

static struct history *read_most(const struct repo *r, const char *below, size_t most)
{
	struct lb_err err;
	struct history *h = NULL;
	lb_autofree char *dir = *below ? lb_path_join(r->s.dir, below) : lb_strdup(r->s.dir);
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, dir, &err), 0);
	if (history_read(dir, most, &h, &err) != 0)
		fail_msg("%s", err.text);
	return h;
}

/* A line a commit, newest first: its time and paths; then, if any, "/" and the directories that came or went. */
static char *text_of(const struct history *h)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (size_t i = 0; i < h->commits_count; i++) {
		const struct history_commit *c = &h->commits[i];
		lb_buf_addf(&out, "%d:", (int)c->time);
		for (size_t p = 0; p < c->count; p++)
			lb_buf_addf(&out, " %s", c->paths[p]);
		for (size_t d = 0; d < c->dirs_count; d++)
			lb_buf_addf(&out, "%s%s", d ? " " : " / ", c->dirs[d]);
		lb_buf_addc(&out, '\n');
	}
	return lb_buf_steal(&out);
}

static void expect(const struct history *h, const char *text)
{
	lb_autofree char *got = text_of(h);
	assert_string_equal(got, text);
}

/* Read there, and seen through the history of the whole: the same. */
static void expect_below(const struct repo *r, const char *below, const char *text)
{
	history_auto struct history *whole = read_most(r, "", 100), *direct = read_most(r, below, 100);
	history_auto struct history *seen = history_below(whole, below);
	expect(direct, text);
	expect(seen, text);
	assert_int_equal(seen->examined, direct->examined);
	assert_int_equal(seen->files_count, direct->files_count);
	for (size_t i = 0; i < seen->files_count; i++) {
		assert_string_equal(seen->files[i].path, direct->files[i].path);
		assert_int_equal(seen->files[i].commits, direct->files[i].commits);
	}
	assert_true(seen->complete == direct->complete && seen->newest == direct->newest && seen->oldest == direct->oldest);
	assert_string_equal(seen->head, direct->head);
}

static void line_of_commits(struct repo *r)
{
	set(r, "Dockerfile", "FROM a\n");
	set(r, "app/main.py", "1");
	set(r, "app/old.py", "same");
	commit(r); /* 1000: an import */
	set(r, "app/main.py", "2");
	set(r, "README", "x");
	commit(r); /* 1100 */
	commit(r); /* 1200: touches nothing */
	del(r, "app/old.py");
	set(r, "app/new.py", "same");
	commit(r); /* 1300: a rename */
	set_mode(r, "app/main.py", "2", GIT_FILEMODE_BLOB_EXECUTABLE);
	commit(r); /* 1400: the mode alone */
	set(r, "lib/a/b.c", "b");
	set(r, "lib/c.c", "c");
	commit(r); /* 1500: a directory comes */
	set(r, "lib/a/b.c", "bb");
	set(r, "app/main.py", "2"); /* the mode goes back */
	commit(r);                  /* 1600 */
	del(r, "lib/a/b.c");
	del(r, "lib/c.c");
	set(r, "lib", "a file");
	commit(r); /* 1700: and a file takes its name */
}

static void test_commits(void **state)
{
	(void)state;
	autorepo r = repo_new();
	line_of_commits(&r);
	expect_below(&r, "",
		     "1700: lib lib/a/b.c lib/c.c / lib lib/a\n"
		     "1600: app/main.py lib/a/b.c\n"
		     "1500: lib/a/b.c lib/c.c / lib lib/a\n"
		     "1400: app/main.py\n"
		     "1300: app/new.py app/old.py\n"
		     "1100: README app/main.py\n");
	expect_below(&r, "app", "1600: main.py\n1400: main.py\n1300: new.py old.py\n1100: main.py\n");
	expect_below(&r, "lib/a", "1600: b.c\n");
	expect_below(&r, "ap", "");
	expect_below(&r, "nowhere", "");
}

static void test_counts(void **state)
{
	(void)state;
	autorepo r = repo_new();
	line_of_commits(&r);
	history_auto struct history *h = read_most(&r, "app", 100);
	static const struct history_file want[] = { { "main.py", 3 }, { "new.py", 1 }, { "old.py", 1 } };
	assert_int_equal(h->examined, 8);
	assert_true(h->complete);
	assert_int_equal(h->newest, 1700);
	assert_int_equal(h->oldest, 1000);
	assert_int_equal(h->files_count, LB_COUNT(want));
	for (size_t i = 0; i < LB_COUNT(want); i++) {
		assert_string_equal(h->files[i].path, want[i].path);
		assert_int_equal(h->files[i].commits, want[i].commits);
	}
	char hex[GIT_OID_HEXSZ + 1];
	assert_string_equal(h->head, git_oid_tostr(hex, sizeof(hex), &r.last));
}

static void test_most(void **state)
{
	(void)state;
	autorepo r = repo_new();
	line_of_commits(&r);
	static const struct {
		size_t most, listed;
		bool complete;
	} cases[] = { { 0, 0, false }, { 1, 1, false }, { 3, 3, false }, { 7, 6, false }, { 8, 6, true }, { 100, 6, true } };
	for (size_t i = 0; i < LB_COUNT(cases); i++) {
		history_auto struct history *h = read_most(&r, "", cases[i].most);
		assert_int_equal(h->examined, cases[i].most < 8 ? cases[i].most : 8);
		assert_int_equal(h->commits_count, cases[i].listed);
		assert_int_equal(h->complete, cases[i].complete);
	}
}

/* What a branch changed counts at its merge, once: its own commits were never built on the main line. */
static void test_merge(void **state)
{
	(void)state;
	autorepo r = repo_new();
	set(&r, "a", "1");
	git_oid base = commit(&r);
	set(&r, "b", "1");
	git_oid b1 = commit_on(&r, &base, NULL, false);
	set(&r, "b", "2");
	git_oid b2 = commit_on(&r, &b1, NULL, false);
	del(&r, "b");
	set(&r, "a", "2");
	git_oid main1 = commit(&r);
	set(&r, "b", "2");
	r.last = commit_on(&r, &main1, &b2, true);
	history_auto struct history *h = read_most(&r, "", 100);
	expect(h, "1400: b\n1300: a\n");
	assert_int_equal(h->examined, 3);
}

static void test_submodule(void **state)
{
	(void)state;
	autorepo r = repo_new();
	set(&r, "a", "1");
	git_index_entry e = { .path = "sub", .mode = GIT_FILEMODE_COMMIT, .id = commit(&r) };
	assert_int_equal(git_index_add(r.index, &e), 0);
	e.id = commit(&r);
	assert_int_equal(git_index_add(r.index, &e), 0);
	commit(&r);
	history_auto struct history *h = read_most(&r, "", 100);
	expect(h, "1200: sub\n1100: sub\n");
}

/* The commit at which a shallow clone ends has no parent to compare with, wherever it says so. */
static void test_shallow(void **state)
{
	(void)state;
	autorepo r = repo_new();
	set(&r, "a", "1");
	commit(&r);
	set(&r, "a", "2");
	git_oid cut = commit(&r);
	set(&r, "a", "3");
	commit(&r);
	char hex[GIT_OID_HEXSZ + 1];
	lb_autofree char *line = lb_format("%s\n", git_oid_tostr(hex, sizeof(hex), &cut));
	scratch_text(&r.s, ".git/shallow", line);
	history_auto struct history *h = read_most(&r, "", 100);
	expect(h, "1200: a\n");
	assert_false(h->complete);
	assert_int_equal(h->examined, 1);
}

static void remove_object(const struct repo *r, const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];
	git_oid_tostr(hex, sizeof(hex), id);
	lb_autofree char *path = lb_format("%s/.git/objects/%.2s/%s", r->s.dir, hex, hex + 2);
	assert_int_equal(unlink(path), 0);
}

/* A parent that is not in the clone, though nothing says so. */
static void test_missing_parent(void **state)
{
	(void)state;
	autorepo r = repo_new();
	set(&r, "a", "1");
	git_oid first = commit(&r);
	set(&r, "a", "2");
	commit(&r);
	remove_object(&r, &first);
	history_auto struct history *h = read_most(&r, "", 100);
	assert_int_equal(h->examined, 0);
	assert_false(h->complete);
	expect(h, "");
}

static void test_none(void **state)
{
	(void)state;
	struct lb_err err;
	struct history *h = NULL;
	autoscratch s = scratch_new();
	assert_int_equal(history_read(s.dir, 10, &h, &err), 0);
	assert_null(h);
	autorepo r = repo_new();
	h = read_most(&r, "", 10); /* HEAD is unborn */
	assert_null(h);
	assert_int_equal(history_read("/nonexistent/dir", 10, &h, &err), 0);
	assert_null(h);
}

static void test_damaged(void **state)
{
	(void)state;
	struct lb_err err;
	struct history *h = NULL;
	autorepo r = repo_new();
	set(&r, "a", "1");
	commit(&r);
	scratch_text(&r.s, ".git/refs/heads/main", "nonsense\n");
	assert_int_equal(history_read(r.s.dir, 10, &h, &err), LB_IO);
	assert_null(h);
	assert_non_null(strstr(err.text, "git history"));
}

static void test_place(void **state)
{
	(void)state;
	autorepo r = repo_new();
	autoscratch outside = scratch_new();
	struct lb_err err;
	lb_autofree char *dir = lb_path_join(r.s.dir, "x/y"), *root = NULL, *below = NULL, *none = NULL, *none_below = NULL;
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, dir, &err), 0);
	history_place(dir, &root, &below);
	assert_string_equal(root, r.s.dir);
	assert_string_equal(below, "x/y");
	history_place(outside.dir, &none, &none_below);
	assert_null(none);
	assert_null(none_below);
}

/* Ten thousand files in one commit, and names that differ only behind a '/'. */
static void test_large(void **state)
{
	(void)state;
	autorepo r = repo_new();
	set(&r, "d/0", "");
	set(&r, "d.txt", "");
	commit(&r);
	for (unsigned i = 0; i < 10000; i++) {
		char path[32];
		snprintf(path, sizeof(path), "d/%u", i);
		set(&r, path, "x");
	}
	commit(&r);
	history_auto struct history *h = read_most(&r, "", 10), *d = history_below(h, "d");
	assert_int_equal(h->commits_count, 1);
	assert_int_equal(h->commits[0].count, 10000);
	assert_int_equal(d->files_count, 10000);
	assert_string_equal(h->files[0].path, "d/0");
	assert_string_equal(d->files[9999].path, "9999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commits),        cmocka_unit_test(test_counts),    cmocka_unit_test(test_most),
		cmocka_unit_test(test_merge),          cmocka_unit_test(test_submodule), cmocka_unit_test(test_shallow),
		cmocka_unit_test(test_missing_parent), cmocka_unit_test(test_none),      cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_place),          cmocka_unit_test(test_large),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
