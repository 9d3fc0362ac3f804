/* SPDX-License-Identifier: Apache-2.0 */
#include "record/record.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "record/columns.h"
#include "record/runinfo.h"

struct record {
	const struct record_run *run;
	char *scenario_dir, *dir;
	char *builds_path, *steps_path, *alone_path;
	struct csv_writer builds, steps, alone; /* alone.fd is -1 without such builds */
	bool shown; /* `latest` points here */
};

static int open_table(const char *path, const char *header, struct csv_writer *w, struct lb_err *err)
{
	w->path = path;
	w->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
	int e = errno;
	if (w->fd < 0) {
		lb_fail_errno(err, e, "cannot create %s", path);
		return lb_recode(err, LB_CANTCREAT);
	}
	lb_buf_adds(&w->row, header);
	lb_buf_adds(&w->row, "\r\n");
	return csv_flush(w, err);
}

static int reopen_table(const char *path, struct csv_writer *w, struct lb_err *err)
{
	w->path = path;
	w->fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int e = errno;
	return w->fd < 0 ? lb_fail_errno(err, e, "cannot go on with %s", path) : 0;
}

static int copy_inputs(const struct record *r, struct lb_err *err)
{
	const struct scenario *s = r->run->scenario;
	lb_autofree char *dir = lb_path_join(r->dir, "inputs");
	int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
	for (size_t i = 0; !rc && i < s->variants_count; i++) {
		lb_autofree char *path = lb_format("%s/%s.Dockerfile", dir, s->variants[i].name);
		rc = lb_fs_write(AT_FDCWD, path, s->variants[i].dockerfile, strlen(s->variants[i].dockerfile), err);
	}
	if (rc || !s->file)
		return rc;
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *path = lb_format("%s/%s", dir, lb_path_base(s->file));
	rc = lb_fs_read(AT_FDCWD, s->file, &text, err);
	return rc ? rc : lb_fs_write(AT_FDCWD, path, text.data ? text.data : "", text.len, err);
}

static int write_run_json(const struct record *r, const char *status, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	runinfo_json(r->run, status, &text);
	lb_autofree char *path = lb_path_join(r->dir, "run.json");
	return lb_fs_write(AT_FDCWD, path, text.data, text.len, err);
}

/* A project's .lbench ignores itself, so that no project file need change. */
static int ignore_itself(const char *out_dir, const struct scenario *s, struct lb_err *err)
{
	if (!s->implicit)
		return 0;
	lb_autofree char *dir = lb_path_dir(out_dir);
	if (strcmp(lb_path_base(dir), ".lbench") != 0)
		return 0;
	lb_autofree char *path = lb_path_join(dir, ".gitignore");
	return lb_fs_exists(AT_FDCWD, path) ? 0 : lb_fs_write(AT_FDCWD, path, "*\n", 2, err);
}

static int make_directory(struct record *r, const char *out_dir, struct lb_err *err)
{
	r->scenario_dir = lb_path_join(out_dir, r->run->scenario->name);
	r->dir = lb_path_join(r->scenario_dir, r->run->run_id);
	int rc = lb_fs_mkdirs(AT_FDCWD, r->scenario_dir, err);
	if (!rc)
		rc = ignore_itself(out_dir, r->run->scenario, err);
	if (rc)
		return rc;
	if (mkdir(r->dir, 0777) == 0)
		return 0;
	int e = errno;
	lb_fail_errno(err, e, "cannot create %s", r->dir);
	return lb_recode(err, LB_CANTCREAT);
}

static struct record *new_record(const struct record_run *run)
{
	struct record *r = lb_calloc(1, sizeof(*r));
	*r = (struct record){ .run = run, .builds = { .fd = -1, .columns = BUILD_COLUMNS_COUNT }, .steps = { .fd = -1, .columns = STEP_COLUMNS_COUNT },
		.alone = { .fd = -1, .columns = BUILD_COLUMNS_COUNT } };
	return r;
}

static void name_tables(struct record *r)
{
	r->builds_path = lb_path_join(r->dir, "builds.csv");
	r->steps_path = lb_path_join(r->dir, "steps.csv");
	r->alone_path = lb_path_join(r->dir, "alone.csv");
}

