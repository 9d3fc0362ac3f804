/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif/touch.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "scenario/paths.h"
#include "scenario/state.h"

struct touching {
	const struct touch_options *o;
	struct touch *out;
	size_t cap, files_cap;
	struct scn_change *changes;
	struct lb_err *err;
};

/* ---- one change ---- */

/* At the end, so that all lines keep their numbers. */
static const char comment[] = "# touched";

static void new_file(struct lb_arena *arena, const char *path, struct scn_change *out)
{
	lb_autobuf struct lb_buf none = { 0 }, text = { 0 };
	scn_edit_bytes(path, &none, "0000000a", &text);
	out->kind = SCN_WRITE;
	out->path = lb_arena_strdup(arena, path);
	out->text = lb_arena_strdup(arena, lb_buf_str(&text));
}

void touch_change(const struct scenario *s, size_t variant, const struct lb_node *context, const char *path, struct lb_arena *arena,
		  struct scn_change *out)
{
	const struct lb_node *n = lb_tree_get(context, path);
	const char *place = s->variants[variant].place;
	*out = (struct scn_change){ .pos.file = s->dir };
	if (place && strcmp(place, path) == 0) {
		out->kind = SCN_DOCKERFILE;
		out->op = SCN_DF_APPEND;
		out->text = lb_arena_strdup(arena, comment);
		return;
	}
	if (!n) {
		new_file(arena, path, out);
	} else if (n->attr.kind == LB_SYMLINK) {
		lb_autofree char *to = lb_format("%s-", n->attr.target);
		out->kind = SCN_SYMLINK;
		out->path = lb_arena_strdup(arena, path);
		out->to = lb_arena_strdup(arena, to);
	} else {
		out->kind = SCN_EDIT;
		lb_autofree char *literal = scn_glob_literal(path); /* what people name is a path, whatever is in it */
		out->path = lb_arena_strdup(arena, literal);
	}
}

/* ---- .dockerignore ---- */

static bool ignored_by(const struct front *f, size_t len, const char *path)
{
	lb_autoignore struct lb_ignore *some = NULL;
	return lb_ignore_parse(f->ignore_name, f->ignore_text, len, &some, NULL) == 0 && lb_ignore_matches(some, path, strlen(path));
}

uint32_t touch_ignored_line(const struct front *f, const char *path)
{
	uint32_t line = 0, found = 0;
	bool was = false;
	if (!f->ignore || !lb_ignore_matches(f->ignore, path, strlen(path)))
		return 0;
	for (const char *p = f->ignore_text; *p;) {
		p += strcspn(p, "\n");
		p += *p == '\n';
		line++;
		bool is = ignored_by(f, (size_t)(p - f->ignore_text), path);
		if (is && !was)
			found = line;
		was = is;
	}
	return found;
}

/* ---- what was named ---- */

static void add_change(struct touching *t, const char *path)
{
	struct scn_edit *e = &t->out->edit;
	t->changes = lb_grow(t->changes, e->changes_count, &t->cap, sizeof(*t->changes));
	touch_change(t->o->scenario, t->o->variant, t->o->front->context, path, &t->out->arena, &t->changes[e->changes_count++]);
	lb_strv_add(&t->out->paths, path);
}

static struct touched *add_touched(struct touching *t, const char *given, const char *path, enum touched_how how)
{
	t->out->files = lb_grow(t->out->files, t->out->count, &t->files_cap, sizeof(*t->out->files));
	struct touched *f = &t->out->files[t->out->count++];
	*f = (struct touched){ .given = lb_arena_strdup(&t->out->arena, given),
			       .path = path ? lb_arena_strdup(&t->out->arena, path) : NULL,
			       .how = how,
			       .files = 1 };
	if (path)
		f->ignored_line = touch_ignored_line(t->o->front, path);
	return f;
}

/* The same place in the context: as it is written, or as seen from the working directory; NULL: outside. A scenario's
 * context is not the directory that it is in. */
