/* SPDX-License-Identifier: Apache-2.0
 *
 * The transfer of a context to a builder that has an earlier copy of it (fsutil: diff_containerd.go,
 * diskwriter.go). A file is sent when its size, mode, owner, device, link target or modification time differs;
 * one that changed its bytes or its xattrs otherwise stays as it was. A directory is updated in place, but
 * what watches for the content digest is not told: its old header goes on to count. Owners are reset to 0:0 by
 * the client. Parts of the context that did not change since are shared and not looked into.
 */
#include "policy/buildkit.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

static bool noticed(const struct lb_node *now, const struct lb_node *had)
{
	const struct lb_attr *a = &now->attr, *b = &had->attr;
	if (a->kind != b->kind || a->mode != b->mode || lb_node_size(now) != lb_node_size(had))
		return true;
	if (a->mtime.sec != b->mtime.sec || a->mtime.nsec != b->mtime.nsec)
		return true;
	if (a->rdev_major != b->rdev_major || a->rdev_minor != b->rdev_minor)
		return true;
	return a->kind == LB_SYMLINK && strcmp(a->target, b->target) != 0;
}

static struct lb_node *owned_by_root(struct lb_node *n)
{
	if (!n->attr.uid && !n->attr.gid)
		return lb_node_ref(n);
	struct lb_attr a = n->attr;
	a.uid = a.gid = 0;
	return lb_node_with_attr(n, &a);
}

static int given(struct lb_node *n, void *arg, struct lb_digest *out, struct lb_err *err)
{
	(void)n;
	(void)err;
	*out = *(const struct lb_digest *)arg;
	return 0;
}

static bool same_directory(const struct lb_node *a, const struct lb_node *b)
{
	if (a->attr.uid || a->attr.gid || a->attr.mode != b->attr.mode || a->entries_count != b->entries_count ||
	    a->attr.xattrs_count != b->attr.xattrs_count)
		return false;
	for (size_t i = 0; i < a->attr.xattrs_count; i++)
		if (strcmp(a->attr.xattrs[i].name, b->attr.xattrs[i].name) != 0 ||
		    a->attr.xattrs[i].value_len != b->attr.xattrs[i].value_len ||
		    memcmp(a->attr.xattrs[i].value, b->attr.xattrs[i].value, a->attr.xattrs[i].value_len) != 0)
			return false;
	return true;
}

/* The header that the builder counts for a directory that it had. */
static void keep_header(struct lb_node *now, struct lb_node *had)
{
	struct lb_digest d;
	if (!lb_bk_header(had, &d, NULL))
		lb_node_digest_by(now, LB_FLAVOUR_BUILDKIT_HEADER, given, &d, &d, NULL);
}

static struct lb_node *receive_dir(struct lb_node *disk, struct lb_node *disk_then, struct lb_node *had)
{
	struct lb_entry *entries = lb_calloc(disk->entries_count, sizeof(*entries));
	bool same = true;
	for (size_t i = 0; i < disk->entries_count; i++) {
		const struct lb_entry *e = &disk->entries[i];
		struct lb_node *then = disk_then ? lb_dir_find(disk_then, e->name, e->name_len) : NULL;
		struct lb_node *old = had ? lb_dir_find(had, e->name, e->name_len) : NULL;
		entries[i] = (struct lb_entry){ lb_strndup(e->name, e->name_len), e->name_len, lb_bk_receive(e->node, then, old) };
		same = same && entries[i].node == e->node;
	}
	/* nothing below is other than on the disk, and neither is the directory */
	bool as_is = same && !disk->attr.uid && !disk->attr.gid && (!had || had == disk);
	if (as_is || (same && had && same_directory(disk, had) && !lb_bk_header_kept(had))) {
		for (size_t i = 0; i < disk->entries_count; i++) {
			free(entries[i].name);
			lb_node_unref(entries[i].node);
		}
		free(entries);
		return lb_node_ref(disk);
	}
	struct lb_attr a = disk->attr;
	a.uid = a.gid = 0;
	struct lb_node *n = lb_node_new_dir(&a, entries, disk->entries_count);
	if (had)
		keep_header(n, had);
	return n;
}

struct lb_node *lb_bk_receive(struct lb_node *disk, struct lb_node *disk_then, struct lb_node *had)
{
	if (had && disk == disk_then)
		return lb_node_ref(had);
	if (had && had->attr.kind != disk->attr.kind)
		had = disk_then = NULL;
	if (disk->attr.kind == LB_DIR)
		return receive_dir(disk, disk_then && disk_then->attr.kind == LB_DIR ? disk_then : NULL, had);
	if (had && !noticed(disk, had))
		return lb_node_ref(had);
	return owned_by_root(disk);
}
