/* SPDX-License-Identifier: Apache-2.0
 *
 * The graph of the stages. Bases can only be earlier stages, so the order of the file is an order to build
 * in; what needs care is which stages count, and what COPY and mounts take from where.
 */
#include "dockerfile/plan.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/lint.h"
#include "dockerfile/stage_args.h"
#include "dockerfile/text.h"

static const struct lb_instruction *from_of(const struct lb_build_plan *plan, size_t i)
{
	return &plan->df->instructions[plan->stages[i].stage->first];
}

static struct lb_pos from_pos(const struct lb_build_plan *plan, size_t i)
{
	return lb_instruction_pos(plan->df, from_of(plan, i));
}

/* The last stage of each name, and of each stage the one before it of the same name; numbers from 1, 0: none. */
struct lb_stage_names {
	struct lb_map *last;
	size_t *before;
};

static void list_names(struct lb_build_plan *plan)
{
	plan->names = lb_calloc(1, sizeof(*plan->names));
	plan->names->last = lb_map_new(NULL);
	plan->names->before = lb_arena_alloc(&plan->arena, (plan->stages_count + 1) * sizeof(size_t));
	for (size_t i = 0; i < plan->stages_count; i++) {
		const char *name = plan->stages[i].stage->name;
		plan->names->before[i] = name ? (size_t)(uintptr_t)lb_map_get(plan->names->last, name) : 0;
		if (name)
			lb_map_set(plan->names->last, name, (void *)(uintptr_t)(i + 1));
	}
}

static size_t last_of_name(const struct lb_build_plan *plan, const char *name)
{
	lb_autofree char *lower = lb_strdup(name);
	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	return (size_t)(uintptr_t)lb_map_get(plan->names->last, lower);
}

int lb_build_plan_find_stage(const struct lb_build_plan *plan, const char *name, size_t before_stage)
{
	for (size_t i = 0; plan->options.named_contexts && i < plan->options.named_contexts->count; i++)
		if (strcasecmp(plan->options.named_contexts->items[i].name, name) == 0)
			return -1;
	size_t end = before_stage < plan->stages_count ? before_stage : plan->stages_count;
	bool exact = plan->options.dialect & LB_DIALECT_EXACT_NAMES;
	for (size_t i = last_of_name(plan, name); i > 0; i = plan->names->before[i - 1])
		if (i <= end && (!exact || strcmp(plan->stages[i - 1].stage->name_written, name) == 0))
			return (int)(i - 1);
	return -1;
}

int lb_plan_take_from(const struct lb_build_plan *plan, size_t user, const char *name)
{
	bool earlier = plan->options.dialect & LB_DIALECT_EARLIER_ONLY;
	return lb_build_plan_find_stage(plan, name, earlier ? user : SIZE_MAX);
}

int lb_plan_copy_source(const struct lb_build_plan *plan, size_t user, const char *from, struct lb_pos at, int *stage, struct lb_err *err)
{
	char *end;
	const char *digits = from + (*from == '-' || *from == '+');
	*stage = -1;
	if (*digits < '0' || *digits > '9' || digits[strspn(digits, "0123456789")] != '\0') {
		*stage = lb_plan_take_from(plan, user, from);
		return 0;
	}
	unsigned long n = strtoul(digits, &end, 10);
	if ((plan->options.dialect & LB_DIALECT_EARLIER_ONLY) && n >= user)
		return 0;
	if ((*from == '-' && n > 0) || n >= plan->stages_count || n > INT_MAX)
		return lb_fail_at(err, at, "invalid stage index %s: there are %zu stages, counted from 0", from, plan->stages_count);
	*stage = (int)n;
	return 0;
}

static bool is_named_context(const struct lb_build_plan *plan, const char *name)
{
	for (size_t i = 0; name && plan->options.named_contexts && i < plan->options.named_contexts->count; i++)
		if (strcasecmp(plan->options.named_contexts->items[i].name, name) == 0)
			return true;
	return false;
}

static int expand_base(struct lb_build_plan *plan, size_t i, struct lb_err *err)
{
	struct lb_plan_stage *ps = &plan->stages[i];
	struct lb_err inner;
	struct lb_words words = lb_global_words(plan, &plan->globals, NULL, NULL);
	lb_autofree char *base = NULL;
	struct lb_pos at = lb_instruction_arg_pos(plan->df, from_of(plan, i), 0);
	if (lb_words_expand(&words, ps->stage->from, &base, NULL, &inner) != 0)
		return lb_fail_at(err, at, "%s", inner.text);
	if (*base == '\0')
		return lb_fail_at(err, at,
				  "base name %s comes out blank: give its ARG a default before the first FROM, or pass --build-arg",
				  ps->stage->from);
	ps->base = lb_arena_strdup(&plan->arena, base);
	ps->base_stage = lb_build_plan_find_stage(plan, base, i);
	ps->named_context = is_named_context(plan, ps->stage->name);
	if (ps->named_context)
		ps->base_stage = -1;
	return 0;
}

static int expand_platform(struct lb_build_plan *plan, size_t i, const struct lb_platform *target, struct lb_err *err)
{
	struct lb_plan_stage *ps = &plan->stages[i];
	const struct lb_flag *flag = lb_instruction_flag(from_of(plan, i), "platform");
	struct lb_platform platform = *target;
	struct lb_err inner;
	struct lb_words words = lb_global_words(plan, &plan->globals, NULL, NULL);
	lb_autofree char *text = NULL;
	bool given = ps->stage->platform && *ps->stage->platform;
	if (given && lb_words_expand(&words, ps->stage->platform, &text, NULL, &inner) != 0)
		return lb_fail_at(err, lb_flag_pos(plan->df, flag), "%s", inner.text);
	if (given && *text == '\0')
		return lb_fail_at(err, lb_flag_pos(plan->df, flag),
				  "empty platform value from expression %s: write OS/ARCH, as linux/amd64", ps->stage->platform);
	if (given && lb_platform_parse(&plan->arena, text, &platform, &inner) != 0)
		return lb_fail_at(err, lb_flag_pos(plan->df, flag), "%s", inner.text);
	/* the engine gives an empty base, and a stage made from another, no platform of their own */
	if (ps->base_stage >= 0)
		ps->platform = plan->stages[ps->base_stage].platform;
	else
		ps->platform = strcmp(ps->base, "scratch") == 0 ? target->text : platform.text;
	return 0;
}

