/* SPDX-License-Identifier: Apache-2.0 */
#include "verify_on.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "measure/measure.h"
#include "progress/progress.h"
#include "quiet_run.h"
#include "report/data.h"
#include "report/grid.h"

/* ---- the run ---- */

static void on_progress(void *arg, const struct scn_build *last, size_t done, size_t all)
{
	(void)last;
	progress_step(arg, NULL, done, all);
}

static int run_both(struct run_options *o, const char *path, const char *dir, bool quiet, char **result, struct lb_err *err)
{
	lb_autofree char *out = lb_path_join(dir, "results"), *store = lb_path_join(dir, "store");
	struct quiet_run *q;
	struct progress progress = { 0 };
	int rc = quiet_begin(o, path, out, store, &q, err);
	if (rc)
		return rc;
	progress_begin(&progress, "builds", quiet, false);
	progress_total(&progress, 0, quiet_count(q));
	quiet_tell(q, on_progress, &progress);
	quiet_repeat(q, 0);
	progress_end(&progress);
	return quiet_end(q, result, err);
}

/* ---- decisions ---- */

struct pairing {
	const struct report *r;
	struct verify_report *out;
	struct verify_builds *builds;
};

static bool same_place(const struct report_build *a, const struct report_build *b)
{
	return a->variant == b->variant && a->edit == b->edit && a->number[BN_SEQ] == b->number[BN_SEQ] &&
	       a->text[BT_WORKLOAD] == b->text[BT_WORKLOAD] && a->text[BT_BUILDER] == b->text[BT_BUILDER];
}

/* By the rules that the engine is held against; NULL: there is none. */
static const struct report_build *prediction(const struct report *r, const struct report_build *b, const char *rules)
{
	for (size_t i = 0; i < r->builds_count; i++)
		if (!strcmp(r->builds[i].text[BT_SUBJECT], "builtin") && !strcmp(r->builds[i].text[BT_POLICY], rules) &&
		    same_place(&r->builds[i], b))
			return &r->builds[i];
	return NULL;
}

static const char *rules_of(const struct report *r, const char *subject)
{
	const json_t *list = json_object_get(json_object_get(r->run, "options"), "engines");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(report_member(json_array_get(list, i), "subject"), subject))
			return report_member(json_array_get(list, i), "held_against");
	return NULL;
}

static struct verify_cell *cell_of(const struct pairing *p, const struct report_build *b)
{
	struct verify_row *row = &p->out->rows[b->variant];
	for (size_t i = 0; i < row->count; i++)
		if (!strcmp(row->cells[i].key, b->text[BT_SUBJECT]))
			return &row->cells[i];
	row->cells = lb_realloc(row->cells, row->count + 1, sizeof(*row->cells));
	row->cells[row->count] = (struct verify_cell){ .key = lb_strdup(b->text[BT_SUBJECT]) };
	return &row->cells[row->count++];
}

static const char *edit_name(const struct report *r, const struct report_build *b)
{
	return b->edit == EDIT_COLD ? "first build" : r->edits[b->edit].name;
}

static void differ(const struct report *r, struct verify_cell *c, const struct report_build *b, struct verify_difference d)
{
	bool sequence = b->edit != EDIT_COLD && strcmp(b->text[BT_WORKLOAD], "each") != 0;
	d.state = sequence ? lb_format("%s (%llu of the sequence)", edit_name(r, b), (unsigned long long)b->number[BN_SEQ])
			   : lb_strdup(edit_name(r, b));
	c->items = lb_grow(c->items, c->count, &c->cap, sizeof(*c->items));
	c->items[c->count++] = d;
}

static bool is_decision(const struct report_step *s)
{
	return s->outcome != ST_META && s->outcome != ST_UNKNOWN;
}

