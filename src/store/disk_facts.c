/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers and memos of the back end on disk. Look-ups go to the data base; beside it every layer has a
 * directory of its own, named by its diffID, which appears whole and is never changed.
 */
#include "store/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "store/db.h"

#define LAYER_PATH (sizeof("layers/") + LB_DIGEST_HEX)

static void layer_path(const struct lb_digest *diff_id, char path[LAYER_PATH])
{
	memcpy(path, "layers/", 7);
	lb_digest_hex(diff_id, path + 7);
}

static void meta_json(const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_buf *out)
{
	char diff_id[LB_DIGEST_TEXT], tree_text[LB_DIGEST_TEXT];
	lb_digest_text(&info->diff_id, diff_id);
	lb_digest_text(tree, tree_text);
	struct lb_json w = { .out = out };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "diffID", diff_id);
	lb_json_kuint(&w, "diffBytes", info->diff_bytes);
	lb_json_kuint(&w, "files", info->files);
	lb_json_kuint(&w, "whiteouts", info->whiteouts);
	lb_json_kstr(&w, "tree", tree_text);
	lb_json_close(&w, '}');
}

static int fill_directory(struct lb_disk *d, const char *tmp, const struct lb_digest *tree, const struct lb_layer_info *info,
			  struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	meta_json(tree, info, &text);
	lb_autofree char *name = lb_format("%s/meta.json", tmp);
	lb_autofd int fd = openat(d->root, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	int e = errno;
	if (fd < 0)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s/%s", d->dir, name), LB_CANTCREAT));
	int rc = lb_fs_write_fd(fd, text.data, text.len, name, err);
	return rc ? lb_wrap(err, "%s", d->dir) : 0;
}

/* 0 or errno; EEXIST: somebody else's is there, and is the same. */
static int move_directory(struct lb_disk *d, const char *tmp, const char *path)
{
	if (renameat(d->root, tmp, d->root, path) == 0)
		return 0;
	int e = errno;
	if (e == ENOENT && (mkdirat(d->root, "layers", 0777) == 0 || errno == EEXIST))
		e = renameat(d->root, tmp, d->root, path) == 0 ? 0 : errno;
	return e == ENOTEMPTY ? EEXIST : e;
}

static int make_directory(struct lb_disk *d, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err)
{
	char path[LAYER_PATH], tmp[LB_DISK_NAME];
	layer_path(&info->diff_id, path);
	if (lb_fs_exists(d->root, path))
		return 0;
	lb_autofd int held = -1;
	int rc = lb_disk_temporary(d, "layer", true, tmp, &held, err);
	if (rc)
		return rc;
	rc = fill_directory(d, tmp, tree, info, err);
	int e = rc ? 0 : move_directory(d, tmp, path);
	if (rc || e)
		lb_fs_remove(d->root, tmp, NULL);
	if (e && e != EEXIST)
		rc = lb_recode(err, (lb_fail_errno(err, e, "cannot create %s/%s", d->dir, path), LB_CANTCREAT));
	return rc;
}

int lb_disk_layer_put(struct lb_backend *be, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err)
{
	int rc = make_directory(lb_disk_of(be), tree, info, err);
	if (rc)
		return rc;
	lb_autostmt struct lb_stmt st = { 0 };
	rc = lb_db_use(be->db, LB_SQL_LAYER_PUT, &st, err);
	if (rc)
		return rc;
	lb_stmt_digest(&st, 1, tree);
	lb_stmt_uint(&st, 2, info->compression);
	lb_stmt_digest(&st, 3, &info->diff_id);
	lb_stmt_uint(&st, 4, info->diff_bytes);
	lb_stmt_digest(&st, 5, &info->blob);
	lb_stmt_uint(&st, 6, info->blob_bytes);
	lb_stmt_uint(&st, 7, info->files);
	lb_stmt_uint(&st, 8, info->whiteouts);
	return lb_stmt_step(&st, NULL, err);
}

/* An answer: nothing, or the layer. */
static void put_layer(struct lb_stmt *st, struct lb_buf *told)
{
	struct lb_digest d;
	static const int numbers[] = { 1, 3, 4, 5 };
	lb_stmt_take_digest(st, 0, &d);
	lb_buf_add(told, d.bytes, sizeof(d.bytes));
	lb_stmt_take_digest(st, 2, &d);
	lb_buf_add(told, d.bytes, sizeof(d.bytes));
	for (size_t i = 0; i < LB_COUNT(numbers); i++)
		lb_buf_add64(told, lb_stmt_take_uint(st, numbers[i]));
}

static int take_layer(const char *at, size_t len, enum lb_compression c, struct lb_layer_info *out, struct lb_err *err)
{
	if (len != 2 * sizeof(out->blob.bytes) + 4 * 8)
		return lb_fail(err, LB_NOT_FOUND, "no such layer");
	*out = (struct lb_layer_info){ .compression = c };
	memcpy(out->diff_id.bytes, at, sizeof(out->diff_id.bytes));
	at += sizeof(out->diff_id.bytes);
	memcpy(out->blob.bytes, at, sizeof(out->blob.bytes));
	at += sizeof(out->blob.bytes);
	out->diff_bytes = lb_tape_take(&at);
	out->blob_bytes = lb_tape_take(&at);
	out->files = lb_tape_take(&at);
	out->whiteouts = lb_tape_take(&at);
	return 0;
}

static int ask_for_layer(struct lb_backend *be, enum lb_sql which, const struct lb_digest *key, enum lb_compression c, struct lb_buf *told,
			 struct lb_err *err)
{
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(be->db, which, &st, err);
	if (rc)
		return rc;
	lb_stmt_digest(&st, 1, key);
	lb_stmt_uint(&st, 2, c);
	rc = lb_stmt_step(&st, &row, err);
	if (!rc && row)
		put_layer(&st, told);
	return rc;
}

static int find_layer(struct lb_backend *be, enum lb_sql which, const struct lb_digest *key, enum lb_compression c,
		      struct lb_layer_info *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf told = { 0 };
	const char *answer;
	size_t len;
	struct lb_question ask = lb_question_of(which == LB_SQL_LAYER_BY_TREE ? 't' : 'd', key);
	lb_question_add(&ask, c);
	if (lb_db_recall(be->db, &ask, &answer, &len))
		return take_layer(answer, len, c, out, err);
	int rc = ask_for_layer(be, which, key, c, &told, err);
	if (rc)
		return rc;
	lb_db_note(be->db, &ask, &told);
	return take_layer(told.data, told.len, c, out, err);
}

int lb_disk_layer_by_tree(struct lb_backend *be, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
			  struct lb_err *err)
{
	return find_layer(be, LB_SQL_LAYER_BY_TREE, tree, c, out, err);
}

int lb_disk_layer_by_diff_id(struct lb_backend *be, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
			     struct lb_err *err)
{
	return find_layer(be, LB_SQL_LAYER_BY_DIFF_ID, diff_id, c, out, err);
}

/* One statement with one digest; *found tells whether a row came, whose first column goes to *out (or NULL). */
static int ask(struct lb_backend *be, enum lb_sql which, const struct lb_digest *key, bool *found, struct lb_digest *out,
	       struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(be->db, which, &st, err);
	if (rc)
		return rc;
	lb_stmt_digest(&st, 1, key);
	rc = lb_stmt_step(&st, found, err);
	if (!rc && *found && out)
		lb_stmt_take_digest(&st, 0, out);
	return rc;
}

int lb_disk_layer_forget(struct lb_backend *be, const struct lb_digest *blob, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	struct lb_digest diff_id;
	bool found = false, ignored = false, left = false;
	int rc = ask(be, LB_SQL_LAYERS_OF_BLOB, blob, &found, &diff_id, err);
	if (rc || !found)
		return rc;
	rc = ask(be, LB_SQL_LAYER_FORGET, blob, &ignored, NULL, err);
	if (!rc)
		rc = ask(be, LB_SQL_LAYER_LEFT, &diff_id, &left, NULL, err);
	if (rc || left)
		return rc;
	/* Moved away first, so that the name never stands for half a directory. */
	char path[LAYER_PATH], tmp[LB_DISK_NAME];
	layer_path(&diff_id, path);
	lb_autofd int held = -1;
	rc = lb_disk_temporary(d, "gone", true, tmp, &held, err);
	if (rc)
		return rc;
	if (renameat(d->root, path, d->root, tmp) != 0 && errno != ENOENT) {
		int e = errno;
		return lb_recode(err, (lb_fail_errno(err, e, "cannot remove %s/%s", d->dir, path), LB_IO));
	}
	return lb_fs_remove(d->root, tmp, err);
}

int lb_disk_memo_put(struct lb_backend *be, const char *kind, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err)
{
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(be->db, LB_SQL_MEMO_PUT, &st, err);
	if (rc)
		return rc;
	lb_stmt_text(&st, 1, kind);
	lb_stmt_digest(&st, 2, key);
	lb_stmt_blob(&st, 3, data, len);
	return lb_stmt_step(&st, NULL, err);
}

/* An answer: nothing, or the memo behind one byte. */
static int ask_for_memo(struct lb_backend *be, const char *kind, const struct lb_digest *key, struct lb_buf *told, struct lb_err *err)
{
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	int rc = lb_db_use(be->db, LB_SQL_MEMO_GET, &st, err);
	if (rc)
		return rc;
	lb_stmt_text(&st, 1, kind);
	lb_stmt_digest(&st, 2, key);
	rc = lb_stmt_step(&st, &row, err);
	if (rc || !row)
		return rc;
	const void *data;
	size_t len;
	lb_stmt_take_blob(&st, 0, &data, &len);
	lb_buf_addc(told, 'm');
	lb_buf_add(told, data, len);
	return 0;
}

int lb_disk_memo_get(struct lb_backend *be, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf told = { 0 };
	const char *answer;
	size_t len;
	struct lb_question ask = lb_question_of('m', key);
	bool fits = lb_question_text(&ask, kind);
	if (!fits || !lb_db_recall(be->db, &ask, &answer, &len)) {
		int rc = ask_for_memo(be, kind, key, &told, err);
		if (rc)
			return rc;
		if (fits)
			lb_db_note(be->db, &ask, &told);
		answer = told.data;
		len = told.len;
	}
	if (!len)
		return lb_fail(err, LB_NOT_FOUND, "no such memo");
	lb_buf_add(out, answer + 1, len - 1);
	return 0;
}
