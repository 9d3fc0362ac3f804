/* SPDX-License-Identifier: Apache-2.0
 *
 * What stages take from one another.
 */
#include <string.h>

#include "dockerfile/csv.h"
#include "dockerfile/parser.h"
#include "dockerfile/plan.h"
#include "dockerfile/platform.h"

struct lister {
	struct lb_build_plan *plan;
	struct lb_plan_uses *uses;
	struct lb_err *err;
};

static void add(const struct lister *l, size_t user, int used, const char *name, struct lb_pos at, bool is_base)
{
	struct lb_plan_uses *u = l->uses;
	u->items = lb_parser_grow(&l->plan->arena, u->items, u->count, &u->cap, sizeof(*u->items));
	u->items[u->count++] = (struct lb_plan_use){ user, used < 0 ? SIZE_MAX : (size_t)used, name, at, is_base };
}

/* The `from` and the type of a mount as written: the type may hold a variable, then it is not known. */
static const char *mount_from(struct lb_arena *arena, const char *value)
{
	char **fields;
	size_t count;
	const char *from = NULL;
	bool takes_none = false;
	if (lb_csv_fields(arena, value, &fields, &count))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const char *text = lb_csv_cut(fields[i]);
		if (text && strcmp(fields[i], "from") == 0)
			from = text;
		if (text && strcmp(fields[i], "type") == 0)
			takes_none = strcmp(text, "tmpfs") == 0 || strcmp(text, "secret") == 0 || strcmp(text, "ssh") == 0;
	}
	return from && *from && !takes_none ? from : NULL;
}

static int list_instruction(const struct lister *l, size_t user, const struct lb_instruction *in)
{
	bool copies = in->keyword == LB_KW_COPY, runs = in->keyword == LB_KW_RUN;
	for (size_t i = 0; (copies || runs) && i < in->flags_count; i++) {
		const struct lb_flag *flag = &in->flags[i];
		struct lb_pos at = lb_flag_pos(l->plan->df, flag);
		int stage;
		if (copies && strcmp(flag->name, "from") == 0 && *flag->value) {
			int r = lb_plan_copy_source(l->plan, user, flag->value, at, &stage, l->err);
			if (r != 0)
				return r;
			add(l, user, stage, flag->value, at, false);
		} else if (runs && strcmp(flag->name, "mount") == 0) {
			const char *from = mount_from(&l->plan->arena, flag->value);
			if (from)
				add(l, user, lb_plan_take_from(l->plan, user, from), from, at, false);
		}
	}
	return 0;
}

/* The triggers that a stage runs because the stage that it is made from holds them. */
static int list_triggers(const struct lister *l, size_t user)
{
	int base = l->plan->stages[user].base_stage;
	if (base < 0)
		return 0;
	const struct lb_stage *stage = l->plan->stages[base].stage;
	for (size_t i = stage->first; i < stage->end; i++) {
		const struct lb_instruction *in = &l->plan->df->instructions[i];
		int r = in->keyword == LB_KW_ONBUILD && in->trigger ? list_instruction(l, user, in->trigger) : 0;
		if (r != 0)
			return r;
	}
	return 0;
}

int lb_plan_list_uses(struct lb_build_plan *plan, struct lb_plan_uses *uses, struct lb_err *err)
{
	struct lister l = { plan, uses, err };
	for (size_t i = 0; i < plan->stages_count; i++) {
		const struct lb_plan_stage *ps = &plan->stages[i];
		const struct lb_stage *stage = ps->stage;
		add(&l, i, ps->base_stage, ps->base, lb_instruction_pos(plan->df, &plan->df->instructions[stage->first]), true);
		int r = ps->named_context ? 0 : list_triggers(&l, i);
		for (size_t k = stage->first; r == 0 && !ps->named_context && k < stage->end; k++)
			r = list_instruction(&l, i, &plan->df->instructions[k]);
		if (r != 0)
			return r;
	}
	return 0;
}

/* The uses of each stage stand together, in the order of the stages: first[i] is where those of stage i begin. */
static size_t *index_uses(const struct lb_plan_uses *uses, size_t stages)
{
	size_t *first = lb_calloc(stages + 1, sizeof(*first));
	for (size_t i = 0; i < uses->count; i++)
		first[uses->items[i].user + 1]++;
	for (size_t i = 0; i < stages; i++)
		first[i + 1] += first[i];
	return first;
}

