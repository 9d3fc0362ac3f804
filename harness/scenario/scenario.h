/* SPDX-License-Identifier: Apache-2.0
 *
 * A scenario: what scenario.yaml (or lbench.yaml, or nothing but a Dockerfile) says, checked, with positions
 * for messages; its states (a context tree, Dockerfiles, arguments, bases, world facts); and the edits that
 * lead from one state to the next. Nothing is built here.
 */
#ifndef LBENCH_SCENARIO_H
#define LBENCH_SCENARIO_H

#include "lbench/build.h"
#include "lbench/ignore.h"

/* What a base name stands for. Exactly one of the forms. */
enum scn_base_form { SCN_BASE_MODEL, SCN_BASE_DIR, SCN_BASE_TAR, SCN_BASE_OCI, SCN_BASE_OPAQUE, SCN_BASE_BUSYBOX };
struct scn_base {
	char *name;                       /* as in FROM: "python:3.10" */
	enum scn_base_form form;
	char *path;                       /* dir, tar, oci: absolute */
	struct lb_base_layer_model *layers; /* model */
	size_t layers_count;
	struct lb_image_config config;
	char *passwd, *group;
	struct lb_pos pos;
};

struct scn_variant {
	char *name;
	char *dockerfile_path;            /* as messages show it: "scenarios/x/variants/a.Dockerfile" */
	char *dockerfile;                 /* text before any edit */
	struct lb_pairs args;
	char *target, *platform;          /* NULL */
	char *image;                      /* which image it is a way to write; NULL: target says */
	char *ignore_text;                /* its own .dockerignore; NULL: the context's */
	char *comment;                    /* leading comment of the Dockerfile, for reports */
	char *place;                      /* path of the Dockerfile in the context; NULL: it lies outside (a project) */
	struct lb_pos pos;
};

enum scn_change_kind {
	SCN_EDIT, SCN_WRITE, SCN_APPEND, SCN_SET, SCN_REPLACE, SCN_DELETE, SCN_RENAME, SCN_COPY, SCN_MKDIR, SCN_SYMLINK,
	SCN_CHMOD, SCN_CHOWN, SCN_TOUCH, SCN_DOCKERFILE, SCN_ARG, SCN_BASE, SCN_WORLD, SCN_APPLY, SCN_CHECKOUT,
};
enum scn_dockerfile_op { SCN_DF_REPLACE, SCN_DF_APPEND, SCN_DF_LABEL, SCN_DF_COMMENT };
struct scn_change {
	enum scn_change_kind kind;
	enum scn_dockerfile_op op;        /* SCN_DOCKERFILE */
	char *path;                       /* or pattern, argument name, base name, world name */
	char *text, *to, *pointer;        /* text/value, new path or target, ".version" of `set` */
	struct scn_base *base;            /* SCN_BASE: the new one */
	uint32_t mode, umask, uid, gid;
	bool has_mode, has_umask, has_owner, new_times, has_time;
	bool keep_time;                   /* `time: keep`: the content changes and its time does not */
	int64_t time;
	char *variant;                    /* SCN_DOCKERFILE, SCN_ARG: pattern of variants; NULL all */
	struct lb_node *from;             /* `write … from:`, `apply:` of a folder: what is laid over */
	struct lb_pos pos;
};

struct scn_expect {
	char *variant;                    /* pattern; "*" for all */
	char *step;                       /* pattern over the step's text */
	enum lb_outcome outcome;
	struct lb_pos pos;
};

struct scn_edit {
	char *name;
	double weight;                    /* 0 when not given: in the matrix, not in the mix */
	bool has_weight;
	bool no_change;                   /* `expect: no-change` */
	struct scn_change *changes;
	size_t changes_count;
	struct scn_expect *expects;
	size_t expects_count;
	struct lb_pos pos;
};

enum { SCN_EACH = 1, SCN_SEQUENCE = 2, SCN_MIX = 4 };

struct scenario {
	char *name, *description;
	char *dir;                        /* the scenario's or project's directory */
	char *file;                       /* scenario.yaml as given; NULL when implicit */
	bool implicit;                    /* a project directory */
	uint64_t seed;
	bool shared_scope;                /* `scope: scenario` */
	unsigned workload;                /* SCN_EACH | … */
	struct lb_node *context;          /* canonical, but for `metadata: disk` */
	struct lb_named_tree *named_contexts; /* of docker's --build-context */
	size_t named_contexts_count;
	bool disk_metadata;
	struct scn_base *bases;
	size_t bases_count;
	struct scn_variant *variants;
	size_t variants_count;
	struct scn_change *every_edit;
	size_t every_edit_count;
	struct scn_edit *edits;
	size_t edits_count;
	struct lb_model *models;
	size_t models_count;
	struct lb_pos *models_pos;        /* where each `match` stands */
	struct lb_strv warnings;          /* "FILE:LINE:COL: …", to be printed */
	struct lb_digest digest;          /* of everything that it says: context, texts, options */
	struct lb_arena arena;
};