static void compare_steps(const struct report *r, const struct report_build *seen, const struct report_build *ours, struct verify_cell *c)
{
	const struct report_step *a = report_steps_of(r, seen), *b = report_steps_of(r, ours);
	size_t n = seen->steps_count < ours->steps_count ? seen->steps_count : ours->steps_count;
	for (size_t i = 0; i < n; i++) {
		if (!is_decision(&a[i]) || !is_decision(&b[i]))
			continue;
		c->compared++;
		c->agreed += a[i].outcome == b[i].outcome;
		if (a[i].outcome == b[i].outcome)
			continue;
		differ(r, c, seen,
		       (struct verify_difference){ .step = -1,
						   .what = lb_format("line %u %s", (unsigned)a[i].line, report_string(r, a[i].instruction)),
						   .observed = lb_strdup(report_outcome_name(a[i].outcome)),
						   .ours = lb_strdup(report_outcome_name(b[i].outcome)),
						   .why = lb_strdup(report_string(r, b[i].reason)) });
	}
}

/* Both failed, or neither: else there is nothing to compare step by step. */
static void compare_builds(const struct report *r, const struct report_build *seen, const struct report_build *ours, struct verify_cell *c)
{
	bool a = report_build_ok(seen), b = report_build_ok(ours);
	c->compared++;
	c->agreed += a == b;
	if (a != b)
		differ(r, c, seen,
		       (struct verify_difference){ .step = -1,
						   .what = lb_strdup("exit"),
						   .observed = lb_strdup(seen->text[BT_STATUS]),
						   .ours = lb_strdup(ours->text[BT_STATUS]),
						   .why = lb_strdup(a ? ours->text[BT_MESSAGE] : seen->text[BT_MESSAGE]) });
	else
		compare_steps(r, seen, ours, c);
}

static double figure(const struct report_build *b, int column, double scale)
{
	return b->number[column] == REPORT_UNKNOWN ? -1 : (double)b->number[column] / scale;
}

static void add_figures(const struct pairing *p, const struct report_build *seen, const struct report_build *ours)
{
	struct verify_builds *v = p->builds;
	if (seen->edit != EDIT_COLD && strcmp(seen->text[BT_WORKLOAD], "each") != 0)
		return;
	v->items = lb_grow(v->items, v->count, &v->cap, sizeof(*v->items));
	v->items[v->count++] = (struct verify_build){ .variant = lb_strdup(p->r->variants[seen->variant].name),
						      .edit = lb_strdup(edit_name(p->r, seen)),
						      .engine = lb_strdup(seen->text[BT_SUBJECT]),
						      .predicted_s = figure(ours, BN_RUN_NS, 1e9),
						      .measured_s = figure(seen, BN_TOTAL_NS, 1e9),
						      .predicted_mb = figure(ours, BN_IMAGE_BYTES, 1e6),
						      .measured_mb = figure(seen, BN_IMAGE_BYTES, 1e6) };
}

static void pair_all(const struct pairing *p)
{
	const struct report *r = p->r;
	p->out->rows = lb_calloc(r->variants_count + 1, sizeof(*p->out->rows));
	p->out->count = r->variants_count;
	for (size_t i = 0; i < r->variants_count; i++) {
		p->out->rows[i].id = lb_strdup(r->variants[i].name);
		p->out->rows[i].topic = lb_strdup(r->variants[i].name);
	}
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *seen = &r->builds[i];
		const char *rules = rules_of(r, seen->text[BT_SUBJECT]);
		const struct report_build *ours = rules ? prediction(r, seen, rules) : NULL;
		if (!ours)
			continue;
		compare_builds(r, seen, ours, cell_of(p, seen));
		add_figures(p, seen, ours);
	}
}

/* ---- */

/* The built-in engine beside them, by their rules, on a machine that lives through all: the only state that both have. */
static int resolve(struct run_options *o, struct lb_err *err)
{
	lb_strv_add(&o->on, "builtin");
	lb_strv_add(&o->builders, "warm");
	o->compression = "none"; /* sizes of images as engines tell them are those of what is unpacked */
	o->remote = "none";
	int rc = run_options_resolve(o, err);
	if (!rc && !o->engines_count)
		rc = lb_fail(err, LB_USAGE, "--on names the engine that builds: docker, docker-classic, buildah, podman");
	return rc;
}

