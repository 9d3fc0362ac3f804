/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TREE_GIT_H
#define TREE_GIT_H

/* Starts libgit2 for reading objects and nothing else: whose the repository is matters to those who run its
 * hooks, and what the user's own configuration says must not decide what a commit holds. Ended by
 * git_libgit2_shutdown, as often as begun. */
void lb_git_begin(void);

#endif
