/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "lbench/build.h"
#include "lbench/fs.h"
#include "options.h"
#include "record/runinfo.h"
#include "version.h"

/* Programs beside the libraries, and what they are for. */
static const struct {
	const char *name, *use;
} programs[] = {
	{ "gnuplot", "plots" },
	{ "git", "projects with a history" },
	{ "bwrap", "the sandbox of --run exec" },
	{ "skopeo", "peer: reads what lbench writes" },
	{ "umoci", "peer: unpacks what lbench writes" },
	{ "dockerd", "peer: docker" },
	{ "buildah", "peer: buildah" },
	{ "podman", "peer: podman" },
};

/* The first executable of that name on PATH; the caller's, NULL when there is none. */
static char *find_program(const char *name)
{
	const char *path = getenv("PATH");
	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t len = strcspn(p, ":");
		lb_autofree char *file = lb_format("%.*s/%s", (int)len, p, name);
		if (len && access(file, X_OK) == 0)
			return lb_steal(&file);
		p += len + (p[len] == ':');
	}
	return NULL;
}

/* Whose rights a RUN has under --run exec ("root", "sub-ids", "single id"), or why there is none: tried out, in a
 * directory that goes again. */
struct sandbox {
	char *kind, *why; /* the other one is NULL */
};

static struct sandbox try_sandbox(void)
{
	lb_autofree char *dir = NULL;
	struct lb_exec *x = NULL;
	struct lb_err err;
	int rc = lb_fs_mkdtemp(NULL, "lbench-env-", &dir, &err);
	struct lb_exec_options o = { .dir = dir };
	if (!rc)
		rc = lb_exec_new(&o, &x, &err);
	struct sandbox s = { rc ? NULL : lb_strdup(lb_exec_kind(x)), rc ? lb_strdup(err.text) : NULL };
	lb_exec_free(x);
	if (dir)
		lb_fs_remove(AT_FDCWD, dir, NULL);
	return s;
}

static void sandbox_release(struct sandbox *s)
{
	free(s->kind);
	free(s->why);
}
#define autosandbox __attribute__((cleanup(sandbox_release)))

static void as_json(struct lb_buf *out)
{
	autosandbox struct sandbox sandbox = try_sandbox();
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "version", LBENCH_VERSION);
	lb_json_kstr(&w, "commit", *LBENCH_COMMIT ? LBENCH_COMMIT : NULL);
	lb_json_key(&w, "machine");
	runinfo_machine(&w);
	lb_json_key(&w, "libraries");
	lb_library_versions(&w);
	lb_json_key(&w, "programs");
	lb_json_open(&w, '{');
	for (size_t i = 0; i < LB_COUNT(programs); i++) {
		lb_autofree char *path = find_program(programs[i].name);
		lb_json_kstr(&w, programs[i].name, path);
	}
	lb_json_close(&w, '}');
	lb_json_key(&w, "sandbox");
	lb_json_open(&w, '{');
	lb_json_kbool(&w, "possible", sandbox.kind != NULL);
	lb_json_kstr(&w, "kind", sandbox.kind);
	lb_json_kstr(&w, "why", sandbox.why);
	lb_json_close(&w, '}');
	const struct lb_policy *policies[64];
	size_t n = lb_policy_list(false, policies, LB_COUNT(policies));
	lb_json_key(&w, "policies");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < n; i++) {
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "name", policies[i]->name);
		lb_json_kstr(&w, "origin", policies[i]->origin == LB_OBSERVED ? "observed" : "from source");
		lb_json_close(&w, '}');
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

/* The members of a JSON object in one line of text. */
static void flat(struct lb_buf *out, const char *title, void (*fill)(struct lb_json *))
{
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_json w = { .out = &text };
	fill(&w);
	lb_autojson json_t *j = NULL;
	if (lb_json_parse(title, text.data, text.len, &j, NULL))
		return;
	lb_buf_addf(out, "%-10s", title);
	const char *key;
	json_t *value;
	json_object_foreach(j, key, value)
	{
		if (json_is_string(value))
			lb_buf_addf(out, " %s %s ", key, json_string_value(value));
		else
			lb_buf_addf(out, " %s %lld ", key, (long long)json_integer_value(value));
	}
	lb_buf_addc(out, '\n');
}

static void as_text(struct lb_buf *out)
{
	lb_buf_addf(out, "lbench %s %s\n", LBENCH_VERSION, LBENCH_COMMIT);
	flat(out, "machine", runinfo_machine);
	flat(out, "libraries", lb_library_versions);
	for (size_t i = 0; i < LB_COUNT(programs); i++) {
		lb_autofree char *path = find_program(programs[i].name);
		lb_buf_addf(out, "%-10s  %-28s %s\n", programs[i].name, path ? path : "not here", programs[i].use);
	}
	autosandbox struct sandbox sandbox = try_sandbox();
	if (sandbox.kind)
		lb_buf_addf(out, "%-10s  %-28s %s\n", "sandbox", sandbox.kind, "rights of a RUN under --run exec");
	else
		lb_buf_addf(out, "%-10s  %s\n", "sandbox", sandbox.why);
	const struct lb_policy *policies[64];
	size_t n = lb_policy_list(false, policies, LB_COUNT(policies));
	for (size_t i = 0; i < n; i++)
		lb_buf_addf(out, "%-10s  %-28s %s\n", i ? "" : "policies", policies[i]->name,
			    policies[i]->origin == LB_OBSERVED ? "observed" : "from source");
}

int cmd_env(int argc, char **argv, struct lb_err *err)
{
	const char *format = NULL;
	const struct option table[] = { { "format", 0, OPTION_TEXT, &format, "NAME", "table (default), json" } };
	struct usage u = { "env", "", "What this machine and this build of lbench can do.", table, LB_COUNT(table), .least = 0 };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	bool json;
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc && operands.count)
		rc = lb_fail(err, LB_USAGE, "lbench env: '%s' is too much; it takes no operands", operands.items[0]);
	if (!rc)
		rc = output_format(format, &json, err);
	if (rc)
		return rc;
	if (json)
		as_json(&text);
	else
		as_text(&text);
	return print_out(&text, err);
}
