/* SPDX-License-Identifier: Apache-2.0
 *
 * lbench's own rules: what makes a build do again what it need not. Each message says what, why and what to do.
 * A rule that looks at what comes below remembers its candidates for the stage, and reports one when the first
 * instruction that pays for it comes along.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/check.h"
#include "dockerfile/history.h"
#include "dockerfile/install.h"
#include "dockerfile/lint.h"
#include "dockerfile/scope.h"
#include "dockerfile/stage_args.h"

enum watch_kind { BROAD_COPY, VOLATILE_ARG, VOLATILE_ENV, VOLATILE_LABEL, SECRET };

struct watch {
	enum watch_kind kind;
	const struct lb_instruction *in;
	char *name;
};

struct lb_check_cache {
	int stage;
	bool ignore_file_reported;
	struct watch *watches; /* of the stage, not reported yet */
	size_t count, cap;
};

struct lb_check_cache *lb_check_cache_new(const struct lb_build_plan *plan)
{
	(void)plan;
	struct lb_check_cache *cache = lb_calloc(1, sizeof(*cache));
	cache->stage = -1;
	return cache;
}

static void forget_all(struct lb_check_cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		__builtin_free(cache->watches[i].name);
	cache->count = 0;
}

void lb_check_cache_free(struct lb_check_cache *cache)
{
	if (!cache)
		return;
	forget_all(cache);
	__builtin_free(cache->watches);
	__builtin_free(cache);
}

static void watch(const struct lb_check *c, enum watch_kind kind, const struct lb_instruction *in, const char *name)
{
	struct lb_check_cache *cache = c->cache;
	cache->watches = lb_grow(cache->watches, cache->count, &cache->cap, sizeof(*cache->watches));
	cache->watches[cache->count++] = (struct watch){ kind, in, lb_strdup(name) };
}

static void forget(struct lb_check_cache *cache, size_t i)
{
	__builtin_free(cache->watches[i].name);
	memmove(&cache->watches[i], &cache->watches[i + 1], (cache->count - i - 1) * sizeof(*cache->watches));
	cache->count--;
}

/* Does "_NAME_" hold "_WORDS_", whatever the case and whichever of '_', '-' and '.' stand between? */
static bool has_words(const char *name, const char *words)
{
	size_t n = strlen(words);
	for (const char *p = name; *p; p++) {
		if (p > name && isalnum((unsigned char)p[-1]))
			continue;
		size_t i = 0;
		while (i < n && p[i] && (words[i] == '_' ? strchr("_-.", p[i]) != NULL : tolower((unsigned char)p[i]) == words[i]))
			i++;
		if (i == n && !isalnum((unsigned char)p[n]))
			return true;
	}
	return false;
}

/* Names of what is another value in every build. */
static bool is_volatile(const char *name)
{
	static const char *const names[] = {
		"commit",    "git_sha",    "git_ref",    "git_rev",     "git_hash",     "git_describe", "vcs_ref",         "vcs_rev",
		"revision",  "build_date", "build_time", "build_id",    "build_number", "build_num",    "build_timestamp", "timestamp",
		"cachebust", "cache_bust", "nonce",      "pipeline_id", "run_id",       "job_id",
	};
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (has_words(name, names[i]))
			return true;
	return false;
}

static bool is_secret(const char *name)
{
	static const char *const names[] = { "apikey", "api_key", "password", "passwd", "secret", "token", "private_key", "credentials" };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (has_words(name, names[i]))
			return !has_words(name, "file") && !has_words(name, "public");
	return false;
}

/* Does text hold $NAME or ${NAME…? */
static bool mentions(const char *text, const char *name)
{
	size_t n = strlen(name);
	for (const char *p = strchr(text, '$'); p; p = strchr(p + 1, '$')) {
		const char *at = p + 1 + (p[1] == '{');
		if (strncmp(at, name, n) == 0 && !isalnum((unsigned char)at[n]) && at[n] != '_')
			return true;
	}
	return false;
}

