/* SPDX-License-Identifier: Apache-2.0
 *
 * Where BuildKit's records are. A warm builder's are in the scope, for ever. A fresh builder begins with what
 * the last successful build exported and with nothing else; what it exports, at its end, replaces that: the
 * layers of all steps it went through, and every link that leads to one of them, with the links that lead
 * there in turn, keys without layers (solver/exporter.go, addBacklinks; observed: a source that goes back to
 * what it was, while what it makes stayed the same, hits in every step and nothing is carried out). With
 * mode=min it exports the layers that the final image holds, and of the others those that it had imported (a
 * layer that is at hand as a blob is written again, none is made for the purpose). A cold builder begins with
 * nothing.
 *
 * An export is one record of the scope: numbers of 8 bytes (little endian), digests, results as past.c writes
 * them.
 */
#include "policy/buildkit.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct entry {
	struct lb_bk_link link; /* deps are its own */
	struct entry *next;     /* of the same choice, an older one */
	struct entry *next_of_id;
};
struct used {
	struct lb_digest id;
	struct lb_past past;
	bool imported; /* its layer came with the import */
};

struct lb_bk_book {
	enum lb_builder_kind kind;
	/* not warm: what this build knows */
	struct lb_arena arena;   /* entries */
	struct lb_map *choices;  /* choice -> struct entry */
	struct lb_map *ids;      /* id -> struct entry */
	struct lb_map *results;  /* id -> struct lb_past */
	struct lb_map *imported; /* result of a layer that the import holds -> the book */
	struct entry **entries;
	size_t entries_count, entries_cap;
	/* fresh: what this build went through */
	struct used *used;
	size_t used_count, used_cap;
};

static const struct lb_digest *export_key(void)
{
	static const struct lb_digest key = { "buildkit: exported cache" };
	return &key;
}

static void release_maps(struct lb_bk_book *b)
{
	lb_map_free(b->choices);
	lb_map_free(b->ids);
	lb_map_free(b->results);
	lb_map_free(b->imported);
	lb_arena_release(&b->arena);
}

static void forget(struct lb_bk_book *b)
{
	release_maps(b);
	b->arena = (struct lb_arena){ 0 };
	b->choices = lb_map_new(NULL);
	b->ids = lb_map_new(NULL);
	b->results = lb_map_new(free);
	b->imported = lb_map_new(NULL);
	b->used_count = b->entries_count = 0;
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
	release_maps(b);
	free(b->entries);
	free(b->used);
	free(b);
}

static bool fresh(const struct lb_bk_book *b)
{
	return b->kind == LB_BUILDER_FRESH || b->kind == LB_BUILDER_FRESH_MIN;
}

static void *map_get(const struct lb_map *m, const struct lb_digest *key)
{
	return lb_map_getn(m, key->bytes, sizeof(key->bytes));
}

static void map_set(struct lb_map *m, const struct lb_digest *key, void *value)
{
	lb_map_setn(m, key->bytes, sizeof(key->bytes), value);
}

/* ---- links ---- */

static void learn(struct lb_bk_book *b, const struct lb_bk_link *l)
{
	struct entry *e = lb_arena_alloc(&b->arena, sizeof(*e));
	struct lb_digest *deps = lb_arena_alloc(&b->arena, (l->deps_count + 1) * sizeof(*deps));
	if (l->deps_count)
		memcpy(deps, l->deps, l->deps_count * sizeof(*deps));
	*e = (struct entry){ .link = *l, .next = map_get(b->choices, &l->choice), .next_of_id = map_get(b->ids, &l->id) };
	e->link.deps = deps;
	map_set(b->choices, &l->choice, e);
	map_set(b->ids, &l->id, e);
	b->entries = lb_grow(b->entries, b->entries_count, &b->entries_cap, sizeof(*b->entries));
	b->entries[b->entries_count++] = e;
}

static struct lb_digest mark_of(const struct lb_digest *op, const struct lb_digest *root)
{
	uint8_t bytes[65] = { 0 };
	memcpy(bytes, op->bytes, 32);
	if (root)
		memcpy(bytes + 32, root->bytes, 32);
	bytes[64] = 'm';
	return lb_digest_of(bytes, sizeof(bytes));
}

static bool marked(struct lb_scope *scope, const struct lb_digest *op, const struct lb_digest *root)
{
	struct lb_digest mark = mark_of(op, root);
	struct lb_record r;
	return lb_scope_get(scope, &mark, 0, &r, NULL) == 0;
}

static int set_mark(struct lb_scope *scope, const struct lb_digest *op, const struct lb_digest *root, struct lb_err *err)
{
	struct lb_digest mark = mark_of(op, root);
	return marked(scope, op, root) ? 0 : lb_scope_put(scope, &mark, "", 1, err);
}

