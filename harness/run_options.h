/* SPDX-License-Identifier: Apache-2.0
 *
 * The options that run, plan and other commands share, and what they turn into.
 */
#ifndef HARNESS_RUN_OPTIONS_H
#define HARNESS_RUN_OPTIONS_H

#include "options.h"
#include "scenario/scenario.h"
#include "subject/subject.h"

struct run_options {
	struct lb_strv variants, edits, policies, builders;
	struct lb_strv dockerfiles, must_hit, on;
	struct option_pairs set, build_args, contexts;
	const char *target, *run_mode, *compression, *remote, *out, *store, *format, *seed, *resume, *until_stable;
	unsigned jobs, repeat, warmup, keep;
	bool without_git; /* see struct scn_load_options */
	bool keep_times, details, no_plots, no_color, quiet, verbose;

	/* made of them by run_options_resolve */
	const struct lb_policy *policy[32];
	size_t policy_count;
	enum lb_builder_kind builder[4];
	size_t builder_count;
	enum lb_compression compression_kind;
	enum lb_run_mode mode;
	bool mode_auto;
	double stable_percent; /* 0: not asked for */
	bool null_subject;
	bool builtin;          /* the built-in engine builds, or the null subject in its place */
	struct subject_info engines[4];
	size_t engines_count;
	const struct subject_info *engine[32]; /* by policy: who builds; NULL: the built-in engine */
	bool unfit[32 * 4];    /* [policy * builder_count + builder]: see struct scn_plan_options */
};

enum { RUN_OPTIONS_MAX = 32, RUN_OPTIONS_ALL = RUN_OPTIONS_MAX + 5 };
enum { RUN_STABLE_LEAST = 6, RUN_STABLE_MOST = 50 }; /* repeats with --until-stable */
/* Fills table with the rows; returns how many. */
size_t run_options_table(struct run_options *o, struct option *table);
/* Those that only `run` has too. */
size_t run_options_all(struct run_options *o, struct option *table);
/* LB_USAGE. */
int run_options_resolve(struct run_options *o, struct lb_err *err);
void run_options_release(struct run_options *o);

/* Where digests of a project's files are remembered: in the store that an earlier run left in it. The caller's;
 * NULL when there is none, for nothing is made in a project that cannot be run. */
char *run_options_memo(const char *path);
int run_options_load(const struct run_options *o, const char *path, struct scenario **out, struct lb_err *err);
int run_options_plan(const struct run_options *o, const struct scenario *s, struct scn_plan *out, struct lb_err *err);
/* `auto` is decided by the scenario's text alone: exec where every base is a real one and every RUN is without
 * a model, else model. */
enum lb_run_mode run_options_mode(const struct run_options *o, const struct scenario *s);

#endif
