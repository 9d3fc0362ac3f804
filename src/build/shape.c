/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine makes of the layer that a step left: which of its entries it lists, whether it forms a layer at
 * all, where a directory of WORKDIR goes. The rules are data (struct lb_shape); observed on layers of real engines.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

static void replace(struct lb_node **layer, struct lb_node *by)
{
	lb_node_unref(*layer);
	*layer = by;
}

static bool is_lone(const struct lb_node *n)
{
	return n->attr.kind == LB_DIR && !n->entries_count && !n->attr.opaque;
}

/* A layer's node made of other entries (taken over). */
static struct lb_node *with_entries(const struct lb_node *old, const struct lb_attr *attr, struct lb_entry *entries, size_t count)
{
	struct lb_node *made = lb_node_new_dir(attr, entries, count);
	made->unknown = old->unknown;
	return made;
}

static void take_entry(struct lb_entry *entries, size_t *count, const struct lb_entry *e, struct lb_node *node)
{
	if (node)
		entries[(*count)++] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, node };
}

/* ---- drops_unchanged, link_alone ---- */

/* The same file as below, times too; being linked elsewhere is no change of it. */
static bool is_unchanged(const struct lb_node *n, const struct lb_node *lower)
{
	struct lb_digest a, b;
	if (!lower || n->attr.kind == LB_WHITEOUT)
		return false;
	struct lb_attr now = n->attr, then = lower->attr;
	now.link_group = then.link_group = 0;
	if (!lb_attr_equal(&now, &then, true) || lb_node_size(n) != lb_node_size(lower))
		return false;
	return lb_content_digest(n->content, &a, NULL) == 0 && lb_content_digest(lower->content, &b, NULL) == 0 && lb_digest_equal(&a, &b);
}

/* An opaque directory as one that takes away each name by itself. */
static struct lb_node *spell_out_opaque(const struct lb_node *lower, const struct lb_node *n)
{
	static const struct lb_attr gone = { .kind = LB_WHITEOUT };
	struct lb_entry *entries = lb_calloc(n->entries_count + lower->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++)
		take_entry(entries, &count, &n->entries[i], lb_node_ref(n->entries[i].node));
	for (size_t i = 0; i < lower->entries_count; i++)
		if (!lb_dir_find(n, lower->entries[i].name, lower->entries[i].name_len))
			take_entry(entries, &count, &lower->entries[i], lb_node_new(&gone, NULL));
	struct lb_attr attr = n->attr;
	attr.opaque = false;
	return with_entries(n, &attr, entries, count);
}

/* n without what is below already; NULL: nothing is left of it. */
static struct lb_node *drop_unchanged(const struct lb_node *lower, struct lb_node *n)
{
	if (n->attr.kind != LB_DIR)
		return is_unchanged(n, lower) ? NULL : lb_node_ref(n);
	if (!lb_node_is_dir(lower)) {
		/* in a file's place there is nothing to hide */
		struct lb_attr attr = n->attr;
		attr.opaque = false;
		return lb_node_with_attr(n, &attr);
	}
	if (n->attr.opaque) {
		lb_autonode struct lb_node *spelled = spell_out_opaque(lower, n);
		return drop_unchanged(lower, spelled);
	}
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		take_entry(entries, &count, e, drop_unchanged(lb_dir_find(lower, e->name, e->name_len), e->node));
	}
	struct lb_node *made = with_entries(n, &n->attr, entries, count);
	if (!is_lone(made) || !lb_attr_equal(&n->attr, &lower->attr, false))
		return made;
	lb_node_unref(made);
	return NULL;
}

struct group_count {
	uint64_t group;
	size_t names;
};

static int count_names(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct group_count *c = arg;
	(void)path;
	(void)len;
	c->names += n->attr.kind == LB_FILE && n->attr.link_group == c->group;
	return 0;
}

