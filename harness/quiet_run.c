/* SPDX-License-Identifier: Apache-2.0 */
#include "quiet_run.h"

#include <stdlib.h>
#include <time.h>

#include "command.h"
#include "engines.h"
#include "lbench/fs.h"
#include "measure/measure.h"
#include "version.h"

struct quiet_run {
	const struct run_options *o;
	struct scenario *scenario;
	struct scn_plan plan;
	bool *variants, *edits;
	enum lb_run_mode mode;
	char started[32];
	struct lb_store *store;
	struct lb_exec *exec;
	struct record_run run;
	struct record_engine engines[ENGINES_MAX];
	struct record_measured measured;
	struct measure_options measure;
	struct measure_totals totals;
	struct prepared *prepared;
	struct record *record;
	struct runner *runner;
};

void quiet_free(struct quiet_run *q)
{
	if (!q)
		return;
	if (q->runner)
		measure_end(q->runner, &(struct lb_err){ 0 });
	record_free(q->record);
	measure_free(q->prepared);
	lb_exec_free(q->exec);
	lb_store_close(q->store);
	scn_plan_release(&q->plan);
	scenario_free(q->scenario);
	free(q->variants);
	free(q->edits);
	free(q);
}

static void describe(struct quiet_run *q)
{
	const struct run_options *o = q->o;
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(q->started, sizeof(q->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	q->variants = lb_calloc(q->scenario->variants_count + 1, sizeof(bool));
	q->edits = lb_calloc(q->scenario->edits_count + 1, sizeof(bool));
	for (size_t i = 0; i < q->plan.count; i++) {
		q->variants[q->plan.builds[i].variant] = true;
		if (q->plan.builds[i].edit >= 0)
			q->edits[q->plan.builds[i].edit] = true;
	}
	q->run = (struct record_run){ .scenario = q->scenario,
				      .policies = o->policy,
				      .policies_count = o->policy_count,
				      .builders = o->builder,
				      .builders_count = o->builder_count,
				      .variants_used = q->variants,
				      .edits_used = q->edits,
				      .mode = q->mode,
				      .alone = q->plan.count && q->plan.builds[q->plan.count - 1].alone,
				      .compression = o->compression_kind,
				      .jobs = 1,
				      .repeat = o->repeat,
				      .started = q->started,
				      .run_id = "quiet",
				      .tool_version = LBENCH_VERSION,
				      .tool_commit = LBENCH_COMMIT };
	q->measure = (struct measure_options){ .scenario = q->scenario,
					       .policies = o->policy,
					       .policies_count = o->policy_count,
					       .builders = o->builder,
					       .builders_count = o->builder_count,
					       .mode = q->mode,
					       .compression = o->compression_kind,
					       .store = q->store,
					       .exec = q->exec,
					       .jobs = 1,
					       .cancel = &interrupted,
					       .run = &q->run };
	engines_describe(o, q->engines, &q->run, &q->measure);
}

static int open_store(struct quiet_run *q, const char *dir, struct lb_err *err)
{
	if (q->mode == LB_RUN_DRY)
		return 0;
	int rc = lb_store_open(dir, &q->store, err);
	if (rc || q->mode != LB_RUN_EXEC)
		return rc;
	lb_autofree char *exec = lb_path_join(dir, "exec");
	const struct lb_exec_options eo = { .dir = exec };
	return lb_exec_new(&eo, &q->exec, err);
}

static int begin(struct quiet_run *q, const char *path, const char *out_dir, const char *store_dir, struct lb_err *err)
{
	int rc = run_options_load(q->o, path, &q->scenario, err);
	if (!rc)
		rc = run_options_plan(q->o, q->scenario, &q->plan, err);
	if (rc)
		return rc;
	q->mode = run_options_mode(q->o, q->scenario);
	rc = open_store(q, store_dir, err);
	if (rc)
		return rc;
	describe(q);
	rc = measure_prepare(&q->measure, &q->plan, &q->prepared, err);
	if (rc)
		return rc;
	q->run.pins = measure_pins(q->prepared);
	rc = record_open(out_dir, &q->run, &q->record, err);
	if (!rc)
		q->runner = measure_begin(q->prepared, q->record, &q->totals);
	return rc;
}

int quiet_begin(const struct run_options *o, const char *path, const char *out_dir, const char *store_dir, struct quiet_run **out,
		struct lb_err *err)
{
	struct quiet_run *q = lb_calloc(1, sizeof(*q));
	q->o = o;
	int rc = begin(q, path, out_dir, store_dir, err);
	if (rc) {
		quiet_free(q);
		return rc;
	}
	*out = q;
	return 0;
}

void quiet_tell(struct quiet_run *q, void (*progress)(void *arg, const struct scn_build *last, size_t done, size_t all), void *arg)
{
	q->measure.progress = progress;
	q->measure.progress_arg = arg;
}

size_t quiet_count(const struct quiet_run *q)
{
	return q->plan.count;
}

void quiet_repeat(struct quiet_run *q, unsigned repeat)
{
	measure_repeat(q->runner, repeat);
}

const char *quiet_digest(const struct quiet_run *q, char *text)
{
	lb_digest_text(&q->scenario->digest, text);
	return text;
}

int quiet_end(struct quiet_run *q, char **result, struct lb_err *err)
{
	int rc = measure_end(q->runner, err);
	q->runner = NULL;
	if (q->mode == LB_RUN_EXEC) {
		measure_tell_floor(&q->totals, &q->measured);
		q->run.measured = &q->measured;
	}
	if (!rc)
		rc = record_close(q->record, "done", 1, err);
	if (!rc)
		*result = lb_strdup(record_dir(q->record));
	quiet_free(q);
	return rc;
}

int dry_run(const struct run_options *o, const char *path, const char *out_dir, char **result, struct lb_err *err)
{
	struct quiet_run *q;
	int rc = quiet_begin(o, path, out_dir, NULL, &q, err);
	if (rc)
		return rc;
	for (unsigned k = 0; k < o->repeat; k++)
		quiet_repeat(q, k);
	return quiet_end(q, result, err);
}
