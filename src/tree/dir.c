/* SPDX-License-Identifier: Apache-2.0
 *
 * One walk over a directory. Each directory is opened once, by its path below the root, read, and all its
 * entries looked at (list.c); its descriptor is closed before the walk goes deeper, so that neither depth nor breadth
 * costs descriptors. Entries are then taken in the order of their names, so that `keep` sees them as
 * lb_tree_walk would show them. A directory below which all is as the memo has it takes its sums from there.
 */
#include "tree/dir.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/tree_source.h"
#include "tree/ahead.h"
#include "tree/memo.h"

/* Names of one file, seen so far. */
struct link {
	struct lb_node *node; /* borrowed: the tree has it */
	size_t names;
};

struct walk {
	const struct lb_dir_options *options;
	struct lb_source *source;
	struct lb_dir_memo *memo;
	bool recalls_sums; /* the memo is of a tree of this kind */
	uint32_t memo_finger;
	struct lb_ahead *ahead;
	struct lb_map *links;
	struct lb_buf path;
	size_t depth;
};

static int fail_here(struct walk *w, int errnum, struct lb_err *err)
{
	const char *root = w->options && w->source ? w->source->path : "";
	lb_autofree char *whole = w->path.len ? lb_path_join(root, w->path.data) : lb_strdup(root);
	lb_fail_errno(err, errnum, "cannot read %s", whole);
	return lb_recode(err, LB_IO);
}

/* ---- hard links ---- */

/* Of the first name, so that the same tree has the same number everywhere. */
static uint64_t link_group(const struct walk *w)
{
	struct lb_digest d = lb_digest_of(w->path.data, w->path.len);
	uint64_t n = lb_get64(d.bytes);
	return n ? n : 1;
}

/* All names of one file are one node. */
static struct lb_node *join_links(struct walk *w, const struct lb_source_entry *e, struct lb_node *n)
{
	uint64_t inode[2] = { e->dev, e->ino };
	struct link *l = lb_map_getn(w->links, inode, sizeof(inode));
	if (l) {
		lb_node_unref(n);
		l->names++;
		return lb_node_ref(l->node);
	}
	n->attr.link_group = link_group(w);
	l = lb_malloc(sizeof(*l));
	*l = (struct link){ n, 1 };
	lb_map_setn(w->links, inode, sizeof(inode), l);
	return n;
}

static int unlink_single(const void *key, size_t len, void *value, void *arg)
{
	(void)key, (void)len, (void)arg;
	struct link *l = value;
	if (l->names == 1)
		l->node->attr.link_group = 0;
	return 0;
}

/* ---- what the memo has ---- */

/* Is the entry, as it came into the tree or not, what it was? below: the directory that it is, if it is one in the tree. */
static bool is_as_remembered(const struct lb_source_entry *e, const struct lb_source_dir *below)
{
	bool kept = e->flags & LB_ENTRY_KEPT, was_kept = e->flags & LB_ENTRY_WAS_KEPT;
	if (!kept || !was_kept)
		return kept == was_kept;
	return below ? below->as_remembered && below->was == e->was_dir : (e->flags & LB_ENTRY_SAME) != 0;
}

/* Of a tree that is not canonical, the times of the directory and the numbers of hard links are in its sums. */
static bool may_recall(const struct walk *w, const struct lb_source_dir *d)
{
	return w->recalls_sums && d->same_names && (w->options->canonical || d->same_key);
}

static void recall_sums(struct walk *w, struct lb_source_dir *d)
{
	struct lb_memo_view v;
	if (!d->as_remembered || !lb_dir_memo_at(w->memo, d->was, &v))
		return;
	for (uint32_t i = 0; i < v.dir->sums; i++)
		if (v.sums[i].flavour < LB_FLAVOUR_COUNT)
			lb_node_remember(&d->node, (enum lb_flavour)v.sums[i].flavour, &v.sums[i].digest);
	d->sums_recalled = v.dir->sums;
}

/* ---- the walk ---- */

static enum lb_keep ask(struct walk *w, const struct lb_node *n)
{
	return w->options->keep ? w->options->keep(w->path.data, w->path.len, n, w->options->keep_arg) : LB_KEEP;
}

static int walk_dir(struct walk *w, struct lb_source_entry *as, struct lb_node **out, struct lb_err *err);

/* *out stays NULL when it is not to be in the tree. Takes `closed`, the directory as if it were empty. */
static int take_dir(struct walk *w, struct lb_source_entry *e, struct lb_node *closed, struct lb_node **out, struct lb_err *err)
{
	enum lb_keep k = ask(w, closed);
	lb_node_unref(closed);
	if (k == LB_DROP)
		return 0;
	lb_autonode struct lb_node *n = NULL;
	int rc = walk_dir(w, e, &n, err);
	if (!rc && (k == LB_KEEP || n->entries_count))
		*out = lb_steal(&n);
	return rc;
}

