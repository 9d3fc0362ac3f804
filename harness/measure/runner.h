/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan that is being carried out: a cell and a slot for each build.
 */
#ifndef HARNESS_MEASURE_RUNNER_H
#define HARNESS_MEASURE_RUNNER_H

#include <pthread.h>

#include "measure/prepare.h"
#include "measure/resume.h"

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
	uint64_t run_ns;
	bool run_known;
	size_t next; /* build of the same scope; the plan's count: there is none */
	bool done;
	bool written;
	bool kept;   /* its row is of an earlier session */
	bool needed; /* to be carried out: it has no row, or another that has none goes on from it */
};

struct runner {
	struct prepared *p;
	struct record *record;
	struct measure_totals *totals;
	size_t *first;      /* by scope: its first build */
	struct cell *cells; /* by build */
	struct slot *slots; /* by build */
	pthread_mutex_t lock;
	size_t *scopes;   /* in the order in which they are begun */
	unsigned repeats; /* of the plan; fewer once they were enough */
	size_t next_scope, scope_end; /* places in scopes; nothing is begun from scope_end on */
	size_t next_row, finished;
	uint64_t started;
	bool stop;
	struct lb_err err; /* of the first that failed */
	int rc;
};

/* cells.c. A cell is what a build leaves for those that go on from it. */
int cell_new(const struct measure_options *o, const struct scn_build *b, struct lb_store *records, struct cell *c, struct lb_err *err);
/* The last one that goes on from a cell has it: a fork of a fork would make each look-up of a long sequence longer. */
void cell_take(struct cell *from, struct cell *c);
void cell_fork(const struct measure_options *o, const struct cell *from, struct cell *c);
void cell_release(struct cell *c, size_t variants);

/* schedule.c, in this order before the first build. */
void runner_order(struct runner *r);
void runner_keep(struct runner *r, const struct resume *kept); /* NULL: nothing */
void runner_need(struct runner *r);
size_t runner_scopes_upto(const struct runner *r, unsigned repeat); /* of all repeats before this one */
bool runner_take(struct runner *r, size_t *scope);                  /* the next one; false: none */

/* measure.c: carries out what may be begun, in --jobs threads. */
void runner_work(struct runner *r);
/* A build's row before it is carried out. */
struct record_row runner_row(const struct runner *r, size_t build, uint64_t order);
void runner_set_failed(struct runner *r, struct record_row *row, const char *status, const char *message);
/* Why a build is not even tried; NULL: it is. */
const char *runner_refusal(const struct runner *r, size_t build, const char **status);

/* engine.c: a build that a real engine carries out. */
int runner_on_engine(struct runner *r, size_t build, uint64_t order, struct lb_err *err);
/* What the policy says that the engine is held against, under dry, as the cell's cache has it; rows go to `row`. */
int runner_predict(struct runner *r, size_t build, struct lb_build_result *out,
		   void (*row)(void *arg, const struct lb_step_row *row), void *arg, struct lb_err *err);
/* Rows whose turn it is; called with the lock held, or when nobody works. The rest: what was finished behind a gap. */
int runner_write_ready(struct runner *r, struct lb_err *err);
int runner_write_rest(struct runner *r, struct lb_err *err);

/* null.c: one RUN that does nothing; the same between builds, kept in totals (nothing but under exec). */
int runner_null_run(const struct measure_options *o, uint64_t *ns, struct lb_exec_costs *costs, struct lb_err *err);
int runner_floor(struct runner *r, struct lb_err *err);

/* stable.c: what is known of the medians after so many repeats. */
void runner_judge(const struct runner *r, unsigned repeats, double wanted, struct measure_stable *out);

#endif
