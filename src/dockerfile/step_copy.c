/* SPDX-License-Identifier: Apache-2.0
 *
 * COPY and ADD: sources, destination and flags.
 */
#include <ctype.h>
#include <string.h>

#include "dockerfile/heredoc.h"
#include "dockerfile/plan.h"
#include "dockerfile/scope.h"
#include "lbench/fs.h"

static bool flag_is_on(const struct lb_instruction *in, const char *name, bool otherwise)
{
	const struct lb_flag *flag = lb_instruction_flag(in, name);
	if (!flag)
		return otherwise;
	return !flag->has_value || strcmp(flag->value, "false") != 0;
}

/* A flag's value, expanded; NULL when it is not given, or comes out empty. */
static int expand_flag(const struct lb_scope *c, const char *name, const char **out)
{
	const struct lb_flag *flag = lb_instruction_flag(c->in, name);
	*out = NULL;
	if (!flag)
		return 0;
	int r = lb_scope_expand(c, flag->value, lb_flag_pos(c->s->plan->df, flag), out);
	if (*out && **out == '\0')
		*out = NULL;
	return r;
}

/* user@host:path, with which ssh names a repository */
static bool is_scp(const char *text)
{
	const char *p = text;
	while (isalnum((unsigned char)*p) || *p == '-' || *p == '_')
		p++;
	if (p == text || *p != '@')
		return false;
	size_t host = strcspn(p + 1, ":/");
	return host > 0 && p[1 + host] == ':';
}

static bool is_git(const char *text)
{
	static const char *const schemes[] = { "git://", "ssh://", "git+ssh://" };
	for (size_t i = 0; i < LB_COUNT(schemes); i++)
		if (strncmp(text, schemes[i], strlen(schemes[i])) == 0)
			return true;
	if (is_scp(text))
		return true;
	if (strncmp(text, "http://", 7) != 0 && strncmp(text, "https://", 8) != 0)
		return false;
	size_t path = strcspn(text, "#?");
	return path > 4 && memcmp(text + path - 4, ".git", 4) == 0;
}

bool lb_source_is_remote(const char *source)
{
	return strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0 || is_git(source);
}

static int add_path(const struct lb_scope *c, size_t i)
{
	struct lb_step *out = c->out;
	const char *path;
	struct lb_pos at = lb_scope_arg_pos(c, i);
	int r = lb_scope_expand(c, c->in->args[i], at, &path);
	if (r != 0)
		return r;
	bool remote = lb_source_is_remote(path);
	if (remote && c->in->keyword == LB_KW_COPY)
		return lb_scope_fail(c, at, "COPY takes no %s: write ADD", is_git(path) ? "git reference" : "URL");
	c->resolved->expanded[i] = lb_arena_strdup(lb_scope_arena(c), path);
	out->sources[out->sources_count++] = (struct lb_copy_source){ .path = path, .remote = remote };
	return 0;
}

static int add_heredoc(const struct lb_scope *c, const struct lb_heredoc *doc)
{
	struct lb_step *out = c->out;
	size_t len;
	const char *content = lb_scope_heredoc_text(c, doc, &len);
	if (doc->expand) {
		int r = lb_scope_expand_body(c, content, &content);
		if (r != 0)
			return r;
		len = strlen(content);
	}
	out->sources[out->sources_count++] = (struct lb_copy_source){ .name = doc->name, .content = content, .content_len = len };
	return 0;
}

static bool is_heredoc(const struct lb_scope *c, const char *arg)
{
	struct lb_heredoc doc;
	return c->in->heredocs_count && !c->in->json && lb_heredoc_word(lb_scope_arena(c), arg, strlen(arg), &doc, NULL) == 1;
}

/* The engine copies the plain sources first, then the heredocs. */
static int resolve_sources(const struct lb_scope *c)
{
	int r = 0;
	size_t last = c->in->args_count - 1;
	c->out->sources = lb_arena_alloc(lb_scope_arena(c), c->in->args_count * sizeof(*c->out->sources));
	for (size_t i = 0; i < last && r == 0; i++)
		if (!is_heredoc(c, c->in->args[i]))
			r = add_path(c, i);
	if (r == 0)
		r = lb_scope_expand(c, c->in->args[last], lb_scope_arg_pos(c, last), &c->out->dest);
	for (size_t i = 0; i < c->in->heredocs_count && c->out->sources_count < last && r == 0; i++)
		r = add_heredoc(c, &c->in->heredocs[i]);
	return r;
}

