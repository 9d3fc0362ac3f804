/* SPDX-License-Identifier: Apache-2.0 */
#include "check/baseline.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/data.h"

static bool is_result(const char *dir)
{
	lb_autofree char *run = lb_path_join(dir, "run.json");
	return lb_fs_exists(AT_FDCWD, run);
}

int baseline_find(const char *given, const char *scenario, char **out, struct lb_err *err)
{
	lb_autofree char *below = lb_path_join(given, scenario);
	if (is_result(given))
		*out = lb_strdup(given);
	else if (is_result(below))
		*out = lb_steal(&below);
	else
		return lb_fail(err, LB_INVALID,
			       "%s: no baseline of %s (neither run.json nor %s/run.json); --update --reason TEXT writes the first one",
			       given, scenario, scenario);
	return 0;
}

/* ---- writing ---- */

/* Everything that is compared, and nothing that differs between two runs of the same. */
static bool column_is_kept(const struct build_column *c, bool measured)
{
	if (!c->number)
		return c->required || c->index == BT_SCENARIO || c->index == BT_PLATFORM || c->index == BT_RUN_MODE;
	if (c->index == BN_RUN_NS || c->index == BN_WASTED_RUN_NS)
		return !measured;
	return (c->required && c->index != BN_STARTED_ORDER) || c->index == BN_LAYERS_NEW || c->index == BN_IMAGE_BYTES;
}

static void build_row(const struct report_build *b, bool measured, struct lb_buf *out)
{
	for (size_t i = 0; i < LB_COUNT(report_build_columns); i++) {
		const struct build_column *c = &report_build_columns[i];
		bool keep = column_is_kept(c, measured);
		if (!keep && !c->required)
			continue;
		if (!c->number)
			csv_put(out, b->text[c->index]);
		else if (keep && b->number[c->index] != REPORT_UNKNOWN)
			csv_put_uint(out, b->number[c->index]);
		else
			csv_put(out, "");
	}
	csv_end_row(out);
}

static void builds_head(struct lb_buf *out)
{
	for (size_t i = 0; i < LB_COUNT(report_build_columns); i++)
		if (report_build_columns[i].required || column_is_kept(&report_build_columns[i], false))
			csv_put(out, report_build_columns[i].name);
	csv_end_row(out);
}

static void put_number(struct lb_buf *out, bool known, uint64_t n)
{
	if (known && n != REPORT_UNKNOWN)
		csv_put_uint(out, n);
	else
		csv_put(out, "");
}

static int step_row(const struct report *r, const struct report_build *b, const struct report_step *s, bool measured, struct lb_buf *out,
		    struct lb_err *err)
{
	static const char *const needs[] = { "", "yes", "no" }, *const stales[] = { "", "wrong", "suspect", "outdated" };
	lb_autojson json_t *e = NULL;
	int rc = report_evidence(r, s, &e, err);
	if (rc)
		return rc;
	lb_autofree char *evidence = e ? json_dumps(e, JSON_COMPACT) : NULL;
	csv_put(out, b->text[BT_ID]);
	csv_put(out, report_string(r, s->stage));
	csv_put_uint(out, s->step);
	csv_put_uint(out, s->line);
	csv_put(out, report_string(r, s->instruction));
	csv_put(out, s->trigger ? "1" : "");
	csv_put(out, report_outcome_name(s->outcome));
	csv_put(out, needs[s->needed]);
	csv_put(out, stales[s->stale]);
	csv_put(out, report_string(r, s->reason));
	csv_put(out, evidence ? evidence : "");
	csv_put(out, ""); /* diff_id */
	put_number(out, true, s->layer_bytes);
	csv_put(out, ""); /* blob_digest */
	put_number(out, true, s->blob_bytes);
	csv_put(out, ""); /* engine_ns */
	put_number(out, !measured, s->run_ns);
	csv_end_row(out);
	return 0;
}

/* The first repeat stands for all. */
static bool is_kept(const struct report_build *b, struct lb_map *seen)
{
	lb_autofree char *key = lb_format("%s\n%s\n%s\n%s\n%s\n%s\n%s\n%llu", b->text[BT_VARIANT], b->text[BT_SUBJECT], b->text[BT_POLICY],
					  b->text[BT_BUILDER], b->text[BT_PLATFORM], b->text[BT_WORKLOAD], b->text[BT_EDIT],
					  (unsigned long long)b->number[BN_SEQ]);
	if (lb_map_get(seen, key))
		return false;
	lb_map_set(seen, key, seen);
	return true;
}

