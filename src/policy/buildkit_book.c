/* SPDX-License-Identifier: Apache-2.0
 *
 * Where BuildKit's records are. A warm builder's are in the scope, for ever. A fresh builder begins with what
 * the last successful build exported and with nothing else; what it exports, at its end, replaces that: the keys
 * of all steps it went through, and their layers. With mode=min it exports the layers that the final image
 * holds, and of the others those that it had imported (a layer that is at hand as a blob is written again, none
 * is made for the purpose). A cold builder begins with nothing.
 *
 * An export is one record of the scope: numbers of 8 bytes (little endian), digests, results as past.c writes
 * them.
 */
#include "policy/buildkit.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct ids {
	struct lb_digest *items;
	size_t count, cap;
};
struct used_choice {
	struct lb_digest choice, id;
};
struct used_result {
	struct lb_digest id;
	struct lb_past past;
	bool imported; /* its layer came with the import */
};

struct lb_bk_book {
	enum lb_builder_kind kind;
	/* not warm: what this build knows */
	struct lb_map *choices;  /* choice -> struct ids */
	struct lb_map *results;  /* id -> struct lb_past */
	struct lb_map *imported; /* result id -> itself, of layers that the import holds */
	/* fresh: what this build went through */
	struct used_choice *used;
	size_t used_count, used_cap;
	struct used_result *kept;
	size_t kept_count, kept_cap;
};

static const struct lb_digest *export_key(void)
{
	static const struct lb_digest key = { "buildkit: exported cache" };
	return &key;
}

static void free_ids(void *p)
{
	struct ids *l = p;
	free(l->items);
	free(l);
}

static void forget(struct lb_bk_book *b)
{
	lb_map_free(b->choices);
	lb_map_free(b->results);
	lb_map_free(b->imported);
	b->choices = lb_map_new(free_ids);
	b->results = lb_map_new(free);
	b->imported = lb_map_new(NULL);
	b->used_count = b->kept_count = 0;
}

struct lb_bk_book *lb_bk_book_new(enum lb_builder_kind kind)
{
	struct lb_bk_book *b = lb_calloc(1, sizeof(*b));
	b->kind = kind;
	if (kind != LB_BUILDER_WARM)
		forget(b);
	return b;
}

void lb_bk_book_free(struct lb_bk_book *b)
{
	if (!b)
		return;
	lb_map_free(b->choices);
	lb_map_free(b->results);
	lb_map_free(b->imported);
	free(b->used);
	free(b->kept);
	free(b);
}

static bool fresh(const struct lb_bk_book *b)
{
	return b->kind == LB_BUILDER_FRESH || b->kind == LB_BUILDER_FRESH_MIN;
}

/* ---- ids and results ---- */

static void learn_id(struct lb_bk_book *b, const struct lb_digest *choice, const struct lb_digest *id)
{
	struct ids *l = lb_map_getn(b->choices, choice->bytes, sizeof(choice->bytes));
	if (!l) {
		l = lb_calloc(1, sizeof(*l));
		lb_map_setn(b->choices, choice->bytes, sizeof(choice->bytes), l);
	}
	l->items = lb_grow(l->items, l->count, &l->cap, sizeof(*l->items));
	l->items[l->count++] = *id;
}

static void learn_result(struct lb_bk_book *b, const struct lb_digest *id, const struct lb_past *k)
{
	struct lb_past *copy = lb_malloc(sizeof(*copy));
	*copy = *k;
	lb_map_setn(b->results, id->bytes, sizeof(id->bytes), copy);
}

int lb_bk_book_id(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *choice, size_t i, struct lb_digest *id)
{
	if (b->kind == LB_BUILDER_WARM) {
		struct lb_record r;
		int rc = lb_scope_get(scope, choice, i, &r, NULL);
		if (!rc && r.len != sizeof(id->bytes))
			rc = LB_INVALID;
		if (!rc)
			memcpy(id->bytes, r.data, sizeof(id->bytes));
		return rc;
	}
	const struct ids *l = lb_map_getn(b->choices, choice->bytes, sizeof(choice->bytes));
	if (!l || i >= l->count)
		return LB_NOT_FOUND;
	*id = l->items[l->count - 1 - i];
	return 0;
}

int lb_bk_book_add_id(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *choice, const struct lb_digest *id,
		      struct lb_err *err)
{
	if (b->kind == LB_BUILDER_WARM)
		return lb_scope_put(scope, choice, id->bytes, sizeof(id->bytes), err);
	learn_id(b, choice, id);
	return 0;
}

/* Ids of results and choices of keys are digests over different things: they share the scope's keys. */
int lb_bk_book_result(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *id, struct lb_past *out)
{
	if (b->kind == LB_BUILDER_WARM)
		return lb_past_get(scope, id, 0, out, NULL);
	const struct lb_past *k = lb_map_getn(b->results, id->bytes, sizeof(id->bytes));
	if (!k)
		return LB_NOT_FOUND;
	*out = *k;
	return 0;
}

int lb_bk_book_add_result(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *id, const struct lb_past *k,
			  struct lb_err *err)
{
	if (b->kind == LB_BUILDER_WARM)
		return lb_past_put(scope, id, k, err);
	learn_result(b, id, k);
	return 0;
}