/* Does the text use an argument that changes in every build? */
static bool uses_volatile(const struct lb_stage_state *before, const char *text)
{
	for (const char *p = strchr(text, '$'); p; p = strchr(p + 1, '$')) {
		const char *from = p + 1 + (p[1] == '{'), *to = from;
		while (isalnum((unsigned char)*to) || *to == '_')
			to++;
		lb_autofree char *name = lb_strndup(from, (size_t)(to - from));
		if (is_volatile(name) && lb_name_set_has(&before->index->args, name))
			return true;
	}
	return false;
}

static bool is_broad(const struct lb_step *step)
{
	if (step->from || (step->op != LB_OP_COPY && step->op != LB_OP_ADD))
		return false;
	for (size_t i = 0; i < step->sources_count; i++) {
		const char *path = step->sources[i].path;
		if (path && (strcmp(path, ".") == 0 || strcmp(path, "./") == 0 || strcmp(path, "/") == 0 || strcmp(path, "*") == 0 ||
			     strcmp(path, "./*") == 0))
			return true;
	}
	return false;
}

static void note_copy(const struct lb_check *c, const struct lb_step *step)
{
	const struct lb_instruction *in = step->in;
	if (!is_broad(step))
		return;
	watch(c, BROAD_COPY, in, "");
	if (c->options->has_ignore_file || c->cache->ignore_file_reported)
		return;
	c->cache->ignore_file_reported = true;
	lb_lint_report(
		c->plan, in, "CacheNoIgnoreFile", in->first_line,
		"%s copies the whole context and there is no .dockerignore: .git, logs and build results count as changes of this step; "
		"list them in a .dockerignore",
		step->text);
}

static void note_arg(const struct lb_check *c, const struct lb_instruction *in)
{
	for (size_t i = 0; i < in->args_count; i++) {
		const char *name, *value;
		lb_arg_cut(&c->plan->arena, in->args[i], &name, &value);
		if (is_secret(name))
			watch(c, SECRET, in, name);
		else if (is_volatile(name))
			watch(c, VOLATILE_ARG, in, name);
	}
}

static void note_pairs(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_instruction *in)
{
	enum watch_kind kind = in->keyword == LB_KW_ENV ? VOLATILE_ENV : VOLATILE_LABEL;
	for (size_t i = 0; i + 2 < in->args_count; i += 3) {
		const char *name = in->args[i];
		if (kind == VOLATILE_ENV && is_secret(name))
			watch(c, SECRET, in, name);
		else if (is_volatile(name) || uses_volatile(before, in->args[i + 1]) ||
			 (kind == VOLATILE_LABEL && has_words(name, "image_created")))
			watch(c, kind, in, name);
	}
}

static void report_copy(const struct lb_check *c, const struct watch *w, const struct lb_step *run, const struct lb_installer *tool)
{
	if (tool->manifests)
		lb_lint_report(
			c->plan, w->in, "CacheBroadCopyBeforeInstall", w->in->first_line,
			"the whole context is copied before %s runs in line %u: any changed file installs everything again; copy %s first, "
			"install, then copy the rest",
			tool->tool, run->in->first_line, tool->manifests);
	else
		lb_lint_report(c->plan, w->in, "CacheBroadCopyBeforeInstall", w->in->first_line,
			       "the whole context is copied before %s runs in line %u: any changed file installs everything again; move "
			       "that RUN above "
			       "this instruction",
			       tool->tool, run->in->first_line);
}

