/* SPDX-License-Identifier: Apache-2.0
 *
 * Every instruction's own rules, as far as they need no value of an argument. What the engine finds out only
 * when it builds a stage (ports, signals, modes, the fields of mounts) is left to stage.c, so that a file is
 * refused for a stage that nobody needs exactly where the engine refuses it.
 */
#include "dockerfile/parser.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/flags.h"
#include "dockerfile/health.h"
#include "dockerfile/heredoc.h"
#include "dockerfile/text.h"

struct check {
	const struct lb_dockerfile *df;
	unsigned dialect;
	const struct lb_instruction *in;
	struct lb_err *err;
};

static struct lb_pos arg_pos(const struct check *c, size_t i)
{
	return lb_instruction_arg_pos(c->df, c->in, i);
}

static const char *name_of(const struct check *c)
{
	return lb_keyword_name(c->in->keyword);
}

static int check_unknown(const struct check *c)
{
	const char *names[LB_KW_COUNT];
	for (int k = 1; k < LB_KW_COUNT; k++)
		names[k - 1] = lb_keyword_name((enum lb_keyword)k);
	const char *near = lb_text_nearest(c->in->word, names, LB_KW_COUNT - 1);
	struct lb_pos at = lb_instruction_pos(c->df, c->in);
	if (near)
		return lb_fail_at(c->err, at, "unknown instruction %s; did you mean %s?", c->in->word, near);
	return lb_fail_at(c->err, at, "unknown instruction %s", c->in->word);
}

static int at_least_one(const struct check *c)
{
	if (c->in->args_count)
		return 0;
	return lb_fail_at(c->err, lb_instruction_pos(c->df, c->in), "%s needs at least one argument", name_of(c));
}

static int exactly_one(const struct check *c)
{
	if (c->in->args_count == 1)
		return 0;
	return lb_fail_at(c->err, lb_instruction_pos(c->df, c->in), "%s needs exactly one argument", name_of(c));
}

static int check_pairs(const struct check *c)
{
	for (size_t i = 0; i < c->in->args_count && !(c->dialect & LB_DIALECT_LOOSE_NAMES); i += 3)
		if (!*c->in->args[i])
			return lb_fail_at(c->err, arg_pos(c, i), "%s with a blank name before \"=\"", name_of(c));
	return at_least_one(c);
}

static int check_arg(const struct check *c)
{
	for (size_t i = 0; i < c->in->args_count; i++)
		if (*c->in->args[i] == '=')
			return lb_fail_at(c->err, arg_pos(c, i), "ARG with a blank name before \"=\"");
	return at_least_one(c);
}