/* A name whose other names are not in the layer is a file by itself. */
static struct lb_node *free_links(struct lb_node *top, struct lb_node *n)
{
	if (n->attr.kind == LB_FILE && n->attr.link_group) {
		struct group_count c = { n->attr.link_group, 0 };
		lb_tree_walk(top, count_names, &c);
		struct lb_attr alone = n->attr;
		alone.link_group = 0;
		return c.names > 1 ? lb_node_ref(n) : lb_node_with_attr(n, &alone);
	}
	if (n->attr.kind != LB_DIR)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++)
		take_entry(entries, &count, &n->entries[i], free_links(top, n->entries[i].node));
	return with_entries(n, &n->attr, entries, count);
}

/* ---- changed_dirs_only ---- */

static bool holds_new(const struct lb_node *n, const struct lb_node *lower)
{
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		if (e->node->attr.kind == LB_WHITEOUT)
			continue;
		if (e->node->attr.kind != LB_DIR || !lb_node_is_dir(lb_dir_find(lower, e->name, e->name_len)))
			return true;
	}
	return false;
}

/* n with directories that only lead to changes marked as such. */
static struct lb_node *mark_leading(const struct lb_node *lower, struct lb_node *n)
{
	if (n->attr.kind != LB_DIR || !lb_node_is_dir(lower) || n->attr.opaque)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		take_entry(entries, &count, e, mark_leading(lb_dir_find(lower, e->name, e->name_len), e->node));
	}
	struct lb_attr attr = n->attr;
	attr.implied = attr.implied || (lb_attr_equal(&n->attr, &lower->attr, true) && !holds_new(n, lower));
	return with_entries(n, &attr, entries, count);
}

/* ---- whiteouts ---- */

static struct lb_node *set_whiteout_mode(struct lb_node *n, uint32_t mode)
{
	if (n->attr.kind == LB_WHITEOUT) {
		struct lb_attr attr = { .kind = LB_WHITEOUT, .mode = mode };
		return lb_node_new(&attr, NULL);
	}
	if (n->attr.kind != LB_DIR || !n->marks_below)
		return lb_node_ref(n);
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++)
		take_entry(entries, &count, &n->entries[i], set_whiteout_mode(n->entries[i].node, mode));
	return with_entries(n, &n->attr, entries, count);
}

/* ---- directories of WORKDIR that had no layer of their own ---- */

struct pending {
	struct lb_node *layer; /* the one that they go into; replaced */
	struct lb_err *err;
};

/* What the layer has already stays, but is listed. */
static int add_directory(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct pending *p = arg;
	struct lb_node *there = len ? lb_tree_get(p->layer, path) : p->layer, *next, *made;
	static const struct lb_attr implied = { .kind = LB_DIR, .mode = 0755, .implied = true };
	bool gone = there && there->attr.kind == LB_WHITEOUT;
	if (!len || (there && !gone && !there->attr.implied))
		return 0;
	if (gone) {
		int rc = lb_tree_remove(p->layer, path, &next, p->err);
		if (!rc)
			replace(&p->layer, next);
		return rc ? rc : LB_WALK_SKIP;
	}
	made = there ? lb_node_with_attr(there, &n->attr) : lb_node_new_dir(&n->attr, NULL, 0);
	int rc = lb_tree_put(p->layer, path, made, &implied, false, &next, p->err);
	if (rc)
		lb_node_unref(made);
	else
		replace(&p->layer, next);
	return rc;
}

int shape_add_directories(struct lb_node *dirs, struct lb_node **layer, struct lb_err *err)
{
	struct pending p = { *layer, err };
	int rc = lb_tree_walk(dirs, add_directory, &p);
	*layer = p.layer;
	return rc;
}

/* The directory at path as root has it, and those that lead there. */
static int list_directory(struct lb_node *root, const char *path, struct lb_node **layer, struct lb_err *err)
{
	lb_autonode struct lb_node *dirs = lb_tree_empty();
	int rc = 0;
	for (const char *p = path + 1; !rc && *p; p += *p == '/') {
		p += strcspn(p, "/");
		lb_autofree char *dir = lb_strndup(path + 1, (size_t)(p - path - 1));
		struct lb_node *made = lb_node_new_dir(&lb_tree_get(root, dir)->attr, NULL, 0), *next;
		rc = lb_tree_put(dirs, dir, made, NULL, false, &next, err);
		if (rc)
			lb_node_unref(made);
		else
			replace(&dirs, next);
	}
	return rc ? rc : shape_add_directories(dirs, layer, err);
}

