/* SPDX-License-Identifier: Apache-2.0 */
#include "image/changes.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct walk {
	img_change_fn *fn;
	void *arg;
	struct lb_err *err;
	struct lb_buf path;
};

/* ---- paths ---- */

static size_t enter(struct walk *w, const struct lb_entry *e)
{
	size_t before = w->path.len;
	if (before)
		lb_buf_addc(&w->path, '/');
	lb_buf_add(&w->path, e->name, e->name_len);
	return before;
}

static void leave(struct walk *w, size_t before)
{
	w->path.len = before;
	if (w->path.data)
		w->path.data[before] = '\0';
}

static int tell(struct walk *w, enum img_kind kind, struct lb_node *was, struct lb_node *now)
{
	struct img_change change = { kind, lb_buf_str(&w->path), was, now };
	return w->fn(w->arg, &change);
}

/* Everything at the path and below it. */
static int tell_all(struct walk *w, enum img_kind kind, struct lb_node *n)
{
	int rc = tell(w, kind, kind == IMG_DELETED ? n : NULL, kind == IMG_DELETED ? NULL : n);
	for (size_t i = 0; !rc && i < n->entries_count; i++) {
		size_t before = enter(w, &n->entries[i]);
		rc = tell_all(w, kind, n->entries[i].node);
		leave(w, before);
	}
	return rc;
}

/* ---- names of two directories side by side ---- */

struct pair {
	const struct lb_node *a, *b;
	size_t i, k;
	const struct lb_entry *name;
	struct lb_node *in_a, *in_b;
};

static int order(const struct lb_entry *x, const struct lb_entry *y)
{
	size_t n = x->name_len < y->name_len ? x->name_len : y->name_len;
	int c = memcmp(x->name, y->name, n);
	return c ? c : x->name_len < y->name_len ? -1 : x->name_len > y->name_len;
}

static bool next(struct pair *p)
{
	const struct lb_entry *x = p->a && p->i < p->a->entries_count ? &p->a->entries[p->i] : NULL;
	const struct lb_entry *y = p->b && p->k < p->b->entries_count ? &p->b->entries[p->k] : NULL;
	if (!x && !y)
		return false;
	int c = !x ? 1 : !y ? -1 : order(x, y);
	p->in_a = c <= 0 ? x->node : NULL;
	p->in_b = c >= 0 ? y->node : NULL;
	p->name = c <= 0 ? x : y;
	p->i += c <= 0;
	p->k += c >= 0;
	return true;
}

/* Names of one file are numbered by the layer that they lie in: only whether there are several is the same. */
static bool same_attr(const struct lb_node *a, const struct lb_node *b, bool with_time)
{
	struct lb_attr x = a->attr, y = b->attr;
	x.opaque = y.opaque = x.implied = y.implied = false;
	x.link_group = x.link_group != 0;
	y.link_group = y.link_group != 0;
	return lb_attr_equal(&x, &y, with_time);
}

/* ---- a layer on what lies below ---- */

/* hidden: a directory above is opaque, nothing of below shows through. */
static int layer_entry(struct walk *w, struct lb_node *below, struct lb_node *n, bool hidden);

static int layer_dir(struct walk *w, struct lb_node *below, struct lb_node *layer, bool hidden)
{
	int rc = 0;
	hidden = hidden || layer->attr.opaque;
	for (struct pair p = { .a = lb_node_is_dir(below) ? below : NULL, .b = layer }; !rc && next(&p);) {
		size_t before = enter(w, p.name);
		if (p.in_b)
			rc = layer_entry(w, p.in_a, p.in_b, hidden);
		else if (hidden)
			rc = tell_all(w, IMG_DELETED, p.in_a);
		leave(w, before);
	}
	return rc;
}

static int layer_leaf(struct walk *w, struct lb_node *below, struct lb_node *n)
{
	int rc = lb_node_is_dir(below) ? tell_all(w, IMG_DELETED, below) : 0;
	bool replaces = below && !lb_node_is_dir(below);
	return rc ? rc : tell(w, replaces ? IMG_CHANGED : IMG_ADDED, replaces ? below : NULL, n);
}

static int layer_entry(struct walk *w, struct lb_node *below, struct lb_node *n, bool hidden)
{
	if (n->attr.kind == LB_WHITEOUT)
		return below ? tell_all(w, IMG_DELETED, below) : 0;
	if (n->attr.kind != LB_DIR)
		return layer_leaf(w, below, n);
	int rc = 0;
	if (below && below->attr.kind != LB_DIR)
		rc = tell(w, IMG_DELETED, below, NULL);
	if (!rc && !lb_node_is_dir(below))
		rc = tell(w, IMG_ADDED, NULL, n);
	else if (!rc && !n->attr.implied && !same_attr(below, n, false))
		rc = tell(w, IMG_CHANGED, below, n);
	return rc ? rc : layer_dir(w, below, n, hidden);
}

int img_layer_changes(struct lb_node *below, struct lb_node *layer, img_change_fn *fn, void *arg)
{
	struct walk w = { .fn = fn, .arg = arg };
	int rc = layer_dir(&w, below, layer, false);
	lb_buf_release(&w.path);
	return rc;
}

