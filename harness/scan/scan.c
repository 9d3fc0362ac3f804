/* SPDX-License-Identifier: Apache-2.0
 *
 * The directories are searched, the history of each repository is read once, then Dockerfiles are decided one by one,
 * in several threads that share nothing but what is read. Rows do not depend on their number.
 */
#include "scan/scan.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "scan/decide.h"
#include "scan/rank.h"

enum { FEW = 20 };

struct repository {
	char *work_tree;
	struct history *history;
	struct lb_err err;
	int rc;
};

struct scanning {
	const struct scan_options *o;
	struct scan *out;
	struct check_units *units; /* one a directory */
	size_t units_count;
	struct scan_task *tasks;
	size_t tasks_count, tasks_cap;
	struct repository **repositories;
	size_t repositories_count, repositories_cap;
	struct lb_map *by_work_tree;
	size_t *task_repository; /* by task: 1 + index; 0: none */
};

/* ---- side by side ---- */

struct pool {
	void (*work)(struct scanning *s, size_t i);
	struct scanning *s;
	size_t count, next, done;
	bool tell;
	pthread_mutex_t lock;
};

static void *pool_worker(void *arg)
{
	struct pool *p = arg;
	for (;;) {
		pthread_mutex_lock(&p->lock);
		size_t i = p->next++;
		pthread_mutex_unlock(&p->lock);
		if (i >= p->count || (p->s->o->cancel && atomic_load(p->s->o->cancel)))
			return NULL;
		p->work(p->s, i);
		pthread_mutex_lock(&p->lock);
		p->done++;
		if (p->tell && p->s->o->progress)
			p->s->o->progress(p->s->o->progress_arg, p->done, p->count);
		pthread_mutex_unlock(&p->lock);
	}
}

static void side_by_side(struct scanning *s, size_t count, bool tell, void (*work)(struct scanning *s, size_t i))
{
	struct pool p = { .work = work, .s = s, .count = count, .tell = tell };
	unsigned jobs = s->o->jobs ? s->o->jobs : 1, started = 0;
	pthread_t *threads = lb_calloc(jobs, sizeof(*threads));
	pthread_mutex_init(&p.lock, NULL);
	for (unsigned i = 1; i < jobs && i < count; i++)
		if (pthread_create(&threads[started], NULL, pool_worker, &p) == 0)
			started++;
	pool_worker(&p);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&p.lock);
	free(threads);
}

/* ---- what there is ---- */

/* Names that begin with a dot, and what a package manager brought. */
static bool is_foreign(const char *path)
{
	static const char *const names[] = { "node_modules", "vendor", "site-packages", "bower_components" };
	while (*path) {
		size_t n = strcspn(path, "/");
		bool last = !path[n];
		if (*path == '.' && n > 1 && !last)
			return true;
		for (size_t i = 0; i < LB_COUNT(names) && !last; i++)
			if (strlen(names[i]) == n && memcmp(names[i], path, n) == 0)
				return true;
		path += n + !last;
	}
	return false;
}

static bool is_known(const struct scanning *s, const char *root, const struct check_unit *u)
{
	/* directories that people give may hold one another */
	lb_autofree char *path = lb_path_join(root, u->dockerfile ? u->dockerfile : u->dir), *real = realpath(path, NULL);
	lb_autofree char *key = lb_format("%s\n%s\n%s", real ? real : path, u->target ? u->target : "", u->declared ? u->dir : "");
	bool known = lb_map_get(s->by_work_tree, key) != NULL;
	lb_map_set(s->by_work_tree, key, (void *)key);
	return known;
}

static int find_in(struct scanning *s, const char *root, struct lb_err *err)
{
	struct check_units *units = &s->units[s->units_count];
	int rc = check_units_find(root, units, &s->out->notes, err);
	s->units_count++;
	for (size_t i = 0; i < units->count && !rc; i++) {
		const struct check_unit *u = &units->items[i];
		if ((u->dockerfile && is_foreign(u->dockerfile)) || is_known(s, root, u))
			continue;
		s->tasks = lb_grow(s->tasks, s->tasks_count, &s->tasks_cap, sizeof(*s->tasks));
		s->tasks[s->tasks_count++] = (struct scan_task){ .o = s->o, .root = root, .unit = u };
	}
	return rc;
}

static int find(struct scanning *s, const struct lb_strv *dirs, struct lb_err *err)
{
	bool any = false;
	s->units = lb_calloc(dirs->count + 1, sizeof(*s->units));
	for (size_t i = 0; i < dirs->count; i++) {
		if (!lb_fs_is_dir(AT_FDCWD, dirs->items[i]))
			return lb_fail(err, LB_INVALID, "%s: not a directory; scan searches directories for Dockerfiles", dirs->items[i]);
		int rc = find_in(s, dirs->items[i], err);
		if (rc && rc != LB_INVALID)
			return rc;
		any = any || !rc;
		if (rc)
			lb_strv_add(&s->out->notes, err->text);
	}
	if (!any || s->tasks_count)
		return any ? 0 : LB_INVALID;
	return lb_fail(err, LB_INVALID, "%s: no Dockerfile but in hidden directories and in what package managers brought", dirs->items[0]);
}

/* ---- histories ---- */