static bool is_stage_name(const char *name)
{
	if (!isalpha((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && !strchr("-_.", *name))
			return false;
	return true;
}

static int check_from(const struct check *c)
{
	const struct lb_instruction *in = c->in;
	bool named = in->args_count == 3 && strcasecmp(in->args[1], "as") == 0;
	if (in->args_count != 1 && !named)
		return lb_fail_at(c->err, lb_instruction_pos(c->df, in), "FROM takes IMAGE or IMAGE AS NAME, one or three words");
	if (named && !(c->dialect & LB_DIALECT_LOOSE_NAMES) && !is_stage_name(in->args[2]))
		return lb_fail_at(
			c->err, arg_pos(c, 2),
			"\"%s\" is no name for a stage; it begins with a letter and holds letters, digits, \"-\", \"_\" and \".\"",
			in->args[2]);
	return 0;
}

static int check_chmod(const struct check *c)
{
	const struct lb_flag *chmod = lb_instruction_flag(c->in, "chmod");
	if (!chmod || (c->dialect & LB_DIALECT_CHMOD_SYMBOLIC))
		return 0;
	if (*chmod->value && strspn(chmod->value, "01234567") == strlen(chmod->value))
		return 0;
	lb_fail_at(c->err, lb_flag_pos(c->df, chmod), "--chmod=%s: this engine takes octal digits only", chmod->value);
	return lb_recode(c->err, LB_UNSUPPORTED);
}

static int check_copy(const struct check *c)
{
	const struct lb_instruction *in = c->in;
	const struct lb_flag *from = lb_instruction_flag(in, "from");
	if (in->args_count < 2)
		return lb_fail_at(c->err, lb_instruction_pos(c->df, in), "%s needs at least two arguments, a source and a destination",
				  name_of(c));
	if (from && strchr(from->value, '$'))
		return lb_fail_at(c->err, lb_flag_pos(c->df, from), "no variables in --from; give the image a name with FROM %s AS NAME",
				  from->value);
	__attribute__((cleanup(lb_arena_release))) struct lb_arena scratch = { 0 };
	const char *dest = in->args[in->args_count - 1];
	struct lb_heredoc doc;
	if ((c->dialect & LB_DIALECT_HEREDOC) && lb_heredoc_word(&scratch, dest, strlen(dest), &doc, NULL) == 1)
		return lb_fail_at(c->err, arg_pos(c, in->args_count - 1), "%s cannot have a heredoc as its destination", name_of(c));
	return check_chmod(c);
}

static int check_onbuild(const struct check *c)
{
	const struct lb_instruction *inner = c->in->trigger;
	if (!inner)
		return at_least_one(c);
	if (inner->keyword == LB_KW_ONBUILD || inner->keyword == LB_KW_FROM || inner->keyword == LB_KW_MAINTAINER)
		return lb_fail_at(c->err, lb_instruction_pos(c->df, inner), "%s is not allowed in ONBUILD",
				  lb_keyword_name(inner->keyword));
	return 0;
}

static int check_volume(const struct check *c)
{
	for (size_t i = 0; i < c->in->args_count; i++) {
		const char *arg = c->in->args[i], *end = arg + strlen(arg);
		if (lb_text_skip_spaces(arg, end) == end)
			return lb_fail_at(c->err, arg_pos(c, i), "VOLUME with an empty path");
	}
	return at_least_one(c);
}

static int check_shell(const struct check *c)
{
	if (c->in->args_count && !c->in->json)
		return lb_fail_at(c->err, arg_pos(c, 0), "SHELL takes the JSON form only: SHELL [\"/bin/sh\", \"-c\"]");
	return at_least_one(c);
}

static int check_health(const struct check *c)
{
	__attribute__((cleanup(lb_arena_release))) struct lb_arena scratch = { 0 };
	struct lb_healthcheck health;
	return lb_health_parse(c->df, &scratch, c->in, &health, c->err);
}

static int check_args(const struct check *c)
{
	switch (c->in->keyword) {
	case LB_KW_ENV:
	case LB_KW_LABEL:
		return check_pairs(c);
	case LB_KW_ARG:
		return check_arg(c);
	case LB_KW_FROM:
		return check_from(c);
	case LB_KW_ADD:
	case LB_KW_COPY:
		return check_copy(c);
	case LB_KW_ONBUILD:
		return check_onbuild(c);
	case LB_KW_VOLUME:
		return check_volume(c);
	case LB_KW_SHELL:
		return check_shell(c);
	case LB_KW_HEALTHCHECK:
		return check_health(c);
	case LB_KW_EXPOSE:
		return at_least_one(c);
	case LB_KW_RUN:
		return lb_flags_check_run(c->df, c->in, c->err);
	case LB_KW_MAINTAINER:
	case LB_KW_STOPSIGNAL:
	case LB_KW_USER:
	case LB_KW_WORKDIR:
		return exactly_one(c);
	default:
		return 0;
	}
}

/* The engine never looks at the flags of these. */
static bool ignores_flags(const struct lb_instruction *in)
{
	if (in->keyword == LB_KW_HEALTHCHECK)
		return in->args_count && strcasecmp(in->args[0], "NONE") == 0;
	return in->keyword == LB_KW_ARG || in->keyword == LB_KW_STOPSIGNAL;
}

int lb_rules_check(const struct lb_dockerfile *df, unsigned dialect, const struct lb_instruction *in, struct lb_err *err)
{
	struct check c = { df, dialect, in, err };
	if (in->keyword == LB_KW_UNKNOWN)
		return check_unknown(&c);
	int rc = ignores_flags(in) ? 0 : lb_flags_check(df, dialect, in, err);
	return rc == 0 ? check_args(&c) : rc;
}
