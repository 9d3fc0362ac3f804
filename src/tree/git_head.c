/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/tree.h"

#include <git2.h>

#include "lbench/mem.h"
#include "lbench/tree_source.h"

int lb_git_head(const char *dir, char **hex, int64_t *seconds, struct lb_err *err)
{
	git_repository *repo = NULL;
	git_object *head = NULL;
	lb_git_begin();
	int rc = 0;
	if (git_repository_open_ext(&repo, dir, 0, NULL) != 0 || git_revparse_single(&head, repo, "HEAD^{commit}") != 0) {
		rc = lb_fail(err, LB_NOT_FOUND, "%s: not in a git repository with a commit", dir);
	} else {
		*hex = lb_calloc(1, GIT_OID_HEXSZ + 1);
		git_oid_tostr(*hex, GIT_OID_HEXSZ + 1, git_object_id(head));
		*seconds = git_commit_time((const git_commit *)head);
	}
	git_object_free(head);
	git_repository_free(repo);
	git_libgit2_shutdown();
	return rc;
}