/* A trailing '/' or "/." says that the destination is a directory; so does "." or nothing. */
static const char *absolute_dest(const struct lb_scope *c, const char *dest)
{
	size_t len = strlen(dest);
	bool directory = len == 0 || dest[len - 1] == '/' || strcmp(dest, ".") == 0 || (len > 1 && strcmp(dest + len - 2, "/.") == 0);
	lb_autofree char *joined = lb_path_join(lb_stage_cwd(c->s), dest);
	lb_autofree char *clean = lb_path_clean(joined);
	return lb_scope_join(c, clean, directory && strcmp(clean, "/") != 0 ? "/" : "", "");
}

static int resolve_from(const struct lb_scope *c)
{
	const struct lb_flag *flag = lb_instruction_flag(c->in, "from");
	if (!flag || *flag->value == '\0')
		return 0;
	struct lb_pos at = lb_flag_pos(c->s->plan->df, flag);
	c->out->from = flag->value;
	int r = lb_plan_copy_source(c->s->plan, (size_t)c->s->stage, flag->value, at, &c->out->from_stage, c->err);
	if (r == 0 && c->out->from_stage >= c->s->stage)
		return lb_scope_fail(c, at, "cannot copy from stage %s: it has to be defined before this one", flag->value);
	return r;
}

static int check_checksum(const struct lb_scope *c)
{
	const struct lb_flag *flag = lb_instruction_flag(c->in, "checksum");
	if (!c->out->checksum)
		return 0;
	if (c->out->sources_count != 1)
		return lb_scope_fail(c, lb_flag_pos(c->s->plan->df, flag), "--checksum is for one source, not several");
	if (!c->out->sources[0].remote)
		return lb_scope_fail(c, lb_flag_pos(c->s->plan->df, flag), "--checksum is for a URL or a git reference");
	return 0;
}

static int resolve_flags(const struct lb_scope *c)
{
	struct lb_step *out = c->out;
	const struct lb_flag *chmod = lb_instruction_flag(c->in, "chmod");
	uint32_t mode;
	struct lb_err inner;
	int r = expand_flag(c, "chown", &out->chown);
	if (r == 0)
		r = expand_flag(c, "chmod", &out->chmod);
	if (r == 0)
		r = expand_flag(c, "checksum", &out->checksum);
	if (r == 0 && out->chmod && lb_chmod_apply(out->chmod, false, 0644, &mode, &inner) != 0)
		return lb_scope_fail(c, lb_flag_pos(c->s->plan->df, chmod), "%s", inner.text);
	out->link = flag_is_on(c->in, "link", false);
	out->parents = flag_is_on(c->in, "parents", false);
	out->keep_git_dir = flag_is_on(c->in, "keep-git-dir", false);
	out->unpack_given = lb_instruction_flag(c->in, "unpack") != NULL;
	out->unpack = flag_is_on(c->in, "unpack", c->in->keyword == LB_KW_ADD);
	out->excludes = lb_arena_alloc(lb_scope_arena(c), (c->in->flags_count + 1) * sizeof(*out->excludes));
	for (size_t i = 0; i < c->in->flags_count; i++)
		if (strcmp(c->in->flags[i].name, "exclude") == 0)
			out->excludes[out->excludes_count++] = c->in->flags[i].value;
	return r;
}

static void write_text(const struct lb_scope *c)
{
	struct lb_step *out = c->out;
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, lb_keyword_name(c->in->keyword));
	lb_buf_adds(&text, out->parents ? " --parents" : "");
	if (out->chown)
		lb_buf_addf(&text, " --chown=%s", out->chown);
	if (out->chmod)
		lb_buf_addf(&text, " --chmod=%s", out->chmod);
	for (size_t i = 0; i < out->sources_count; i++) {
		const struct lb_copy_source *source = &out->sources[i];
		lb_buf_adds(&text, source->path ? " " : " <<");
		lb_buf_adds(&text, source->path ? source->path : source->name);
	}
	lb_buf_addc(&text, ' ');
	lb_buf_adds(&text, out->dest);
	out->text = lb_arena_strndup(lb_scope_arena(c), text.data, text.len);
	out->created_by = lb_scope_join(c, out->text, " # buildkit", "");
}

int lb_step_copy(const struct lb_scope *c)
{
	struct lb_step *out = c->out;
	out->op = c->in->keyword == LB_KW_ADD ? LB_OP_ADD : LB_OP_COPY;
	char **expanded = lb_scope_begin_expanded(c);
	int r = resolve_flags(c);
	if (r == 0)
		r = resolve_sources(c);
	if (r == 0)
		r = resolve_from(c);
	if (r == 0)
		r = check_checksum(c);
	if (r != 0)
		return r;
	expanded[c->in->args_count - 1] = lb_arena_strdup(lb_scope_arena(c), out->dest);
	out->dest_abs = absolute_dest(c, out->dest);
	write_text(c);
	return 0;
}
