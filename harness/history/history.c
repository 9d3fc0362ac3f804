/* SPDX-License-Identifier: Apache-2.0
 *
 * Two trees are walked side by side; where they name the same object nothing below is read, and no file is ever opened:
 * a commit costs the directories on the way to what it changed.
 */
#include "history/history.h"

#include <fcntl.h>
#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "history/keep.h"
#include "lbench/buf.h"
#include "lbench/fs.h"
#include "lbench/tree.h"
#include "lbench/tree_source.h"

enum { DEPTH_MAX = 4096 };

struct reading {
	git_repository *repo;
	struct history_kept *kept;
	struct lb_strv shallow; /* commits whose parents the clone left out */
	const char *below;
	struct lb_buf path; /* where the walk is */
	struct history_touched touched;
	unsigned depth;
	struct lb_err *err;
};

static int failed(struct reading *r, const char *what)
{
	const git_error *e = git_error_last();
	return lb_fail(r->err, LB_IO, "%s: %s", what, e ? e->message : "git cannot read it");
}

/* ---- two trees ---- */

static int compare(struct reading *r, const git_tree *was, const git_tree *now);

/* The tree of an entry; *out stays NULL where there is none, or it is no directory. LB_NOT_FOUND: the clone lacks it. */
static int tree_of(struct reading *r, const git_tree_entry *e, git_tree **out)
{
	if (!e || git_tree_entry_filemode(e) != GIT_FILEMODE_TREE)
		return 0;
	int rc = git_tree_lookup(out, r->repo, git_tree_entry_id(e));
	return rc == GIT_ENOTFOUND ? LB_NOT_FOUND : rc ? failed(r, "a git tree") : 0;
}

static void touch_file(struct reading *r, const git_tree_entry *e)
{
	if (e && git_tree_entry_filemode(e) != GIT_FILEMODE_TREE)
		lb_strv_addn(&r->touched.paths, r->path.data, r->path.len);
}

static int differ(struct reading *r, const git_tree_entry *was, const git_tree_entry *now)
{
	git_tree *a = NULL, *b = NULL;
	touch_file(r, was);
	touch_file(r, now);
	int rc = tree_of(r, was, &a);
	if (!rc)
		rc = tree_of(r, now, &b);
	if (!rc && (a || b)) {
		if (!a || !b)
			lb_strv_addn(&r->touched.dirs, r->path.data, r->path.len);
		rc = compare(r, a, b);
	}
	git_tree_free(a);
	git_tree_free(b);
	return rc;
}

static int differ_at(struct reading *r, const git_tree_entry *was, const git_tree_entry *now)
{
	size_t len = r->path.len;
	if (was && now && git_oid_equal(git_tree_entry_id(was), git_tree_entry_id(now)) &&
	    git_tree_entry_filemode(was) == git_tree_entry_filemode(now))
		return 0;
	if (len)
		lb_buf_addc(&r->path, '/');
	lb_buf_adds(&r->path, git_tree_entry_name(now ? now : was));
	int rc = differ(r, was, now);
	r->path.len = len;
	return rc;
}

/* The entry of that name, which mostly stands at the same place. */
static const git_tree_entry *twin(const git_tree *t, size_t guess, const git_tree_entry *e)
{
	const char *name = git_tree_entry_name(e);
	const git_tree_entry *near = t ? git_tree_entry_byindex(t, guess) : NULL;
	if (!t || (near && strcmp(git_tree_entry_name(near), name) == 0))
		return near;
	return git_tree_entry_byname(t, name);
}

static int compare(struct reading *r, const git_tree *was, const git_tree *now)
{
	size_t n = now ? git_tree_entrycount(now) : 0, m = was ? git_tree_entrycount(was) : 0;
	int rc = 0;
	if (r->depth == DEPTH_MAX)
		return lb_fail(r->err, LB_INVALID, "a git tree is more than %d directories deep", DEPTH_MAX);
	r->depth++;
	for (size_t i = 0; i < n && !rc; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(now, i);
		rc = differ_at(r, twin(was, i, e), e);
	}
	for (size_t i = 0; i < m && !rc; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(was, i);
		if (!twin(now, i, e))
			rc = differ_at(r, e, NULL);
	}
	r->depth--;
	return rc;
}

/* ---- commits ---- */

/* The tree of the directory in a commit; *out stays NULL where it is not there. */
static int tree_at(struct reading *r, const git_commit *c, git_tree **out)
{
	git_tree *root = NULL;
	git_tree_entry *e = NULL;
	int rc = git_commit_tree(&root, c);
	if (rc)
		return rc == GIT_ENOTFOUND ? LB_NOT_FOUND : failed(r, "the tree of a commit");
	if (!*r->below) {
		*out = root;
		return 0;
	}
	rc = git_tree_entry_bypath(&e, root, r->below);
	rc = rc == GIT_ENOTFOUND ? 0 : rc ? failed(r, r->below) : tree_of(r, e, out);
	git_tree_entry_free(e);
	git_tree_free(root);
	return rc;
}

static int compare_commits(struct reading *r, const git_commit *c, const git_tree *was, const git_tree *now)
{
	char hex[GIT_OID_HEXSZ + 1];
	if (!was || !now || git_oid_equal(git_tree_id(was), git_tree_id(now)))
		return 0;
	int rc = compare(r, was, now);
	if (!rc)
		history_keep(r->kept, git_oid_tostr(hex, sizeof(hex), git_commit_id(c)), git_commit_time(c), &r->touched);
	history_touched_release(&r->touched);
	return rc;
}

