/* SPDX-License-Identifier: Apache-2.0
 *
 * The Dockerfiles of a project: at its top, and in the directories that people keep them in. Each is read with all
 * that follows from it; one that cannot build from this directory is left out, and why is said.
 */
#include "init/init.h"

#include <string.h>

#include "lbench/fs.h"

enum { DOCKERFILES_MAX = 16, TEXT_MAX = 1 << 20 };

static const char *const places[] = { "docker", ".docker", "build", "deploy", "deployment", "deployments", "images", "containers", "ops" };

static char *join(const char *a, const char *b)
{
	return *a ? lb_format("%s/%s", a, b) : lb_strdup(b);
}

/* ---- .dockerignore ---- */

static enum lb_keep keep_sent(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct lb_ignore *ignore = arg;
	if (!lb_ignore_matches(ignore, path, len))
		return LB_KEEP;
	return node->attr.kind == LB_DIR && lb_ignore_may_reenter(ignore, path, len) ? LB_DROP_BUT_ENTER : LB_DROP;
}

int init_sent(const struct init *in, const char *own_ignore, struct lb_node **out, struct lb_err *err)
{
	const char *path = own_ignore ? own_ignore : ".dockerignore";
	const struct lb_node *n = lb_tree_get(in->context, path);
	lb_autobuf struct lb_buf text = { 0 };
	lb_autoignore struct lb_ignore *ignore = NULL;
	int rc = n && n->content ? lb_content_load(n->content, &text, err) : 0;
	if (!rc)
		rc = lb_ignore_parse(path, lb_buf_str(&text), text.len, &ignore, err);
	if (!rc)
		*out = lb_tree_filter(in->context, keep_sent, ignore, NULL, NULL);
	return rc;
}

/* ---- one Dockerfile ---- */

/* "docker/api/Dockerfile" is `api`, "Dockerfile.dev" and "dev.Dockerfile" are `dev`. */
static char *name_of(const char *path)
{
	const char *base = lb_path_base(path);
	size_t n = strlen(base);
	lb_autofree char *dir = lb_path_dir(path);
	if (strncmp(base, "Dockerfile.", 11) == 0)
		return lb_strdup(base + 11);
	if (strncmp(base, "Containerfile.", 14) == 0)
		return lb_strdup(base + 14);
	if (n > 11 && (strcmp(base + n - 11, ".Dockerfile") == 0 || strcmp(base + n - 11, ".dockerfile") == 0))
		return lb_strndup(base, n - 11);
	return lb_strdup(strcmp(dir, ".") == 0 ? base : lb_path_base(dir));
}

static const char *unique_name(struct init *in, const char *path)
{
	lb_autofree char *name = name_of(path);
	for (char *p = name; *p; p++)
		*p = strchr(" \t/", *p) ? '-' : *p;
	lb_autofree char *full = lb_strdup(name);
	for (size_t i = 0, number = 1; i < in->dockerfiles_count; i++) {
		if (strcmp(in->dockerfiles[i].name, full) != 0)
			continue;
		free(full);
		full = lb_format("%s-%zu", name, ++number);
		i = (size_t)-1;
	}
	return lb_arena_strdup(&in->arena, full);
}

static void release(struct init_dockerfile *d)
{
	catalog_free(d->catalog);
	lb_build_plan_free(d->plan);
	lb_dockerfile_free(d->df);
	free(d->text);
}

static int read_one(struct init *in, struct init_dockerfile *d, struct lb_err *err)
{
	const struct lb_node *n = lb_tree_get(in->context, d->path);
	lb_autobuf struct lb_buf text = { 0 };
	lb_autonode struct lb_node *sent = NULL;
	struct lb_plan_options o = { 0 };
	int rc = n->content ? lb_content_load(n->content, &text, err) : 0;
	size_t len = text.len;
	d->text = lb_buf_steal(&text);
	if (!rc)
		rc = lb_dockerfile_parse(d->path, d->text, len, NULL, &d->df, err);
	if (!rc)
		rc = lb_build_plan_new(d->df, &o, &d->plan, err);
	if (!rc)
		rc = init_sent(in, d->ignore, &sent, err);
	if (!rc)
		rc = catalog_read(d->plan, sent, &d->catalog, err);
	if (!rc && d->catalog->missing)
		rc = lb_fail(err, LB_INVALID, "%s:%u copies `%s`, which is not here", d->path, d->catalog->missing_line,
			     d->catalog->missing);
	return rc;
}

