/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "dockerfile/check.h"
#include "dockerfile/lint.h"
#include "dockerfile/pairs.h"
#include "dockerfile/platform.h"
#include "dockerfile/stage_args.h"
#include "dockerfile/text.h"

/* FROM with nothing but defaults: is there still a name? */
static void check_defaults(const struct lb_check *c)
{
	struct lb_build_plan *plan = c->plan;
	struct lb_pairs globals = { 0 };
	for (size_t i = 0; i < plan->globals.count; i++) {
		const char *name = plan->globals.items[i].name;
		if (strncmp(name, "TARGET", 6) == 0 || strncmp(name, "BUILD", 5) == 0)
			lb_pairs_set(&plan->arena, &globals, name, plan->globals.items[i].value);
	}
	if (lb_global_args(plan, false, &globals, NULL) != 0)
		return;
	struct lb_words words = lb_global_words(plan, &globals, NULL, NULL);
	for (size_t i = 0; i < plan->stages_count; i++) {
		const struct lb_stage *stage = plan->stages[i].stage;
		lb_autofree char *base = NULL;
		if (lb_words_expand(&words, stage->from, &base, NULL, NULL) != 0)
			return;
		if (lb_image_name_fault(base))
			lb_lint_report(plan, &plan->df->instructions[stage->first], "InvalidDefaultArgInFrom", stage->line,
				       "Default value for ARG %s results in empty or invalid base image name", stage->from);
	}
}

/* The names that FROM may use: declared before the first FROM, with a value or without, or predefined. */
static void list_declared(const struct lb_build_plan *plan, struct lb_strv *names)
{
	const struct lb_dockerfile *df = plan->df;
	for (size_t i = 0; i < plan->globals.count; i++)
		lb_strv_add(names, plan->globals.items[i].name);
	for (size_t i = 0; i < df->instructions_count && df->instructions[i].stage < 0; i++)
		for (size_t k = 0; k < df->instructions[i].args_count; k++)
			lb_strv_addn(names, df->instructions[i].args[k], strcspn(df->instructions[i].args[k], "="));
}

static void report_undeclared(const struct lb_check *c, const struct lb_stage *stage, const struct lb_strv *unset,
			      const struct lb_strv *declared)
{
	const char *const *names = (const char *const *)declared->items;
	for (size_t i = 0; i < unset->count; i++) {
		if (lb_strv_has(declared, unset->items[i]))
			continue;
		const char *near = lb_text_nearest(unset->items[i], names, declared->count);
		lb_lint_report(c->plan, &c->plan->df->instructions[stage->first], "UndefinedArgInFrom", stage->line,
			       "FROM argument '%s' is not declared%s%s%s", unset->items[i], near ? " (did you mean " : "", near ? near : "",
			       near ? "?)" : "");
	}
}

/* A platform without a variable, unless the stage's name says it. */
static void check_constant(const struct lb_check *c, const struct lb_stage *stage, const char *text)
{
	struct lb_platform p;
	const char *name = stage->name ? stage->name : "";
	if (lb_platform_parse(&c->plan->arena, text, &p, NULL) != 0 || strstr(name, p.os) || strstr(name, p.arch))
		return;
	lb_lint_report(c->plan, &c->plan->df->instructions[stage->first], "FromPlatformFlagConstDisallowed", stage->line,
		       "FROM --platform flag should not use constant value \"%s\"", text);
}

static void check_platform(const struct lb_check *c, const struct lb_stage *stage, const struct lb_strv *declared)
{
	lb_autostrv struct lb_strv used = { 0 }, unset = { 0 };
	lb_autofree char *text = NULL;
	struct lb_words words = lb_global_words(c->plan, &c->plan->globals, &used, &unset);
	if (!stage->platform || *stage->platform == '\0' || lb_words_expand(&words, stage->platform, &text, NULL, NULL) != 0)
		return;
	report_undeclared(c, stage, &unset, declared);
	const char *target = lb_pairs_get(&c->plan->globals, "TARGETPLATFORM");
	if (used.count == 1 && unset.count == 0 && strcmp(used.items[0], "TARGETPLATFORM") == 0 && target && strcmp(text, target) == 0)
		lb_lint_report(c->plan, &c->plan->df->instructions[stage->first], "RedundantTargetPlatform", stage->line,
			       "Setting platform to predefined %s in FROM is redundant as this is the default behavior", stage->platform);
	if (used.count == 0 && unset.count == 0)
		check_constant(c, stage, text);
}

void lb_check_from(const struct lb_check *c)
{
	lb_autostrv struct lb_strv declared = { 0 };
	list_declared(c->plan, &declared);
	check_defaults(c);
	for (size_t i = 0; i < c->plan->stages_count; i++) {
		const struct lb_stage *stage = c->plan->stages[i].stage;
		lb_autostrv struct lb_strv unset = { 0 };
		lb_autofree char *base = NULL;
		struct lb_words words = lb_global_words(c->plan, &c->plan->globals, NULL, &unset);
		if (lb_words_expand(&words, stage->from, &base, NULL, NULL) == 0)
			report_undeclared(c, stage, &unset, &declared);
		check_platform(c, stage, &declared);
	}
}

/* The variant does not count: an engine takes arm/v6 for arm/v7. */
const struct lb_warning *lb_build_plan_check_base(struct lb_build_plan *plan, size_t stage, const char *os, const char *architecture,
						  const char *variant)
{
	const struct lb_plan_stage *s = &plan->stages[stage];
	lb_autofree char *text = lb_format("%s/%s%s%s", os, architecture, variant ? "/" : "", variant ? variant : "");
	struct lb_platform is, want;
	size_t before = plan->warnings_count;
	if (lb_platform_parse(&plan->arena, text, &is, NULL) != 0 || lb_platform_parse(&plan->arena, s->platform, &want, NULL) != 0 ||
	    (strcmp(is.os, want.os) == 0 && strcmp(is.arch, want.arch) == 0))
		return NULL;
	lb_lint_report(plan, &plan->df->instructions[s->stage->first], "InvalidBaseImagePlatform", s->stage->line,
		       "Base image %s was pulled with platform \"%s\", expected \"%s\" for current build", s->base, is.text, want.text);
	return plan->warnings_count > before ? &plan->warnings[before] : NULL;
}
