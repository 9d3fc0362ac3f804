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
	const char *who = b->engine ? b->subject : b->policy;
	size_t n = strcspn(who, "@");
	struct trend *t = l->t;
	lb_autofree char *key = lb_format("%s\n%s\n%.*s\n%s\n%d", r->scenario, variant, (int)n, who, b->builder, (int)metric);
	uintptr_t at = (uintptr_t)lb_map_get(l->series, key);
	if (at)
		return &t->series[at - 1];
	t->series = lb_grow(t->series, t->count, &t->cap, sizeof(*t->series));
	t->series[t->count++] = (struct trend_series){
		.scenario = lb_arena_strdup(&t->arena, r->scenario),
		.variant = lb_arena_strdup(&t->arena, variant),
		.policy = lb_arena_strndup(&t->arena, who, n),
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
	/* a real engine's new version is told as new rules are */
	lb_autofree char *who = b->engine ? lb_format("%s@%s", b->subject, b->engine_version) : lb_strdup(b->policy);
	s->points[s->count++] = (struct trend_point){ l->t->nights_count - 1, value, lb_arena_strdup(&l->t->arena, who) };
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

/* A line a thing, so that two nights can be told apart by it. */
static char *pins_of(struct trend *t, const json_t *run)
{
	lb_autobuf struct lb_buf out = { 0 };
	const json_t *edits = json_object_get(run, "edits"), *variants = json_object_get(run, "variants"),
		     *rules = json_object_get(json_object_get(run, "models"), "rules");
	for (size_t i = 0; i < json_array_size(edits); i++) {
		const json_t *e = json_array_get(edits, i), *files = json_object_get(e, "files");
		lb_autofree char *weight = json_dumps(json_object_get(e, "weight"), JSON_ENCODE_ANY),
				 *list = json_dumps(files, JSON_COMPACT);
		lb_buf_addf(&out, "weight of %s\t%s\n", report_member(e, "name"), weight ? weight : "");
		if (list)
			lb_buf_addf(&out, "files of %s\t%s\n", report_member(e, "name"), list);
	}
	for (size_t i = 0; i < json_array_size(rules); i++)
		lb_buf_addf(&out, "model of %s\t%s\n", report_member(json_array_get(rules, i), "match"),
			    report_member(json_array_get(rules, i), "digest"));
	for (size_t i = 0; i < json_array_size(variants); i++) {
		const json_t *bases = json_object_get(json_array_get(variants, i), "bases");
		for (size_t k = 0; k < json_array_size(bases); k++)
			lb_buf_addf(&out, "base %s\t%s\n", report_member(json_array_get(bases, k), "name"),
				    report_member(json_array_get(bases, k), "digest"));
	}
	return lb_arena_strdup(&t->arena, lb_buf_str(&out));
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
		.run_id = lb_arena_strdup(&t->arena, r->run_id),
		.commit = lb_arena_strdup(&t->arena, report_member(json_object_get(r->run, "project"), "commit")),
		.pins = pins_of(t, r->run),
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

static int by_acceptance(const void *a, const void *b)
{
	const struct trend_accept *x = a, *y = b;
	int order = strcmp(x->started, y->started);
	order = order ? order : strcmp(x->scenario, y->scenario);
	return order ? order : strcmp(x->of, y->of);
}

static void add_accepts(struct trend *t, const char *scenario, const json_t *baseline)
{
	const json_t *list = json_object_get(baseline, "accepted");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *a = json_array_get(list, i);
		t->accepts = lb_grow(t->accepts, t->accepts_count, &t->accepts_cap, sizeof(*t->accepts));
		t->accepts[t->accepts_count++] =
			(struct trend_accept){ lb_arena_strdup(&t->arena, scenario), lb_arena_strdup(&t->arena, report_member(a, "of")),
					       lb_arena_strdup(&t->arena, report_member(a, "started")),
					       lb_arena_strdup(&t->arena, report_member(a, "reason")), SIZE_MAX };
	}
}

/* Several baselines may tell of the same. */
static void sort_accepts(struct trend *t)
{
	size_t kept = 0;
	if (t->accepts_count)
		qsort(t->accepts, t->accepts_count, sizeof(*t->accepts), by_acceptance);
	for (size_t i = 0; i < t->accepts_count; i++)
		if (!kept || by_acceptance(&t->accepts[kept - 1], &t->accepts[i]) != 0)
			t->accepts[kept++] = t->accepts[i];
	t->accepts_count = kept;
}

/* run.json alone, to know the order before the rows are read. false: a baseline, which is no night. */
static bool read_date(struct trend *t, const char *path, struct dated *out)
{
	lb_autofree char *name = lb_path_join(path, "run.json");
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *run = NULL;
	*out = (struct dated){ .path = (char *)path };
	if (!lb_fs_read(AT_FDCWD, name, &text, NULL) && !lb_json_parse(name, lb_buf_str(&text), text.len, &run, NULL))
		snprintf(out->started, sizeof(out->started), "%s", report_member(run, "started"));
	const json_t *baseline = json_object_get(run, "baseline");
	add_accepts(t, report_member(json_object_get(run, "scenario"), "name"), baseline);
	return !baseline;
}

static int read_accepted(struct trend *t, const char *dir, struct lb_err *err)
{
	lb_autostrv struct lb_strv paths = { 0 };
	struct dated unused;
	int rc = dir ? find_results(dir, 0, &paths, err) : 0;
	if (!rc && dir && !paths.count)
		return lb_fail(err, LB_INVALID, "%s: no baseline below it (a directory with run.json)", dir);
	for (size_t i = 0; i < paths.count; i++)
		read_date(t, paths.items[i], &unused);
	sort_accepts(t);
	return rc;
}

int trend_load(const char *dir, const char *baselines, struct trend *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv paths = { 0 };
	lb_automap struct lb_map *series = lb_map_new(NULL);
	struct loading l = { out, series };
	*out = (struct trend){ 0 };
	int rc = find_results(dir, 0, &paths, err);
	size_t count = 0;
	lb_autofree struct dated *order = lb_calloc(paths.count + 1, sizeof(*order));
	for (size_t i = 0; i < paths.count && !rc; i++)
		count += read_date(out, paths.items[i], &order[count]);
	if (!rc)
		rc = read_accepted(out, baselines, err);
	if (rc)
		return rc;
	if (!count)
		return lb_fail(err, LB_INVALID, "%s: no result below it (a directory with run.json)", dir);
	qsort(order, count, sizeof(*order), by_time);
	for (size_t i = 0; i < count; i++) {
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
	free(t->accepts);
	lb_strv_release(&t->problems);
	lb_arena_release(&t->arena);
	*t = (struct trend){ 0 };
}
