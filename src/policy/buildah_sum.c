/* SPDX-License-Identifier: Apache-2.0
 *
 * buildah's digest of added content (digester.go, add.go): of the tar that goes into the layer, with all times
 * zeroed:
 *
 *   each entry      name below the source, kind, mode and owner (after --chmod and --chown), size, link target,
 *                   device numbers, all xattrs, content; hard links among what is copied are links
 *   a directory     the entries below it: neither its name nor its mode (observed)
 *   a file          the name that it gets in the layer: its own when the destination is a directory; of a file that
 *                   is copied to a file's name no other is known (observed: another source of the same content hits)
 *   several         each of them, with the names, in order
 *   an archive      what it holds, if build unpacked it
 */
#include "policy/buildah.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct sum {
	struct lb_sha256 hash;
	const char *chmod; /* NULL: as it is */
	bool own, times;   /* the owner that the node has; else uid:gid */
	uint32_t uid, gid;
	uint64_t *groups; /* link groups in the order of their first names */
	size_t groups_count, groups_cap;
	struct lb_err *err;
};

/* The place of a link group among those seen, from 2 on; 0: no link, or the first name of one, which is a file. */
static size_t link_place(struct sum *s, uint64_t group)
{
	if (!group)
		return 0;
	for (size_t i = 0; i < s->groups_count; i++)
		if (s->groups[i] == group)
			return i + 2;
	s->groups = lb_grow(s->groups, s->groups_count, &s->groups_cap, sizeof(*s->groups));
	s->groups[s->groups_count++] = group;
	return 0;
}

static int add_attr(struct sum *s, const struct lb_node *n)
{
	const struct lb_attr *a = &n->attr;
	uint32_t mode = a->mode;
	if (s->chmod && a->kind != LB_SYMLINK) {
		int rc = lb_chmod_apply(s->chmod, a->kind == LB_DIR, a->mode, &mode, s->err);
		if (rc)
			return rc;
	}
	const uint32_t fixed[] = {
		(uint32_t)a->kind, mode, s->own ? a->uid : s->uid, s->own ? a->gid : s->gid, a->rdev_major, a->rdev_minor
	};
	for (size_t i = 0; i < LB_COUNT(fixed); i++)
		lb_sha256_addu(&s->hash, fixed[i]);
	lb_sha256_addu(&s->hash, lb_node_size(n));
	lb_sha256_adds(&s->hash, a->kind == LB_SYMLINK ? a->target : "");
	if (s->times)
		lb_sha256_addu(&s->hash, (uint64_t)a->mtime.sec);
	for (size_t i = 0; i < a->xattrs_count; i++) {
		lb_sha256_adds(&s->hash, a->xattrs[i].name);
		lb_sha256_addu(&s->hash, a->xattrs[i].value_len);
		lb_sha256_add(&s->hash, a->xattrs[i].value, a->xattrs[i].value_len);
	}
	return 0;
}

static int add_node(struct sum *s, struct lb_node *n, bool top)
{
	int rc = top && n->attr.kind == LB_DIR ? 0 : add_attr(s, n);
	size_t place = link_place(s, n->attr.link_group);
	lb_sha256_addu(&s->hash, place);
	if (!rc && n->attr.kind == LB_FILE && place < 2) {
		struct lb_digest d;
		rc = lb_content_digest(n->content, &d, s->err);
		lb_sha256_addd(&s->hash, &d);
	}
	for (size_t i = 0; !rc && i < n->entries_count; i++) {
		lb_sha256_adds(&s->hash, n->entries[i].name);
		rc = add_node(s, n->entries[i].node, false);
	}
	lb_sha256_addu(&s->hash, n->entries_count);
	return rc;
}

/* Everything below n, memoised: the same for all who ask with the owners that the nodes have or with none. */
static int memoised(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	struct sum s = { .own = *(const bool *)arg, .err = err };
	lb_sha256_init(&s.hash);
	int rc = add_node(&s, n, true);
	*out = lb_sha256_done(&s.hash);
	free(s.groups);
	return rc;
}

