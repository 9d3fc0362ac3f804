/* SPDX-License-Identifier: Apache-2.0
 *
 * Cache policies: whose rules decide. A policy is one engine and version; a cache is the state that one
 * builder of that engine is in (its records, and what its daemon remembers). build asks at each step:
 *
 *   lb_cache_begin                        a build starts
 *     lb_cache_receive                    the context on disk -> what the engine's builder sees
 *     for each needed stage, in order
 *       lb_cache_from                     -> link
 *       for each instruction
 *         lb_cache_lookup                 -> hit, miss, meta or unknown; key; why
 *         [execute it]  lb_cache_record   a miss, once its result is known  -> link
 *   lb_cache_end                          what of it stays for the next build
 *
 * Only a miss does work. A hit may come without its result (a cache that knows the key and does not hold the
 * layer): it stays a hit as long as nobody needs the bytes; when a later miss does, build carries it out
 * after all, as a miss with the reason `evicted`.
 */
#ifndef LBENCH_POLICY_H
#define LBENCH_POLICY_H

#include "lbench/stage.h"
#include "lbench/store.h"
#include "lbench/tree.h"

enum lb_origin { LB_OBSERVED, LB_FROM_SOURCE };

/* How the engine forms a layer, as data. */
struct lb_shape {
	bool run_empty_layer;      /* a RUN that changes nothing makes a layer all the same */
	bool run_touches_etc;      /* a RUN's layer carries the entry of /etc */
	bool workdir_layer;        /* WORKDIR makes a layer of its own */
	bool workdir_empty_layer;  /* … also when the directory exists */
	bool copy_lists_parents;   /* a COPY's layer lists the directories that lead to what it made */
	bool copy_replaces_link;   /* a link at the destination is replaced, not followed */
	bool volume_drops_changes; /* what a RUN writes below a VOLUME is dropped */
	bool unneeded_stages;      /* stages that the target does not need are built too */
	bool wildcard_must_match;  /* a wildcard that matches nothing is refused */
	bool many_sources_need_slash; /* several sources need a destination with '/' at its end */
	bool archive_by_content;   /* build unpacks an ADD's archive before the lookup (lb_source.unpacked) */
	bool bind_sees_ignored;    /* a bind of the context shows what .dockerignore leaves out */
	bool unknown_owner_is_root; /* a --chown name that a known /etc/passwd or group has not: 0; else the step fails */
	bool resolves_first;       /* whatever in a needed stage cannot be resolved is refused before anything runs; else the step
	                              that needs it fails */
	bool stage_names_unique;   /* a second stage of a name is refused, at its FROM's stage before anything of it runs */
	bool workdir_owned_by_user; /* a directory that WORKDIR makes belongs to USER; else to root */
	bool drops_unchanged;      /* a file that a COPY writes exactly as it was, times too, is not in the layer */
	bool link_is_plain;        /* COPY --link is a COPY: what lies at the destination counts */
	bool parents_to_root;      /* directories that a COPY makes on the way belong to root; else to --chown's owner */
	bool parents_by_chmod;     /* and have --chmod's mode, as the copied directory itself has; else both are 0755 */
	bool context_drops_setid;  /* a COPY from the context loses set-id bits of files */
	bool chown_drops_setid;    /* --chown does */
	enum { LB_MOUNT_DIRS_NONE, LB_MOUNT_DIRS_PARENTS, LB_MOUNT_DIRS_ALL } mount_dirs; /* of the directories that are made for
	                              a RUN's mounts, which stay in its layer */
	bool mount_touches_parent; /* the directory in which one was made is listed */
	bool mount_removes_target; /* a mount's target is gone behind the RUN, also when it was there before */
	bool etc_once;             /* run_touches_etc: only the first RUN on a base does */
	bool link_alone;           /* a new hard link to a lower file is in the layer by itself, as a file; else with that
	                              file, as a link to it */
	bool changed_dirs_only;    /* a RUN's layer lists a directory of a lower layer only when the directory itself changed
	                              (mode, owner, time), or when something right in it was added or changed; else all that
	                              lead to a change */
	bool args_inherited;       /* a stage that begins on another has its ARGs too; else only its configuration */
	bool copy_looks_at_root;   /* what the destination of a COPY or ADD is counts: lb_inputs.root is given where it is known */
	uint32_t whiteout_mode;    /* of whiteout entries: 0600 or 0 */
};

enum lb_builder_kind { LB_BUILDER_WARM, LB_BUILDER_FRESH, LB_BUILDER_FRESH_MIN, LB_BUILDER_COLD };
const char *lb_builder_name(enum lb_builder_kind k);
int lb_builder_parse(const char *name, enum lb_builder_kind *out, struct lb_err *err);

struct lb_policy_ops;
struct lb_pending;
struct lb_policy {
	const char *engine;        /* "buildkit" */
	const char *version;       /* "0.25"; "" for `never` */
	const char *name;          /* "buildkit@0.25" */
	enum lb_origin origin;
	unsigned dialect;          /* enum lb_dialect */
	unsigned builders;         /* bit (1 << enum lb_builder_kind) for each that it knows */
	struct lb_shape shape;
	const struct lb_policy_ops *ops; /* policy/'s own */
	const void *rules;         /* version data, the engine's own */
};
/* How its layers look on a builder of that kind: fresh and cold BuildKit builders stand on another store than the
 * warm one that was observed. */
