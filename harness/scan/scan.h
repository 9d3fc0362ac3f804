/* SPDX-License-Identifier: Apache-2.0
 *
 * Every Dockerfile below some directories, by what it wastes in a month: which commits re-run which RUNs that did not
 * need to, decided by an engine's rules for each class of commits that the git history has.
 */
#ifndef HARNESS_SCAN_H
#define HARNESS_SCAN_H

#include "history/history.h"
#include "lbench/policy.h"
#include "lbench/stage.h"

#define SCAN_DAYS_A_MONTH 30

struct scan_options {
	const struct lb_policy *const *policies;
	size_t policies_count;
	size_t commits;         /* of a history, at most */
	double commits_per_day; /* to a repository; 0: as its history has it */
	unsigned jobs;
	const _Atomic bool *cancel;
	/* told after each Dockerfile, with one thread at a time; NULL */
	void (*progress)(void *arg, size_t done, size_t all);
	void *progress_arg;
};

enum scan_basis { SCAN_HISTORY, SCAN_WEIGHTS, SCAN_ASSUMED };
const char *scan_basis_name(enum scan_basis b); /* history weights assumed */

/* What began the re-runs that waste most, and the RUN that they hit. */
struct scan_cause {
	const char *text; /* of the step; NULL: there is none */
	uint32_t line;
	enum lb_reason reason;
	const char *argument; /* NULL */
	bool brings_known, needs_known;
	uint64_t brings, needs; /* files */
	bool brings_git;        /* .git is among them */
	const char *run;
	uint32_t run_line;
	bool unclear;         /* nobody knows whether the RUN needed to */
	const char *no_model; /* unclear: why the catalogue does not know it; NULL */
};

/* One Dockerfile (with a target, where a compose or bake file names one) under one policy. Figures of commits are means
 * over all commits to its repository. */
struct scan_row {
	const char *path, *context; /* as the directory was given */
	const char *variant;        /* a scenario's, or the target that a compose or bake file names; NULL */
	const struct lb_policy *policy;
	const char *message; /* why it could not be decided; NULL */
	enum scan_basis basis;
	size_t commits, examined; /* that touch something below the context, of those looked at */
	bool whole_history;
	bool git_sent;                   /* .git is in the context: each commit changes it */
	double a_month;                  /* commits to the repository */
	size_t runs;                     /* RUNs that a commit can re-run */
	double reruns, wasted, unclear;  /* RUNs a commit */
	double wasted_seconds, timeless; /* a commit: of those known; wasted RUNs whose seconds are not */
	double broken;                   /* commits after which it cannot be built */
	const char *broken_message;
	const char *note; /* what else is to be said of it; NULL */
	struct scan_cause cause;
	double rank_seconds; /* a month; a re-run without seconds counts as the median of those with */
};

struct scan {
	struct scan_row *rows; /* ranked; those that could not be decided at the end */
	size_t count, undecided;
	struct lb_strv notes;
	bool seconds_ranked;    /* some seconds are known: the ranking is by seconds */
	double assumed_seconds; /* of a re-run whose seconds are unknown, for the ranking; 0: none was needed */
	double assumed_month;   /* commits a month where there is no history; 0: not needed */
	bool assumed_median;    /* it is the median of the others */
	struct lb_arena arena;
};
/* Are the seconds of all that re-runs for nothing unknown, or of some? */
static inline bool scan_none_known(const struct scan_row *r)
{
	return r->timeless > 0 && r->timeless >= r->wasted - 1e-9;
}

/* LB_INVALID where no Dockerfile is found. */
int scan_run(const struct lb_strv *dirs, const struct scan_options *o, struct scan *out, struct lb_err *err);
void scan_release(struct scan *s);

#endif
