/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/store.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lbench/mem.h"
#include "store/backend.h"

struct lb_ledger {
	atomic_uint refs; /* the caller's and one for each fork */
	struct lb_ledger *parent;
	struct lb_map *own;     /* NULL until something is added, so that a fork costs nothing */
	struct lb_store *store; /* NULL: it began empty */
	uint64_t bytes;
};

struct lb_ledger *lb_ledger_new(void)
{
	struct lb_ledger *l = lb_calloc(1, sizeof(*l));
	atomic_init(&l->refs, 1);
	return l;
}

struct lb_ledger *lb_ledger_of_store(struct lb_store *s)
{
	struct lb_ledger *l = lb_ledger_new();
	l->store = s;
	lb_store_note_made(s);
	return l;
}

struct lb_ledger *lb_ledger_fork(struct lb_ledger *parent)
{
	struct lb_ledger *l = lb_ledger_new();
	atomic_fetch_add(&parent->refs, 1);
	l->parent = parent;
	l->bytes = parent->bytes;
	return l;
}

void lb_ledger_free(struct lb_ledger *l)
{
	while (l && atomic_fetch_sub(&l->refs, 1) == 1) {
		struct lb_ledger *parent = l->parent;
		lb_map_free(l->own);
		free(l);
		l = parent;
	}
}

bool lb_ledger_has(const struct lb_ledger *l, const struct lb_digest *digest)
{
	for (; l; l = l->parent)
		if ((l->own && lb_map_getn(l->own, digest->bytes, sizeof(digest->bytes))) ||
		    (l->store && lb_store_began_with(l->store, digest)))
			return true;
	return false;
}

bool lb_ledger_add(struct lb_ledger *l, const struct lb_digest *digest, uint64_t bytes)
{
	if (lb_ledger_has(l, digest))
		return false;
	if (!l->own)
		l->own = lb_map_new(NULL);
	lb_map_setn(l->own, digest->bytes, sizeof(digest->bytes), l);
	l->bytes += bytes;
	return true;
}

uint64_t lb_ledger_bytes(const struct lb_ledger *l)
{
	return l->bytes;
}
