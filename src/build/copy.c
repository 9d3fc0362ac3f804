/* SPDX-License-Identifier: Apache-2.0
 *
 * The layer of a COPY or ADD: what was selected, grafted onto the destination, with the directories that lead
 * there. A directory's nodes are taken over as they are unless --chown or --chmod changes them, so that a
 * copy of a whole context costs its top directory.
 *
 * As observed on BuildKit: the content of a directory is copied, not itself; a destination that is there
 * keeps its attributes and gets a new time; parents that are made are 0755 and new; links in the destination
 * are followed inside the root.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/layer.h"

struct copying {
	const struct lb_dockerfile *df;
	const struct step_run *sr;
	struct lb_node *root;  /* NULL: not known */
	struct lb_node *layer; /* so far */
	struct lb_time stamp;
	bool epoch; /* the stamp is what it copies has, too */
	bool chown, archive;
	bool alone; /* --link: whatever lies below does not count */
	bool replaces_link;
	const struct lb_shape *shape;
};

/* ---- attributes ---- */

/* top: the copied directory itself, made anew; else one that leads to it. What a source's own says of mode and owner
 * is not taken over (observed on all engines). */
static struct lb_attr made_directory(const struct copying *cp, bool top)
{
	struct lb_attr a = { .kind = LB_DIR, .mode = 0755, .uid = cp->sr->in.uid, .gid = cp->sr->in.gid, .mtime = cp->stamp };
	if (!top && cp->shape->parents_to_root)
		a.uid = a.gid = 0;
	if (cp->shape->parents_by_chmod && cp->sr->step->chmod)
		lb_chmod_apply(cp->sr->step->chmod, true, a.mode, &a.mode, NULL);
	return a;
}

/* As the system does when a file's owner is set. */
static uint32_t without_setid(uint32_t mode)
{
	return mode & (mode & 010 ? ~06000U : ~04000U);
}

static bool drops_setid(const struct copying *cp)
{
	bool context = !cp->sr->step->from && !cp->archive;
	return (context && cp->shape->context_drops_setid) || (cp->chown && cp->shape->chown_drops_setid);
}

/* A directory that an archive only names on the way to others is made like any that leads somewhere. */
static int changed_attr(const struct copying *cp, const struct lb_node *n, struct lb_attr *out, struct lb_err *err)
{
	const struct lb_step *s = cp->sr->step;
	*out = n->attr;
	if (n->attr.implied)
		*out = made_directory(cp, false);
	if (cp->epoch)
		out->mtime = cp->stamp;
	if (n->attr.kind == LB_FILE && drops_setid(cp))
		out->mode = without_setid(out->mode);
	if (cp->chown || (!s->from && !cp->archive)) {
		out->uid = cp->sr->in.uid;
		out->gid = cp->sr->in.gid;
	}
	if (s->chmod && n->attr.kind != LB_SYMLINK)
		return lb_chmod_apply(s->chmod, n->attr.kind == LB_DIR, n->attr.mode, &out->mode, err);
	return 0;
}

static bool same_attr(const struct lb_attr *a, const struct lb_attr *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->mode == b->mode && a->implied == b->implied && a->mtime.sec == b->mtime.sec &&
	       a->mtime.nsec == b->mtime.nsec;
}

static int transform(const struct copying *cp, struct lb_node *n, struct lb_node **out, struct lb_err *err);

/* The entries of n, changed; *same when all of them stayed what they were. */
static int transform_entries(const struct copying *cp, const struct lb_node *n, struct lb_entry **out, bool *same, struct lb_err *err)
{
	struct lb_entry *entries = lb_calloc(n->entries_count, sizeof(*entries));
	int rc = 0;
	size_t i = 0;
	*same = true;
	for (; !rc && i < n->entries_count; i++) {
		const struct lb_entry *e = &n->entries[i];
		rc = transform(cp, e->node, &entries[i].node, err);
		if (rc)
			break;
		entries[i].name = lb_strndup(e->name, e->name_len);
		entries[i].name_len = e->name_len;
		*same = *same && entries[i].node == e->node;
	}
	if (!rc) {
		*out = entries;
		return 0;
	}
	while (i--) {
		free(entries[i].name);
		lb_node_unref(entries[i].node);
	}
	free(entries);
	return rc;
}

