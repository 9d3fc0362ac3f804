/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/check.h"
#include "dockerfile/expose.h"
#include "dockerfile/lint.h"
#include "dockerfile/stage_args.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"

/* Is one of the words a part of name, between '_' or at an end? */
static bool has_part(const char *name, const char *const *words, size_t count)
{
	for (const char *p = name;; p++) {
		size_t n = strcspn(p, "_");
		for (size_t i = 0; i < count; i++)
			if (strlen(words[i]) == n && strncasecmp(p, words[i], n) == 0)
				return true;
		p += n;
		if (*p == '\0')
			return false;
	}
}

static bool is_secret(const char *name)
{
	static const char *const secrets[] = {
		"apikey", "auth", "credential", "credentials", "key", "password", "pword", "passwd", "secret", "token",
	};
	static const char *const harmless[] = { "public", "file", "version" };
	return has_part(name, secrets, LB_COUNT(secrets)) && !has_part(name, harmless, LB_COUNT(harmless));
}

static void check_secret(const struct lb_check *c, const struct lb_instruction *in, const char *name)
{
	if (is_secret(name))
		lb_lint_report(c->plan, in, "SecretsUsedInArgOrEnv", in->first_line,
			       "Do not use ARG or ENV instructions for sensitive data (%s \"%s\")", lb_keyword_name(in->keyword), name);
}

/* ENV and LABEL: args are name, value and "=", or "" for the old form. */
static void check_pairs(const struct lb_check *c, const struct lb_instruction *in, const struct lb_resolved *resolved)
{
	for (size_t i = 0; i + 2 < in->args_count; i += 3) {
		if (*in->args[i + 2] == '\0')
			lb_lint_report(c->plan, in, "LegacyKeyValueFormat", in->first_line,
				       "\"%s key=value\" should be used instead of legacy \"%s key value\" format", in->word, in->word);
		if (in->keyword == LB_KW_ENV)
			check_secret(c, in, resolved->expanded[i]);
	}
}

static void check_args(const struct lb_check *c, const struct lb_instruction *in)
{
	for (size_t i = 0; i < in->args_count; i++) {
		const char *name, *value;
		lb_arg_cut(&c->plan->arena, in->args[i], &name, &value);
		check_secret(c, in, name);
	}
}

static void check_workdir(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_instruction *in,
			  const struct lb_resolved *resolved)
{
	const char *path = resolved->expanded_count ? resolved->expanded[0] : "";
	if (!before->workdir_absolute_seen && *path != '/')
		lb_lint_report(c->plan, in, "WorkdirRelativePath", in->first_line,
			       "Relative workdir \"%s\" can have unexpected results if the base image changes", path);
}

static void check_once(const struct lb_check *c, const struct lb_instruction *in, const struct lb_instruction *earlier)
{
	if (earlier)
		lb_lint_report(c->plan, in, "MultipleInstructionsDisallowed", earlier->first_line,
			       "Multiple %s instructions should not be used in the same stage because only the last one will be used",
			       in->word);
}

static void check_json(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_instruction *in)
{
	if (!in->json && before->config.shell_count == 0)
		lb_lint_report(c->plan, in, "JSONArgsRecommended", in->first_line,
			       "JSON arguments recommended for %s to prevent unintended behavior related to OS signals", in->word);
}

static void check_expose(const struct lb_check *c, const struct lb_instruction *in, const struct lb_resolved *resolved)
{
	for (size_t i = 0; i < resolved->expanded_count; i++) {
		struct lb_ports ports = { 0 };
		struct lb_port_form form = { 0 };
		const char *word = resolved->expanded[i];
		lb_expose_add(&c->plan->arena, word, &ports, &form, NULL);
		if (form.proto_not_lower)
			lb_lint_report(c->plan, in, "ExposeProtoCasing", in->first_line,
				       "Defined protocol '%s' in EXPOSE instruction should be lowercase", word);
		if (form.has_host)
			lb_lint_report(c->plan, in, "ExposeInvalidFormat", in->first_line,
				       "EXPOSE instruction should not define an IP address or host-port mapping, found '%s'", word);
	}
}

static void check_sources(const struct lb_check *c, const struct lb_step *step)
{
	const struct lb_ignore *ignore = c->options->ignore;
	if (!ignore || step->from || lb_ignore_has_exceptions(ignore))
		return;
	for (size_t i = 0; i < step->sources_count; i++) {
		if (!step->sources[i].path || step->sources[i].remote)
			continue;
		lb_autofree char *path = lb_path_clean(step->sources[i].path);
		bool root = strcmp(path, ".") == 0 || strcmp(path, "/") == 0;
		bool ignored = !root && lb_ignore_matches_as_written(ignore, path, strlen(path));
		if (ignored || ((root || *path == '/') && lb_ignore_covers_root(ignore)))
			lb_lint_report(c->plan, step->in, "CopyIgnoredFile", step->in->first_line,
				       "Attempting to %s file \"%s\" that is excluded by .dockerignore",
				       step->op == LB_OP_ADD ? "Add" : "Copy", path);
	}
}

void lb_check_step(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_step *step,
		   const struct lb_resolved *resolved)
{
	const struct lb_instruction *in = step->in;
	switch (in->keyword) {
	case LB_KW_ENV:
	case LB_KW_LABEL:
		check_pairs(c, in, resolved);
		break;
	case LB_KW_ARG:
		check_args(c, in);
		break;
	case LB_KW_WORKDIR:
		check_workdir(c, before, in, resolved);
		break;
	case LB_KW_CMD:
		check_once(c, in, before->cmd_at);
		check_json(c, before, in);
		break;
	case LB_KW_ENTRYPOINT:
		check_once(c, in, before->entrypoint_at);
		check_json(c, before, in);
		break;
	case LB_KW_HEALTHCHECK:
		check_once(c, in, before->healthcheck_at);
		break;
	case LB_KW_EXPOSE:
		check_expose(c, in, resolved);
		break;
	case LB_KW_COPY:
	case LB_KW_ADD:
		check_sources(c, step);
		break;
	default:
		break;
	}
}
