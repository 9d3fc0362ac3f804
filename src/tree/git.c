/* SPDX-License-Identifier: Apache-2.0
 *
 * The trees of commits. A git tree object becomes a directory node once; the next commit that has it shares
 * it. Files know their size from the object's head; their bytes are inflated when somebody reads them.
 *
 * Contents hold the object data base, the data base holds nothing of ours: what was made of objects is
 * remembered beside it, so that nothing keeps itself alive.
 */

#include <git2.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "lbench/tree_source.h"
#include "tree/node.h"

/* One handle for all threads: libgit2 wants a lock around it. */
struct odb {
	atomic_uint refs;
	pthread_mutex_t lock;
	git_repository *repo;
	git_odb *odb;
};

struct lb_git {
	struct odb *odb;
	struct lb_map *nodes; /* by object id and kind */
	size_t depth;
};

struct git_content {
	struct lb_content content;
	struct odb *odb;
	git_oid id;
};

static int failed(struct lb_err *err, int git_code, const char *what)
{
	const git_error *e = git_error_last();
	int code = git_code == GIT_ENOTFOUND                                    ? LB_NOT_FOUND
		   : git_code == GIT_EINVALIDSPEC || git_code == GIT_EAMBIGUOUS ? LB_INVALID
										: LB_IO;
	return lb_fail(err, code, "%s: %s", what, e ? e->message : "git cannot read it");
}

/* An object that should be there: a shallow or partial clone, or a damaged one. */
static int object_failed(struct lb_err *err, const git_oid *id)
{
	char hex[GIT_OID_HEXSZ + 1];
	lb_autofree char *what = lb_format("git object %s", git_oid_tostr(hex, sizeof(hex), id));
	failed(err, GIT_ERROR, what);
	return LB_IO;
}

static void odb_unref(struct odb *o)
{
	if (!o || atomic_fetch_sub_explicit(&o->refs, 1, memory_order_acq_rel) != 1)
		return;
	git_odb_free(o->odb);
	git_repository_free(o->repo);
	pthread_mutex_destroy(&o->lock);
	free(o);
	git_libgit2_shutdown();
}

/* The settings are libgit2's globals: whoever starts it sets them, while nobody else can have begun. */
static pthread_mutex_t starting = PTHREAD_MUTEX_INITIALIZER;

static void set_options(void)
{
	git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
	static const int levels[] = { GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
				      GIT_CONFIG_LEVEL_PROGRAMDATA };
	for (size_t i = 0; i < LB_COUNT(levels); i++)
		git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
}

void lb_git_begin(void)
{
	pthread_mutex_lock(&starting);
	if (git_libgit2_init() == 1)
		set_options();
	pthread_mutex_unlock(&starting);
}

static int odb_open(const char *repository, struct odb **out, struct lb_err *err)
{
	struct odb *o = lb_calloc(1, sizeof(*o));
	atomic_init(&o->refs, 1);
	pthread_mutex_init(&o->lock, NULL);
	lb_git_begin();
	int rc = git_repository_open_ext(&o->repo, repository, 0, NULL);
	if (!rc)
		rc = git_repository_odb(&o->odb, o->repo);
	if (rc) {
		rc = failed(err, rc, repository);
		odb_unref(o);
		return rc;
	}
	*out = o;
	return 0;
}

/* ---- contents ---- */

static int git_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct git_content *g = (const struct git_content *)c;
	git_odb_object *object = NULL;
	pthread_mutex_lock(&g->odb->lock);
	int rc = git_odb_read(&object, g->odb->odb, &g->id);
	if (rc)
		rc = object_failed(err, &g->id);
	pthread_mutex_unlock(&g->odb->lock);
	if (rc)
		return rc;
	size_t len = git_odb_object_size(object);
	if (len != c->size_bytes)
		rc = lb_fail(err, LB_IO, "a git object is of another size than its head says");
	else if (len)
		rc = sink(arg, git_odb_object_data(object), len, err);
	git_odb_object_free(object);
	return rc;
}

static void git_free(struct lb_content *c)
{
	struct git_content *g = (struct git_content *)c;
	odb_unref(g->odb);
	free(g);
}

static const struct lb_content_ops git_ops = { .read = git_read, .free = git_free };