static void free_entries(struct lb_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(entries[i].name);
		lb_node_unref(entries[i].node);
	}
	free(entries);
}

static int transform(const struct copying *cp, struct lb_node *n, struct lb_node **out, struct lb_err *err)
{
	struct lb_attr attr;
	int rc = changed_attr(cp, n, &attr, err);
	if (rc)
		return rc;
	bool same = true;
	struct lb_entry *entries = NULL;
	if (n->attr.kind == LB_DIR && n->entries_count) {
		rc = transform_entries(cp, n, &entries, &same, err);
		if (rc)
			return rc;
	}
	if (same && same_attr(&attr, &n->attr)) {
		free_entries(entries, entries ? n->entries_count : 0);
		*out = lb_node_ref(n);
	} else if (entries) {
		*out = lb_node_new_dir(&attr, entries, n->entries_count);
	} else {
		*out = lb_node_with_attr(n, &attr);
	}
	return 0;
}

/* Remembered in the nodes as a digest of zeros or ones, so that a context is looked at once and after an
 * edit only where it changed. */
static int root_owned(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	bool owned = n->attr.uid == 0 && n->attr.gid == 0;
	for (size_t i = 0; owned && i < n->entries_count; i++) {
		struct lb_node *child = n->entries[i].node;
		struct lb_digest d = { { 0 } };
		if (child->attr.kind != LB_DIR) {
			owned = child->attr.uid == 0 && child->attr.gid == 0;
			continue;
		}
		int rc = lb_node_digest_by(child, LB_FLAVOUR_ROOT_OWNED, root_owned, arg, &d, err);
		if (rc)
			return rc;
		owned = !lb_digest_is_zero(&d);
	}
	memset(out->bytes, owned, sizeof(out->bytes));
	return 0;
}

/* Would transform change nothing? Then it need not look. */
static bool keeps_all(const struct copying *cp, struct lb_node *n)
{
	if (cp->chown || cp->sr->step->chmod || cp->epoch || drops_setid(cp))
		return false;
	struct lb_digest d;
	return cp->sr->step->from ||
	       (lb_node_digest_by(n, LB_FLAVOUR_ROOT_OWNED, root_owned, NULL, &d, NULL) == 0 && !lb_digest_is_zero(&d));
}

/* ---- places ---- */

/* path with the links of root followed as far as it exists; the caller's. Without a leading '/'. */
static char *resolve_place(const struct copying *cp, const char *path, bool follow_last)
{
	struct lb_node *n;
	lb_autofree char *clean = lb_path_clean(path);
	const char *rel = clean + (*clean == '/');
	char *real = NULL;
	if (!cp->root || cp->alone || !*rel)
		return lb_strdup(rel);
	if (lb_tree_resolve(cp->root, rel, follow_last, &n, &real, NULL) == 0) {
		lb_autofree char *owned = real;
		return lb_strdup(owned + (*owned == '/'));
	}
	lb_autofree char *parent = lb_path_dir(clean);
	lb_autofree char *above = resolve_place(cp, parent, true);
	return strcmp(above, ".") == 0 || !*above ? lb_strdup(lb_path_base(clean)) : lb_format("%s/%s", above, lb_path_base(clean));
}

static const struct lb_node *there(const struct copying *cp, const char *place)
{
	const struct lb_node *n = cp->layer ? lb_tree_get(cp->layer, place) : NULL;
	if (n || !cp->root || cp->alone)
		return n;
	return lb_tree_get(cp->root, place);
}

static bool is_directory(const struct copying *cp, const char *place)
{
	const struct lb_node *n = there(cp, place);
	return n && n->attr.kind == LB_DIR;
}

/* ---- grafting ---- */

/* Replaces *tree by itself with node at path; the reference is taken, also on failure. */
static int put_node(struct lb_node **tree, const char *path, struct lb_node *node, struct lb_err *err)
{
	struct lb_node *next;
	int rc = lb_tree_put(*tree, path, node, NULL, false, &next, err);
	if (rc) {
		lb_node_unref(node);
		return rc;
	}
	lb_node_unref(*tree);
	*tree = next;
	return 0;
}

