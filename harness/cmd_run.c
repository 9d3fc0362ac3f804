/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check/expect.h"
#include "command.h"
#include "compare/noise.h"
#include "engines.h"
#include "lbench/fs.h"
#include "lbench/tree_source.h"
#include "ledger/ledger.h"
#include "measure/measure.h"
#include "measure/resume.h"
#include "progress/progress.h"
#include "report/report.h"
#include "resumed.h"
#include "run_options.h"
#include "unknowns.h"
#include "version.h"
#include "warmup.h"

/* What was asked for. */
struct request {
	const char *operand;              /* the scenario */
	struct lb_strv arguments;         /* of the command, as given */
	const struct resumed *resumed;    /* an interrupted result to go on with; NULL */
	bool further;                     /* another scenario's report was printed before */
};

/* One scenario on its way through the command. */
struct job {
	struct run_options *o;
	const struct request *request;
	struct scenario *scenario;
	struct scn_plan plan;
	enum lb_run_mode mode;
	char *out_dir, *store_dir;
	struct lb_store *store;
	struct lb_exec *exec;
	char run_id[64], started[32];
	bool *variants_used, *edits_used;
	struct lb_strv unknowns, warnings;
	struct record_run run;
	struct measure_options measure;
	struct record_engine engines[ENGINES_MAX];
	struct prepared *prepared;
	struct record *record;
	struct resume *kept;
	struct lb_strv resumed; /* times */
	char *directory, *commit;
	int64_t commit_time;
	struct progress progress;
	double load; /* of the machine before it began; 0: unknown */
	struct measure_totals totals;
	struct record_measured measured;
	char *widest_build;
};

