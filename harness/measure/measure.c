/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds of one scope run one after the other in one thread; scopes are shared out to --jobs threads. Every
 * build leaves a cell: the cache, the remote and the host as they are after it. A build that goes on from
 * another forks its cell, so that all edits of `each` start from the same warm cache. Rows wait until it is
 * their turn in the plan.
 */
#include "measure/measure.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "measure/prepare.h"
#include "measure/tags.h"

struct cell {
	struct lb_scope *scope;
	struct lb_cache *cache;
	struct lb_ledger *ledger;
	struct lb_remote *remote;
	struct lb_ledger **hosts; /* by variant: what a host that runs it holds */
	size_t children;          /* builds that still go on from here */
};

struct slot {
	struct lb_buf build_row, step_rows;
	struct lb_digest image; /* zero: none */
	bool done;
};

struct runner {
	struct prepared *p;
	struct record *record;
	struct measure_totals *totals;
	struct cell *cells;   /* by build */
	struct slot *slots;   /* by build */
	pthread_mutex_t lock;
	size_t next_scope, next_row, started;
	bool stop;
	struct lb_err err;    /* of the first that failed */
	int rc;
};

/* ---- clocks ---- */

static uint64_t now_ns(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t peak_rss(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)u.ru_maxrss * 1024;
}

/* ---- cells ---- */

static void cell_release(struct cell *c, size_t variants)
{
	lb_cache_free(c->cache);
	lb_remote_close(c->remote);
	lb_ledger_free(c->ledger);
	for (size_t v = 0; c->hosts && v < variants; v++)
		lb_ledger_free(c->hosts[v]);
	free(c->hosts);
	lb_scope_free(c->scope);
	*c = (struct cell){ 0 };
}

static int cell_new(const struct measure_options *o, const struct scn_build *b, struct lb_store *records, struct cell *c, struct lb_err *err)
{
	int rc = lb_scope_new(records, &c->scope, err);
	if (!rc)
		rc = lb_cache_new(o->policies[b->policy], o->builders[b->builder], c->scope, &c->cache, err);
	if (rc || o->mode == LB_RUN_DRY)
		return rc;
	c->ledger = lb_ledger_new();
	c->hosts = lb_calloc(o->scenario->variants_count, sizeof(*c->hosts));
	return o->remote ? lb_remote_open(o->remote, &c->remote, err) : 0;
}

static void cell_fork(const struct measure_options *o, const struct cell *from, struct cell *c)
{
	c->scope = lb_scope_fork(from->scope);
	c->cache = lb_cache_fork(from->cache, c->scope);
	if (o->mode == LB_RUN_DRY)
		return;
	c->ledger = lb_ledger_fork(from->ledger);
	c->remote = from->remote ? lb_remote_fork(from->remote) : NULL;
	c->hosts = lb_calloc(o->scenario->variants_count, sizeof(*c->hosts));
	for (size_t v = 0; v < o->scenario->variants_count; v++)
		c->hosts[v] = from->hosts[v] ? lb_ledger_fork(from->hosts[v]) : NULL;
}

/* ---- one build ---- */

struct listening {
	const struct runner *r;
	struct record_row *row;
	struct lb_buf *steps;
	struct stage_times {
		uint64_t *ns; /* by step */
		size_t count;
	} *stages;
	size_t stages_count;
	uint64_t began, push_began, push_ns;
	uint64_t run_began, runs_in_step_ns; /* RUNs that are carried out, which are not lbench's own time */
	uint64_t runs_ns, runs_cpu_ns, runs_peak_bytes;
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
	l->began = now_ns(CLOCK_MONOTONIC);
	l->runs_in_step_ns = 0;
}

static void on_end(void *arg, int stage, int index)
{
	struct listening *l = arg;
	*step_slot(l, stage, index) += now_ns(CLOCK_MONOTONIC) - l->began - l->runs_in_step_ns;
}

static void on_run_begin(void *arg, int stage, int index)
{
	(void)stage;
	(void)index;
	struct listening *l = arg;
	l->run_began = now_ns(CLOCK_MONOTONIC);
}