/* The directories that lead to place: as they are, or new. The last of them gets a new time. */
static int add_parents(const struct copying *cp, const char *place, struct lb_node **overlay, struct lb_err *err)
{
	int rc = 0;
	for (const char *slash = strchr(place, '/'); !rc && slash; slash = strchr(slash + 1, '/')) {
		lb_autofree char *dir = lb_strndup(place, (size_t)(slash - place));
		const struct lb_node *n = there(cp, dir);
		struct lb_attr attr = made_directory(cp, false);
		if (n && n->attr.kind == LB_DIR) {
			attr = n->attr;
			attr.opaque = false;
			if (!strchr(slash + 1, '/'))
				attr.mtime = cp->stamp;
		}
		rc = put_node(overlay, dir, lb_node_new_dir(&attr, NULL, 0), err);
	}
	return rc;
}

static int not_a_directory(const struct copying *cp, const char *place, struct lb_err *err)
{
	lb_fail_at(err, lb_instruction_pos(cp->df, cp->sr->instruction), "%s: /%s is there, and no directory",
		   lb_keyword_name(cp->sr->step->keyword), place);
	return lb_recode(err, LB_FAILED);
}

/* What leads to place must be directories where it exists. */
static int check_way(const struct copying *cp, const char *place, struct lb_err *err)
{
	for (const char *slash = strchr(place, '/'); slash; slash = strchr(slash + 1, '/')) {
		lb_autofree char *dir = lb_strndup(place, (size_t)(slash - place));
		const struct lb_node *n = there(cp, dir);
		if (n && n->attr.kind != LB_DIR)
			return not_a_directory(cp, dir, err);
	}
	return 0;
}

/* Puts node (its reference is taken) at place into the layer. */
static int graft(struct copying *cp, const char *place, struct lb_node *node, struct lb_err *err)
{
	if (check_way(cp, place, err) < 0) {
		lb_node_unref(node);
		return LB_FAILED;
	}
	lb_autonode struct lb_node *overlay = *place ? lb_tree_empty() : node;
	if (*place) {
		int rc = add_parents(cp, place, &overlay, err);
		if (rc)
			lb_node_unref(node);
		else
			rc = put_node(&overlay, place, node, err);
		if (rc)
			return rc;
	}
	struct lb_node *merged = cp->layer ? lb_tree_apply(cp->layer, overlay) : lb_node_ref(overlay);
	lb_node_unref(cp->layer);
	cp->layer = merged;
	return 0;
}

/* A directory's content goes into place, which keeps what it is when it is there. */
static int graft_directory(struct copying *cp, const char *place, struct lb_node *node, struct lb_err *err)
{
	const struct lb_node *old = *place ? there(cp, place) : cp->root;
	if (old && old->attr.kind != LB_DIR) {
		lb_node_unref(node);
		return not_a_directory(cp, place, err);
	}
	struct lb_attr attr = old ? old->attr : cp->sr->step->parents ? node->attr : made_directory(cp, true);
	attr.opaque = false;
	if (old && node->entries_count)
		attr.mtime = cp->stamp;
	struct lb_node *placed = lb_node_with_attr(node, &attr);
	lb_node_unref(node);
	return graft(cp, place, placed, err);
}

static char *below(const char *place, const char *name)
{
	return *place ? lb_format("%s/%s", place, name) : lb_strdup(name);
}

static bool ends_as_directory(const char *dest)
{
	size_t n = strlen(dest);
	return n && dest[n - 1] == '/';
}

/* --parents: what stands before "/./" in the source as written is left out of the destination. */
static const char *parents_part(const struct lb_source *src, const struct lb_selected *item)
{
	const char *pivot = strstr(src->written, "/./");
	size_t skip = pivot ? (size_t)(pivot - src->written) : 0;
	while (skip && *src->written == '/' && skip--)
		;
	return skip && strlen(item->path) > skip ? item->path + skip + 1 : item->path;
}

