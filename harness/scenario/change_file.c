/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "scenario/state.h"

/* The path with the smallest hash: a file that comes or goes does not change the choice among the others. */
static const char *choose(const struct scn_step *p, const struct lb_strv *paths)
{
	const char *best = NULL;
	struct lb_digest best_rank;
	for (size_t i = 0; i < paths->count; i++) {
		struct lb_sha256 h;
		lb_sha256_init(&h);
		lb_sha256_addu(&h, p->st->scenario->seed);
		lb_sha256_adds(&h, p->path);
		lb_sha256_adds(&h, paths->items[i]);
		struct lb_digest rank = lb_sha256_done(&h);
		if (!best || memcmp(rank.bytes, best_rank.bytes, sizeof(rank.bytes)) < 0) {
			best = paths->items[i];
			best_rank = rank;
		}
	}
	return best;
}

static void make_token(const struct scn_step *p, const char *path, char out[9])
{
	struct lb_sha256 h;
	char hex[LB_DIGEST_HEX];
	lb_sha256_init(&h);
	lb_sha256_addu(&h, p->st->scenario->seed);
	lb_sha256_addu(&h, p->st->seq);
	lb_sha256_adds(&h, path);
	struct lb_digest d = lb_sha256_done(&h);
	lb_digest_hex(&d, hex);
	memcpy(out, hex, 8);
	out[8] = '\0';
}

int scn_change_edit(struct scn_step *p)
{
	lb_autostrv struct lb_strv paths = { 0 };
	struct lb_node *file;
	/* a path without anything to expand gets the messages of a path */
	bool magic = lb_glob_has_magic(p->path);
	if (magic && scn_step_list(p, true, &paths) < 0)
		return LB_INVALID;
	const char *path = magic ? choose(p, &paths) : p->path;
	if (scn_step_file(p, path, &file) < 0)
		return LB_INVALID;
	lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
	int rc = scn_step_load(p, file, &old);
	if (rc < 0)
		return rc;
	char token[9];
	make_token(p, path, token);
	scn_edit_bytes(path, &old, token, &new);
	return scn_step_store(p, path, lb_buf_str(&new), new.len);
}

int scn_change_write(struct scn_step *p)
{
	if (!p->c->from)
		return scn_step_store(p, p->path, p->text, strlen(p->text));
	lb_autobuf struct lb_buf data = { 0 };
	int rc = scn_step_load(p, p->c->from, &data);
	return rc < 0 ? rc : scn_step_store(p, p->path, lb_buf_str(&data), data.len);
}

int scn_change_append(struct scn_step *p)
{
	struct lb_node *file;
	lb_autobuf struct lb_buf data = { 0 };
	int rc = scn_step_file(p, p->path, &file);
	if (rc == 0)
		rc = scn_step_load(p, file, &data);
	if (rc < 0)
		return rc;
	lb_buf_adds(&data, p->text);
	return scn_step_store(p, p->path, data.data, data.len);
}

int scn_change_set(struct scn_step *p)
{
	struct lb_node *file;
	lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
	int rc = scn_step_file(p, p->path, &file);
	if (rc == 0)
		rc = scn_step_load(p, file, &old);
	if (rc < 0)
		return rc;
	struct lb_err local;
	if (scn_set_scalar(p->path, &old, p->c->pointer, p->text, &new, &local) < 0)
		return lb_fail_at(p->err, p->c->pos, "set %s in '%s': %s", p->c->pointer, p->path, local.text);
	return scn_step_store(p, p->path, lb_buf_str(&new), new.len);
}

int scn_change_replace(struct scn_step *p)
{
	struct lb_node *file;
	lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
	int rc = scn_step_file(p, p->path, &file);
	if (rc == 0)
		rc = scn_step_load(p, file, &old);
	if (rc < 0)
		return rc;
	size_t n = strlen(p->text);
	const char *at = lb_buf_str(&old), *end = at + old.len, *hit;
	for (; (hit = memmem(at, (size_t)(end - at), p->text, n)); at = hit + n) {
		lb_buf_add(&new, at, (size_t)(hit - at));
		lb_buf_adds(&new, p->to);
	}
	if (at == lb_buf_str(&old))
		return lb_fail_at(p->err, p->c->pos, "'%s' does not hold '%s'", p->path, p->text);
	lb_buf_add(&new, at, (size_t)(end - at));
	return scn_step_store(p, p->path, lb_buf_str(&new), new.len);
}