static char *in_context(const struct touching *t, const char *given, bool *there)
{
	lb_autofree char *clean = lb_path_clean(given), *dir = NULL, *real = NULL, *root = NULL;
	bool inside = *clean != '/' && strcmp(clean, "..") != 0 && strncmp(clean, "../", 3) != 0;
	*there = inside && lb_tree_get(t->o->front->context, clean);
	if (*there || !t->o->scenario->implicit)
		return inside ? lb_steal(&clean) : NULL;
	dir = lb_path_dir(clean);
	real = realpath(dir, NULL);
	root = realpath(t->o->scenario->dir, NULL);
	size_t n = root ? strlen(root) : 0;
	n -= n && root[n - 1] == '/';
	if (real && n && strncmp(real, root, n) == 0 && (!real[n] || real[n] == '/')) {
		lb_autofree char *below = lb_path_join(real[n] ? real + n + 1 : "", lb_path_base(clean));
		char *path = lb_path_clean(real[n] ? below : lb_path_base(clean));
		bool seen = lb_tree_get(t->o->front->context, path);
		/* what is nowhere is meant as written, unless only the working directory has a place for it */
		if (seen || !inside || lb_fs_exists(AT_FDCWD, clean)) {
			*there = seen;
			return path;
		}
		free(path);
	}
	/* a file that is there, and not in the context */
	return inside && !lb_fs_exists(AT_FDCWD, clean) ? lb_steal(&clean) : NULL;
}

static int each_file(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct lb_strv *out = arg;
	if (node->attr.kind == LB_FILE)
		lb_strv_addn(out, path, len);
	return 0;
}

/* All files below a directory, or that a pattern names. It is left out by a line when all of them are by that one. */
static int touch_many(struct touching *t, const char *given, const char *dir)
{
	lb_autostrv struct lb_strv found = { 0 };
	const struct front *f = t->o->front;
	if (dir)
		lb_tree_walk(lb_tree_get(f->context, dir), each_file, &found);
	else
		scn_glob_list(f->context, given, true, &found);
	if (!found.count)
		return lb_fail(t->err, LB_INVALID,
			       dir ? "--touch %s: a directory without a file in it" : "--touch %s: matches no file of the context", given);
	struct touched *many = NULL;
	for (size_t i = 0; i < found.count; i++) {
		lb_autofree char *path = dir && strcmp(dir, ".") != 0 ? lb_path_join(dir, found.items[i]) : lb_strdup(found.items[i]);
		if (!many)
			many = add_touched(t, given, path, TOUCHED_EDITED);
		else if (many->ignored_line != touch_ignored_line(f, path))
			many->ignored_line = 0;
		add_change(t, path);
	}
	many->files = found.count;
	return 0;
}

static bool same_file(const char *a, const char *b)
{
	lb_autofree char *x = realpath(a, NULL), *y = realpath(b, NULL);
	return x && y && strcmp(x, y) == 0;
}

static int outside(struct touching *t, const char *given)
{
	lb_autofree char *real = realpath(given, NULL);
	for (size_t i = 0; t->o->named && i < t->o->named->count; i++) {
		lb_autofree char *root = realpath(t->o->named->items[i].value ? t->o->named->items[i].value : "", NULL);
		size_t n = root ? strlen(root) : 0;
		if (real && n && strncmp(real, root, n) == 0 && (!real[n] || real[n] == '/'))
			return lb_fail(t->err, LB_UNSUPPORTED,
				       "--touch %s: lies in the context '%s'; files of the main context can be touched", given,
				       t->o->named->items[i].name);
	}
	if (!real)
		return lb_fail(t->err, LB_INVALID, "--touch %s: not there, and outside of the context %s", given, t->o->scenario->dir);
	add_touched(t, given, NULL, TOUCHED_OUTSIDE);
	return 0;
}

