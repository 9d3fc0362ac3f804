/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lbench/fs.h"
#include "report/view.h"
#include "trend/trend.h"

enum { DEPTH_MAX = 6 };

/* ---- finding ---- */

static int find_results(const char *dir, unsigned depth, struct lb_strv *out, struct lb_err *err)
{
	lb_autofree char *run = lb_path_join(dir, "run.json");
	if (lb_fs_exists(AT_FDCWD, run)) {
		lb_strv_add(out, dir);
		return 0;
	}
	DIR *d = opendir(dir);
	int errnum = errno, rc = 0;
	if (!d) {
		lb_fail_errno(err, errnum, "cannot read %s", dir);
		return lb_recode(err, LB_INVALID);
	}
	for (struct dirent *e; !rc && (e = readdir(d));) {
		struct stat st;
		if (e->d_name[0] == '.')
			continue;
		lb_autofree char *path = lb_path_join(dir, e->d_name);
		if (depth < DEPTH_MAX && lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
			rc = find_results(path, depth + 1, out, err);
	}
	closedir(d);
	return rc;
}

/* ---- one result ---- */

struct loading {
	struct trend *t;
	struct lb_map *series; /* key -> index + 1 */
};

static struct trend_series *series_for(struct loading *l, const struct report *r, const char *variant, const struct report_block *b,
				       enum trend_metric metric)
{
	size_t n = strcspn(b->policy, "@");
	struct trend *t = l->t;
	lb_autofree char *key = lb_format("%s\n%s\n%.*s\n%s\n%d", r->scenario, variant, (int)n, b->policy, b->builder, (int)metric);
	uintptr_t at = (uintptr_t)lb_map_get(l->series, key);
	if (at)
		return &t->series[at - 1];
	t->series = lb_grow(t->series, t->count, &t->cap, sizeof(*t->series));
	t->series[t->count++] = (struct trend_series){
		.scenario = lb_arena_strdup(&t->arena, r->scenario),
		.variant = lb_arena_strdup(&t->arena, variant),
		.policy = lb_arena_strndup(&t->arena, b->policy, n),
		.builder = lb_arena_strdup(&t->arena, b->builder),
		.metric = metric,
		.exact = metric == TREND_REBUILT || metric == TREND_RUN,
	};
	lb_map_set(l->series, key, (void *)t->count);
	return &t->series[t->count - 1];
}

static void add_point(struct loading *l, const struct report *r, const char *variant, const struct report_block *b,
		      enum trend_metric metric, double value)
{
	struct trend_series *s = series_for(l, r, variant, b, metric);
	if (metric == TREND_RUN && strcmp(b->run_mode, "exec") == 0)
		s->exact = false;
	s->points = lb_grow(s->points, s->count, &s->cap, sizeof(*s->points));
	s->points[s->count++] = (struct trend_point){ l->t->nights_count - 1, value, lb_arena_strdup(&l->t->arena, b->policy) };
}

static bool is_known(const struct amount *a)
{
	return !a->none && !a->at_least;
}

static void add_block(struct loading *l, const struct report *r, const struct report_block *b)
{
	report_autoview struct report_view v;
	report_view_init(&v, r, b);
	for (size_t i = 0; i < r->variants_count; i++) {
		const struct report_mean *m = &v.means[i];
		const char *name = r->variants[i].name;
		if (m->covered <= 0)
			continue;
		if (!m->rebuilt_at_least)
			add_point(l, r, name, b, TREND_REBUILT, m->rebuilt);
		if (is_known(&m->run_ns))
			add_point(l, r, name, b, TREND_RUN, m->run_ns.value / 1e9);
		if (is_known(&m->pushed))
			add_point(l, r, name, b, TREND_PUSHED, m->pushed.value);
	}
}

static void add_night(struct loading *l, const struct report *r)
{
	struct trend *t = l->t;
	const json_t *tool = json_object_get(r->run, "tool");
	struct report_block *blocks;
	t->nights = lb_grow(t->nights, t->nights_count, &t->nights_cap, sizeof(*t->nights));
	t->nights[t->nights_count++] = (struct trend_night){
		.path = lb_arena_strdup(&t->arena, r->dir),
		.started = lb_arena_strdup(&t->arena, report_member(r->run, "started")),
		.commit = lb_arena_strdup(&t->arena, report_member(json_object_get(r->run, "project"), "commit")),
	};
	lb_autofree char *name = lb_format("%s %.8s", report_member(tool, "version"), report_member(tool, "commit"));
	t->nights[t->nights_count - 1].tool = lb_arena_strdup(&t->arena, name);
	size_t n = report_blocks(r, &blocks);
	for (size_t i = 0; i < n; i++)
		add_block(l, r, &blocks[i]);
	free(blocks);
}

/* ---- all ---- */

struct dated {
	char *path;
	char started[32];
};

static int by_time(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;
	int order = strcmp(x->started, y->started);
	return order ? order : strcmp(x->path, y->path);
}

/* run.json alone, to know the order before the rows are read. */
static void read_date(const char *path, struct dated *out)
{
	lb_autofree char *name = lb_path_join(path, "run.json");
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *run = NULL;
	*out = (struct dated){ .path = (char *)path };
	if (!lb_fs_read(AT_FDCWD, name, &text, NULL) && !lb_json_parse(name, lb_buf_str(&text), text.len, &run, NULL))
		snprintf(out->started, sizeof(out->started), "%s", report_member(run, "started"));
}

int trend_load(const char *dir, struct trend *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv paths = { 0 };
	lb_automap struct lb_map *series = lb_map_new(NULL);
	struct loading l = { out, series };
	*out = (struct trend){ 0 };
	int rc = find_results(dir, 0, &paths, err);
	if (rc)
		return rc;
	if (!paths.count)
		return lb_fail(err, LB_INVALID, "%s: no result below it (a directory with run.json)", dir);
	lb_autofree struct dated *order = lb_calloc(paths.count, sizeof(*order));
	for (size_t i = 0; i < paths.count; i++)
		read_date(paths.items[i], &order[i]);
	qsort(order, paths.count, sizeof(*order), by_time);
	for (size_t i = 0; i < paths.count; i++) {
		report_auto struct report *r = NULL;
		struct lb_err bad;
		/* one night that was cut off must not hide the year */
		if (report_load_builds_only(order[i].path, &r, &bad))
			lb_strv_add(&out->problems, bad.text);
		else
			add_night(&l, r);
	}
	return out->nights_count ? 0 : lb_fail(err, LB_INVALID, "%s", out->problems.items[0]);
}

void trend_release(struct trend *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->series[i].points);
		free(t->series[i].changes);
	}
	free(t->series);
	free(t->nights);
	lb_strv_release(&t->problems);
	lb_arena_release(&t->arena);
	*t = (struct trend){ 0 };
}
