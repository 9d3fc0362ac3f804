/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Dockerfile means for given build arguments, target and platform.
 *
 *   lb_build_plan     the stages that the target needs, in the order to build them, bases expanded
 *   lb_stage_state    what an instruction sees: environment, arguments, directory, user, shell, config
 *   lb_step_resolve   one instruction against that state: expanded, checked, and the state moved on (step.h)
 *
 * The caller (build) resolves bases: for a FROM of an image it hands in that image's configuration, for a
 * FROM of a stage the final state of that stage. All strings of a state or a step are in the arena of the
 * plan that they were made with, and immutable once made.
 */
#ifndef LBENCH_STAGE_H
#define LBENCH_STAGE_H

#include "lbench/dockerfile.h"

struct lb_pair {
	const char *name;
	const char *value; /* NULL: declared without a value (ARG NAME, `--build-arg NAME`) */
};
struct lb_pairs {
	struct lb_pair *items;
	size_t count;
	size_t cap;
};

struct lb_healthcheck {
	char **test;           /* {"NONE"}, {"CMD", …} or {"CMD-SHELL", text} */
	size_t test_count;
	uint64_t interval_ns, timeout_ns, start_period_ns, start_interval_ns;
	uint32_t retries;
};

/* The part of an image's configuration that instructions write (OCI image-spec config.md, and docker's
 * extensions Healthcheck, OnBuild, Shell). Lists are in the order in which the engine writes them. */
struct lb_image_config {
	struct lb_pairs env;               /* order of first appearance */
	char **cmd, **entrypoint, **shell, **onbuild;
	size_t cmd_count, entrypoint_count, shell_count, onbuild_count;
	bool cmd_set, entrypoint_set;      /* present, even when empty */
	struct lb_pairs labels;            /* sorted by name when written */
	char **volumes, **exposed;         /* "80/tcp"; sorted when written */
	size_t volumes_count, exposed_count;
	const char *user, *workdir, *stop_signal, *author; /* "" when not set; workdir as in the config */
	struct lb_healthcheck *healthcheck; /* NULL when not set */
};

struct lb_lint;
struct lb_stage_index;
struct lb_stage_names;

struct lb_plan_options {
	const struct lb_pairs *build_args;
	const char *target;            /* NULL: the last stage */
	const char *platform;          /* "linux/amd64"; NULL means that */
	const struct lb_pairs *named_contexts; /* --build-context NAME=…: these names are bases, not stages */
	unsigned dialect;              /* 0 means LB_DIALECT_ALL */
	bool unneeded_too;             /* build stages that the target does not need as well (classic, kaniko) */
};

/* One stage of the plan. */
struct lb_plan_stage {
	const struct lb_stage *stage;
	const char *base;              /* expanded name as the user wrote it; "scratch"; for a stage, its name */
	int base_stage;                /* index of the stage that FROM names, or -1 */
	const char *platform;          /* expanded, normalised ("linux/amd64") */
	bool needed;                   /* the target needs it */
	bool named_context;            /* a named context stands for the whole stage: none of its instructions count */
};

/* What an instruction of the file came to, for `parse --format json`. Strings are in the plan's arena. */
struct lb_resolved {
	bool has_expanded;             /* false where the engine does not expand, or where it failed in a stage that is not needed */
	char **expanded;               /* the instruction's args, expanded */
	size_t expanded_count;
	char **ports;                  /* EXPOSE: "80/tcp", in the order written; NULL elsewhere */
	size_t ports_count;
};