static int touch_node(struct touching *t, const char *given, const char *path)
{
	struct lb_node *context = t->o->front->context, *n = NULL;
	lb_autofree char *real = NULL;
	struct lb_err unused;
	/* a link stands for what it leads to, where that is in the context */
	bool led = lb_tree_resolve(context, path, true, &n, &real, &unused) == 0 && n;
	const char *at = led ? real : path;
	if (led && n->attr.kind == LB_DIR)
		return touch_many(t, given, *at ? at : ".");
	if (!led)
		n = lb_tree_get(context, path);
	if (n && n->attr.kind != LB_FILE && n->attr.kind != LB_SYMLINK)
		return lb_fail(t->err, LB_INVALID, "--touch %s: neither a file nor a directory", given);
	const char *place = t->o->scenario->variants[t->o->variant].place;
	add_touched(t, given, at,
		    !n                                ? TOUCHED_NEW
		    : place && strcmp(place, at) == 0 ? TOUCHED_DOCKERFILE
		    : n->attr.kind == LB_SYMLINK      ? TOUCHED_LINK
						      : TOUCHED_EDITED);
	add_change(t, at);
	return 0;
}

static int touch_one(struct touching *t, const char *given)
{
	const struct scn_variant *v = &t->o->scenario->variants[t->o->variant];
	bool there;
	lb_autofree char *path = in_context(t, given, &there);
	if (!*given)
		return lb_fail(t->err, LB_USAGE, "--touch needs a file");
	if (!there && !v->place && (same_file(given, v->dockerfile_path) || strcmp(given, v->dockerfile_path) == 0)) {
		add_touched(t, given, NULL, TOUCHED_DOCKERFILE);
		t->changes = lb_grow(t->changes, t->out->edit.changes_count, &t->cap, sizeof(*t->changes));
		t->changes[t->out->edit.changes_count++] = (struct scn_change){ .kind = SCN_DOCKERFILE,
										.op = SCN_DF_APPEND,
										.text = lb_arena_strdup(&t->out->arena, comment),
										.pos.file = v->dockerfile_path };
		return 0;
	}
	if (!there && lb_glob_has_magic(given))
		return touch_many(t, given, NULL);
	return path ? touch_node(t, given, path) : outside(t, given);
}

/* ---- arguments ---- */

static bool declares(const struct front *f, const char *name)
{
	size_t n = strlen(name);
	for (size_t i = 0; i < f->df->instructions_count; i++) {
		const struct lb_instruction *in = &f->df->instructions[i];
		for (size_t k = 0; in->keyword == LB_KW_ARG && k < in->args_count; k++)
			if (strncmp(in->args[k], name, n) == 0 && (!in->args[k][n] || in->args[k][n] == '='))
				return true;
	}
	return false;
}

static int add_arg(struct touching *t, const struct lb_pair *arg)
{
	struct scn_edit *e = &t->out->edit;
	if (!*arg->name || !arg->value)
		return lb_fail(t->err, LB_USAGE, "--arg is NAME=VALUE, not '%s'", arg->name);
	if (!declares(t->o->front, arg->name)) {
		lb_strv_add(&t->out->unused_args, arg->name);
		return 0;
	}
	t->changes = lb_grow(t->changes, e->changes_count, &t->cap, sizeof(*t->changes));
	t->changes[e->changes_count++] = (struct scn_change){ .kind = SCN_ARG,
							      .path = lb_arena_strdup(&t->out->arena, arg->name),
							      .text = lb_arena_strdup(&t->out->arena, arg->value),
							      .pos.file = "--arg" };
	return 0;
}

/* ---- the whole ---- */

int touch_make(const struct touch_options *o, struct touch *out, struct lb_err *err)
{
	*out = (struct touch){ 0 };
	struct touching t = { .o = o, .out = out, .err = err };
	int rc = 0;
	for (size_t i = 0; i < o->files->count && !rc; i++)
		rc = touch_one(&t, o->files->items[i]);
	for (size_t i = 0; i < o->args->count && !rc; i++)
		rc = add_arg(&t, &o->args->items[i]);
	out->edit.name = lb_arena_strdup(&out->arena, "touch");
	out->edit.changes = t.changes;
	return rc;
}

void touch_release(struct touch *t)
{
	free(t->edit.changes);
	free(t->files);
	lb_strv_release(&t->paths);
	lb_strv_release(&t->unused_args);
	lb_arena_release(&t->arena);
	*t = (struct touch){ 0 };
}
