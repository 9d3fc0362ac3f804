/* SPDX-License-Identifier: Apache-2.0
 *
 * Carries a plan out with the built-in engine: makes the states that the edits lead to, gives every scope its
 * cache, runs builds of different scopes side by side, stamps what happens with clocks, and writes the rows in
 * plan order.
 */
#ifndef HARNESS_MEASURE_H
#define HARNESS_MEASURE_H

#include "record/record.h"
#include "scenario/scenario.h"
#include "subject/subject.h"

struct resume;
struct measure_options {
	const struct scenario *scenario;
	const struct lb_policy *const *policies;
	size_t policies_count;
	/* by policy: the real engine that builds, which that policy only predicts; NULL: the built-in one builds. The whole
	 * may be NULL. Engines want jobs 1. */
	const struct subject_info *const *engines;
	const enum lb_builder_kind *builders;
	size_t builders_count;
	enum lb_run_mode mode;
	struct lb_store *store;             /* NULL under dry */
	struct lb_exec *exec;               /* LB_RUN_EXEC */
	bool keep_times;
	const char *remote;                 /* "memory:", "oci:DIR"; NULL: no push */
	enum lb_compression compression;
	int level;
	unsigned jobs;
	double until_stable;                /* per cent; 0: every repeat of the plan */
	bool null_subject;                  /* nothing is built; what is timed is the harness itself */
	const _Atomic bool *cancel;
	const struct record_run *run;       /* as the rows say it */
	const struct resume *resume;        /* what is done already; NULL: nothing */
	/* told after each build, with one thread at a time; NULL */
	void (*progress)(void *arg, const struct scn_build *last, size_t done, size_t all);
	/* told likewise when a RUN begins that is carried out; NULL */
	void (*running)(void *arg, const struct scn_build *build, const char *instruction);
	void *progress_arg;
};

static inline const struct subject_info *measure_engine(const struct measure_options *o, size_t policy)
{
	return o->engines ? o->engines[policy] : NULL;
}
/* As rows have it. */
static inline const char *measure_policy_name(const struct measure_options *o, size_t policy)
{
	const struct subject_info *engine = measure_engine(o, policy);
	return engine ? engine->rules_name : o->policies[policy]->name;
}

struct prepared;
/* States, contexts, Dockerfiles, bases: everything that builds need and that does not depend on a cache. Every
 * variant is built once under dry at the first state: what cannot build at all is an error here, before
 * anything is written. */
int measure_prepare(const struct measure_options *o, const struct scn_plan *plan, struct prepared **out, struct lb_err *err);
void measure_free(struct prepared *p); /* NULL is fine */
/* What the builds rest on beside the texts, for run.json. Borrowed. */
const struct record_pins *measure_pins(const struct prepared *p);

/* How certain the medians of RUN seconds are. */
enum { MEASURE_FLOOR_MOST = 200 };
enum { MEASURE_STABLE_LEAST = 6 }; /* repeats: an interval of a median needs them */
struct measure_stable {
	unsigned repeats; /* that were done; 0: nothing was judged */
	bool reached;     /* every interval is as narrow as wanted */
	double widest;    /* 95 % interval of the median of the build whose interval is widest, in per cent of its median */
	int build;        /* that build, at its first repeat; -1: none was measured */
};
struct measure_totals {
	size_t ok, failed, skipped, done;
	uint64_t hits, misses; /* steps, of all builds so far */
	struct measure_stable stable;
	/* Under exec: RUNs that do nothing, one after each build, until there are MEASURE_FLOOR_MOST: what a RUN takes that is not
	 * the command's. */
	uint64_t floor_ns[MEASURE_FLOOR_MOST];
	size_t floor_count;
	char first_failure[2048];
};
/* Images that were made stand in the store by SCENARIO/VARIANT:EDIT (the first build's is `cold`, those of a sequence
 * are seq-N-EDIT): those of the last repeat under the first policy and its warm builder, or the first one given. Of
 * more than MEASURE_TAGS_MAX builds only the cold ones.
 * Repeats are interleaved: everything is built once before anything is built a second time. With until_stable they end
 * when the 95 % interval of the median of each build's RUN seconds is narrower than that part of the median; rows keep
 * their place in the whole plan.
 * LB_INTERRUPTED when cancelled: all that was finished is written, in plan order with gaps. With `resume` the builds
 * that it has are not done again, but for those whose cache others go on from; their rows stay what they were. */
enum { MEASURE_TAGS_MAX = 500 };
int measure_run(struct prepared *p, struct record *record, struct measure_totals *out, struct lb_err *err);

/* The floor as a result tells it. */
void measure_tell_floor(const struct measure_totals *t, struct record_measured *out);

/* The same in pieces, for those who carry several plans out in turns. All that fails is told at the end. */
struct runner;
struct runner *measure_begin(struct prepared *p, struct record *record, struct measure_totals *out);
void measure_repeat(struct runner *r, unsigned repeat); /* each once, from 0 on */
int measure_end(struct runner *r, struct lb_err *err);  /* frees r */

#endif