static void name_engines(const struct run_options *o, struct lb_strv *titles)
{
	for (size_t i = 0; i < o->engines_count; i++) {
		const struct subject_info *e = &o->engines[i];
		lb_strv_take(titles, lb_format("%s: %s, held against %s%s", e->name, e->title, e->policy->name,
					       e->exact ? "" : ", the nearest that was observed"));
	}
}

int verify_on(struct run_options *o, const char *path, bool quiet, struct verify_report *out, struct verify_builds *builds,
	      struct lb_strv *titles, struct lb_err *err)
{
	lb_autofree char *dir = NULL, *result = NULL;
	report_auto struct report *report = NULL;
	*out = (struct verify_report){ .unit = "variant" };
	*builds = (struct verify_builds){ 0 };
	int rc = resolve(o, err);
	if (!rc)
		rc = lb_fs_mkdtemp(NULL, "lbench-", &dir, err);
	if (!rc)
		rc = run_both(o, path, dir, quiet, &result, err);
	if (!rc)
		rc = report_load(result, &report, err);
	if (dir)
		lb_fs_remove(AT_FDCWD, dir, NULL);
	if (rc)
		return rc;
	const struct pairing p = { report, out, builds };
	pair_all(&p);
	name_engines(o, titles);
	return 0;
}

void verify_builds_release(struct verify_builds *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->items[i].variant);
		free(b->items[i].edit);
		free(b->items[i].engine);
	}
	free(b->items);
	*b = (struct verify_builds){ 0 };
}

static void json_figure(struct lb_json *w, const char *key, double value)
{
	lb_json_key(w, key);
	if (value < 0)
		lb_json_null(w);
	else
		lb_json_real(w, value);
}

void verify_json_builds(struct lb_json *w, const void *builds)
{
	const struct verify_builds *b = builds;
	lb_json_key(w, "builds");
	lb_json_open(w, '[');
	for (size_t i = 0; i < b->count; i++) {
		const struct verify_build *x = &b->items[i];
		lb_json_open(w, '{');
		lb_json_kstr(w, "engine", x->engine);
		lb_json_kstr(w, "variant", x->variant);
		lb_json_kstr(w, "edit", x->edit);
		json_figure(w, "run_s_predicted", x->predicted_s);
		json_figure(w, "build_s_measured", x->measured_s);
		json_figure(w, "image_mb_predicted", x->predicted_mb);
		json_figure(w, "image_mb_measured", x->measured_mb);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void add_figure(struct grid *g, double value)
{
	lb_autobuf struct lb_buf text = { 0 };
	if (value < 0)
		lb_buf_addc(&text, '?');
	else
		lb_buf_addf(&text, "%.2f", value);
	grid_take(g, &text);
}

void verify_print_builds(const struct verify_builds *b, unsigned width, struct lb_buf *out)
{
	static const char *const titles[] = {
		"engine", "variant", "edit", "RUN s, predicted", "build s, measured", "image MB, predicted", "image MB, measured"
	};
	grid_auto struct grid g = { .columns = LB_COUNT(titles), .fixed = 3, .left = 7 };
	for (size_t i = 0; i < LB_COUNT(titles); i++)
		grid_add(&g, titles[i]);
	for (size_t i = 0; i < b->count; i++) {
		const struct verify_build *x = &b->items[i];
		grid_add(&g, x->engine);
		grid_add(&g, x->variant);
		grid_add(&g, x->edit);
		add_figure(&g, x->predicted_s);
		add_figure(&g, x->measured_s);
		add_figure(&g, x->predicted_mb);
		add_figure(&g, x->measured_mb);
	}
	grid_print(&g, width, false, out);
}
