/* SPDX-License-Identifier: Apache-2.0
 *
 * ENV, LABEL and ARG.
 */
#include <string.h>

#include "dockerfile/parser.h"
#include "dockerfile/scope.h"
#include "dockerfile/stage_args.h"

/* ENV and LABEL have three args a pair: name, value, "=" or "". Every one sees the state before the instruction. */
static int expand_pairs(const struct lb_scope *c, char **expanded)
{
	for (size_t i = 0; i < c->in->args_count; i++) {
		const char *text;
		int r = i % 3 == 2 ? 0 : lb_scope_expand(c, c->in->args[i], lb_scope_arg_pos(c, i), &text);
		if (r != 0)
			return r;
		if (i % 3 != 2)
			expanded[i] = lb_arena_strdup(lb_scope_arena(c), text);
	}
	return 0;
}

static void write_pairs(const struct lb_scope *c, char *const *expanded)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, lb_keyword_name(c->in->keyword));
	for (size_t i = 0; i + 1 < c->in->args_count; i += 3)
		lb_buf_addf(&text, " %s=%s", expanded[i], expanded[i + 1]);
	c->out->text = lb_arena_strndup(lb_scope_arena(c), text.data, text.len);
	c->out->created_by = c->out->text;
}

static void hide_arg(struct lb_stage_state *s, const char *name)
{
	const size_t *at = lb_name_set_at(&s->index->args, name);
	if (at)
		s->args[*at].hidden = true;
}

int lb_step_env(const struct lb_scope *c)
{
	struct lb_stage_state *s = c->s;
	char **expanded = lb_scope_begin_expanded(c);
	int r = expand_pairs(c, expanded);
	if (r != 0)
		return r;
	for (size_t i = 0; i + 1 < c->in->args_count; i += 3) {
		lb_pairs_put(&s->plan->arena, &s->config.env, &s->index->env, expanded[i], expanded[i + 1]);
		lb_pairs_log(&s->plan->arena, &s->run_env, &s->index->run_env, expanded[i], expanded[i + 1]);
		hide_arg(s, expanded[i]);
	}
	write_pairs(c, expanded);
	return 0;
}

int lb_step_label(const struct lb_scope *c)
{
	char **expanded = lb_scope_begin_expanded(c);
	int r = expand_pairs(c, expanded);
	if (r != 0)
		return r;
	for (size_t i = 0; i + 1 < c->in->args_count; i += 3)
		lb_pairs_put(lb_scope_arena(c), &c->s->config.labels, &c->s->index->labels, expanded[i], expanded[i + 1]);
	write_pairs(c, expanded);
	return 0;
}

static void declare(struct lb_stage_state *s, const struct lb_arg *arg)
{
	if (!lb_name_set_add(&s->plan->arena, &s->index->args, arg->name, s->args_count)) {
		s->args[*lb_name_set_at(&s->index->args, arg->name)] = *arg;
		return;
	}
	s->args = lb_parser_grow(&s->plan->arena, s->args, s->args_count, &s->args_cap, sizeof(*s->args));
	s->args[s->args_count++] = *arg;
}

/* One NAME or NAME=DEFAULT: a build argument counts first, then the default, then a global ARG. */
static int declare_one(const struct lb_scope *c, size_t i, struct lb_arg *arg)
{
	struct lb_stage_state *s = c->s;
	const char *written;
	lb_arg_cut(&s->plan->arena, c->in->args[i], &arg->name, &written);
	const char *given = lb_build_arg(&s->plan->options, arg->name);
	arg->from_build_arg = given != NULL;
	arg->hidden = lb_name_set_has(&s->index->env, arg->name);
	if (given)
		arg->value = lb_arena_strdup(&s->plan->arena, given);
	else if (!written)
		arg->value = lb_pairs_get(&s->plan->globals, arg->name);
	else
		return lb_scope_expand(c, written, lb_scope_arg_pos(c, i), &arg->value);
	return 0;
}

int lb_step_arg(const struct lb_scope *c)
{
	struct lb_stage_state *s = c->s;
	lb_autobuf struct lb_buf text = { 0 };
	char **expanded = lb_scope_begin_expanded(c);
	lb_buf_adds(&text, "ARG");
	for (size_t i = 0; i < c->in->args_count; i++) {
		struct lb_arg arg = { 0 };
		int r = declare_one(c, i, &arg);
		if (r != 0)
			return r;
		declare(s, &arg);
		if (arg.value && !lb_arg_stays_out_of_env(arg.name))
			lb_pairs_log(&s->plan->arena, &s->run_env, &s->index->run_env, arg.name, arg.value);
		const char *joined = lb_scope_format(c, "%s%s%s", arg.name, arg.value ? "=" : "", arg.value ? arg.value : "");
		expanded[i] = lb_arena_strdup(lb_scope_arena(c), joined);
		lb_buf_addf(&text, " %s", joined);
	}
	c->out->text = lb_arena_strndup(lb_scope_arena(c), text.data, text.len);
	c->out->created_by = c->out->text;
	return 0;
}