static bool has_no_layer(const struct step_run *sr)
{
	return !sr->result || sr->result->no_layer;
}

/* Behind a stale hit a build from scratch has another one. */
static struct lb_node *layer_of(struct build *b, const struct step_run *sr)
{
	return b->from_scratch && sr->clean_made ? sr->clean : result_layer(b, sr->result);
}

static int add_pending(struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_node **layer, struct lb_err *err)
{
	const struct step_run *first = sr;
	while (first > st->steps && has_no_layer(first - 1))
		first--;
	int rc = 0;
	for (; !rc && first < sr; first++)
		if (first->step->op == LB_OP_WORKDIR && layer_of(b, first))
			rc = shape_add_directories(layer_of(b, first), layer, err);
	return rc;
}

/* ---- what mounts and volumes leave ---- */

static bool is_file_mount(const struct step_run *sr, const struct lb_mount *m, size_t bind)
{
	if (m->type != LB_MOUNT_BIND)
		return m->type == LB_MOUNT_SECRET || m->type == LB_MOUNT_SSH;
	const struct lb_source *src = bind < sr->in.sources_count ? &sr->sources[bind] : NULL;
	return src && src->items_count == 1 && src->items[0].node->attr.kind != LB_DIR;
}

/* The directories that are made for a mount at target, as far as they stay. */
static int add_mount_dirs(const struct build *b, const struct step_run *sr, struct lb_node *root, const char *target, bool file,
			  struct lb_node **layer, struct lb_err *err)
{
	const struct lb_shape *s = &b->shape;
	lb_autofree char *parent = lb_path_dir(target);
	lb_autonode struct lb_node *dirs = NULL;
	bool whole = s->mount_dirs == LB_MOUNT_DIRS_ALL && !file, exists;
	if (s->mount_dirs != LB_MOUNT_DIRS_NONE) {
		int rc = workdir_layer(b, sr, root, whole ? target : parent, &dirs, &exists, err);
		return rc ? rc : shape_add_directories(dirs, layer, err);
	}
	if (!s->mount_touches_parent || lb_tree_resolve(root, target, true, &(struct lb_node *){ NULL }, NULL, NULL) == 0)
		return 0;
	while (strcmp(parent, "/") != 0 && !lb_node_is_dir(lb_tree_get(root, parent))) {
		char *above = lb_path_dir(parent);
		free(parent);
		parent = above;
	}
	return strcmp(parent, "/") == 0 ? 0 : list_directory(root, parent, layer, err);
}

static int remove_target(struct lb_node *root, const char *target, struct lb_node **layer, struct lb_err *err)
{
	static const struct lb_attr gone = { .kind = LB_WHITEOUT };
	lb_autofree char *parent = lb_path_dir(target);
	if (!lb_tree_get(root, target))
		return 0;
	int rc = strcmp(parent, "/") == 0 ? 0 : list_directory(root, parent, layer, err);
	struct lb_node *whiteout = lb_node_new(&gone, NULL), *next;
	if (!rc)
		rc = lb_tree_put(*layer, target, whiteout, NULL, false, &next, err);
	if (rc) {
		lb_node_unref(whiteout);
		return rc;
	}
	replace(layer, next);
	return 0;
}

static int leave_mounts(const struct build *b, const struct step_run *sr, struct lb_node *root, struct lb_node **layer, struct lb_err *err)
{
	size_t binds = 0;
	int rc = 0;
	for (size_t i = 0; !rc && i < sr->step->mounts_count; i++) {
		const struct lb_mount *m = &sr->step->mounts[i];
		bool file = is_file_mount(sr, m, binds);
		binds += m->type == LB_MOUNT_BIND;
		bool given = m->type != LB_MOUNT_SECRET || (b->o->secrets && m->id && lb_pairs_get(b->o->secrets, m->id));
		if (!*m->target || !given || m->type == LB_MOUNT_SSH)
			continue;
		rc = add_mount_dirs(b, sr, root, m->target, file, layer, err);
		if (!rc && b->shape.mount_removes_target && !file)
			rc = remove_target(root, m->target, layer, err);
	}
	return rc;
}