static int blob_content(struct lb_git *g, const git_oid *id, struct lb_content **out, struct lb_err *err)
{
	size_t len;
	git_object_t type;
	if (git_odb_read_header(&len, &type, g->odb->odb, id))
		return object_failed(err, id);
	if (type != GIT_OBJECT_BLOB)
		return lb_fail(err, LB_INVALID, "a git tree names as a file what is none");
	if (!len)
		return 0;
	struct git_content *c = lb_malloc(sizeof(*c));
	lb_content_init(&c->content, &git_ops, len);
	atomic_fetch_add_explicit(&g->odb->refs, 1, memory_order_relaxed);
	c->odb = g->odb;
	c->id = *id;
	*out = &c->content;
	return 0;
}

/* ---- nodes ---- */

static const struct lb_attr dir_attr = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };

static int make_file(struct lb_git *g, const git_oid *id, git_filemode_t mode, struct lb_node **out, struct lb_err *err)
{
	struct lb_content *content = NULL;
	int rc = blob_content(g, id, &content, err);
	if (rc)
		return rc;
	struct lb_attr a = { .kind = LB_FILE, .mode = mode == GIT_FILEMODE_BLOB_EXECUTABLE ? 0755 : 0644, .mtime = dir_attr.mtime };
	*out = lb_node_new(&a, content);
	return 0;
}

static int make_link(struct lb_git *g, const git_oid *id, struct lb_node **out, struct lb_err *err)
{
	git_odb_object *object = NULL;
	if (git_odb_read(&object, g->odb->odb, id))
		return object_failed(err, id);
	lb_autofree char *target = lb_strndup(git_odb_object_data(object), git_odb_object_size(object));
	git_odb_object_free(object);
	struct lb_attr a = { .kind = LB_SYMLINK, .mode = 0777, .mtime = dir_attr.mtime, .target = target };
	*out = lb_node_new(&a, NULL);
	return 0;
}

static int make_dir(struct lb_git *g, const git_oid *id, struct lb_node **out, struct lb_err *err);

/* A submodule is a directory, and empty: what it holds is another repository's. */
static int make_node(struct lb_git *g, const git_oid *id, git_filemode_t mode, struct lb_node **out, struct lb_err *err)
{
	switch (mode) {
	case GIT_FILEMODE_TREE:
		return make_dir(g, id, out, err);
	case GIT_FILEMODE_LINK:
		return make_link(g, id, out, err);
	case GIT_FILEMODE_COMMIT:
		*out = lb_node_new_dir(&dir_attr, NULL, 0);
		return 0;
	default:
		return make_file(g, id, mode, out, err);
	}
}

/* One object may stand for several nodes: a blob is a file here, a link's target there. */
static unsigned char kind_letter(git_filemode_t mode)
{
	switch (mode) {
	case GIT_FILEMODE_TREE:
		return 't';
	case GIT_FILEMODE_LINK:
		return 'l';
	case GIT_FILEMODE_COMMIT:
		return 'c';
	case GIT_FILEMODE_BLOB_EXECUTABLE:
		return 'x';
	default:
		return 'f';
	}
}

/* The node of an object, made once. *out is a reference. */
static int node_of(struct lb_git *g, const git_oid *id, git_filemode_t mode, struct lb_node **out, struct lb_err *err)
{
	unsigned char key[GIT_OID_RAWSZ + 1];
	memcpy(key, id->id, GIT_OID_RAWSZ);
	key[GIT_OID_RAWSZ] = kind_letter(mode);
	struct lb_node *n = lb_map_getn(g->nodes, key, sizeof(key));
	if (!n) {
		int rc = make_node(g, id, mode, &n, err);
		if (rc)
			return rc;
		lb_map_setn(g->nodes, key, sizeof(key), n);
	}
	*out = lb_node_ref(n);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct lb_entry *x = a, *y = b;
	return lb_name_compare(x->name, x->name_len, y->name, y->name_len);
}

