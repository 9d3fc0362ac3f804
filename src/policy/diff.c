/* SPDX-License-Identifier: Apache-2.0
 *
 * Which file made the difference: two trees side by side, in the order of their names, shared nodes skipped
 * by their address. The first difference that the policy counts is the evidence, the others are counted up
 * to a limit.
 */
#include "policy/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

/* Enough to say "many", and a bound on what a reason may cost. */
enum { LB_DIFF_MAX = 100000 };

struct differ {
	unsigned counts;
	struct lb_evidence *e;
	bool *content;
	uint64_t found;
	uint64_t looked;
};

static char *short_digest(struct lb_node *n)
{
	struct lb_digest d;
	char hex[LB_DIGEST_HEX];
	if (n->attr.kind != LB_FILE || lb_content_digest(n->content, &d, NULL))
		return NULL;
	lb_digest_hex(&d, hex);
	return lb_strndup(hex, 12);
}

static char *kind_name(const struct lb_node *n)
{
	switch (n->attr.kind) {
	case LB_FILE:
		return lb_strdup("file");
	case LB_DIR:
		return lb_strdup("directory");
	case LB_SYMLINK:
		return lb_strdup("link");
	default:
		return lb_strdup("special file");
	}
}

/* The first difference tells its story; was and now are the callee's from here on. */
static void found(struct differ *d, const char *path, const char *attribute, bool content, char *was, char *now)
{
	d->found++;
	if (d->found == 1) {
		d->e->path = lb_strdup(*path ? path : ".");
		d->e->attribute = lb_strdup(attribute);
		d->e->was = was;
		d->e->now = now;
		*d->content = content;
		return;
	}
	*d->content |= content;
	free(was);
	free(now);
}

static bool same_xattrs(const struct lb_attr *a, const struct lb_attr *b)
{
	if (a->xattrs_count != b->xattrs_count)
		return false;
	for (size_t i = 0; i < a->xattrs_count; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 || a->xattrs[i].value_len != b->xattrs[i].value_len ||
		    memcmp(a->xattrs[i].value, b->xattrs[i].value, a->xattrs[i].value_len) != 0)
			return false;
	return true;
}

static bool same_content(struct lb_node *a, struct lb_node *b)
{
	struct lb_digest x, y;
	if (a->content == b->content)
		return true;
	if (lb_node_size(a) != lb_node_size(b))
		return false;
	return !lb_content_digest(a->content, &x, NULL) && !lb_content_digest(b->content, &y, NULL) && lb_digest_equal(&x, &y);
}

static void metadata(struct differ *d, const char *path, bool top, struct lb_node *a, struct lb_node *b)
{
	unsigned mode = a->attr.kind != LB_DIR ? LB_COUNT_MODE : top ? LB_COUNT_TOP_MODE : LB_COUNT_DIR_MODE;
	if ((d->counts & mode) && a->attr.mode != b->attr.mode)
		found(d, path, "mode", false, lb_format("%04o", a->attr.mode), lb_format("%04o", b->attr.mode));
	else if ((d->counts & LB_COUNT_OWNER) && (a->attr.uid != b->attr.uid || a->attr.gid != b->attr.gid))
		found(d, path, "owner", false, lb_format("%u:%u", a->attr.uid, a->attr.gid), lb_format("%u:%u", b->attr.uid, b->attr.gid));
	else if ((d->counts & LB_COUNT_XATTR) && !same_xattrs(&a->attr, &b->attr))
		found(d, path, "xattr", false, NULL, NULL);
	else if ((d->counts & LB_COUNT_TIME) && a->attr.mtime.sec != b->attr.mtime.sec)
		found(d, path, "time", false, lb_format("%lld", (long long)a->attr.mtime.sec),
		      lb_format("%lld", (long long)b->attr.mtime.sec));
}

static void compare(struct differ *d, const char *path, bool top, struct lb_node *a, struct lb_node *b);

static void compare_entry(struct differ *d, const char *dir, const struct lb_entry *a, const struct lb_entry *b)
{
	lb_autofree char *path = lb_format("%s%s%s", dir, *dir ? "/" : "", a ? a->name : b->name);
	if (a && b)
		compare(d, path, false, a->node, b->node);
	else if (a)
		found(d, path, "removed", true, short_digest(a->node), NULL);
	else
		found(d, path, "added", true, NULL, short_digest(b->node));
}