static bool uniform(const struct lb_node *n, uint32_t uid, uint32_t gid)
{
	if (n->attr.uid != uid || n->attr.gid != gid)
		return false;
	for (size_t i = 0; i < n->entries_count; i++)
		if (!uniform(n->entries[i].node, uid, gid))
			return false;
	return true;
}

/* Owners are taken out where all are one, so that a copy with that owner and one without sum up alike. */
static int node_sum(const struct lb_step *step, struct lb_node *n, uint32_t uid, uint32_t gid, bool own, struct lb_digest *out,
		    struct lb_err *err)
{
	if (own && uniform(n, n->attr.uid, n->attr.gid)) {
		own = false;
		uid = n->attr.uid;
		gid = n->attr.gid;
	}
	struct lb_digest below;
	int rc;
	if (step->chmod) {
		struct sum s = { .chmod = step->chmod, .own = own, .err = err };
		lb_sha256_init(&s.hash);
		rc = add_node(&s, n, true);
		below = lb_sha256_done(&s.hash);
		free(s.groups);
	} else {
		rc = lb_node_digest_by(n, own ? LB_FLAVOUR_BUILDAH_OWNED : LB_FLAVOUR_BUILDAH, memoised, &own, &below, err);
	}
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, own ? 0 : (uint64_t)uid << 32 | gid);
	lb_sha256_addd(&h, &below);
	*out = lb_sha256_done(&h);
	return rc;
}

/* The destination is a directory: what is copied keeps its name in the layer. */
static bool into_directory(const struct lb_inputs *in)
{
	const char *dest = in->step->dest;
	size_t len = strlen(dest);
	if (!len || dest[len - 1] == '/' || strcmp(dest, ".") == 0 || strcmp(dest, "..") == 0)
		return true;
	struct lb_node *there = NULL;
	return in->root && lb_tree_resolve(in->root, in->step->dest_abs, true, &there, NULL, NULL) == 0 && there->attr.kind == LB_DIR;
}

static void add_heredocs(const struct lb_step *s, struct lb_sha256 *h)
{
	for (size_t i = 0; i < s->sources_count; i++) {
		if (!s->sources[i].content)
			continue;
		lb_sha256_adds(h, s->sources[i].name);
		lb_sha256_addu(h, s->sources[i].content_len);
		lb_sha256_add(h, s->sources[i].content, s->sources[i].content_len);
	}
}

int lb_buildah_copy_sum(const struct lb_inputs *in, bool owner_counts, struct lb_digest *out, struct lb_err *err)
{
	const struct lb_step *s = in->step;
	bool own = !s->chown && (s->from || owner_counts);
	bool named = into_directory(in);
	size_t items = 0;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	for (size_t i = 0; i < in->sources_count; i++)
		items += in->sources[i].items_count;
	lb_sha256_addu(&h, items > 1);
	for (size_t i = 0; i < in->sources_count; i++)
		for (size_t k = 0; k < in->sources[i].items_count; k++) {
			const struct lb_selected *item = &in->sources[i].items[k];
			struct lb_node *n = in->sources[i].unpacked ? in->sources[i].unpacked : item->node;
			struct lb_digest d;
			int rc = node_sum(s, n, in->uid, in->gid, own, &d, err);
			if (rc)
				return rc;
			lb_sha256_adds(&h, n->attr.kind == LB_DIR ? "dir" : items > 1 || named ? item->base : "");
			lb_sha256_addd(&h, &d);
		}
	add_heredocs(s, &h);
	*out = lb_sha256_done(&h);
	return 0;
}

int lb_buildah_bind_sum(const struct lb_source *src, bool times, struct lb_digest *out, struct lb_err *err)
{
	struct sum s = { .own = times, .times = times, .err = err };
	int rc = 0;
	lb_sha256_init(&s.hash);
	for (size_t i = 0; !rc && i < src->items_count; i++)
		rc = add_node(&s, src->items[i].node, false);
	*out = lb_sha256_done(&s.hash);
	free(s.groups);
	return rc;
}
