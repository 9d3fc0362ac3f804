/* SPDX-License-Identifier: Apache-2.0
 *
 * The sums of docker's legacy builder (builder/remotecontext, pkg/tarsum version 1):
 *
 *   a file         its name in the source tree, mode, owner, size, type, link target, device numbers,
 *                  security.capability, content; no times, no other xattrs
 *   a link         the sum of what it leads to, under that one's name: what a link of a copied directory leads to
 *                  counts, wherever that is (observed); its own name alone when it leads nowhere
 *   a hard link    the client sends the first name in the context as the file, and others as links to it, without
 *                  content: their sum is of names, mode and owner (observed)
 *   a directory    the sums of all entries below and its own, sorted: their order does not count
 *   several        the sums of each, in order
 *
 * The sums of a context are made of the client's tar, those of a stage of files on the daemon's disk: for equal files
 * they are equal in 26.1 and 28.5, and not in 20.10 (observed).
 */
#include "policy/classic.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

struct walk {
	struct lb_node *context;
	struct lb_digest *sums;
	size_t count, cap;
	struct lb_err *err;
};

static int bytes_of(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	const struct lb_attr *a = &n->attr;
	struct lb_sha256 h;
	struct lb_digest d;
	(void)arg;
	lb_sha256_init(&h);
	const uint32_t fixed[] = { (uint32_t)a->kind, a->mode, a->uid, a->gid, a->rdev_major, a->rdev_minor };
	for (size_t i = 0; i < LB_COUNT(fixed); i++)
		lb_sha256_addu(&h, fixed[i]);
	lb_sha256_addu(&h, lb_node_size(n));
	if (a->kind == LB_SYMLINK)
		lb_sha256_adds(&h, a->target);
	for (size_t i = 0; i < a->xattrs_count; i++)
		if (strcmp(a->xattrs[i].name, "security.capability") == 0)
			lb_sha256_add(&h, a->xattrs[i].value, a->xattrs[i].value_len);
	int rc = a->kind == LB_FILE ? lb_content_digest(n->content, &d, err) : 0;
	if (!rc && a->kind == LB_FILE)
		lb_sha256_addd(&h, &d);
	if (!rc)
		*out = lb_sha256_done(&h);
	return rc;
}

struct first_name {
	uint64_t group;
	char *path;
};

static int find_first(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct first_name *f = arg;
	if (n->attr.kind != LB_FILE || n->attr.link_group != f->group)
		return 0;
	f->path = lb_strndup(path, len);
	return LB_EXISTS; /* ends the walk */
}

/* The name under which the file's bytes are sent, when that is another one; the caller's. */
static char *sent_as(const struct walk *w, const char *path, const struct lb_node *n)
{
	struct first_name f = { n->attr.link_group, NULL };
	if (!f.group || n->attr.kind != LB_FILE || !w->context)
		return NULL;
	lb_tree_walk(w->context, find_first, &f);
	if (f.path && strcmp(f.path, path) == 0) {
		free(f.path);
		return NULL;
	}
	return f.path;
}

static int sum_of(struct walk *w, const char *path, struct lb_node *n, struct lb_digest *out)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, path);
	lb_autofree char *first = sent_as(w, path, n);
	if (first) {
		lb_sha256_adds(&h, first);
		lb_sha256_addu(&h, n->attr.mode);
		lb_sha256_addu(&h, (uint64_t)n->attr.uid << 32 | n->attr.gid);
	} else {
		struct lb_digest d;
		int rc = lb_node_digest_by(n, LB_FLAVOUR_CLASSIC, bytes_of, NULL, &d, w->err);
		if (rc)
			return rc;
		lb_sha256_addd(&h, &d);
	}
	*out = lb_sha256_done(&h);
	return 0;
}

static int add_sum(struct walk *w, const char *path, struct lb_node *n)
{
	struct lb_node *target = n;
	lb_autofree char *real = NULL;
	struct lb_digest d = lb_digest_of(path, strlen(path));
	int found = 0, rc = 0;
	if (n->attr.kind == LB_SYMLINK && w->context)
		found = lb_tree_resolve(w->context, path, true, &target, &real, NULL);
	if (!found)
		rc = sum_of(w, real ? real : path, target, &d);
	if (rc)
		return rc;
	w->sums = lb_grow(w->sums, w->count, &w->cap, sizeof(*w->sums));
	w->sums[w->count++] = d;
	return 0;
}

static int add_below(struct walk *w, const char *path, struct lb_node *n)
{
	/* the root of the context has no sum of its own */
	int rc = *path ? add_sum(w, path, n) : 0;
	for (size_t i = 0; !rc && i < n->entries_count; i++) {
		lb_autofree char *below = *path ? lb_format("%s/%s", path, n->entries[i].name) : lb_strdup(n->entries[i].name);
		struct lb_node *child = n->entries[i].node;
		rc = child->attr.kind == LB_DIR ? add_below(w, below, child) : add_sum(w, below, child);
	}
	return rc;
}

static int by_bytes(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct lb_digest));
}

static int item_sum(const struct lb_selected *item, struct lb_node *context, struct lb_digest *out, struct lb_err *err)
{
	struct walk w = { .context = context, .err = err };
	bool dir = item->node->attr.kind == LB_DIR;
	int rc = dir ? add_below(&w, item->path, item->node) : add_sum(&w, item->path, item->node);
	if (!rc && w.count)
		qsort(w.sums, w.count, sizeof(*w.sums), by_bytes);
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, dir ? "dir" : "file");
	for (size_t i = 0; i < w.count; i++)
		lb_sha256_addd(&h, &w.sums[i]);
	*out = lb_sha256_done(&h);
	free(w.sums);
	return rc;
}

int lb_classic_sum(const struct lb_classic_rules *rules, const struct lb_inputs *in, struct lb_node *context, struct lb_digest *out,
		   struct lb_err *err)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	for (size_t i = 0; i < in->sources_count; i++) {
		const struct lb_source *src = &in->sources[i];
		for (size_t k = 0; k < src->items_count; k++) {
			struct lb_digest d;
			int rc = item_sum(&src->items[k], src->from ? NULL : context, &d, err);
			if (rc)
				return rc;
			lb_sha256_adds(&h, rules->stages_apart && src->from ? "stage" : "");
			lb_sha256_addd(&h, &d);
		}
	}
	*out = lb_sha256_done(&h);
	return 0;
}
