/* SPDX-License-Identifier: Apache-2.0
 *
 * A scope's inside. Records of a key are a chain in the order of writing; a fork looks at its own chain first
 * and then at its parent's, as far as that went when the fork was made.
 */
#ifndef LBENCH_STORE_SCOPE_H
#define LBENCH_STORE_SCOPE_H

#include <pthread.h>
#include <stdatomic.h>

#include "lbench/mem.h"
#include "store/backend.h"

struct lb_chain_item {
	uint64_t serial;
	size_t len;
	unsigned char *data;
};
struct lb_chain {
	struct lb_chain_item *items; /* oldest first */
	size_t count, cap;
	struct lb_chain_item only; /* where the first one is while it is the only one, as for nearly all keys */
};
void lb_chain_add(struct lb_chain *chain, uint64_t serial, const void *data, size_t len);
/* Takes data: it is the arena's of the one who releases the chain's items, and nothing else of it, himself. */
void lb_chain_push(struct lb_chain *chain, const struct lb_chain_item *item);
void lb_chain_release(struct lb_chain *chain);
void lb_chain_free(void *chain);

struct lb_scope {
	atomic_uint refs; /* the caller's and one for each fork */
	struct lb_scope *parent;
	uint64_t parent_end;   /* the parent's records from this serial on are not seen */
	struct lb_map *chains; /* key -> struct lb_chain (kept: kept.c's); NULL until there is one */
	uint64_t last_serial;  /* of records, as far as is known here */
	uint64_t last_instance;
	/* kept in the data base; chains are then what was read of it */
	struct lb_db *db;
	uint64_t id;
	struct lb_arena read;  /* parts and records, until the scope is freed */
	pthread_mutex_t mutex; /* of chains and last_*: forks in several threads read a kept parent */
};
struct lb_scope *lb_scope_make(void);
/* kept.c: the same as for scopes in memory, on the data base. */
int lb_kept_put(struct lb_scope *sc, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err);
/* Of the records before serial end. */
int lb_kept_get(struct lb_scope *sc, const struct lb_digest *key, size_t i, uint64_t end, struct lb_record *out, struct lb_err *err);
int lb_kept_oldest(struct lb_scope *sc, const struct lb_digest *key, uint64_t end, struct lb_record *out, struct lb_err *err);
uint64_t lb_kept_instance(struct lb_scope *sc);

#endif
