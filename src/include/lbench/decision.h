/* SPDX-License-Identifier: Apache-2.0
 *
 * What a step's result follows from, what a policy decided about it and why, and what came out of it.
 */
#ifndef LBENCH_DECISION_H
#define LBENCH_DECISION_H

#include "lbench/policy.h"
#include "lbench/step.h"
#include "lbench/tree.h"

struct lb_pending;

/* A position in a stage: what the policy knows of the state after a step. Counted, immutable. */
struct lb_link;
struct lb_link *lb_link_ref(struct lb_link *l);
void lb_link_unref(struct lb_link *l); /* NULL is fine */
struct lb_link *lb_link_unknown(void); /* of an outcome that stays unknown: it knows nothing */

/* One thing that a COPY, an ADD or a bind mount selects. */
struct lb_selected {
	const char *path;          /* its real path in the source tree */
	const char *base;          /* last part of the source as written (after expansion), "" for the root */
	struct lb_node *node;      /* borrowed; without what --exclude drops */
	bool wildcard;             /* chosen by one */
};
struct lb_source {             /* one source of a COPY or ADD, or one bind mount */
	const char *written;       /* expanded; for a mount its source */
	const struct lb_selected *items; /* none: a wildcard that matches nothing */
	size_t items_count;
	struct lb_link *from;      /* of the stage or image that it reads; NULL: the context */
	bool known;                /* false: what it selects depends on bytes that nobody knows; items are then empty */
	bool archive;              /* ADD will unpack it */
	struct lb_node *unpacked;  /* borrowed; of an archive, what it holds (policy->shape.archive_by_content); NULL: not unpacked */
};

/* A base image, as build found it. */
struct lb_base {
	const char *name;          /* as FROM says */
	struct lb_digest manifest; /* identity: manifest digest, or a model's */
	struct lb_digest chain_id; /* of its layers; zero for none */
	const struct lb_digest *diff_ids;
	size_t layers_count;
	struct lb_digest config;   /* digest of its configuration */
	uint64_t instance;         /* serial: each import or build of an image makes a new one (stands for created times) */
	const struct lb_image_config *image_config;
	bool opaque;               /* a name and nothing else */
};

/* Everything that a step's result can depend on, as it is: the canonical inputs. Borrowed for the call;
 * what must last, policy copies (nodes by reference). */
struct lb_inputs {
	const struct lb_step *step;
	const struct lb_stage_state *before; /* state at the instruction */
	const struct lb_stage_state *after;  /* state behind it */
	int stage;                 /* index in the file */
	const char *stage_name;    /* lower case, or NULL */
	int index;                 /* of the instruction in its stage, FROM is 0; triggers count after FROM */
	struct lb_link *parent;    /* state before */
	struct lb_node *root;      /* root file system before; may hold unknown directories */
	const struct lb_source *sources; /* COPY, ADD: in order (heredocs apart); RUN: bind mounts, in the order of mounts */
	size_t sources_count;
	uint32_t uid, gid;         /* COPY: --chown resolved in root, 0:0 without; WORKDIR: the user's */
	bool owner_known;          /* false: a name, and root is opaque */
	const char *late_workdir;  /* COPY, ADD where WORKDIR makes no layer: the directory that shows in the next one; NULL */
	const struct lb_pairs *secrets; /* given values by id: never in a key; reasons and stale hits look at them */
	/* What the result of a RUN depends on, from its model: a digest over the files and world facts. */
	bool depends_known;
	struct lb_digest depends;
	bool no_cache;             /* --no-cache */
};

/* Evidence of a miss: what differs from the last time that this step was carried out, and where. NULL strings
 * are absent. */
struct lb_evidence {
	char *path;                /* file in its source tree */
	char *attribute;           /* content mode owner type target xattr added removed; instruction, base, destination, … */
	char *argument;            /* ARG or ENV by name */
	char *was, *now;
	uint64_t changed;          /* how many files differ, 0: not counted */
	int inherited_stage, inherited_index; /* the step whose miss it inherited; -1: none */
	uint32_t inherited_line;
};
void lb_evidence_release(struct lb_evidence *e);
/* {"path":…,"attribute":…,"argument":…,"was":…,"now":…,"changed":…,"inherited_from":"STAGE:LINE"}, members that are
 * absent left out; "" for no evidence. */
void lb_evidence_json(const struct lb_evidence *e, struct lb_buf *out);

struct lb_decision {
	enum lb_outcome outcome;   /* LB_HIT, LB_MISS, LB_META, LB_UNKNOWN */
	struct lb_digest key;      /* the engine's key as we compute it; zero for none */
	enum lb_reason reason;     /* of a miss; of a META that breaks the chain */
	struct lb_evidence evidence;
	/* needed: did what the result depends on change since the last time this step was carried out? */
	enum { LB_NEEDED_EMPTY, LB_NEEDED_YES, LB_NEEDED_NO } needed;
	/* a hit */
	struct lb_digest result;   /* what lb_cache_record was given when it was made */
	bool has_result;           /* false: the key is known, the layer is not held */
	struct lb_digest inputs_then; /* canonical inputs then and now: equal unless the engine overlooks one */
	struct lb_digest inputs_now;
	struct lb_evidence overlooked; /* when they differ: what */
	/* A miss with has_result: the layer is in the cache and is only put on another parent (COPY --link where the
	 * engine has it as an operation of its own). build takes `result` instead of carrying the step out, and hands
	 * it to lb_cache_record. */
	struct lb_link *link;      /* state behind it: for a hit and for meta; NULL for a miss before lb_cache_record */
	struct lb_pending *pending; /* policy's own, from lookup to record */
};
void lb_decision_release(struct lb_decision *d);

/* What came out of a step that was carried out. */
struct lb_result {
	struct lb_digest id;       /* names the result (build's); equal ids are one result */
	struct lb_digest diff_id;  /* of the layer; under dry a stand-in that is new for each execution */
	bool no_layer;             /* the engine forms none (shape) */
	uint64_t bytes;            /* of the layer's blob, 0 when unknown: what a cache export would hold */
	struct lb_node *layer;     /* borrowed; NULL when unknown */
};

#endif
