/* SPDX-License-Identifier: Apache-2.0
 *
 * What a Dockerfile means for given build arguments, target and platform.
 *
 *   lb_build_plan     the stages that the target needs, in the order to build them, bases expanded
 *   lb_stage_state    what an instruction sees: environment, arguments, directory, user, shell, config
 *   lb_step_resolve   one instruction against that state: expanded, checked, and the state moved on
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

enum lb_op { LB_OP_FROM, LB_OP_RUN, LB_OP_COPY, LB_OP_ADD, LB_OP_WORKDIR, LB_OP_META };

enum lb_mount_type { LB_MOUNT_BIND, LB_MOUNT_CACHE, LB_MOUNT_TMPFS, LB_MOUNT_SECRET, LB_MOUNT_SSH };
struct lb_mount {
	enum lb_mount_type type;
	const char *target;    /* absolute; "" for a secret that only sets a variable */
	const char *source;    /* below `from`'s root, cleaned; "/" when not given */
	const char *from;      /* name as written; NULL: the build context (bind), nothing (others) */
	int from_stage;        /* index, or -1 */
	bool readonly;
	bool required;
	const char *id;        /* cache, secret, ssh; the default filled in */
	bool id_given, sharing_given;
	const char *sharing;   /* shared, private, locked */
	const char *env;       /* secret; NULL when not given */
	uint32_t uid, gid, mode;
	bool mode_given;
	uint64_t size_bytes;   /* tmpfs; 0: not given */
};

struct lb_copy_source {
	const char *path;             /* expanded, as written otherwise; NULL for a heredoc */
	const char *name;             /* heredoc: the file's name */
	const char *content;          /* heredoc: the body as it goes into the file */
	size_t content_len;
	bool remote;                  /* a URL or git reference */
};

/* An instruction, resolved. What is not of its op is zero. */
struct lb_step {
	const struct lb_instruction *in;
	enum lb_op op;
	enum lb_keyword keyword;       /* of an ONBUILD trigger: the trigger's */
	int trigger;                   /* number of the ONBUILD trigger (from 1), 0: none */
	const char *text;              /* expanded text in one line, as history shows it ("COPY app /app") */
	const char *created_by;        /* BuildKit's history entry */
	const char *cwd, *user;        /* at this instruction */
	/* RUN */
	char **argv; size_t argv_count;   /* shell before it when shell form */
	bool shell_form;
	const char *command;           /* the text after RUN (and flags), heredoc bodies included */
	struct lb_pairs env;           /* config.env and args, **in order of last setting** (BuildKit keys on it) */
	struct lb_pairs run_args;      /* declared args with a value, not hidden by ENV, sorted by name: classic's |n k=v */
	struct lb_mount *mounts; size_t mounts_count;
	const char *network, *security; /* "default", "sandbox" when not given */
	const char *script;            /* heredoc with #!: body to be written to a file and executed; else NULL */
	/* COPY, ADD */
	struct lb_copy_source *sources; size_t sources_count;
	const char *dest;              /* expanded, as written */
	const char *dest_abs;          /* joined with cwd, cleaned, trailing '/' kept */
	const char *from;              /* NULL: the context */
	int from_stage;                /* -1 when it is no stage */
	const char *chown, *chmod;     /* expanded; NULL when not given */
	const char *checksum;
	char **excludes; size_t excludes_count;
	bool link, parents, keep_git_dir, unpack_given, unpack;
	/* WORKDIR */
	const char *path;              /* absolute, cleaned */
};

/* Resolves `in` against s and moves s on. trigger: ONBUILD number or 0. A FROM is resolved by the state's
 * init and gives LB_OP_FROM. LB_INVALID / LB_UNSUPPORTED at the instruction. Warnings go to the plan. */
int lb_step_resolve(struct lb_stage_state *s, const struct lb_instruction *in, int trigger, struct lb_step *out,
                    struct lb_err *err);

/* A value of run_env or args in force, NULL when there is none. */
const char *lb_stage_lookup(const struct lb_stage_state *s, const char *name);
const char *lb_pairs_get(const struct lb_pairs *p, const char *name);
/* Octal ("0755") or symbolic ("u=rwX,go+r") mode applied to `mode` (is_dir for X). LB_INVALID. */
int lb_chmod_apply(const char *spec, bool is_dir, uint32_t mode, uint32_t *out, struct lb_err *err);

/* Build checks (`parse --check`): makes plan->warnings the whole list, the parser's warnings included as far as
 * no `check` skips them, sorted by line. ignore may be NULL. *fail_on_warning: error=true is in force and one
 * of the engine's own rules found something.
 * LB_INVALID when the directive cannot be read, or where lb_build_plan_resolve fails. */
struct lb_ignore;
struct lb_check_options {
	const struct lb_ignore *ignore;
	bool has_ignore_file;
	const char *check_directive;  /* BUILDKIT_DOCKERFILE_CHECK, replaces the file's; NULL: the file's */
};
int lb_build_plan_check(struct lb_build_plan *plan, const struct lb_check_options *options, bool *fail_on_warning, struct lb_err *err);
/* InvalidBaseImagePlatform, once the image that a stage begins with is known: adds what it finds to plan->warnings, where
 * no `check` skips it. variant may be NULL. The finding, borrowed; NULL: none. */
const struct lb_warning *lb_build_plan_check_base(struct lb_build_plan *plan, size_t stage, const char *os, const char *architecture,
                                                  const char *variant);
bool lb_check_is_engine_rule(const char *rule); /* false: one of lbench's own */

#endif
