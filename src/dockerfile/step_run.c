/* SPDX-License-Identifier: Apache-2.0
 *
 * RUN: what is executed, with which mounts.
 */
#include <string.h>

#include "dockerfile/heredoc.h"
#include "dockerfile/history.h"
#include "dockerfile/mount.h"
#include "dockerfile/plan.h"
#include "dockerfile/rune.h"
#include "dockerfile/scope.h"
#include "dockerfile/stage_args.h"
#include "lbench/fs.h"

/* Where the engine mounts the file of a heredoc that begins with "#!". */
#define SCRIPT_DIR "/dev/pipes/"

static const char *flag_or(const struct lb_instruction *in, const char *name, const char *otherwise)
{
	const struct lb_flag *flag = lb_instruction_flag(in, name);
	return flag && *flag->value ? flag->value : otherwise;
}

const char *lb_scope_heredoc_text(const struct lb_scope *c, const struct lb_heredoc *doc, size_t *len)
{
	lb_autobuf struct lb_buf text = { 0 };
	bool at_start = true;
	for (size_t i = 0; i < doc->content_len; i++) {
		if (doc->chomp && at_start && doc->content[i] == '\t')
			continue;
		lb_buf_addc(&text, doc->content[i]);
		at_start = doc->content[i] == '\n';
	}
	*len = text.len;
	return lb_arena_strndup(lb_scope_arena(c), lb_buf_str(&text), text.len);
}

static bool is_single_heredoc(const struct lb_scope *c)
{
	struct lb_heredoc doc;
	size_t len = strlen(c->in->rest);
	const char *text = lb_rune_trim(c->in->rest, &len);
	return c->in->heredocs_count == 1 && lb_heredoc_word(lb_scope_arena(c), text, len, &doc, NULL) == 1;
}

/* The line and the bodies, each with its end again, as one text for the shell. */
static const char *text_with_bodies(const struct lb_scope *c)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, c->in->args_count ? c->in->args[0] : "");
	for (size_t i = 0; i < c->in->heredocs_count; i++) {
		const struct lb_heredoc *doc = &c->in->heredocs[i];
		lb_buf_addc(&text, '\n');
		lb_buf_add(&text, doc->content, doc->content_len);
		lb_buf_adds(&text, doc->name);
	}
	return lb_arena_strndup(lb_scope_arena(c), lb_buf_str(&text), text.len);
}

static const char *shell_text(const struct lb_scope *c)
{
	size_t len;
	if (!is_single_heredoc(c))
		return text_with_bodies(c);
	const char *body = lb_scope_heredoc_text(c, &c->in->heredocs[0], &len);
	if (strncmp(body, "#!", 2) != 0)
		return body;
	c->out->script = body;
	return lb_scope_format(c, SCRIPT_DIR "%s", c->in->heredocs[0].name);
}

/* "a" below the stage's directory, cleaned. */
static const char *below_cwd(const struct lb_scope *c, const char *path)
{
	lb_autofree char *joined = lb_path_join(lb_stage_cwd(c->s), path);
	lb_autofree char *clean = lb_path_clean(joined);
	return lb_arena_strdup(lb_scope_arena(c), clean);
}

static void default_target(const struct lb_scope *c, struct lb_mount *m, size_t ssh_before)
{
	if (*m->target)
		return;
	if (m->type == LB_MOUNT_SECRET && !m->env)
		m->target = lb_scope_format(c, "/run/secrets/%s", m->id);
	if (m->type == LB_MOUNT_SSH)
		m->target = lb_scope_format(c, "/run/buildkit/ssh_agent.%zu", ssh_before);
}