static void take_leaf(struct walk *w, struct lb_source_entry *e, struct lb_node *leaf, struct lb_node **out)
{
	if (ask(w, leaf) != LB_KEEP)
		lb_node_unref(leaf);
	else
		*out = e->flags & LB_ENTRY_LINKED ? join_links(w, e, leaf) : leaf;
}

static int take(struct walk *w, struct lb_source_dir *d, size_t i, struct lb_draft *draft, struct lb_err *err)
{
	struct lb_source_entry *e = &d->entries[i];
	struct lb_node *leaf = &d->leaves[i].node, *n = NULL;
	bool dir = leaf->attr.kind == LB_DIR;
	size_t len = w->path.len;
	if (len)
		lb_buf_addc(&w->path, '/');
	lb_buf_add(&w->path, e->name, e->name_len);
	int rc = 0;
	if (dir)
		rc = take_dir(w, e, leaf, &n, err);
	else
		take_leaf(w, e, leaf, &n);
	w->path.len = len;
	w->path.data[len] = '\0';
	if (rc)
		return rc;
	if (n) {
		e->flags |= LB_ENTRY_KEPT;
		lb_draft_add(draft, e->name, e->name_len, n);
	}
	d->as_remembered = d->as_remembered && is_as_remembered(e, n && dir ? lb_source_dir_of(n) : NULL) && !(e->flags & LB_ENTRY_LINKED);
	return 0;
}

/* Takes d. */
static int assemble(struct walk *w, struct lb_source_dir *d, struct lb_node **out, struct lb_err *err)
{
	lb_autodraft struct lb_draft draft = { .items = lb_malloc((d->count + 1) * sizeof(*draft.items)), .cap = d->count + 1 };
	d->as_remembered = may_recall(w, d);
	for (size_t i = 0; i < d->count; i++) {
		int rc = take(w, d, i, &draft, err);
		if (rc) {
			lb_source_dir_discard(d, i + 1);
			return rc;
		}
	}
	lb_draft_fill(&draft, &d->node);
	recall_sums(w, d);
	*out = &d->node;
	lb_source_dir_unref(d);
	return 0;
}

/* as: what the directory above has of it. What was scanned ahead must be what stands there now. */
static int scan(struct walk *w, const struct lb_source_entry *as, struct lb_source_dir **out)
{
	struct lb_source_dir *d = as ? lb_ahead_take(w->ahead, as->was_dir) : NULL;
	if (d && d->dev == as->dev && d->ino == as->ino && strcmp(d->path, w->path.data) == 0) {
		*out = d;
		return 0;
	}
	if (d)
		lb_source_dir_discard(d, 0);
	return lb_source_scan(w->source, lb_buf_str(&w->path), w->memo, &w->memo_finger, out);
}

static int walk_dir(struct walk *w, struct lb_source_entry *as, struct lb_node **out, struct lb_err *err)
{
	if (w->depth == LB_TREE_DEPTH_MAX)
		return lb_fail(err, LB_INVALID, "%s: more than %d directories deep", w->source->path, LB_TREE_DEPTH_MAX);
	w->depth++;
	struct lb_source_dir *d;
	int e = scan(w, as, &d);
	int rc = e ? fail_here(w, e, err) : assemble(w, d, out, err);
	w->depth--;
	return rc;
}

static void walk_release(struct walk *w)
{
	lb_ahead_stop(w->ahead);
	lb_source_unref(w->source);
	lb_dir_memo_close(w->memo);
	lb_map_free(w->links);
	lb_buf_release(&w->path);
}

static void name_tree(struct walk *w, const struct lb_node *root)
{
	const struct lb_source_dir *d = lb_source_dir_of(root);
	w->source->named = d->as_remembered && d->was == 0 && !lb_digest_is_zero(&lb_dir_memo_head(w->memo)->id);
	if (w->source->named)
		w->source->id = lb_dir_memo_head(w->memo)->id;
}

static void open_memo(struct walk *w)
{
	w->memo = lb_dir_memo_open(w->options->memo_path);
	if (!w->memo)
		return;
	const struct lb_memo_head *h = lb_dir_memo_head(w->memo);
	w->recalls_sums = h->canonical == w->options->canonical && h->flavours == LB_FLAVOURS_VERSION;
	w->ahead = lb_ahead_start(w->source, w->memo);
}

int lb_tree_from_dir(const char *path, const struct lb_dir_options *options, struct lb_node **out, struct lb_err *err)
{
	lb_autofd int fd = -1;
	int rc = lb_fs_open_dir(AT_FDCWD, path, &fd, err);
	if (rc)
		return rc;
	__attribute__((cleanup(walk_release))) struct walk w = { .options = options };
	uint64_t now_ns = options->memo_path ? lb_dir_memo_now_ns(options->memo_path) : 0;
	w.source = lb_source_new(lb_steal_fd(&fd), path, options->canonical, now_ns);
	w.links = lb_map_new(free);
	if (options->memo_path)
		open_memo(&w);
	rc = walk_dir(&w, NULL, out, err);
	if (rc)
		return rc;
	lb_map_each(w.links, unlink_single, NULL);
	name_tree(&w, *out);
	return 0;
}