static void take(struct init *in, const char *path)
{
	struct lb_err err = { 0 };
	struct init_dockerfile d = { .path = lb_arena_strdup(&in->arena, path) };
	lb_autofree char *own = lb_format("%s.dockerignore", path);
	if (in->dockerfiles_count == DOCKERFILES_MAX) {
		lb_strv_take(&in->left_out, lb_format("%s: one more than %d", path, DOCKERFILES_MAX));
		return;
	}
	if (lb_tree_get(in->context, own))
		d.ignore = lb_arena_strdup(&in->arena, own);
	if (read_one(in, &d, &err) < 0) {
		lb_strv_add(&in->left_out, err.text);
		release(&d);
		return;
	}
	d.name = unique_name(in, path);
	in->dockerfiles[in->dockerfiles_count++] = d;
}

/* ---- where they lie ---- */

/* Those in one directory, and `depth` directories below it. */
static void look_in(struct init *in, const struct lb_node *dir, const char *path, unsigned depth)
{
	for (size_t i = 0; i < dir->entries_count; i++) {
		const struct lb_entry *e = &dir->entries[i];
		lb_autofree char *inside = join(path, e->name);
		if (e->node->attr.kind == LB_FILE && init_is_dockerfile(e->name) && lb_node_size(e->node) < TEXT_MAX)
			take(in, inside);
		else if (e->node->attr.kind == LB_DIR && depth)
			look_in(in, e->node, inside, depth - 1);
	}
}

static int note_elsewhere(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct lb_strv *out = arg;
	lb_autofree char *name = lb_strndup(path, len);
	if (node->attr.kind == LB_DIR && (strcmp(lb_path_base(name), "node_modules") == 0 || strcmp(lb_path_base(name), ".git") == 0))
		return LB_WALK_SKIP;
	if (node->attr.kind == LB_FILE && init_is_dockerfile(lb_path_base(name)) && out->count < 3) {
		lb_autofree char *dir = lb_path_dir(name);
		if (!lb_strv_has(out, dir))
			lb_strv_add(out, dir);
	}
	return 0;
}

static int nothing_found(const struct init *in, struct lb_err *err)
{
	lb_autostrv struct lb_strv dirs = { 0 };
	if (in->left_out.count)
		return lb_fail(err, LB_INVALID, "%s: no Dockerfile here can build from this directory: %s", in->dir, in->left_out.items[0]);
	lb_tree_walk(in->context, note_elsewhere, &dirs);
	if (dirs.count)
		return lb_fail(err, LB_INVALID, "%s: no Dockerfile at its top or in docker/; there is one further down: lbench init %s/%s",
			       in->dir, in->dir, dirs.items[0]);
	return lb_fail(
		err, LB_INVALID,
		"%s: no Dockerfile here; expected a project with Dockerfile, Dockerfile.NAME or NAME.Dockerfile at its top or in docker/",
		in->dir);
}

int init_find_dockerfiles(struct init *in, struct lb_err *err)
{
	in->dockerfiles = lb_arena_alloc(&in->arena, DOCKERFILES_MAX * sizeof(*in->dockerfiles));
	look_in(in, in->context, "", 0);
	for (size_t i = 0; i < LB_COUNT(places); i++) {
		const struct lb_node *n = lb_tree_get(in->context, places[i]);
		if (n && n->attr.kind == LB_DIR)
			look_in(in, n, places[i], 1);
	}
	return in->dockerfiles_count ? 0 : nothing_found(in, err);
}
