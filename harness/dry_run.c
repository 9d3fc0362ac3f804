/* SPDX-License-Identifier: Apache-2.0 */
#include "dry_run.h"

#include <stdlib.h>
#include <time.h>

#include "command.h"
#include "measure/measure.h"
#include "version.h"

struct dry {
	const struct run_options *o;
	struct scenario *scenario;
	struct scn_plan plan;
	bool *variants, *edits;
	char started[32];
	struct record_run run;
	struct measure_options measure;
	struct prepared *prepared;
	struct record *record;
};

static void dry_release(struct dry *d)
{
	record_free(d->record);
	measure_free(d->prepared);
	scn_plan_release(&d->plan);
	scenario_free(d->scenario);
	free(d->variants);
	free(d->edits);
}

static void describe(struct dry *d)
{
	const struct run_options *o = d->o;
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(d->started, sizeof(d->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	d->variants = lb_calloc(d->scenario->variants_count + 1, sizeof(bool));
	d->edits = lb_calloc(d->scenario->edits_count + 1, sizeof(bool));
	for (size_t i = 0; i < d->plan.count; i++) {
		d->variants[d->plan.builds[i].variant] = true;
		if (d->plan.builds[i].edit >= 0)
			d->edits[d->plan.builds[i].edit] = true;
	}
	d->run = (struct record_run){ .scenario = d->scenario,
				      .policies = o->policy,
				      .policies_count = o->policy_count,
				      .builders = o->builder,
				      .builders_count = o->builder_count,
				      .variants_used = d->variants,
				      .edits_used = d->edits,
				      .mode = LB_RUN_DRY,
				      .alone = d->plan.count && d->plan.builds[d->plan.count - 1].alone,
				      .compression = o->compression_kind,
				      .jobs = 1,
				      .repeat = 1,
				      .started = d->started,
				      .run_id = "dry",
				      .tool_version = LBENCH_VERSION,
				      .tool_commit = LBENCH_COMMIT };
	d->measure = (struct measure_options){ .scenario = d->scenario,
					       .policies = o->policy,
					       .policies_count = o->policy_count,
					       .builders = o->builder,
					       .builders_count = o->builder_count,
					       .mode = LB_RUN_DRY,
					       .jobs = 1,
					       .cancel = &interrupted,
					       .run = &d->run };
}

static int carry_out(struct dry *d, const char *path, const char *out_dir, char **result, struct lb_err *err)
{
	struct measure_totals totals = { 0 };
	int rc = run_options_load(d->o, path, &d->scenario, err);
	if (!rc)
		rc = run_options_plan(d->o, d->scenario, &d->plan, err);
	if (rc)
		return rc;
	describe(d);
	rc = measure_prepare(&d->measure, &d->plan, &d->prepared, err);
	if (!rc)
		d->run.pins = measure_pins(d->prepared);
	if (!rc)
		rc = record_open(out_dir, &d->run, &d->record, err);
	if (!rc)
		rc = measure_run(d->prepared, d->record, &totals, err);
	if (!rc)
		rc = record_close(d->record, "done", 1, err);
	if (!rc)
		*result = lb_strdup(record_dir(d->record));
	return rc;
}

int dry_run(const struct run_options *o, const char *path, const char *out_dir, char **result, struct lb_err *err)
{
	struct dry d = { .o = o };
	int rc = carry_out(&d, path, out_dir, result, err);
	dry_release(&d);
	return rc;
}