int lb_bk_book_link(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_bk_link *l, struct lb_err *err)
{
	if (b->kind != LB_BUILDER_WARM) {
		learn(b, l);
		return 0;
	}
	int rc = lb_scope_put(scope, &l->choice, l->id.bytes, sizeof(l->id.bytes), err);
	if (!rc)
		rc = set_mark(scope, &l->op, NULL, err);
	if (!rc && l->rooted)
		rc = set_mark(scope, &l->op, &l->deps[0], err);
	return rc;
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
	const struct entry *e = map_get(b->choices, choice);
	for (; e && i; i--)
		e = e->next;
	if (!e)
		return LB_NOT_FOUND;
	*id = e->link.id;
	return 0;
}

static bool entry_on(const struct entry *e, const struct lb_digest *op, const struct lb_digest *roots, size_t roots_count)
{
	if (!lb_digest_equal(&e->link.op, op))
		return false;
	for (size_t i = 0; e->link.rooted && i < roots_count; i++)
		if (lb_digest_equal(&e->link.deps[0], &roots[i]))
			return true;
	return !roots_count;
}

bool lb_bk_book_tried(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *op, const struct lb_digest *roots,
		      size_t roots_count)
{
	if (b->kind == LB_BUILDER_WARM) {
		for (size_t i = 0; i < roots_count; i++)
			if (marked(scope, op, &roots[i]))
				return true;
		return !roots_count && marked(scope, op, NULL);
	}
	for (size_t i = 0; i < b->entries_count; i++)
		if (entry_on(b->entries[i], op, roots, roots_count))
			return true;
	return false;
}

/* ---- results ---- */

static void learn_result(struct lb_bk_book *b, const struct lb_digest *id, const struct lb_past *k)
{
	struct lb_past *copy = lb_malloc(sizeof(*copy));
	*copy = *k;
	map_set(b->results, id, copy);
}

