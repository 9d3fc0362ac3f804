/* SPDX-License-Identifier: Apache-2.0
 *
 * One instruction against the state of its stage. Every kind of instruction has a function that expands its
 * words, checks them, moves the state on and writes the history entry.
 */
#include "dockerfile/parser.h"
#include "dockerfile/scope.h"

static int resolve_from(const struct lb_scope *c)
{
	const struct lb_build_plan *plan = c->s->plan;
	const struct lb_plan_stage *stage = &plan->stages[c->s->stage];
	c->out->op = LB_OP_FROM;
	char **expanded = lb_scope_begin_expanded(c);
	if (c->in->args_count)
		expanded[0] = lb_arena_strdup(lb_scope_arena(c), stage->base);
	c->out->text = lb_scope_format(c, "FROM %s", stage->base);
	c->out->created_by = "";
	return 0;
}

static int dispatch(const struct lb_scope *c)
{
	switch (c->in->keyword) {
	case LB_KW_FROM:
		return resolve_from(c);
	case LB_KW_RUN:
		return lb_step_run(c);
	case LB_KW_COPY:
	case LB_KW_ADD:
		return lb_step_copy(c);
	case LB_KW_ENV:
		return lb_step_env(c);
	case LB_KW_LABEL:
		return lb_step_label(c);
	case LB_KW_ARG:
		return lb_step_arg(c);
	case LB_KW_WORKDIR:
		return lb_step_workdir(c);
	default:
		return lb_step_config(c);
	}
}

/* Whatever is wrong with the instruction then is a failing step, no refusal of the file. */
static int check_late(const struct lb_scope *c)
{
	const struct lb_build_plan *plan = c->s->plan;
	if (!(plan->options.dialect & LB_DIALECT_LATE_RULES) || c->in->keyword == LB_KW_FROM)
		return 0;
	int r = lb_rules_check(plan->df, plan->options.dialect, c->in, c->err);
	return r == LB_UNSUPPORTED ? lb_recode(c->err, LB_INVALID) : r;
}

int lb_step_resolve_into(struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_step *out,
			 struct lb_resolved *resolved, struct lb_err *err)
{
	struct lb_scope c = { s, in, out, resolved, err };
	*out = (struct lb_step){
		.in = in,
		.op = LB_OP_META,
		.keyword = in->keyword,
		.trigger = trigger,
		.cwd = lb_stage_cwd(s),
		.user = s->config.user,
		.from_stage = -1,
	};
	*resolved = (struct lb_resolved){ 0 };
	int r = check_late(&c);
	if (r == 0)
		r = dispatch(&c);
	if (r != 0)
		*resolved = (struct lb_resolved){ 0 };
	return r;
}

int lb_step_resolve(struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_step *out, struct lb_err *err)
{
	struct lb_resolved resolved;
	return lb_step_resolve_into(s, in, trigger, out, &resolved, err);
}
