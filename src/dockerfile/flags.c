/* SPDX-License-Identifier: Apache-2.0
 *
 * Which instruction takes which flags, and those whose values are fixed words.
 */
#include "dockerfile/flags.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/csv.h"
#include "dockerfile/mount.h"
#include "dockerfile/text.h"

enum flag_type { FLAG_TEXT, FLAG_BOOL, FLAG_LIST };

struct flag_rule {
	enum lb_keyword keyword;
	const char *name;
	enum flag_type type;
	unsigned dialect; /* which engines know it; 0: all */
};

static const struct flag_rule rules[] = {
	{ LB_KW_ADD, "chown", FLAG_TEXT, 0 },
	{ LB_KW_ADD, "chmod", FLAG_TEXT, LB_DIALECT_CHMOD },
	{ LB_KW_ADD, "link", FLAG_BOOL, LB_DIALECT_LINK },
	{ LB_KW_ADD, "exclude", FLAG_LIST, LB_DIALECT_EXCLUDE },
	{ LB_KW_ADD, "checksum", FLAG_TEXT, LB_DIALECT_ADD_FLAGS },
	{ LB_KW_ADD, "keep-git-dir", FLAG_BOOL, LB_DIALECT_ADD_FLAGS },
	{ LB_KW_ADD, "unpack", FLAG_BOOL, LB_DIALECT_ADD_FLAGS },
	{ LB_KW_COPY, "from", FLAG_TEXT, 0 },
	{ LB_KW_COPY, "chown", FLAG_TEXT, 0 },
	{ LB_KW_COPY, "chmod", FLAG_TEXT, LB_DIALECT_CHMOD },
	{ LB_KW_COPY, "link", FLAG_BOOL, LB_DIALECT_LINK },
	{ LB_KW_COPY, "parents", FLAG_BOOL, LB_DIALECT_PARENTS },
	{ LB_KW_COPY, "exclude", FLAG_LIST, LB_DIALECT_EXCLUDE },
	{ LB_KW_FROM, "platform", FLAG_TEXT, 0 },
	{ LB_KW_HEALTHCHECK, "interval", FLAG_TEXT, 0 },
	{ LB_KW_HEALTHCHECK, "timeout", FLAG_TEXT, 0 },
	{ LB_KW_HEALTHCHECK, "start-period", FLAG_TEXT, 0 },
	{ LB_KW_HEALTHCHECK, "start-interval", FLAG_TEXT, LB_DIALECT_START_INTERVAL },
	{ LB_KW_HEALTHCHECK, "retries", FLAG_TEXT, 0 },
	{ LB_KW_RUN, "mount", FLAG_LIST, LB_DIALECT_MOUNT },
	{ LB_KW_RUN, "network", FLAG_TEXT, LB_DIALECT_RUN_FLAGS },
	{ LB_KW_RUN, "security", FLAG_TEXT, LB_DIALECT_RUN_FLAGS },
	{ LB_KW_RUN, "device", FLAG_LIST, LB_DIALECT_RUN_FLAGS },
};

static const struct flag_rule *find_rule(enum lb_keyword keyword, const char *name)
{
	for (size_t i = 0; i < LB_COUNT(rules); i++)
		if (rules[i].keyword == keyword && strcmp(rules[i].name, name) == 0)
			return &rules[i];
	return NULL;
}

static int unknown_flag(struct lb_pos at, enum lb_keyword keyword, unsigned dialect, const char *name, struct lb_err *err)
{
	const char *names[LB_COUNT(rules)];
	size_t count = 0;
	for (size_t i = 0; i < LB_COUNT(rules); i++)
		if (rules[i].keyword == keyword && (rules[i].dialect & dialect) == rules[i].dialect)
			names[count++] = rules[i].name;
	const char *near = lb_text_nearest(name, names, count);
	if (near)
		return lb_fail_at(err, at, "%s has no flag --%s; did you mean --%s?", lb_keyword_name(keyword), name, near);
	return lb_fail_at(err, at, "%s has no flag --%s", lb_keyword_name(keyword), name);
}

