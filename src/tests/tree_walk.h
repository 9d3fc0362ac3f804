/* SPDX-License-Identifier: Apache-2.0
 *
 * What the tests of the memo share: a directory on disk, walks over it with a memo and without, what is remembered.
 */
#ifndef TESTS_TREE_WALK_H
#define TESTS_TREE_WALK_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "tree_util.h"

/* A directory to be walked, and one beside it for the memo. */
struct place {
	char *top, *dir, *memo;
	bool canonical;
	lb_keep_fn *keep;
};

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
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

static inline void write_file(const struct place *p, const char *name, const char *text)
{
	lb_autofree char *path = lb_path_join(p->dir, name);
	lb_autofree char *parent = lb_path_dir(path);
	assert_int_equal(lb_fs_mkdirs(AT_FDCWD, parent, NULL), 0);
	lb_autofd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	assert_int_equal(lb_fs_write_fd(fd, text, strlen(text), path, NULL), 0);
}

/* Times that can be relied on lie behind the clock tick of the walk, and change times cannot be set. */
static inline void grow_old(void)
{
	usleep(40000);
}

static inline void make_files(const struct place *p)
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

static inline struct lb_node *walk_with(const struct place *p, const char *memo)
{
	struct lb_node *n = NULL;
	struct lb_err err;
	const struct lb_dir_options o = { .canonical = p->canonical, .memo_path = memo, .keep = p->keep };
	if (lb_tree_from_dir(p->dir, &o, &n, &err))
		fail_msg("%s", err.text);
	return n;
}

static inline int refuse(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n, (void)arg, (void)out;
	return lb_fail(err, LB_NOT_FOUND, "not known");
}

static inline bool is_summed(struct lb_node *root, const char *path, enum lb_flavour flavour)
{
	struct lb_digest d;
	return lb_node_digest_by(lb_tree_get(root, path), flavour, refuse, NULL, &d, NULL) == 0;
}

static inline bool is_remembered(struct lb_node *root, const char *path)
{
	struct lb_digest d;
	return lb_content_digest_known(lb_tree_get(root, path)->content, &d);
}

static inline struct lb_digest sum_of(struct lb_node *root)
{
	struct lb_digest d;
	struct lb_err err;
	if (lb_node_digest(root, LB_FLAVOUR_FULL, &d, &err))
		fail_msg("%s", err.text);
	return d;
}

static inline int count_names(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
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

static inline void save(const struct place *p, struct lb_node *root)
{
	struct lb_err err;
	struct lb_digest d;
	sum_of(root);
	lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_names, NULL, &d, NULL);
	if (lb_dir_memo_save(p->memo, root, &err))
		fail_msg("%s", err.text);
}

static inline void walk_and_save(const struct place *p)
{
	lb_autonode struct lb_node *root = walk_with(p, p->memo);
	save(p, root);
}

static inline void assert_as_without(const struct place *p, struct lb_node *root)
{
	lb_autonode struct lb_node *plain = walk_with(p, NULL);
	assert_same_tree(root, plain);
	struct lb_digest a, b;
	assert_int_equal(lb_node_digest_by(root, LB_FLAVOUR_POLICY_0, count_names, NULL, &a, NULL), 0);
	assert_int_equal(lb_node_digest_by(plain, LB_FLAVOUR_POLICY_0, count_names, NULL, &b, NULL), 0);
	assert_true(lb_digest_equal(&a, &b));
}

#define PATH(name, below) lb_autofree char *name = lb_path_join(p->dir, below)
#define CASE(f)           cmocka_unit_test_setup_teardown(f, set_up, tear_down)

#endif
