/* SPDX-License-Identifier: Apache-2.0
 *
 * BuildKit's content digest of a path (cache/contenthash: tarsum.go, filehash.go, checksum.go), not bit for
 * bit but with the same things in it:
 *
 *   file, link, device   type, mode, uid, gid, size, link target, device numbers, xattrs without system.* and
 *                        security.* (security.capability counts), content. No name, no times.
 *   directory            its own header (the same without size), then name and digest of each entry
 *   root of a tree       its entries only: the header of the root is always taken as empty
 *   wildcard, excludes   a flat list of base names with digests, directories by their header alone: a file that
 *                        moves between directories without changing its place in that list is not seen
 */
#include "policy/buildkit.h"

#include <string.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

static bool xattr_counts(const char *name)
{
	if (strncmp(name, "system.", 7) == 0)
		return false;
	return strncmp(name, "security.", 9) != 0 || strcmp(name, "security.capability") == 0;
}

static int header(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	const struct lb_attr *a = &n->attr;
	struct lb_sha256 h;
	(void)arg;
	(void)err;
	lb_sha256_init(&h);
	const uint32_t fixed[] = { (uint32_t)a->kind, a->mode, a->uid, a->gid, a->rdev_major, a->rdev_minor };
	for (size_t i = 0; i < LB_COUNT(fixed); i++)
		lb_sha256_addu(&h, fixed[i]);
	lb_sha256_addu(&h, lb_node_size(n));
	lb_sha256_adds(&h, a->kind == LB_SYMLINK ? a->target : "");
	for (size_t i = 0; i < a->xattrs_count; i++) {
		if (!xattr_counts(a->xattrs[i].name))
			continue;
		lb_sha256_adds(&h, a->xattrs[i].name);
		lb_sha256_addu(&h, a->xattrs[i].value_len);
		lb_sha256_add(&h, a->xattrs[i].value, a->xattrs[i].value_len);
	}
	*out = lb_sha256_done(&h);
	return 0;
}

int lb_bk_header(struct lb_node *n, struct lb_digest *out, struct lb_err *err)
{
	if (n->attr.kind != LB_DIR)
		return header(n, NULL, out, err);
	return lb_node_digest_by(n, LB_FLAVOUR_BUILDKIT_HEADER, header, NULL, out, err);
}

bool lb_bk_header_kept(struct lb_node *n)
{
	struct lb_digest counted, own;
	return !lb_bk_header(n, &counted, NULL) && !header(n, NULL, &own, NULL) && !lb_digest_equal(&counted, &own);
}

static int add_entries(struct lb_sha256 *h, struct lb_node *n, struct lb_err *err)
{
	for (size_t i = 0; i < n->entries_count; i++) {
		struct lb_digest d;
		int rc = lb_bk_node_digest(n->entries[i].node, &d, err);
		if (rc)
			return rc;
		lb_sha256_add(h, n->entries[i].name, n->entries[i].name_len + 1);
		lb_sha256_addd(h, &d);
	}
	return 0;
}

static int compute(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	struct lb_digest d;
	struct lb_sha256 h;
	(void)arg;
	lb_sha256_init(&h);
	int rc = lb_bk_header(n, &d, err);
	if (rc)
		return rc;
	lb_sha256_addd(&h, &d);
	if (n->attr.kind == LB_DIR)
		rc = add_entries(&h, n, err);
	else if (n->attr.kind == LB_FILE && !(rc = lb_content_digest(n->content, &d, err)))
		lb_sha256_addd(&h, &d);
	if (!rc)
		*out = lb_sha256_done(&h);
	return rc;
}

int lb_bk_node_digest(struct lb_node *n, struct lb_digest *out, struct lb_err *err)
{
	return lb_node_digest_by(n, LB_FLAVOUR_BUILDKIT, compute, NULL, out, err);
}

static int root_digest(struct lb_node *n, struct lb_digest *out, struct lb_err *err)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	int rc = add_entries(&h, n, err);
	if (!rc)
		*out = lb_sha256_done(&h);
	return rc;
}

/* ---- wildcards and excludes ---- */

static int flatten(struct lb_sha256 *h, const char *name, struct lb_node *n, bool with_header, size_t *count, struct lb_err *err)
{
	struct lb_digest d;
	int rc = n->attr.kind == LB_DIR ? lb_bk_header(n, &d, err) : lb_bk_node_digest(n, &d, err);
	if (rc)
		return rc;
	if (with_header || n->attr.kind != LB_DIR) {
		lb_sha256_adds(h, name);
		lb_sha256_addd(h, &d);
		(*count)++;
	}
	for (size_t i = 0; !rc && i < n->entries_count; i++)
		rc = flatten(h, n->entries[i].name, n->entries[i].node, true, count, err);
	return rc;
}

static bool ends_in_slash(const char *s)
{
	size_t len = strlen(s);
	return len && s[len - 1] == '/';
}

static int flat_digest(const struct lb_source *src, struct lb_digest *out, struct lb_err *err)
{
	struct lb_sha256 h;
	size_t count = 0;
	lb_sha256_init(&h);
	for (size_t i = 0; i < src->items_count; i++) {
		const struct lb_selected *item = &src->items[i];
		bool top = !item->wildcard && (ends_in_slash(src->written) || !*item->path);
		int rc = flatten(&h, lb_path_base(item->path), item->node, !top, &count, err);
		if (rc)
			return rc;
	}
	*out = lb_sha256_done(&h);
	const struct lb_selected *only = src->items_count == 1 ? &src->items[0] : NULL;
	if (only && count == 1 && only->node->attr.kind != LB_DIR && strcmp(lb_path_base(src->written), lb_path_base(only->path)) == 0)
		return lb_bk_node_digest(only->node, out, err);
	return 0;
}

int lb_bk_content(const struct lb_source *src, bool excludes, struct lb_digest *out, struct lb_err *err)
{
	if (src->items_count != 1 || src->items[0].wildcard || excludes)
		return flat_digest(src, out, err);
	const struct lb_selected *item = &src->items[0];
	if (!*item->path && item->node->attr.kind == LB_DIR)
		return root_digest(item->node, out, err);
	return lb_bk_node_digest(item->node, out, err);
}
