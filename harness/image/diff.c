/* SPDX-License-Identifier: Apache-2.0 */
#include "image/diff.h"

#include <stdlib.h>
#include <string.h>

/* ---- lists of changes ---- */

static int keep(void *arg, const struct img_change *c)
{
	struct img_change_list *l = arg;
	bool is_file = !lb_node_is_dir(c->now ? c->now : c->was);
	if (img_only_times(c)) {
		l->retimed += is_file;
		return 0;
	}
	l->items = lb_grow(l->items, l->count, &l->cap, sizeof(*l->items));
	l->items[l->count++] = (struct img_kept_change){ c->kind, lb_strdup(c->path), c->was, c->now };
	l->added += is_file && c->kind == IMG_ADDED;
	l->changed += is_file && c->kind == IMG_CHANGED;
	l->deleted += is_file && c->kind == IMG_DELETED;
	return 0;
}

int img_compare_into(struct lb_node *a, struct lb_node *b, struct img_change_list *out, struct lb_err *err)
{
	return img_compare(a, b, keep, out, err);
}

void img_change_list_release(struct img_change_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free(l->items[i].path);
	free(l->items);
	*l = (struct img_change_list){ 0 };
}

void img_change_text(const struct img_kept_change *c, struct lb_buf *out)
{
	if (!c->was || !c->now)
		return;
	const struct lb_attr *a = &c->was->attr, *b = &c->now->attr;
	if (a->kind != b->kind) {
		lb_buf_adds(out, "another kind");
		return;
	}
	size_t before = out->len;
	struct lb_digest x, y;
	bool read = a->kind == LB_FILE && lb_node_size(c->was) == lb_node_size(c->now) && !lb_content_digest(c->was->content, &x, NULL) &&
		    !lb_content_digest(c->now->content, &y, NULL);
	if (a->kind == LB_FILE && (!read || !lb_digest_equal(&x, &y)))
		lb_buf_adds(out, "content");
	if (a->mode != b->mode)
		lb_buf_addf(out, "%smode %04o -> %04o", out->len > before ? ", " : "", a->mode, b->mode);
	if (a->uid != b->uid || a->gid != b->gid)
		lb_buf_addf(out, "%sowner %u:%u -> %u:%u", out->len > before ? ", " : "", a->uid, a->gid, b->uid, b->gid);
	if (a->target && strcmp(a->target, b->target) != 0)
		lb_buf_addf(out, "%s-> %s, was %s", out->len > before ? ", " : "", b->target, a->target);
	if (out->len == before)
		lb_buf_adds(out, "attributes");
}

/* ---- which layer answers which ---- */

struct names {
	char **a, **b; /* instructions of the layers that are not shared */
	size_t n, m;
};

static char **instructions(const struct lb_image *im, size_t from)
{
	char **list = lb_calloc(im->layers_count - from + 1, sizeof(*list));
	for (size_t i = from; i < im->layers_count; i++)
		list[i - from] = img_instruction(im, i);
	return list;
}

static void names_release(struct names *s)
{
	for (size_t i = 0; i < s->n; i++)
		free(s->a[i]);
	for (size_t i = 0; i < s->m; i++)
		free(s->b[i]);
	free(s->a);
	free(s->b);
}

static void add_pair(struct img_diff *d, int a, int b)
{
	d->pairs[d->pairs_count++] = (struct img_layer_pair){ .a = a < 0 ? -1 : a + (int)d->shared, .b = b < 0 ? -1 : b + (int)d->shared };
}

/* The longest common subsequence of the instructions; best[i][k]: its length from i and k on. */
static void align(struct img_diff *d, const struct names *s)
{
	size_t width = s->m + 1, i = 0, k = 0;
	lb_autofree unsigned *best = lb_calloc((s->n + 1) * width, sizeof(*best));
	for (i = s->n; i-- > 0;)
		for (k = s->m; k-- > 0;) {
			unsigned down = best[(i + 1) * width + k], right = best[i * width + k + 1];
			bool same = strcmp(s->a[i], s->b[k]) == 0;
			best[i * width + k] = same ? best[(i + 1) * width + k + 1] + 1 : down > right ? down : right;
		}
	for (i = k = 0; i < s->n || k < s->m;) {
		if (i < s->n && k < s->m && strcmp(s->a[i], s->b[k]) == 0)
			add_pair(d, (int)i++, (int)k++);
		else if (k == s->m || (i < s->n && best[(i + 1) * width + k] >= best[i * width + k + 1]))
			add_pair(d, (int)i++, -1);
		else
			add_pair(d, -1, (int)k++);
	}
}

static int compare_pair(const struct img_diff *d, struct img_layer_pair *p, struct lb_err *err)
{
	lb_autonode struct lb_node *empty = lb_tree_empty();
	struct lb_node *a = p->a >= 0 ? d->a->trees[p->a] : empty, *b = p->b >= 0 ? d->b->trees[p->b] : empty;
	return img_compare_into(a, b, &p->changes, err);
}

int img_diff_make(const struct img_image *a, const struct img_image *b, struct img_diff *out, struct lb_err *err)
{
	*out = (struct img_diff){ .a = a, .b = b, .shared = img_shared_layers(&a->im, &b->im) };
	struct names names = { instructions(&a->im, out->shared), instructions(&b->im, out->shared), a->im.layers_count - out->shared,
			       b->im.layers_count - out->shared };
	out->pairs = lb_calloc(names.n + names.m + 1, sizeof(*out->pairs));
	align(out, &names);
	names_release(&names);
	int rc = 0;
	for (size_t i = 0; !rc && i < out->pairs_count; i++)
		rc = compare_pair(out, &out->pairs[i], err);
	if (!rc)
		rc = img_compare_into(a->roots[a->im.layers_count], b->roots[b->im.layers_count], &out->whole, err);
	return rc;
}

void img_diff_release(struct img_diff *d)
{
	for (size_t i = 0; i < d->pairs_count; i++)
		img_change_list_release(&d->pairs[i].changes);
	free(d->pairs);
	img_change_list_release(&d->whole);
}
