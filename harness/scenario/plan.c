/* SPDX-License-Identifier: Apache-2.0
 *
 * The plan. Builds of one scope share a cache and follow each other; `after` names the build whose cache a build
 * goes on from. Every edit under `each` has the serial 1, so that an edit means the same whatever stands beside
 * it; a sequence counts up.
 */
#include <string.h>

#include "lbench/run.h"
#include "scenario/scenario.h"

struct planner {
	const struct scenario *s;
	const struct scn_plan_options *o;
	struct scn_plan *out;
	size_t cap;
	size_t *variants, variants_count; /* selected */
	int *edits;
	size_t edits_count;
};

/* What common fields the builds of a scope have. */
struct place {
	size_t policy, builder;
	unsigned repeat;
	size_t scope;
	bool alone;
};

static int add(struct planner *p, const struct place *at, size_t variant, int edit, uint64_t seq, unsigned workload, int after)
{
	struct scn_plan *out = p->out;
	out->builds = lb_grow(out->builds, out->count, &p->cap, sizeof(*out->builds));
	out->builds[out->count] = (struct scn_build){
		.variant = variant,
		.edit = edit,
		.seq = seq,
		.workload = workload,
		.repeat = at->repeat,
		.policy = at->policy,
		.builder = at->builder,
		.after = after,
		.scope = at->scope,
		.alone = at->alone,
	};
	return (int)out->count++;
}

/* The builds of these variants in one scope, one after the other: the cold ones, then each edit from there, then
 * the sequence. */
static void plan_scope(struct planner *p, const struct place *at, const size_t *variants, size_t count)
{
	unsigned workload = p->s->workload;
	unsigned first = workload & SCN_EACH ? SCN_EACH : SCN_SEQUENCE;
	int cold = -1;
	for (size_t v = 0; v < count; v++)
		cold = add(p, at, variants[v], -1, 0, first, cold);
	for (size_t e = 0; workload & SCN_EACH && e < p->edits_count; e++) {
		int last = cold;
		for (size_t v = 0; v < count; v++)
			last = add(p, at, variants[v], p->edits[e], 1, SCN_EACH, last);
	}
	int last = cold;
	for (size_t e = 0; workload & SCN_SEQUENCE && e < p->edits_count; e++)
		for (size_t v = 0; v < count; v++)
			last = add(p, at, variants[v], p->edits[e], e + 1, SCN_SEQUENCE, last);
}

static bool is_unfit(const struct planner *p, const struct place *at)
{
	return p->o->unfit && p->o->unfit[at->policy * p->o->builders + at->builder];
}

static void plan_scopes(struct planner *p, struct place *at, bool shared)
{
	unsigned repeats = p->o->repeat ? p->o->repeat : 1;
	size_t groups = shared ? 1 : p->variants_count;
	for (at->policy = 0; at->policy < p->o->policies; at->policy++)
		for (at->builder = 0; at->builder < p->o->builders; at->builder++)
			for (size_t g = 0; g < groups && !is_unfit(p, at); g++)
				for (at->repeat = 0; at->repeat < repeats; at->repeat++, at->scope++)
					plan_scope(p, at, &p->variants[g], shared ? p->variants_count : 1);
}

static void plan_all(struct planner *p)
{
	bool shared = p->s->shared_scope && p->variants_count > 1;
	struct place at = { 0 };
	plan_scopes(p, &at, shared);
	at.alone = true;
	if (shared)
		plan_scopes(p, &at, false);
	p->out->scopes = at.scope;
}

/* ---- selection ---- */

static const char *name_of(const struct scenario *s, bool edits, size_t i)
{
	return edits ? s->edits[i].name : s->variants[i].name;
}

static bool wanted(const struct lb_strv *patterns, const char *name)
{
	for (size_t i = 0; patterns && i < patterns->count; i++)
		if (lb_text_match(patterns->items[i], name))
			return true;
	return !patterns || !patterns->count;
}

static int check_patterns(const struct scenario *s, bool edits, const struct lb_strv *patterns, struct lb_err *err)
{
	size_t count = edits ? s->edits_count : s->variants_count;
	for (size_t k = 0; patterns && k < patterns->count; k++) {
		lb_autobuf struct lb_buf names = { 0 };
		bool found = false;
		for (size_t i = 0; i < count; i++) {
			found = found || lb_text_match(patterns->items[k], name_of(s, edits, i));
			lb_buf_addf(&names, "%s%s", i ? ", " : "", name_of(s, edits, i));
		}
		if (!found)
			return lb_fail(err, LB_USAGE, "no %s of %s matches '%s'; there are: %s", edits ? "edit" : "variant", s->name,
				       patterns->items[k], lb_buf_str(&names));
	}
	return 0;
}

int scn_plan_make(const struct scenario *s, const struct scn_plan_options *o, struct scn_plan *out, struct lb_err *err)
{
	*out = (struct scn_plan){ 0 };
	int rc = check_patterns(s, false, o->variants, err);
	if (rc == 0)
		rc = check_patterns(s, true, o->edits, err);
	if (rc < 0)
		return rc;
	lb_autofree size_t *variants = lb_calloc(s->variants_count + 1, sizeof(*variants));
	lb_autofree int *edits = lb_calloc(s->edits_count + 1, sizeof(*edits));
	struct planner p = { .s = s, .o = o, .out = out, .variants = variants, .edits = edits };
	for (size_t i = 0; i < s->variants_count; i++)
		if (wanted(o->variants, s->variants[i].name))
			variants[p.variants_count++] = i;
	for (size_t i = 0; i < s->edits_count; i++)
		if (wanted(o->edits, s->edits[i].name))
			edits[p.edits_count++] = (int)i;
	plan_all(&p);
	return 0;
}

void scn_plan_release(struct scn_plan *p)
{
	free(p->builds);
	*p = (struct scn_plan){ 0 };
}
