/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "scenario/patch.h"
#include "scenario/paths.h"
#include "scenario/state.h"

static int remove_file(struct scn_step *p, const char *path)
{
	struct lb_node *file, *root = NULL;
	if (scn_step_file(p, path, &file) < 0)
		return LB_INVALID;
	int rc = lb_tree_remove(p->st->context, path, &root, p->err);
	if (rc < 0)
		return rc;
	lb_node_unref(p->st->context);
	p->st->context = root;
	return 0;
}

static int set_mode(struct scn_step *p, const char *path, uint32_t mode)
{
	struct lb_node *file;
	if (scn_step_file(p, path, &file) < 0)
		return LB_INVALID;
	struct lb_attr attr = file->attr;
	attr.mode = mode & 0100 ? 0755 : 0644;
	return scn_step_put(p, path, lb_node_with_attr(file, &attr));
}

static int patch_file(struct scn_step *p, const struct scn_patch *patch, const struct scn_patch_file *f)
{
	lb_autobuf struct lb_buf old = { 0 }, new = { 0 };
	struct lb_node *file = NULL;
	int rc = 0;
	if (f->from) {
		rc = scn_step_file(p, f->from, &file);
		if (rc == 0)
			rc = scn_step_load(p, file, &old);
	} else if (lb_tree_get(p->st->context, f->to)) {
		return lb_fail_at(p->err, p->c->pos, "the patch makes '%s', which is there already", f->to);
	}
	if (rc == 0)
		rc = scn_patch_apply(patch, f, lb_buf_str(&old), old.len, &new, p->err);
	if (rc < 0)
		return rc;
	if (f->from && (!f->to || strcmp(f->from, f->to) != 0))
		rc = remove_file(p, f->from);
	if (rc == 0 && f->to)
		rc = scn_step_store(p, f->to, lb_buf_str(&new), new.len);
	if (rc == 0 && f->to && f->has_mode)
		rc = set_mode(p, f->to, f->mode);
	return rc;
}

static int apply_diff(struct scn_step *p)
{
	struct scn_patch patch;
	struct lb_arena *arena = &p->st->arena;
	int rc = scn_patch_parse(p->c->path, p->c->text, arena, &patch, p->err);
	for (size_t i = 0; rc == 0 && i < patch.count; i++)
		rc = patch_file(p, &patch, &patch.files[i]);
	return rc;
}

static int lay_over(const char *path, size_t len, struct lb_node *node, void *arg)
{
	struct scn_step *p = arg;
	lb_autofree char *name = lb_strndup(path, len);
	const struct lb_node *there = lb_tree_get(p->st->context, name);
	if (node->attr.kind == LB_DIR)
		return there && there->attr.kind == LB_DIR ? 0 : scn_step_put(p, name, lb_node_new_dir(&node->attr, NULL, 0));
	if (node->attr.kind != LB_FILE)
		return scn_step_put(p, name, lb_node_ref(node));
	lb_autobuf struct lb_buf data = { 0 };
	int rc = scn_step_load(p, node, &data);
	if (rc == 0)
		rc = scn_step_store(p, name, lb_buf_str(&data), data.len);
	const struct lb_node *now = lb_tree_get(p->st->context, name);
	return rc < 0 || now->attr.mode == node->attr.mode ? rc : set_mode(p, name, node->attr.mode);
}

int scn_change_apply_patch(struct scn_step *p)
{
	return p->c->from ? lb_tree_walk(p->c->from, lay_over, p) : apply_diff(p);
}
