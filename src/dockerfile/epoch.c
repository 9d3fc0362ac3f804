/* SPDX-License-Identifier: Apache-2.0
 *
 * SOURCE_DATE_EPOCH: seconds, or whose time counts: the context, a named context, or a stage that is nothing
 * but one file or repository from the network.
 */
#include <string.h>
#include <strings.h>

#include "dockerfile/plan.h"
#include "dockerfile/stage_args.h"

#define NAME "SOURCE_DATE_EPOCH"

static bool is_seconds(const char *text)
{
	text += *text == '-' || *text == '+';
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && digits < 19 && text[digits] == '\0';
}

static bool is_context(const struct lb_build_plan *plan, const char *name)
{
	const struct lb_pairs *contexts = plan->options.named_contexts;
	for (size_t i = 0; contexts && i < contexts->count; i++)
		if (strcasecmp(contexts->items[i].name, name) == 0)
			return true;
	return strcasecmp(name, "context") == 0;
}

static bool is_remote_file(const struct lb_build_plan *plan, int stage)
{
	const struct lb_plan_stage *ps = &plan->stages[stage];
	const struct lb_instruction *add = &plan->df->instructions[ps->stage->first + 1];
	if (strcmp(ps->base, "scratch") != 0 || ps->stage->end - ps->stage->first != 2 || add->keyword != LB_KW_ADD)
		return false;
	return add->args_count == 2 && (strstr(add->args[0], "://") || strchr(add->args[0], '@') || strchr(add->args[0], '$'));
}

static uint32_t line_of_arg(const struct lb_dockerfile *df)
{
	for (size_t i = 0; i < df->instructions_count && df->instructions[i].stage < 0; i++)
		for (size_t k = 0; k < df->instructions[i].args_count; k++)
			if (strncmp(df->instructions[i].args[k], NAME, strlen(NAME)) == 0)
				return df->instructions[i].first_line;
	return df->instructions[0].first_line;
}

static const char *given(const struct lb_build_plan *plan)
{
	const char *value = lb_build_arg(&plan->options, NAME);
	return value ? value : lb_pairs_get(&plan->globals, NAME);
}

const char *lb_plan_epoch(const struct lb_build_plan *plan)
{
	const char *value = given(plan);
	return value && is_seconds(value) ? value : NULL;
}

const char *lb_stage_epoch(const struct lb_stage_state *s)
{
	const char *value = lb_stage_lookup(s, NAME);
	if (!value && s->plan)
		value = lb_build_arg(&s->plan->options, NAME);
	return value && is_seconds(value) ? value : NULL;
}

int lb_plan_check_epoch(const struct lb_build_plan *plan, struct lb_err *err)
{
	const char *value = given(plan);
	if (!value || *value == '\0' || is_seconds(value) || is_context(plan, value))
		return 0;
	int stage = lb_build_plan_find_stage(plan, value, SIZE_MAX);
	if (stage >= 0 && is_remote_file(plan, stage))
		return 0;
	return lb_fail_at(err, (struct lb_pos){ plan->df->file, line_of_arg(plan->df), 0 },
			  NAME "=%s: seconds since 1970 are meant, `context`, or a stage FROM scratch with one ADD of a URL", value);
}
