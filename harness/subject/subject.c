/* SPDX-License-Identifier: Apache-2.0 */
#include "subject/subject.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "subject/engine.h"

static const struct {
	const char *name;
	const struct engine *engine;
} kinds[] = {
	[SUBJECT_DOCKER] = { "docker", &engine_docker },
	[SUBJECT_DOCKER_CLASSIC] = { "docker-classic", &engine_docker_classic },
	[SUBJECT_BUILDAH] = { "buildah", &engine_buildah },
	[SUBJECT_PODMAN] = { "podman", &engine_podman },
};

const struct engine *engine_of(enum subject_kind kind)
{
	return kinds[kind].engine;
}

const char *subject_name(enum subject_kind kind)
{
	return kinds[kind].name;
}

bool subject_parse(const char *name, enum subject_kind *out)
{
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		if (strcmp(name, kinds[i].name) == 0) {
			*out = (enum subject_kind)i;
			return true;
		}
	return false;
}

/* ---- calls ---- */

void engine_last_lines(const char *text, size_t lines, char *out, size_t size)
{
	lb_autobuf struct lb_buf all = { 0 };
	size_t end = strlen(text);
	struct {
		const char *p;
		size_t n;
	} last[4];
	size_t count = 0;
	while (end && count < lines && count < LB_COUNT(last)) {
		while (end && strchr("\n\r ", text[end - 1]))
			end--;
		size_t from = end;
		while (from && text[from - 1] != '\n')
			from--;
		if (end > from) {
			last[count].p = text + from;
			last[count++].n = end - from;
		}
		end = from;
	}
	while (count--)
		lb_buf_addf(&all, "%s%.*s", all.len ? " | " : "", (int)last[count].n, last[count].p);
	snprintf(out, size, "%s", lb_buf_str(&all));
}

struct process_options engine_process(const struct subject *s, const struct lb_strv *argv)
{
	bool alone = s->engine->alone;
	return (struct process_options){
		.argv = argv, .env = &s->env, .cancel = s->cancel, .apart = alone, .no_network = alone, .hide = &s->hide
	};
}

int engine_call(struct subject *s, const struct lb_strv *argv, struct lb_buf *out, struct lb_err *err)
{
	struct process_options po = engine_process(s, argv);
	struct process_result result;
	int rc = process_run(&po, out, &result, err);
	if (rc || !result.status)
		return rc;
	char said[512];
	engine_last_lines(lb_buf_str(out), 2, said, sizeof(said));
	return lb_fail(err, LB_UNAVAILABLE, "%s: '%s' failed: %s", s->info->title, argv->items[argv->count - 1], said);
}

/* ---- life ---- */

/* Absolute, since engines want it so. */
static int make_dir(struct subject *s, struct lb_err *err)
{
	static const char *const hidden[] = { "/run", "/var/lib/containers" };
	lb_autofree char *made = NULL;
	int rc = lb_fs_mkdtemp(NULL, "lbench-", &made, err);
	if (rc)
		return rc;
	s->dir = realpath(made, NULL);
	if (!s->dir)
		s->dir = lb_steal(&made);
	process_env(s->dir, &s->env);
	for (size_t i = 0; i < LB_COUNT(hidden); i++)
		if (strncmp(s->dir, hidden[i], strlen(hidden[i])) != 0)
			lb_strv_add(&s->hide, hidden[i]);
	s->context.path = lb_path_join(s->dir, "context");
	return 0;
}

int subject_open(const struct subject_info *info, const _Atomic bool *cancel, struct subject **out, struct lb_err *err)
{
	struct subject *s = lb_calloc(1, sizeof(*s));
	*s = (struct subject){ .info = info, .engine = engine_of(info->kind), .cancel = cancel, .layers = lb_map_new(NULL) };
	s->daemon = s->engine->programs[1] ? process_find(s->engine->programs[1], NULL) : NULL;
	s->client = process_find(s->engine->programs[0], s->daemon);
	int rc = make_dir(s, err);
	if (!rc)
		rc = s->engine->open(s, err);
	if (rc) {
		subject_close(s);
		return rc;
	}
	*out = s;
	return 0;
}

static void forget_bases(struct subject *s)
{
	for (size_t i = 0; i < s->bases_count; i++) {
		free(s->bases[i].name);
		free(s->bases[i].id);
	}
	s->bases_count = 0;
}

void subject_close(struct subject *s)
{
	if (!s)
		return;
	process_stop(&s->daemon_pid);
	if (s->dir && s->engine->close)
		s->engine->close(s);
	if (s->dir)
		lb_fs_remove(AT_FDCWD, s->dir, NULL);
	context_release(&s->context);
	forget_bases(s);
	free(s->bases);
	lb_map_free(s->layers);
	lb_strv_release(&s->env);
	lb_strv_release(&s->hide);
	free(s->client);
	free(s->daemon);
	free(s->dir);
	free(s);
}

int subject_reset(struct subject *s, struct lb_err *err)
{
	lb_map_free(s->layers);
	s->layers = lb_map_new(NULL);
	int rc = s->engine->reset(s, err);
	return rc == LB_INTERRUPTED ? rc : rc ? lb_wrap(err, "while emptying the cache") : 0;
}

/* ---- bases ---- */

static struct loaded_base *loaded_as(struct subject *s, const char *name)
{
	for (size_t i = 0; i < s->bases_count; i++)
		if (strcmp(s->bases[i].name, name) == 0)
			return &s->bases[i];
	return NULL;
}

