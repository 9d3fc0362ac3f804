/* SPDX-License-Identifier: Apache-2.0
 *
 * WAL with synchronous=NORMAL: a commit costs no fsync, and neither a killed process nor a power cut leaves
 * a torn data base. Folding the log in does fsync, and on ext4 that waits for all blobs that were written
 * meanwhile; so it is not done while a build runs, but behind the store's one sync, and at closing when the
 * log has become long enough to make the next opening slow: who is first to open the data base reads all of the
 * log, also what was folded in. So it is cut off as well, unless somebody else reads it just then.
 */
#include "store/db.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>

#include "lbench/mem.h"

#define BUSY_TIMEOUT_MS 60000
#define SCHEMA_VERSION  2
/* Pages of 4 KiB in the log: worth folding in when it is convenient; folded in at once. */
#define LOG_LONG 256
#define LOG_MAX  8192

struct lb_db {
	char *path, *lock_path;
	sqlite3 *handle; /* NULL until first used */
	pthread_mutex_t mutex;
	sqlite3_stmt *statements[LB_SQL_COUNT];
	bool hold; /* reading statements share one transaction */
	struct lb_tape tape;
	uint64_t changes; /* of the data base, that the tape is of */
	int log_pages;    /* in the log after the last commit of ours */
	uint64_t rows;    /* that statements gave */
};

#define TAPES "reads 1" /* kind of the memos that say which tape holds */

/* All of it may be there already, in a data base of an earlier version: version 1 had no table of changes. */
static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE IF NOT EXISTS layers(tree BLOB NOT NULL, compression INTEGER NOT NULL, diff_id BLOB NOT NULL,"
	" diff_bytes INTEGER NOT NULL, blob BLOB NOT NULL, blob_bytes INTEGER NOT NULL, files INTEGER NOT NULL,"
	" whiteouts INTEGER NOT NULL, PRIMARY KEY(tree, compression)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS layers_diff_id ON layers(diff_id, compression);"
	"CREATE INDEX IF NOT EXISTS layers_blob ON layers(blob);"
	"CREATE TABLE IF NOT EXISTS memos(kind TEXT NOT NULL, key BLOB NOT NULL, data BLOB NOT NULL, UNIQUE(kind, key));"
	"CREATE TABLE IF NOT EXISTS scopes(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, instances INTEGER NOT NULL);"
	"CREATE TABLE IF NOT EXISTS records(scope INTEGER NOT NULL, serial INTEGER NOT NULL, key BLOB NOT NULL, data BLOB NOT NULL,"
	" PRIMARY KEY(scope, serial)) WITHOUT ROWID;"
	"CREATE INDEX IF NOT EXISTS records_key ON records(scope, key, serial);"
	/* a number that every change moves on */
	"CREATE TABLE IF NOT EXISTS changes(one INTEGER PRIMARY KEY, count INTEGER NOT NULL);"
	"INSERT OR IGNORE INTO changes VALUES(1, 0);"
	"CREATE TRIGGER IF NOT EXISTS layers_put AFTER INSERT ON layers BEGIN UPDATE changes SET count=count+1; END;"
	"CREATE TRIGGER IF NOT EXISTS layers_drop AFTER DELETE ON layers BEGIN UPDATE changes SET count=count+1; END;"
	"CREATE TRIGGER IF NOT EXISTS memos_put AFTER INSERT ON memos WHEN NEW.kind<>'" TAPES "'"
	" BEGIN UPDATE changes SET count=count+1; END;"
	"CREATE TRIGGER IF NOT EXISTS records_put AFTER INSERT ON records BEGIN UPDATE changes SET count=count+1; END;"
	"PRAGMA user_version=2;"
	"COMMIT;";

#define LAYER_COLUMNS "diff_id, diff_bytes, blob, blob_bytes, files, whiteouts"

static const char *const sql[LB_SQL_COUNT] = {
	[LB_SQL_LAYER_PUT] = "INSERT OR REPLACE INTO layers(tree, compression, " LAYER_COLUMNS ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8)",
	[LB_SQL_LAYER_BY_TREE] = "SELECT " LAYER_COLUMNS " FROM layers WHERE tree=?1 AND compression=?2",
	[LB_SQL_LAYER_BY_DIFF_ID] = "SELECT " LAYER_COLUMNS " FROM layers WHERE diff_id=?1 AND compression=?2 ORDER BY tree LIMIT 1",
	[LB_SQL_LAYERS_OF_BLOB] = "SELECT diff_id FROM layers WHERE blob=?1 LIMIT 1",
	[LB_SQL_LAYER_FORGET] = "DELETE FROM layers WHERE blob=?1",
	[LB_SQL_LAYER_LEFT] = "SELECT 1 FROM layers WHERE diff_id=?1 LIMIT 1",
	[LB_SQL_MEMO_PUT] = "INSERT OR REPLACE INTO memos(kind, key, data) VALUES(?1,?2,?3)",
	[LB_SQL_MEMO_GET] = "SELECT data FROM memos WHERE kind=?1 AND key=?2",
	[LB_SQL_SCOPE_ADD] = "INSERT OR IGNORE INTO scopes(name, instances) VALUES(?1, 0)",
	[LB_SQL_SCOPE_FIND] =
		"SELECT id, instances, (SELECT coalesce(max(serial),0) FROM records WHERE scope=id) FROM scopes WHERE name=?1",
	[LB_SQL_SCOPE_INSTANCE] = "UPDATE scopes SET instances=instances+1 WHERE id=?1 RETURNING instances",
	[LB_SQL_RECORD_PUT] = ("INSERT INTO records(scope, serial, key, data)"
			       " SELECT ?1, coalesce(max(serial),0)+1, ?2, ?3 FROM records WHERE scope=?1 RETURNING serial"),
	[LB_SQL_RECORDS_NEWEST] = ("SELECT serial, data FROM records INDEXED BY records_key WHERE scope=?1 AND key=?2 AND serial<?3"
				   " ORDER BY serial DESC"),
	[LB_SQL_RECORDS_OLDEST] = ("SELECT serial, data FROM records INDEXED BY records_key WHERE scope=?1 AND key=?2 AND serial<?3"
				   " ORDER BY serial"),
	[LB_SQL_CHANGES] = "SELECT count FROM changes",
	[LB_SQL_BEGIN] = "BEGIN",
	[LB_SQL_COMMIT] = "COMMIT",
	[LB_SQL_CHECK] = "PRAGMA quick_check(1)",
};

