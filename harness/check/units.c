/* SPDX-License-Identifier: Apache-2.0 */
#include "check/units.h"

#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "check/declared.h"
#include "lbench/fs.h"
#include "scenario/yaml.h"

enum { DEPTH_MAX = 12 };

static char *below(const char *dir, const char *name)
{
	return *dir ? lb_path_join(dir, name) : lb_strdup(name);
}

/* A path as a bake or compose file gives it, relative to that file's directory; NULL when it leaves the root or is no
 * path (a URL, a variable). */
static char *inside(struct searching *s, const char *dir, const char *path)
{
	if (strchr(path, '$') || strstr(path, "://") || *path == '/')
		return NULL;
	lb_autofree char *joined = below(dir, path), *clean = lb_path_clean(joined);
	if (strcmp(clean, "..") == 0 || strncmp(clean, "../", 3) == 0)
		return NULL;
	return lb_arena_strdup(&s->out->arena, strcmp(clean, ".") == 0 ? "" : clean);
}

/* ---- files ---- */

static bool is_dockerfile(const char *name)
{
	static const char *const patterns[] = { "Dockerfile", "Dockerfile.*", "*.Dockerfile", "Containerfile", "Containerfile.*" };
	for (size_t i = 0; i < LB_COUNT(patterns); i++)
		if (fnmatch(patterns[i], name, 0) == 0)
			return fnmatch("*.dockerignore", name, 0) != 0;
	return false;
}

static bool is_compose(const char *name)
{
	return fnmatch("compose*.y*ml", name, 0) == 0 || fnmatch("docker-compose*.y*ml", name, 0) == 0;
}

/* In the order in which docker reads them. */
static const char *const bake_names[] = { "docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl" };

static size_t bake_rank(const char *name)
{
	size_t i = 0;
	while (i < LB_COUNT(bake_names) && strcmp(name, bake_names[i]) != 0)
		i++;
	return i;
}

static struct check_unit *add_unit(struct searching *s, char *dir, const char *dockerfile)
{
	struct check_units *u = s->out;
	u->items = lb_grow(u->items, u->count, &u->cap, sizeof(*u->items));
	u->items[u->count] = (struct check_unit){ .dir = dir, .dockerfile = dockerfile ? lb_arena_strdup(&u->arena, dockerfile) : NULL };
	return &u->items[u->count++];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list(const char *path, struct lb_strv *out, struct lb_err *err)
{
	DIR *d = opendir(path);
	if (!d)
		return lb_fail(err, LB_INVALID, "%s: not a directory that can be read", path);
	for (struct dirent *e; (e = readdir(d));)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			lb_strv_add(out, e->d_name);
	closedir(d);
	if (out->count)
		qsort(out->items, out->count, sizeof(*out->items), by_name);
	return 0;
}

static int search(struct searching *s, const char *dir, unsigned depth, struct lb_err *err);

static int look_at(struct searching *s, const char *dir, const char *name, unsigned depth, struct lb_err *err)
{
	static const char *const skipped[] = { ".git", ".lbench", "node_modules" };
	lb_autofree char *path = below(dir, name), *full = lb_path_join(s->root, path);
	struct stat st;
	for (size_t i = 0; i < LB_COUNT(skipped); i++)
		if (strcmp(name, skipped[i]) == 0)
			return 0;
	if (lstat(full, &st) != 0)
		return 0;
	if (S_ISDIR(st.st_mode))
		return depth < DEPTH_MAX ? search(s, path, depth + 1, err) : 0;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (is_dockerfile(name))
		lb_strv_take(&s->dockerfiles, lb_steal(&path));
	else if (is_compose(name))
		lb_strv_take(&s->composes, lb_steal(&path));
	else if (bake_rank(name) < LB_COUNT(bake_names))
		lb_strv_take(&s->bakes, lb_steal(&path));
	return 0;
}

static int search(struct searching *s, const char *dir, unsigned depth, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(s->root, dir), *yaml = lb_path_join(path, "scenario.yaml");
	lb_autostrv struct lb_strv names = { 0 };
	if (lb_fs_exists(AT_FDCWD, yaml)) {
		add_unit(s, lb_arena_strdup(&s->out->arena, dir), NULL);
		return 0;
	}
	int rc = list(path, &names, err);
	for (size_t i = 0; i < names.count && !rc; i++)
		rc = look_at(s, dir, names.items[i], depth, err);
	return rc;
}

/* ---- bake and compose ---- */

void units_add_arg(struct searching *s, struct check_unit *u, const char *name, const char *value)
{
	u->args.items = lb_grow(u->args.items, u->args.count, &u->args.cap, sizeof(*u->args.items));
	u->args.items[u->args.count++] =
		(struct lb_pair){ lb_arena_strdup(&s->out->arena, name), value ? lb_arena_strdup(&s->out->arena, value) : NULL };
}

static bool is_known(const struct check_units *all, const char *dir, const char *dockerfile, const char *target)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct check_unit *u = &all->items[i];
		if (u->dockerfile && strcmp(u->dockerfile, dockerfile) == 0 && strcmp(u->dir, dir) == 0 && !u->target == !target &&
		    (!target || strcmp(u->target, target) == 0))
			return true;
	}
	return false;
}