static void job_release(struct job *j)
{
	record_free(j->record);
	measure_free(j->prepared);
	lb_exec_free(j->exec);
	lb_store_close(j->store);
	scn_plan_release(&j->plan);
	scenario_free(j->scenario);
	resume_free(j->kept);
	free(j->directory);
	free(j->widest_build);
	free(j->commit);
	lb_strv_release(&j->resumed);
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
	const struct resumed *r = j->request->resumed;
	if (!r)
		return;
	lb_strv_copy(&j->resumed, &r->times);
	lb_strv_add(&j->resumed, j->started);
	snprintf(j->run_id, sizeof(j->run_id), "%s", r->run_id);
	snprintf(j->started, sizeof(j->started), "%s", r->started);
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

/* Who repeats what is measured wants times, and a build beside another one has the other's in its own. */
static unsigned default_jobs(const struct run_options *o, enum lb_run_mode mode)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	if (o->engines_count)
		return 1;
	if (!o->jobs && mode == LB_RUN_EXEC && o->repeat > 1)
		return 1;
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

static void describe_run(struct job *j)
{
	j->directory = getcwd(NULL, 0);
	lb_git_head(j->scenario->dir, &j->commit, &j->commit_time, NULL);
	mark_used(j);
	unknowns_list(j->scenario, j->variants_used, j->mode == LB_RUN_EXEC, &j->unknowns);
	lb_strv_copy(&j->warnings, &j->scenario->warnings);
	unsigned jobs = default_jobs(j->o, j->mode);
	bool pushes = j->o->remote && j->mode != LB_RUN_DRY;
	j->run = (struct record_run){ .scenario = j->scenario, .policies = j->o->policy, .policies_count = j->o->policy_count,
		.builders = j->o->builder, .builders_count = j->o->builder_count, .variants_used = j->variants_used,
		.edits_used = j->edits_used, .mode = j->mode, .compression = j->o->compression_kind,
		.remote = !pushes ? NULL : strcmp(j->o->remote, "memory:") == 0 ? "memory" : "oci", .jobs = jobs, .repeat = j->o->repeat,
		.until_stable = j->o->stable_percent, .null_subject = j->o->null_subject,
		.started = j->started, .run_id = j->run_id, .tool_version = LBENCH_VERSION, .tool_commit = LBENCH_COMMIT,
		.commit = j->commit, .commit_time = j->commit_time, .unknowns = &j->unknowns, .warnings = &j->warnings,
		.alone = j->plan.count && j->plan.builds[j->plan.count - 1].alone,
		.directory = j->directory, .operand = j->request->operand, .arguments = &j->request->arguments, .resumed = &j->resumed };
	j->measure = (struct measure_options){ .scenario = j->scenario, .policies = j->o->policy, .policies_count = j->o->policy_count,
		.builders = j->o->builder, .builders_count = j->o->builder_count, .mode = j->mode, .store = j->store,
		.remote = pushes ? j->o->remote : NULL, .compression = j->o->compression_kind, .jobs = jobs, .cancel = &interrupted,
		.until_stable = j->o->stable_percent, .null_subject = j->o->null_subject, .run = &j->run };
	engines_describe(j->o, j->engines, &j->run, &j->measure);
}

static void on_progress(void *arg, const struct scn_build *last, size_t done, size_t all)
{
	struct job *j = arg;
	const struct scenario *s = j->scenario;
	lb_autofree char *what = NULL;
	if (j->progress.lines)
		what = lb_format("%s %s  %s, %s%s", s->variants[last->variant].name, last->edit < 0 ? "cold" : s->edits[last->edit].name,
		                 j->o->engine[last->policy] ? j->o->engine[last->policy]->name : j->o->policy[last->policy]->name, lb_builder_name(j->o->builder[last->builder]), last->alone ? ", alone" : "");
	progress_hits(&j->progress, j->totals.hits, j->totals.misses);
	progress_step(&j->progress, what, done, all);
}

static void on_running(void *arg, const struct scn_build *b, const char *instruction)
{
	struct job *j = arg;
	const struct scenario *s = j->scenario;
	lb_autofree char *text = lb_format("%s%s%s: %s", s->variants[b->variant].name, b->edit < 0 ? "" : " after ",
		b->edit < 0 ? "" : s->edits[b->edit].name, instruction);
	progress_now(&j->progress, text);
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
	int rc = pulls || (j->mode == LB_RUN_EXEC && j->o->builtin) ? open_store(j, err) : 0;
	if (rc || j->mode != LB_RUN_EXEC || !j->o->builtin)
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
	enum report_format format;
	int rc = report_format_parse(j->o->format ? j->o->format : "table", &format, err);
	if (!rc)
		rc = run_options_load(j->o, path, &j->scenario, err);
	for (size_t i = 0; !rc && i < j->o->must_hit.count; i++)
		rc = expect_must_hit(j->scenario, j->o->must_hit.items[i], err);
	if (!rc)
		rc = run_options_plan(j->o, j->scenario, &j->plan, err);
	if (rc)
		return rc;
	j->mode = run_options_mode(j->o, j->scenario);
	if (j->o->stable_percent > 0 && j->mode != LB_RUN_EXEC)
		return lb_fail(err, LB_USAGE, "%s: --until-stable needs --run exec: RUN seconds of a model are the same each time",
			       j->scenario->name);
	for (size_t i = 0; !j->o->quiet && i < j->scenario->warnings.count; i++)
		fprintf(stderr, "%s\n", j->scenario->warnings.items[i]);
	choose_directories(j);
	name_run(j);
	describe_run(j);
	rc = open_exec(j, err);
	if (!rc)
		rc = measure_prepare(&j->measure, &j->plan, &j->prepared, err);
	if (rc)
		return rc;
	j->run.pins = measure_pins(j->prepared);
	for (size_t i = 0; i < j->run.pins->warnings.count; i++) {
		lb_strv_add(&j->warnings, j->run.pins->warnings.items[i]);
		if (!j->o->quiet)
			fprintf(stderr, "%s\n", j->run.pins->warnings.items[i]);
	}
	return 0;
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

static int print_report(const struct run_options *o, const struct report *report, bool further, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct report_options ro = { .width = terminal_width(), .color = use_color(o->no_color), .details = o->details, .further = further };
	int rc = report_format_parse(o->format ? o->format : "table", &ro.format, err);
	if (!rc)
		rc = report_print(report, &ro, &text, err);
	return rc ? rc : print_out(&text, err);
}

static void say_noise(const struct report *report, double load)
{
	lb_autobuf struct lb_buf line = { 0 }, governor = { 0 };
	lb_fs_read(AT_FDCWD, "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", &governor, NULL);
	if (governor.len && governor.data[governor.len - 1] == '\n')
		governor.data[--governor.len] = '\0';
	struct noise_machine m = { .load = load, .cpus = sysconf(_SC_NPROCESSORS_ONLN),
		.governor = lb_buf_str(&governor) };
	noise_line(report, &m, &line);
	fputs(lb_buf_str(&line), stderr);
}

/* COMMAND_VERDICT when an expectation is broken. */
static int print_result(struct job *j, const struct report *report, struct lb_err *err)
{
	int rc = print_report(j->o, report, j->request->further, err);
	if (!rc && !j->o->quiet)
		say_noise(report, j->load);
	return rc ? rc : check_expectations(j, report, err);
}

/* Plots are an addition: what goes wrong there is said and loses nothing. */
static int draw(struct job *j, const struct report *report, const char *dir, struct lb_err *err)
{
	if (j->o->no_plots)
		return 0;
	lb_autofree char *plots = lb_path_join(dir, "plots");
	int rc = report_tables(report, plots, err);
	struct plot_options po = { .svg = true, .png = true };
	if (!rc)
		rc = report_plot(plots, &po, err);
	if (rc == LB_UNAVAILABLE || rc == LB_FAILED) {
		fprintf(stderr, "lbench: no plots: %s\n", err->text);
		return 0;
	}
	return rc;
}

/* The interrupted result is gone on with where it stopped. */
static int reopen(struct job *j, struct lb_err *err)
{
	const char *dir = j->request->resumed->dir;
	int rc = resume_check(dir, &j->run, err);
	if (!rc)
		rc = record_reopen(dir, &j->run, &j->record, err);
	if (!rc)
		rc = resume_read(dir, &j->measure, &j->plan, &j->kept, err);
	if (!rc)
		rc = record_cut(j->record, &j->kept->cut, err);
	j->measure.resume = j->kept;
	return rc;
}

/* An addition, as plots are. */
static void record_context(const struct job *j, const char *dir)
{
	struct lb_err err;
	if (ledger_record(j->scenario, dir, &err) < 0)
		fprintf(stderr, "lbench: no context.csv: %s\n", err.text);
}

/* What the times of a finished run rest on. */
static void tell_measured(struct job *j)
{
	const struct measure_stable *s = &j->totals.stable;
	struct record_measured *m = &j->measured;
	if (j->mode != LB_RUN_EXEC)
		return;
	*m = (struct record_measured){ .stable_wanted = j->o->stable_percent, .stable_most = j->o->repeat, .stable = s->reached,
		.widest = s->widest };
	if (s->repeats)
		j->run.repeat = s->repeats;
	if (s->build >= 0 && s->repeats) {
		const struct scn_build *b = &j->plan.builds[s->build];
		j->widest_build = lb_format("%s after %s", j->scenario->variants[b->variant].name,
			b->edit < 0 ? "nothing (first build)" : j->scenario->edits[b->edit].name);
		m->widest_build = j->widest_build;
	}
	measure_tell_floor(&j->totals, m);
	j->run.measured = m;
}

static int finish(struct job *j, int rc, struct lb_err *err)
{
	struct lb_err closing;
	if (!rc)
		tell_measured(j);
	const char *status = rc == 0 ? "done" : "interrupted";
	int closed = record_close(j->record, status, j->o->keep, rc ? &closing : err);
	const char *dir = record_dir(j->record);
	if (rc == LB_INTERRUPTED) {
		lb_autofree char *text = lb_strdup(err->text);
		return lb_fail(err, rc, "%s; the rest: lbench run --resume %s", text, dir);
	}
	if (rc || closed)
		return rc ? rc : closed;
	record_context(j, dir);
	lb_autofree char *memo = j->scenario->implicit ? run_options_memo(j->scenario->dir) : NULL;
	rc = memo ? lb_dir_memo_save(memo, j->scenario->context, err) : 0;
	report_auto struct report *report = NULL;
	if (!rc)
		rc = report_load(dir, &report, err);
	if (!rc)
		rc = draw(j, report, dir, err);
	if (!rc)
		rc = print_result(j, report, err);
	if (rc < 0)
		return rc;
	if (!j->o->quiet)
		fprintf(stderr, "results: %s\n", dir);
	return j->totals.failed ? COMMAND_BUILD_FAILED : rc;
}

static int run_one(struct run_options *o, const struct request *request, struct lb_err *err)
{
	struct job j = { .o = o, .request = request };
	progress_begin(&j.progress, o->stable_percent > 0 ? "builds at most" : "builds", o->quiet, o->verbose);
	if (getloadavg(&j.load, 1) != 1)
		j.load = 0;
	int rc = prepare(&j, request->operand, err);
	if (!rc && o->builtin)
		rc = open_store(&j, err);
	if (!rc && o->warmup && !request->resumed)
		rc = warm_up(o, &j.measure, o->warmup, err);
	if (!rc)
		rc = request->resumed ? reopen(&j, err) : record_open(j.out_dir, &j.run, &j.record, err);
	if (!rc) {
		progress_total(&j.progress, j.kept ? j.kept->done : 0, j.plan.count);
		j.measure.progress = on_progress;
		j.measure.running = on_running;
		j.measure.progress_arg = &j;
		rc = measure_run(j.prepared, j.record, &j.totals, err);
		progress_end(&j.progress);
		rc = finish(&j, rc, err);
	}
	progress_end(&j.progress);
	job_release(&j);
	return rc;
}

static int run_all(struct run_options *o, const struct lb_strv *operands, int argc, char **argv, struct lb_err *err)
{
	struct request request = { 0 };
	for (int i = 1; i < argc; i++)
		lb_strv_add(&request.arguments, argv[i]);
	int rc = run_options_resolve(o, err), worst = 0;
	for (size_t i = 0; rc >= 0 && i < operands->count; i++) {
		request.operand = operands->items[i];
		request.further = i > 0;
		rc = run_one(o, &request, err);
		worst = rc > worst ? rc : worst;
	}
	lb_strv_release(&request.arguments);
	return rc < 0 ? rc : worst;
}

/* ---- --resume ---- */

static int print_complete(const struct run_options *o, const struct resumed *r, struct lb_err *err)
{
	report_auto struct report *report = NULL;
	int rc = report_load(r->dir, &report, err);
	if (!rc)
		rc = print_report(o, report, false, err);
	if (!rc && !o->quiet)
		fprintf(stderr, "%s is complete: nothing was left to do\n", r->dir);
	return rc;
}

static int resume_command(struct run_options *o, const struct resumed *r, const struct option *given, struct lb_err *err)
{
	struct option table[RUN_OPTIONS_ALL];
	struct usage u = { .command = "run", .options = table, .count = run_options_all(o, table) };
	lb_autostrv struct lb_strv operands = { 0 };
	struct request request = { .operand = r->operand, .resumed = r };
	bool help;
	int rc = options_parse(&u, r->argc, r->argv, &operands, &help, err);
	if (!rc)
		rc = resumed_override(given, table, u.count, err);
	if (!rc)
		rc = run_options_resolve(o, err);
	for (int i = 1; i < r->argc; i++)
		lb_strv_add(&request.arguments, r->argv[i]);
	if (!rc)
		rc = r->complete ? print_complete(o, r, err) : run_one(o, &request, err);
	lb_strv_release(&request.arguments);
	return rc;
}

static int resume(const struct usage *given, const char *result, struct lb_err *err)
{
	struct run_options o = { 0 };
	struct resumed r;
	int rc = resumed_read(result, &r, err);
	if (!rc && !r.complete)
		rc = resumed_enter(&r, err);
	if (!rc)
		rc = resume_command(&o, &r, given->options, err);
	run_options_release(&o);
	resumed_release(&r);
	return rc;
}

int cmd_run(int argc, char **argv, struct lb_err *err)
{
	struct run_options o = { 0 };
	struct option table[RUN_OPTIONS_ALL];
	struct usage u = { "run", "SCENARIO…",
		"Builds every variant of each scenario after every edit, and says what the layer cache saves and wastes.\n"
		"SCENARIO is a directory with scenario.yaml, or a project with a Dockerfile.",
		table, run_options_all(&o, table), .least = 0 };
	lb_autostrv struct lb_strv operands = { 0 };
	catch_signals();
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc && o.resume && operands.count) {
		rc = lb_fail(err, LB_USAGE, "lbench run --resume takes the scenario from the result; '%s' is one too many", operands.items[0]);
	} else if (!rc && o.resume) {
		rc = resume(&u, o.resume, err);
	} else if (!rc && !operands.count) {
		rc = lb_fail(err, LB_USAGE, "lbench run: which scenario? e.g. lbench run scenarios/python-app");
	} else if (!rc) {
		rc = run_all(&o, &operands, argc, argv, err);
	}
	run_options_release(&o);
	return rc;
}
