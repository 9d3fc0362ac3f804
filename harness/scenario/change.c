/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lbench/fs.h"
#include "scenario/paths.h"
#include "scenario/state.h"

typedef int change_fn(struct scn_step *p);
static change_fn *const appliers[] = {
	[SCN_EDIT] = scn_change_edit,         [SCN_WRITE] = scn_change_write,
	[SCN_APPEND] = scn_change_append,     [SCN_SET] = scn_change_set,
	[SCN_REPLACE] = scn_change_replace,   [SCN_DELETE] = scn_change_delete,
	[SCN_RENAME] = scn_change_rename,     [SCN_COPY] = scn_change_copy,
	[SCN_MKDIR] = scn_change_mkdir,       [SCN_SYMLINK] = scn_change_symlink,
	[SCN_CHMOD] = scn_change_chmod,       [SCN_CHOWN] = scn_change_chown,
	[SCN_TOUCH] = scn_change_touch,       [SCN_DOCKERFILE] = scn_change_dockerfile,
	[SCN_ARG] = scn_change_arg,           [SCN_BASE] = scn_change_base,
	[SCN_WORLD] = scn_change_world,       [SCN_APPLY] = scn_change_apply_patch,
	[SCN_CHECKOUT] = scn_change_checkout,
};

/* {{seq}} becomes the serial of the state. */
static const char *expand(struct scn_state *st, const char *text)
{
	static const char mark[] = "{{seq}}";
	if (!text || !strstr(text, mark))
		return text;
	lb_autobuf struct lb_buf out = { 0 };
	for (const char *at; (at = strstr(text, mark)); text = at + sizeof(mark) - 1) {
		lb_buf_add(&out, text, (size_t)(at - text));
		lb_buf_addu(&out, st->seq);
	}
	lb_buf_adds(&out, text);
	return lb_arena_strdup(&st->arena, lb_buf_str(&out));
}

int scn_change_apply(struct scn_state *st, const struct scn_change *c, struct lb_err *err)
{
	struct scn_step p = { st, c, expand(st, c->path), expand(st, c->text), expand(st, c->to), err };
	return appliers[c->kind](&p);
}

int64_t scn_step_time(const struct scn_step *p, int64_t old)
{
	if (p->c->has_time)
		return p->c->time;
	if (p->c->keep_time)
		return old ? old : LB_CONTEXT_TIME;
	/* disk times may lie after LB_CONTEXT_TIME, and what changed must be newer than it was */
	int64_t start = p->st->scenario->disk_metadata && old > LB_CONTEXT_TIME ? old : LB_CONTEXT_TIME;
	return start + (int64_t)p->st->seq;
}

/* The Dockerfile belongs to the variant: a change to it as a file of the context would be overlaid. */
static int check_place(const struct scn_step *p, const char *path)
{
	const struct scenario *s = p->st->scenario;
	for (size_t v = 0; v < s->variants_count; v++)
		if (s->variants[v].place && strcmp(path, s->variants[v].place) == 0)
			return lb_fail_at(p->err, p->c->pos, "'%s' is the Dockerfile of variant '%s'; change it with 'dockerfile:'", path,
					  s->variants[v].name);
	return 0;
}

static int check(const struct scn_step *p, const char *path)
{
	lb_autofree char *clean = lb_path_clean(path);
	if (scn_path_check(p->st->context, path, p->c->pos, p->err) < 0)
		return LB_INVALID;
	return check_place(p, clean);
}

int scn_step_file(struct scn_step *p, const char *path, struct lb_node **out)
{
	if (check(p, path) < 0)
		return LB_INVALID;
	struct lb_node *n = lb_tree_get(p->st->context, path);
	if (!n)
		return lb_fail_at(p->err, p->c->pos, "no file '%s' in the context", path);
	if (n->attr.kind == LB_SYMLINK)
		return lb_fail_at(p->err, p->c->pos, "'%s' is a symbolic link (to '%s'), not a file", path, n->attr.target);
	if (n->attr.kind != LB_FILE)
		return lb_fail_at(p->err, p->c->pos, "'%s' is no regular file%s", path, n->attr.kind == LB_DIR ? " but a directory" : "");
	*out = n;
	return 0;
}

int scn_step_load(struct scn_step *p, const struct lb_node *file, struct lb_buf *out)
{
	return file->content ? lb_content_load(file->content, out, p->err) : 0;
}

int scn_step_put(struct scn_step *p, const char *path, struct lb_node *node)
{
	struct lb_attr parent = { .kind = LB_DIR, .mode = 0755, .mtime.sec = LB_CONTEXT_TIME };
	lb_autonode struct lb_node *mine = node;
	struct lb_node *root = NULL;
	struct lb_err local;
	if (check(p, path) < 0)
		return LB_INVALID;
	if (lb_tree_put(p->st->context, path, mine, &parent, false, &root, &local) < 0)
		return lb_fail_at(p->err, p->c->pos, "'%s': %s", path, local.text);
	lb_steal(&mine);
	lb_node_unref(p->st->context);
	p->st->context = root;
	return 0;
}

int scn_step_store(struct scn_step *p, const char *path, const void *data, size_t len)
{
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644 };
	struct lb_node *old = lb_tree_get(p->st->context, path);
	if (old) {
		struct lb_digest was, is = lb_digest_of(data, len);
		if (scn_step_file(p, path, &old) < 0)
			return LB_INVALID;
		int rc = lb_content_digest(old->content, &was, p->err);
		if (rc < 0)
			return rc;
		if (lb_digest_equal(&was, &is) && !p->c->has_time && !(p->c->has_mode && p->c->mode != old->attr.mode))
			return 0;
		attr = old->attr;
		attr.link_group = 0;
	}
	attr.mtime = (struct lb_time){ .sec = scn_step_time(p, attr.mtime.sec) };
	if (p->c->has_mode)
		attr.mode = p->c->mode;
	return scn_step_put(p, path, lb_node_new(&attr, lb_content_bytes(data, len)));
}

int scn_step_list(struct scn_step *p, bool files_only, struct lb_strv *out)
{
	lb_autostrv struct lb_strv all = { 0 };
	scn_glob_list(p->st->context, p->path, files_only, &all);
	bool magic = lb_glob_has_magic(p->path);
	for (size_t i = 0; i < all.count; i++) {
		struct lb_err unused;
		struct scn_step quiet = *p;
		quiet.err = magic ? &unused : p->err;
		if (check_place(&quiet, all.items[i]) == 0)
			lb_strv_add(out, all.items[i]);
		else if (!magic)
			return LB_INVALID;
	}
	if (out->count || (!magic && check(p, p->path) < 0))
		return out->count ? 0 : LB_INVALID;
	return lb_fail_at(p->err, p->c->pos, magic ? "pattern '%s' matches nothing in the context" : "no file '%s' in the context",
			  p->path);
}
