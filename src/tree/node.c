/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct block {
	struct lb_tree_count below;
	struct lb_node *_Atomic unknown_twin; /* NULL: not asked for yet */
	struct lb_entry entries[];
};

static struct block *block_of(const struct lb_node *n)
{
	return (struct block *)(void *)((char *)n->entries - offsetof(struct block, entries));
}

uint64_t lb_node_size(const struct lb_node *n)
{
	return n->content ? n->content->size_bytes : 0;
}

struct lb_tree_count lb_tree_count(const struct lb_node *root)
{
	return root->entries ? block_of(root)->below : (struct lb_tree_count){ 0 };
}

int lb_name_compare(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int c = memcmp(a, b, a_len < b_len ? a_len : b_len);
	return c ? c : (a_len > b_len) - (a_len < b_len);
}

/* One allocation, so that freeing needs no loop. */
static struct lb_xattr *copy_xattrs(const struct lb_xattr *from, size_t count)
{
	size_t bytes = count * sizeof(*from);
	for (size_t i = 0; i < count; i++)
		bytes += strlen(from[i].name) + 1 + from[i].value_len;
	struct lb_xattr *to = lb_malloc(bytes);
	char *at = (char *)(to + count);
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(from[i].name) + 1;
		to[i] = (struct lb_xattr){ at, at + n, from[i].value_len };
		memcpy(at, from[i].name, n);
		if (from[i].value_len)
			memcpy(at + n, from[i].value, from[i].value_len);
		at += n + from[i].value_len;
	}
	return to;
}

void lb_slab_unref(struct lb_slab *s)
{
	if (atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) == 1)
		s->free(s);
}

static void init(struct lb_node *n, const struct lb_attr *attr)
{
	memset(n, 0, sizeof(*n));
	n->attr = *attr;
	n->attr.mode &= 07777;
	atomic_init(&n->refs, 1);
	if (attr->target)
		n->attr.target = lb_strdup(attr->target);
	n->attr.xattrs = attr->xattrs_count ? copy_xattrs(attr->xattrs, attr->xattrs_count) : NULL;
}

static struct lb_node *new_node(const struct lb_attr *attr)
{
	struct lb_node *n = lb_malloc(sizeof(*n));
	init(n, attr);
	return n;
}

void lb_node_place(struct lb_node *n, struct lb_slab *slab, const struct lb_attr *attr, struct lb_content *content)
{
	init(n, attr);
	n->all_unknown_below = attr->kind == LB_DIR;
	n->content = content;
	n->slab = slab;
	atomic_fetch_add_explicit(&slab->refs, 1, memory_order_relaxed);
}

struct lb_node *lb_node_new(const struct lb_attr *attr, struct lb_content *content)
{
	assert(attr->kind != LB_DIR && (attr->kind == LB_FILE || !content));
	assert((attr->kind == LB_SYMLINK) == (attr->target != NULL));
	struct lb_node *n = new_node(attr);
	n->content = content;
	return n;
}

static void sum_up(struct lb_node *dir, struct lb_tree_count *below, const struct lb_node *child)
{
	switch (child->attr.kind) {
	case LB_FILE:
		below->files++;
		below->bytes += lb_node_size(child);
		return;
	case LB_WHITEOUT:
		dir->marks_below = true;
		below->others++;
		return;
	case LB_DIR:
		break;
	default:
		below->others++;
		return;
	}
	struct lb_tree_count c = lb_tree_count(child);
	below->files += c.files;
	below->dirs += c.dirs + 1;
	below->others += c.others;
	below->bytes += c.bytes;
	dir->unknown_below |= child->unknown || child->unknown_below;
	dir->all_unknown_below &= child->unknown && child->all_unknown_below;
	dir->marks_below |= child->attr.opaque || child->attr.implied || child->marks_below;
}

