/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lbench/fs.h"
#include "scenario/state.h"

/* Calls change for each node that the change names, and puts what it made of its attributes. */
typedef int attr_fn(struct scn_step *p, const char *path, const struct lb_node *n, struct lb_attr *attr);

static int each(struct scn_step *p, bool links_too, attr_fn *change)
{
	lb_autostrv struct lb_strv paths = { 0 };
	if (scn_step_list(p, false, &paths) < 0)
		return LB_INVALID;
	for (size_t i = 0; i < paths.count; i++) {
		const struct lb_node *n = lb_tree_get(p->st->context, paths.items[i]);
		struct lb_attr attr = n->attr;
		if (n->attr.kind == LB_SYMLINK && !links_too)
			return lb_fail_at(p->err, p->c->pos, "'%s' is a symbolic link (to '%s')", paths.items[i], n->attr.target);
		int rc = change(p, paths.items[i], n, &attr);
		if (rc == 0)
			rc = scn_step_put(p, paths.items[i], lb_node_with_attr(n, &attr));
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int chmod_one(struct scn_step *p, const char *path, const struct lb_node *n, struct lb_attr *attr)
{
	struct lb_err local;
	if (p->c->has_mode)
		attr->mode = p->c->mode;
	else if (lb_chmod_apply(p->text, n->attr.kind == LB_DIR, attr->mode, &attr->mode, &local) < 0)
		return lb_fail_at(p->err, p->c->pos, "'%s': %s", path, local.text);
	return 0;
}

int scn_change_chmod(struct scn_step *p)
{
	return each(p, false, chmod_one);
}

static int chown_one(struct scn_step *p, const char *path, const struct lb_node *n, struct lb_attr *attr)
{
	(void)path;
	(void)n;
	attr->uid = p->c->uid;
	attr->gid = p->c->gid;
	return 0;
}

int scn_change_chown(struct scn_step *p)
{
	return each(p, true, chown_one);
}

static int touch_one(struct scn_step *p, const char *path, const struct lb_node *n, struct lb_attr *attr)
{
	(void)path;
	(void)n;
	attr->mtime = (struct lb_time){ .sec = scn_step_time(p, attr->mtime.sec) };
	return 0;
}

int scn_change_touch(struct scn_step *p)
{
	return each(p, true, touch_one);
}

/* ---- the same commit on another machine ---- */

static void checkout_attr(const struct scn_step *p, struct lb_attr *attr)
{
	if (p->c->has_umask && attr->kind != LB_SYMLINK) {
		uint32_t full = attr->kind == LB_DIR || attr->mode & 0100 ? 0777 : 0666;
		attr->mode = full & ~p->c->umask;
	}
	if (p->c->has_owner) {
		attr->uid = p->c->uid;
		attr->gid = p->c->gid;
	}
	if (p->c->new_times)
		attr->mtime = (struct lb_time){ .sec = scn_step_time(p, attr->mtime.sec) };
}

/* The tree has the depth of paths on a disk, at most a few thousand. */
static struct lb_node *checkout(const struct scn_step *p, const struct lb_node *n)
{
	struct lb_attr attr = n->attr;
	checkout_attr(p, &attr);
	if (attr.kind != LB_DIR)
		return lb_node_with_attr(n, &attr);
	struct lb_entry *entries = n->entries_count ? lb_calloc(n->entries_count, sizeof(*entries)) : NULL;
	for (size_t i = 0; i < n->entries_count; i++) {
		entries[i].name = lb_strndup(n->entries[i].name, n->entries[i].name_len);
		entries[i].name_len = n->entries[i].name_len;
		entries[i].node = checkout(p, n->entries[i].node);
	}
	return lb_node_new_dir(&attr, entries, n->entries_count);
}

int scn_change_checkout(struct scn_step *p)
{
	struct lb_node *root = checkout(p, p->st->context);
	lb_node_unref(p->st->context);
	p->st->context = root;
	/* the variants' Dockerfiles lie in the context too */
	checkout_attr(p, &p->st->dockerfile_attr);
	for (size_t v = 0; p->c->new_times && v < p->st->scenario->variants_count; v++)
		p->st->dockerfile_times[v] = scn_step_time(p, LB_CONTEXT_TIME);
	return 0;
}