/* ---- what an export will hold ---- */

static bool is_imported(const struct lb_bk_book *b, const struct lb_digest *result)
{
	return lb_map_getn(b->imported, result->bytes, sizeof(result->bytes)) != NULL;
}

void lb_bk_book_use(struct lb_bk_book *b, const struct lb_digest *choice, const struct lb_digest *id, const struct lb_past *k)
{
	if (!fresh(b))
		return;
	b->used = lb_grow(b->used, b->used_count, &b->used_cap, sizeof(*b->used));
	b->used[b->used_count++] = (struct used_choice){ *choice, *id };
	if (!k)
		return;
	for (size_t i = 0; i < b->kept_count; i++) {
		if (!lb_digest_equal(&b->kept[i].id, id))
			continue;
		b->kept[i] = (struct used_result){ *id, *k, is_imported(b, &k->result) };
		return;
	}
	b->kept = lb_grow(b->kept, b->kept_count, &b->kept_cap, sizeof(*b->kept));
	b->kept[b->kept_count++] = (struct used_result){ *id, *k, is_imported(b, &k->result) };
}

void lb_bk_book_fetch(struct lb_bk_book *b, const struct lb_link *link, struct lb_cache_counts *counts)
{
	if (!fresh(b))
		return;
	for (struct lb_link *l = (struct lb_link *)link; l && !l->fetched; l = l->below) {
		l->fetched = true;
		const struct lb_past *k = lb_map_getn(b->results, l->step.bytes, sizeof(l->step.bytes));
		if (k && k->held && is_imported(b, &k->result))
			counts->fetched_bytes += k->bytes;
	}
}

static bool in_image(const struct lb_link *final, const struct lb_digest *id)
{
	for (const struct lb_link *l = final; l; l = l->below)
		if (lb_digest_equal(&l->step, id))
			return true;
	return false;
}

/* ---- export and import ---- */

static void add_number(struct lb_buf *out, uint64_t n)
{
	uint8_t b[8];
	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(n >> (8 * i));
	lb_buf_add(out, b, sizeof(b));
}

int lb_bk_book_end(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_link *final, struct lb_cache_counts *counts,
		   struct lb_err *err)
{
	if (!fresh(b) || !final)
		return 0;
	lb_autobuf struct lb_buf out = { 0 };
	add_number(&out, b->used_count);
	lb_buf_add(&out, b->used, b->used_count * sizeof(*b->used));
	add_number(&out, b->kept_count);
	for (size_t i = 0; i < b->kept_count; i++) {
		struct used_result *u = &b->kept[i];
		uint8_t encoded[LB_PAST_BYTES];
		if (b->kind == LB_BUILDER_FRESH_MIN && !u->imported && !in_image(final, &u->id))
			u->past.held = false;
		if (u->past.held && !u->imported)
			counts->export_bytes += u->past.bytes;
		lb_past_encode(&u->past, encoded);
		lb_buf_add(&out, u->id.bytes, sizeof(u->id.bytes));
		lb_buf_add(&out, encoded, sizeof(encoded));
	}
	return lb_scope_put(scope, export_key(), out.data, out.len, err);
}

struct reader {
	const uint8_t *at;
	size_t left;
};

static const uint8_t *take(struct reader *r, size_t len)
{
	if (r->left < len)
		return NULL;
	const uint8_t *p = r->at;
	r->at += len;
	r->left -= len;
	return p;
}

static uint64_t take_number(struct reader *r)
{
	const uint8_t *p = take(r, 8);
	uint64_t n = 0;
	for (int i = 0; p && i < 8; i++)
		n |= (uint64_t)p[i] << (8 * i);
	return n;
}

static bool import(struct lb_bk_book *b, struct reader *r, struct lb_cache_counts *counts)
{
	for (uint64_t n = take_number(r); n; n--) {
		const uint8_t *p = take(r, sizeof(struct used_choice));
		if (!p)
			return false;
		struct used_choice u;
		memcpy(&u, p, sizeof(u));
		learn_id(b, &u.choice, &u.id);
	}
	for (uint64_t n = take_number(r); n; n--) {
		const uint8_t *p = take(r, 32 + LB_PAST_BYTES);
		if (!p)
			return false;
		struct lb_digest id;
		struct lb_past k;
		memcpy(id.bytes, p, 32);
		lb_past_decode(p + 32, &k);
		learn_result(b, &id, &k);
		if (!k.held || is_imported(b, &k.result))
			continue;
		lb_map_setn(b->imported, k.result.bytes, sizeof(k.result.bytes), b);
		counts->import_bytes += k.bytes;
	}
	return true;
}

int lb_bk_book_begin(struct lb_bk_book *b, struct lb_scope *scope, struct lb_cache_counts *counts, struct lb_err *err)
{
	if (b->kind == LB_BUILDER_WARM)
		return 0;
	forget(b);
	struct lb_record r;
	if (!fresh(b) || lb_scope_get(scope, export_key(), 0, &r, NULL))
		return 0;
	struct reader reader = { r.data, r.len };
	if (!import(b, &reader, counts))
		return lb_fail(err, LB_INVALID, "an exported cache of %zu bytes is cut short: another version of lbench wrote it", r.len);
	return 0;
}