/* Takes the references, copies the names. */
static void pack(struct lb_node *dir, const struct lb_entry *items, size_t count)
{
	dir->all_unknown_below = true;
	if (!count)
		return;
	size_t bytes = 0;
	for (size_t i = 0; i < count; i++)
		bytes += items[i].name_len + 1;
	struct block *b = lb_malloc(sizeof(*b) + count * sizeof(*items) + bytes);
	b->below = (struct lb_tree_count){ 0 };
	atomic_init(&b->unknown_twin, NULL);
	char *at = (char *)(b->entries + count);
	for (size_t i = 0; i < count; i++) {
		assert(!i || lb_name_compare(items[i - 1].name, items[i - 1].name_len, items[i].name, items[i].name_len) < 0);
		b->entries[i] = (struct lb_entry){ at, items[i].name_len, items[i].node };
		memcpy(at, items[i].name, items[i].name_len);
		at += items[i].name_len;
		*at++ = '\0';
		sum_up(dir, &b->below, items[i].node);
	}
	dir->entries = b->entries;
	dir->entries_count = count;
}

static int by_name(const void *a, const void *b)
{
	const struct lb_entry *x = a, *y = b;
	return lb_name_compare(x->name, x->name_len, y->name, y->name_len);
}

static bool are_sorted(const struct lb_entry *entries, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (by_name(&entries[i - 1], &entries[i]) > 0)
			return false;
	return true;
}

struct lb_node *lb_node_new_dir(const struct lb_attr *attr, struct lb_entry *entries, size_t count)
{
	assert(attr->kind == LB_DIR);
	struct lb_node *n = new_node(attr);
	if (!are_sorted(entries, count))
		qsort(entries, count, sizeof(*entries), by_name);
	pack(n, entries, count);
	for (size_t i = 0; i < count; i++)
		free(entries[i].name);
	free(entries);
	return n;
}

void lb_draft_add(struct lb_draft *d, const char *name, size_t len, struct lb_node *node)
{
	d->items = lb_grow(d->items, d->count, &d->cap, sizeof(*d->items));
	d->items[d->count++] = (struct lb_entry){ (char *)(uintptr_t)name, len, node };
}

void lb_draft_share(struct lb_draft *d, const struct lb_entry *e)
{
	lb_draft_add(d, e->name, e->name_len, lb_node_ref(e->node));
}

struct lb_node *lb_draft_done(struct lb_draft *d, const struct lb_attr *attr, bool unknown)
{
	struct lb_node *n = new_node(attr);
	n->unknown = unknown;
	lb_draft_fill(d, n);
	return n;
}

void lb_draft_fill(struct lb_draft *d, struct lb_node *dir)
{
	pack(dir, d->items, d->count);
	free(d->items);
	*d = (struct lb_draft){ 0 };
}

/* Would the draft be this very directory? */
static bool draft_is(const struct lb_draft *d, const struct lb_attr *attr, bool unknown, const struct lb_node *old)
{
	if (d->count != old->entries_count || unknown != old->unknown || !lb_attr_equal(attr, &old->attr, true))
		return false;
	for (size_t i = 0; i < d->count; i++) {
		const struct lb_entry *a = &d->items[i], *b = &old->entries[i];
		if (a->node != b->node || lb_name_compare(a->name, a->name_len, b->name, b->name_len) != 0)
			return false;
	}
	return true;
}

struct lb_node *lb_draft_done_or(struct lb_draft *d, const struct lb_attr *attr, bool unknown, const struct lb_node *old)
{
	if (!old || !draft_is(d, attr, unknown, old))
		return lb_draft_done(d, attr, unknown);
	lb_draft_release(d);
	return lb_node_ref((struct lb_node *)(uintptr_t)old);
}

void lb_draft_release(struct lb_draft *d)
{
	for (size_t i = 0; i < d->count; i++)
		lb_node_unref(d->items[i].node);
	free(d->items);
	*d = (struct lb_draft){ 0 };
}

struct lb_node *lb_node_ref(struct lb_node *n)
{
	if (n)
		atomic_fetch_add_explicit(&n->refs, 1, memory_order_relaxed);
	return n;
}

static bool drop(struct lb_node *n)
{
	return atomic_fetch_sub_explicit(&n->refs, 1, memory_order_acq_rel) == 1;
}

/* A node that nobody has any more needs no digests: its memo field links the list of those to be freed. */
static void push_dead(struct lb_node **dead, struct lb_node *n)
{
	lb_memo_free(atomic_load_explicit(&n->memo, memory_order_relaxed));
	atomic_store_explicit(&n->memo, *dead, memory_order_relaxed);
	*dead = n;
}

