/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/stage_args.h"

#include <string.h>

#include "dockerfile/pairs.h"

#define BUILD_PLATFORM "linux/amd64"

void lb_arg_cut(struct lb_arena *arena, const char *word, const char **name, const char **value)
{
	const char *equals = strchr(word, '=');
	*name = lb_arena_strndup(arena, word, equals ? (size_t)(equals - word) : strlen(word));
	*value = equals ? equals + 1 : NULL;
}

bool lb_arg_stays_out_of_env(const char *name)
{
	return strcmp(name, "BUILDKIT_SBOM_SCAN_CONTEXT") == 0 || strcmp(name, "BUILDKIT_SBOM_SCAN_STAGE") == 0;
}

const char *lb_build_arg(const struct lb_plan_options *o, const char *name)
{
	return lb_pairs_get(o->build_args, name);
}

static void add_platform(struct lb_build_plan *plan, const char *side, const struct lb_platform *p)
{
	const struct {
		const char *name, *value;
	} args[] = {
		{ "PLATFORM", p->text }, { "OS", p->os }, { "OSVERSION", p->os_version }, { "ARCH", p->arch }, { "VARIANT", p->variant },
	};
	for (size_t i = 0; i < LB_COUNT(args); i++) {
		lb_autofree char *name = lb_format("%s%s", side, args[i].name);
		const char *given = lb_build_arg(&plan->options, name);
		lb_pairs_set(&plan->arena, &plan->globals, lb_arena_strdup(&plan->arena, name), given ? given : args[i].value);
	}
}

void lb_platform_args(struct lb_build_plan *plan, const struct lb_platform *target, const char *target_stage)
{
	struct lb_platform build;
	if (!(plan->options.dialect & LB_DIALECT_PLATFORM_ARGS))
		return;
	lb_platform_parse(&plan->arena, BUILD_PLATFORM, &build, NULL);
	add_platform(plan, "BUILD", &build);
	add_platform(plan, "TARGET", target);
	const char *given = lb_build_arg(&plan->options, "TARGETSTAGE");
	lb_pairs_set(&plan->arena, &plan->globals, "TARGETSTAGE", given ? given : target_stage);
}

static const char *look_up(const char *name, void *arg)
{
	const struct lb_pairs *globals = arg;
	return lb_pairs_get(globals, name);
}

struct lb_words lb_global_words(const struct lb_build_plan *plan, const struct lb_pairs *globals, struct lb_strv *used,
				struct lb_strv *unset)
{
	return (struct lb_words){
		.escape = plan->df->escape,
		.lookup = look_up,
		.arg = (void *)(uintptr_t)globals,
		.no_modifiers = !(plan->options.dialect & LB_DIALECT_MODIFIERS),
		.used = used,
		.unset = unset,
	};
}

/* Global arguments being collected. */
struct globals {
	struct lb_pairs *pairs;
	struct lb_name_set names;
	bool with_build_args;
};

static int global_arg(struct lb_build_plan *plan, const struct lb_instruction *in, size_t i, struct globals *g, struct lb_err *err)
{
	const char *name, *value;
	struct lb_err inner;
	struct lb_words words = lb_global_words(plan, g->pairs, NULL, NULL);
	lb_arg_cut(&plan->arena, in->args[i], &name, &value);
	const char *given = g->with_build_args ? lb_build_arg(&plan->options, name) : NULL;
	lb_autofree char *expanded = NULL;
	if (!given && value && lb_words_expand(&words, value, &expanded, NULL, &inner) != 0)
		return lb_fail_at(err, lb_instruction_arg_pos(plan->df, in, i), "%s", inner.text);
	if (given || value)
		lb_pairs_put(&plan->arena, g->pairs, &g->names, name, given ? given : lb_arena_strdup(&plan->arena, expanded));
	return 0;
}

int lb_global_args(struct lb_build_plan *plan, bool with_build_args, struct lb_pairs *globals, struct lb_err *err)
{
	const struct lb_dockerfile *df = plan->df;
	struct globals g = { .pairs = globals, .with_build_args = with_build_args };
	for (size_t i = 0; i < globals->count; i++)
		lb_name_set_add(&plan->arena, &g.names, globals->items[i].name, i);
	for (size_t i = 0; i < df->instructions_count && df->instructions[i].stage < 0; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		for (size_t k = 0; in->keyword == LB_KW_ARG && k < in->args_count; k++) {
			int r = global_arg(plan, in, k, &g, err);
			if (r != 0)
				return r;
		}
	}
	return 0;
}
