/* SPDX-License-Identifier: Apache-2.0
 *
 * A result seen per block (one subject, policy and builder): edits × variants, and what a commit costs on average.
 */
#ifndef REPORT_VIEW_H
#define REPORT_VIEW_H

#include "report/data.h"

/* A figure that may be known in part. */
struct amount {
	double value;
	bool at_least; /* a part of it is unknown */
	bool none;     /* nothing of it is known */
};

struct report_block {
	const char *subject, *policy, *builder, *platform, *run_mode;
	const char *origin; /* "observed", "from source"; "" when run.json does not say */
	const char *engine_version;
	const char *engine; /* a real engine carried it out: "docker 20.10.24 (BuildKit)"; NULL */
};
/* Whose seconds the figures of a block are: "RUN", or "build" where a real engine tells those of its builds alone. */
static inline const char *report_seconds_of(const struct report_block *b)
{
	return b->engine ? "build" : "RUN";
}
/* Blocks in the order of their first build. */
size_t report_blocks(const struct report *r, struct report_block **out); /* *out: free() */
/* Same but for the builder. */
bool report_block_same_rules(const struct report_block *a, const struct report_block *b);

struct report_cell {
	const char *status; /* "ok", "fail", "skip"; NULL: no build */
	const char *message;
	int first;        /* index of a build; the first that is ok, if one is; -1 */
	unsigned repeats; /* builds that are ok */
	uint32_t hits, reusable, misses, unknown, wasted;
	bool wasted_at_least;
	uint32_t stale[4];                                       /* by enum step_stale */
	struct amount run_ns, wasted_ns, pushed, stored, pulled; /* medians over the repeats; run_ns: see report_seconds_of */
};

struct report_commit {
	int edit;
	uint64_t seq;
	const char *workload;
	double weight; /* normalised; NAN: not in the mean */
};

/* Weighted mean over the commits. */
struct report_mean {
	double rebuilt, reusable;
	bool rebuilt_at_least;
	struct amount run_ns, wasted_ns, pushed, stored;
	double covered; /* weight of the commits that have a build; below 1: some failed */
};

struct report_view {
	const struct report *r;
	struct report_block block;
	bool each;          /* commits are edits, each from the same cache; else a sequence or history */
	bool equal_weights; /* no edit has a weight */
	struct report_commit *commits;
	size_t count;
	struct report_cell *cells; /* [variant * count + commit] */
	struct report_cell *cold;  /* [variant]: the first build */
	struct report_mean *means; /* [variant] */
	int *commit_of;            /* [build]: index of its commit, -1: none, or not of this block */
};
void report_view_init(struct report_view *v, const struct report *r, const struct report_block *block);
void report_view_release(struct report_view *v);
#define report_autoview __attribute__((cleanup(report_view_release)))

static inline const struct report_cell *report_cell(const struct report_view *v, size_t variant, size_t commit)
{
	return &v->cells[variant * v->count + commit];
}
bool report_view_has(const struct report_view *v, size_t variant); /* it has a build in the block */
const char *report_commit_name(const struct report_view *v, size_t commit);
bool report_in_block(const struct report_block *block, const struct report_build *b);

#endif
