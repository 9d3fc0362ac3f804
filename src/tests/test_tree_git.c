/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <git2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "tree_util.h"

/* A repository with two commits, made by way of its object data base: no program, no configuration. */
struct repo {
	char *dir;
	git_repository *git;
	char first[GIT_OID_HEXSZ + 1], second[GIT_OID_HEXSZ + 1];
};

static git_oid blob_of(struct repo *r, const char *text)
{
	git_oid id;
	assert_int_equal(git_blob_create_from_buffer(&id, r->git, text, strlen(text)), 0);
	return id;
}

static void add(git_treebuilder *b, const char *name, git_oid id, git_filemode_t mode)
{
	assert_int_equal(git_treebuilder_insert(NULL, b, name, &id, mode), 0);
}

static git_oid write_tree(git_treebuilder *b)
{
	git_oid id;
	assert_int_equal(git_treebuilder_write(&id, b), 0);
	git_treebuilder_free(b);
	return id;
}

static git_treebuilder *new_tree(struct repo *r)
{
	git_treebuilder *b = NULL;
	assert_int_equal(git_treebuilder_new(&b, r->git, NULL), 0);
	return b;
}

static void commit(struct repo *r, git_oid tree_id, const char *parent, char hex[GIT_OID_HEXSZ + 1])
{
	git_signature *who = NULL;
	assert_int_equal(git_signature_new(&who, "n", "e", 1, 0), 0);
	git_tree *tree = NULL;
	git_commit *before = NULL;
	assert_int_equal(git_tree_lookup(&tree, r->git, &tree_id), 0);
	git_oid id;
	if (parent) {
		assert_int_equal(git_oid_fromstr(&id, parent), 0);
		assert_int_equal(git_commit_lookup(&before, r->git, &id), 0);
	}
	const git_commit *parents[] = { before };
	const char *ref = parent || !*r->first ? "refs/heads/main" : NULL;
	assert_int_equal(git_commit_create(&id, r->git, ref, who, who, NULL, "m", tree, parent != NULL, parents), 0);
	git_oid_tostr(hex, GIT_OID_HEXSZ + 1, &id);
	git_commit_free(before);
	git_tree_free(tree);
	git_signature_free(who);
}

static git_oid tree_with(struct repo *r, const char *text)
{
	git_treebuilder *lib = new_tree(r), *app = new_tree(r), *root = new_tree(r);
	add(lib, "x", blob_of(r, "same"), GIT_FILEMODE_BLOB);
	add(app, "main", blob_of(r, text), GIT_FILEMODE_BLOB);
	add(app, "run", blob_of(r, "#!"), GIT_FILEMODE_BLOB_EXECUTABLE);
	add(app, "empty", blob_of(r, ""), GIT_FILEMODE_BLOB);
	add(root, "lib", write_tree(lib), GIT_FILEMODE_TREE);
	/* git sorts "lib" as "lib/", behind "lib.c"; a tree of ours does not */
	add(root, "lib.c", blob_of(r, "c"), GIT_FILEMODE_BLOB);
	add(root, "app", write_tree(app), GIT_FILEMODE_TREE);
	add(root, "link", blob_of(r, "app/main"), GIT_FILEMODE_LINK);
	add(root, "target", blob_of(r, "app/main"), GIT_FILEMODE_BLOB);
	git_oid elsewhere = blob_of(r, "stands for a commit");
	add(root, "sub", elsewhere, GIT_FILEMODE_COMMIT);
	return write_tree(root);
}

static int set_up(void **state)
{
	struct repo *r = lb_calloc(1, sizeof(*r));
	*state = r;
	if (lb_fs_mkdtemp("/tmp", "lbench-git-", &r->dir, NULL))
		return -1;
	lb_git_begin();
	if (git_repository_init(&r->git, r->dir, 0) || git_repository_set_head(r->git, "refs/heads/main"))
		return -1;
	commit(r, tree_with(r, "one"), NULL, r->first);
	commit(r, tree_with(r, "two"), r->first, r->second);
	return 0;
}

static int tear_down(void **state)
{
	struct repo *r = *state;
	git_repository_free(r->git);
	git_libgit2_shutdown();
	int rc = lb_fs_remove(AT_FDCWD, r->dir, NULL);
	free(r->dir);
	free(r);
	return rc;
}

static void a_commit_is_a_canonical_tree(void **state)
{
	struct repo *r = *state;
	lb_autonode struct lb_node *root = NULL;
	lb_autofree char *hex = NULL;
	assert_int_equal(lb_tree_from_git(r->dir, "main~1", "", &root, &hex, NULL), 0);
	assert_string_equal(hex, r->first);
	lb_autonode struct lb_node *expected = tree_of("d 0755 0:0 @1600000000 .\n"
						       "d 0755 0:0 @1600000000 app\n"
						       "f 0644 0:0 @1600000000 app/empty\n"
						       "f 0644 0:0 @1600000000 app/main = one\n"
						       "f 0755 0:0 @1600000000 app/run = #!\n"
						       "d 0755 0:0 @1600000000 lib\n"
						       "f 0644 0:0 @1600000000 lib.c = c\n"
						       "f 0644 0:0 @1600000000 lib/x = same\n"
						       "l 0777 0:0 @1600000000 link -> app/main\n"
						       "d 0755 0:0 @1600000000 sub\n"
						       "f 0644 0:0 @1600000000 target = app/main\n");
	assert_same_tree(root, expected);
}