static void report_variable(const struct lb_check *c, const struct watch *w, const struct lb_step *step)
{
	uint32_t line = step->in->first_line;
	if (w->kind == VOLATILE_ARG)
		lb_lint_report(c->plan, w->in, "CacheVolatileArgAboveWork", w->in->first_line,
			       "ARG %s changes in every build and is in the environment of the RUN in line %u, which does not use it: that "
			       "step and all "
			       "below it run every time; move the ARG down to where it is used",
			       w->name, line);
	else if (w->kind == SECRET)
		lb_lint_report(c->plan, w->in, "CacheSecretInArg", w->in->first_line,
			       "%s %s is in the environment of the RUN in line %u: a new value builds all below it again, and the value "
			       "stays in the "
			       "image's history; pass it with RUN --mount=type=secret, which never counts for the cache",
			       lb_keyword_name(w->in->keyword), w->name, line);
	else if (w->kind == VOLATILE_ENV)
		lb_lint_report(c->plan, w->in, "CacheCommitIdAboveWork", w->in->first_line,
			       "ENV %s changes in every build and stands above the RUN in line %u: that step and all below it run every "
			       "time; move the ENV "
			       "to the end of the stage",
			       w->name, line);
	else
		lb_lint_report(c->plan, w->in, "CacheCommitIdAboveWork", w->in->first_line,
			       "LABEL %s changes in every build and stands above the step in line %u: every builder but BuildKit runs all "
			       "below it again; "
			       "move the LABEL to the end of the stage",
			       w->name, line);
}

/* What a RUN executes, as text; the caller's. */
static char *text_of(const struct lb_step *step)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (step->script || step->shell_form)
		return lb_strdup(step->script ? step->script : step->command);
	lb_history_join(&text, step->argv, step->argv_count);
	return lb_buf_steal(&text);
}

/* Which of the remembered instructions does this one pay for? */
static void settle(const struct lb_check *c, const struct lb_step *step)
{
	struct lb_check_cache *cache = c->cache;
	bool run = step->op == LB_OP_RUN;
	lb_autofree char *text = run ? text_of(step) : NULL;
	const struct lb_installer *tool = run ? lb_install_find(text) : NULL;
	for (size_t i = 0; i < cache->count;) {
		const struct watch *w = &cache->watches[i];
		bool pays = w->kind == BROAD_COPY       ? tool != NULL
			    : w->kind == VOLATILE_LABEL ? true
			    : w->kind == VOLATILE_ARG   ? run && !mentions(text, w->name)
							: run;
		if (!pays) {
			i++;
			continue;
		}
		if (w->kind == BROAD_COPY)
			report_copy(c, w, step, tool);
		else
			report_variable(c, w, step);
		forget(cache, i);
	}
}

static bool has_cache_mount(const struct lb_step *step)
{
	for (size_t i = 0; i < step->mounts_count; i++)
		if (step->mounts[i].type == LB_MOUNT_CACHE)
			return true;
	return false;
}

static void check_run(const struct lb_check *c, const struct lb_step *step)
{
	const struct lb_instruction *in = step->in;
	lb_autofree char *text = text_of(step);
	const struct lb_installer *tool = lb_install_find(text);
	if (lb_install_calls(text, "apt-get apt", "update") &&
	    !lb_install_calls(text, "apt-get apt", "install upgrade dist-upgrade full-upgrade build-dep"))
		lb_lint_report(c->plan, in, "CacheAptUpdateAlone", in->first_line,
			       "apt-get update runs by itself: its package lists stay in the cache while an install below it runs again, "
			       "and go stale; "
			       "write `apt-get update && apt-get install …` in one RUN");
	if (tool && !has_cache_mount(step) && (c->plan->options.dialect & LB_DIALECT_MOUNT))
		lb_lint_report(c->plan, in, "CacheMountMissing", in->first_line,
			       "%s has no cache of its own here: when this step runs again it downloads everything; add "
			       "RUN --mount=type=cache,target=%s",
			       tool->tool, tool->cache);
}

void lb_check_cache_step(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_step *step)
{
	if (c->cache->stage != before->stage)
		forget_all(c->cache);
	c->cache->stage = before->stage;
	if (step->op == LB_OP_RUN || step->op == LB_OP_COPY || step->op == LB_OP_ADD)
		settle(c, step);
	if (step->op == LB_OP_RUN)
		check_run(c, step);
	else if (step->op == LB_OP_COPY || step->op == LB_OP_ADD)
		note_copy(c, step);
	else if (step->keyword == LB_KW_ARG)
		note_arg(c, step->in);
	else if (step->keyword == LB_KW_ENV || step->keyword == LB_KW_LABEL)
		note_pairs(c, before, step->in);
}
