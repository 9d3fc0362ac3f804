/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check/expect.h"
#include "command.h"
#include "lbench/fs.h"
#include "measure/measure.h"
#include "report/report.h"
#include "run_options.h"
#include "version.h"

/* One scenario on its way through the command. */
struct job {
	struct run_options *o;
	struct scenario *scenario;
	struct scn_plan plan;
	enum lb_run_mode mode;
	enum report_format format;
	char *out_dir, *store_dir;
	struct lb_store *store;
	struct lb_exec *exec;
	char run_id[64], started[32];
	bool *variants_used, *edits_used;
	struct lb_strv unknowns, warnings;
	struct record_run run;
	struct measure_options measure;
	struct prepared *prepared;
	struct record *record;
	struct measure_totals totals;
};

static void job_release(struct job *j)
{
	record_free(j->record);
	measure_free(j->prepared);
	lb_exec_free(j->exec);
	lb_store_close(j->store);
	scn_plan_release(&j->plan);
	scenario_free(j->scenario);
	lb_strv_release(&j->unknowns);
	lb_strv_release(&j->warnings);
	free(j->variants_used);
	free(j->edits_used);
	free(j->out_dir);
	free(j->store_dir);
}

static void name_run(struct job *j)
{
	struct timespec now;
	struct tm tm;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(j->started, sizeof(j->started), "%Y-%m-%dT%H:%M:%SZ", &tm);
	char stamp[32];
	strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
	snprintf(j->run_id, sizeof(j->run_id), "%s-%03ld-%d", stamp, now.tv_nsec / 1000000, (int)getpid());
}

static void choose_directories(struct job *j)
{
	const struct scenario *s = j->scenario;
	j->out_dir = j->o->out ? lb_strdup(j->o->out) : s->implicit ? lb_path_join(s->dir, ".lbench/results") : lb_strdup("results");
	if (j->o->store)
		j->store_dir = lb_strdup(j->o->store);
	else
		j->store_dir = s->implicit && !j->o->out ? lb_path_join(s->dir, ".lbench/store") : lb_path_join(j->out_dir, ".store");
}

static unsigned default_jobs(const struct run_options *o)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	return o->jobs ? o->jobs : cpus < 1 ? 1 : cpus > 4 ? 4 : (unsigned)cpus;
}

static void mark_used(struct job *j)
{
	j->variants_used = lb_calloc(j->scenario->variants_count, sizeof(bool));
	j->edits_used = lb_calloc(j->scenario->edits_count, sizeof(bool));
	for (size_t i = 0; i < j->plan.count; i++) {
		j->variants_used[j->plan.builds[i].variant] = true;
		if (j->plan.builds[i].edit >= 0)
			j->edits_used[j->plan.builds[i].edit] = true;
	}
}

/* What nobody knows, in one line each. */
static void list_unknowns(struct job *j)
{
	for (size_t i = 0; i < j->scenario->bases_count; i++) {
		if (j->scenario->bases[i].form != SCN_BASE_OPAQUE)
			continue;
		lb_strv_take(&j->unknowns, lb_format("base %s: only its name is known", j->scenario->bases[i].name));
	}
	for (size_t v = 0; v < j->scenario->variants_count; v++) {
		struct lb_dockerfile *df;
		const struct scn_variant *variant = &j->scenario->variants[v];
		if (!j->variants_used[v] || lb_dockerfile_parse(variant->dockerfile_path, variant->dockerfile, strlen(variant->dockerfile), NULL, &df, NULL))
			continue;
		for (size_t i = 0; i < df->instructions_count; i++) {
			const struct lb_instruction *in = &df->instructions[i];
			if (in->keyword == LB_KW_RUN && j->mode != LB_RUN_EXEC && !lb_model_find(j->scenario->models, j->scenario->models_count, in->original))
				lb_strv_take(&j->unknowns, lb_format("%s:%u RUN: seconds and bytes", variant->name, in->first_line));
		}
		lb_dockerfile_free(df);
	}
}

