/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <string.h>

#include "dockerfile/check.h"
#include "dockerfile/lint.h"
#include "dockerfile/stage_args.h"

enum casing { LOWER, UPPER, MIXED };

static enum casing casing_of(const char *word)
{
	bool lower = false, upper = false;
	for (; *word; word++) {
		lower |= islower((unsigned char)*word) != 0;
		upper |= isupper((unsigned char)*word) != 0;
	}
	return lower && upper ? MIXED : upper ? UPPER : LOWER;
}

static void check_casing(const struct lb_check *c)
{
	const struct lb_dockerfile *df = c->plan->df;
	size_t counts[3] = { 0 };
	for (size_t i = 0; i < df->instructions_count; i++)
		if (df->instructions[i].stage >= 0)
			counts[casing_of(df->instructions[i].word)]++;
	enum casing want = counts[LOWER] > counts[UPPER] ? LOWER : UPPER;
	for (size_t i = 0; i < df->instructions_count; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		if (in->stage >= 0 && casing_of(in->word) != want)
			lb_lint_report(c->plan, in, "ConsistentInstructionCasing", in->first_line,
				       "Command '%s' should match the case of the command majority (%s)", in->word,
				       want == LOWER ? "lowercase" : "uppercase");
	}
}

static void check_from_words(const struct lb_check *c, const struct lb_instruction *in)
{
	if (in->args_count != 3)
		return;
	const char *as = in->args[1], *name = in->args[2];
	if (casing_of(name) != LOWER)
		lb_lint_report(c->plan, in, "StageNameCasing", in->first_line, "Stage name '%s' should be lowercase", name);
	if (casing_of(in->word) != MIXED && casing_of(as) != casing_of(in->word))
		lb_lint_report(c->plan, in, "FromAsCasing", in->first_line, "'%s' and '%s' keywords' casing do not match", as, in->word);
}

/* The last comment above ARG or FROM should be `NAME text`; an empty one says that it is no description. */
static void check_description(const struct lb_check *c, const struct lb_instruction *in, const char *const *names, size_t count)
{
	const char *comment = in->comments_count ? in->comments[in->comments_count - 1] : "";
	size_t n = strcspn(comment, " ");
	if (*comment == '\0' || count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == n && memcmp(names[i], comment, n) == 0)
			return;
	lb_lint_report(c->plan, in, "InvalidDefinitionDescription", in->first_line,
		       "Comment for %s should follow the format: `# %s <description>`", lb_keyword_name(in->keyword),
		       count == 1 ? names[0] : "<arg_key>");
}

static void check_arg_description(const struct lb_check *c, const struct lb_instruction *in)
{
	lb_autofree const char **names = lb_calloc(in->args_count + 1, sizeof(*names));
	for (size_t i = 0; i < in->args_count; i++) {
		const char *value;
		lb_arg_cut(&c->plan->arena, in->args[i], &names[i], &value);
	}
	check_description(c, in, names, in->args_count);
}

static void check_stages(const struct lb_check *c)
{
	const struct lb_dockerfile *df = c->plan->df;
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	for (size_t i = 0; i < df->stages_count; i++) {
		const struct lb_stage *stage = &df->stages[i];
		const struct lb_instruction *in = &df->instructions[stage->first];
		if (!stage->name)
			continue;
		check_description(c, in, (const char *const[]){ stage->name }, 1);
		if (strcmp(stage->name, "scratch") == 0 || strcmp(stage->name, "context") == 0)
			lb_lint_report(c->plan, in, "ReservedStageName", stage->line,
				       "Stage name should not use the same name as reserved stage \"%s\"", stage->name);
		if (lb_map_get(seen, stage->name))
			lb_lint_report(c->plan, in, "DuplicateStageName", stage->line,
				       "Duplicate stage name \"%s\", stage names should be unique", stage->name);
		lb_map_set(seen, stage->name, seen);
	}
}

void lb_check_names(const struct lb_check *c)
{
	const struct lb_dockerfile *df = c->plan->df;
	for (size_t i = 0; i < df->instructions_count; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		if (in->keyword == LB_KW_FROM)
			check_from_words(c, in);
		else if (in->keyword == LB_KW_ARG)
			check_arg_description(c, in);
		else if (in->keyword == LB_KW_MAINTAINER)
			lb_lint_report(c->plan, in, "MaintainerDeprecated", in->first_line,
				       "Maintainer instruction is deprecated in favor of using label");
	}
	check_stages(c);
	check_casing(c);
}
