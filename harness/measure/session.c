/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan from its first build to its last row.
 */
#include "measure/measure.h"

#include <stdlib.h>

#include "measure/runner.h"
#include "measure/tags.h"

static void runner_free(struct runner *r)
{
	for (size_t i = r->p->plan->count; i-- > 0;) {
		cell_release(&r->cells[i], r->p->o->scenario->variants_count);
		lb_buf_release(&r->slots[i].build_row);
		lb_buf_release(&r->slots[i].step_rows);
	}
	free(r->cells);
	free(r->slots);
	free(r->scopes);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static int name_images(const struct runner *r, struct lb_err *err)
{
	struct tags tags = { .options = r->p->o, .plan = r->p->plan, .repeat = r->repeats - 1 };
	for (size_t i = 0; i < r->p->plan->count; i++)
		if (!lb_digest_is_zero(&r->slots[i].image))
			tags_add(&tags, i, &r->slots[i].image);
	int rc = tags_write(&tags, err);
	tags_release(&tags);
	return rc;
}

/* What the repeats that count have. */
static size_t wanted(const struct runner *r)
{
	size_t n = 0;
	for (size_t i = 0; i < r->p->plan->count; i++)
		n += r->p->plan->builds[i].repeat < r->repeats;
	return n;
}

static int finish_rows(struct runner *r, struct lb_err *err)
{
	struct lb_err ignored;
	int rc = r->rc;
	if (rc && rc != LB_INTERRUPTED) {
		*err = r->err;
		runner_write_rest(r, &ignored);
		return rc;
	}
	rc = runner_write_ready(r, err);
	if (!rc)
		rc = runner_write_rest(r, err);
	if (!rc && r->finished < wanted(r))
		rc = lb_fail(err, LB_INTERRUPTED, "interrupted after %zu of %zu builds", r->finished, r->p->plan->count);
	return rc;
}

struct runner *measure_begin(struct prepared *p, struct record *record, struct measure_totals *out)
{
	struct runner *r = lb_calloc(1, sizeof(*r));
	*out = (struct measure_totals){ 0 };
	*r = (struct runner){ .p = p, .record = record, .totals = out };
	r->cells = lb_calloc(p->plan->count, sizeof(*r->cells));
	r->slots = lb_calloc(p->plan->count, sizeof(*r->slots));
	pthread_mutex_init(&r->lock, NULL);
	runner_order(r);
	runner_keep(r, p->o->resume);
	runner_need(r);
	return r;
}

static void work_upto(struct runner *r, unsigned repeat)
{
	r->scope_end = runner_scopes_upto(r, repeat);
	runner_work(r);
}

void measure_repeat(struct runner *r, unsigned repeat)
{
	work_upto(r, repeat + 1);
}

int measure_end(struct runner *r, struct lb_err *err)
{
	struct measure_totals *out = r->totals;
	int rc = finish_rows(r, err);
	if (!rc || rc == LB_INTERRUPTED) {
		int named = name_images(r, rc ? NULL : err);
		rc = rc ? rc : named;
	}
	out->done = r->finished;
	out->ok = out->done - out->failed - out->skipped;
	runner_free(r);
	return rc;
}

static bool stopped(const struct runner *r)
{
	return r->stop || (r->p->o->cancel && atomic_load(r->p->o->cancel));
}

static void run_until_stable(struct runner *r)
{
	struct measure_stable *s = &r->totals->stable;
	for (unsigned done = 1; done <= r->repeats && !s->reached; done++) {
		work_upto(r, done);
		if (stopped(r))
			return;
		if (done >= MEASURE_STABLE_LEAST)
			runner_judge(r, done, r->p->o->until_stable, s);
	}
	r->repeats = s->repeats;
}

int measure_run(struct prepared *p, struct record *record, struct measure_totals *out, struct lb_err *err)
{
	struct runner *r = measure_begin(p, record, out);
	if (p->o->until_stable > 0)
		run_until_stable(r);
	else
		work_upto(r, r->repeats);
	return measure_end(r, err);
}
