/* SPDX-License-Identifier: Apache-2.0
 *
 * One build: a Dockerfile, a context, bases and arguments, against one cache. The only place where all other
 * modules meet. Nothing is printed and no clock is read: what happens goes out as events, in order, and
 * whoever listens may stamp them.
 */
#ifndef LBENCH_BUILD_H
#define LBENCH_BUILD_H

#include "lbench/image.h"
#include "lbench/layer.h"
#include "lbench/cache.h"
#include "lbench/run.h"
#include "lbench/transfer.h"

/* What a FROM name stands for. Made once, used by many builds, immutable, shared between threads. */
struct lb_base_image {
	char *name;
	struct lb_image image;          /* config, history; layers filled when materialised */
	struct lb_image_config config;  /* as stages inherit it; strings in arena */
	struct lb_arena arena;
	struct lb_node **layers;        /* bottom first */
	size_t layers_count;
	struct lb_node *root;           /* all of them applied */
	struct lb_digest identity;      /* of manifest, or what stands for it */
	struct lb_digest *layer_ids;    /* identity of each layer: diffID, or what stands for it */
	struct lb_digest chain_id, config_digest;
	bool opaque;
	bool pulled;                    /* an image of others: its platform is its own, not what was asked for */
};
void lb_base_image_free(struct lb_base_image *b); /* NULL is fine */

/* A declared base: layers by size, config. */
struct lb_base_layer_model {
	uint64_t bytes;
	const char *id;                 /* "" when not given */
	double compresses_to;           /* 0: the default, 0.4 */
	struct lb_node *tree;           /* NULL: noise of that size; else the layer itself (borrowed) */
};
struct lb_base_model {
	const char *name;
	const struct lb_base_layer_model *layers;
	size_t layers_count;
	const struct lb_image_config *config; /* NULL: none */
	const char *passwd, *group;     /* text of /etc/passwd, /etc/group; NULL: root alone */
};
int lb_base_from_model(const struct lb_base_model *m, struct lb_base_image **out, struct lb_err *err);
/* An image of the store (or the one of an index for platform). Its blobs are taken as they are. LB_NOT_FOUND,
 * LB_INVALID. */
int lb_base_from_image(struct lb_store *s, const struct lb_digest *manifest, const char *platform, const char *name,
                       struct lb_base_image **out, struct lb_err *err);
/* A name and nothing else. */
struct lb_base_image *lb_base_opaque(const char *name);

/* A named context (--build-context) or a base by name. */
struct lb_named_tree {
	const char *name;
	struct lb_node *tree;
};

struct lb_step_row {               /* one step of one build, in file order, triggers after their FROM */
	int stage, index;              /* index in its stage */
	const char *stage_name;        /* NULL */
	const struct lb_instruction *in;
	int trigger;
	const char *text;              /* one line, as tables show it; "" before the first FROM is never emitted */
	enum lb_outcome outcome;
	enum lb_reason reason;
	const struct lb_decision *decision; /* NULL for skipped, unreached */
	bool has_layer;
	const struct lb_layer_info *layer;  /* NULL: unknown, or dry */
	uint64_t layer_bytes;          /* uncompressed tar; valid when layer_bytes_known; 0: the engine makes no layer */
	bool layer_bytes_known;
	bool run_ns_known;
	uint64_t run_ns;               /* 0 for a hit */
	enum lb_model_source model_source; /* RUN only */
	bool is_run;
	enum { LB_STALE_NO, LB_STALE_WRONG, LB_STALE_SUSPECT, LB_STALE_OUTDATED } stale;
	uint64_t bytes_new;            /* of its blob, when it was new in the scope's ledger */
	const char *message;           /* an error's text; NULL */
};

/* Events, in the order in which things happen. */
struct lb_events {
	void *arg;
	/* work on a step begins and ends, for those who measure; called for what is decided or carried out */
	void (*step_begin)(void *arg, int stage, int index);
	void (*step_end)(void *arg, int stage, int index);
	/* a RUN that is carried out begins and ends, within a step; run_end returns how long it took, by the listener's
	 * clock, and is told what it used (exit code and costs; no layer yet) */
	void (*run_begin)(void *arg, int stage, int index);
	uint64_t (*run_end)(void *arg, int stage, int index, const struct lb_exec_result *used);
	/* the push to the remote begins and ends */
	void (*push_begin)(void *arg);
	void (*push_end)(void *arg);
	/* once for each step at the end of the build, in file order */
	void (*row)(void *arg, const struct lb_step_row *row);
};

struct lb_world {                  /* facts outside the context: "apt-index" -> a counter or digest text */
	const struct lb_pairs *facts;
};

