/* SPDX-License-Identifier: Apache-2.0
 *
 * The instructions that write the image's configuration.
 */
#include <stdlib.h>
#include <string.h>

#include "dockerfile/expose.h"
#include "dockerfile/health.h"
#include "dockerfile/history.h"
#include "dockerfile/scope.h"
#include "dockerfile/signal.h"
#include "lbench/fs.h"

static void write_text(const struct lb_scope *c, const char *text)
{
	c->out->text = lb_scope_join(c, lb_keyword_name(c->in->keyword), " ", text);
	c->out->created_by = c->out->text;
}

static void write_list(const struct lb_scope *c, char *const *items, size_t count, bool quoted)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_history_list(&text, items, count, quoted);
	write_text(c, lb_buf_str(&text));
}

/* The one argument of USER, STOPSIGNAL, WORKDIR; none is taken for an empty one. */
static int expand_one(const struct lb_scope *c, const char **out)
{
	char **expanded = lb_scope_begin_expanded(c);
	*out = "";
	if (c->in->args_count == 0)
		return 0;
	int r = lb_scope_expand(c, c->in->args[0], lb_scope_arg_pos(c, 0), out);
	if (r == 0)
		expanded[0] = lb_arena_strdup(lb_scope_arena(c), *out);
	return r;
}

int lb_step_workdir(const struct lb_scope *c)
{
	const char *written;
	int r = expand_one(c, &written);
	if (r != 0)
		return r;
	lb_autofree char *joined = lb_path_join(lb_stage_cwd(c->s), written);
	lb_autofree char *clean = lb_path_clean(joined);
	c->s->config.workdir = lb_arena_strdup(lb_scope_arena(c), clean);
	c->s->workdir_absolute_seen = true;
	c->out->op = LB_OP_WORKDIR;
	c->out->path = c->s->config.workdir;
	write_text(c, c->out->path);
	return 0;
}

static int step_user(const struct lb_scope *c)
{
	int r = expand_one(c, &c->s->config.user);
	if (r == 0)
		write_text(c, c->s->config.user);
	return r;
}

static int step_stop_signal(const struct lb_scope *c)
{
	const char *name;
	int r = expand_one(c, &name);
	if (r != 0)
		return r;
	if (!lb_signal_known(name))
		return lb_scope_fail(c, lb_scope_arg_pos(c, 0), "STOPSIGNAL %s: no such signal; write a name as SIGTERM, or a number",
				     name);
	c->s->config.stop_signal = name;
	write_text(c, name);
	return 0;
}

static void add_item(struct lb_arena *arena, char ***items, size_t *count, size_t *cap, char *item)
{
	/* a list without room is another state's as well */
	if (*count >= *cap) {
		*cap = *count < 4 ? 8 : *count * 2;
		char **grown = lb_arena_alloc(arena, *cap * sizeof(*grown));
		if (*count)
			memcpy(grown, *items, *count * sizeof(*grown));
		*items = grown;
	}
	(*items)[(*count)++] = item;
}

static int step_volume(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	char **expanded = lb_scope_begin_expanded(c);
	for (size_t i = 0; i < c->in->args_count; i++) {
		const char *path;
		int r = lb_scope_expand(c, c->in->args[i], lb_scope_arg_pos(c, i), &path);
		if (r != 0)
			return r;
		if (*path == '\0')
			return lb_scope_fail(c, lb_scope_arg_pos(c, i), "VOLUME %s comes out empty: give the path of a directory",
					     c->in->args[i]);
		expanded[i] = lb_arena_strdup(lb_scope_arena(c), path);
	}
	struct lb_stage_index *index = c->s->index;
	for (size_t i = 0; i < c->in->args_count; i++)
		if (lb_name_set_add(lb_scope_arena(c), &index->volumes, expanded[i], config->volumes_count))
			add_item(lb_scope_arena(c), &config->volumes, &config->volumes_count, &index->volumes_cap, expanded[i]);
	write_list(c, expanded, c->in->args_count, false);
	return 0;
}

