/* SPDX-License-Identifier: Apache-2.0
 *
 * The harness measures itself: a command that is not there, on a root with nothing in it, timed as a RUN is. The sandbox
 * begins and ends, and nothing happens in it.
 */
#include "measure/runner.h"

#include <math.h>
#include <time.h>

#include "clock.h"
#include "measure/own.h"
#include "stats/stats.h"

struct null_time {
	uint64_t began, ns;
};

static void on_begin(void *arg)
{
	struct null_time *t = arg;
	t->began = clock_ns(CLOCK_MONOTONIC);
}

static void on_end(void *arg, const struct lb_exec_result *used)
{
	(void)used;
	struct null_time *t = arg;
	t->ns = clock_ns(CLOCK_MONOTONIC) - t->began;
}

int runner_null_run(const struct measure_options *o, uint64_t *ns, struct lb_exec_costs *costs, struct lb_err *err)
{
	char name[] = "/lbench-null";
	char *const argv[] = { name };
	lb_autonode struct lb_node *root = lb_tree_empty();
	struct null_time time = { 0 };
	const struct lb_exec_run run = {
		.root = root, .argv = argv, .argv_count = 1, .cwd = "/", .cancel = o->cancel, .begin = on_begin, .end = on_end, .arg = &time
	};
	struct lb_exec_result used;
	int rc = lb_exec_run(o->exec, &run, &used, err);
	if (rc)
		return rc;
	*ns = time.ns;
	own_add_run(costs, &used.used);
	lb_exec_result_release(&used);
	return 0;
}

int runner_floor(struct runner *r, struct lb_err *err)
{
	const struct measure_options *o = r->p->o;
	struct lb_exec_costs costs = { 0 };
	uint64_t ns;
	pthread_mutex_lock(&r->lock);
	bool enough = r->totals->floor_count == MEASURE_FLOOR_MOST;
	pthread_mutex_unlock(&r->lock);
	if (o->mode != LB_RUN_EXEC || enough)
		return 0;
	int rc = runner_null_run(o, &ns, &costs, err);
	pthread_mutex_lock(&r->lock);
	if (!rc && r->totals->floor_count < MEASURE_FLOOR_MOST)
		r->totals->floor_ns[r->totals->floor_count++] = ns;
	pthread_mutex_unlock(&r->lock);
	return rc;
}

void measure_tell_floor(const struct measure_totals *t, struct record_measured *out)
{
	size_t n = t->floor_count;
	lb_autofree double *x = lb_malloc((n + 1) * sizeof(*x));
	for (size_t i = 0; i < n; i++)
		x[i] = (double)t->floor_ns[i];
	struct stats_interval interval = stats_median_interval(x, n, 0.95);
	out->floor_count = n;
	out->floor_ns = stats_median(x, n);
	out->floor_low_ns = isfinite(interval.low) ? interval.low : stats_quantile(x, n, 0);
	out->floor_high_ns = isfinite(interval.high) ? interval.high : stats_quantile(x, n, 1);
}