/* ---- names ---- */

static int remove_path(struct scn_step *p, const char *path)
{
	struct lb_node *root = NULL;
	struct lb_err local;
	if (lb_tree_remove(p->st->context, path, &root, &local) < 0)
		return lb_fail_at(p->err, p->c->pos, "'%s': %s", path, local.text);
	lb_node_unref(p->st->context);
	p->st->context = root;
	return 0;
}

int scn_change_delete(struct scn_step *p)
{
	lb_autostrv struct lb_strv paths = { 0 };
	if (scn_step_list(p, false, &paths) < 0)
		return LB_INVALID;
	/* a directory takes with it what was listed below it */
	for (size_t i = 0; i < paths.count; i++)
		if (lb_tree_get(p->st->context, paths.items[i]) && remove_path(p, paths.items[i]) < 0)
			return LB_INVALID;
	return 0;
}

/* What p->path names, without following it; borrowed. */
static int find_source(struct scn_step *p, struct lb_node **out)
{
	lb_autostrv struct lb_strv paths = { 0 };
	if (lb_glob_has_magic(p->path))
		return lb_fail_at(p->err, p->c->pos, "'%s' is a pattern; expected one path", p->path);
	if (scn_step_list(p, false, &paths) < 0)
		return LB_INVALID;
	*out = lb_tree_get(p->st->context, p->path);
	return 0;
}

/* A directory that is there would be replaced whole, which no mv or cp does. */
static int check_target(struct scn_step *p)
{
	const struct lb_node *there = lb_tree_get(p->st->context, p->to);
	if (there && there->attr.kind == LB_DIR)
		return lb_fail_at(p->err, p->c->pos, "to: '%s' is a directory; write the whole new path", p->to);
	lb_autofree char *from = lb_path_clean(p->path);
	lb_autofree char *to = lb_path_clean(p->to);
	size_t n = strlen(from);
	if (strncmp(to, from, n) == 0 && to[n] == '/')
		return lb_fail_at(p->err, p->c->pos, "to: '%s' lies below '%s' itself", p->to, p->path);
	return 0;
}

int scn_change_rename(struct scn_step *p)
{
	struct lb_node *found;
	if (find_source(p, &found) < 0 || check_target(p) < 0)
		return LB_INVALID;
	lb_autonode struct lb_node *node = lb_node_ref(found);
	if (remove_path(p, p->path) < 0)
		return LB_INVALID;
	return scn_step_put(p, p->to, lb_node_ref(node));
}

int scn_change_copy(struct scn_step *p)
{
	struct lb_node *found;
	if (find_source(p, &found) < 0 || check_target(p) < 0)
		return LB_INVALID;
	if (found->attr.kind != LB_FILE)
		return scn_step_put(p, p->to, lb_node_ref(found));
	struct lb_attr attr = found->attr;
	attr.mtime = (struct lb_time){ .sec = scn_step_time(p, attr.mtime.sec) };
	attr.link_group = 0;
	return scn_step_put(p, p->to, lb_node_with_attr(found, &attr));
}

int scn_change_mkdir(struct scn_step *p)
{
	if (lb_tree_get(p->st->context, p->path))
		return lb_fail_at(p->err, p->c->pos, "'%s' is in the context already", p->path);
	struct lb_attr attr = { .kind = LB_DIR, .mode = p->c->has_mode ? p->c->mode : 0755 };
	attr.mtime.sec = scn_step_time(p, 0);
	return scn_step_put(p, p->path, lb_node_new_dir(&attr, NULL, 0));
}

int scn_change_symlink(struct scn_step *p)
{
	const struct lb_node *there = lb_tree_get(p->st->context, p->path);
	if (there && there->attr.kind == LB_DIR)
		return lb_fail_at(p->err, p->c->pos, "'%s' is a directory in the context", p->path);
	struct lb_attr attr = { .kind = LB_SYMLINK, .mode = 0777, .target = p->to };
	attr.mtime.sec = scn_step_time(p, 0);
	return scn_step_put(p, p->path, lb_node_new(&attr, NULL));
}
