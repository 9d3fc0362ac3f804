/* SPDX-License-Identifier: Apache-2.0
 *
 * A walked tree as a memo. A directory has sums in it when all that they sum up is known to be recognised again: no
 * entry at or below it that is as new as the walk, or lies elsewhere.
 */
#include "tree/memo.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/fs.h"
#include "lbench/mem.h"
#include "lbench/tree_source.h"

static bool times_hold(const struct lb_source *s, uint64_t mtime_ns, uint64_t ctime_ns)
{
	return !lb_source_racy(s, mtime_ns) && !lb_source_racy(s, ctime_ns);
}

static bool names_hold(const struct lb_source_dir *d)
{
	return d->dev == d->source->names_dev && times_hold(d->source, d->mtime_ns, d->ctime_ns);
}

static bool digest_of(const struct lb_source_dir *d, size_t i, struct lb_digest *out)
{
	const struct lb_source_entry *e = &d->entries[i];
	return S_ISREG(e->mode) && (e->flags & LB_ENTRY_KEPT) && e->size_bytes && lb_content_digest_known(&d->leaves[i].file.content, out);
}

/* ---- is there anything to say? ---- */

static bool has_news(struct lb_node *n)
{
	const struct lb_source_dir *d = lb_source_dir_of(n);
	struct lb_sum sums[LB_FLAVOUR_COUNT];
	struct lb_digest digest;
	if ((!d->names_known && names_hold(d)) || lb_node_sums(n, sums) != d->sums_recalled)
		return true;
	bool opened = atomic_load_explicit(&d->opened, memory_order_relaxed);
	for (size_t i = 0; opened && i < d->count; i++)
		if (!(d->entries[i].flags & LB_ENTRY_RECALLED) && digest_of(d, i, &digest))
			return true;
	for (size_t i = 0; i < n->entries_count; i++)
		if (n->entries[i].node->attr.kind == LB_DIR && has_news(n->entries[i].node))
			return true;
	return false;
}

/* ---- writing ---- */

struct writer {
	struct lb_memo_dir *dirs;
	struct lb_memo_entry *entries;
	struct lb_memo_sum *sums;
	size_t dirs_count, dirs_cap, entries_count, entries_cap, sums_count, sums_cap;
	struct lb_buf names;
};

static void writer_release(struct writer *w)
{
	free(w->dirs);
	free(w->entries);
	free(w->sums);
	lb_buf_release(&w->names);
}

static void put_entry(struct writer *w, const struct lb_source_dir *d, size_t i)
{
	const struct lb_source_entry *e = &d->entries[i];
	struct lb_memo_entry out = { .ino = e->ino,
				     .size_bytes = e->size_bytes,
				     .mtime_ns = e->mtime_ns,
				     .ctime_ns = e->ctime_ns,
				     .name_at = (uint32_t)w->names.len,
				     .name_len = e->name_len,
				     .mode = e->mode };
	out.flags |= e->flags & LB_ENTRY_KEPT ? LB_MEMO_KEPT : 0;
	out.flags |= e->flags & LB_ENTRY_BARE ? LB_MEMO_BARE : 0;
	out.flags |= e->dev == d->dev && times_hold(d->source, e->mtime_ns, e->ctime_ns) ? LB_MEMO_KEY : 0;
	if (S_ISDIR(e->mode))
		out.dir = UINT32_MAX;
	else if (digest_of(d, i, &out.digest))
		out.flags |= LB_MEMO_DIGEST;
	lb_buf_add(&w->names, e->name, e->name_len + 1);
	w->entries = lb_grow(w->entries, w->entries_count, &w->entries_cap, sizeof(*w->entries));
	w->entries[w->entries_count++] = out;
}

static void put_sums(struct writer *w, size_t number, const struct lb_node *n)
{
	struct lb_sum sums[LB_FLAVOUR_COUNT];
	size_t count = lb_node_sums(n, sums);
	w->dirs[number].sums = (uint32_t)count;
	for (size_t i = 0; i < count; i++) {
		w->sums = lb_grow(w->sums, w->sums_count, &w->sums_cap, sizeof(*w->sums));
		w->sums[w->sums_count++] = (struct lb_memo_sum){ .flavour = sums[i].flavour, .digest = sums[i].digest };
	}
}

/* Would this entry of the tree show, were it another? */
static bool is_settled(const struct lb_source_dir *d, const struct lb_memo_entry *e, uint32_t flags)
{
	return !(e->flags & LB_MEMO_KEPT) || S_ISDIR(e->mode) ||
	       ((e->flags & LB_MEMO_KEY) && (d->source->canonical || !(flags & LB_ENTRY_LINKED)));
}

static bool put_dir(struct writer *w, const struct lb_node *n);

