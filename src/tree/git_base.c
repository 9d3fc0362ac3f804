/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/tree.h"

#include <git2.h>
#include <stdbool.h>
#include <stdlib.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/tree_source.h"

static int not_there(const char *rev, bool shallow, struct lb_err *err)
{
	if (shallow)
		return lb_fail(err, LB_UNAVAILABLE,
			       "%s is not in this shallow clone; fetch the whole history (actions/checkout: fetch-depth: 0; git fetch "
			       "--unshallow origin)",
			       rev);
	return lb_fail(err, LB_NOT_FOUND, "there is no revision %s here", rev);
}

/* Adds the ancestors of `from` that the clone has to seen; tells whether one was in it before. */
static bool meets(git_repository *repo, const git_oid *from, struct lb_map *seen, char mark)
{
	lb_autofree git_oid *queue = NULL;
	size_t count = 0, cap = 0;
	queue = lb_grow(queue, count, &cap, sizeof(*queue));
	queue[count++] = *from;
	for (size_t i = 0; i < count; i++) {
		git_commit *commit;
		const char *was = lb_map_getn(seen, &queue[i], sizeof(*queue));
		if (was && *was != mark)
			return true;
		if (was || git_commit_lookup(&commit, repo, &queue[i]))
			continue;
		lb_map_setn(seen, &queue[i], sizeof(*queue), lb_format("%c", mark));
		for (unsigned k = 0; k < git_commit_parentcount(commit); k++) {
			queue = lb_grow(queue, count, &cap, sizeof(*queue));
			queue[count++] = *git_commit_parent_id(commit, k);
		}
		git_commit_free(commit);
	}
	return false;
}

static bool have_common(git_repository *repo, const git_oid *a, const git_oid *b)
{
	lb_automap struct lb_map *seen = lb_map_new(free);
	return meets(repo, a, seen, 'a') || meets(repo, b, seen, 'b');
}

static int find(git_repository *repo, const char *rev, git_oid *out, struct lb_err *err)
{
	git_object *other = NULL, *head = NULL;
	lb_autofree char *spec = lb_format("%s^{commit}", rev);
	bool shallow = git_repository_is_shallow(repo) == 1;
	int rc = 0;
	if (git_revparse_single(&head, repo, "HEAD^{commit}"))
		rc = lb_fail(err, LB_NOT_FOUND, "there is no commit here yet");
	else if (git_revparse_single(&other, repo, spec))
		rc = not_there(rev, shallow, err);
	else if (shallow && !have_common(repo, git_object_id(head), git_object_id(other)))
		rc = lb_fail(err, LB_UNAVAILABLE,
			     "the commit that HEAD and %s have in common is not in this shallow clone; fetch the whole history "
			     "(actions/checkout: fetch-depth: 0; git fetch --unshallow origin)",
			     rev);
	else if (git_merge_base(out, repo, git_object_id(head), git_object_id(other)))
		rc = lb_fail(err, shallow ? LB_UNAVAILABLE : LB_NOT_FOUND, "HEAD and %s have no commit in common%s", rev,
			     shallow ? " in this shallow clone (actions/checkout: fetch-depth: 0)" : "");
	git_object_free(other);
	git_object_free(head);
	return rc;
}

int lb_git_merge_base(const char *dir, const char *rev, char **hex, char **work_tree, struct lb_err *err)
{
	git_repository *repo = NULL;
	git_oid base;
	lb_git_begin();
	int rc = git_repository_open_ext(&repo, dir, 0, NULL) ? lb_fail(err, LB_NOT_FOUND, "%s: not in a git repository", dir) : 0;
	if (!rc && !git_repository_workdir(repo))
		rc = lb_fail(err, LB_NOT_FOUND, "%s: a repository without a work tree", dir);
	if (!rc)
		rc = find(repo, rev, &base, err);
	if (!rc) {
		*hex = lb_calloc(1, GIT_OID_HEXSZ + 1);
		git_oid_tostr(*hex, GIT_OID_HEXSZ + 1, &base);
		*work_tree = lb_path_clean(git_repository_workdir(repo));
	}
	git_repository_free(repo);
	git_libgit2_shutdown();
	return rc;
}