struct check_unit *units_declare(struct searching *s, const struct declared *d)
{
	lb_autofree char *dir = lb_path_dir(d->file);
	const char *here = strcmp(dir, ".") == 0 ? "" : dir, *context = d->context ? d->context : ".";
	char *where = inside(s, here, context), *file = where ? inside(s, where, d->dockerfile ? d->dockerfile : "Dockerfile") : NULL;
	if (!file) {
		lb_strv_take(s->notes,
			     lb_format("%s: the context %s is outside, or known to the caller alone; left out.", d->place, context));
		return NULL;
	}
	lb_autofree char *full = lb_path_join(s->root, file);
	if (!lb_fs_exists(AT_FDCWD, full)) {
		if (!d->abstract)
			lb_strv_take(s->notes, lb_format("%s: %s is not there; left out.", d->place, file));
		return NULL;
	}
	if (is_known(s->out, where, file, d->target))
		return NULL;
	struct check_unit *u = add_unit(s, where, file);
	u->target = d->target ? lb_arena_strdup(&s->out->arena, d->target) : NULL;
	u->declared = true;
	return u;
}

static const char *scalar(const struct scn_yaml *map, const char *key)
{
	const struct scn_yaml *v = map->kind == SCN_MAP ? scn_yaml_get(map, key) : NULL;
	return v && v->kind == SCN_SCALAR && !scn_yaml_is_null(v) ? v->text : NULL;
}

/* What compose fills in, where it is written: "${NAME:-default}" and "$$"; false where only the caller knows it. */
static bool fill_in(const char *text, struct lb_buf *out)
{
	for (const char *p = text; *p;) {
		const char *end = p[0] == '$' && p[1] == '{' ? strchr(p, '}') : NULL, *given = end ? strstr(p, "-") : NULL;
		if (p[0] == '$' && p[1] == '$') {
			lb_buf_addc(out, '$');
			p += 2;
		} else if (given && given < end && !memchr(given, '$', (size_t)(end - given))) {
			lb_buf_add(out, given + 1, (size_t)(end - given - 1));
			p = end + 1;
		} else if (*p == '$') {
			return false;
		} else {
			lb_buf_addc(out, *p++);
		}
	}
	return true;
}

/* An attribute with what is filled in; as it stands where that is not known, so that a message can show it. */
static char *filled(const char *text)
{
	struct lb_buf out = { 0 };
	if (text && fill_in(text, &out))
		return lb_buf_steal(&out);
	lb_buf_release(&out);
	return text ? lb_strdup(text) : NULL;
}

static void compose_arg(struct searching *s, struct check_unit *u, const char *name, const char *value)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (!value || fill_in(value, &text))
		units_add_arg(s, u, name, value ? lb_buf_str(&text) : NULL);
}

static void compose_args(struct searching *s, struct check_unit *u, const struct scn_yaml *args)
{
	for (size_t i = 0; args && args->kind == SCN_MAP && i < args->count; i++)
		if (args->items[i].value->kind == SCN_SCALAR)
			compose_arg(s, u, args->items[i].key->text,
				    scn_yaml_is_null(args->items[i].value) ? NULL : args->items[i].value->text);
	for (size_t i = 0; args && args->kind == SCN_LIST && i < args->count; i++) {
		const struct scn_yaml *v = args->items[i].value;
		const char *eq = v->kind == SCN_SCALAR ? strchr(v->text, '=') : NULL;
		lb_autofree char *name = eq ? lb_strndup(v->text, (size_t)(eq - v->text)) : NULL;
		if (eq)
			compose_arg(s, u, name, eq + 1);
	}
}

