/* SPDX-License-Identifier: Apache-2.0
 *
 * Rows of an earlier session are kept as text. Where the files have a gap (builds of different scopes end in any order,
 * and what is finished is written when a run is interrupted), they are cut off there, and what stood behind it is
 * written again in its turn: rows stay in plan order.
 */
#include "measure/resume.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "lbench/json.h"
#include "record/columns.h"
#include "record/runinfo.h"
#include "report/csv.h"

enum {
	BUILD_ID,
	VARIANT = 2,
	POLICY = 4,
	BUILDER = 5,
	WORKLOAD = 10,
	EDIT = 11,
	SEQ = 12,
	REPEAT = 13,
	ORDER = 14,
	STATUS = 15,
	RUN_NS = 25,
	IMAGE = 45
};

struct reading {
	struct csv_file csv;
	struct csv_field fields[BUILD_COLUMNS_COUNT];
	size_t row; /* where the row that was read begins */
	uint32_t line;
	size_t build; /* its build_id */
	int previous; /* that of the row before; -1 */
};

static bool is(const struct csv_field *f, const char *text)
{
	return f->len == strlen(text) && memcmp(f->p, text, f->len) == 0;
}

static bool number(const struct csv_field *f, uint64_t *out)
{
	*out = 0;
	for (uint32_t i = 0; i < f->len; i++) {
		if (f->p[i] < '0' || f->p[i] > '9')
			return false;
		*out = *out * 10 + (uint64_t)(f->p[i] - '0');
	}
	return f->len > 0 && f->len < 19;
}

static int fault(const struct reading *r, size_t field, const char *what, struct lb_err *err)
{
	return lb_fail_at(err, csv_pos(&r->csv, r->row, r->line, &r->fields[field]), "%s; the result cannot be gone on with", what);
}

/* 1: a row; 0: the end. */
static int next(struct reading *r, const struct scn_plan *plan, struct lb_err *err)
{
	uint64_t id;
	r->row = r->csv.at;
	r->line = r->csv.line;
	int rc = csv_next(&r->csv, r->fields, LB_COUNT(r->fields), err);
	if (rc <= 0)
		return rc;
	if (!number(&r->fields[BUILD_ID], &id) || id >= plan->count)
		return fault(r, BUILD_ID, "no build of the plan has this number", err);
	if ((int)id < r->previous)
		return fault(r, BUILD_ID, "the rows are not in the order of the plan", err);
	r->previous = (int)id;
	r->build = id;
	return 1;
}

static int open_table(struct reading *r, const char *dir, const char *name, const char *header, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(dir, name);
	size_t n = strlen(header);
	*r = (struct reading){ .previous = -1 };
	int rc = csv_open(&r->csv, path, true, err);
	if (rc)
		return rc;
	if (r->csv.len < n || memcmp(r->csv.data, header, n) != 0)
		return lb_fail_at(err, (struct lb_pos){ path, 1, 1 },
				  "other columns than this lbench writes; the result cannot be gone on with");
	return csv_next(&r->csv, r->fields, LB_COUNT(r->fields), err) < 0 ? LB_INVALID : 0;
}

static const char *row_text(const struct reading *r)
{
	return r->csv.data + r->row;
}

/* ---- builds ---- */

static int check_row(const struct reading *r, const struct measure_options *o, const struct scn_build *b, bool alone, struct lb_err *err)
{
	const struct {
		size_t field;
		const char *text;
	} texts[] = {
		{ VARIANT, o->scenario->variants[b->variant].name },
		{ POLICY, measure_policy_name(o, b->policy) },
		{ BUILDER, lb_builder_name(o->builders[b->builder]) },
		{ WORKLOAD, b->workload == SCN_SEQUENCE ? "sequence" : "each" },
		{ EDIT, b->edit < 0 ? "cold" : o->scenario->edits[b->edit].name },
	};
	for (size_t i = 0; i < LB_COUNT(texts); i++)
		if (!is(&r->fields[texts[i].field], texts[i].text))
			return fault(r, texts[i].field, "the plan has another build here", err);
	uint64_t seq, repeat;
	if (!number(&r->fields[SEQ], &seq) || seq != b->seq || !number(&r->fields[REPEAT], &repeat) || repeat != b->repeat ||
	    b->alone != alone)
		return fault(r, SEQ, "the plan has another build here", err);
	return 0;
}

static int keep_build(struct resume *all, const struct reading *r, struct lb_err *err)
{
	struct kept_row *k = &all->rows[r->build];
	char image[LB_DIGEST_TEXT];
	uint64_t order;
	if (!number(&r->fields[ORDER], &order))
		return fault(r, ORDER, "a number is expected", err);
	if (k->done)
		return fault(r, BUILD_ID, "this build has a row already", err);
	lb_buf_add(&k->build, row_text(r), r->csv.at - r->row);
	k->done = true;
	k->failed = is(&r->fields[STATUS], "fail");
	k->skipped = is(&r->fields[STATUS], "skip");
	k->run_known = is(&r->fields[STATUS], "ok") && number(&r->fields[RUN_NS], &k->run_ns);
	if (r->fields[IMAGE].len) {
		snprintf(image, sizeof(image), "%.*s", (int)r->fields[IMAGE].len, r->fields[IMAGE].p);
		if (lb_digest_parse(image, &k->image, NULL))
			return fault(r, IMAGE, "a digest is expected", err);
	}
	all->next_order = order >= all->next_order ? order + 1 : all->next_order;
	all->done++;
	return 0;
}

