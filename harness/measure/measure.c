/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds of one scope run one after the other in one thread; scopes are shared out to --jobs threads. Every
 * build leaves a cell: the cache, the remote and the host as they are after it. A build that goes on from
 * another forks its cell, so that all edits of `each` start from the same warm cache. Rows wait until it is
 * their turn in the plan; what waits when a run is interrupted is written then.
 */
#include "measure/measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "clock.h"
#include "measure/own.h"
#include "measure/runner.h"

/* ---- one build ---- */

struct listening {
	struct runner *r;
	size_t build;
	const struct lb_dockerfile *dockerfile;
	struct record_row *row;
	struct lb_buf *steps;
	struct stage_times {
		uint64_t *ns; /* by step */
		size_t count;
	} *stages;
	size_t stages_count;
	uint64_t began, push_began, push_ns;
	uint64_t run_began, runs_in_step_ns; /* RUNs that are carried out, which are not lbench's own time */
	uint64_t runs_ns;
	struct lb_exec_costs runs;
};

static uint64_t *step_slot(struct listening *l, int stage, int index)
{
	if ((size_t)stage >= l->stages_count) {
		size_t count = (size_t)stage + 4;
		l->stages = lb_realloc(l->stages, count, sizeof(*l->stages));
		memset(l->stages + l->stages_count, 0, (count - l->stages_count) * sizeof(*l->stages));
		l->stages_count = count;
	}
	struct stage_times *t = &l->stages[stage];
	if ((size_t)index >= t->count) {
		size_t count = 2 * (size_t)index + 16;
		t->ns = lb_realloc(t->ns, count, sizeof(*t->ns));
		memset(t->ns + t->count, 0, (count - t->count) * sizeof(*t->ns));
		t->count = count;
	}
	return &t->ns[index];
}

static void release_times(struct listening *l)
{
	for (size_t i = 0; i < l->stages_count; i++)
		free(l->stages[i].ns);
	free(l->stages);
}

static void on_begin(void *arg, int stage, int index)
{
	(void)stage;
	(void)index;
	struct listening *l = arg;
	l->began = clock_ns(CLOCK_MONOTONIC);
	l->runs_in_step_ns = 0;
}

static void on_end(void *arg, int stage, int index)
{
	struct listening *l = arg;
	*step_slot(l, stage, index) += clock_ns(CLOCK_MONOTONIC) - l->began - l->runs_in_step_ns;
}

/* The instruction as written; NULL for what ONBUILD brought. */
static const char *instruction_text(const struct lb_dockerfile *df, int stage, int index)
{
	for (size_t i = 0; i < df->instructions_count; i++)
		if (df->instructions[i].stage == stage && index-- == 0)
			return df->instructions[i].original;
	return NULL;
}

static void tell_running(struct listening *l, int stage, int index)
{
	const struct measure_options *o = l->r->p->o;
	const char *text = o->running ? instruction_text(l->dockerfile, stage, index) : NULL;
	if (!text)
		return;
	pthread_mutex_lock(&l->r->lock);
	o->running(o->progress_arg, &l->r->p->plan->builds[l->build], text);
	pthread_mutex_unlock(&l->r->lock);
}

static void on_run_begin(void *arg, int stage, int index)
{
	struct listening *l = arg;
	tell_running(l, stage, index);
	l->run_began = clock_ns(CLOCK_MONOTONIC);
}

static uint64_t on_run_end(void *arg, int stage, int index, const struct lb_exec_result *used)
{
	(void)stage;
	(void)index;
	struct listening *l = arg;
	uint64_t took = clock_ns(CLOCK_MONOTONIC) - l->run_began;
	l->runs_in_step_ns += took;
	l->runs_ns += took;
	own_add_run(&l->runs, &used->used);
	return took;
}

static void on_push_begin(void *arg)
{
	struct listening *l = arg;
	l->push_began = clock_ns(CLOCK_MONOTONIC);
}

static void on_push_end(void *arg)
{
	struct listening *l = arg;
	l->push_ns += clock_ns(CLOCK_MONOTONIC) - l->push_began;
}

