/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of build share. A build is a list of stage runs; a stage run is a list of step runs. A
 * step run is decided first; it is carried out only when it misses, or when a later miss needs a layer that
 * the cache knows of and does not hold.
 */
#ifndef LBENCH_BUILD_INTERNAL_H
#define LBENCH_BUILD_INTERNAL_H

#include "lbench/build.h"

/* A layer that some step left. Immutable once it is in lb_results. */
struct result {
	struct lb_digest id, diff_id;
	struct lb_node *layer;         /* NULL: none; a root with `unknown` set: nobody knows */
	bool no_layer;                 /* the engine forms none */
	bool kept;                     /* made by another process: `layer` is read from the store when somebody asks */
	bool info_known;               /* it was written to the store */
	struct lb_layer_info info;
	bool bytes_known;
	uint64_t tar_bytes;
	struct lb_digest world;        /* of the world facts that its RUN depends on */
	int64_t made;                  /* stamp of the build that made it, seconds */
};
static inline bool result_unknown(const struct result *r)
{
	return r->layer && r->layer->unknown;
}

/* results.c. All return borrowed pointers that live as long as the lb_results. */
const struct result *results_get(struct lb_results *rs, const struct lb_digest *id);
const struct result *results_add(struct lb_results *rs, const struct result *r); /* takes r->layer's reference; an equal id wins */
/* Of a kept result: its layer if it was read already; puts it there (the reference is taken), giving what is there. */
struct lb_node *results_layer(struct lb_results *rs, const struct result *r);
struct lb_node *results_set_layer(struct lb_results *rs, const struct result *r, struct lb_node *layer);
/* root with layer on it, remembered for the pair; a reference for the caller. */
struct lb_node *results_apply(struct lb_results *rs, struct lb_node *root, struct lb_node *layer);
/* context without what ignore drops, remembered for the pair; a reference for the caller. */
struct lb_node *results_ignore(struct lb_results *rs, struct lb_node *context, const struct lb_ignore *ignore);

struct build;
struct stage_run;
struct step_run;

/* resolve.c: what a Dockerfile comes to with given arguments and bases. Immutable once it is in lb_results. */
struct resolved_step {
	struct lb_step step;
	const struct lb_stage_state *before, *after; /* the same where the instruction leaves it as it is */
	const struct lb_model *model;
	const char *text;
};
struct resolved_image {
	const char *name, *platform;
	const struct lb_base_image *answer;
};
struct resolved {
	struct lb_build_plan *plan;
	struct lb_pairs contexts;
	struct resolved_step **stages; /* NULL for one that is not needed; steps by their place behind FROM, which is the first */
	struct resolved_image *asked;  /* all that has to be the same for it to hold */
	size_t asked_count, asked_cap;
	bool unfit;                    /* not to be shared */
	struct resolved *_Atomic next; /* the same Dockerfile and arguments on other bases */
};
void resolved_free(struct resolved *r); /* NULL is fine */
/* Sets b->plan and b->stages, and b->resolved where the instructions are resolved already. LB_INVALID. */
int resolve_plan(struct build *b, struct lb_err *err);

/* results.c, of one key: plans, linked by `next`; NULL: none. *room: one more may be added. */
struct resolved *results_plans(struct lb_results *rs, const struct lb_buf *key, bool *room);
void results_add_plan(struct lb_results *rs, const struct lb_buf *key, struct resolved *r); /* takes r */
/* What a step came to that had all its inputs in common with an earlier one; NULL: there was none. */
const struct result *results_recall(struct lb_results *rs, const struct lb_buf *key);
/* held: the node that the key names by its address. */
void results_note(struct lb_results *rs, const struct lb_buf *key, struct lb_node *held, const struct result *r);

/* recall.c: the key of all that a step's result follows from, for results_recall. False: it is not to be remembered. */
bool recall_key(const struct build *b, const struct stage_run *st, const struct step_run *sr, const struct lb_node *root,
		struct lb_buf *key);

struct step_run {
	const struct lb_step *step;    /* of nothing before it is resolved */
	const struct lb_stage_state *before, *after;
	const struct resolved_step *resolved; /* NULL: resolved for this build alone */
	struct lb_inputs in;
	struct lb_source *sources;
	const struct lb_model *model;  /* RUN; NULL: none */
	struct lb_digest world;        /* of what its model says it needs of the world */
	struct lb_decision decision;
	const struct lb_instruction *instruction;
	int trigger;
	bool decided, executed;
	enum lb_outcome outcome;
	const struct result *result;   /* NULL: no layer, or not held */
	bool run_known;
	uint64_t run_ns;
	int stale;
	bool tainted;                  /* a build from scratch may leave another layer */
	bool clean_made;
	struct lb_node *clean;         /* … this one, where it was made; NULL: none */
	uint64_t bytes_new;
	char *message;                 /* an error's */
	const char *text;              /* as tables show it */
};

struct stage_run {
	int index;                     /* in the file */
	bool needed;
	struct lb_plan_stage *plan;
	const struct lb_base_image *base; /* NULL: scratch, or another stage */
	struct stage_run *base_stage;
	struct lb_stage_state state;   /* after what was resolved so far */
	struct lb_link *link;
	bool tainted;                  /* a step is */
	struct step_run *steps;        /* FROM first, triggers after it, then the others */
	size_t steps_count, steps_cap;
	struct lb_image image;         /* of the base, then as it grows */
	uint64_t image_layers;         /* also when nothing was written */
	bool image_known;
};