/* The ports of one argument, which may expand to several words or to none. */
static int add_ports(const struct lb_scope *c, size_t i, struct lb_strv *words, struct lb_ports *ports)
{
	struct lb_err inner;
	lb_autostrv struct lb_strv split = { 0 };
	struct lb_pos at = lb_scope_arg_pos(c, i);
	int r = lb_scope_split(c, c->in->args[i], at, &split);
	for (size_t k = 0; k < split.count && r == 0; k++) {
		bool loose = c->s->plan->options.dialect & LB_DIALECT_LOOSE_NAMES;
		if (lb_expose_add(lb_scope_arena(c), split.items[k], ports, NULL, &inner) != 0 && !loose)
			r = lb_scope_fail(c, at, "%s", inner.text);
		lb_strv_add(words, split.items[k]);
	}
	return r;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The engine's history has the ports of the words in the order of these. */
static void write_ports(const struct lb_scope *c, struct lb_strv *words)
{
	struct lb_ports sorted = { 0 };
	if (words->count)
		qsort(words->items, words->count, sizeof(*words->items), by_text);
	for (size_t i = 0; i < words->count; i++)
		lb_expose_add(lb_scope_arena(c), words->items[i], &sorted, NULL, NULL);
	write_list(c, sorted.items, sorted.count, false);
}

static int step_expose(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	struct lb_ports ports = { 0 };
	lb_autostrv struct lb_strv words = { 0 };
	for (size_t i = 0; i < c->in->args_count; i++) {
		int r = add_ports(c, i, &words, &ports);
		if (r != 0)
			return r;
	}
	struct lb_resolved *resolved = c->resolved;
	*resolved = (struct lb_resolved){ .has_expanded = true, .ports = ports.items, .ports_count = ports.count };
	resolved->expanded = lb_arena_alloc(lb_scope_arena(c), (words.count + 1) * sizeof(*resolved->expanded));
	for (size_t i = 0; i < words.count; i++)
		resolved->expanded[resolved->expanded_count++] = lb_arena_strdup(lb_scope_arena(c), words.items[i]);
	struct lb_stage_index *index = c->s->index;
	for (size_t i = 0; i < ports.count; i++)
		if (lb_name_set_add(lb_scope_arena(c), &index->exposed, ports.items[i], config->exposed_count))
			add_item(lb_scope_arena(c), &config->exposed, &config->exposed_count, &index->exposed_cap, ports.items[i]);
	write_ports(c, &words);
	return 0;
}

static int step_cmd(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	config->cmd = lb_scope_command(c, c->in->args_count ? c->in->args[0] : "", &config->cmd_count);
	config->cmd_set = true;
	c->s->cmd_here = true;
	c->s->cmd_at = c->in;
	write_list(c, config->cmd, config->cmd_count, true);
	return 0;
}

static int step_entrypoint(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	config->entrypoint = lb_scope_command(c, c->in->args_count ? c->in->args[0] : "", &config->entrypoint_count);
	config->entrypoint_set = true;
	c->s->entrypoint_at = c->in;
	if (!c->s->cmd_here) {
		config->cmd = NULL;
		config->cmd_count = 0;
		config->cmd_set = false;
	}
	write_list(c, config->entrypoint, config->entrypoint_count, true);
	return 0;
}

static int step_healthcheck(const struct lb_scope *c)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_healthcheck *health = lb_arena_alloc(lb_scope_arena(c), sizeof(*health));
	int r = lb_health_parse(c->s->plan->df, lb_scope_arena(c), c->in, health, c->err);
	if (r != 0)
		return r;
	c->s->config.healthcheck = health;
	c->s->healthcheck_at = c->in;
	lb_history_health(&text, health);
	write_text(c, lb_buf_str(&text));
	return 0;
}

static int step_shell(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	config->shell = lb_scope_command(c, "", &config->shell_count);
	c->s->shell_here = true;
	write_list(c, config->shell, config->shell_count, false);
	return 0;
}

/* What stands behind ONBUILD, with the heredocs that it opened, as the image keeps it. */
static int step_onbuild(const struct lb_scope *c)
{
	struct lb_image_config *config = &c->s->config;
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, c->in->trigger ? c->in->trigger->original : c->in->rest);
	for (size_t i = 0; c->in->trigger && i < c->in->trigger->heredocs_count; i++) {
		const struct lb_heredoc *doc = &c->in->trigger->heredocs[i];
		lb_buf_addf(&text, "\n%s%s", doc->content, doc->name);
	}
	char *trigger = lb_arena_strndup(lb_scope_arena(c), lb_buf_str(&text), text.len);
	add_item(lb_scope_arena(c), &config->onbuild, &config->onbuild_count, &c->s->index->onbuild_cap, trigger);
	write_text(c, trigger);
	return 0;
}

static int step_maintainer(const struct lb_scope *c)
{
	c->s->config.author = c->in->args_count ? c->in->args[0] : "";
	write_text(c, c->s->config.author);
	return 0;
}

int lb_step_config(const struct lb_scope *c)
{
	switch (c->in->keyword) {
	case LB_KW_USER:
		return step_user(c);
	case LB_KW_STOPSIGNAL:
		return step_stop_signal(c);
	case LB_KW_VOLUME:
		return step_volume(c);
	case LB_KW_EXPOSE:
		return step_expose(c);
	case LB_KW_CMD:
		return step_cmd(c);
	case LB_KW_ENTRYPOINT:
		return step_entrypoint(c);
	case LB_KW_HEALTHCHECK:
		return step_healthcheck(c);
	case LB_KW_SHELL:
		return step_shell(c);
	case LB_KW_ONBUILD:
		return step_onbuild(c);
	case LB_KW_MAINTAINER:
		return step_maintainer(c);
	default:
		return lb_scope_fail(c, lb_scope_pos(c), "unknown instruction %s", c->in->word);
	}
}
