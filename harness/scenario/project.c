/* SPDX-License-Identifier: Apache-2.0
 *
 * A project directory: its variants are the Dockerfiles that docker's options name, or the one that is there.
 */
#include <fcntl.h>
#include <string.h>

#include "lbench/fs.h"
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

/* "Dockerfile.dev" and "dev.Dockerfile" are `dev`; "Dockerfile" is itself; a name that is taken gets a number. */
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
	else
		name = lb_strdup(base);
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

/* path is as the user gave it: relative to the working directory, as docker takes -f. */
static int add_variant(struct scn_loader *l, const char *path)
{
	struct scn_variant v = { .name = name_variant(l, path) };
	struct lb_pos nowhere = { l->s->file ? l->s->file : l->s->dir, 0, 0 };
	char *file_dir = l->file_dir;
	l->file_dir = lb_arena_strdup(l->arena, "");
	int rc = scn_load_dockerfile(l, nowhere, path, &v);
	/* BuildKit prefers NAME.dockerignore to .dockerignore */
	lb_autofree char *own = lb_format("%s.dockerignore", path);
	if (rc == 0 && lb_fs_exists(AT_FDCWD, own))
		rc = scn_load_file(l, nowhere, own, "a .dockerignore", &v.ignore_text, NULL);
	l->file_dir = file_dir;
	v.place = rc == 0 ? scn_load_place(l, path) : NULL;
	l->s->variants[l->s->variants_count++] = v;
	return rc;
}

int scn_load_project_variants(struct scn_loader *l)
{
	const struct scn_load_options *o = l->options;
	size_t n = o->dockerfiles_count ? o->dockerfiles_count : 1;
	l->s->variants = lb_arena_alloc(l->arena, n * sizeof(*l->s->variants));
	if (!o->dockerfiles_count) {
		char *path = scn_load_path(l, "Dockerfile");
		if (!lb_fs_exists(AT_FDCWD, path) && !l->s->file)
			return lb_fail(l->err, LB_INVALID, "%s: neither scenario.yaml nor lbench.yaml nor Dockerfile is in this directory",
				       l->s->dir);
		return add_variant(l, path);
	}
	for (size_t i = 0; i < n; i++)
		if (add_variant(l, o->dockerfiles[i]) < 0)
			return LB_INVALID;
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

/* Directories only: what lies elsewhere (an image, a repository) nobody can see here. */
static int load_named_context(struct scn_loader *l, const struct lb_pair *given)
{
	struct scenario *s = l->s;
	struct lb_named_tree *out = &s->named_contexts[s->named_contexts_count];
	struct lb_dir_options o = { .canonical = !s->disk_metadata };
	struct lb_digest digest;
	if (!given->value || !*given->value)
		return lb_fail(l->err, LB_USAGE, "--build-context is NAME=DIR, not '%s'", given->name);
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
