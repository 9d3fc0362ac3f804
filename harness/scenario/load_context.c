/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "scenario/load.h"

struct git {
	char *path, *rev, *below;
};
static const struct scn_field git_fields[] = {
	{ "git", SCN_PATH, offsetof(struct git, path), 0, true, NULL },
	{ "at", SCN_PATH, offsetof(struct git, rev), 0, false, NULL },
	{ "below", SCN_PATH, offsetof(struct git, below), 0, false, NULL },
};

static int from_git(struct scn_loader *l, const struct scn_yaml *value, struct scenario *s)
{
	struct git g = { .rev = (char[]){ "HEAD" }, .below = (char[]){ "" } };
	if (SCN_FIELDS_READ(l, value, "context", git_fields, &g) < 0)
		return LB_INVALID;
	struct lb_err local;
	if (lb_tree_from_git(scn_load_path(l, g.path), g.rev, g.below, &s->context, NULL, &local) < 0)
		return lb_fail_at(l->err, value->pos, "context: %s", local.text);
	return 0;
}

/* What lbench itself writes beside a project is never part of its context. */
static enum lb_keep keep_project(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct scn_load_options *options = arg;
	(void)node;
	bool git = options->without_git && len == 4 && memcmp(path, ".git", 4) == 0;
	return git || (len == 7 && memcmp(path, ".lbench", 7) == 0) ? LB_DROP : LB_KEEP;
}

static int from_dir(struct scn_loader *l, struct lb_pos pos, const char *path, struct scenario *s)
{
	struct lb_dir_options o = { .canonical = !s->disk_metadata, .memo_path = l->options->memo_path, .keep_arg = (void *)l->options };
	if (s->implicit)
		o.keep = keep_project;
	if (!lb_fs_exists(AT_FDCWD, path))
		return lb_fail_at(l->err, pos, "context: '%s' is not there; expected a directory with the build context", path);
	if (!lb_fs_is_dir(AT_FDCWD, path))
		return lb_fail_at(l->err, pos, "context: '%s' is a file; expected a directory with the build context", path);
	l->context_dir = lb_arena_strdup(l->arena, path);
	return lb_tree_from_dir(path, &o, &s->context, l->err);
}

int scn_load_context(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	if (!value)
		return from_dir(l, (struct lb_pos){ 0 }, s->dir, s);
	if (value->kind == SCN_MAP)
		return from_git(l, value, s);
	char *path = NULL;
	if (scn_value_read(l, value, SCN_PATH, "context", &path) < 0)
		return LB_INVALID;
	return from_dir(l, value->pos, scn_load_path(l, path), s);
}