struct lb_shape lb_policy_shape(const struct lb_policy *p, enum lb_builder_kind kind);
/* "buildkit" (the newest observed version), "buildkit@0.13". LB_NOT_FOUND names what there is. */
int lb_policy_find(const char *name, const struct lb_policy **out, struct lb_err *err);
/* All of them, engine by engine (the default one first), oldest version first; `newest` only the bare names' versions. */
size_t lb_policy_list(bool newest, const struct lb_policy **out, size_t cap);

/* ---- what a step's result follows from ---- */

/* A position in a stage: what the policy knows of the state after a step. Counted, immutable. */
struct lb_link;
struct lb_link *lb_link_ref(struct lb_link *l);
void lb_link_unref(struct lb_link *l); /* NULL is fine */

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

enum lb_outcome { LB_HIT, LB_MISS, LB_META, LB_SKIPPED, LB_UNKNOWN, LB_ERROR, LB_UNREACHED };
const char *lb_outcome_name(enum lb_outcome o); /* hit miss meta skipped unknown error unreached */

enum lb_reason {
	LB_REASON_NONE, LB_FIRST_BUILD, LB_INSTRUCTION_CHANGED, LB_FILES_CHANGED, LB_METADATA_CHANGED, LB_ARG_CHANGED,
	LB_BASE_CHANGED, LB_NO_CACHE, LB_EVICTED, LB_PARENT_MISSED,
};
const char *lb_reason_name(enum lb_reason r); /* "" first-build instruction-changed … */

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

/* ---- a builder's cache ---- */
struct lb_cache;
/* scope is borrowed and holds the records; it outlives the cache. */
int lb_cache_new(const struct lb_policy *p, enum lb_builder_kind kind, struct lb_scope *scope, struct lb_cache **out, struct lb_err *err);
/* A copy that goes on by itself, over a fork of the scope. */
struct lb_cache *lb_cache_fork(const struct lb_cache *c, struct lb_scope *scope);
void lb_cache_free(struct lb_cache *c); /* NULL is fine */
enum lb_builder_kind lb_cache_kind(const struct lb_cache *c);
/* From now on the cache asks whether a result that its records name is still there (a store's gc frees layers, and no
 * records). One that is gone counts as not held. holds NULL: all are there. */
typedef bool lb_cache_holds_fn(void *arg, const struct lb_digest *result);
void lb_cache_ask(struct lb_cache *c, lb_cache_holds_fn *holds, void *arg);
/* From now on a lookup fails with LB_NOT_FOUND where it would not be a hit that is right and holds its layer, and leaves
 * no record of it: for a build that most likely changes nothing. What a miss needs to be told, another cache knows. */
void lb_cache_hits_only(struct lb_cache *c);

/* Which image the next builds are of, where several share a cache: a miss is told from the image's own last build, and so is
 * whether it was needed. It decides nothing. */
void lb_cache_build_of(struct lb_cache *c, const char *image);

struct lb_cache_counts {
	uint64_t export_bytes, import_bytes, fetched_bytes; /* of a CI cache: written, read, fetched for hits */
};

int lb_cache_begin(struct lb_cache *c, struct lb_err *err);
/* name tells contexts apart ("" the main one). *seen is the caller's reference. */
int lb_cache_receive(struct lb_cache *c, const char *name, struct lb_node *disk, struct lb_node **seen, struct lb_err *err);
/* The main context that was received last as a builder without a memory of earlier ones would have it. Borrowed until
 * the next lb_cache_receive; NULL: no other than it was received. */
struct lb_node *lb_cache_unremembered(const struct lb_cache *c);
/* A stage begins: on an image (base; NULL for scratch) or on the last link of another stage. The decision is
 * META, with a reason when the base is not the one of before. */
int lb_cache_from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link *stage,
                  struct lb_decision *out, struct lb_err *err);
/* The link of an image that COPY --from or a mount reads. */
int lb_cache_image(struct lb_cache *c, const struct lb_base *base, struct lb_link **out, struct lb_err *err);
int lb_cache_lookup(struct lb_cache *c, const struct lb_inputs *in, struct lb_decision *out, struct lb_err *err);
/* A miss was carried out: remembers it, and sets d->link. Also for a hit without result that build had to
 * carry out (outcome is set to LB_MISS, reason LB_EVICTED). */
int lb_cache_record(struct lb_cache *c, const struct lb_inputs *in, struct lb_decision *d, const struct lb_result *r, struct lb_err *err);
/* The outcome stays unknown: a link that knows nothing. */
struct lb_link *lb_link_unknown(void);
/* The build is over. final: link of the target (for mode=min), NULL after a failure. */
int lb_cache_end(struct lb_cache *c, struct lb_link *final, struct lb_cache_counts *counts, struct lb_err *err);

#endif