/* git sorts directories as if their names ended in a '/'; and nobody has checked the tree before. */
static int sort_entries(struct lb_draft *d, struct lb_err *err)
{
	if (d->count)
		qsort(d->items, d->count, sizeof(*d->items), by_name);
	for (size_t i = 0; i < d->count; i++) {
		const char *name = d->items[i].name;
		bool again = i && by_name(&d->items[i - 1], &d->items[i]) == 0;
		if (again || !*name || strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
			return lb_fail(err, LB_INVALID, "a git tree holds the name '%s'%s", name, again ? " twice" : "");
	}
	return 0;
}

static int fill_dir(struct lb_git *g, const git_tree *tree, struct lb_draft *d, struct lb_err *err)
{
	size_t count = git_tree_entrycount(tree);
	for (size_t i = 0; i < count; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		struct lb_node *n = NULL;
		int rc = node_of(g, git_tree_entry_id(e), git_tree_entry_filemode(e), &n, err);
		if (rc)
			return rc;
		const char *name = git_tree_entry_name(e);
		lb_draft_add(d, name, strlen(name), n);
	}
	return sort_entries(d, err);
}

static int make_dir(struct lb_git *g, const git_oid *id, struct lb_node **out, struct lb_err *err)
{
	if (g->depth == LB_TREE_DEPTH_MAX)
		return lb_fail(err, LB_INVALID, "a git tree is more than %d directories deep", LB_TREE_DEPTH_MAX);
	git_tree *tree = NULL;
	if (git_tree_lookup(&tree, g->odb->repo, id))
		return object_failed(err, id);
	g->depth++;
	lb_autodraft struct lb_draft d = { 0 };
	int rc = fill_dir(g, tree, &d, err);
	if (!rc)
		*out = lb_draft_done(&d, &dir_attr, false);
	g->depth--;
	git_tree_free(tree);
	return rc;
}

/* ---- commits ---- */

static int find_subdir(const git_commit *commit, const char *subdir, git_oid *id, struct lb_err *err)
{
	*id = *git_commit_tree_id(commit);
	lb_autofree char *clean = lb_path_without_dots(subdir);
	const char *p = clean ? clean : subdir, *name;
	size_t len;
	while (lb_path_next(&p, &name, &len)) {
		git_tree *tree = NULL;
		if (git_tree_lookup(&tree, git_commit_owner(commit), id))
			return object_failed(err, id);
		lb_autofree char *part = lb_strndup(name, len);
		const git_tree_entry *e = git_tree_entry_byname(tree, part);
		bool found = e && git_tree_entry_filemode(e) == GIT_FILEMODE_TREE;
		if (found)
			*id = *git_tree_entry_id(e);
		git_tree_free(tree);
		if (!found)
			return lb_fail(err, LB_NOT_FOUND, "%s is not a directory in commit %.12s", subdir,
				       git_oid_tostr_s(git_commit_id(commit)));
	}
	return 0;
}

static int commit_tree(struct lb_git *g, const git_commit *commit, const char *subdir, struct lb_node **out, char **commit_hex,
		       struct lb_err *err)
{
	git_oid id;
	int rc = find_subdir(commit, subdir, &id, err);
	if (!rc)
		rc = node_of(g, &id, GIT_FILEMODE_TREE, out, err);
	if (rc || !commit_hex)
		return rc;
	char hex[GIT_OID_HEXSZ + 1];
	*commit_hex = lb_strdup(git_oid_tostr(hex, sizeof(hex), git_commit_id(commit)));
	return 0;
}

int lb_git_tree(struct lb_git *g, const char *rev, const char *subdir, struct lb_node **out, char **commit_hex, struct lb_err *err)
{
	git_object *object = NULL, *commit = NULL;
	/* the trees made before may be read by other threads meanwhile */
	pthread_mutex_lock(&g->odb->lock);
	int rc = git_revparse_single(&object, g->odb->repo, rev);
	if (!rc)
		rc = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (rc || !commit)
		rc = failed(err, rc, rev);
	else
		rc = commit_tree(g, (git_commit *)commit, subdir, out, commit_hex, err);
	git_object_free(commit);
	git_object_free(object);
	pthread_mutex_unlock(&g->odb->lock);
	return rc;
}

static void unref_node(void *n)
{
	lb_node_unref(n);
}

int lb_git_open(const char *repository, struct lb_git **out, struct lb_err *err)
{
	struct odb *odb = NULL;
	int rc = odb_open(repository, &odb, err);
	if (rc)
		return rc;
	struct lb_git *g = lb_calloc(1, sizeof(*g));
	g->odb = odb;
	g->nodes = lb_map_new(unref_node);
	*out = g;
	return 0;
}

void lb_git_free(struct lb_git *g)
{
	if (!g)
		return;
	lb_map_free(g->nodes);
	odb_unref(g->odb);
	free(g);
}

int lb_tree_from_git(const char *repository, const char *rev, const char *subdir, struct lb_node **out, char **commit_hex,
		     struct lb_err *err)
{
	struct lb_git *g = NULL;
	int rc = lb_git_open(repository, &g, err);
	if (rc)
		return rc;
	rc = lb_git_tree(g, rev, subdir, out, commit_hex, err);
	lb_git_free(g);
	return rc;
}