static int read_builds(struct resume *all, struct reading *r, const struct measure_options *o, const struct scn_plan *plan, bool alone,
		       struct lb_err *err)
{
	int rc;
	while ((rc = next(r, plan, err)) > 0) {
		rc = check_row(r, o, &plan->builds[r->build], alone, err);
		if (!rc)
			rc = keep_build(all, r, err);
		if (rc)
			return rc;
	}
	return rc;
}

static int read_steps(struct resume *all, struct reading *r, const struct scn_plan *plan, struct lb_err *err)
{
	int rc;
	while ((rc = next(r, plan, err)) > 0)
		if (all->rows[r->build].done)
			lb_buf_add(&all->rows[r->build].steps, row_text(r), r->csv.at - r->row);
	return rc;
}

/* ---- where the files go on ---- */

static void set_cut(struct resume *all, const struct scn_plan *plan, const uint64_t *headers)
{
	all->cut = (struct record_cut){ .builds = headers[0], .alone = headers[1], .steps = headers[2] };
	for (size_t i = 0; i < all->count && all->rows[i].done; i++) {
		struct kept_row *k = &all->rows[i];
		*(plan->builds[i].alone ? &all->cut.alone : &all->cut.builds) += k->build.len;
		all->cut.steps += k->steps.len;
	}
}

static bool has_alone(const struct scn_plan *plan)
{
	return plan->count && plan->builds[plan->count - 1].alone;
}

static int read_all(struct resume *all, const char *dir, const struct measure_options *o, const struct scn_plan *plan, struct lb_err *err)
{
	static const char *const names[] = { "builds.csv", "alone.csv", "steps.csv" };
	uint64_t headers[LB_COUNT(names)] = { 0 };
	int rc = 0;
	for (size_t i = 0; !rc && i < LB_COUNT(names); i++) {
		struct reading r;
		if (i == 1 && !has_alone(plan))
			continue;
		rc = open_table(&r, dir, names[i], i == 2 ? STEP_COLUMNS "\r\n" : BUILD_COLUMNS "\r\n", err);
		headers[i] = r.csv.at;
		if (!rc)
			rc = i == 2 ? read_steps(all, &r, plan, err) : read_builds(all, &r, o, plan, i == 1, err);
		csv_close(&r.csv);
	}
	if (!rc)
		set_cut(all, plan, headers);
	return rc;
}

int resume_read(const char *dir, const struct measure_options *o, const struct scn_plan *plan, struct resume **out, struct lb_err *err)
{
	struct resume *all = lb_calloc(1, sizeof(*all));
	all->count = plan->count;
	all->rows = lb_calloc(plan->count + 1, sizeof(*all->rows));
	int rc = read_all(all, dir, o, plan, err);
	if (rc) {
		resume_free(all);
		return rc;
	}
	*out = all;
	return 0;
}

void resume_free(struct resume *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->count; i++) {
		lb_buf_release(&r->rows[i].build);
		lb_buf_release(&r->rows[i].steps);
	}
	free(r->rows);
	free(r);
}

/* ---- is it the same run? ---- */

static int differs(const char *dir, const char *what, const json_t *was, const json_t *now, struct lb_err *err)
{
	lb_autofree char *before = was ? json_dumps(was, JSON_COMPACT | JSON_ENCODE_ANY) : lb_strdup("not said");
	lb_autofree char *after = now ? json_dumps(now, JSON_COMPACT | JSON_ENCODE_ANY) : lb_strdup("not said");
	return lb_fail(err, LB_INVALID, "%s cannot be gone on with: its %s is %s, now it is %s; start a new run", dir, what, before, after);
}

static int compare_members(const char *dir, const json_t *was, const json_t *now, const char *object, const char *called,
			   struct lb_err *err)
{
	const json_t *a = json_object_get(was, object), *b = json_object_get(now, object);
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)b, key, value)
	{
		if (strcmp(key, "jobs") == 0 || json_equal(json_object_get(a, key), value))
			continue;
		lb_autofree char *what = lb_format("%s %s", called, key);
		return differs(dir, what, json_object_get(a, key), value, err);
	}
	return 0;
}

int resume_check(const char *dir, const struct record_run *run, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(dir, "run.json");
	lb_autobuf struct lb_buf then = { 0 }, text = { 0 };
	lb_autojson json_t *was = NULL, *now = NULL;
	runinfo_json(run, "running", &text);
	int rc = lb_fs_read(AT_FDCWD, path, &then, err);
	if (!rc)
		rc = lb_json_parse(path, lb_buf_str(&then), then.len, &was, err);
	if (!rc)
		rc = lb_json_parse(path, lb_buf_str(&text), text.len, &now, err);
	static const char *const objects[][2] = {
		{ "tool", "tool" }, { "scenario", "scenario" }, { "options", "option" }, { "libraries", "library" }
	};
	for (size_t i = 0; !rc && i < LB_COUNT(objects); i++)
		rc = compare_members(dir, was, now, objects[i][0], objects[i][1], err);
	return rc;
}