static uint64_t on_run_end(void *arg, int stage, int index, const struct lb_exec_result *used)
{
	(void)stage;
	(void)index;
	struct listening *l = arg;
	uint64_t took = now_ns(CLOCK_MONOTONIC) - l->run_began;
	l->runs_in_step_ns += took;
	l->runs_ns += took;
	l->runs_cpu_ns += used->cpu_ns;
	if (used->peak_rss_bytes > l->runs_peak_bytes)
		l->runs_peak_bytes = used->peak_rss_bytes;
	return took;
}

static void on_push_begin(void *arg)
{
	struct listening *l = arg;
	l->push_began = now_ns(CLOCK_MONOTONIC);
}

static void on_push_end(void *arg)
{
	struct listening *l = arg;
	l->push_ns += now_ns(CLOCK_MONOTONIC) - l->push_began;
}

static void on_row(void *arg, const struct lb_step_row *step)
{
	struct listening *l = arg;
	record_format_step(l->r->p->o->run, l->row, step, *step_slot(l, step->stage, step->index), l->steps);
}

static struct record_row begin_row(const struct runner *r, size_t i, uint64_t order)
{
	const struct measure_options *o = r->p->o;
	const struct scn_build *b = &r->p->plan->builds[i];
	return (struct record_row){ .build_id = i, .variant = o->scenario->variants[b->variant].name,
		.policy = o->policies[b->policy]->name, .builder = lb_builder_name(o->builders[b->builder]),
		.workload = b->workload == SCN_SEQUENCE ? "sequence" : "each",
		.edit = b->edit < 0 ? "cold" : o->scenario->edits[b->edit].name, .seq = b->seq, .repeat = b->repeat,
		.started_order = order, .status = "ok" };
}

static void set_failed(struct runner *r, struct record_row *row, const char *status, const char *message)
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

/* Why a build is not even tried; NULL: it is. */
static const char *refusal(const struct runner *r, size_t i, const char **status)
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
	if (c->hosts && !c->hosts[b->variant])
		c->hosts[b->variant] = lb_ledger_new();
	bo.cache = c->cache;
	bo.scope = c->scope;
	bo.ledger = c->ledger;
	bo.remote = c->remote;
	bo.host = c->hosts ? c->hosts[b->variant] : NULL;
	bo.layer.threads = o->jobs > 1 ? 1 : 2;
	bo.events = (struct lb_events){ l, on_begin, on_end, on_run_begin, on_run_end, on_push_begin, on_push_end, on_row };
	bool alone = o->jobs <= 1;
	uint64_t cpu = now_ns(alone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID);
	uint64_t wall = now_ns(CLOCK_MONOTONIC);
	int rc = lb_build(&bo, result, err);
	l->row->engine_ns = now_ns(CLOCK_MONOTONIC) - wall - l->push_ns - l->runs_ns;
	l->row->cpu_ns = now_ns(alone ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_THREAD_CPUTIME_ID) - cpu + l->runs_cpu_ns;
	l->row->push_ns = l->push_ns;
	l->row->cpu_known = true;
	l->row->peak_rss_bytes = l->runs_peak_bytes > peak_rss() ? l->runs_peak_bytes : peak_rss();
	return rc;
}

static int build_one(struct runner *r, size_t i, uint64_t order, struct lb_err *err)
{
	struct slot *slot = &r->slots[i];
	struct record_row row = begin_row(r, i, order);
	struct listening l = { .r = r, .row = &row, .steps = &slot->step_rows };
	struct lb_build_result result;
	const char *status, *why = refusal(r, i, &status);
	int rc = 0;
	if (why) {
		set_failed(r, &row, status, why);
	} else {
		rc = carry_out(r, i, &l, &result, err);
		row.result = &result;
		if (rc == LB_UNSUPPORTED || rc == LB_INVALID) {
			set_failed(r, &row, rc == LB_UNSUPPORTED ? "skip" : "fail", err->text);
			row.result = NULL;
			rc = 0;
		} else if (!rc && !result.ok) {
			set_failed(r, &row, "fail", result.message);
		} else if (!rc && result.image_known) {
			slot->image = result.image;
		}
	}
	release_times(&l);
	if (!rc)
		record_format_build(r->p->o->run, &row, &slot->build_row);
	return rc;
}

