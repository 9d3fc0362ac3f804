/* SPDX-License-Identifier: Apache-2.0
 *
 * Named scopes, in the data base. What was read of a key stays here until this scope writes to the key: the
 * second look-up costs what one in memory costs, and borrowed records stay where they are. Of a key no more is
 * read than was asked for: one that thousands of builds wrote to costs what one costs that a single build did.
 */
#include <stdlib.h>
#include <string.h>

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

/* What was read of a key. */
struct part {
	struct lb_chain newest; /* newest first, without a gap */
	bool whole;             /* there are no older ones */
	struct lb_chain oldest; /* one at most */
};
enum { AT_FIRST = 1, AT_ONCE = 8 };

/* All else of it is the scope's arena's. */
static void release_part(void *p)
{
	struct part *part = p;
	if (part && part->newest.cap)
		free(part->newest.items);
}

static void add_read(struct lb_scope *sc, struct lb_chain *chain, uint64_t serial, const void *data, size_t len)
{
	struct lb_chain_item item = { serial, len, lb_arena_alloc(&sc->read, len) };
	if (len)
		memcpy(item.data, data, len);
	lb_chain_push(chain, &item);
}

/* An answer: whether that was all, then serial, length and bytes of each record. */
static void take_answer(struct lb_scope *sc, const char *at, size_t len, struct lb_chain *chain, bool *whole)
{
	const char *end = at + len;
	*whole = len >= 8 && lb_tape_take(&at);
	while (end - at >= 16) {
		uint64_t serial = lb_tape_take(&at), bytes = lb_tape_take(&at);
		if (bytes > (size_t)(end - at))
			return;
		add_read(sc, chain, serial, at, (size_t)bytes);
		at += bytes;
	}
}

static void add_record(struct lb_scope *sc, struct lb_stmt *st, struct lb_chain *chain, struct lb_buf *told)
{
	const void *data;
	size_t len;
	uint64_t serial = lb_stmt_take_uint(st, 0);
	lb_stmt_take_blob(st, 1, &data, &len);
	add_read(sc, chain, serial, data, len);
	lb_buf_add64(told, serial);
	lb_buf_add64(told, len);
	lb_buf_add(told, data, len);
}

static int ask_for_records(struct lb_scope *sc, enum lb_sql which, const struct lb_digest *key, uint64_t before, size_t most,
			   struct lb_chain *chain, struct lb_buf *told, struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(sc->db, which, &st, err);
	if (rc)
		return rc;
	lb_stmt_uint(&st, 1, sc->id);
	lb_stmt_digest(&st, 2, key);
	lb_stmt_uint(&st, 3, before);
	lb_buf_add64(told, 0);
	for (;; most--) {
		bool row = false;
		rc = lb_stmt_step(&st, &row, err);
		told->data[0] = !rc && !row;
		if (rc || !row || !most)
			return rc;
		add_record(sc, &st, chain, told);
	}
}

/* The next records behind those that were read, at most `most`. */
static int read_records(struct lb_scope *sc, enum lb_sql which, const struct lb_digest *key, size_t most, struct lb_chain *chain,
			bool *whole, struct lb_err *err)
{
	lb_autobuf struct lb_buf told = { 0 };
	uint64_t before = chain->count ? chain->items[chain->count - 1].serial : INT64_MAX;
	const char *answer;
	size_t len;
	struct lb_question ask = lb_question_of(which == LB_SQL_RECORDS_NEWEST ? 'n' : 'o', key);
	lb_question_add(&ask, sc->id);
	lb_question_add(&ask, before);
	lb_question_add(&ask, most);
	if (lb_db_recall(sc->db, &ask, &answer, &len)) {
		take_answer(sc, answer, len, chain, whole);
		return 0;
	}
	int rc = ask_for_records(sc, which, key, before, most, chain, &told, err);
	if (rc)
		return rc;
	*whole = told.data[0];
	lb_db_note(sc->db, &ask, &told);
	return 0;
}

static struct part *part_of(struct lb_scope *sc, const struct lb_digest *key)
{
	if (!sc->chains)
		sc->chains = lb_map_new(release_part);
	struct part *part = lb_map_getn(sc->chains, key->bytes, sizeof(key->bytes));
	if (!part) {
		part = lb_arena_alloc(&sc->read, sizeof(*part));
		lb_map_setn(sc->chains, key->bytes, sizeof(key->bytes), part);
	}
	return part;
}

static int no_record(struct lb_err *err)
{
	return lb_fail(err, LB_NOT_FOUND, "no such record");
}

static int get(struct lb_scope *sc, const struct lb_digest *key, size_t i, uint64_t end, struct lb_record *out, struct lb_err *err)
{
	struct part *part = part_of(sc, key);
	for (size_t k = 0;; k++) {
		const struct lb_chain *chain = &part->newest;
		size_t most = chain->count ? AT_ONCE : AT_FIRST;
		int rc = k < chain->count || part->whole
				 ? 0
				 : read_records(sc, LB_SQL_RECORDS_NEWEST, key, most, &part->newest, &part->whole, err);
		if (rc)
			return rc;
		if (k >= chain->count)
			return no_record(err);
		if (!k)
			saw(sc, chain->items[0].serial);
		if (chain->items[k].serial >= end || i-- != 0)
			continue;
		*out = (struct lb_record){ chain->items[k].serial, chain->items[k].data, chain->items[k].len };
		return 0;
	}
}

int lb_kept_get(struct lb_scope *sc, const struct lb_digest *key, size_t i, uint64_t end, struct lb_record *out, struct lb_err *err)
{
	pthread_mutex_lock(&sc->mutex);
	int rc = get(sc, key, i, end, out, err);
	pthread_mutex_unlock(&sc->mutex);
	return rc;
}

int lb_kept_oldest(struct lb_scope *sc, const struct lb_digest *key, uint64_t end, struct lb_record *out, struct lb_err *err)
{
	bool whole;
	pthread_mutex_lock(&sc->mutex);
	struct lb_chain *oldest = &part_of(sc, key)->oldest;
	int rc = oldest->count ? 0 : read_records(sc, LB_SQL_RECORDS_OLDEST, key, 1, oldest, &whole, err);
	bool found = !rc && oldest->count && oldest->items[0].serial < end;
	if (found) {
		saw(sc, oldest->items[0].serial);
		*out = (struct lb_record){ oldest->items[0].serial, oldest->items[0].data, oldest->items[0].len };
	}
	pthread_mutex_unlock(&sc->mutex);
	return rc || found ? rc : no_record(err);
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