static int check_flag(struct lb_pos at, unsigned dialect, const struct lb_instruction *in, const struct lb_flag *flag, struct lb_err *err)
{
	enum lb_keyword keyword = in->keyword;
	const struct flag_rule *rule = find_rule(keyword, flag->name);
	if (!rule)
		return unknown_flag(at, keyword, dialect, flag->name, err);
	if ((rule->dialect & dialect) != rule->dialect) {
		lb_fail_at(err, at, "%s has no flag --%s in this engine", lb_keyword_name(keyword), flag->name);
		return lb_recode(err, LB_UNSUPPORTED);
	}
	if (rule->type != FLAG_LIST && lb_instruction_flag(in, flag->name) != flag)
		return lb_fail_at(err, at, "--%s is given twice", flag->name);
	if (rule->type != FLAG_BOOL)
		return flag->has_value ? 0 : lb_fail_at(err, at, "--%s needs a value: --%s=…", flag->name, flag->name);
	if (flag->has_value && strcasecmp(flag->value, "true") != 0 && strcasecmp(flag->value, "false") != 0)
		return lb_fail_at(err, at, "--%s is true or false, not \"%s\"", flag->name, flag->value);
	return 0;
}

int lb_flags_check(const struct lb_dockerfile *df, unsigned dialect, const struct lb_instruction *in, struct lb_err *err)
{
	for (size_t i = 0; i < in->flags_count; i++) {
		const struct lb_flag *flag = &in->flags[i];
		int rc = check_flag(lb_flag_pos(df, flag), dialect, in, flag, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int one_of(struct lb_pos at, const struct lb_flag *flag, const char *const *words, size_t count, struct lb_err *err)
{
	char list[64] = "";
	size_t n = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(flag->value, words[i]) == 0)
			return 0;
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i ? ", " : "", words[i]);
	}
	return lb_fail_at(err, at, "--%s=%s is not known; one of %s is", flag->name, flag->value, list);
}

/* NAME, name=NAME, required, required=BOOL. A first field that is none of these is a name even with "=". */
static int check_device(struct lb_pos at, const char *value, struct lb_err *err)
{
	__attribute__((cleanup(lb_arena_release))) struct lb_arena scratch = { 0 };
	char **fields;
	size_t count;
	bool named = false, flag;
	const char *why = lb_csv_fields(&scratch, value, &fields, &count);
	if (why)
		return lb_fail_at(err, at, "--device=%s is not CSV: %s", value, why);
	for (size_t i = 0; i < count; i++) {
		char *given = lb_csv_cut(fields[i]);
		bool required = strcmp(fields[i], "required") == 0, name = strcmp(fields[i], "name") == 0 && given;
		if (required && given && !lb_csv_bool(given, &flag))
			return lb_fail_at(err, at, "--device=%s: required is true or false, not \"%s\"", value, given);
		if (required)
			continue;
		if (named && name)
			return lb_fail_at(err, at, "--device=%s: the name is given twice", value);
		if (named)
			return lb_fail_at(err, at, "--device=%s: \"%s\" is not known; name and required are", value, fields[i]);
		named = !name || *given;
		if (!name && !given)
			named = *fields[i] != '\0';
	}
	return 0;
}

int lb_flags_check_run(const struct lb_dockerfile *df, const struct lb_instruction *in, struct lb_err *err)
{
	static const char *const networks[] = { "default", "none", "host" };
	static const char *const securities[] = { "sandbox", "insecure" };
	int rc = 0;
	for (size_t i = 0; i < in->flags_count && rc == 0; i++) {
		const struct lb_flag *flag = &in->flags[i];
		struct lb_pos at = lb_flag_pos(df, flag);
		if (strcmp(flag->name, "network") == 0)
			rc = one_of(at, flag, networks, LB_COUNT(networks), err);
		else if (strcmp(flag->name, "security") == 0)
			rc = one_of(at, flag, securities, LB_COUNT(securities), err);
		else if (strcmp(flag->name, "device") == 0)
			rc = check_device(at, flag->value, err);
		else
			rc = lb_mount_check(flag->value, at, err);
	}
	return rc;
}