static bool reaches(const struct lb_plan_uses *uses, const size_t *first, size_t stages, size_t from, size_t to)
{
	lb_autofree bool *seen = lb_calloc(stages, sizeof(*seen));
	lb_autofree size_t *stack = lb_calloc(stages, sizeof(*stack));
	size_t depth = 0;
	stack[depth++] = from;
	seen[from] = true;
	while (depth > 0 && !seen[to]) {
		size_t at = stack[--depth];
		for (size_t i = first[at]; i < first[at + 1]; i++) {
			size_t used = uses->items[i].used;
			if (used == SIZE_MAX || seen[used])
				continue;
			seen[used] = true;
			stack[depth++] = used;
		}
	}
	return seen[to];
}

/* Bases are earlier stages, so that a cycle needs something that is taken from the stage itself or a later one. */
static int check_cycles(const struct lb_build_plan *plan, const struct lb_plan_uses *uses, struct lb_err *err)
{
	lb_autofree size_t *first = index_uses(uses, plan->stages_count);
	for (size_t i = 0; i < uses->count; i++) {
		const struct lb_plan_use *u = &uses->items[i];
		if (u->used == SIZE_MAX || u->used < u->user)
			continue;
		if (u->used == u->user)
			return lb_fail_at(err, u->at, "circular dependency: the stage takes from itself, %s", u->name);
		if (reaches(uses, first, plan->stages_count, u->used, u->user))
			return lb_fail_at(err, u->at, "circular dependency: stage %s needs the stage that takes from it here", u->name);
	}
	return 0;
}

static bool is_context(const struct lb_build_plan *plan, const char *name)
{
	for (size_t i = 0; plan->options.named_contexts && i < plan->options.named_contexts->count; i++)
		if (strcmp(plan->options.named_contexts->items[i].name, name) == 0)
			return true;
	return strcmp(name, "scratch") == 0;
}

int lb_plan_check_uses(const struct lb_build_plan *plan, const struct lb_plan_uses *uses, struct lb_err *err)
{
	int r = check_cycles(plan, uses, err);
	if (r != 0)
		return r;
	for (size_t i = 0; i < uses->count; i++) {
		const struct lb_plan_use *u = &uses->items[i];
		const char *fault = u->used == SIZE_MAX && !is_context(plan, u->name) ? lb_image_name_fault(u->name) : NULL;
		if (fault)
			return lb_fail_at(err, u->at, "\"%s\" is no stage, and no image's name: %s", u->name, fault);
	}
	return 0;
}

/* Namesakes of needed stages; was one marked? */
static bool mark_namesakes(struct lb_build_plan *plan)
{
	bool more = false;
	for (size_t i = 0; i <= plan->target; i++)
		for (size_t k = 0; plan->stages[i].needed && plan->stages[i].stage->name && k < plan->target; k++) {
			struct lb_plan_stage *other = &plan->stages[k];
			if (other->needed || !other->stage->name || strcmp(other->stage->name, plan->stages[i].stage->name) != 0)
				continue;
			other->needed = more = true;
		}
	return more;
}

int lb_plan_mark_needed(struct lb_build_plan *plan, const struct lb_plan_uses *uses, struct lb_err *err)
{
	plan->stages[plan->target].needed = true;
	for (bool more = true; more;) {
		more = (plan->options.dialect & LB_DIALECT_SHARED_NAMES) && mark_namesakes(plan);
		for (size_t i = uses->count; i-- > 0;) {
			const struct lb_plan_use *u = &uses->items[i];
			if (u->used == SIZE_MAX || !plan->stages[u->user].needed || plan->stages[u->used].needed)
				continue;
			plan->stages[u->used].needed = true;
			more = true;
		}
	}
	for (size_t i = 0; i < uses->count; i++) {
		const struct lb_plan_use *u = &uses->items[i];
		bool built = plan->stages[u->user].needed || (plan->options.unneeded_too && u->user <= plan->target);
		if (built && u->used != SIZE_MAX && u->used >= u->user)
			return lb_fail_at(err, u->at, "cannot take from stage %s: it has to be defined before this one", u->name);
	}
	return 0;
}