static void commits_share_what_they_have_in_common(void **state)
{
	struct repo *r = *state;
	struct lb_git *g = NULL;
	assert_int_equal(lb_git_open(r->dir, &g, NULL), 0);
	lb_autonode struct lb_node *one = NULL, *two = NULL;
	assert_int_equal(lb_git_tree(g, r->first, "", &one, NULL, NULL), 0);
	assert_int_equal(lb_git_tree(g, "HEAD", "/", &two, NULL, NULL), 0);
	lb_git_free(g);
	assert_ptr_equal(lb_tree_get(one, "lib"), lb_tree_get(two, "lib"));
	assert_ptr_equal(lb_tree_get(one, "app/run"), lb_tree_get(two, "app/run"));
	assert_ptr_not_equal(lb_tree_get(one, "app"), lb_tree_get(two, "app"));
	/* read after the provider is gone */
	lb_autobuf struct lb_buf b = { 0 };
	assert_int_equal(lb_content_load(lb_tree_get(two, "app/main")->content, &b, NULL), 0);
	assert_string_equal(b.data, "two");
}

static void a_part_of_a_commit(void **state)
{
	struct repo *r = *state;
	lb_autonode struct lb_node *app = NULL;
	lb_autofree char *inside = lb_path_join(r->dir, "deep/down");
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, inside, NULL), 0);
	assert_int_equal(lb_tree_from_git(inside, "main", "lib/../app/", &app, NULL, NULL), 0);
	assert_int_equal(app->entries_count, 3);
}

static void what_is_not_there(void **state)
{
	struct repo *r = *state;
	const struct {
		const char *repository, *rev, *subdir;
		int rc;
		const char *message;
	} rows[] = {
		{ "/nonexistent/repo", "HEAD", "", LB_NOT_FOUND, "/nonexistent/repo: " },
		{ r->dir, "no-such-branch", "", LB_NOT_FOUND, "no-such-branch: " },
		{ r->dir, "HEAD", "nowhere", LB_NOT_FOUND, "nowhere is not a directory in commit " },
		{ r->dir, "HEAD", "lib.c", LB_NOT_FOUND, "lib.c is not a directory in commit " },
		{ r->dir, "HEAD:lib.c", "", LB_INVALID, "HEAD:lib.c: " },
	};
	for (size_t i = 0; i < LB_COUNT(rows); i++) {
		struct lb_node *n = NULL;
		struct lb_err err;
		assert_int_equal(lb_tree_from_git(rows[i].repository, rows[i].rev, rows[i].subdir, &n, NULL, &err), rows[i].rc);
		assert_memory_equal(err.text, rows[i].message, strlen(rows[i].message));
		assert_null(strchr(err.text, '\n'));
	}
}

/* Trees that git itself would not write. */
static void names_that_would_lead_elsewhere_are_refused(void **state)
{
	struct repo *r = *state;
	static const char *const names[][2] = { { "..", "" }, { ".", "" }, { "a/b", "" }, { "a", "a" } };
	git_odb *odb = NULL;
	assert_int_equal(git_repository_odb(&odb, r->git), 0);
	git_oid blob = blob_of(r, "x");
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		lb_autobuf struct lb_buf raw = { 0 };
		for (size_t j = 0; j < 2 && *names[i][j]; j++) {
			lb_buf_addf(&raw, "100644 %s", names[i][j]);
			lb_buf_addc(&raw, '\0');
			lb_buf_add(&raw, blob.id, GIT_OID_RAWSZ);
		}
		git_oid tree;
		assert_int_equal(git_odb_write(&tree, odb, raw.data, raw.len, GIT_OBJECT_TREE), 0);
		char hex[GIT_OID_HEXSZ + 1];
		commit(r, tree, NULL, hex);
		struct lb_node *n = NULL;
		struct lb_err err;
		assert_int_equal(lb_tree_from_git(r->dir, hex, "", &n, NULL, &err), LB_INVALID);
		lb_autofree char *message = lb_format("a git tree holds the name '%s'%s", names[i][0], *names[i][1] ? " twice" : "");
		assert_string_equal(err.text, message);
	}
	git_odb_free(odb);
}

static void *read_all(void *arg)
{
	struct lb_digest *d = lb_malloc(sizeof(*d));
	if (lb_node_digest(arg, LB_FLAVOUR_FULL, d, NULL))
		abort();
	return d;
}

static void threads_read_one_repository(void **state)
{
	struct repo *r = *state;
	lb_autonode struct lb_node *root = NULL;
	assert_int_equal(lb_tree_from_git(r->dir, "main", "", &root, NULL, NULL), 0);
	pthread_t threads[6];
	for (size_t i = 0; i < LB_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, read_all, root), 0);
	struct lb_digest expected;
	assert_int_equal(lb_node_digest(root, LB_FLAVOUR_FULL, &expected, NULL), 0);
	for (size_t i = 0; i < LB_COUNT(threads); i++) {
		void *got = NULL;
		pthread_join(threads[i], &got);
		assert_memory_equal(got, &expected, sizeof(expected));
		free(got);
	}
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_commit_is_a_canonical_tree),
		CASE(commits_share_what_they_have_in_common),
		CASE(a_part_of_a_commit),
		CASE(what_is_not_there),
		CASE(names_that_would_lead_elsewhere_are_refused),
		CASE(threads_read_one_repository),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