static void find_repositories(struct scanning *s)
{
	s->task_repository = lb_calloc(s->tasks_count + 1, sizeof(*s->task_repository));
	for (size_t i = 0; i < s->tasks_count; i++) {
		const struct scan_task *t = &s->tasks[i];
		lb_autofree char *file = lb_path_join(t->root, t->unit->dockerfile ? t->unit->dockerfile : "."), *dir = lb_path_dir(file);
		lb_autofree char *work_tree = NULL, *below = NULL, *key = NULL;
		history_place(dir, &work_tree, &below);
		if (!work_tree)
			continue;
		key = lb_format("git %s", work_tree);
		uintptr_t at = (uintptr_t)lb_map_get(s->by_work_tree, key);
		if (!at) {
			s->repositories =
				lb_grow(s->repositories, s->repositories_count, &s->repositories_cap, sizeof(struct repository *));
			s->repositories[s->repositories_count] = lb_calloc(1, sizeof(struct repository));
			s->repositories[s->repositories_count++]->work_tree = lb_steal(&work_tree);
			at = s->repositories_count;
			lb_map_set(s->by_work_tree, key, (void *)at);
		}
		s->task_repository[i] = at;
	}
}

static void read_history(struct scanning *s, size_t i)
{
	struct repository *r = s->repositories[i];
	r->rc = history_read(r->work_tree, s->o->commits, &r->history, &r->err);
}

/* Of a shallow clone, as CI makes them, a handful of commits tells nothing. */
static bool is_told(struct scanning *s, const struct repository *r)
{
	const struct history *h = r->history;
	if (r->rc)
		lb_strv_add(&s->out->notes, r->err.text);
	if (!h || h->complete || h->examined >= s->o->commits)
		return h != NULL;
	bool few = h->examined < FEW;
	lb_strv_take(&s->out->notes,
		     few ? lb_format("%s is a shallow clone, of too few commits to tell anything; git fetch --unshallow brings the rest.",
				     r->work_tree)
			 : lb_format("%s is a shallow clone: its history ends after %zu commit%s.", r->work_tree, h->examined,
				     h->examined == 1 ? "" : "s"));
	return !few;
}

static void hand_out_histories(struct scanning *s)
{
	lb_autofree bool *told = lb_calloc(s->repositories_count + 1, sizeof(*told));
	for (size_t i = 0; i < s->repositories_count; i++)
		told[i] = is_told(s, s->repositories[i]);
	for (size_t i = 0; i < s->tasks_count; i++) {
		size_t at = s->task_repository[i];
		if (!at)
			continue;
		s->tasks[i].work_tree = s->repositories[at - 1]->work_tree;
		s->tasks[i].history = told[at - 1] ? s->repositories[at - 1]->history : NULL;
	}
}

/* ---- the whole ---- */

static void decide(struct scanning *s, size_t i)
{
	scan_decide(&s->tasks[i]);
}

/* Rows in the order of the search; their strings go into one arena. */
static int collect(struct scanning *s, struct lb_err *err)
{
	struct scan *out = s->out;
	size_t n = 0;
	for (size_t i = 0; i < s->tasks_count; i++) {
		if (s->tasks[i].rc)
			return lb_fail(err, LB_INTERRUPTED, "interrupted");
		n += s->tasks[i].count;
	}
	if (s->o->cancel && atomic_load(s->o->cancel))
		return lb_fail(err, LB_INTERRUPTED, "interrupted");
	out->rows = lb_calloc(n + 1, sizeof(*out->rows));
	for (size_t i = 0; i < s->tasks_count; i++) {
		struct scan_task *t = &s->tasks[i];
		const struct history *h = t->history;
		for (size_t k = 0; k < t->count; k++) {
			struct scan_row *r = &out->rows[out->count++];
			*r = t->rows[k];
			scan_copy_strings(r, &out->arena);
			r->a_month = scan_month(s->o, h);
		}
	}
	return 0;
}

static int scan(struct scanning *s, const struct lb_strv *dirs, struct lb_err *err)
{
	int rc = find(s, dirs, err);
	if (rc)
		return rc;
	find_repositories(s);
	side_by_side(s, s->repositories_count, false, read_history);
	hand_out_histories(s);
	side_by_side(s, s->tasks_count, true, decide);
	rc = collect(s, err);
	if (!rc)
		scan_rank(s->o, s->out);
	return rc;
}

int scan_run(const struct lb_strv *dirs, const struct scan_options *o, struct scan *out, struct lb_err *err)
{
	*out = (struct scan){ 0 };
	struct scanning s = { .o = o, .out = out, .by_work_tree = lb_map_new(NULL) };
	int rc = scan(&s, dirs, err);
	for (size_t i = 0; i < s.tasks_count; i++) {
		free(s.tasks[i].rows);
		lb_arena_release(&s.tasks[i].arena);
	}
	for (size_t i = 0; i < s.units_count; i++)
		check_units_release(&s.units[i]);
	for (size_t i = 0; i < s.repositories_count; i++) {
		history_free(s.repositories[i]->history);
		free(s.repositories[i]->work_tree);
		free(s.repositories[i]);
	}
	free(s.repositories);
	free(s.tasks);
	free(s.units);
	free(s.task_repository);
	lb_map_free(s.by_work_tree);
	return rc;
}

void scan_release(struct scan *s)
{
	free(s->rows);
	lb_strv_release(&s->notes);
	lb_arena_release(&s->arena);
	*s = (struct scan){ 0 };
}
