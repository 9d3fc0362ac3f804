/* SPDX-License-Identifier: Apache-2.0 */
#include "store/scope.h"

#include <stdlib.h>
#include <string.h>

void lb_chain_push(struct lb_chain *chain, const struct lb_chain_item *item)
{
	if (!chain->count) {
		chain->items = &chain->only;
	} else if (!chain->cap) {
		chain->items = lb_grow(NULL, 0, &chain->cap, sizeof(*chain->items));
		chain->items[0] = chain->only;
	} else {
		chain->items = lb_grow(chain->items, chain->count, &chain->cap, sizeof(*chain->items));
	}
	chain->items[chain->count++] = *item;
}

void lb_chain_add(struct lb_chain *chain, uint64_t serial, const void *data, size_t len)
{
	struct lb_chain_item item = { serial, len, lb_malloc(len) };
	if (len)
		memcpy(item.data, data, len);
	lb_chain_push(chain, &item);
}

void lb_chain_release(struct lb_chain *chain)
{
	for (size_t i = 0; i < chain->count; i++)
		free(chain->items[i].data);
	if (chain->cap)
		free(chain->items);
	*chain = (struct lb_chain){ 0 };
}

void lb_chain_free(void *p)
{
	struct lb_chain *chain = p;
	if (!chain)
		return;
	lb_chain_release(chain);
	free(chain);
}

struct lb_scope *lb_scope_make(void)
{
	struct lb_scope *sc = lb_calloc(1, sizeof(*sc));
	atomic_init(&sc->refs, 1);
	pthread_mutex_init(&sc->mutex, NULL);
	return sc;
}

int lb_scope_new(struct lb_store *s, struct lb_scope **out, struct lb_err *err)
{
	(void)s;
	(void)err;
	*out = lb_scope_make();
	return 0;
}

struct lb_scope *lb_scope_fork(struct lb_scope *parent)
{
	struct lb_scope *sc = lb_scope_make();
	atomic_fetch_add(&parent->refs, 1);
	sc->parent = parent;
	pthread_mutex_lock(&parent->mutex);
	sc->last_serial = parent->last_serial;
	sc->last_instance = parent->last_instance;
	pthread_mutex_unlock(&parent->mutex);
	sc->parent_end = sc->last_serial + 1;
	return sc;
}

void lb_scope_free(struct lb_scope *sc)
{
	while (sc && atomic_fetch_sub(&sc->refs, 1) == 1) {
		struct lb_scope *parent = sc->parent;
		lb_map_free(sc->chains);
		lb_arena_release(&sc->read);
		pthread_mutex_destroy(&sc->mutex);
		free(sc);
		sc = parent;
	}
}

int lb_scope_put(struct lb_scope *sc, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err)
{
	if (sc->db)
		return lb_kept_put(sc, key, data, len, err);
	if (!sc->chains)
		sc->chains = lb_map_new(lb_chain_free);
	struct lb_chain *chain = lb_map_getn(sc->chains, key->bytes, sizeof(key->bytes));
	if (!chain) {
		chain = lb_calloc(1, sizeof(*chain));
		lb_map_setn(sc->chains, key->bytes, sizeof(key->bytes), chain);
	}
	lb_chain_add(chain, ++sc->last_serial, data, len);
	return 0;
}

static const struct lb_chain *chain_of(const struct lb_scope *sc, const struct lb_digest *key)
{
	return sc->chains ? lb_map_getn(sc->chains, key->bytes, sizeof(key->bytes)) : NULL;
}

/* What of a parent a fork sees that itself is seen up to `end`. */
static uint64_t end_in_parent(const struct lb_scope *sc, uint64_t end)
{
	return sc->parent_end < end ? sc->parent_end : end;
}

/* A kept scope has no parent. */
int lb_scope_get(struct lb_scope *sc, const struct lb_digest *key, size_t i, struct lb_record *out, struct lb_err *err)
{
	for (uint64_t end = UINT64_MAX; sc; end = end_in_parent(sc, end), sc = sc->parent) {
		if (sc->db)
			return lb_kept_get(sc, key, i, end, out, err);
		const struct lb_chain *chain = chain_of(sc, key);
		size_t count = chain ? chain->count : 0;
		while (count && chain->items[count - 1].serial >= end)
			count--;
		if (i < count) {
			const struct lb_chain_item *item = &chain->items[count - 1 - i];
			*out = (struct lb_record){ item->serial, item->data, item->len };
			return 0;
		}
		i -= count;
	}
	return lb_fail(err, LB_NOT_FOUND, "no such record");
}

int lb_scope_oldest(struct lb_scope *sc, const struct lb_digest *key, struct lb_record *out, struct lb_err *err)
{
	bool found = false;
	for (uint64_t end = UINT64_MAX; sc; end = end_in_parent(sc, end), sc = sc->parent) {
		int rc = sc->db ? lb_kept_oldest(sc, key, end, out, err) : LB_NOT_FOUND;
		if (rc && rc != LB_NOT_FOUND)
			return rc;
		const struct lb_chain *chain = sc->db ? NULL : chain_of(sc, key);
		if (chain && chain->items[0].serial < end)
			*out = (struct lb_record){ chain->items[0].serial, chain->items[0].data, chain->items[0].len };
		found |= !rc || (chain && chain->items[0].serial < end);
	}
	return found ? 0 : lb_fail(err, LB_NOT_FOUND, "no such record");
}

uint64_t lb_scope_next_serial(struct lb_scope *sc)
{
	return sc->db ? lb_kept_instance(sc) : ++sc->last_instance;
}