static int expand_stages(struct lb_build_plan *plan, const struct lb_platform *target, struct lb_err *err)
{
	for (size_t i = 0; i < plan->stages_count; i++) {
		int r = expand_base(plan, i, err);
		if (r == 0)
			r = expand_platform(plan, i, target, err);
		if (r != 0)
			return r;
	}
	return 0;
}

static int find_target(struct lb_build_plan *plan, struct lb_err *err)
{
	const char *name = plan->options.target;
	plan->target = plan->stages_count - 1;
	if (!name || *name == '\0')
		return 0;
	lb_autofree const char **names = lb_calloc(plan->stages_count, sizeof(*names));
	size_t count = 0;
	for (size_t i = plan->stages_count; i-- > 0;) {
		const char *stage = plan->stages[i].stage->name;
		if (!stage)
			continue;
		names[count++] = stage;
		if (strcasecmp(stage, name) == 0) {
			plan->target = i;
			return 0;
		}
	}
	const char *near = lb_text_nearest(name, names, count);
	return lb_fail_at(err, from_pos(plan, plan->stages_count - 1), "target stage \"%s\" could not be found%s%s%s", name,
			  near ? ": did you mean " : "", near ? near : "", near ? "?" : "");
}

static void make_order(struct lb_build_plan *plan)
{
	plan->order = lb_arena_alloc(&plan->arena, plan->stages_count * sizeof(*plan->order));
	for (size_t i = 0; i <= plan->target; i++)
		if (plan->stages[i].needed || plan->options.unneeded_too)
			plan->order[plan->order_count++] = i;
}

static const char *target_stage_name(const struct lb_build_plan *plan)
{
	const char *name = plan->options.target;
	if (!name || *name == '\0')
		name = plan->df->stages[plan->df->stages_count - 1].name;
	return name && *name ? name : "default";
}

static int make_globals(struct lb_build_plan *plan, struct lb_platform *target, struct lb_err *err)
{
	const char *platform = plan->options.platform ? plan->options.platform : "linux/amd64";
	int r = lb_platform_parse(&plan->arena, platform, target, err);
	if (r != 0)
		return lb_wrap(err, "while reading --platform");
	lb_platform_args(plan, target, target_stage_name(plan));
	return lb_global_args(plan, true, &plan->globals, err);
}

static int make_graph(struct lb_build_plan *plan, struct lb_err *err)
{
	struct lb_plan_uses uses = { 0 };
	int r = find_target(plan, err);
	if (r == 0)
		r = lb_plan_list_uses(plan, &uses, err);
	if (r == 0)
		r = lb_plan_check_uses(plan, &uses, err);
	if (r == 0)
		r = lb_plan_mark_needed(plan, &uses, err);
	if (r == 0)
		make_order(plan);
	return r;
}

static int fill(struct lb_build_plan *plan, struct lb_err *err)
{
	const struct lb_dockerfile *df = plan->df;
	struct lb_platform target;
	int r = lb_lint_load(df, lb_build_arg(&plan->options, "BUILDKIT_DOCKERFILE_CHECK"), plan->lint, err);
	if (r == 0 && df->stages_count == 0)
		return lb_fail_at(err, (struct lb_pos){ df->file, df->instructions_count ? df->instructions[0].first_line : 1, 0 },
				  "no stage to build: a Dockerfile needs a FROM");
	if (r != 0)
		return r;
	plan->stages_count = df->stages_count;
	plan->stages = lb_arena_alloc(&plan->arena, df->stages_count * sizeof(*plan->stages));
	for (size_t i = 0; i < df->stages_count; i++)
		plan->stages[i].stage = &df->stages[i];
	list_names(plan);
	r = make_globals(plan, &target, err);
	if (r == 0)
		r = expand_stages(plan, &target, err);
	if (r == 0)
		r = lb_plan_check_epoch(plan, err);
	return r == 0 ? make_graph(plan, err) : r;
}

int lb_build_plan_new(const struct lb_dockerfile *df, const struct lb_plan_options *options, struct lb_build_plan **out, struct lb_err *err)
{
	static const struct lb_plan_options defaults = { 0 };
	lb_autobuildplan struct lb_build_plan *plan = lb_calloc(1, sizeof(*plan));
	plan->df = df;
	plan->options = options ? *options : defaults;
	if (plan->options.dialect == 0)
		plan->options.dialect = LB_DIALECT_ALL;
	plan->lint = lb_calloc(1, sizeof(*plan->lint));
	int r = fill(plan, err);
	if (r != 0)
		return r;
	*out = lb_steal(&plan);
	return 0;
}

void lb_build_plan_free(struct lb_build_plan *plan)
{
	if (!plan)
		return;
	lb_lint_release(plan->lint);
	__builtin_free(plan->lint);
	if (plan->names)
		lb_map_free(plan->names->last);
	__builtin_free(plan->names);
	lb_arena_release(&plan->arena);
	__builtin_free(plan);
}

void lb_build_plan_cleanup(struct lb_build_plan **plan)
{
	lb_build_plan_free(*plan);
	*plan = NULL;
}
