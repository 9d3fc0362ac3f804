/* SPDX-License-Identifier: Apache-2.0
 *
 * A project directory: its variants are the Dockerfiles that docker's options name, or the one that is there.
 */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "scenario/load.h"

char *scn_load_place(struct scn_loader *l, const char *path)
{
	if (!l->context_dir)
		return NULL;
	lb_autofree char *context = realpath(l->context_dir, NULL);
	lb_autofree char *file = realpath(path, NULL);
	size_t n = context ? strlen(context) : 0;
	if (!n || !file || strncmp(file, context, n) != 0 || (n > 1 && file[n] != '/'))
		return NULL;
	return lb_arena_strdup(l->arena, file + n + (n > 1));
}

static bool is_stdin(const char *path)
{
	return strcmp(path, "-") == 0;
}

/* What the directory of a Dockerfile is called, where that is not the project's own; the caller's, or NULL. */
static char *directory_name(const struct scn_loader *l, const char *path)
{
	lb_autofree char *dir = lb_path_dir(path), *real = realpath(dir, NULL), *own = realpath(l->s->dir, NULL);
	return real && own && strcmp(real, own) != 0 && real[1] ? lb_strdup(lb_path_base(real)) : NULL;
}

/* "Dockerfile.dev" and "dev.Dockerfile" are `dev`; "Dockerfile" is itself, or one of several by its directory; a name
 * that is taken gets a number. */
static char *name_variant(struct scn_loader *l, const char *path)
{
	static const char word[] = "Dockerfile";
	const char *base = lb_path_base(path);
	size_t n = strlen(base), m = sizeof(word) - 1;
	lb_autofree char *name = NULL;
	if (n > m + 1 && strncmp(base, "Dockerfile.", m + 1) == 0)
		name = lb_strdup(base + m + 1);
	else if (n > m + 1 && strcmp(base + n - m - 1, ".Dockerfile") == 0)
		name = lb_strndup(base, n - m - 1);
	else if (strcmp(base, word) == 0 && l->options->dockerfiles_count > 1)
		name = directory_name(l, path);
	if (!name)
		name = lb_strdup(is_stdin(path) ? "stdin" : base);
	unsigned number = 1;
	lb_autofree char *full = lb_strdup(name);
	for (size_t i = 0; i < l->s->variants_count; i++) {
		if (strcmp(l->s->variants[i].name, full) == 0) {
			free(full);
			full = lb_format("%s-%u", name, ++number);
			i = (size_t)-1;
		}
	}
	return lb_arena_strdup(l->arena, full);
}

static int add_stdin(struct scn_loader *l, struct scn_variant *v)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (size_t i = 0; i < l->s->variants_count; i++)
		if (strcmp(l->s->variants[i].dockerfile_path, "stdin") == 0)
			return lb_fail(l->err, LB_USAGE, "-f -: standard input holds one Dockerfile");
	int rc = lb_fs_read_fd(STDIN_FILENO, &text, l->err);
	if (rc < 0)
		return rc;
	if (memchr(lb_buf_str(&text), '\0', text.len))
		return lb_fail(l->err, LB_INVALID, "-f -: what standard input holds is not a text; expected a Dockerfile");
	lb_sha256_adds(&l->sum, lb_buf_str(&text));
	v->dockerfile = lb_arena_strdup(l->arena, lb_buf_str(&text));
	v->dockerfile_path = lb_arena_strdup(l->arena, "stdin");
	return 0;
}

static int add_file(struct scn_loader *l, const char *path, struct scn_variant *v)
{
	struct lb_pos nowhere = { l->s->file ? l->s->file : l->s->dir, 0, 0 };
	char *file_dir = l->file_dir;
	l->file_dir = lb_arena_strdup(l->arena, "");
	int rc = scn_load_dockerfile(l, nowhere, path, v);
	/* BuildKit prefers NAME.dockerignore to .dockerignore */
	lb_autofree char *own = lb_format("%s.dockerignore", path);
	if (rc == 0 && lb_fs_exists(AT_FDCWD, own))
		rc = scn_load_file(l, nowhere, own, "a .dockerignore", &v->ignore_text, NULL);
	l->file_dir = file_dir;
	v->place = rc == 0 ? scn_load_place(l, path) : NULL;
	return rc;
}

/* path is as the user gave it: relative to the working directory, as docker takes -f, or else to the project. */
static int add_variant(struct scn_loader *l, const char *path)
{
	lb_autofree char *inside = lb_path_join(l->s->dir, path);
	if (!is_stdin(path) && !lb_fs_exists(AT_FDCWD, path) && lb_fs_exists(AT_FDCWD, inside))
		path = inside;
	struct scn_variant v = { .name = name_variant(l, path) };
	int rc = is_stdin(path) ? add_stdin(l, &v) : add_file(l, path, &v);
	if (rc == 0)
		l->s->variants[l->s->variants_count++] = v;
	return rc;
}