void lb_node_unref(struct lb_node *n)
{
	if (!n || !drop(n))
		return;
	struct lb_node *dead = NULL;
	push_dead(&dead, n);
	while (dead) {
		n = dead;
		dead = atomic_load_explicit(&n->memo, memory_order_relaxed);
		for (size_t i = 0; i < n->entries_count; i++)
			if (drop(n->entries[i].node))
				push_dead(&dead, n->entries[i].node);
		if (n->entries) {
			struct lb_node *twin = atomic_load_explicit(&block_of(n)->unknown_twin, memory_order_relaxed);
			if (twin && drop(twin))
				push_dead(&dead, twin);
			free(block_of(n));
		}
		lb_content_unref(n->content);
		free((void *)(uintptr_t)n->attr.target);
		free((void *)(uintptr_t)n->attr.xattrs);
		if (n->slab)
			lb_slab_unref(n->slab);
		else
			free(n);
	}
}

void lb_node_cleanup(struct lb_node **n)
{
	lb_node_unref(*n);
	*n = NULL;
}

struct lb_node *lb_node_with_attr(const struct lb_node *n, const struct lb_attr *attr)
{
	assert(attr->kind == n->attr.kind);
	if (attr->kind != LB_DIR)
		return lb_node_new(attr, lb_content_ref(n->content));
	struct lb_draft d = { 0 };
	for (size_t i = 0; i < n->entries_count; i++)
		lb_draft_share(&d, &n->entries[i]);
	return lb_draft_done(&d, attr, n->unknown);
}

struct lb_node *lb_node_unknown_twin(struct lb_node *dir)
{
	if (dir->unknown && dir->all_unknown_below)
		return lb_node_ref(dir);
	struct lb_node *twin = dir->entries ? atomic_load_explicit(&block_of(dir)->unknown_twin, memory_order_acquire) : NULL;
	if (twin)
		return lb_node_ref(twin);
	struct lb_draft d = { 0 };
	for (size_t i = 0; i < dir->entries_count; i++) {
		struct lb_entry e = dir->entries[i];
		lb_draft_add(&d, e.name, e.name_len, e.node->attr.kind == LB_DIR ? lb_node_unknown_twin(e.node) : lb_node_ref(e.node));
	}
	struct lb_node *made = lb_draft_done(&d, &dir->attr, true);
	if (!dir->entries)
		return made;
	if (atomic_compare_exchange_strong_explicit(&block_of(dir)->unknown_twin, &twin, made, memory_order_acq_rel, memory_order_acquire))
		return lb_node_ref(made);
	lb_node_unref(made);
	return lb_node_ref(twin);
}

struct lb_node *lb_tree_empty(void)
{
	static const struct lb_attr attr = { .kind = LB_DIR, .mode = 0755 };
	return lb_node_new_dir(&attr, NULL, 0);
}

struct lb_node *lb_tree_unknown(void)
{
	struct lb_node *n = lb_tree_empty();
	n->unknown = true;
	return n;
}

static bool xattrs_equal(const struct lb_attr *a, const struct lb_attr *b)
{
	if (a->xattrs_count != b->xattrs_count)
		return false;
	for (size_t i = 0; i < a->xattrs_count; i++) {
		const struct lb_xattr *x = &a->xattrs[i], *y = &b->xattrs[i];
		if (strcmp(x->name, y->name) != 0 || x->value_len != y->value_len)
			return false;
		if (x->value_len && memcmp(x->value, y->value, x->value_len) != 0)
			return false;
	}
	return true;
}

bool lb_attr_equal(const struct lb_attr *a, const struct lb_attr *b, bool with_time)
{
	if (a->kind != b->kind || a->mode != b->mode || a->uid != b->uid || a->gid != b->gid || a->opaque != b->opaque ||
	    a->implied != b->implied || a->rdev_major != b->rdev_major || a->rdev_minor != b->rdev_minor || a->link_group != b->link_group)
		return false;
	if (with_time && (a->mtime.sec != b->mtime.sec || a->mtime.nsec != b->mtime.nsec))
		return false;
	if (!a->target != !b->target || (a->target && strcmp(a->target, b->target) != 0))
		return false;
	return xattrs_equal(a, b);
}