struct lb_db *lb_db_new(const char *path, const char *lock_path)
{
	struct lb_db *db = lb_calloc(1, sizeof(*db));
	db->path = lb_strdup(path);
	db->lock_path = lock_path ? lb_strdup(lock_path) : NULL;
	db->tape.off = true;
	pthread_mutex_init(&db->mutex, NULL);
	return db;
}

static void fold(struct lb_db *db, int when_pages)
{
	if (!db->handle || db->log_pages < when_pages)
		return;
	sqlite3_busy_timeout(db->handle, 0);
	sqlite3_wal_checkpoint_v2(db->handle, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	db->log_pages = 0;
}

static int after_commit(void *arg, sqlite3 *handle, const char *name, int pages)
{
	(void)handle;
	(void)name;
	struct lb_db *db = arg;
	db->log_pages = pages;
	fold(db, LOG_MAX);
	return SQLITE_OK;
}

void lb_db_fold(struct lb_db *db)
{
	pthread_mutex_lock(&db->mutex);
	fold(db, 1);
	pthread_mutex_unlock(&db->mutex);
}

uint64_t lb_db_rows(struct lb_db *db)
{
	pthread_mutex_lock(&db->mutex);
	uint64_t rows = db->rows;
	pthread_mutex_unlock(&db->mutex);
	return rows;
}

void lb_db_free(struct lb_db *db)
{
	if (!db)
		return;
	fold(db, LOG_LONG);
	for (size_t i = 0; i < LB_SQL_COUNT; i++)
		sqlite3_finalize(db->statements[i]);
	sqlite3_close(db->handle);
	lb_tape_release(&db->tape);
	pthread_mutex_destroy(&db->mutex);
	free(db->path);
	free(db->lock_path);
	free(db);
}

static int fail(struct lb_db *db, sqlite3 *handle, int result, struct lb_err *err)
{
	int code = LB_IO;
	switch (result & 0xff) {
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		code = LB_CANTCREAT;
		break;
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		code = LB_INVALID;
		break;
	default:
		break;
	}
	return lb_fail(err, code, "%s: %s", db->path, handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result));
}