struct scn_load_options {
	const struct lb_pairs *set;       /* --set KEY=VALUE: overrides scalars, "edits.source.weight=10" */
	/* docker's own, for a project directory */
	char *const *dockerfiles; size_t dockerfiles_count;
	const char *target;
	const struct lb_pairs *build_args;
	const struct lb_pairs *contexts;
	const char *memo_path;            /* for lb_tree_from_dir; NULL */
	const char *project_text;         /* read as the project's lbench.yaml, which need not be there; NULL */
	bool without_git;                 /* a project's .git is no part of the context, as in the tree of a commit */
	bool as_it_is;                    /* for a build of a project as it stands: its tree suggests no edits, and digest is
	                                     without the context, which need not be read for it */
	struct lb_dockerfile **parsed;    /* NULL, or gets the first variant's Dockerfile before any edit, as the check parsed
	                                     it for every dialect; the caller's, also when loading fails */
};
/* path is a scenario directory, its scenario.yaml, or a project directory. LB_INVALID with FILE:LINE:COL. */
int scenario_load(const char *path, const struct scn_load_options *options, struct scenario **out, struct lb_err *err);
void scenario_free(struct scenario *s);
void scenario_cleanup(struct scenario **s);
#define scn_autoscenario __attribute__((cleanup(scenario_cleanup)))

/* The world at one point: immutable but for its making. */
struct scn_state {
	const struct scenario *scenario;
	struct lb_node *context;          /* without the variant's Dockerfile */
	char **dockerfiles;               /* a text for each variant */
	int64_t *dockerfile_times;        /* and its time in the context */
	struct lb_attr dockerfile_attr;   /* mode and owner there, of the variant's .dockerignore too */
	struct lb_pairs *args;            /* for each variant, arguments that edits set added */
	const struct scn_base **bases;    /* for each of scenario's bases: the one in force */
	struct lb_pairs world;            /* "apt-index" -> serial */
	uint64_t seq;                     /* 0 before any edit; serial of the state for {{seq}} and times */
	struct lb_arena arena;
};
int scn_state_first(const struct scenario *s, struct scn_state **out, struct lb_err *err);
/* every-edit, then the edit, on a copy of `from`; seq becomes `seq`. The edit is proved to take effect: when
 * the digest over context, Dockerfile, arguments, bases and world is what it was (every-edit left out),
 * *no_effect is set (and the state is made all the same). LB_INVALID when a change cannot be made. */
int scn_state_apply(const struct scn_state *from, const struct scn_edit *edit, uint64_t seq, struct scn_state **out, bool *no_effect,
                    struct lb_err *err);
void scn_state_free(struct scn_state *st);
/* The context as variant v's build gets it: with its Dockerfile in it as `Dockerfile`, and its .dockerignore. */
int scn_state_context(const struct scn_state *st, size_t v, struct lb_node **out, struct lb_err *err);
/* The .dockerignore that counts for variant v: its own, or the context's. *out is the caller's, NULL: none. */
int scn_state_ignore(const struct scn_state *st, size_t v, struct lb_ignore **out, struct lb_err *err);

/* The expectation of edit that a step with this outcome breaks, NULL when there is none. text is the instruction
 * as written (lb_instruction.original), which the patterns were checked against. */
const struct scn_expect *scn_expect_broken(const struct scenario *s, const struct scn_edit *edit, size_t variant, const char *text,
                                           enum lb_outcome outcome);

/* ---- the plan ---- */
struct scn_build {                    /* one build; what follows from it is looked up by index */
	size_t variant;
	int edit;                         /* index; -1: the first build */
	uint64_t seq;
	unsigned workload;                /* SCN_EACH or SCN_SEQUENCE */
	unsigned repeat;
	size_t policy;                    /* index into the run's list of policies */
	size_t builder;                   /* index into the run's list of builder kinds */
	int after;                        /* index of the build whose cache it goes on from; -1: empty */
	size_t scope;                     /* builds of one number share a cache in sequence */
	bool alone;                       /* the same build with a cache of its own, to compare `scope: scenario` with */
};
struct scn_plan {
	struct scn_build *builds;
	size_t count;
	size_t scopes;
};
struct scn_plan_options {
	const struct lb_strv *variants, *edits; /* patterns; NULL or empty: all. LB_USAGE when one matches nothing */
	size_t policies, builders;
	const bool *unfit;                /* [policy * builders + builder]: a builder that the policy does not have; NULL: none */
	unsigned repeat;
};
/* In plan order: policy, builder, variant, repeat; the cold build, then each edit from it (`each`), then the
 * sequence. Where several variants share a scope, all of it follows once more, each variant in a scope of its own. */
int scn_plan_make(const struct scenario *s, const struct scn_plan_options *o, struct scn_plan *out, struct lb_err *err);
void scn_plan_release(struct scn_plan *p);

#endif