struct build {
	const struct lb_build_options *o;
	struct lb_build_result *out;
	struct lb_shape shape;         /* of the policy, on the cache's builder */
	struct lb_build_plan *plan;    /* of `resolved`, or its own */
	const struct resolved *resolved; /* borrowed; NULL: instructions are resolved as they come */
	struct resolved *own;          /* `resolved` of a build that shares it with none */
	struct lb_arena arena;         /* selections, texts */
	struct lb_buf note;            /* of the result that is looked at */
	struct lb_node *context;       /* after .dockerignore, as the builder sees it */
	struct stage_run *stages;      /* as many as the plan has */
	struct lb_link **image_links;  /* of images that COPY --from reads */
	size_t image_links_count, image_links_cap;
	bool failed;
	bool from_scratch;             /* what is gathered now is what a build from scratch would have */
};

struct lb_pos step_pos(const struct build *b, const struct step_run *sr);
struct lb_digest stamp_digest(const struct build *b, const struct stage_run *st, const struct step_run *sr);
struct lb_time build_stamp(const struct build *b);
/* The time of what a COPY, ADD or WORKDIR makes: the build's stamp, or SOURCE_DATE_EPOCH, which is that of what it
 * copies too: *epoch (NULL: nobody asks). */
struct lb_time step_stamp(const struct build *b, const struct step_run *sr, bool *epoch);

/* The layer of r (NULL is fine), read now where it is kept; borrowed. NULL: none, or it cannot be read any more. */
struct lb_node *result_layer(struct build *b, const struct result *r);

/* select.c: what a COPY, ADD or bind mount selects of a tree. Items go into the build's arena. LB_FAILED at
 * the instruction when a source is not there. */
struct selection_query {
	struct lb_node *tree;
	const char *path;
	const struct lb_ignore *excludes; /* NULL */
	const char *where;             /* "the context", for messages */
	bool follow;                   /* a link that is named itself is followed */
};
int select_source(struct build *b, const struct selection_query *q, const struct step_run *sr, struct lb_source *out, struct lb_err *err);

/* inputs.c: fills sr->in and sr->sources. with_bytes: also what other stages and images hold, carrying out
 * what is missing there; without, such sources stay unknown. */
int inputs_gather(struct build *b, struct stage_run *st, struct step_run *sr, bool with_bytes, struct lb_err *err);
void inputs_release(struct step_run *sr);
const struct lb_model *step_model(const struct build *b, const char *text, const char *command); /* of a RUN; NULL */

/* copy.c: the layer of a COPY or ADD onto root (NULL: unknown where it is not known). */
int copy_layer(struct build *b, const struct step_run *sr, struct lb_node *root, struct lb_node **out, struct lb_err *err);

/* workdir.c: the directories that are missing on the way to path, as a layer (empty when *exists). LB_FAILED at the
 * step when something on the way is no directory. */
int workdir_layer(const struct build *b, const struct step_run *sr, struct lb_node *root, const char *path, struct lb_node **out,
		  bool *exists, struct lb_err *err);

/* shape.c: puts the directories of `dirs` into *layer, where it has none; replaces it. */
int shape_add_directories(struct lb_node *dirs, struct lb_node **layer, struct lb_err *err);
/* Does the layer of this RUN list /etc? */
bool shape_lists_etc(const struct build *b, const struct stage_run *st, const struct step_run *sr);
/* Makes of the layer in r what the engine makes of it; root is what the step began with. */
int shape_result(struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_node *root, struct result *r,
		 struct lb_err *err);

/* run_exec.c: carries a RUN out. */
int run_exec(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *out, struct lb_err *err);

/* execute.c: carries a step out, or fetches the result of a hit; root file system after step `upto` - 1. */
int step_execute(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err);
int stage_root(struct build *b, struct stage_run *st, size_t upto, bool execute, struct lb_node **out, struct lb_err *err);
/* What the step leaves on root, in the engine's shape. */
int step_carry_out(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err);

/* stale.c: is the layer of this hit another than a build from scratch would make? */
void step_check_stale(struct build *b, struct stage_run *st, struct step_run *sr);
/* stage_root in a build from scratch; LB_NOT_FOUND: it cannot be told. */
int stale_clean_root(struct build *b, struct stage_run *st, size_t upto, struct lb_node **out, struct lb_err *err);
/* The step was carried out: on what? */
void stale_note_miss(const struct build *b, struct stage_run *st, struct step_run *sr);

/* stage.c */
int stage_decide(struct build *b, struct stage_run *st, struct lb_err *err);
int stage_find_base(struct build *b, struct stage_run *st, struct lb_err *err); /* LB_INVALID: nothing is known of it */
/* An instruction in one line, as tables show it. */
char *step_text(struct lb_arena *arena, const struct lb_instruction *in);

/* output.c: image, ledger, push; then rows and totals. */
int output_image(struct build *b, struct stage_run *target, struct lb_err *err);
void output_rows(struct build *b);

/* base.c */
void base_describe(const struct lb_base_image *image, struct lb_base *out);
int base_materialise(struct build *b, const struct lb_base_image *base, size_t layer, struct lb_layer_info *out, struct lb_err *err);
void config_to_json(const struct lb_image_config *c, json_t *out); /* config.c */

#endif