static int run(struct lb_db *db, sqlite3 *handle, const char *text, struct lb_err *err)
{
	int result = sqlite3_exec(handle, text, NULL, NULL, NULL);
	return result == SQLITE_OK ? 0 : fail(db, handle, result, err);
}

static int read_version(struct lb_db *db, sqlite3 *handle, int *version, struct lb_err *err)
{
	sqlite3_stmt *st = NULL;
	int result = sqlite3_prepare_v2(handle, "PRAGMA user_version", -1, &st, NULL);
	if (result == SQLITE_OK)
		result = sqlite3_step(st);
	int rc = result == SQLITE_ROW ? 0 : fail(db, handle, result, err);
	*version = rc ? 0 : sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	return rc;
}

static int make_tables(struct lb_db *db, sqlite3 *handle, struct lb_err *err)
{
	int rc = run(db, handle, "PRAGMA journal_mode=WAL", err);
	return rc ? rc : run(db, handle, schema, err);
}

/* The busy handler is not asked while a data base becomes a WAL one or is mended after a kill, and even a reader
 * of its version is in the way then: so opening is one process's at a time. */
static int lock_opening(const struct lb_db *db, int *lock, struct lb_err *err)
{
	if (!db->lock_path)
		return 0;
	*lock = open(db->lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int e = errno;
	if (*lock < 0 && (e == EROFS || e == EACCES))
		return 0; /* nothing will be made there */
	if (*lock < 0)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s", db->lock_path), LB_CANTCREAT));
	while (flock(*lock, LOCK_EX) != 0 && errno == EINTR)
		;
	return 0;
}

static int set_up(struct lb_db *db, sqlite3 *handle, struct lb_err *err)
{
	int version, off;
	lb_autofd int lock = -1;
	sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, &off);
	int rc = lock_opening(db, &lock, err);
	if (!rc)
		rc = read_version(db, handle, &version, err);
	if (!rc && version < SCHEMA_VERSION) {
		rc = make_tables(db, handle, err);
		version = SCHEMA_VERSION;
	}
	if (!rc && version != SCHEMA_VERSION)
		rc = lb_fail(err, LB_INVALID, "%s: made by another version of lbench (format %d, this one reads %d)", db->path, version,
			     SCHEMA_VERSION);
	return rc ? rc : run(db, handle, "PRAGMA synchronous=NORMAL", err);
}

static int open_handle(struct lb_db *db, struct lb_err *err)
{
	sqlite3 *handle = NULL;
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
	int result = sqlite3_open_v2(db->path, &handle, flags, NULL);
	int rc = result == SQLITE_OK ? set_up(db, handle, err) : fail(db, handle, result, err);
	if (rc) {
		sqlite3_close(handle);
		return rc;
	}
	sqlite3_wal_hook(handle, after_commit, db);
	db->handle = handle;
	return 0;
}

static int prepare(struct lb_db *db, enum lb_sql which, struct lb_err *err)
{
	if (db->statements[which])
		return 0;
	int result = sqlite3_prepare_v3(db->handle, sql[which], -1, SQLITE_PREPARE_PERSISTENT, &db->statements[which], NULL);
	return result == SQLITE_OK ? 0 : fail(db, db->handle, result, err);
}