static int copy_item(struct copying *cp, const struct lb_source *src, const struct lb_selected *item, struct lb_err *err)
{
	const struct lb_step *s = cp->sr->step;
	struct lb_node *node;
	int rc = 0;
	if (keeps_all(cp, item->node))
		node = lb_node_ref(item->node);
	else
		rc = transform(cp, item->node, &node, err);
	if (rc)
		return rc;
	bool directory = node->attr.kind == LB_DIR;
	lb_autofree char *place = resolve_place(cp, s->dest_abs, directory || !cp->replaces_link);
	if (s->parents) {
		lb_autofree char *target = below(place, parents_part(src, item));
		return directory ? graft_directory(cp, target, node, err) : graft(cp, target, node, err);
	}
	if (directory)
		return graft_directory(cp, place, node, err);
	if (!ends_as_directory(s->dest_abs) && *place && !is_directory(cp, place))
		return graft(cp, place, node, err);
	lb_autofree char *inside = below(place, item->base);
	lb_autofree char *resolved = resolve_place(cp, inside, !cp->replaces_link);
	return graft(cp, resolved, node, err);
}

static int copy_archive(struct copying *cp, const struct lb_selected *item, struct lb_err *err)
{
	struct lb_node *tree, *node;
	int rc = lb_archive_read(item->node->content, &tree, err);
	if (rc)
		return rc;
	cp->archive = true;
	rc = transform(cp, tree, &node, err);
	cp->archive = false;
	lb_node_unref(tree);
	if (rc)
		return rc;
	lb_autofree char *place = resolve_place(cp, cp->sr->step->dest_abs, true);
	return graft_directory(cp, place, node, err);
}

static int copy_heredoc(struct copying *cp, const struct lb_copy_source *src, struct lb_err *err)
{
	const struct lb_step *s = cp->sr->step;
	struct lb_attr attr = { .kind = LB_FILE, .mode = 0644, .uid = cp->sr->in.uid, .gid = cp->sr->in.gid, .mtime = cp->stamp };
	int rc = s->chmod ? lb_chmod_apply(s->chmod, false, attr.mode, &attr.mode, err) : 0;
	if (rc)
		return rc;
	struct lb_node *node = lb_node_new(&attr, lb_content_bytes(src->content, src->content_len));
	lb_autofree char *place = resolve_place(cp, s->dest_abs, !cp->replaces_link);
	if (!ends_as_directory(s->dest_abs) && *place && !is_directory(cp, place))
		return graft(cp, place, node, err);
	lb_autofree char *inside = below(place, src->name);
	return graft(cp, inside, node, err);
}

int copy_layer(struct build *b, const struct step_run *sr, struct lb_node *root, struct lb_node **out, struct lb_err *err)
{
	struct copying cp = { .df = b->plan->df,
			      .sr = sr,
			      .root = root,
			      .chown = sr->step->chown && *sr->step->chown,
			      .replaces_link = b->shape.copy_replaces_link,
			      .alone = sr->step->link && !b->shape.link_is_plain,
			      .shape = &b->shape };
	cp.stamp = step_stamp(b, sr, &cp.epoch);
	int rc = 0;
	size_t n = 0;
	if (!sr->in.owner_known) {
		*out = lb_tree_unknown();
		return 0;
	}
	for (size_t i = 0; !rc && i < sr->step->sources_count; i++) {
		if (!sr->step->sources[i].path) {
			rc = copy_heredoc(&cp, &sr->step->sources[i], err);
			continue;
		}
		const struct lb_source *src = &sr->sources[n++];
		if (!src->known) {
			lb_node_unref(cp.layer);
			*out = lb_tree_unknown();
			return 0;
		}
		for (size_t k = 0; !rc && k < src->items_count; k++)
			rc = src->archive ? copy_archive(&cp, &src->items[k], err) : copy_item(&cp, src, &src->items[k], err);
	}
	if (rc) {
		lb_node_unref(cp.layer);
		return rc;
	}
	*out = cp.layer ? cp.layer : lb_tree_empty();
	return 0;
}