/* n without the directory at path, and without those that only led there; NULL: nothing is left. */
static struct lb_node *drop_at(const struct lb_node *lower, struct lb_node *n, const char *path)
{
	size_t len = strcspn(path, "/");
	struct lb_entry *entries = lb_calloc(n->entries_count + 1, sizeof(*entries));
	size_t count = 0;
	for (size_t i = 0; i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		bool on_way = e->name_len == len && memcmp(e->name, path, len) == 0 && e->node->attr.kind == LB_DIR;
		if (!on_way)
			take_entry(entries, &count, e, lb_node_ref(e->node));
		else if (path[len])
			take_entry(entries, &count, e,
				   drop_at(lower ? lb_dir_find(lower, e->name, e->name_len) : NULL, e->node, path + len + 1));
	}
	struct lb_node *made = with_entries(n, &n->attr, entries, count);
	if (!is_lone(made) || !lower || !lb_attr_equal(&n->attr, &lower->attr, true))
		return made;
	lb_node_unref(made);
	return NULL;
}

/* What is written below a volume goes with it. A volume's directory is made where it is missing. */
static int drop_volumes(const struct build *b, const struct step_run *sr, struct lb_node *root, struct lb_node **layer, struct lb_err *err)
{
	const struct lb_image_config *config = &sr->before->config;
	int rc = 0;
	for (size_t i = 0; !rc && i < config->volumes_count; i++) {
		lb_autofree char *rooted = lb_format("/%s", config->volumes[i]);
		lb_autofree char *path = lb_path_clean(rooted);
		lb_autonode struct lb_node *dirs = NULL;
		bool exists;
		if (!path[1])
			continue;
		struct lb_node *left = drop_at(root, *layer, path + 1);
		replace(layer, left ? left : lb_tree_empty());
		rc = workdir_layer(b, sr, root, path, &dirs, &exists, err);
		if (!rc)
			rc = shape_add_directories(dirs, layer, err);
	}
	return rc;
}

bool shape_lists_etc(const struct build *b, const struct stage_run *st, const struct step_run *sr)
{
	if (!b->shape.run_touches_etc || !b->shape.etc_once)
		return b->shape.run_touches_etc;
	for (const struct step_run *before = st->steps; before < sr; before++)
		if (before->step->op == LB_OP_RUN)
			return false;
	return !st->base_stage || shape_lists_etc(b, st->base_stage, st->base_stage->steps + st->base_stage->steps_count);
}

/* ---- all ---- */

int shape_result(struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_node *root, struct result *r,
		 struct lb_err *err)
{
	const struct lb_shape *s = &b->shape;
	bool run = sr->step->op == LB_OP_RUN;
	if (run && !r->layer)
		r->layer = lb_tree_empty();
	if (!r->layer || result_unknown(r) || r->no_layer)
		return 0;
	if (run && b->o->mode == LB_RUN_EXEC) {
		int rc = leave_mounts(b, sr, root, &r->layer, err);
		if (!rc && s->volume_drops_changes)
			rc = drop_volumes(b, sr, root, &r->layer, err);
		if (!rc && shape_lists_etc(b, st, sr) && lb_node_is_dir(lb_tree_get(root, "etc")))
			rc = list_directory(root, "/etc", &r->layer, err);
		if (rc)
			return rc;
	}
	if (s->drops_unchanged || (run && s->link_alone)) {
		struct lb_node *left = drop_unchanged(root, r->layer);
		replace(&r->layer, left ? left : lb_tree_empty());
		replace(&r->layer, free_links(r->layer, r->layer));
	}
	if (run && s->changed_dirs_only)
		replace(&r->layer, mark_leading(root, r->layer));
	if (s->whiteout_mode && r->layer->marks_below)
		replace(&r->layer, set_whiteout_mode(r->layer, s->whiteout_mode));
	r->no_layer = run && !s->run_empty_layer && !r->layer->entries_count;
	return s->workdir_layer || r->no_layer ? 0 : add_pending(b, st, sr, &r->layer, err);
}
