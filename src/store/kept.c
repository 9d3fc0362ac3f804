/* SPDX-License-Identifier: Apache-2.0
 *
 * Named scopes, in the data base. What was read of a key stays here until this scope writes to the key: the
 * second look-up costs what one in memory costs, and borrowed records stay where they are.
 */
#include <stdlib.h>

#include "store/db.h"
#include "store/scope.h"

static int add_scope(struct lb_db *db, const char *name, struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(db, LB_SQL_SCOPE_ADD, &st, err);
	if (rc)
		return rc;
	lb_stmt_text(&st, 1, name);
	return lb_stmt_step(&st, NULL, err);
}

static int find_scope(struct lb_scope *sc, const char *name, bool *found, struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(sc->db, LB_SQL_SCOPE_FIND, &st, err);
	if (rc)
		return rc;
	lb_stmt_text(&st, 1, name);
	rc = lb_stmt_step(&st, found, err);
	if (rc || !*found)
		return rc;
	sc->id = lb_stmt_take_uint(&st, 0);
	sc->last_instance = lb_stmt_take_uint(&st, 1);
	sc->last_serial = lb_stmt_take_uint(&st, 2);
	return 0;
}

int lb_scope_open(struct lb_store *s, const char *name, struct lb_scope **out, struct lb_err *err)
{
	bool found = false;
	struct lb_scope *sc = lb_scope_make();
	sc->db = s->be->db;
	int rc = find_scope(sc, name, &found, err);
	if (!rc && !found)
		rc = add_scope(sc->db, name, err);
	if (!rc && !found)
		rc = find_scope(sc, name, &found, err);
	if (rc) {
		lb_scope_free(sc);
		return lb_wrap(err, "while opening the cache '%.200s'", name);
	}
	*out = sc;
	return 0;
}

static void saw(struct lb_scope *sc, uint64_t serial)
{
	if (serial > sc->last_serial)
		sc->last_serial = serial;
}

/* The data base is given back before the scope's mutex is taken: reading takes them the other way round. */
static int insert(struct lb_scope *sc, const struct lb_digest *key, const void *data, size_t len, uint64_t *serial, struct lb_err *err)
{
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(sc->db, LB_SQL_RECORD_PUT, &st, err);
	if (rc)
		return rc;
	lb_stmt_uint(&st, 1, sc->id);
	lb_stmt_digest(&st, 2, key);
	lb_stmt_blob(&st, 3, data, len);
	rc = lb_stmt_step(&st, &row, err);
	if (rc)
		return rc;
	*serial = lb_stmt_take_uint(&st, 0);
	/* The insertion is over only when the statement is. */
	return lb_stmt_step(&st, NULL, err);
}

int lb_kept_put(struct lb_scope *sc, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err)
{
	uint64_t serial;
	int rc = insert(sc, key, data, len, &serial, err);
	if (rc)
		return rc;
	pthread_mutex_lock(&sc->mutex);
	saw(sc, serial);
	if (sc->chains)
		lb_map_setn(sc->chains, key->bytes, sizeof(key->bytes), NULL);
	pthread_mutex_unlock(&sc->mutex);
	return 0;
}

static int read_chain(struct lb_scope *sc, const struct lb_digest *key, struct lb_chain *chain, struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(sc->db, LB_SQL_RECORDS_GET, &st, err);
	if (rc)
		return rc;
	lb_stmt_uint(&st, 1, sc->id);
	lb_stmt_digest(&st, 2, key);
	for (;;) {
		bool row = false;
		const void *data;
		size_t len;
		rc = lb_stmt_step(&st, &row, err);
		if (rc || !row)
			return rc;
		lb_stmt_take_blob(&st, 1, &data, &len);
		lb_chain_add(chain, lb_stmt_take_uint(&st, 0), data, len);
	}
}

int lb_kept_chain(struct lb_scope *sc, const struct lb_digest *key, const struct lb_chain **out, struct lb_err *err)
{
	int rc = 0;
	pthread_mutex_lock(&sc->mutex);
	if (!sc->chains)
		sc->chains = lb_map_new(lb_chain_free);
	struct lb_chain *chain = lb_map_getn(sc->chains, key->bytes, sizeof(key->bytes));
	if (!chain) {
		chain = lb_calloc(1, sizeof(*chain));
		rc = read_chain(sc, key, chain, err);
		if (rc)
			lb_chain_free(chain);
		else
			lb_map_setn(sc->chains, key->bytes, sizeof(key->bytes), chain);
	}
	if (!rc && chain->count)
		saw(sc, chain->items[chain->count - 1].serial);
	pthread_mutex_unlock(&sc->mutex);
	*out = rc ? NULL : chain;
	return rc;
}

/* 0 on failure. */
static uint64_t count_instance(struct lb_scope *sc)
{
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	if (lb_db_use(sc->db, LB_SQL_SCOPE_INSTANCE, &st, NULL) != 0)
		return 0;
	lb_stmt_uint(&st, 1, sc->id);
	if (lb_stmt_step(&st, &row, NULL) != 0 || !row)
		return 0;
	uint64_t instance = lb_stmt_take_uint(&st, 0);
	return lb_stmt_step(&st, NULL, NULL) == 0 ? instance : 0;
}

uint64_t lb_kept_instance(struct lb_scope *sc)
{
	uint64_t instance = count_instance(sc);
	pthread_mutex_lock(&sc->mutex);
	if (instance)
		sc->last_instance = instance;
	pthread_mutex_unlock(&sc->mutex);
	return instance;
}