static int resolve_mount(const struct lb_scope *c, const struct lb_flag *flag, struct lb_mount *m, size_t ssh_before)
{
	const struct lb_build_plan *plan = c->s->plan;
	struct lb_pos at = lb_flag_pos(plan->df, flag);
	lb_autostrv struct lb_strv unset = { 0 };
	struct lb_words words = lb_scope_words(c, &unset);
	int r = lb_mount_expand(lb_scope_arena(c), flag->value, &words, at, m, c->err);
	lb_scope_report(c, &unset);
	if (r != 0)
		return r;
	m->from_stage = m->from ? lb_plan_take_from(plan, (size_t)c->s->stage, m->from) : -1;
	if (m->from_stage >= c->s->stage)
		return lb_scope_fail(c, at, "cannot mount from stage %s: it has to be defined before this one", m->from);
	const char *space = lb_build_arg(&plan->options, "BUILDKIT_CACHE_MOUNT_NS");
	if (m->type == LB_MOUNT_CACHE && space && *space)
		m->id = lb_scope_format(c, "%s/%s", space, m->id);
	default_target(c, m, ssh_before);
	if (m->type == LB_MOUNT_SECRET && !*m->target)
		return 0;
	m->target = below_cwd(c, m->target);
	if (strcmp(m->target, "/") == 0)
		return lb_scope_fail(c, at, "invalid mount target \"/\": give a directory below the root as target=…");
	return 0;
}

static int resolve_mounts(const struct lb_scope *c)
{
	size_t ssh = 0;
	struct lb_mount *mounts = lb_arena_alloc(lb_scope_arena(c), (c->in->flags_count + 1) * sizeof(*mounts));
	c->out->mounts = mounts;
	for (size_t i = 0; i < c->in->flags_count; i++) {
		const struct lb_flag *flag = &c->in->flags[i];
		if (strcmp(flag->name, "mount") != 0)
			continue;
		int r = resolve_mount(c, flag, &mounts[c->out->mounts_count], ssh);
		if (r != 0)
			return r;
		ssh += mounts[c->out->mounts_count++].type == LB_MOUNT_SSH;
	}
	return 0;
}

/* The declared arguments with the values that the command sees, as BuildKit's history has them. */
static void add_args(const struct lb_scope *c, struct lb_buf *b)
{
	const struct lb_stage_state *s = c->s;
	if (s->args_count)
		lb_buf_addf(b, "|%zu ", s->args_count);
	for (size_t i = 0; i < s->args_count; i++) {
		const char *value = lb_stage_lookup(s, s->args[i].name);
		if (!value)
			value = s->args[i].value ? s->args[i].value : "";
		lb_buf_addf(b, "%s=%s ", s->args[i].name, value);
	}
}

static void note_run_args(const struct lb_scope *c)
{
	const struct lb_stage_state *s = c->s;
	for (size_t i = 0; i < s->args_count; i++)
		if (s->args[i].value && !s->args[i].hidden)
			lb_pairs_insert_sorted(lb_scope_arena(c), &c->out->run_args, s->args[i].name, s->args[i].value);
}

static void note_surroundings(const struct lb_scope *c)
{
	lb_autobuf struct lb_buf created = { 0 };
	struct lb_step *out = c->out;
	out->env = lb_pairs_latest(lb_scope_arena(c), &c->s->run_env, &c->s->index->run_env);
	note_run_args(c);
	lb_buf_adds(&created, "RUN ");
	add_args(c, &created);
	lb_history_join(&created, out->argv, out->argv_count);
	lb_buf_adds(&created, " # buildkit");
	out->created_by = lb_arena_strndup(lb_scope_arena(c), created.data, created.len);
}

int lb_step_run(const struct lb_scope *c)
{
	struct lb_step *out = c->out;
	int r = resolve_mounts(c);
	if (r != 0)
		return r;
	out->op = LB_OP_RUN;
	out->shell_form = !c->in->json;
	out->command = out->shell_form ? shell_text(c) : c->in->rest;
	out->argv = lb_scope_command(c, out->command, &out->argv_count);
	out->network = flag_or(c->in, "network", "default");
	out->security = flag_or(c->in, "security", "sandbox");
	out->created_by = "";
	if (!c->s->index->brief)
		note_surroundings(c);
	out->text = lb_scope_format(c, "RUN %s", out->script || !out->shell_form ? c->in->rest : out->command);
	return 0;
}