/* Begins or ends the transaction of what is read, where it is not so already. */
static int be_reading(struct lb_db *db, bool on, struct lb_err *err)
{
	enum lb_sql which = on ? LB_SQL_BEGIN : LB_SQL_COMMIT;
	bool is_on = !sqlite3_get_autocommit(db->handle);
	if (on == is_on)
		return 0;
	int rc = prepare(db, which, err);
	if (rc)
		return rc;
	int result = sqlite3_step(db->statements[which]);
	sqlite3_reset(db->statements[which]);
	return result == SQLITE_DONE ? 0 : fail(db, db->handle, result, err);
}

static int get_ready(struct lb_db *db, sqlite3_stmt *st, struct lb_err *err)
{
	bool reads = sqlite3_stmt_readonly(st);
	db->tape.off |= !reads;
	return be_reading(db, db->hold && reads, err);
}

int lb_db_use(struct lb_db *db, enum lb_sql which, struct lb_stmt *out, struct lb_err *err)
{
	pthread_mutex_lock(&db->mutex);
	int rc = db->handle ? 0 : open_handle(db, err);
	if (!rc)
		rc = prepare(db, which, err);
	if (!rc)
		rc = get_ready(db, db->statements[which], err);
	if (rc) {
		pthread_mutex_unlock(&db->mutex);
		return rc;
	}
	*out = (struct lb_stmt){ db, db->statements[which] };
	return 0;
}

void lb_stmt_done(struct lb_stmt *st)
{
	if (!st->db)
		return;
	sqlite3_reset(st->st);
	sqlite3_clear_bindings(st->st);
	pthread_mutex_unlock(&st->db->mutex);
	*st = (struct lb_stmt){ 0 };
}

void lb_stmt_blob(struct lb_stmt *st, int i, const void *data, size_t len)
{
	if (len)
		sqlite3_bind_blob64(st->st, i, data, len, SQLITE_STATIC);
	else
		sqlite3_bind_zeroblob(st->st, i, 0);
}

void lb_stmt_digest(struct lb_stmt *st, int i, const struct lb_digest *d)
{
	lb_stmt_blob(st, i, d->bytes, sizeof(d->bytes));
}

void lb_stmt_text(struct lb_stmt *st, int i, const char *text)
{
	sqlite3_bind_text(st->st, i, text, -1, SQLITE_STATIC);
}

void lb_stmt_uint(struct lb_stmt *st, int i, uint64_t n)
{
	sqlite3_bind_int64(st->st, i, (sqlite3_int64)n);
}

int lb_stmt_step(struct lb_stmt *st, bool *row, struct lb_err *err)
{
	int result = sqlite3_step(st->st);
	st->db->rows += result == SQLITE_ROW;
	if (row)
		*row = result == SQLITE_ROW;
	return result == SQLITE_ROW || result == SQLITE_DONE ? 0 : fail(st->db, st->db->handle, result, err);
}

uint64_t lb_stmt_take_uint(struct lb_stmt *st, int i)
{
	return (uint64_t)sqlite3_column_int64(st->st, i);
}

const char *lb_stmt_take_text(struct lb_stmt *st, int i)
{
	const char *text = (const char *)sqlite3_column_text(st->st, i);
	return text ? text : "";
}

void lb_stmt_take_blob(struct lb_stmt *st, int i, const void **data, size_t *len)
{
	*data = sqlite3_column_blob(st->st, i);
	*len = (size_t)sqlite3_column_bytes(st->st, i);
}

void lb_stmt_take_digest(struct lb_stmt *st, int i, struct lb_digest *out)
{
	const void *data;
	size_t len;
	lb_stmt_take_blob(st, i, &data, &len);
	*out = (struct lb_digest){ 0 };
	if (len == sizeof(out->bytes))
		memcpy(out->bytes, data, len);
}

/* ---- tapes ---- */

static int count_changes(struct lb_db *db, uint64_t *count, struct lb_err *err)
{
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(db, LB_SQL_CHANGES, &st, err);
	if (!rc)
		rc = lb_stmt_step(&st, &row, err);
	*count = !rc && row ? lb_stmt_take_uint(&st, 0) : 0;
	return rc;
}