static int order(const struct lb_entry *a, const struct lb_entry *b)
{
	size_t len = a->name_len < b->name_len ? a->name_len : b->name_len;
	int c = memcmp(a->name, b->name, len);
	return c ? c : (a->name_len > b->name_len) - (a->name_len < b->name_len);
}

static void compare_dirs(struct differ *d, const char *path, struct lb_node *a, struct lb_node *b)
{
	size_t i = 0, k = 0;
	while ((i < a->entries_count || k < b->entries_count) && ++d->looked < LB_DIFF_MAX) {
		const struct lb_entry *x = i < a->entries_count ? &a->entries[i] : NULL;
		const struct lb_entry *y = k < b->entries_count ? &b->entries[k] : NULL;
		int c = !x ? 1 : !y ? -1 : order(x, y);
		if (c != 0 || x->node != y->node)
			compare_entry(d, path, c <= 0 ? x : NULL, c >= 0 ? y : NULL);
		i += c <= 0;
		k += c >= 0;
	}
}

static void compare(struct differ *d, const char *path, bool top, struct lb_node *a, struct lb_node *b)
{
	if (a == b)
		return;
	if (a->attr.kind != b->attr.kind) {
		found(d, path, "type", true, kind_name(a), kind_name(b));
		return;
	}
	if (a->attr.kind == LB_DIR) {
		/* the mode of a directory stands behind what is in it: people look for files first */
		uint64_t before = d->found;
		compare_dirs(d, path, a, b);
		if (d->found == before)
			metadata(d, path, top, a, b);
		return;
	}
	if (a->attr.kind == LB_SYMLINK && strcmp(a->attr.target, b->attr.target) != 0)
		found(d, path, "target", false, lb_strdup(a->attr.target), lb_strdup(b->attr.target));
	else if (a->attr.kind == LB_FILE && !same_content(a, b))
		found(d, path, "content", true, short_digest(a), short_digest(b));
	else
		metadata(d, path, top, a, b);
}

static const struct lb_selected *item_at(const struct lb_inputs *in, size_t index)
{
	for (size_t i = 0; i < in->sources_count; i++) {
		if (index < in->sources[i].items_count)
			return &in->sources[i].items[index];
		index -= in->sources[i].items_count;
	}
	return NULL;
}

static const struct lb_seen_item *seen_named(const struct lb_seen *then, const char *path)
{
	for (size_t i = 0; i < then->items_count; i++)
		if (strcmp(then->items[i].path, path) == 0)
			return &then->items[i];
	return NULL;
}

static bool now_named(const struct lb_inputs *now, const char *path)
{
	const struct lb_selected *item;
	for (size_t i = 0; (item = item_at(now, i)); i++)
		if (strcmp(item->path, path) == 0)
			return true;
	return false;
}

bool lb_diff_items(const struct lb_seen *then, const struct lb_inputs *now, unsigned counts, struct lb_evidence *e, bool *content)
{
	struct differ d = { .counts = counts, .e = e, .content = content };
	const struct lb_selected *item;
	bool single = then->items_count == 1 && item_at(now, 0) && !item_at(now, 1) && !item_at(now, 0)->wildcard;
	*content = false;
	e->changed = 0;
	if (then->blind)
		return false;
	for (size_t i = 0; (item = item_at(now, i)); i++) {
		/* a single source is the same thing under another name (a moved directory, a link that leads elsewhere) */
		const struct lb_seen_item *old = single ? &then->items[0] : seen_named(then, item->path);
		if (old)
			compare(&d, item->path, true, old->node, item->node);
		else
			found(&d, item->path, "added", true, NULL, short_digest(item->node));
	}
	for (size_t i = 0; !single && i < then->items_count; i++)
		if (!now_named(now, then->items[i].path))
			found(&d, then->items[i].path, "removed", true, short_digest(then->items[i].node), NULL);
	e->changed = d.found;
	return d.found > 0;
}
