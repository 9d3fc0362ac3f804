/* SPDX-License-Identifier: Apache-2.0
 *
 * Where trees come from: directories and commits. Nothing is read before it is asked for.
 */
#ifndef LBENCH_TREE_SOURCE_H
#define LBENCH_TREE_SOURCE_H

#include "lbench/tree.h"

struct lb_dir_options {
	bool canonical;            /* owner 0:0, modes 0644/0755 by the executable bit of the owner, directories 0755, LB_CONTEXT_TIME;
	                              symbolic links 0777; xattrs dropped; hard links become single files */
	lb_keep_fn *keep;          /* NULL: all; asked while walking, so that dropped directories are not read */
	void *keep_arg;
	const char *memo_path;     /* a file that remembers content digests by (dev, ino, size, mtime, ctime), and sums of
	                              directories; NULL: none. Written anew by lb_dir_memo_save */
};
/* The tree of a directory. Sockets are in it as LB_SOCKET. *out is the caller's. An unreadable directory
 * is an error; an unreadable file is one only when its content is asked for. */
int lb_tree_from_dir(const char *path, const struct lb_dir_options *options, struct lb_node **out, struct lb_err *err);
/* Writes the memo of the digests that are known by now (checksummed, replaced by a rename; not at all when
 * nothing is new). Files changed in the same clock tick as the walk ("racy") are left out. root is a walk's. */
int lb_dir_memo_save(const char *memo_path, struct lb_node *root, struct lb_err *err);
/* The name of a memo that has the whole of a walk's root just as it is, digests that are known included: of the one that
 * the walk used, when nothing changed since, or of the one that was saved. Trees of one name are the same. false: none
 * has. */
bool lb_dir_memo_id(const struct lb_node *root, struct lb_digest *out);

/* The tree of a commit (or tag, branch) of a git repository, below `subdir` ("" for all). Canonical modes and
 * times; content is read from the object data base when needed. *commit_hex (may be NULL) is the caller's. */
int lb_tree_from_git(const char *repository, const char *rev, const char *subdir, struct lb_node **out, char **commit_hex,
                     struct lb_err *err);
/* The same for many commits of one repository: what they have in common is one node, so that a commit costs what
 * it changes. The trees outlive it. repository may be a directory inside the work tree. LB_NOT_FOUND: no
 * repository, revision or subdir there. Not for several threads at once (reading the trees is). */
struct lb_git;
int lb_git_open(const char *repository, struct lb_git **out, struct lb_err *err);
int lb_git_tree(struct lb_git *g, const char *rev, const char *subdir, struct lb_node **out, char **commit_hex, struct lb_err *err);
void lb_git_free(struct lb_git *g); /* NULL is fine */

/* Starts libgit2 for reading objects and nothing else: whose the repository is matters to those who run its hooks, and
 * what the user's own configuration says must not decide what a commit holds. Ended by git_libgit2_shutdown, as often
 * as begun. For those who read git by themselves. */
void lb_git_begin(void);
/* HEAD of the repository that dir lies in, and its commit time. *hex is the caller's. LB_NOT_FOUND outside of one. */
int lb_git_head(const char *dir, char **hex, int64_t *seconds, struct lb_err *err);
/* The commit that HEAD of that repository and rev have in common, and the root of the work tree; both the caller's.
 * LB_NOT_FOUND: no repository, revision or common commit; LB_UNAVAILABLE, with the remedy: a shallow clone lacks it. */
int lb_git_merge_base(const char *dir, const char *rev, char **hex, char **work_tree, struct lb_err *err);

#endif