static void on_row(void *arg, const struct lb_step_row *step)
{
	struct listening *l = arg;
	record_format_step(l->r->p->o->run, l->row, step, *step_slot(l, step->stage, step->index), l->steps);
}

struct record_row runner_row(const struct runner *r, size_t i, uint64_t order)
{
	const struct measure_options *o = r->p->o;
	const struct scn_build *b = &r->p->plan->builds[i];
	return (struct record_row){ .build_id = i, .variant = o->scenario->variants[b->variant].name,
		.policy = measure_policy_name(o, b->policy), .builder = lb_builder_name(o->builders[b->builder]),
		.workload = b->workload == SCN_SEQUENCE ? "sequence" : "each",
		.edit = b->edit < 0 ? "cold" : o->scenario->edits[b->edit].name, .seq = b->seq, .repeat = b->repeat,
		.started_order = order, .status = "ok" };
}

void runner_set_failed(struct runner *r, struct record_row *row, const char *status, const char *message)
{
	row->status = status;
	row->message = message;
	pthread_mutex_lock(&r->lock);
	if (strcmp(status, "skip") == 0)
		r->totals->skipped++;
	else if (!r->totals->failed++)
		snprintf(r->totals->first_failure, sizeof(r->totals->first_failure), "%s", message);
	pthread_mutex_unlock(&r->lock);
}

const char *runner_refusal(const struct runner *r, size_t i, const char **status)
{
	struct prepared *p = r->p;
	const struct scn_build *b = &p->plan->builds[i];
	const struct state_entry *e = &p->states[p->state_of[i]];
	const char *refused = p->refused[b->variant * p->o->policies_count + b->policy];
	*status = "skip";
	if (refused)
		return refused;
	*status = "fail";
	return e->fault ? e->fault : prepared_input(p, p->state_of[i], b->variant, b->policy)->refused;
}

static int carry_out(struct runner *r, size_t i, struct listening *l, struct lb_build_result *result, struct lb_err *err)
{
	const struct measure_options *o = r->p->o;
	const struct scn_build *b = &r->p->plan->builds[i];
	struct cell *c = &r->cells[i];
	struct lb_build_options bo;
	prepared_options(r->p, i, &bo);
	l->build = i;
	l->dockerfile = bo.dockerfile;
	if (c->hosts && !c->hosts[b->variant])
		c->hosts[b->variant] = lb_ledger_new();
	bo.cache = c->cache;
	bo.scope = c->scope;
	bo.ledger = c->ledger;
	bo.remote = c->remote;
	bo.host = c->hosts ? c->hosts[b->variant] : NULL;
	bo.layer.threads = o->jobs > 1 ? 1 : 2;
	bo.events = (struct lb_events){ l, on_begin, on_end, on_run_begin, on_run_end, on_push_begin, on_push_end, on_row };
	struct own_costs own;
	own_begin(&own, o->jobs <= 1);
	uint64_t wall = clock_ns(CLOCK_MONOTONIC);
	int rc = lb_build(&bo, result, err);
	l->row->engine_ns = clock_ns(CLOCK_MONOTONIC) - wall - l->push_ns - l->runs_ns;
	own_end(&own);
	l->row->push_ns = l->push_ns;
	l->row->cpu_ns = own.cpu_ns + l->runs.user_ns + l->runs.system_ns;
	l->row->peak_rss_bytes = l->runs.peak_rss_bytes > own.peak_rss_bytes ? l->runs.peak_rss_bytes : own.peak_rss_bytes;
	l->row->runs = l->runs;
	return rc;
}

/* ---- the harness itself ---- */