/* ---- two trees ---- */

static int same_content(const struct lb_node *a, const struct lb_node *b, bool *same, struct lb_err *err)
{
	struct lb_digest x, y;
	*same = lb_node_size(a) == lb_node_size(b);
	if (!*same || a->content == b->content)
		return 0;
	int rc = lb_content_digest(a->content, &x, err);
	if (!rc)
		rc = lb_content_digest(b->content, &y, err);
	*same = !rc && lb_digest_equal(&x, &y);
	return rc;
}

static int compare_leaf(struct walk *w, struct lb_node *a, struct lb_node *b)
{
	bool same = true;
	int rc = a->attr.kind == LB_FILE && b->attr.kind == LB_FILE ? same_content(a, b, &same, w->err) : 0;
	if (rc)
		return lb_wrap(w->err, "%s", lb_buf_str(&w->path));
	return same && same_attr(a, b, true) ? 0 : tell(w, IMG_CHANGED, a, b);
}

static int compare(struct walk *w, struct lb_node *a, struct lb_node *b)
{
	if (a == b)
		return 0;
	if (!a || !b)
		return a ? tell_all(w, IMG_DELETED, a) : tell_all(w, IMG_ADDED, b);
	bool dirs = lb_node_is_dir(a) && lb_node_is_dir(b);
	if (!dirs && (lb_node_is_dir(a) || lb_node_is_dir(b))) {
		int rc = tell_all(w, IMG_DELETED, a);
		return rc ? rc : tell_all(w, IMG_ADDED, b);
	}
	if (!dirs)
		return compare_leaf(w, a, b);
	int rc = w->path.len && !same_attr(a, b, false) ? tell(w, IMG_CHANGED, a, b) : 0;
	for (struct pair p = { .a = a, .b = b }; !rc && next(&p);) {
		size_t before = enter(w, p.name);
		rc = compare(w, p.in_a, p.in_b);
		leave(w, before);
	}
	return rc;
}

int img_compare(struct lb_node *a, struct lb_node *b, img_change_fn *fn, void *arg, struct lb_err *err)
{
	struct walk w = { .fn = fn, .arg = arg, .err = err };
	int rc = compare(&w, a, b);
	lb_buf_release(&w.path);
	return rc;
}

bool img_only_times(const struct img_change *change)
{
	const struct lb_node *a = change->was, *b = change->now;
	bool same;
	if (!a || !b || !same_attr(a, b, false))
		return false;
	/* img_compare has read them, so that this costs nothing */
	return a->attr.kind != LB_FILE || (same_content(a, b, &same, NULL) == 0 && same);
}

/* ---- counting ---- */

struct file { /* of one layer, by link group */
	uint64_t bytes;
	bool visible;
};
struct counting {
	struct img_counts *out;
	const struct lb_node *final;
	struct lb_map *linked;
};

/* Leaves are the same node in the layer and in what comes of it. */
static bool is_visible(const struct counting *c, const struct img_change *change)
{
	return lb_tree_get(c->final, change->path) == change->now;
}

/* Bytes that this name adds to the layer; what further names of a file add is their entry alone. */
static uint64_t note_waste(struct counting *c, const struct img_change *change)
{
	uint64_t bytes = lb_node_size(change->now), group = change->now->attr.link_group;
	bool visible = is_visible(c, change);
	if (!visible)
		c->out->wasted++;
	if (!group) {
		c->out->wasted_bytes += visible ? 0 : bytes;
		return bytes;
	}
	struct file *f = lb_map_getn(c->linked, &group, sizeof(group));
	bool first = !f;
	if (first) {
		f = lb_calloc(1, sizeof(*f));
		f->bytes = bytes;
		lb_map_setn(c->linked, &group, sizeof(group), f);
	}
	f->visible = f->visible || visible;
	return first ? bytes : 0;
}

static int add_linked(const void *key, size_t len, void *value, void *arg)
{
	(void)key;
	(void)len;
	const struct file *f = value;
	struct img_counts *out = arg;
	if (!f->visible)
		out->wasted_bytes += f->bytes;
	return 0;
}

static int count(void *arg, const struct img_change *change)
{
	struct counting *c = arg;
	struct img_counts *out = c->out;
	bool is_dir = lb_node_is_dir(change->now ? change->now : change->was);
	if (change->kind == IMG_DELETED) {
		out->deleted += !is_dir;
		out->deleted_bytes += lb_node_size(change->was);
	} else if (is_dir) {
		out->new_dirs += change->kind == IMG_ADDED;
	} else if (change->kind == IMG_ADDED) {
		out->added++;
		out->added_bytes += note_waste(c, change);
	} else {
		out->changed++;
		out->changed_bytes += note_waste(c, change);
	}
	return 0;
}

void img_count_layer(struct lb_node *below, struct lb_node *layer, const struct lb_node *final, struct img_counts *out)
{
	*out = (struct img_counts){ 0 };
	lb_automap struct lb_map *linked = lb_map_new(free);
	struct counting c = { out, final, linked };
	img_layer_changes(below, layer, count, &c);
	lb_map_each(linked, add_linked, out);
}