static void describe_run(struct job *j)
{
	mark_used(j);
	list_unknowns(j);
	lb_strv_copy(&j->warnings, &j->scenario->warnings);
	unsigned jobs = default_jobs(j->o);
	bool pushes = j->o->remote && j->mode != LB_RUN_DRY;
	j->run = (struct record_run){ .scenario = j->scenario, .policies = j->o->policy, .policies_count = j->o->policy_count,
		.builders = j->o->builder, .builders_count = j->o->builder_count, .variants_used = j->variants_used,
		.edits_used = j->edits_used, .mode = j->mode, .compression = j->o->compression_kind,
		.remote = !pushes ? NULL : strcmp(j->o->remote, "memory:") == 0 ? "memory" : "oci", .jobs = jobs, .repeat = j->o->repeat,
		.started = j->started, .run_id = j->run_id, .tool_version = LBENCH_VERSION, .tool_commit = LBENCH_COMMIT,
		.unknowns = &j->unknowns, .warnings = &j->warnings };
	j->measure = (struct measure_options){ .scenario = j->scenario, .policies = j->o->policy, .policies_count = j->o->policy_count,
		.builders = j->o->builder, .builders_count = j->o->builder_count, .mode = j->mode, .store = j->store,
		.remote = pushes ? j->o->remote : NULL, .compression = j->o->compression_kind, .jobs = jobs, .cancel = &interrupted,
		.run = &j->run };
}

/* ---- progress ---- */

struct progress {
	bool bar, lines;
	time_t began;
	bool shown;
};

static void on_progress(void *arg, size_t done, size_t all)
{
	struct progress *p = arg;
	if (p->lines)
		fprintf(stderr, "lbench: %zu of %zu builds\n", done, all);
	if (!p->bar || (!p->shown && time(NULL) - p->began < 1))
		return;
	p->shown = true;
	int filled = (int)(done * 40 / (all ? all : 1));
	fprintf(stderr, "\r\033[K[%.*s%*s] %zu of %zu builds", filled, "########################################", 40 - filled, "", done, all);
	if (done == all)
		fprintf(stderr, "\r\033[K");
}

/* ---- steps of the command ---- */

static int open_store(struct job *j, struct lb_err *err)
{
	if (j->mode == LB_RUN_DRY || j->store)
		return 0;
	int rc = lb_store_open(j->store_dir, &j->store, err);
	j->measure.store = j->store;
	return rc;
}

/* What bases and RUNs need of the machine, before anything is built. */
static int open_exec(struct job *j, struct lb_err *err)
{
	bool pulls = false;
	for (size_t i = 0; i < j->scenario->bases_count; i++)
		pulls = pulls || j->scenario->bases[i].form == SCN_BASE_OCI;
	int rc = pulls || j->mode == LB_RUN_EXEC ? open_store(j, err) : 0;
	if (rc || j->mode != LB_RUN_EXEC)
		return rc;
	lb_autofree char *dir = lb_path_join(j->store_dir, "exec");
	struct lb_exec_options eo = { .dir = dir };
	rc = lb_exec_new(&eo, &j->exec, err);
	j->measure.exec = j->exec;
	j->measure.keep_times = j->o->keep_times;
	return rc ? lb_wrap(err, "%s: its RUNs cannot be carried out", j->scenario->name) : 0;
}

static int prepare(struct job *j, const char *path, struct lb_err *err)
{
	int rc = report_format_parse(j->o->format ? j->o->format : "table", &j->format, err);
	if (!rc)
		rc = run_options_load(j->o, path, &j->scenario, err);
	for (size_t i = 0; !rc && i < j->o->must_hit.count; i++)
		rc = expect_must_hit(j->scenario, j->o->must_hit.items[i], err);
	if (!rc)
		rc = run_options_plan(j->o, j->scenario, &j->plan, err);
	if (rc)
		return rc;
	j->mode = run_options_mode(j->o, j->scenario);
	for (size_t i = 0; !j->o->quiet && i < j->scenario->warnings.count; i++)
		fprintf(stderr, "%s\n", j->scenario->warnings.items[i]);
	choose_directories(j);
	name_run(j);
	describe_run(j);
	rc = open_exec(j, err);
	return rc ? rc : measure_prepare(&j->measure, &j->plan, &j->prepared, err);
}

/* Says which expectations are broken, a line each. */
static int check_expectations(const struct job *j, const struct report *report, struct lb_err *err)
{
	lb_autostrv struct lb_strv broken = { 0 };
	int rc = expect_check(j->scenario, report, &broken, err);
	for (size_t i = 0; !rc && i < broken.count; i++)
		fprintf(stderr, "%s\n", broken.items[i]);
	return rc ? rc : broken.count ? COMMAND_VERDICT : 0;
}

