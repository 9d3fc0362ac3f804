/* SPDX-License-Identifier: Apache-2.0
 *
 * fsck and gc. Both follow index.json; gc keeps the lock from looking to removing, so that no name can come to
 * stand for something that it is about to remove.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "store/backend.h"
#include "store/reach.h"

/* What is younger belongs to somebody who has not got to naming it. */
#define GRACE_S 600

void lb_blob_list_add(struct lb_blob_list *list, const struct lb_blob_entry *entry)
{
	list->items = lb_grow(list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count++] = *entry;
}

static int by_digest(const void *a, const void *b)
{
	return memcmp(((const struct lb_blob_entry *)a)->digest.bytes, ((const struct lb_blob_entry *)b)->digest.bytes,
		      sizeof(struct lb_digest));
}

void lb_blob_list_sort(struct lb_blob_list *list)
{
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), by_digest);
}

void lb_blob_list_release(struct lb_blob_list *list)
{
	free(list->items);
	*list = (struct lb_blob_list){ 0 };
}

struct fsck {
	struct lb_store *store;
	struct lb_fsck_report *report;
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void LB_PRINTF(2, 3) complain(const struct fsck *f, const char *fmt, ...)
{
	if (!f->line)
		return;
	lb_autobuf struct lb_buf text = { 0 };
	va_list ap;
	va_start(ap, fmt);
	lb_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	f->line(f->arg, lb_buf_str(&text));
}

static int into_sha256(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_sha256_add(arg, data, len);
	return 0;
}

static void check_blob(const struct fsck *f, const struct lb_blob_entry *entry)
{
	char text[LB_DIGEST_TEXT];
	struct lb_err err;
	struct lb_sha256 h;
	lb_autocontent struct lb_content *c = NULL;
	lb_digest_text(&entry->digest, text);
	lb_sha256_init(&h);
	int rc = lb_store_get(f->store, &entry->digest, &c, &err);
	if (rc == LB_NOT_FOUND) /* removed by somebody since the list was made */
		return;
	f->report->blobs++;
	f->report->bytes += entry->bytes;
	if (!rc)
		rc = lb_content_read(c, into_sha256, &h, &err);
	if (rc) {
		f->report->bad_blobs++;
		complain(f, "%s: %s", text, err.text);
		return;
	}
	struct lb_digest is = lb_sha256_done(&h);
	if (!lb_digest_equal(&is, &entry->digest)) {
		f->report->bad_blobs++;
		complain(f, "%s: the bytes are not those that it names", text);
	}
}

static int check_needed(void *arg, const struct lb_digest *digest, uint64_t bytes, struct lb_err *err)
{
	(void)err;
	const struct fsck *f = arg;
	char text[LB_DIGEST_TEXT];
	uint64_t is = 0;
	lb_digest_text(digest, text);
	if (!lb_store_has(f->store, digest, &is)) {
		f->report->missing++;
		complain(f, "%s: needed by index.json, and missing", text);
	} else if (is != bytes) {
		f->report->bad_blobs++;
		complain(f, "%s: %" PRIu64 " bytes, its descriptor says %" PRIu64, text, is, bytes);
	}
	return 0;
}

int lb_store_fsck(struct lb_store *s, struct lb_fsck_report *out, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err)
{
	*out = (struct lb_fsck_report){ 0 };
	struct fsck f = { s, out, line, arg };
	lb_autobloblist struct lb_blob_list list = { 0 };
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	int rc = s->be->ops->list(s->be, &list, err);
	for (size_t i = 0; !rc && i < list.count; i++)
		check_blob(&f, &list.items[i]);
	if (!rc)
		rc = lb_reach_index(s, seen, check_needed, &f, err);
	if (!rc)
		rc = s->be->ops->check(s->be, &out->missing, line, arg, err);
	return rc ? rc : s->be->ops->temporaries(s->be, &out->temporaries, err);
}

static int keep(void *arg, const struct lb_digest *digest, uint64_t bytes, struct lb_err *err)
{
	(void)arg;
	(void)digest;
	(void)bytes;
	(void)err;
	return 0;
}

static int oldest_first(const void *a, const void *b)
{
	const struct lb_blob_entry *x = a, *y = b;
	if (x->used_ns != y->used_ns)
		return x->used_ns < y->used_ns ? -1 : 1;
	return by_digest(a, b);
}

static int remove_unreached(struct lb_store *s, struct lb_blob_list *list, const struct lb_map *reached, uint64_t keep_bytes,
			    int64_t protected_ns, uint64_t *freed_bytes, struct lb_err *err)
{
	uint64_t total = 0;
	int rc = 0;
	for (size_t i = 0; i < list->count; i++)
		total += list->items[i].bytes;
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), oldest_first);
	for (size_t i = 0; !rc && i < list->count && total > keep_bytes; i++) {
		const struct lb_blob_entry *entry = &list->items[i];
		bool removed = false;
		if (lb_map_getn(reached, entry->digest.bytes, sizeof(entry->digest.bytes)))
			continue;
		rc = s->be->ops->remove(s->be, &entry->digest, protected_ns, &removed, err);
		if (!rc && removed) {
			total -= entry->bytes;
			*freed_bytes += entry->bytes;
			rc = s->be->ops->layer_forget(s->be, &entry->digest, err);
		}
	}
	return rc;
}

static int collect(struct lb_store *s, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err)
{
	int64_t before_ns = (now - GRACE_S) * 1000000000, protected_ns = before_ns;
	lb_autobloblist struct lb_blob_list list = { 0 };
	lb_automap struct lb_map *reached = lb_map_new(NULL);
	/* In this order: whoever wrote what is in the list had a lease before, which sweep sees. */
	int rc = s->be->ops->list(s->be, &list, err);
	if (!rc)
		rc = s->be->ops->sweep(s->be, before_ns, &protected_ns, freed_bytes, err);
	if (!rc)
		rc = lb_reach_index(s, reached, keep, NULL, err);
	return rc ? rc : remove_unreached(s, &list, reached, keep_bytes, protected_ns, freed_bytes, err);
}

int lb_store_gc(struct lb_store *s, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err)
{
	int held = -1;
	uint64_t freed = 0;
	int rc = s->be->ops->lock(s->be, &held, err);
	if (rc)
		return rc;
	rc = collect(s, keep_bytes, now, &freed, err);
	s->be->ops->unlock(s->be, &held);
	if (freed_bytes)
		*freed_bytes = freed;
	return rc;
}
