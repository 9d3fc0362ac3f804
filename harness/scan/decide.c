/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/decide.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "scan/weigh.h"

static struct scan_row *add_row(struct scan_task *t, const struct lb_policy *policy)
{
	t->rows = lb_grow(t->rows, t->count, &t->cap, sizeof(*t->rows));
	struct scan_row *r = &t->rows[t->count++];
	*r = (struct scan_row){ .policy = policy };
	return r;
}

static char *place(const char *root, const char *below)
{
	lb_autofree char *joined = *below ? lb_path_join(root, below) : lb_strdup(root);
	return lb_path_clean(joined);
}

static const char *keep_place(struct scan_task *t, const char *root, const char *below)
{
	lb_autofree char *path = place(root, below);
	return lb_arena_strdup(&t->arena, path);
}

/* ---- one variant ---- */

/* The history as the context's directory has it; NULL where it tells nothing. */
static struct history *history_of(const struct scan_task *t, const char *dir)
{
	lb_autofree char *real = realpath(dir, NULL);
	size_t n = t->work_tree ? strlen(t->work_tree) : 0;
	if (!t->history || !real || strncmp(real, t->work_tree, n) != 0 || (real[n] && real[n] != '/'))
		return NULL;
	struct history *h = history_below(t->history, real[n] ? real + n + 1 : "");
	if (h->commits_count)
		return h;
	history_free(h);
	return NULL;
}

/* Classes of edits, and what they rest on. False: nothing can be changed. */
static bool classify(const struct scan_task *t, const struct scenario *s, size_t variant, const struct front *f, struct classes *c,
		     struct scan_row *row)
{
	history_auto struct history *h = s->implicit ? history_of(t, s->dir) : NULL;
	if (h) {
		classes_from_history(s, variant, f, h, c);
		row->basis = SCAN_HISTORY;
		row->commits = h->commits_count;
		row->examined = h->examined;
		row->whole_history = h->complete;
		row->git_sent = c->git_too;
		return true;
	}
	row->basis = SCAN_WEIGHTS;
	if (classes_from_weights(s, c))
		return true;
	row->basis = SCAN_ASSUMED;
	classes_release(c);
	return classes_assumed(s, variant, f, c);
}

static int decide_policy(struct scan_task *t, const struct scenario *s, size_t variant, const struct front *f, const struct classes *c,
			 struct scan_row *row, struct lb_err *err)
{
	whatif_auto struct whatif *w = NULL;
	struct whatif_options o = { .scenario = s,
				    .variant = variant,
				    .policy = row->policy,
				    .builder = LB_BUILDER_WARM,
				    .edits = c->edits,
				    .edits_count = c->count,
				    .models = f->models,
				    .models_count = f->models_count,
				    .cancel = t->o->cancel };
	int rc = whatif_decide(&o, &w, err);
	if (!rc)
		scan_weigh(w, c, f, &t->arena, row);
	return rc;
}

static int decide_variant(struct scan_task *t, const struct scenario *s, size_t variant, const char *path, const char *name,
			  struct lb_err *err)
{
	front_auto struct front *f = NULL;
	classes_auto struct classes c = { 0 };
	struct scan_row common = { .path = path, .context = lb_arena_strdup(&t->arena, s->dir), .variant = name };
	int rc = front_read(s, variant, &f, err);
	if (rc)
		return rc;
	if (!classify(t, s, variant, f, &c, &common))
		return lb_fail(err, LB_INVALID, "the context has no file that a commit could change");
	size_t first = t->count, refused = 0;
	for (size_t i = 0; i < t->o->policies_count; i++) {
		struct scan_row *row = add_row(t, NULL);
		*row = common;
		row->policy = t->o->policies[i];
		rc = decide_policy(t, s, variant, f, &c, row, err);
		if (rc && rc != LB_INVALID && rc != LB_UNSUPPORTED)
			return rc;
		if (rc)
			row->message = lb_arena_strdup(&t->arena, err->text);
		refused += rc != 0;
	}
	/* what some engines refuse is a row that says so */
	if (refused < t->count - first)
		return 0;
	return refused ? lb_recode(err, LB_INVALID) : 0;
}

/* ---- one context ---- */

static int decide_scenario(struct scan_task *t, struct lb_err *err)
{
	scn_autoscenario struct scenario *s = NULL;
	lb_autofree char *dir = place(t->root, t->unit->dir);
	int rc = scenario_load(dir, NULL, &s, err);
	for (size_t v = 0; v < (rc ? 0 : s->variants_count) && !rc; v++)
		rc = decide_variant(t, s, v, lb_arena_strdup(&t->arena, s->variants[v].dockerfile_path),
				    lb_arena_strdup(&t->arena, s->variants[v].name), err);
	return rc;
}

/* An lbench.yaml that is about another Dockerfile of the directory may not fit this one. *aside: why it is set aside. */
static int load_project(const char *dir, struct scn_load_options *o, struct scenario **out, char **aside, struct lb_err *err)
{
	lb_autofree char *yaml = lb_path_join(dir, "lbench.yaml");
	int rc = scenario_load(dir, o, out, err);
	if (rc != LB_INVALID || !lb_fs_exists(AT_FDCWD, yaml))
		return rc;
	struct lb_err second;
	o->project_text = "{}\n";
	if (scenario_load(dir, o, out, &second) != 0)
		return rc;
	*aside = lb_format("lbench.yaml is set aside: %s", err->text);
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	lb_autofree char *x = realpath(a, NULL), *y = realpath(b, NULL);
	return x && y && strcmp(x, y) == 0;
}

