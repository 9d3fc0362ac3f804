/* SPDX-License-Identifier: Apache-2.0
 *
 * What is to be done, and in which order it is begun.
 */
#include "measure/runner.h"

#include "stats/stats.h"

/* Behind scopes, in the same allocation. */
static void list_builds(struct runner *r)
{
	const struct scn_plan *plan = r->p->plan;
	r->first = r->scopes + plan->scopes;
	for (size_t scope = 0; scope < plan->scopes; scope++)
		r->first[scope] = plan->count;
	for (size_t i = plan->count; i-- > 0;) {
		size_t *first = &r->first[plan->builds[i].scope];
		r->slots[i].next = *first;
		*first = i;
	}
}

/* All scopes of the first repeat, then those of the second: what drifts on a machine meets all alike. Within a repeat
 * the order is drawn, so that none has the same one before it each time; it stands in started_order. */
void runner_order(struct runner *r)
{
	const struct scn_plan *plan = r->p->plan;
	lb_autofree unsigned *repeat = lb_calloc(plan->scopes + 1, sizeof(*repeat));
	uint64_t seed = r->p->o->scenario->seed;
	unsigned last = 0;
	size_t n = 0;
	for (size_t i = 0; i < plan->count; i++) {
		repeat[plan->builds[i].scope] = plan->builds[i].repeat;
		last = plan->builds[i].repeat > last ? plan->builds[i].repeat : last;
	}
	r->repeats = last + 1;
	r->scopes = lb_calloc(2 * plan->scopes + 1, sizeof(*r->scopes));
	list_builds(r);
	for (unsigned k = 0; k <= last; k++) {
		size_t first = n;
		for (size_t scope = 0; scope < plan->scopes; scope++)
			if (repeat[scope] == k)
				r->scopes[n++] = scope;
		if (last)
			stats_shuffle(&seed, r->scopes + first, n - first);
	}
}

size_t runner_scopes_upto(const struct runner *r, unsigned repeat)
{
	unsigned repeats = r->repeats ? r->repeats : 1;
	return repeat >= repeats ? r->p->plan->scopes : r->p->plan->scopes / repeats * repeat;
}

bool runner_take(struct runner *r, size_t *scope)
{
	pthread_mutex_lock(&r->lock);
	bool any = !r->stop && r->next_scope < r->scope_end;
	if (any)
		*scope = r->scopes[r->next_scope++];
	pthread_mutex_unlock(&r->lock);
	return any;
}

void runner_keep(struct runner *r, const struct resume *kept)
{
	bool before_gap = true;
	for (size_t i = 0; kept && i < kept->count; i++) {
		const struct kept_row *k = &kept->rows[i];
		struct slot *s = &r->slots[i];
		before_gap = before_gap && k->done;
		if (!k->done)
			continue;
		s->done = s->kept = true;
		s->written = before_gap;
		s->image = k->image;
		s->run_ns = k->run_ns;
		s->run_known = k->run_known;
		if (!s->written) {
			lb_buf_add(&s->build_row, k->build.data, k->build.len);
			lb_buf_add(&s->step_rows, k->steps.data, k->steps.len);
		}
		r->totals->failed += k->failed;
		r->totals->skipped += k->skipped;
		r->finished++;
	}
	r->started = kept ? kept->next_order : 0;
}

/* From the last build to the first: a build goes on from an earlier one. */
void runner_need(struct runner *r)
{
	const struct scn_plan *plan = r->p->plan;
	for (size_t i = plan->count; i-- > 0;) {
		int after = plan->builds[i].after;
		r->slots[i].needed = r->slots[i].needed || !r->slots[i].kept;
		if (!r->slots[i].needed || after < 0)
			continue;
		r->slots[after].needed = true;
		r->cells[after].children++;
	}
}