static void read_compose(struct searching *s, const char *path)
{
	lb_autofree char *full = lb_path_join(s->root, path);
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_arena arena = { 0 };
	struct scn_yaml *root;
	struct lb_err err;
	const struct scn_yaml *services = NULL;
	if (lb_fs_read(AT_FDCWD, full, &text, &err) || scn_yaml_parse(path, lb_buf_str(&text), text.len, &arena, &root, &err))
		lb_strv_take(s->notes, lb_format("%s (left out)", err.text));
	else
		services = root->kind == SCN_MAP ? scn_yaml_get(root, "services") : NULL;
	for (size_t i = 0; services && services->kind == SCN_MAP && i < services->count; i++) {
		const struct scn_yaml *service = services->items[i].value,
				      *build = service->kind == SCN_MAP ? scn_yaml_get(service, "build") : NULL;
		if (!build || scn_yaml_is_null(build) || build->kind == SCN_LIST ||
		    (build->kind == SCN_MAP && scn_yaml_get(build, "dockerfile_inline")))
			continue;
		lb_autofree char *context = filled(build->kind == SCN_SCALAR ? build->text : scalar(build, "context")),
				 *dockerfile = filled(scalar(build, "dockerfile")), *target = filled(scalar(build, "target")),
				 *place = lb_format("%s: service %s", path, services->items[i].key->text);
		const struct declared d = { path, place, context, dockerfile, target && strchr(target, '$') ? NULL : target, false };
		struct check_unit *u = units_declare(s, &d);
		if (u && build->kind == SCN_MAP)
			compose_args(s, u, scn_yaml_get(build, "args"));
	}
	lb_arena_release(&arena);
}

/* Dockerfiles that no file declares. */
static void add_guessed(struct searching *s)
{
	size_t declared = s->out->count;
	for (size_t i = 0; i < s->dockerfiles.count; i++) {
		bool known = false;
		for (size_t k = 0; k < declared && !known; k++)
			known = s->out->items[k].dockerfile && strcmp(s->out->items[k].dockerfile, s->dockerfiles.items[i]) == 0;
		if (known)
			continue;
		lb_autofree char *dir = lb_path_dir(s->dockerfiles.items[i]);
		add_unit(s, lb_arena_strdup(&s->out->arena, strcmp(dir, ".") == 0 ? "" : dir), s->dockerfiles.items[i]);
	}
}

/* Those of one directory are one. */
static void read_bakes(struct searching *s)
{
	for (size_t i = 0; i < s->bakes.count;) {
		lb_autofree char *dir = lb_path_dir(s->bakes.items[i]);
		const char *paths[LB_COUNT(bake_names)];
		size_t from = i, n = 0;
		for (bool same = true; i < s->bakes.count && same; i += same) {
			lb_autofree char *next = lb_path_dir(s->bakes.items[i]);
			same = strcmp(next, dir) == 0;
		}
		for (size_t rank = 0; rank < LB_COUNT(bake_names); rank++)
			for (size_t k = from; k < i; k++)
				if (bake_rank(lb_path_base(s->bakes.items[k])) == rank)
					paths[n++] = s->bakes.items[k];
		bake_read(s, paths, n);
	}
}

int check_units_find(const char *root, struct check_units *out, struct lb_strv *notes, struct lb_err *err)
{
	*out = (struct check_units){ 0 };
	struct searching s = { .root = root, .out = out, .notes = notes };
	int rc = search(&s, "", 0, err);
	if (!rc)
		read_bakes(&s);
	for (size_t i = 0; i < s.composes.count && !rc; i++)
		read_compose(&s, s.composes.items[i]);
	if (!rc)
		add_guessed(&s);
	lb_strv_release(&s.dockerfiles);
	lb_strv_release(&s.composes);
	lb_strv_release(&s.bakes);
	if (!rc && !out->count)
		return lb_fail(err, LB_INVALID, "%s: neither a scenario nor a Dockerfile is here", root);
	return rc;
}

void check_units_release(struct check_units *u)
{
	for (size_t i = 0; i < u->count; i++)
		free(u->items[i].args.items);
	free(u->items);
	lb_arena_release(&u->arena);
	*u = (struct check_units){ 0 };
}