/* Its variants are those of the file, where lbench.yaml lists some. */
static int decide_variants(struct scan_task *t, const struct scenario *s, const char *file, struct lb_err *err)
{
	bool any = false;
	int rc = 0;
	for (size_t v = 0; v < s->variants_count && !rc; v++) {
		const char *name = s->variants_count > 1 ? s->variants[v].name : t->unit->target;
		if (!same_file(s->variants[v].dockerfile_path, file))
			continue;
		any = true;
		rc = decide_variant(t, s, v, lb_arena_strdup(&t->arena, file), name ? lb_arena_strdup(&t->arena, name) : NULL, err);
	}
	return any ? rc : lb_fail(err, LB_UNSUPPORTED, "%s lists variants, and none is this file", s->file);
}

static int decide_in(struct scan_task *t, const char *below, struct lb_err *err)
{
	scn_autoscenario struct scenario *s = NULL;
	lb_autofree char *dir = place(t->root, below), *file = place(t->root, t->unit->dockerfile), *aside = NULL;
	lb_autofree char *memo = lb_path_join(dir, ".lbench/store/context.memo");
	struct scn_load_options o = { .dockerfiles = &file,
				      .dockerfiles_count = 1,
				      .target = t->unit->target,
				      .build_args = &t->unit->args,
				      .memo_path = lb_fs_exists(AT_FDCWD, memo) ? memo : NULL };
	int rc = load_project(dir, &o, &s, &aside, err);
	if (!rc)
		rc = decide_variants(t, s, file, err);
	for (size_t i = 0; !rc && aside && i < t->count; i++)
		t->rows[i].note = lb_arena_strdup(&t->arena, aside);
	return rc;
}

/* What the Dockerfile wants of its context, as far as its text tells; false: it does not even parse, and no other context
 * can help. */
static bool read_wants(const struct scan_task *t, struct lb_strv *out)
{
	lb_autofree char *file = place(t->root, t->unit->dockerfile);
	lb_autobuf struct lb_buf text = { 0 };
	return lb_fs_read(AT_FDCWD, file, &text, NULL) == 0 && front_wants(lb_buf_str(&text), &t->unit->args, t->unit->target, out);
}

/* Before all of a large directory is read. */
static bool has_all(const struct scan_task *t, const char *below, const struct lb_strv *wants)
{
	lb_autofree char *dir = place(t->root, below);
	for (size_t i = 0; i < wants->count; i++) {
		lb_autofree char *path = lb_path_join(dir, wants->items[i]);
		if (!lb_fs_exists(AT_FDCWD, path))
			return false;
	}
	return true;
}

static bool is_work_tree(const struct scan_task *t, const char *below)
{
	lb_autofree char *dir = place(t->root, below), *real = realpath(dir, NULL);
	return t->work_tree && real && strcmp(real, t->work_tree) == 0;
}

/* Does the directory hold nothing that a build could want? */
static bool is_bare(const struct scan_task *t)
{
	static const char *const own[] = { "*Dockerfile*", "*Containerfile*", "*.dockerignore", "*compose*.y*ml", "docker-bake.*" };
	lb_autofree char *dir = place(t->root, t->unit->dir);
	DIR *d = opendir(dir);
	bool bare = d != NULL;
	for (struct dirent *e; d && bare && (e = readdir(d));) {
		bool mine = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		for (size_t i = 0; i < LB_COUNT(own); i++)
			mine = mine || fnmatch(own[i], e->d_name, 0) == 0;
		bare = mine;
	}
	if (d)
		closedir(d);
	return bare;
}

/* The nearest directory above from which it can be built, up to the root of the repository or of the search. */
static int decide_above(struct scan_task *t, struct lb_err *err)
{
	lb_autostrv struct lb_strv wants = { 0 };
	lb_autofree char *below = lb_strdup(t->unit->dir);
	int rc = LB_INVALID;
	if (!read_wants(t, &wants))
		return rc;
	while (rc == LB_INVALID && *below && !is_work_tree(t, below)) {
		char *up = lb_path_dir(below);
		free(below);
		below = strcmp(up, ".") == 0 ? lb_strdup("") : lb_strdup(up);
		free(up);
		t->count = 0;
		rc = has_all(t, below, &wants) ? decide_in(t, below, err) : LB_INVALID;
	}
	return rc;
}

/* Dockerfiles in a directory of their own are often built from one above it; at once where there is nothing else in it. */
static int decide_dockerfile(struct scan_task *t, struct lb_err *err)
{
	bool guess = !t->unit->declared && *t->unit->dir, bare = guess && is_bare(t);
	struct lb_err above = { 0 };
	if (bare && decide_above(t, &above) == 0)
		return 0;
	t->count = 0;
	int rc = decide_in(t, t->unit->dir, err);
	if (rc != LB_INVALID || !guess || bare)
		return rc;
	rc = decide_above(t, &above);
	if (rc && rc != LB_INVALID)
		*err = above;
	return rc;
}

void scan_decide(struct scan_task *t)
{
	struct lb_err err = { 0 };
	int rc = t->unit->dockerfile ? decide_dockerfile(t, &err) : decide_scenario(t, &err);
	if (rc == LB_INTERRUPTED)
		t->rc = rc;
	if (!rc)
		return;
	t->count = 0;
	struct scan_row *row = add_row(t, t->o->policies[0]);
	row->path = keep_place(t, t->root, t->unit->dockerfile ? t->unit->dockerfile : t->unit->dir);
	row->context = keep_place(t, t->root, t->unit->dir);
	row->variant = t->unit->target ? lb_arena_strdup(&t->arena, t->unit->target) : NULL;
	row->message = lb_arena_strdup(&t->arena, err.text);
}