static int load_base(struct subject *s, const struct subject_base *b, struct lb_err *err)
{
	lb_autofree char *dir = lb_path_join(s->dir, "base"), *archive = lb_path_join(dir, "base.tar");
	const char *slash = strrchr(b->name, '/');
	lb_autofree char *name = strchr(slash ? slash : b->name, ':') ? lb_strdup(b->name) : lb_format("%s:latest", b->name);
	struct lb_digest id;
	char text[LB_DIGEST_TEXT];
	if (strchr(b->name, '@'))
		return lb_fail(err, LB_INVALID, "%s: an image cannot be given to %s under a digest; name it by a tag", b->name,
			       s->info->name);
	int rc = base_archive(b->image, name, dir, &id, err);
	if (!rc)
		rc = s->engine->load(s, archive, name, err);
	lb_fs_remove(AT_FDCWD, dir, NULL);
	if (rc)
		return rc == LB_INTERRUPTED ? rc : lb_wrap(err, "while giving it the base %s", b->name);
	lb_digest_text(&id, text);
	struct loaded_base *loaded = loaded_as(s, b->name);
	if (!loaded) {
		s->bases = lb_grow(s->bases, s->bases_count, &s->bases_cap, sizeof(*s->bases));
		loaded = &s->bases[s->bases_count++];
		*loaded = (struct loaded_base){ .name = lb_strdup(b->name) };
	}
	free(loaded->id);
	loaded->id = lb_strdup(text);
	loaded->identity = b->image->identity;
	return 0;
}

static int give_bases(struct subject *s, const struct subject_build *b, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < b->bases_count; i++) {
		const struct loaded_base *loaded = loaded_as(s, b->bases[i].name);
		if (!loaded || !lb_digest_equal(&loaded->identity, &b->bases[i].image->identity))
			rc = load_base(s, &b->bases[i], err);
	}
	return rc;
}

/* ---- builds ---- */

/* Where the Dockerfile is, in the context or beside it; the caller's. */
static int place_dockerfile(struct subject *s, const struct subject_build *b, char **out, struct lb_err *err)
{
	if (b->place) {
		*out = lb_path_join(s->context.path, b->place);
		return 0;
	}
	lb_autofree char *dir = lb_path_join(s->dir, "dockerfile");
	lb_autofree char *file = lb_path_join(dir, "Dockerfile"), *ignore = lb_path_join(dir, "Dockerfile.dockerignore");
	int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	if (!rc)
		rc = lb_fs_write(AT_FDCWD, file, b->dockerfile, strlen(b->dockerfile), err);
	if (!rc && b->ignore)
		rc = lb_fs_write(AT_FDCWD, ignore, b->ignore, strlen(b->ignore), err);
	else if (!rc)
		rc = lb_fs_remove(AT_FDCWD, ignore, err);
	*out = lb_steal(&file);
	return rc;
}

static void build_argv(const struct subject *s, const struct subject_build *b, const char *dockerfile, struct lb_strv *argv)
{
	lb_strv_add(argv, s->client);
	s->engine->build_argv(s, argv);
	lb_strv_add(argv, "-f");
	lb_strv_add(argv, dockerfile);
	lb_strv_add(argv, "-t");
	lb_strv_add(argv, SUBJECT_IMAGE);
	for (size_t i = 0; i < b->args->count; i++) {
		if (!b->args->items[i].value)
			continue;
		lb_strv_add(argv, "--build-arg");
		lb_strv_take(argv, lb_format("%s=%s", b->args->items[i].name, b->args->items[i].value));
	}
	if (b->target) {
		lb_strv_add(argv, "--target");
		lb_strv_add(argv, b->target);
	}
	if (b->platform) {
		lb_strv_add(argv, "--platform");
		lb_strv_add(argv, b->platform);
	}
	if (b->no_cache)
		lb_strv_add(argv, "--no-cache");
	lb_strv_add(argv, s->context.path);
}

static int learn_image(struct subject *s, struct subject_result *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv layers = { 0 };
	int rc = s->engine->inspect(s, out, &layers, err);
	if (rc)
		return rc;
	out->image_known = true;
	out->layers = (uint32_t)layers.count;
	for (size_t i = 0; i < layers.count; i++) {
		out->layers_new += !lb_map_get(s->layers, layers.items[i]);
		lb_map_set(s->layers, layers.items[i], s);
	}
	return 0;
}

int subject_build(struct subject *s, const struct subject_build *b, struct subject_result *out, struct lb_err *err)
{
	lb_autofree char *dockerfile = NULL;
	lb_autostrv struct lb_strv argv = { 0 };
	lb_autobuf struct lb_buf said = { 0 };
	struct process_result used;
	*out = (struct subject_result){ 0 };
	int rc = give_bases(s, b, err);
	if (!rc)
		rc = context_become(&s->context, b->context, err);
	if (!rc)
		rc = place_dockerfile(s, b, &dockerfile, err);
	if (rc)
		return rc;
	build_argv(s, b, dockerfile, &argv);
	struct process_options po = engine_process(s, &argv);
	uint64_t before = s->daemon_pid ? process_tree_cpu(s->daemon_pid) : 0;
	rc = process_run(&po, &said, &used, err);
	if (rc)
		return rc;
	uint64_t daemon = s->daemon_pid ? process_tree_cpu(s->daemon_pid) - before : 0;
	out->ok = used.status == 0;
	out->wall_ns = used.wall_ns;
	out->cpu_ns = used.cpu_ns + daemon;
	out->peak_rss_bytes = s->engine->alone ? used.peak_rss_bytes : 0;
	struct reading r = { lb_buf_str(&said), !out->ok, b->before_from, b->steps, b->steps_count };
	s->engine->read(&r);
	if (!out->ok) {
		engine_last_lines(r.text, 2, out->message, sizeof(out->message));
		return 0;
	}
	return learn_image(s, out, err);
}
