/* SPDX-License-Identifier: Apache-2.0
 *
 * Cases are loaded first, so that a bad one is told before anything runs; then shared out to threads, a case at a
 * time. All share one store and one memory of results: what a command does on a root file system is found out once
 * for all engines and versions.
 */
#include "verify/verify.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/ignore.h"

#define BUSYBOX "/bin/busybox"

struct job {
	struct verify_case *c;
	struct verify_observed *o;
};

struct runner {
	const struct verify_options *o;
	struct verify_world world;
	char *work; /* a directory for what commands leave, gone at the end */
	struct job *jobs;
	size_t count, cap, next;
	struct verify_row *rows;
	pthread_mutex_t lock;
	bool stop;
	int rc;
	struct lb_err err;
};

/* ---- which cases ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_directory(const char *path, struct lb_strv *out, struct lb_err *err)
{
	DIR *dir = opendir(path);
	if (!dir)
		return lb_fail_errno(err, errno, "%s cannot be read", path);
	size_t first = out->count;
	for (const struct dirent *e; (e = readdir(dir));) {
		size_t len = strlen(e->d_name);
		if (len > 5 && strcmp(e->d_name + len - 5, ".yaml") == 0)
			lb_strv_take(out, lb_path_join(path, e->d_name));
	}
	closedir(dir);
	if (out->count == first)
		return lb_fail(err, LB_INVALID, "%s holds no case (*.yaml)", path);
	qsort(out->items + first, out->count - first, sizeof(*out->items), by_text);
	return 0;
}

static int load_case(struct runner *r, const char *path, struct lb_err *err)
{
	r->jobs = lb_grow(r->jobs, r->count, &r->cap, sizeof(*r->jobs));
	struct job *j = &r->jobs[r->count++];
	*j = (struct job){ 0 };
	int rc = verify_case_load(path, &j->c, err);
	if (!rc)
		rc = verify_observed_load(path, &j->o, err);
	for (size_t i = 0; !rc && i < j->o->count; i++)
		if (j->o->seen[i].states_count != j->c->states_count)
			rc = lb_fail(err, LB_INVALID, "%s has %zu states, and %zu of %s were observed", path, j->c->states_count,
				     j->o->seen[i].states_count, j->o->seen[i].key);
	return rc;
}

static int load_cases(struct runner *r, struct lb_err *err)
{
	lb_autostrv struct lb_strv paths = { 0 };
	int rc = 0;
	for (size_t i = 0; !rc && i < r->o->paths->count; i++) {
		const char *path = r->o->paths->items[i];
		if (lb_fs_is_dir(AT_FDCWD, path))
			rc = list_directory(path, &paths, err);
		else
			lb_strv_add(&paths, path);
	}
	for (size_t i = 0; !rc && i < paths.count; i++)
		rc = load_case(r, paths.items[i], err);
	return rc;
}

/* ---- which engines ---- */

/* "buildkit", "buildkit@0.25" and "buildkit@0.25+fresh" all stand for that last key. */
static bool wanted(const struct verify_options *o, const char *key)
{
	for (size_t i = 0; i < o->policies->count; i++) {
		const char *p = o->policies->items[i];
		size_t len = strlen(p);
		if (strcmp(p, "all") == 0 || (strncmp(p, key, len) == 0 && (!key[len] || key[len] == '@' || key[len] == '+')))
			return true;
	}
	return !o->policies->count;
}

static int check_policies(const struct runner *r, struct lb_err *err)
{
	for (size_t i = 0; i < r->o->policies->count; i++) {
		struct lb_strv one = { &r->o->policies->items[i], 1, 1 };
		struct verify_options only = { .policies = &one };
		bool found = false;
		for (size_t k = 0; !found && k < r->count; k++)
			for (size_t s = 0; !found && s < r->jobs[k].o->count; s++)
				found = wanted(&only, r->jobs[k].o->seen[s].key);
		if (!found)
			return lb_fail(err, LB_USAGE, "--policy %s: no case was observed with it", one.items[0]);
	}
	return 0;
}

/* ---- one case ---- */

static int play_cell(struct runner *r, size_t job, const struct verify_scene *scenes, const struct verify_seen *seen,
		     struct verify_cell *cell, struct lb_err *err)
{
	const struct verify_case *c = r->jobs[job].c;
	struct verify_played *played;
	*cell = (struct verify_cell){ .key = lb_strdup(seen->key) };
	int rc = verify_play(&r->world, c, scenes, job + 1, seen->key, &played, err);
	if (rc == LB_NOT_FOUND || rc == LB_UNSUPPORTED) {
		verify_compare_failed(cell, c->states[0].name, "policy", err->text);
		return 0;
	}
	if (rc)
		return lb_wrap(err, "while playing %s by the rules of %s", c->path, seen->key);
	for (size_t i = 0; i < c->states_count; i++)
		verify_compare(&seen->states[i], &played[i], cell);
	verify_played_free(played, c->states_count);
	return 0;
}