/* A memo: the changes so far, and the tape's check. */
static int find_tape(struct lb_db *db, const struct lb_digest *about, uint64_t *changes, struct lb_tape_check *check)
{
	bool row = false;
	const void *data;
	size_t len = 0;
	int rc = count_changes(db, changes, NULL);
	lb_autostmt struct lb_stmt st = { 0 };
	if (!rc)
		rc = lb_db_use(db, LB_SQL_MEMO_GET, &st, NULL);
	if (rc)
		return rc;
	lb_stmt_text(&st, 1, TAPES);
	lb_stmt_digest(&st, 2, about);
	rc = lb_stmt_step(&st, &row, NULL);
	if (!rc && row)
		lb_stmt_take_blob(&st, 0, &data, &len);
	const char *at = len == 3 * 8 ? data : NULL;
	if (at && lb_tape_take(&at) == *changes) {
		check->len = lb_tape_take(&at);
		check->sum = lb_tape_take(&at);
	}
	return rc;
}

static void set_hold(struct lb_db *db, bool hold, const struct lb_tape *tape, uint64_t changes)
{
	pthread_mutex_lock(&db->mutex);
	lb_tape_release(&db->tape);
	db->hold = hold;
	db->tape = *tape;
	db->changes = changes;
	if (!hold && db->handle)
		be_reading(db, false, NULL);
	pthread_mutex_unlock(&db->mutex);
}

void lb_db_hold(struct lb_db *db, const struct lb_digest *about, struct lb_tape_check *check)
{
	struct lb_tape tape = { .off = true };
	uint64_t changes = 0;
	*check = (struct lb_tape_check){ 0 };
	set_hold(db, true, &tape, 0);
	tape.off = find_tape(db, about, &changes, check) != 0;
	set_hold(db, true, &tape, changes);
}

void lb_db_play(struct lb_db *db, struct lb_buf *tape)
{
	pthread_mutex_lock(&db->mutex);
	if (!db->tape.off) {
		lb_buf_release(&db->tape.was);
		db->tape.was = *tape;
		*tape = (struct lb_buf){ 0 };
	}
	pthread_mutex_unlock(&db->mutex);
}

uint64_t lb_db_let_go(struct lb_db *db, struct lb_buf *tape)
{
	static const struct lb_tape none = { .off = true };
	pthread_mutex_lock(&db->mutex);
	uint64_t changes = db->changes;
	if (tape && lb_tape_is_new(&db->tape))
		lb_buf_add(tape, db->tape.now.data, db->tape.now.len);
	pthread_mutex_unlock(&db->mutex);
	set_hold(db, false, &none, 0);
	return changes;
}

void lb_db_keep_tape(struct lb_db *db, const struct lb_digest *about, uint64_t changes, const struct lb_tape_check *check)
{
	lb_autobuf struct lb_buf memo = { 0 };
	lb_autostmt struct lb_stmt st = { 0 };
	lb_buf_add64(&memo, changes);
	lb_buf_add64(&memo, check->len);
	lb_buf_add64(&memo, check->sum);
	if (lb_db_use(db, LB_SQL_MEMO_PUT, &st, NULL) != 0)
		return;
	lb_stmt_text(&st, 1, TAPES);
	lb_stmt_digest(&st, 2, about);
	lb_stmt_blob(&st, 3, memo.data, memo.len);
	lb_stmt_step(&st, NULL, NULL);
}

bool lb_db_recall(struct lb_db *db, const struct lb_question *ask, const char **told, size_t *len)
{
	pthread_mutex_lock(&db->mutex);
	bool found = lb_tape_ask(&db->tape, ask->bytes, ask->len, told, len);
	pthread_mutex_unlock(&db->mutex);
	return found;
}

void lb_db_note(struct lb_db *db, const struct lb_question *ask, const struct lb_buf *told)
{
	pthread_mutex_lock(&db->mutex);
	lb_tape_tell(&db->tape, ask->bytes, ask->len, told->data, told->len);
	pthread_mutex_unlock(&db->mutex);
}