/* COMMAND_VERDICT when an expectation is broken. */
static int print_result(struct job *j, const char *dir, struct lb_err *err)
{
	report_auto struct report *report = NULL;
	lb_autobuf struct lb_buf text = { 0 };
	struct report_options ro = { .format = j->format, .width = terminal_width(), .color = use_color(j->o->no_color),
		.details = j->o->details };
	int rc = report_load(dir, &report, err);
	if (!rc)
		rc = report_print(report, &ro, &text, err);
	if (!rc)
		rc = print_out(&text, err);
	return rc ? rc : check_expectations(j, report, err);
}

/* Plots are an addition: what goes wrong there is said and loses nothing. */
static int draw(struct job *j, const char *dir, struct lb_err *err)
{
	report_auto struct report *report = NULL;
	if (j->o->no_plots)
		return 0;
	lb_autofree char *plots = lb_path_join(dir, "plots");
	int rc = report_load(dir, &report, err);
	if (!rc)
		rc = report_tables(report, plots, err);
	struct plot_options po = { .svg = true, .png = true };
	if (!rc)
		rc = report_plot(plots, &po, err);
	if (rc == LB_UNAVAILABLE || rc == LB_FAILED) {
		fprintf(stderr, "lbench: no plots: %s\n", err->text);
		return 0;
	}
	return rc;
}

static int finish(struct job *j, int rc, struct lb_err *err)
{
	struct lb_err closing;
	const char *status = rc == 0 ? "done" : "interrupted";
	int closed = record_close(j->record, status, j->o->keep, rc ? &closing : err);
	if (rc || closed)
		return rc ? rc : closed;
	const char *dir = record_dir(j->record);
	rc = draw(j, dir, err);
	if (!rc)
		rc = print_result(j, dir, err);
	if (rc < 0)
		return rc;
	if (!j->o->quiet)
		fprintf(stderr, "results: %s\n", dir);
	return j->totals.failed ? COMMAND_BUILD_FAILED : rc;
}

static int run_one(struct run_options *o, const char *path, struct lb_err *err)
{
	struct job j = { .o = o };
	struct progress progress = { .bar = isatty(STDERR_FILENO) && !o->quiet && !o->verbose, .lines = o->verbose, .began = time(NULL) };
	int rc = prepare(&j, path, err);
	if (!rc)
		rc = open_store(&j, err);
	if (!rc)
		rc = record_open(j.out_dir, &j.run, &j.record, err);
	if (!rc) {
		j.measure.progress = on_progress;
		j.measure.progress_arg = &progress;
		rc = measure_run(j.prepared, j.record, &j.totals, err);
		rc = finish(&j, rc, err);
	}
	job_release(&j);
	return rc;
}

int cmd_run(int argc, char **argv, struct lb_err *err)
{
	struct run_options o = { 0 };
	struct option table[RUN_OPTIONS_MAX + 1];
	struct usage u = { "run", "SCENARIO…",
		"Builds every variant of each scenario after every edit, and says what the layer cache saves and wastes.\n"
		"SCENARIO is a directory with scenario.yaml, or a project with a Dockerfile.",
		table, run_options_table(&o, table) };
	table[u.count++] = (struct option){ "must-hit", 0, OPTION_EACH, &o.must_hit, "EDIT: PATTERN",
		"after this edit, steps like the pattern must be hits; broken: exit 1" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	bool help;
	int rc = options_parse(&u, argc, argv, &operands, &help, err);
	if (!rc && help) {
		options_help(&u, &text);
		rc = print_out(&text, err);
	} else if (!rc && !operands.count) {
		rc = lb_fail(err, LB_USAGE, "lbench run: which scenario? e.g. lbench run scenarios/python-app");
	} else if (!rc) {
		rc = run_options_resolve(&o, err);
		catch_signals();
		int worst = 0;
		for (size_t i = 0; rc >= 0 && i < operands.count; i++) {
			rc = run_one(&o, operands.items[i], err);
			worst = rc > worst ? rc : worst;
		}
		rc = rc < 0 ? rc : worst;
	}
	run_options_release(&o);
	return rc;
}
