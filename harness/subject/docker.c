/* SPDX-License-Identifier: Apache-2.0
 *
 * docker, with BuildKit or the legacy builder, against a daemon of its own: no network, no bridge, no firewall rules, and
 * everything that it keeps in one directory.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/json.h"
#include "subject/engine.h"

enum { START_MS = 60000, TRY_MS = 50 };

static int call(struct subject *s, const char *const *words, struct lb_buf *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv argv = { 0 };
	lb_strv_add(&argv, s->client);
	for (; *words; words++)
		lb_strv_add(&argv, *words);
	return engine_call(s, &argv, out, err);
}
#define CALL(s, out, err, ...) call(s, (const char *const[]){ __VA_ARGS__, NULL }, out, err)

/* ---- life ---- */

/* Directories alone: files of a cgroup go with it. */
static void remove_cgroup(const char *path)
{
	DIR *dir = opendir(path);
	for (const struct dirent *e; dir && (e = readdir(dir));) {
		lb_autofree char *inner = lb_path_join(path, e->d_name);
		if (e->d_type == DT_DIR && e->d_name[0] != '.')
			remove_cgroup(inner);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

/* Those of containers that ended with their daemon, in each hierarchy (version 1) and in the only one (version 2). */
static void close_docker(struct subject *s)
{
	const char *root = "/sys/fs/cgroup", *name = lb_path_base(s->dir);
	lb_autofree char *own = lb_path_join(root, name);
	DIR *dir = opendir(root);
	for (const struct dirent *e; dir && (e = readdir(dir));) {
		lb_autofree char *path = lb_format("%s/%s/%s", root, e->d_name, name);
		if (e->d_name[0] != '.')
			remove_cgroup(path);
	}
	if (dir)
		closedir(dir);
	remove_cgroup(own);
}

static int start_daemon(struct subject *s, struct lb_err *err)
{
	lb_autostrv struct lb_strv argv = { 0 };
	lb_autofree char *config = lb_path_join(s->dir, "daemon.json"), *log = lb_path_join(s->dir, "log");
	lb_strv_add(&argv, s->daemon);
	lb_strv_take(&argv, lb_format("--config-file=%s", config));
	lb_strv_add(&argv, "--iptables=false");
	lb_strv_add(&argv, "--ip6tables=false");
	lb_strv_add(&argv, "--bridge=none");
	lb_strv_take(&argv, lb_format("--data-root=%s/data", s->dir));
	lb_strv_take(&argv, lb_format("--exec-root=%s/exec", s->dir));
	lb_strv_take(&argv, lb_format("--host=unix://%s/sock", s->dir));
	lb_strv_take(&argv, lb_format("--pidfile=%s/pid", s->dir));
	lb_strv_take(&argv, lb_format("--cgroup-parent=/%s", lb_path_base(s->dir)));
	int rc = lb_fs_write(AT_FDCWD, config, "{}\n", 3, err);
	struct process_options po = engine_process(s, &argv);
	po.apart = true;
	return rc ? rc : process_start(&po, log, &s->daemon_pid, err);
}

static int fail_start(const struct subject *s, const char *what, struct lb_err *err)
{
	lb_autofree char *log = lb_path_join(s->dir, "log");
	lb_autobuf struct lb_buf text = { 0 };
	char said[512] = "";
	lb_fs_read(AT_FDCWD, log, &text, NULL);
	engine_last_lines(lb_buf_str(&text), 1, said, sizeof(said));
	return lb_fail(err, LB_UNAVAILABLE, "--on %s: dockerd %s; it said last: %s", s->info->name, what, said);
}

static int wait_for_daemon(struct subject *s, struct lb_err *err)
{
	const struct timespec pause = { 0, TRY_MS * 1000000 };
	for (int ms = 0; ms < START_MS; ms += TRY_MS) {
		lb_autobuf struct lb_buf said = { 0 };
		int rc = CALL(s, &said, err, "version", "--format", "{{.Server.Version}}");
		if (!rc || rc == LB_INTERRUPTED)
			return rc;
		if (process_ended(s->daemon_pid))
			return fail_start(s, "ended as it was started", err);
		nanosleep(&pause, NULL);
	}
	return fail_start(s, "does not answer", err);
}

static int open_docker(struct subject *s, struct lb_err *err)
{
	lb_strv_take(&s->env, lb_format("DOCKER_HOST=unix://%s/sock", s->dir));
	lb_strv_take(&s->env, lb_format("DOCKER_CONFIG=%s/client", s->dir));
	lb_strv_take(&s->env, lb_format("DOCKER_BUILDKIT=%d", s->info->kind == SUBJECT_DOCKER));
	int rc = start_daemon(s, err);
	return rc ? rc : wait_for_daemon(s, err);
}

static int load(struct subject *s, const char *archive, const char *name, struct lb_err *err)
{
	lb_autobuf struct lb_buf said = { 0 };
	(void)name;
	return CALL(s, &said, err, "load", "-q", "-i", archive);
}

/* ---- an empty cache ---- */

static bool is_base(const struct subject *s, const char *id, size_t len)
{
	for (size_t i = 0; i < s->bases_count; i++)
		if (strlen(s->bases[i].id) == len && strncmp(s->bases[i].id, id, len) == 0)
			return true;
	return false;
}

/* Images but for bases. An image that another one is made of goes with it or after it, hence several rounds. */
static int remove_images(struct subject *s, struct lb_err *err)
{
	for (int round = 0; round < 8; round++) {
		lb_autobuf struct lb_buf list = { 0 }, said = { 0 };
		lb_autostrv struct lb_strv argv = { 0 };
		const char *const head[] = { s->client, "rmi", "-f" };
		int rc = CALL(s, &list, err, "images", "-aq", "--no-trunc");
		if (rc)
			return rc;
		for (size_t i = 0; i < LB_COUNT(head); i++)
			lb_strv_add(&argv, head[i]);
		for (const char *p = lb_buf_str(&list); *p; p += strcspn(p, "\n"), p += *p == '\n')
			if (!is_base(s, p, strcspn(p, "\n")))
				lb_strv_addn(&argv, p, strcspn(p, "\n"));
		if (argv.count == LB_COUNT(head))
			return 0;
		rc = engine_call(s, &argv, &said, err);
		if (rc == LB_INTERRUPTED)
			return rc;
	}
	return lb_fail(err, LB_UNAVAILABLE, "%s keeps images that should be gone", s->info->title);
}

static int reset(struct subject *s, struct lb_err *err)
{
	lb_autobuf struct lb_buf said = { 0 };
	int rc = CALL(s, &said, err, "container", "prune", "-f");
	if (!rc)
		rc = remove_images(s, err);
	return rc ? rc : CALL(s, &said, err, "builder", "prune", "-af");
}

/* ---- builds ---- */

static void buildkit_argv(const struct subject *s, struct lb_strv *argv)
{
	(void)s;
	lb_strv_add(argv, "build");
	lb_strv_add(argv, "--network=none");
	lb_strv_add(argv, "--progress=plain");
}

static void classic_argv(const struct subject *s, struct lb_strv *argv)
{
	(void)s;
	lb_strv_add(argv, "build");
	lb_strv_add(argv, "--network=none");
	lb_strv_add(argv, "--force-rm");
}

static int inspect(struct subject *s, struct subject_result *out, struct lb_strv *layers, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	int rc = CALL(s, &text, err, "image", "inspect", SUBJECT_IMAGE);
	if (!rc)
		rc = lb_json_parse("docker image inspect", lb_buf_str(&text), text.len, &j, err);
	if (rc)
		return rc;
	const json_t *image = json_array_get(j, 0), *ids = json_object_get(json_object_get(image, "RootFS"), "Layers");
	const char *id = json_string_value(json_object_get(image, "Id"));
	out->image_bytes = (uint64_t)json_integer_value(json_object_get(image, "Size"));
	for (size_t i = 0; i < json_array_size(ids); i++)
		lb_strv_add(layers, json_string_value(json_array_get(ids, i)));
	if (!id)
		return lb_fail(err, LB_UNAVAILABLE, "%s: its image has no Id", s->info->title);
	return lb_digest_parse(id, &out->image, err);
}

const struct engine engine_docker = {
	.programs = { "docker", "dockerd" },
	.package = "docker.io",
	.open = open_docker,
	.close = close_docker,
	.reset = reset,
	.load = load,
	.build_argv = buildkit_argv,
	.read = read_buildkit,
	.inspect = inspect,
};

const struct engine engine_docker_classic = {
	.programs = { "docker", "dockerd" },
	.package = "docker.io",
	.open = open_docker,
	.close = close_docker,
	.reset = reset,
	.load = load,
	.build_argv = classic_argv,
	.read = read_classic,
	.inspect = inspect,
};