/* All that is done around a build, and no build. */
static int build_nothing(struct runner *r, size_t i, uint64_t order, struct lb_err *err)
{
	const struct measure_options *o = r->p->o;
	struct slot *slot = &r->slots[i];
	struct record_row row = runner_row(r, i, order);
	struct lb_build_options bo;
	struct own_costs own;
	prepared_options(r->p, i, &bo);
	own_begin(&own, o->jobs <= 1);
	uint64_t wall = clock_ns(CLOCK_MONOTONIC);
	int rc = o->mode == LB_RUN_EXEC ? runner_null_run(o, &row.null_run_ns, &row.runs, err) : 0;
	row.engine_ns = clock_ns(CLOCK_MONOTONIC) - wall - row.null_run_ns;
	own_end(&own);
	row.cpu_ns = own.cpu_ns + row.runs.user_ns + row.runs.system_ns;
	row.peak_rss_bytes = own.peak_rss_bytes;
	slot->run_ns = row.null_run_ns;
	slot->run_known = !rc && o->mode == LB_RUN_EXEC;
	if (!rc)
		record_format_build(o->run, &row, &slot->build_row);
	return rc;
}

static int build_one(struct runner *r, size_t i, uint64_t order, struct lb_err *err)
{
	struct slot *slot = &r->slots[i];
	struct record_row row = runner_row(r, i, order);
	struct listening l = { .r = r, .row = &row, .steps = &slot->step_rows };
	struct lb_build_result result = { 0 };
	const char *status, *why = runner_refusal(r, i, &status);
	int rc = 0;
	if (why) {
		runner_set_failed(r, &row, status, why);
	} else {
		rc = carry_out(r, i, &l, &result, err);
		row.result = &result;
		if (rc == LB_UNSUPPORTED || rc == LB_INVALID) {
			runner_set_failed(r, &row, rc == LB_UNSUPPORTED ? "skip" : "fail", err->text);
			row.result = NULL;
			rc = 0;
		} else if (!rc && !result.ok) {
			runner_set_failed(r, &row, "fail", result.message);
		} else if (!rc && result.image_known) {
			slot->image = result.image;
		}
		pthread_mutex_lock(&r->lock);
		r->totals->hits += result.hits;
		r->totals->misses += result.misses;
		pthread_mutex_unlock(&r->lock);
		slot->run_ns = result.run_ns;
		slot->run_known = !rc && result.ok && result.run_ns_known;
	}
	release_times(&l);
	if (!rc)
		record_format_build(r->p->o->run, &row, &slot->build_row);
	return rc;
}

/* ---- rows in order ---- */

static int write_slot(struct runner *r, size_t i, struct lb_err *err)
{
	struct slot *s = &r->slots[i];
	int rc = record_write(r->record, r->p->plan->builds[i].alone, &s->build_row, &s->step_rows, err);
	s->written = true;
	lb_buf_release(&s->build_row);
	lb_buf_release(&s->step_rows);
	return rc;
}

int runner_write_ready(struct runner *r, struct lb_err *err)
{
	int rc = 0;
	for (; !rc && r->next_row < r->p->plan->count && r->slots[r->next_row].done; r->next_row++)
		if (!r->slots[r->next_row].written)
			rc = write_slot(r, r->next_row, err);
	return rc;
}

int runner_write_rest(struct runner *r, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = r->next_row; !rc && i < r->p->plan->count; i++)
		if (r->slots[i].done && !r->slots[i].written)
			rc = write_slot(r, i, err);
	return rc;
}

static void tell_progress(struct runner *r, size_t i)
{
	r->finished++;
	if (r->p->o->progress)
		r->p->o->progress(r->p->o->progress_arg, &r->p->plan->builds[i], r->finished, r->p->plan->count);
}

static void fail(struct runner *r, int rc, const struct lb_err *err)
{
	if (!r->rc) {
		r->rc = rc;
		r->err = *err;
	}
	r->stop = true;
}

/* ---- scopes ---- */

static int start_cell(struct runner *r, size_t i, struct lb_store *records, struct lb_err *err)
{
	const struct scn_build *b = &r->p->plan->builds[i];
	struct cell *cell = &r->cells[i];
	int rc = 0;
	if (b->after < 0)
		rc = cell_new(r->p->o, b, records, cell, err);
	else if (r->cells[b->after].children == 1)
		cell_take(&r->cells[b->after], cell);
	else
		cell_fork(r->p->o, &r->cells[b->after], cell);
	if (!rc)
		lb_cache_build_of(cell->cache, r->p->o->scenario->variants[b->variant].name);
	return rc;
}