struct lb_build_plan {
	const struct lb_dockerfile *df;  /* borrowed, outlives the plan */
	struct lb_arena arena;
	struct lb_plan_options options;  /* a copy; what it points to is borrowed */
	struct lb_plan_stage *stages;    /* as many as df has, in file order */
	size_t stages_count;
	size_t target;                   /* index of the target stage */
	size_t *order;                   /* needed stages, each after what it uses; ends with target */
	size_t order_count;
	struct lb_pairs globals;         /* ARGs before the first FROM, platform ARGs among them */
	struct lb_warning *warnings;     /* found while expanding (UndefinedVar, …), or by lb_build_plan_check */
	size_t warnings_count, warnings_cap;
	bool checked;                    /* lb_build_plan_check ran: warnings is the whole list, the parser's included */
	struct lb_resolved *resolved;    /* by lb_build_plan_resolve, one for each of df->instructions; NULL before */
	struct lb_lint *lint;            /* which build checks are on */
	struct lb_stage_names *names;    /* the module's own: stages by name */
};

/* LB_INVALID at the instruction: blank base, bad platform or image name, cycle, copy from itself or from a
 * later stage (in a needed stage), unknown target, a `check` directive that cannot be read. BUILDPLATFORM and
 * its like are linux/amd64's unless a build argument says otherwise. */
int lb_build_plan_new(const struct lb_dockerfile *df, const struct lb_plan_options *options, struct lb_build_plan **out,
                      struct lb_err *err);
void lb_build_plan_free(struct lb_build_plan *plan); /* NULL is fine */
void lb_build_plan_cleanup(struct lb_build_plan **plan);
#define lb_autobuildplan __attribute__((cleanup(lb_build_plan_cleanup)))

/* Evaluates every instruction, with images' configurations taken as empty, and fills in plan->resolved: what
 * `parse` does at full depth. Fails where a needed stage fails; a failure elsewhere only ends that stage's
 * evaluation. Adds no warnings. */
int lb_build_plan_resolve(struct lb_build_plan *plan, struct lb_err *err);

/* Where a name in FROM or --from or a mount's from leads: a stage (index), or an image or named context. Of
 * several stages of a name it is the last one before before_stage (SIZE_MAX: of all, as --from has it). */
int lb_build_plan_find_stage(const struct lb_build_plan *plan, const char *name, size_t before_stage); /* -1: none */

struct lb_arg {
	const char *name;
	const char *value;    /* NULL: in scope, without a value */
	bool from_build_arg;
	bool hidden;          /* an ENV of the same name is in force over it */
};

struct lb_stage_state {
	struct lb_build_plan *plan;
	int stage;
	struct lb_image_config config;
	struct lb_arg *args;           /* in scope, in the order of declaration; a later one of a name replaces in place */
	size_t args_count, args_cap;
	struct lb_pairs run_env;       /* what a RUN gets, in order of setting; an earlier value of a name stands there too */
	bool cmd_here;                 /* CMD was set in this stage: ENTRYPOINT does not clear it */
	bool workdir_absolute_seen;
	bool shell_here;
	const struct lb_instruction *cmd_at, *entrypoint_at, *healthcheck_at; /* last of its kind in this stage */
	struct lb_stage_index *index;  /* the module's own: which names the lists above hold */
};

/* State at the top of a stage: base's config (NULL: scratch or unknown), or the final state of base_state
 * (a stage used as base: args and env are inherited). PATH gets its default where the base has none.
 * The base's ONBUILD triggers are not carried over: the caller resolves those of base->onbuild or
 * base_state->config.onbuild right after FROM, numbered from 1. */
void lb_stage_state_init(struct lb_stage_state *s, struct lb_build_plan *plan, int stage, const struct lb_image_config *base,
                         const struct lb_stage_state *base_state);

/* A value of run_env or args in force, NULL when there is none. */
const char *lb_stage_lookup(const struct lb_stage_state *s, const char *name);
/* SOURCE_DATE_EPOCH where it is seconds since 1970. NULL: it is not given, or is what has no time here: a directory's
 * context. Of a stage where it stands, and of the image. */
const char *lb_stage_epoch(const struct lb_stage_state *s);
const char *lb_plan_epoch(const struct lb_build_plan *plan);
const char *lb_pairs_get(const struct lb_pairs *p, const char *name);

#endif
