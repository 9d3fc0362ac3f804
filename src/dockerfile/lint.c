/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/lint.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/csv.h"
#include "dockerfile/parser.h"
#include "dockerfile/rune.h"
#include "lbench/check.h"

/* The engine's rules; all others are lbench's own. */
static const struct {
	const char *name;
	bool experimental;
} engine_rules[] = {
	{ "ConsistentInstructionCasing", false },
	{ "CopyIgnoredFile", false },
	{ "DuplicateStageName", false },
	{ "ExposeInvalidFormat", false },
	{ "ExposeProtoCasing", false },
	{ "FromAsCasing", false },
	{ "FromPlatformFlagConstDisallowed", false },
	{ "InvalidBaseImagePlatform", false },
	{ "InvalidDefaultArgInFrom", false },
	{ "InvalidDefinitionDescription", true },
	{ "JSONArgsRecommended", false },
	{ "LegacyKeyValueFormat", false },
	{ "MaintainerDeprecated", false },
	{ "MultipleInstructionsDisallowed", false },
	{ "NoEmptyContinuation", false },
	{ "RedundantTargetPlatform", false },
	{ "ReservedStageName", false },
	{ "SecretsUsedInArgOrEnv", false },
	{ "StageNameCasing", false },
	{ "UndefinedArgInFrom", false },
	{ "UndefinedVar", false },
	{ "WorkdirRelativePath", false },
};

static int find_rule(const char *rule)
{
	for (size_t i = 0; i < LB_COUNT(engine_rules); i++)
		if (strcmp(engine_rules[i].name, rule) == 0)
			return (int)i;
	return -1;
}

bool lb_check_is_engine_rule(const char *rule)
{
	return find_rule(rule) >= 0;
}

static char *trimmed(const char *text, size_t len)
{
	text = lb_rune_trim(text, &len);
	return lb_strndup(text, len);
}

static void read_list(const char *text, bool *all, struct lb_strv *list)
{
	*all = strcmp(text, "all") == 0;
	lb_strv_release(list);
	for (const char *p = text; !*all; p++) {
		size_t n = strcspn(p, ",");
		lb_strv_take(list, trimmed(p, n));
		p += n;
		if (*p == '\0')
			return;
	}
}

static int read_option(const char *text, size_t len, struct lb_lint *lint, struct lb_err *err)
{
	const char *equals = memchr(text, '=', len);
	size_t n = equals ? (size_t)(equals - text) : len;
	lb_autofree char *key = trimmed(text, n);
	lb_autofree char *value = equals ? trimmed(equals + 1, len - n - 1) : NULL;
	if (value && strcmp(key, "skip") == 0)
		read_list(value, &lint->skip_all, &lint->skip);
	else if (value && strcmp(key, "experimental") == 0)
		read_list(value, &lint->experimental_all, &lint->experimental);
	else if (value && strcmp(key, "error") == 0) {
		if (!lb_csv_bool(value, &lint->error))
			return lb_fail(err, LB_INVALID, "check option error=%s: true or false is meant", value);
	} else
		return lb_fail(err, LB_INVALID, "check option \"%.*s\": there are skip=…, error=true and experimental=…, joined by ';'",
			       (int)len, text);
	return 0;
}

int lb_lint_parse(const char *text, struct lb_lint *lint, struct lb_err *err)
{
	enum { OPTIONS_MAX = 3 };
	struct lb_lint read = { 0 };
	size_t len = strlen(text);
	text = lb_rune_trim(text, &len);
	for (size_t i = 0; len > 0 && i < OPTIONS_MAX; i++) {
		const char *semicolon = i + 1 < OPTIONS_MAX ? memchr(text, ';', len) : NULL;
		size_t n = semicolon ? (size_t)(semicolon - text) : len;
		int r = read_option(text, n, &read, err);
		if (r != 0) {
			lb_lint_release(&read);
			return r;
		}
		if (!semicolon)
			break;
		text += n + 1;
		len -= n + 1;
		if (len == 0) {
			lb_lint_release(&read);
			return lb_fail(err, LB_INVALID, "an empty check option behind ';'");
		}
	}
	lb_lint_release(lint);
	*lint = read;
	return 0;
}

void lb_lint_release(struct lb_lint *lint)
{
	lb_strv_release(&lint->skip);
	lb_strv_release(&lint->experimental);
	*lint = (struct lb_lint){ 0 };
}

int lb_lint_load(const struct lb_dockerfile *df, const char *override, struct lb_lint *lint, struct lb_err *err)
{
	struct lb_err inner;
	if (override) {
		if (lb_lint_parse(override, lint, &inner) == 0)
			return 0;
		return lb_fail(err, LB_INVALID, "BUILDKIT_DOCKERFILE_CHECK: %s", inner.text);
	}
	for (size_t i = 0; i < df->directives_count; i++) {
		const struct lb_directive *d = &df->directives[i];
		if (strcmp(d->name, "check") != 0)
			continue;
		/* the engine takes a directive's value up to its first blank */
		lb_autofree char *value = lb_strndup(d->value, strcspn(d->value, " "));
		if (lb_lint_parse(value, lint, &inner) != 0)
			return lb_fail_at(err, (struct lb_pos){ df->file, d->line, 0 }, "%s", inner.text);
	}
	return 0;
}

/* The value of a comment that reads `check=…`; the caller's, NULL when it is none. */
static char *check_of_comment(const char *comment)
{
	size_t len = strlen(comment);
	const char *text = lb_rune_trim(comment, &len);
	const char *equals = memchr(text, '=', len);
	if (!equals)
		return NULL;
	lb_autofree char *name = trimmed(text, (size_t)(equals - text));
	if (strcasecmp(name, "check") != 0)
		return NULL;
	lb_autofree char *value = trimmed(equals + 1, len - (size_t)(equals - text) - 1);
	return lb_strndup(value, strcspn(value, " "));
}

static bool is_on(const struct lb_lint *lint, const char *rule)
{
	int known = find_rule(rule);
	if (known >= 0 && engine_rules[known].experimental)
		return lint->experimental_all || lb_strv_has(&lint->experimental, rule);
	return !lint->skip_all && !lb_strv_has(&lint->skip, rule);
}

/* The first comment above an instruction that is a readable `check` adds to the file's. */
static bool is_on_for(const struct lb_lint *lint, const struct lb_instruction *in, const char *rule)
{
	int known = find_rule(rule);
	bool experimental = known >= 0 && engine_rules[known].experimental;
	bool on = is_on(lint, rule);
	for (size_t i = 0; in && i < in->comments_count; i++) {
		struct lb_lint own = { 0 };
		lb_autofree char *value = check_of_comment(in->comments[i]);
		if (!value)
			continue;
		if (lb_lint_parse(value, &own, NULL) == 0)
			on = experimental ? on || is_on(&own, rule) : on && is_on(&own, rule);
		lb_lint_release(&own);
		break;
	}
	return on;
}

void lb_lint_report(struct lb_build_plan *plan, const struct lb_instruction *in, const char *rule, uint32_t line, const char *fmt, ...)
{
	if (!is_on_for(plan->lint, in, rule))
		return;
	lb_autobuf struct lb_buf message = { 0 };
	va_list ap;
	va_start(ap, fmt);
	lb_buf_vaddf(&message, fmt, ap);
	va_end(ap);
	plan->warnings = lb_parser_grow(&plan->arena, plan->warnings, plan->warnings_count, &plan->warnings_cap, sizeof(*plan->warnings));
	plan->warnings[plan->warnings_count++] = (struct lb_warning){ rule, line, lb_arena_strdup(&plan->arena, lb_buf_str(&message)) };
}