/* Its row is there; only the cache is made again that others go on from. */
static int build_again(struct runner *r, size_t i, struct lb_err *err)
{
	struct record_row row = runner_row(r, i, 0);
	lb_autobuf struct lb_buf steps = { 0 };
	struct listening l = { .r = r, .row = &row, .steps = &steps };
	struct lb_build_result result;
	const char *status;
	if (runner_refusal(r, i, &status))
		return 0;
	if (measure_engine(r->p->o, r->p->plan->builds[i].policy))
		return runner_predict(r, i, &result, NULL, NULL, err);
	int rc = carry_out(r, i, &l, &result, err);
	release_times(&l);
	return rc == LB_UNSUPPORTED || rc == LB_INVALID ? 0 : rc;
}

static void drop_cell(struct runner *r, size_t i)
{
	if (!r->cells[i].children)
		cell_release(&r->cells[i], r->p->o->scenario->variants_count);
	int after = r->p->plan->builds[i].after;
	if (after >= 0 && --r->cells[after].children == 0)
		cell_release(&r->cells[after], r->p->o->scenario->variants_count);
}

static int run_in_scope(struct runner *r, size_t i, struct lb_store *records, struct lb_err *err)
{
	size_t children = r->cells[i].children;
	int rc = start_cell(r, i, records, err);
	r->cells[i].children = children;
	if (rc)
		return rc;
	if (r->slots[i].kept) {
		rc = build_again(r, i, err);
	} else {
		pthread_mutex_lock(&r->lock);
		uint64_t order = r->started++;
		pthread_mutex_unlock(&r->lock);
		bool engine = measure_engine(r->p->o, r->p->plan->builds[i].policy);
		rc = engine ? runner_on_engine(r, i, order, err) : r->p->o->null_subject ? build_nothing(r, i, order, err) : build_one(r, i, order, err);
		if (!rc && !r->p->o->null_subject && !engine)
			rc = runner_floor(r, err);
	}
	drop_cell(r, i);
	return rc;
}

static void run_scope(struct runner *r, size_t scope, struct lb_store *records)
{
	for (size_t i = r->first[scope]; i < r->p->plan->count; i = r->slots[i].next) {
		struct lb_err err = { 0 };
		struct slot *slot = &r->slots[i];
		if (!slot->needed)
			continue;
		pthread_mutex_lock(&r->lock);
		bool stop = r->stop || (r->p->o->cancel && atomic_load(r->p->o->cancel));
		pthread_mutex_unlock(&r->lock);
		if (stop)
			return;
		int rc = run_in_scope(r, i, records, &err);
		pthread_mutex_lock(&r->lock);
		if (!rc && !slot->kept) {
			slot->done = true;
			tell_progress(r, i);
			rc = runner_write_ready(r, &err);
		}
		if (rc)
			fail(r, rc, &err);
		pthread_mutex_unlock(&r->lock);
	}
}

static void *worker(void *arg)
{
	struct runner *r = arg;
	struct lb_store *records;
	struct lb_err err;
	int rc = lb_store_open_memory(&records, &err);
	if (rc) {
		pthread_mutex_lock(&r->lock);
		fail(r, rc, &err);
		pthread_mutex_unlock(&r->lock);
		return NULL;
	}
	size_t scope;
	while (runner_take(r, &scope))
		run_scope(r, scope, records);
	lb_store_close(records);
	return NULL;
}

void runner_work(struct runner *r)
{
	unsigned jobs = r->p->o->jobs ? r->p->o->jobs : 1;
	pthread_t *threads = lb_calloc(jobs, sizeof(*threads));
	unsigned started = 0;
	for (unsigned i = 1; i < jobs; i++)
		if (pthread_create(&threads[started], NULL, worker, r) == 0)
			started++;
	worker(r);
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	free(threads);
}
