/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "subject/engine.h"

/* What docker embeds, by docker's vendor.mod; Debian's builds do not say. */
static const struct {
	const char *docker, *buildkit;
} embedded[] = { { "20.10", "0.8" }, { "26.1", "0.13" }, { "28.5", "0.25" } };

static int by_version(const char *a, const char *b)
{
	return strverscmp(a, b);
}

/* "20.10" of "20.10.24+dfsg1". */
static char *short_version(const char *version)
{
	size_t n = strspn(version, "0123456789");
	if (version[n] == '.')
		n += 1 + strspn(version + n + 1, "0123456789");
	return lb_strndup(version, n);
}

/* The newest version of the engine's rules that is not newer than this one, else the oldest. */
static const struct lb_policy *nearest(const char *engine, const char *version, bool *exact)
{
	const struct lb_policy *all[64], *best = NULL;
	size_t n = lb_policy_list(false, all, LB_COUNT(all));
	for (size_t i = 0; i < n; i++)
		if (strcmp(all[i]->engine, engine) == 0 && (!best || by_version(all[i]->version, version) <= 0))
			best = all[i];
	*exact = best && strcmp(best->version, version) == 0 && best->origin == LB_OBSERVED;
	return best;
}

static void know_docker(struct subject_info *i, const char *version)
{
	bool observed = false;
	if (i->kind == SUBJECT_DOCKER_CLASSIC) {
		i->policy = nearest("classic", version, &i->exact);
		return;
	}
	const char *buildkit = embedded[0].buildkit;
	for (size_t k = 0; k < LB_COUNT(embedded); k++)
		if (by_version(embedded[k].docker, version) <= 0) {
			buildkit = embedded[k].buildkit;
			observed = strcmp(embedded[k].docker, version) == 0;
		}
	i->policy = nearest("buildkit", buildkit, &i->exact);
	i->exact = i->exact && observed;
}

/* The first word of text that begins with a digit. */
static char *version_in(const char *text)
{
	while (*text && !isdigit((unsigned char)*text)) {
		text += strcspn(text, " \n");
		text += strspn(text, " \n");
	}
	return lb_strndup(text, strcspn(text, " ,\n"));
}

static int ask(const char *program, const char *const *words, char **out, struct lb_err *err)
{
	lb_autostrv struct lb_strv argv = { 0 }, env = { 0 };
	lb_autobuf struct lb_buf said = { 0 };
	struct process_result r;
	lb_strv_add(&argv, program);
	for (; *words; words++)
		lb_strv_add(&argv, *words);
	process_env("/nonexistent", &env);
	struct process_options po = { .argv = &argv, .env = &env };
	int rc = process_run(&po, &said, &r, err);
	if (rc)
		return rc;
	*out = version_in(lb_buf_str(&said));
	if (!r.status && **out)
		return 0;
	free(*out);
	return lb_fail(err, LB_UNAVAILABLE, "%s does not say which version it is", program);
}

/* podman builds with the buildah that it holds. */
static int know(struct subject_info *i, const char *program, struct lb_err *err)
{
	static const char *const version[] = { "--version", NULL };
	static const char *const info[] = { "info", "--format", "{{.Host.BuildahVersion}}", NULL };
	int rc = ask(program, version, &i->version, err);
	if (rc)
		return rc;
	lb_autofree char *inner = i->kind == SUBJECT_PODMAN ? NULL : lb_strdup(i->version);
	if (!inner)
		rc = ask(program, info, &inner, err);
	if (rc)
		return rc;
	lb_autofree char *shorter = short_version(inner);
	if (i->kind == SUBJECT_DOCKER || i->kind == SUBJECT_DOCKER_CLASSIC)
		know_docker(i, shorter);
	else
		i->policy = nearest("buildah", shorter, &i->exact);
	i->rules_name = i->exact ? lb_strdup(i->policy->name) : lb_format("%s@%s", i->name, shorter);
	if (i->kind == SUBJECT_PODMAN)
		i->title = lb_format("podman %s (buildah %s)", i->version, inner);
	else if (i->kind == SUBJECT_BUILDAH)
		i->title = lb_format("buildah %s", i->version);
	else
		i->title = lb_format("docker %s (%s)", i->version, i->kind == SUBJECT_DOCKER ? "BuildKit" : "legacy builder");
	return 0;
}

int subject_probe(enum subject_kind kind, struct subject_info *out, struct lb_err *err)
{
	const struct engine *e = engine_of(kind);
	*out = (struct subject_info){ .kind = kind, .name = subject_name(kind) };
	lb_autofree char *daemon = e->programs[1] ? process_find(e->programs[1], NULL) : NULL;
	lb_autofree char *client = process_find(e->programs[0], daemon);
	const char *missing = e->programs[1] && !daemon ? e->programs[1] : !client ? e->programs[0] : NULL;
	if (missing)
		return lb_fail(err, LB_UNAVAILABLE, "--on %s: there is no %s here (Debian's package %s); --on builtin needs none",
			       out->name, missing, e->package);
	if (geteuid() != 0)
		return lb_fail(err, LB_UNAVAILABLE,
			       "--on %s: it is started with a store of its own, which takes root; --on builtin does not", out->name);
	int rc = know(out, daemon ? daemon : client, err);
	if (rc)
		subject_info_release(out);
	return rc;
}

void subject_info_release(struct subject_info *i)
{
	free(i->version);
	free(i->title);
	free(i->rules_name);
	*i = (struct subject_info){ 0 };
}
