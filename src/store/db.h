/* SPDX-License-Identifier: Apache-2.0
 *
 * The store's SQLite data base: small things that many processes write. Opened on first use; one connection
 * with its statements prepared once, one user at a time.
 *
 *	lb_autostmt struct lb_stmt st = { 0 };
 *	int rc = lb_db_use(db, LB_SQL_MEMO_GET, &st, err);
 *	… lb_stmt_blob(&st, 1, …);
 *	rc = lb_stmt_step(&st, &row, err);
 *	… lb_stmt_take_blob(&st, 0, …)		st gives the connection back at the end of the block
 */
#ifndef LBENCH_STORE_DB_H
#define LBENCH_STORE_DB_H

#include <sqlite3.h>

#include "lbench/buf.h"
#include "lbench/digest.h"
#include "lbench/err.h"
#include "store/tape.h"

enum lb_sql {
	LB_SQL_LAYER_PUT,
	LB_SQL_LAYER_BY_TREE,
	LB_SQL_LAYER_BY_DIFF_ID,
	LB_SQL_LAYERS_OF_BLOB,
	LB_SQL_LAYER_FORGET,
	LB_SQL_LAYER_LEFT,
	LB_SQL_MEMO_PUT,
	LB_SQL_MEMO_GET,
	LB_SQL_SCOPE_ADD,
	LB_SQL_SCOPE_FIND,
	LB_SQL_SCOPE_INSTANCE,
	LB_SQL_RECORD_PUT,
	LB_SQL_RECORDS_NEWEST,
	LB_SQL_RECORDS_OLDEST,
	LB_SQL_CHANGES,
	LB_SQL_BEGIN,
	LB_SQL_COMMIT,
	LB_SQL_CHECK,
	LB_SQL_COUNT
};

struct lb_db;
/* Nothing is opened yet. lock_path (NULL for ":memory:") keeps two processes from making the tables at once. */
struct lb_db *lb_db_new(const char *path, const char *lock_path);
void lb_db_free(struct lb_db *db);
uint64_t lb_db_rows(struct lb_db *db); /* that were read since it was opened: what a look-up costs must not grow */
/* Until it is let go, what is read is read in one transaction, up to the next statement that writes; and what was read
 * under the name `about` the time before need not be read again while it holds (tape.h): check says which tape that is
 * (len 0: none), and the caller plays it. */
void lb_db_hold(struct lb_db *db, const struct lb_digest *about, struct lb_tape_check *check);
void lb_db_play(struct lb_db *db, struct lb_buf *tape); /* takes it */
/* tape (NULL: nobody wants it) gets what the next time would be told better, and the result says to which state of the
 * data base it belongs; the caller keeps it where it finds it again, and then has it known here. */
uint64_t lb_db_let_go(struct lb_db *db, struct lb_buf *tape);
void lb_db_keep_tape(struct lb_db *db, const struct lb_digest *about, uint64_t changes, const struct lb_tape_check *check);
/* For those who read: what ask was told, borrowed until then. False: it must be read, and noted. */
bool lb_db_recall(struct lb_db *db, const struct lb_question *ask, const char **told, size_t *len);
void lb_db_note(struct lb_db *db, const struct lb_question *ask, const struct lb_buf *told);
void lb_db_fold(struct lb_db *db); /* the log into the data base: for when everything is on disk anyway */

struct lb_stmt {
	struct lb_db *db;
	sqlite3_stmt *st;
};
/* LB_CANTCREAT, LB_IO; LB_INVALID for a file that is no data base of this version. */
int lb_db_use(struct lb_db *db, enum lb_sql which, struct lb_stmt *out, struct lb_err *err);
void lb_stmt_done(struct lb_stmt *st);
#define lb_autostmt __attribute__((cleanup(lb_stmt_done)))

/* Parameters count from 1, columns from 0. Bound bytes are borrowed until lb_stmt_done. */
void lb_stmt_blob(struct lb_stmt *st, int i, const void *data, size_t len);
void lb_stmt_digest(struct lb_stmt *st, int i, const struct lb_digest *d);
void lb_stmt_text(struct lb_stmt *st, int i, const char *text);
void lb_stmt_uint(struct lb_stmt *st, int i, uint64_t n);
int lb_stmt_step(struct lb_stmt *st, bool *row, struct lb_err *err);
uint64_t lb_stmt_take_uint(struct lb_stmt *st, int i);
const char *lb_stmt_take_text(struct lb_stmt *st, int i);                          /* borrowed until the next step */
void lb_stmt_take_digest(struct lb_stmt *st, int i, struct lb_digest *out);        /* zero when it is none */
void lb_stmt_take_blob(struct lb_stmt *st, int i, const void **data, size_t *len); /* likewise */

#endif