/* Ids of results and choices of keys are digests over different things: they share the scope's keys. */
int lb_bk_book_result(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *id, struct lb_past *out)
{
	if (b->kind == LB_BUILDER_WARM)
		return lb_past_get(scope, id, 0, out, NULL);
	const struct lb_past *k = map_get(b->results, id);
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

void lb_bk_book_use(struct lb_bk_book *b, const struct lb_digest *id, const struct lb_past *k)
{
	if (!fresh(b))
		return;
	struct used u = { *id, *k, map_get(b->imported, &k->result) != NULL };
	for (size_t i = 0; i < b->used_count; i++) {
		if (!lb_digest_equal(&b->used[i].id, id))
			continue;
		b->used[i] = u;
		return;
	}
	b->used = lb_grow(b->used, b->used_count, &b->used_cap, sizeof(*b->used));
	b->used[b->used_count++] = u;
}

void lb_bk_book_fetch(struct lb_bk_book *b, const struct lb_link *link, struct lb_cache_counts *counts)
{
	if (!fresh(b))
		return;
	for (struct lb_link *l = (struct lb_link *)link; l && !l->fetched; l = l->below) {
		l->fetched = true;
		const struct lb_past *k = map_get(b->results, &l->step);
		if (k && k->held && map_get(b->imported, &k->result))
			counts->fetched_bytes += k->bytes;
	}
}

/* ---- export ---- */

static void add_digest(struct lb_buf *out, const struct lb_digest *d)
{
	lb_buf_add(out, d->bytes, sizeof(d->bytes));
}

static bool in_image(const struct lb_link *final, const struct lb_digest *id)
{
	for (const struct lb_link *l = final; l; l = l->below)
		if (lb_digest_equal(&l->step, id))
			return true;
	return false;
}

/* Layers are exported once, whatever number of ids lead to them. */
static bool same_result_before(const struct lb_bk_book *b, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (b->used[i].past.held && lb_digest_equal(&b->used[i].past.result, &b->used[at].past.result))
			return true;
	return false;
}

static void add_result(struct lb_buf *out, const struct lb_digest *id, const struct lb_past *k)
{
	uint8_t encoded[LB_PAST_BYTES];
	lb_past_encode(k, encoded);
	add_digest(out, id);
	lb_buf_add(out, encoded, sizeof(encoded));
}

static uint64_t export_results(struct lb_bk_book *b, const struct lb_link *final, struct lb_cache_counts *counts, struct lb_buf *out)
{
	for (size_t i = 0; i < b->used_count; i++) {
		struct used *u = &b->used[i];
		if (b->kind == LB_BUILDER_FRESH_MIN && !u->imported && !in_image(final, &u->id))
			u->past.held = false;
		if (u->past.held && !u->imported && !same_result_before(b, i))
			counts->export_bytes += u->past.bytes;
		add_result(out, &u->id, &u->past);
	}
	return b->used_count;
}

static bool is_used(const struct lb_bk_book *b, const struct lb_digest *id)
{
	for (size_t i = 0; i < b->used_count; i++)
		if (lb_digest_equal(&b->used[i].id, id))
			return true;
	return false;
}

/* A key that this build did not go through keeps what is known of its result, and loses the layer. */
static bool export_key_only(const struct lb_bk_book *b, const struct lb_digest *id, struct lb_buf *out)
{
	const struct lb_past *k = map_get(b->results, id);
	if (!k || is_used(b, id))
		return false;
	struct lb_past keyed = *k;
	keyed.held = false;
	add_result(out, id, &keyed);
	return true;
}

struct todo {
	struct lb_digest *ids;
	size_t count, cap;
	struct lb_map *seen;
};

static void todo_add(struct todo *t, const struct lb_digest *id)
{
	if (map_get(t->seen, id))
		return;
	map_set(t->seen, id, t);
	t->ids = lb_grow(t->ids, t->count, &t->cap, sizeof(*t->ids));
	t->ids[t->count++] = *id;
}

static void export_link(const struct entry *e, struct todo *t, struct lb_buf *out)
{
	add_digest(out, &e->link.op);
	add_digest(out, &e->link.choice);
	add_digest(out, &e->link.id);
	lb_buf_add64(out, (uint64_t)e->link.deps_count << 1 | e->link.rooted);
	for (size_t k = 0; k < e->link.deps_count; k++) {
		add_digest(out, &e->link.deps[k]);
		todo_add(t, &e->link.deps[k]);
	}
}

/* The links that lead to what was used, and to what these stand on, with keys for the latter. */
static void export_links(struct lb_bk_book *b, struct lb_buf *links, uint64_t *links_count, struct lb_buf *keys, uint64_t *keys_count)
{
	struct todo t = { .seen = lb_map_new(NULL) };
	for (size_t i = 0; i < b->used_count; i++)
		todo_add(&t, &b->used[i].id);
	for (size_t i = 0; i < t.count; i++) {
		struct lb_digest id = t.ids[i];
		*keys_count += export_key_only(b, &id, keys);
		for (const struct entry *e = map_get(b->ids, &id); e; e = e->next_of_id) {
			export_link(e, &t, links);
			++*links_count;
		}
	}
	free(t.ids);
	lb_map_free(t.seen);
}

int lb_bk_book_end(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_link *final, struct lb_cache_counts *counts,
		   struct lb_err *err)
{
	if (!fresh(b) || !final)
		return 0;
	lb_autobuf struct lb_buf out = { 0 }, results = { 0 }, links = { 0 };
	uint64_t links_count = 0, results_count = export_results(b, final, counts, &results);
	export_links(b, &links, &links_count, &results, &results_count);
	lb_buf_add64(&out, results_count);
	lb_buf_add(&out, results.data, results.len);
	lb_buf_add64(&out, links_count);
	lb_buf_add(&out, links.data, links.len);
	return lb_scope_put(scope, export_key(), out.data, out.len, err);
}

/* ---- import ---- */

struct reader {
	const uint8_t *at;
	size_t left;
	bool short_read;
};

static void take(struct reader *r, void *out, size_t len)
{
	if (r->left < len) {
		r->short_read = true;
		r->left = 0;
		memset(out, 0, len);
		return;
	}
	memcpy(out, r->at, len);
	r->at += len;
	r->left -= len;
}

static uint64_t take_number(struct reader *r)
{
	uint8_t b[8];
	take(r, b, sizeof(b));
	return lb_get64(b);
}

static void import_result(struct lb_bk_book *b, struct reader *r, struct lb_cache_counts *counts)
{
	struct lb_digest id;
	struct lb_past k;
	uint8_t encoded[LB_PAST_BYTES];
	take(r, id.bytes, sizeof(id.bytes));
	take(r, encoded, sizeof(encoded));
	lb_past_decode(encoded, &k);
	learn_result(b, &id, &k);
	if (!k.held || map_get(b->imported, &k.result))
		return;
	map_set(b->imported, &k.result, b);
	counts->import_bytes += k.bytes;
}

static void import_link(struct lb_bk_book *b, struct reader *r)
{
	struct lb_digest deps[LB_BK_DEPS_MAX];
	struct lb_bk_link l = { .deps = deps };
	take(r, l.op.bytes, sizeof(l.op.bytes));
	take(r, l.choice.bytes, sizeof(l.choice.bytes));
	take(r, l.id.bytes, sizeof(l.id.bytes));
	uint64_t n = take_number(r);
	l.rooted = n & 1;
	l.deps_count = n >> 1;
	if (l.deps_count > LB_BK_DEPS_MAX) {
		r->short_read = true;
		return;
	}
	take(r, deps, l.deps_count * sizeof(deps[0]));
	if (!r->short_read)
		learn(b, &l);
}

int lb_bk_book_begin(struct lb_bk_book *b, struct lb_scope *scope, struct lb_cache_counts *counts, struct lb_err *err)
{
	if (b->kind == LB_BUILDER_WARM)
		return 0;
	forget(b);
	struct lb_record r;
	if (!fresh(b) || lb_scope_get(scope, export_key(), 0, &r, NULL))
		return 0;
	struct reader reader = { .at = r.data, .left = r.len };
	for (uint64_t n = take_number(&reader); n && !reader.short_read; n--)
		import_result(b, &reader, counts);
	for (uint64_t n = take_number(&reader); n && !reader.short_read; n--)
		import_link(b, &reader);
	if (reader.short_read)
		return lb_fail(err, LB_INVALID, "an exported cache of %zu bytes cannot be read: another version of lbench wrote it", r.len);
	return 0;
}
