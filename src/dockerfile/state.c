/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "dockerfile/parser.h"
#include "dockerfile/scope.h"
#include "lbench/fs.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

const char *lb_stage_lookup(const struct lb_stage_state *s, const char *name)
{
	return s->index ? lb_pairs_latest_of(&s->run_env, &s->index->run_env, name) : lb_pairs_get(&s->run_env, name);
}

const char *lb_stage_cwd(const struct lb_stage_state *s)
{
	return *s->config.workdir ? s->config.workdir : "/";
}

static const char *copy_text(struct lb_arena *arena, const char *text)
{
	return text ? lb_arena_strdup(arena, text) : "";
}

static char **copy_list(struct lb_arena *arena, char *const *items, size_t count)
{
	char **copy = lb_arena_alloc(arena, (count + 1) * sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = lb_arena_strdup(arena, items[i]);
	return copy;
}

static struct lb_pairs copy_pairs(struct lb_arena *arena, const struct lb_pairs *p)
{
	struct lb_pairs copy = lb_pairs_copy(arena, p);
	for (size_t i = 0; i < copy.count; i++) {
		copy.items[i].name = lb_arena_strdup(arena, copy.items[i].name);
		copy.items[i].value = copy_text(arena, copy.items[i].value);
	}
	return copy;
}

static struct lb_healthcheck *copy_healthcheck(struct lb_arena *arena, const struct lb_healthcheck *h)
{
	struct lb_healthcheck *copy = h ? lb_arena_alloc(arena, sizeof(*copy)) : NULL;
	if (copy) {
		*copy = *h;
		copy->test = copy_list(arena, h->test, h->test_count);
	}
	return copy;
}

static struct lb_image_config copy_config(struct lb_arena *arena, const struct lb_image_config *c)
{
	struct lb_image_config copy = *c;
	copy.env = copy_pairs(arena, &c->env);
	copy.labels = copy_pairs(arena, &c->labels);
	copy.cmd = copy_list(arena, c->cmd, c->cmd_count);
	copy.entrypoint = copy_list(arena, c->entrypoint, c->entrypoint_count);
	copy.shell = copy_list(arena, c->shell, c->shell_count);
	copy.volumes = copy_list(arena, c->volumes, c->volumes_count);
	copy.exposed = copy_list(arena, c->exposed, c->exposed_count);
	copy.onbuild = NULL;
	copy.onbuild_count = 0;
	copy.user = copy_text(arena, c->user);
	copy.workdir = copy_text(arena, c->workdir);
	copy.stop_signal = copy_text(arena, c->stop_signal);
	copy.author = copy_text(arena, c->author);
	copy.healthcheck = copy_healthcheck(arena, c->healthcheck);
	return copy;
}

static void inherit(struct lb_stage_state *s, const struct lb_stage_state *base)
{
	struct lb_arena *arena = &s->plan->arena;
	s->config = copy_config(arena, &base->config);
	struct lb_pairs latest = lb_pairs_latest(arena, &base->run_env, &base->index->run_env);
	s->run_env = copy_pairs(arena, &latest);
	s->workdir_absolute_seen = base->workdir_absolute_seen;
	for (size_t i = 0; i < base->args_count; i++) {
		s->args = lb_parser_grow(arena, s->args, s->args_count, &s->args_cap, sizeof(*s->args));
		s->args[s->args_count] = base->args[i];
		s->args[s->args_count].name = lb_arena_strdup(arena, base->args[i].name);
		if (base->args[i].value)
			s->args[s->args_count].value = lb_arena_strdup(arena, base->args[i].value);
		s->args_count++;
	}
}

/* A base's directory, relative or not, as a WORKDIR from "/". */
static const char *absolute(struct lb_arena *arena, const char *dir)
{
	lb_autofree char *joined = lb_path_join("/", dir);
	lb_autofree char *clean = lb_path_clean(joined);
	return lb_arena_strdup(arena, clean);
}

static void add_names(struct lb_arena *arena, struct lb_name_set *set, const struct lb_pairs *p)
{
	for (size_t i = 0; i < p->count; i++)
		lb_name_set_add(arena, set, p->items[i].name, i);
}

static void make_index(struct lb_stage_state *s)
{
	struct lb_arena *arena = &s->plan->arena;
	struct lb_stage_index *index = lb_arena_alloc(arena, sizeof(*index));
	const struct lb_image_config *config = &s->config;
	*index = (struct lb_stage_index){ 0 };
	add_names(arena, &index->env, &config->env);
	add_names(arena, &index->run_env, &s->run_env);
	add_names(arena, &index->labels, &config->labels);
	for (size_t i = 0; i < s->args_count; i++)
		lb_name_set_add(arena, &index->args, s->args[i].name, i);
	for (size_t i = 0; i < config->volumes_count; i++)
		lb_name_set_add(arena, &index->volumes, config->volumes[i], i);
	for (size_t i = 0; i < config->exposed_count; i++)
		lb_name_set_add(arena, &index->exposed, config->exposed[i], i);
	s->index = index;
}

void lb_stage_state_init(struct lb_stage_state *s, struct lb_build_plan *plan, int stage, const struct lb_image_config *base,
			 const struct lb_stage_state *base_state)
{
	static const struct lb_image_config empty = { 0 };
	*s = (struct lb_stage_state){ .plan = plan, .stage = stage };
	if (base_state)
		inherit(s, base_state);
	else
		s->config = copy_config(&plan->arena, base ? base : &empty);
	make_index(s);
	if (!lb_name_set_has(&s->index->env, "PATH"))
		lb_pairs_put(&plan->arena, &s->config.env, &s->index->env, "PATH", DEFAULT_PATH);
	if (*s->config.workdir)
		s->config.workdir = absolute(&plan->arena, s->config.workdir);
	/* the engine sets the configuration's variables anew in every stage, which moves them behind the arguments */
	for (size_t i = 0; i < s->config.env.count; i++)
		lb_pairs_log(&plan->arena, &s->run_env, &s->index->run_env, s->config.env.items[i].name, s->config.env.items[i].value);
}