/* ---- rows in order ---- */

/* Called with the lock held. */
static int write_ready(struct runner *r, struct lb_err *err)
{
	int rc = 0;
	while (!rc && r->next_row < r->p->plan->count && r->slots[r->next_row].done) {
		struct slot *s = &r->slots[r->next_row++];
		rc = record_write(r->record, &s->build_row, &s->step_rows, err);
		lb_buf_release(&s->build_row);
		lb_buf_release(&s->step_rows);
		r->totals->done++;
		if (r->p->o->progress)
			r->p->o->progress(r->p->o->progress_arg, r->totals->done, r->p->plan->count);
	}
	return rc;
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
	if (b->after < 0)
		return cell_new(r->p->o, b, records, &r->cells[i], err);
	cell_fork(r->p->o, &r->cells[b->after], &r->cells[i]);
	return 0;
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
	pthread_mutex_lock(&r->lock);
	uint64_t order = r->started++;
	pthread_mutex_unlock(&r->lock);
	rc = build_one(r, i, order, err);
	drop_cell(r, i);
	return rc;
}

static void run_scope(struct runner *r, size_t scope, struct lb_store *records)
{
	for (size_t i = 0; i < r->p->plan->count; i++) {
		struct lb_err err = { 0 };
		if (r->p->plan->builds[i].scope != scope)
			continue;
		pthread_mutex_lock(&r->lock);
		bool stop = r->stop || (r->p->o->cancel && atomic_load(r->p->o->cancel));
		pthread_mutex_unlock(&r->lock);
		if (stop)
			return;
		int rc = run_in_scope(r, i, records, &err);
		pthread_mutex_lock(&r->lock);
		r->slots[i].done = !rc;
		if (!rc)
			rc = write_ready(r, &err);
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
	for (;;) {
		pthread_mutex_lock(&r->lock);
		size_t scope = r->next_scope++;
		bool stop = r->stop;
		pthread_mutex_unlock(&r->lock);
		if (stop || scope >= r->p->plan->scopes)
			break;
		run_scope(r, scope, records);
	}
	lb_store_close(records);
	return NULL;
}

static void run_workers(struct runner *r)
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

static void release(struct runner *r)
{
	for (size_t i = r->p->plan->count; i-- > 0;) {
		cell_release(&r->cells[i], r->p->o->scenario->variants_count);
		lb_buf_release(&r->slots[i].build_row);
		lb_buf_release(&r->slots[i].step_rows);
	}
	free(r->cells);
	free(r->slots);
	pthread_mutex_destroy(&r->lock);
}

static int name_images(const struct runner *r, struct lb_err *err)
{
	struct tags tags = { .options = r->p->o, .plan = r->p->plan };
	for (size_t i = 0; i < r->p->plan->count; i++)
		if (!lb_digest_is_zero(&r->slots[i].image))
			tags_add(&tags, i, &r->slots[i].image);
	int rc = tags_write(&tags, err);
	tags_release(&tags);
	return rc;
}

int measure_run(struct prepared *p, struct record *record, struct measure_totals *out, struct lb_err *err)
{
	*out = (struct measure_totals){ 0 };
	struct runner r = { .p = p, .record = record, .totals = out };
	r.cells = lb_calloc(p->plan->count, sizeof(*r.cells));
	r.slots = lb_calloc(p->plan->count, sizeof(*r.slots));
	pthread_mutex_init(&r.lock, NULL);
	for (size_t i = 0; i < p->plan->count; i++)
		if (p->plan->builds[i].after >= 0)
			r.cells[p->plan->builds[i].after].children++;
	run_workers(&r);
	int rc = r.rc;
	if (rc && rc != LB_INTERRUPTED)
		*err = r.err;
	else if (rc || out->done < p->plan->count)
		rc = lb_fail(err, LB_INTERRUPTED, "interrupted after %zu of %zu builds", out->done, p->plan->count);
	if (!rc || rc == LB_INTERRUPTED) {
		int named = name_images(&r, rc ? NULL : err);
		rc = rc ? rc : named;
	}
	out->ok = out->done - out->failed - out->skipped;
	release(&r);
	return rc;
}