static void examined(struct history *h, const git_commit *c)
{
	int64_t time = git_commit_time(c);
	if (!h->examined++ || time > h->newest)
		h->newest = time;
	if (h->examined == 1 || time < h->oldest)
		h->oldest = time;
}

static bool is_shallow(const struct reading *r, const git_commit *c)
{
	char hex[GIT_OID_HEXSZ + 1];
	return r->shallow.count && lb_strv_has(&r->shallow, git_oid_tostr(hex, sizeof(hex), git_commit_id(c)));
}

/* One step back: *commit and *now become the parent's. LB_NOT_FOUND: what is needed is not in this clone. */
static int step(struct reading *r, git_commit **commit, git_tree **now)
{
	git_commit *parent = NULL;
	git_tree *was = NULL;
	int rc = git_commit_parent(&parent, *commit, 0);
	rc = rc == GIT_ENOTFOUND ? LB_NOT_FOUND : rc ? failed(r, "the parent of a commit") : 0;
	if (!rc)
		rc = tree_at(r, parent, &was);
	if (!rc)
		rc = compare_commits(r, *commit, was, *now);
	if (!rc)
		examined(&r->kept->h, *commit);
	git_commit_free(*commit);
	git_tree_free(*now);
	*commit = parent;
	*now = was;
	return rc;
}

static int walk(struct reading *r, git_commit *head, size_t most)
{
	struct history *h = &r->kept->h;
	git_commit *c = head;
	git_tree *now = NULL;
	int rc = tree_at(r, c, &now);
	while (!rc && h->examined < most && !is_shallow(r, c)) {
		if (!git_commit_parentcount(c)) {
			examined(h, c);
			h->complete = true;
			break;
		}
		rc = step(r, &c, &now);
	}
	git_commit_free(c);
	git_tree_free(now);
	history_touched_release(&r->touched);
	return rc == LB_NOT_FOUND ? 0 : rc;
}

/* ---- the repository ---- */

static void relative_to(const char *dir, const char *work_tree, char **root, char **below)
{
	lb_autofree char *real = realpath(dir, NULL), *top = realpath(work_tree, NULL);
	size_t n = top ? strlen(top) : 0;
	if (n && top[n - 1] == '/')
		n--;
	if (!real || !top || strncmp(real, top, n) != 0 || (real[n] && real[n] != '/'))
		return;
	*below = lb_strdup(real[n] ? real + n + 1 : "");
	*root = lb_steal(&top);
}

static git_repository *open_at(const char *dir, char **root, char **below)
{
	git_repository *repo = NULL;
	if (git_repository_open_ext(&repo, dir, 0, NULL) == 0 && git_repository_workdir(repo))
		relative_to(dir, git_repository_workdir(repo), root, below);
	if (!*root) {
		git_repository_free(repo);
		return NULL;
	}
	return repo;
}

void history_place(const char *dir, char **root, char **below)
{
	*root = *below = NULL;
	lb_git_begin();
	git_repository_free(open_at(dir, root, below));
	git_libgit2_shutdown();
}

static void read_shallow(struct reading *r)
{
	lb_autofree char *path = lb_path_join(git_repository_commondir(r->repo), "shallow");
	lb_autobuf struct lb_buf text = { 0 };
	if (lb_fs_read(AT_FDCWD, path, &text, NULL) != 0)
		return;
	for (const char *p = lb_buf_str(&text), *end; *p; p = *end ? end + 1 : end) {
		end = strchrnul(p, '\n');
		lb_strv_addn(&r->shallow, p, (size_t)(end - p));
	}
}

static int read_from_head(struct reading *r, size_t most)
{
	git_object *head = NULL;
	git_reference *ref = NULL;
	int rc = git_repository_head(&ref, r->repo);
	if (rc == GIT_EUNBORNBRANCH || rc == GIT_ENOTFOUND)
		return LB_NOT_FOUND;
	if (!rc)
		rc = git_reference_peel(&head, ref, GIT_OBJECT_COMMIT);
	git_reference_free(ref);
	if (rc)
		return failed(r, "HEAD");
	git_oid_tostr(r->kept->h.head, sizeof(r->kept->h.head), git_object_id(head));
	read_shallow(r);
	rc = walk(r, (git_commit *)head, most);
	history_keep_done(r->kept);
	return rc;
}

static int read_place(const char *dir, size_t most, struct history **out, struct lb_err *err)
{
	lb_autofree char *root = NULL, *below = NULL;
	struct reading r = { .repo = open_at(dir, &root, &below), .below = below, .err = err };
	if (!r.repo)
		return 0;
	r.kept = history_keep_new();
	int rc = read_from_head(&r, most);
	if (!rc)
		*out = &r.kept->h;
	else
		history_free(&r.kept->h);
	lb_buf_release(&r.path);
	lb_strv_release(&r.shallow);
	git_repository_free(r.repo);
	if (rc == LB_NOT_FOUND)
		return 0;
	return rc ? lb_wrap(err, "while reading the git history of %s", dir) : 0;
}

int history_read(const char *dir, size_t most, struct history **out, struct lb_err *err)
{
	*out = NULL;
	lb_git_begin();
	int rc = read_place(dir, most, out, err);
	git_libgit2_shutdown();
	return rc;
}
