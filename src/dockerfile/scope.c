/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/scope.h"

#include <stdarg.h>
#include <string.h>

#include "dockerfile/lint.h"
#include "dockerfile/stage_args.h"
#include "dockerfile/text.h"

struct lb_arena *lb_scope_arena(const struct lb_scope *c)
{
	return &c->s->plan->arena;
}

struct lb_pos lb_scope_pos(const struct lb_scope *c)
{
	return lb_instruction_pos(c->s->plan->df, c->in);
}

struct lb_pos lb_scope_arg_pos(const struct lb_scope *c, size_t i)
{
	return lb_instruction_arg_pos(c->s->plan->df, c->in, i);
}

int lb_scope_fail(const struct lb_scope *c, struct lb_pos at, const char *fmt, ...)
{
	lb_autobuf struct lb_buf message = { 0 };
	va_list ap;
	va_start(ap, fmt);
	lb_buf_vaddf(&message, fmt, ap);
	va_end(ap);
	return lb_fail_at(c->err, at, "%s", lb_buf_str(&message));
}

const char *lb_scope_format(const struct lb_scope *c, const char *fmt, ...)
{
	lb_autobuf struct lb_buf text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	lb_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	return lb_arena_strndup(lb_scope_arena(c), lb_buf_str(&text), text.len);
}

const char *lb_scope_join(const struct lb_scope *c, const char *a, const char *b, const char *rest)
{
	size_t la = strlen(a), lb = strlen(b), lr = strlen(rest);
	char *text = lb_arena_alloc(lb_scope_arena(c), la + lb + lr + 1);
	memcpy(text, a, la);
	memcpy(text + la, b, lb);
	memcpy(text + la + lb, rest, lr + 1);
	return text;
}

static const char *look_up(const char *name, void *arg)
{
	return lb_stage_lookup(arg, name);
}

struct lb_words lb_scope_words(const struct lb_scope *c, struct lb_strv *unset)
{
	unsigned dialect = c->s->plan->options.dialect;
	return (struct lb_words){
		.escape = c->s->plan->df->escape,
		.lookup = look_up,
		.arg = c->s,
		.no_modifiers = !(dialect & LB_DIALECT_MODIFIERS),
		.unset = unset,
	};
}

static bool is_declared(const struct lb_stage_state *s, const char *name)
{
	return lb_name_set_has(&s->index->args, name) || lb_arg_stays_out_of_env(name);
}

void lb_scope_report(const struct lb_scope *c, const struct lb_strv *unset)
{
	const struct lb_pairs *env = &c->s->run_env;
	if (!unset->count)
		return;
	lb_autofree const char **names = lb_calloc(env->count + 1, sizeof(*names));
	for (size_t i = 0; i < env->count; i++)
		names[i] = env->items[i].name;
	for (size_t i = 0; i < unset->count; i++) {
		if (is_declared(c->s, unset->items[i]))
			continue;
		const char *near = lb_text_nearest(unset->items[i], names, env->count);
		lb_lint_report(c->s->plan, c->in, "UndefinedVar", c->in->first_line, "Usage of undefined variable '$%s'%s%s%s",
			       unset->items[i], near ? " (did you mean $" : "", near ? near : "", near ? "?)" : "");
	}
}

static int expand(const struct lb_scope *c, struct lb_words *w, const char *word, struct lb_pos at, const char **out)
{
	struct lb_err inner;
	lb_autofree char *text = NULL;
	if (lb_words_is_plain(word)) {
		*out = lb_arena_strdup(lb_scope_arena(c), word);
		return 0;
	}
	int r = lb_words_expand(w, word, &text, NULL, &inner);
	lb_scope_report(c, w->unset);
	if (r != 0)
		return lb_scope_fail(c, at, "%s", inner.text);
	*out = lb_arena_strdup(lb_scope_arena(c), text);
	return 0;
}

int lb_scope_expand(const struct lb_scope *c, const char *word, struct lb_pos at, const char **out)
{
	lb_autostrv struct lb_strv unset = { 0 };
	struct lb_words w = lb_scope_words(c, &unset);
	return expand(c, &w, word, at, out);
}

int lb_scope_expand_body(const struct lb_scope *c, const char *word, const char **out)
{
	lb_autostrv struct lb_strv unset = { 0 };
	struct lb_words w = lb_scope_words(c, &unset);
	w.escape = '\\';
	w.raw_quotes = true;
	return expand(c, &w, word, lb_scope_pos(c), out);
}

int lb_scope_split(const struct lb_scope *c, const char *word, struct lb_pos at, struct lb_strv *out)
{
	struct lb_err inner;
	struct lb_words w = lb_scope_words(c, NULL);
	if (lb_words_split(&w, word, out, NULL, &inner) != 0)
		return lb_scope_fail(c, at, "%s", inner.text);
	return 0;
}

char **lb_scope_begin_expanded(const struct lb_scope *c)
{
	struct lb_resolved *r = c->resolved;
	r->has_expanded = true;
	r->expanded_count = c->in->args_count;
	r->expanded = lb_arena_alloc(lb_scope_arena(c), (c->in->args_count + 1) * sizeof(*r->expanded));
	if (c->in->args_count)
		memcpy(r->expanded, c->in->args, c->in->args_count * sizeof(*r->expanded));
	return r->expanded;
}

char **lb_scope_command(const struct lb_scope *c, const char *text, size_t *count)
{
	static char *const default_shell[] = { "/bin/sh", "-c" };
	const struct lb_image_config *config = &c->s->config;
	char *const *first = config->shell_count ? config->shell : default_shell;
	size_t n = config->shell_count ? config->shell_count : LB_COUNT(default_shell);
	if (c->in->json) {
		first = c->in->args;
		n = c->in->args_count;
	}
	char **items = lb_arena_alloc(lb_scope_arena(c), (n + 2) * sizeof(*items));
	if (n)
		memcpy(items, first, n * sizeof(*items));
	if (!c->in->json)
		items[n++] = lb_arena_strdup(lb_scope_arena(c), text);
	*count = n;
	return items;
}