/* Also where locks are unknown (some network file systems): then nobody is kept out. */
static bool lock_result(int fd)
{
	return flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

static int open_tables(struct record *r, struct lb_err *err)
{
	int rc = open_table(r->builds_path, BUILD_COLUMNS, &r->builds, err);
	if (!rc)
		lock_result(r->builds.fd);
	if (!rc)
		rc = open_table(r->steps_path, STEP_COLUMNS, &r->steps, err);
	return rc || !r->run->alone ? rc : open_table(r->alone_path, BUILD_COLUMNS, &r->alone, err);
}

int record_open(const char *out_dir, const struct record_run *run, struct record **out, struct lb_err *err)
{
	struct record *r = new_record(run);
	int rc = make_directory(r, out_dir, err);
	if (!rc) {
		name_tables(r);
		rc = open_tables(r, err);
	}
	if (!rc)
		rc = write_run_json(r, "running", err);
	if (!rc)
		rc = copy_inputs(r, err);
	if (rc) {
		record_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

int record_reopen(const char *dir, const struct record_run *run, struct record **out, struct lb_err *err)
{
	struct record *r = new_record(run);
	r->dir = lb_strdup(dir);
	r->scenario_dir = lb_path_dir(dir);
	name_tables(r);
	int rc = reopen_table(r->builds_path, &r->builds, err);
	if (!rc && !lock_result(r->builds.fd))
		rc = lb_fail(err, LB_INVALID, "%s is still being written by another run", dir);
	if (!rc)
		rc = reopen_table(r->steps_path, &r->steps, err);
	if (!rc && run->alone)
		rc = reopen_table(r->alone_path, &r->alone, err);
	if (rc) {
		record_free(r);
		return rc;
	}
	*out = r;
	return 0;
}

static int cut(const struct csv_writer *w, uint64_t at, struct lb_err *err)
{
	if (w->fd < 0 || ftruncate(w->fd, (off_t)at) == 0)
		return 0;
	int e = errno;
	return lb_fail_errno(err, e, "cannot write %s", w->path);
}

int record_cut(struct record *r, const struct record_cut *at, struct lb_err *err)
{
	int rc = cut(&r->builds, at->builds, err);
	if (!rc)
		rc = cut(&r->alone, at->alone, err);
	if (!rc)
		rc = cut(&r->steps, at->steps, err);
	return rc ? rc : write_run_json(r, "running", err);
}

const char *record_dir(const struct record *r)
{
	return r->dir;
}

/* A link made beside and renamed over: readers see the old one or the new one. */
static int point_latest(const struct record *r, struct lb_err *err)
{
	lb_autofree char *latest = lb_path_join(r->scenario_dir, "latest");
	lb_autofree char *tmp = lb_format("%s/.latest.%s", r->scenario_dir, r->run->run_id);
	if (symlink(r->run->run_id, tmp) != 0 || rename(tmp, latest) != 0) {
		int e = errno;
		unlink(tmp);
		lb_fail_errno(err, e, "cannot create %s", latest);
		return lb_recode(err, LB_CANTCREAT);
	}
	return 0;
}

int record_write(struct record *r, bool alone, const struct lb_buf *build_row, const struct lb_buf *step_rows, struct lb_err *err)
{
	if (alone) {
		csv_append(&r->alone, build_row);
		return csv_flush(&r->alone, err);
	}
	csv_append(&r->steps, step_rows);
	csv_append(&r->builds, build_row);
	int rc = csv_flush(&r->steps, err);
	if (!rc)
		rc = csv_flush(&r->builds, err);
	if (!rc && !r->shown) {
		rc = point_latest(r, err);
		r->shown = true;
	}
	return rc;
}

static int is_result(const struct dirent *de)
{
	return de->d_name[0] >= '0' && de->d_name[0] <= '9';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool is_being_written(const char *result)
{
	lb_autofree char *path = lb_path_join(result, "builds.csv");
	lb_autofd int fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
}

/* Run ids begin with the date, so that names sort by age. */
static int drop_old(const struct record *r, unsigned keep, struct lb_err *err)
{
	struct dirent **names;
	int n = scandir(r->scenario_dir, &names, is_result, by_name);
	int rc = 0;
	for (int i = 0; i < n; i++) {
		bool old = i < n - (int)keep && strcmp(names[i]->d_name, r->run->run_id) != 0;
		lb_autofree char *path = lb_path_join(r->scenario_dir, names[i]->d_name);
		if (!rc && old && !is_being_written(path))
			rc = lb_fs_remove(AT_FDCWD, path, err);
		free(names[i]);
	}
	if (n >= 0)
		free(names);
	return rc;
}

int record_close(struct record *r, const char *status, unsigned keep, struct lb_err *err)
{
	int rc = write_run_json(r, status, err);
	return rc ? rc : drop_old(r, keep, err);
}

void record_free(struct record *r)
{
	if (!r)
		return;
	lb_cleanup_fd(&r->builds.fd);
	lb_cleanup_fd(&r->steps.fd);
	lb_cleanup_fd(&r->alone.fd);
	lb_buf_release(&r->builds.row);
	lb_buf_release(&r->alone.row);
	lb_buf_release(&r->steps.row);
	free(r->builds_path);
	free(r->steps_path);
	free(r->alone_path);
	free(r->scenario_dir);
	free(r->dir);
	free(r);
}