static int tables(const struct report *r, struct lb_buf *builds, struct lb_buf *steps, struct lb_err *err)
{
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	bool measured = strcmp(r->run_mode, "exec") == 0;
	int rc = 0;
	builds_head(builds);
	lb_buf_adds(steps,
		    "build_id,stage,step,line,instruction,trigger,outcome,needed,stale,reason,evidence,diff_id,layer_bytes,blob_digest,"
		    "blob_bytes,engine_ns,run_ns\n");
	for (size_t i = 0; i < r->builds_count && !rc; i++) {
		const struct report_build *b = &r->builds[i];
		if (!is_kept(b, seen))
			continue;
		build_row(b, measured, builds);
		for (size_t k = 0; k < b->steps_count && !rc; k++)
			rc = step_row(r, b, report_steps_of(r, b) + k, measured, steps, err);
	}
	return rc;
}

/* The baseline that stands there; NULL. Of one that cannot be read nothing is carried over. */
static json_t *old_baseline(const char *dir)
{
	lb_autofree char *path = lb_path_join(dir, "run.json");
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *run = NULL;
	if (lb_fs_read(AT_FDCWD, path, &text, NULL) || lb_json_parse(path, lb_buf_str(&text), text.len, &run, NULL))
		return NULL;
	return json_incref(json_object_get(run, "baseline"));
}

/* Who follows the figures over time wants all that was accepted, not the last alone. */
static json_t *accepted(const struct report *r, const char *reason, const char *dir)
{
	lb_autojson json_t *old = old_baseline(dir);
	json_t *list = json_array();
	const json_t *before = json_object_get(old, "accepted");
	for (size_t i = 0; i < json_array_size(before); i++)
		json_array_append(list, json_array_get(before, i));
	json_array_append_new(list,
			      json_pack("{s:s, s:s, s:s}", "of", r->run_id, "started", report_member(r->run, "started"), "reason", reason));
	return list;
}

static char *run_text(const struct report *r, const char *reason, const char *dir)
{
	static const char *const dropped[] = { "machine", "unknowns", "warnings", "noise" };
	lb_autojson json_t *run = json_deep_copy(r->run);
	for (size_t i = 0; i < LB_COUNT(dropped); i++)
		json_object_del(run, dropped[i]);
	json_object_set_new(json_object_get(run, "options"), "repeat", json_integer(1));
	json_object_set_new(run, "baseline",
			    json_pack("{s:s, s:s, s:o}", "reason", reason, "of", r->run_id, "accepted", accepted(r, reason, dir)));
	return json_dumps(run, JSON_INDENT(2));
}

static int write_file(const char *dir, const char *name, const char *text, size_t len, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(dir, name);
	return lb_fs_write(AT_FDCWD, path, text, len, err);
}

/* Where the baseline goes: over an old one, else SCENARIO below `given`. */
static int choose_place(const struct report *r, const char *given, char **out, struct lb_err *err)
{
	if (!is_result(given)) {
		*out = lb_path_join(given, r->scenario);
		return lb_fs_mkdirs(AT_FDCWD, *out, err);
	}
	report_auto struct report *old = NULL;
	int rc = report_load(given, &old, err);
	if (rc)
		return rc;
	if (!json_object_get(old->run, "baseline"))
		return lb_fail(err, LB_USAGE, "%s is a result, and stays as it is; --update writes into a directory of baselines", given);
	if (strcmp(old->scenario, r->scenario) != 0)
		return lb_fail(err, LB_INVALID, "%s is the baseline of %s, the result is of %s", given, old->scenario, r->scenario);
	*out = lb_strdup(given);
	return 0;
}

int baseline_write(const struct report *r, const char *given, const char *reason, char **written, struct lb_err *err)
{
	lb_autobuf struct lb_buf builds = { 0 }, steps = { 0 };
	lb_autofree char *dir = NULL;
	int rc = tables(r, &builds, &steps, err);
	if (!rc)
		rc = choose_place(r, given, &dir, err);
	if (!rc)
		rc = write_file(dir, "builds.csv", builds.data, builds.len, err);
	if (!rc)
		rc = write_file(dir, "steps.csv", steps.data, steps.len, err);
	lb_autofree char *run = rc ? NULL : run_text(r, reason, dir), *text = lb_format("%s\n", run ? run : "");
	if (!rc)
		rc = write_file(dir, "run.json", text, strlen(text), err);
	if (!rc)
		*written = lb_steal(&dir);
	return rc;
}