static int is_other_dockerfile(const struct dirent *e)
{
	size_t n = strlen(e->d_name);
	return !strncmp(e->d_name, "Dockerfile.", 11) || !strncmp(e->d_name, "Containerfile", 13) ||
	       (n > 11 && !strcmp(e->d_name + n - 11, ".Dockerfile"));
}

static int no_dockerfile(struct scn_loader *l)
{
	struct dirent **found = NULL;
	lb_autofree char *other = NULL;
	int n = scandir(l->s->dir, &found, is_other_dockerfile, alphasort);
	if (n > 0)
		other = lb_path_join(l->s->dir, found[0]->d_name);
	for (int i = 0; i < n; i++)
		free(found[i]);
	free(found);
	if (other)
		return lb_fail(l->err, LB_INVALID, "%s: no Dockerfile in this directory; for another name: -f %s", l->s->dir, other);
	return lb_fail(l->err, LB_INVALID, "%s: neither scenario.yaml nor lbench.yaml nor Dockerfile is in this directory", l->s->dir);
}

int scn_load_project_variants(struct scn_loader *l)
{
	const struct scn_load_options *o = l->options;
	size_t n = o->dockerfiles_count ? o->dockerfiles_count : 1;
	l->s->variants = lb_arena_alloc(l->arena, n * sizeof(*l->s->variants));
	if (!o->dockerfiles_count) {
		char *path = scn_load_path(l, "Dockerfile");
		if (!lb_fs_exists(AT_FDCWD, path) && !l->s->file)
			return no_dockerfile(l);
		return add_variant(l, path);
	}
	for (size_t i = 0; i < n; i++) {
		int rc = add_variant(l, o->dockerfiles[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void add_args(struct scn_loader *l, const struct lb_pairs *from, struct lb_pairs *to)
{
	struct lb_pairs all = { 0 };
	all.items = lb_arena_alloc(l->arena, (from->count + to->count) * sizeof(*all.items) + 1);
	for (size_t i = 0; i < to->count; i++)
		if (!lb_pairs_get(from, to->items[i].name))
			all.items[all.count++] = to->items[i];
	for (size_t i = 0; i < from->count; i++) {
		const char *value = from->items[i].value;
		all.items[all.count++] =
			(struct lb_pair){ lb_arena_strdup(l->arena, from->items[i].name), value ? lb_arena_strdup(l->arena, value) : NULL };
	}
	all.cap = all.count;
	*to = all;
}

/* Directories only. Of what lies elsewhere (an image, a repository) the name is all that is known, as of a base. */
static int load_named_context(struct scn_loader *l, const struct lb_pair *given)
{
	struct scenario *s = l->s;
	struct lb_named_tree *out = &s->named_contexts[s->named_contexts_count];
	struct lb_dir_options o = { .canonical = !s->disk_metadata };
	struct lb_digest digest;
	if (!given->value || !*given->value)
		return lb_fail(l->err, LB_USAGE, "--build-context is NAME=DIR, not '%s'", given->name);
	if (strstr(given->value, "://")) {
		lb_sha256_adds(&l->sum, given->name);
		lb_sha256_adds(&l->sum, given->value);
		return 0;
	}
	if (!lb_fs_is_dir(AT_FDCWD, given->value))
		return lb_fail(l->err, LB_INVALID, "--build-context %s: '%s' is not a directory", given->name, given->value);
	int rc = lb_tree_from_dir(given->value, &o, &out->tree, l->err);
	if (rc < 0)
		return rc;
	out->name = lb_arena_strdup(l->arena, given->name);
	s->named_contexts_count++;
	rc = lb_node_digest(out->tree, LB_FLAVOUR_FULL, &digest, l->err);
	lb_sha256_adds(&l->sum, given->name);
	lb_sha256_addd(&l->sum, &digest);
	return rc;
}

static int load_named_contexts(struct scn_loader *l)
{
	const struct lb_pairs *given = l->options->contexts;
	size_t n = given ? given->count : 0;
	int rc = 0;
	l->s->named_contexts = lb_arena_alloc(l->arena, (n + 1) * sizeof(*l->s->named_contexts));
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = load_named_context(l, &given->items[i]);
	return rc;
}

int scn_load_docker_options(struct scn_loader *l)
{
	const struct scn_load_options *o = l->options;
	for (size_t v = 0; v < l->s->variants_count; v++) {
		if (o->target)
			l->s->variants[v].target = lb_arena_strdup(l->arena, o->target);
		if (o->build_args)
			add_args(l, o->build_args, &l->s->variants[v].args);
	}
	for (size_t i = 0; o->build_args && i < o->build_args->count; i++) {
		lb_sha256_adds(&l->sum, o->build_args->items[i].name);
		lb_sha256_adds(&l->sum, o->build_args->items[i].value ? o->build_args->items[i].value : "");
	}
	lb_sha256_adds(&l->sum, o->target ? o->target : "");
	return load_named_contexts(l);
}