struct lb_build_options {
	const struct lb_dockerfile *dockerfile;
	struct lb_node *context;        /* canonical, before .dockerignore */
	const struct lb_ignore *ignore; /* NULL */
	struct lb_base_image *(*find_base)(void *arg, const char *name, const char *platform); /* NULL: no such base */
	void *find_base_arg;
	const struct lb_named_tree *contexts;
	size_t contexts_count;
	const struct lb_pairs *build_args;
	const struct lb_pairs *secrets;
	const char *target, *platform;
	const char *network;            /* what a RUN without --network has; NULL: "default" */
	bool no_cache;
	const struct lb_policy *policy;
	struct lb_cache *cache;
	struct lb_scope *scope;         /* that of cache: what cache mounts hold is remembered there too */
	bool keeps_mounts;              /* cache mounts outlive the build (a warm builder) */
	struct lb_ledger *ledger;       /* blobs of the scope; NULL: not counted */
	struct lb_ledger *host;         /* blobs of the host that pulls; NULL: not counted */
	struct lb_store *store;         /* NULL under dry, but for keeps_results */
	/* scope is a kept one: its records name what earlier processes left in the store, and later ones will ask for it.
	 * Under dry (the scope is a fork of a kept one) nothing is written but what spares later reading. */
	bool keeps_results;
	struct lb_remote *remote;       /* NULL: no push */
	const char *tag;                /* name at the remote and, with tag_in_store, in the store */
	bool tag_in_store;
	enum lb_run_mode mode;
	struct lb_exec *exec;           /* LB_RUN_EXEC */
	bool exec_later;                /* dry: what exec would lack the files for is refused already */
	bool keep_times;                /* LB_RUN_EXEC: see struct lb_exec_run */
	const struct lb_model *models;
	size_t models_count;
	/* carries RUNs out under LB_RUN_MODEL in place of models; NULL. *layer is the caller's; NULL: nothing changed */
	int (*run)(void *arg, const struct lb_inputs *in, struct lb_node *root, struct lb_time stamp, struct lb_node **layer,
	           struct lb_err *err);
	void *run_arg;
	struct lb_world world;
	uint64_t seed;                  /* of the scenario */
	uint64_t place;                 /* in the plan: stamps are LB_STAMP_TIME + place */
	struct lb_layer_options layer;
	const _Atomic bool *cancel;     /* NULL */
	struct lb_results *results;     /* layers made so far, shared by the builds of a run */
	/* dockerfile, models, policy and what find_base gives, and the texts and lists of this struct, stay what they are as long
	 * as results: builds that have them in common share what follows from them */
	bool lasting;
	struct lb_events events;
};

/* Later than all context times: 2020-09-13 + 10^8 s. */
#define LB_STAMP_TIME (LB_CONTEXT_TIME + 100000000)

struct lb_build_result {
	bool ok;                        /* false: a step failed; message says which and why, FILE:LINE:COL first */
	char message[2048];
	uint32_t steps, hits, misses, meta, skipped, unknown, wasted, stale, errors, unreached;
	bool run_ns_known, wasted_known, bytes_known;
	uint64_t run_ns, wasted_run_ns; /* sums of what is known */
	uint64_t context_files, context_bytes; /* after .dockerignore */
	uint32_t layers, layers_new;
	uint64_t bytes_stored, bytes_pushed, bytes_pulled, image_bytes, shared_bytes;
	struct lb_cache_counts cache;
	struct lb_digest image;         /* manifest; zero when there is none */
	bool image_known;
};
uint32_t *lb_build_count(struct lb_build_result *r, enum lb_outcome o); /* that of its steps that came to o */

/* Layers that builds made, by result id; safe for several threads. */
struct lb_results;
struct lb_results *lb_results_new(void);
void lb_results_free(struct lb_results *r);
/* What lasting builds had in common. */
struct lb_results_counts {
	uint64_t plans_made;                 /* a Dockerfile, with its arguments and bases */
	uint64_t steps_made, steps_recalled; /* misses whose layer was made, and those that had it from another build */
};
struct lb_results_counts lb_results_counts(struct lb_results *r);

/* Carries a build out. A failing step is a result (ok false), not an error; LB_INVALID when the Dockerfile
 * cannot be built at all (before anything ran), LB_UNSUPPORTED when the policy's engine refuses it,
 * LB_INTERRUPTED after cancel. */
int lb_build(const struct lb_build_options *options, struct lb_build_result *out, struct lb_err *err);

/* {"libarchive":"3.6.2",…}: what this program is linked with, since compressed bytes hold for one version. */
void lb_library_versions(struct lb_json *w);

#endif