static int play_case(struct runner *r, size_t job, struct verify_row *row, struct lb_err *err)
{
	const struct job *j = &r->jobs[job];
	struct verify_scene *scenes;
	row->id = lb_strdup(j->c->id);
	row->topic = lb_strdup(j->c->topic);
	row->cells = lb_calloc(j->o->count + 1, sizeof(*row->cells));
	int rc = verify_scenes_make(j->c, &scenes, err);
	if (rc)
		return rc;
	for (size_t i = 0; !rc && i < j->o->count; i++) {
		const struct verify_seen *seen = &j->o->seen[i];
		if (wanted(r->o, seen->key) && !verify_case_exempts(j->c, seen->key))
			rc = play_cell(r, job, scenes, seen, &row->cells[row->count++], err);
	}
	verify_scenes_free(scenes, j->c->states_count);
	return rc;
}

/* ---- threads ---- */

static size_t next_job(struct runner *r)
{
	pthread_mutex_lock(&r->lock);
	bool cancelled = r->o->cancel && atomic_load(r->o->cancel);
	size_t job = r->stop || cancelled ? r->count : r->next++;
	pthread_mutex_unlock(&r->lock);
	return job;
}

static void *worker(void *arg)
{
	struct runner *r = arg;
	for (size_t job; (job = next_job(r)) < r->count;) {
		struct lb_err err = { 0 };
		int rc = play_case(r, job, &r->rows[job], &err);
		if (!rc)
			continue;
		pthread_mutex_lock(&r->lock);
		if (!r->rc) {
			r->rc = rc;
			r->err = err;
		}
		r->stop = true;
		pthread_mutex_unlock(&r->lock);
	}
	return NULL;
}

static void run_workers(struct runner *r)
{
	unsigned jobs = r->o->jobs ? r->o->jobs : 1, started = 0;
	pthread_t *threads = lb_calloc(jobs, sizeof(*threads));
	for (unsigned i = 1; i < jobs; i++)
		if (pthread_create(&threads[started], NULL, worker, r) == 0)
			started++;
	worker(r);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}

static void free_ignore(void *ignore)
{
	lb_ignore_free(ignore);
}

static int open_exec(struct runner *r, struct lb_err *err)
{
	int rc = lb_fs_mkdtemp(NULL, "lbench-verify-", &r->work, err);
	if (rc)
		return lb_recode(err, LB_CANTCREAT);
	struct lb_exec_options o = { .dir = r->work, .remember = true, .stamps = { LB_STAMP_TIME, 0 } };
	return lb_exec_new(&o, &r->world.exec, err);
}

static int open_world(struct runner *r, struct lb_err *err)
{
	struct verify_world *w = &r->world;
	w->cancel = r->o->cancel;
	w->ignores = lb_map_new(free_ignore);
	int rc = verify_bases_new(BUSYBOX, &w->bases, err);
	if (!rc)
		rc = lb_store_open_memory(&w->store, err);
	w->results = lb_results_new();
	return rc ? rc : open_exec(r, err);
}

static void close_world(struct runner *r)
{
	struct verify_world *w = &r->world;
	lb_results_free(w->results);
	lb_map_free(w->ignores);
	lb_store_close(w->store);
	verify_bases_free(w->bases);
	lb_exec_free(w->exec);
	if (r->work)
		lb_fs_remove(AT_FDCWD, r->work, NULL);
	free(r->work);
}

static int run(struct runner *r, struct verify_report *out, struct lb_err *err)
{
	int rc = load_cases(r, err);
	if (!rc)
		rc = check_policies(r, err);
	if (!rc)
		rc = open_world(r, err);
	if (rc)
		return rc;
	r->rows = lb_calloc(r->count + 1, sizeof(*r->rows));
	*out = (struct verify_report){ .rows = r->rows, .count = r->count };
	run_workers(r);
	if (r->rc) {
		*err = r->err;
		return r->rc;
	}
	return r->o->cancel && atomic_load(r->o->cancel) ? lb_fail(err, LB_INTERRUPTED, "interrupted") : 0;
}

int verify_run(const struct verify_options *o, struct verify_report *out, struct lb_err *err)
{
	struct runner r = { .o = o };
	*out = (struct verify_report){ 0 };
	pthread_mutex_init(&r.lock, NULL);
	pthread_mutex_init(&r.world.lock, NULL);
	int rc = run(&r, out, err);
	pthread_mutex_destroy(&r.world.lock);
	pthread_mutex_destroy(&r.lock);
	close_world(&r);
	for (size_t i = 0; i < r.count; i++) {
		verify_case_free(r.jobs[i].c);
		verify_observed_free(r.jobs[i].o);
	}
	free(r.jobs);
	if (rc)
		verify_report_release(out);
	return rc;
}

void verify_report_release(struct verify_report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		for (size_t k = 0; k < r->rows[i].count; k++)
			verify_cell_release(&r->rows[i].cells[k]);
		free(r->rows[i].cells);
		free(r->rows[i].id);
		free(r->rows[i].topic);
	}
	free(r->rows);
	*r = (struct verify_report){ 0 };
}

size_t verify_report_differences(const struct verify_report *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->count; i++)
		for (size_t k = 0; k < r->rows[i].count; k++)
			count += r->rows[i].cells[k].count;
	return count;
}