/* The directories in n, their numbers put into its entries. */
static bool put_below(struct writer *w, const struct lb_node *n, const struct lb_source_dir *d, size_t first_entry)
{
	bool whole = true;
	for (size_t i = 0, k = 0; i < d->count; i++) {
		if (!(d->entries[i].flags & LB_ENTRY_KEPT))
			continue;
		const struct lb_node *child = n->entries[k++].node;
		whole = is_settled(d, &w->entries[first_entry + i], d->entries[i].flags) && whole;
		if (child->attr.kind != LB_DIR)
			continue;
		w->entries[first_entry + i].dir = (uint32_t)w->dirs_count;
		whole = put_dir(w, child) && whole;
	}
	return whole;
}

static bool put_dir(struct writer *w, const struct lb_node *n)
{
	const struct lb_source_dir *d = lb_source_dir_of(n);
	size_t number = w->dirs_count, first_entry = w->entries_count;
	bool key = times_hold(d->source, d->mtime_ns, d->ctime_ns);
	w->dirs = lb_grow(w->dirs, w->dirs_count, &w->dirs_cap, sizeof(*w->dirs));
	w->dirs[w->dirs_count++] = (struct lb_memo_dir){ .dev = d->dev,
							 .ino = d->ino,
							 .mtime_ns = d->mtime_ns,
							 .ctime_ns = d->ctime_ns,
							 .first_entry = (uint32_t)first_entry,
							 .entries = (uint32_t)d->count,
							 .flags = (key ? LB_MEMO_DIR_KEY : 0U) | (names_hold(d) ? LB_MEMO_DIR_NAMES : 0U) };
	for (size_t i = 0; i < d->count; i++)
		put_entry(w, d, i);
	bool whole = put_below(w, n, d, first_entry) && (key || d->source->canonical);
	w->dirs[number].first_sum = (uint32_t)w->sums_count;
	if (whole)
		put_sums(w, number, n);
	return whole;
}

static void put_index(const struct writer *w, uint32_t *slots, uint64_t count)
{
	for (size_t i = 0; i < w->dirs_count; i++) {
		uint64_t at = lb_memo_place(w->dirs[i].dev, w->dirs[i].ino);
		while (slots[at & (count - 1)])
			at++;
		slots[at & (count - 1)] = (uint32_t)(i + 1);
	}
}

static char *put_section(char *at, const void *data, size_t bytes)
{
	if (bytes)
		memcpy(at, data, bytes);
	return at + bytes;
}

static void serialise(const struct writer *w, const struct lb_source *s, bool whole, struct lb_buf *out)
{
	const size_t from = offsetof(struct lb_memo_head, canonical);
	struct lb_memo_head h = { .magic = LB_MEMO_MAGIC,
				  .canonical = s->canonical,
				  .flavours = LB_FLAVOURS_VERSION,
				  .dirs = w->dirs_count,
				  .entries = w->entries_count,
				  .sums = w->sums_count,
				  .slots = 2,
				  .names_bytes = w->names.len };
	while (h.slots / 2 < h.dirs)
		h.slots *= 2;
	h.names_bytes += -lb_memo_bytes(&h) % 8;
	size_t bytes = lb_memo_bytes(&h);
	lb_buf_reserve(out, bytes);
	memset(out->data, 0, bytes);
	out->len = bytes;
	char *at = put_section(out->data + sizeof(h), w->dirs, w->dirs_count * sizeof(*w->dirs));
	at = put_section(at, w->entries, w->entries_count * sizeof(*w->entries));
	at = put_section(at, w->sums, w->sums_count * sizeof(*w->sums));
	put_index(w, (uint32_t *)(void *)at, h.slots);
	put_section(at + h.slots * sizeof(uint32_t), w->names.data, w->names.len);
	memcpy(out->data, &h, sizeof(h));
	if (whole)
		h.id = lb_digest_of(out->data + from, bytes - from);
	memcpy(out->data, &h, sizeof(h));
	h.checksum = lb_memo_checksum(out->data + offsetof(struct lb_memo_head, id), bytes - offsetof(struct lb_memo_head, id));
	memcpy(out->data, &h, sizeof(h));
}

int lb_dir_memo_save(const char *memo_path, struct lb_node *root, struct lb_err *err)
{
	struct lb_source_dir *d = lb_source_dir_of(root);
	if (!d || (d->as_remembered && d->was == 0 && !has_news(root)))
		return 0;
	__attribute__((cleanup(writer_release))) struct writer w = { 0 };
	lb_autobuf struct lb_buf out = { 0 };
	bool whole = put_dir(&w, root);
	if (w.entries_count >= UINT32_MAX || w.names.len >= UINT32_MAX)
		return 0;
	serialise(&w, d->source, whole, &out);
	int rc = lb_fs_write(AT_FDCWD, memo_path, out.data, out.len, err);
	if (rc)
		return lb_wrap(err, "while writing the memo of content digests");
	d->source->named = whole;
	memcpy(&d->source->id, &((const struct lb_memo_head *)(const void *)out.data)->id, sizeof(d->source->id));
	return 0;
}

bool lb_dir_memo_id(const struct lb_node *root, struct lb_digest *out)
{
	const struct lb_source_dir *d = lb_source_dir_of(root);
	if (!d || !d->source->named)
		return false;
	*out = d->source->id;
	return true;
}
