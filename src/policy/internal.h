/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of policy share. cache.c asks the engine (lb_policy_ops) for hit or miss, and adds what is
 * the same for all of them: canonical inputs, the reason and evidence of a miss, *needed*, what a stale hit
 * overlooked. Engines know keys and records, no reasons.
 */
#ifndef LBENCH_POLICY_INTERNAL_H
#define LBENCH_POLICY_INTERNAL_H

#include "lbench/cache.h"

/* Digest flavours of the engines; the file that computes each says what is in it. */
#define LB_FLAVOUR_BUILDKIT        LB_FLAVOUR_POLICY_0                          /* buildkit_content.c: a path's content digest */
#define LB_FLAVOUR_BUILDKIT_HEADER ((enum lb_flavour)(LB_FLAVOUR_POLICY_0 + 1)) /* … of a directory's own attributes */
#define LB_FLAVOUR_CLASSIC         ((enum lb_flavour)(LB_FLAVOUR_POLICY_0 + 2))
#define LB_FLAVOUR_BUILDAH         ((enum lb_flavour)(LB_FLAVOUR_POLICY_0 + 3))
#define LB_FLAVOUR_BUILDAH_OWNED   ((enum lb_flavour)(LB_FLAVOUR_POLICY_0 + 4))
#define LB_FLAVOUR_KANIKO          ((enum lb_flavour)(LB_FLAVOUR_POLICY_0 + 5))

/* ---- links ---- */

/* The step that a chain of misses began with. */
struct lb_cause {
	int stage, index; /* -1: nothing missed */
	uint32_t line;
	bool base;   /* a FROM whose image is another than before */
	bool direct; /* no step that counts stands between it and here */
};
#define LB_NO_CAUSE ((struct lb_cause){ .stage = -1, .index = -1 })

struct lb_link {
	_Atomic uint32_t refs;
	bool unknown;           /* nothing is known */
	struct lb_digest state; /* canonical: what the file system here follows from */
	struct lb_digest ideal; /* … in a build from scratch: another where a hit below is stale */
	struct lb_cause cause;
	struct lb_digest image;   /* classic, buildah: the image that a step made; kaniko: the composite key so far */
	bool missed;              /* classic, buildah, kaniko: this stage had its first miss */
	struct lb_digest step;    /* buildkit, fresh: id of the result that is the last layer; zero for none */
	struct lb_link *below;    /* buildkit: the link that the layer lies on; a reference */
	struct lb_digest spelled; /* buildkit: the working directory as WORKDIR wrote it, where that is not its clean form */
	bool fetched;             /* buildkit, fresh: the layer is on this machine */
	size_t keys_count;        /* buildkit: equivalent definition keys, any of which leads to what is above */
	struct lb_digest keys[];
};
struct lb_link *lb_link_new(size_t keys_count);

/* ---- records ---- */

/* What a cache keeps of an executed step. */
struct lb_past {
	struct lb_digest result, diff_id, inputs;
	uint64_t bytes;
	bool no_layer;
	bool held; /* the layer too, not only its key */
};
enum { LB_PAST_BYTES = 105 };
void lb_past_encode(const struct lb_past *k, uint8_t b[LB_PAST_BYTES]);
void lb_past_decode(const uint8_t b[LB_PAST_BYTES], struct lb_past *out);
int lb_past_put(struct lb_scope *scope, const struct lb_digest *key, const struct lb_past *k, struct lb_err *err);
int lb_past_get(struct lb_scope *scope, const struct lb_digest *key, size_t i, struct lb_past *out, struct lb_err *err); /* LB_NOT_FOUND */

/* ---- the inputs of a step, as text ---- */

/* One thing that a result depends on. */
enum lb_field_class {
	LB_FIELD_KEYWORD = 'K',
	LB_FIELD_COMMAND = 'C', /* RUN: its text or words */
	LB_FIELD_SHELL = 'S',
	LB_FIELD_PLACE = 'P', /* working directory, user, network, security */
	LB_FIELD_MOUNT = 'M',
	LB_FIELD_ENV = 'E',
	LB_FIELD_DEST = 'D',
	LB_FIELD_FLAG = 'F',
	LB_FIELD_FILE = 'H',  /* heredoc */
	LB_FIELD_NAME = 'N',  /* base name of a source */
	LB_FIELD_EPOCH = 'T', /* SOURCE_DATE_EPOCH */
	LB_FIELD_SECRET = 'V',
	LB_FIELD_BASE = 'B',
	/* from here on not canonical: they stand in evidence only */
	LB_FIELD_TEXT = 't',     /* metadata: the instruction, expanded */
	LB_FIELD_SOURCE = 's',   /* a source as written */
	LB_FIELD_VARIABLE = 'v', /* a variable that the instruction names */
	LB_FIELD_ARG = 'a',      /* RUN: an argument in effect */
};
/* Fields one after the other, each class, name NUL, value NUL. Read with lb_field_next. */
struct lb_field {
	char class;
	const char *name, *value;
};
bool lb_field_next(const char **at, const char *end, struct lb_field *out);

/* Writes the fields of in to out (cleared); *canonical_len: up to there they are canonical. */
void lb_inputs_fields(const struct lb_inputs *in, struct lb_buf *out, size_t *canonical_len);
/* Digest of everything that the result depends on, from those fields, the files and the state below (NULL: none). */
int lb_inputs_digest(const struct lb_inputs *in, const char *fields, size_t canonical_len, const struct lb_digest *below,
		     struct lb_digest *out, struct lb_err *err);
/* word with the variables of the step expanded, the caller's; false: it cannot be. */
bool lb_inputs_expand(const struct lb_inputs *in, const char *word, char **out);
/* WORKDIR's directory as written, when that is absolute and not its clean form; the caller's. NULL: it is clean. */
char *lb_inputs_workdir_spelled(const struct lb_inputs *in);

/* receive.c: disk with all owners reset to 0:0, as docker's clients send it. then and seen: what was given and what
 * came out the time before, NULL: nothing. The caller's reference. */
struct lb_node *lb_receive_as_root(struct lb_node *disk, const struct lb_node *then, const struct lb_node *seen);

/* ---- what a cache remembers of earlier steps ---- */

struct lb_seen_item {
	char *path;
	struct lb_node *node;
};
/* The inputs of a step whose result is in force: of its last execution or hit. Counted. */
struct lb_seen {
	_Atomic uint32_t refs;
	struct lb_digest inputs; /* canonical */
	bool open;               /* its outcome stayed unknown: it was not carried out */
	struct lb_digest below;  /* state of the parent */
	enum lb_keyword keyword;
	char *original; /* the instruction as written */
	char *text;     /* expanded */
	char *fields;
	size_t fields_len;
	bool depends_known;
	struct lb_digest depends;
	struct lb_seen_item *items;
	size_t items_count;
	bool blind; /* it hit without a look at its sources: items are not all */
};
struct lb_seen *lb_seen_ref(struct lb_seen *s);
void lb_seen_unref(struct lb_seen *s);

struct lb_recall; /* seen.c: of all stages */
struct lb_recall *lb_recall_new(void);
struct lb_recall *lb_recall_fork(const struct lb_recall *m);
void lb_recall_free(struct lb_recall *m);
/* Which image the next builds are of: predecessors are steps of the same one. */
void lb_recall_image(struct lb_recall *m, const char *name);
void lb_recall_begin(struct lb_recall *m);
/* A failed build did not reach all steps: what was seen of the others stays. */
void lb_recall_end(struct lb_recall *m, bool ok);
struct lb_match {
	struct lb_seen *seen; /* the step as it was; borrowed; NULL: none */
	bool stage_known;     /* the stage was built before */
	const char *above;    /* text of the nearest step above that is another then and now; NULL: none, or FROM */
	const char *above_now;
};
struct lb_match lb_recall_match(struct lb_recall *m, const struct lb_inputs *in);
struct lb_seen *lb_recall_by_inputs(const struct lb_recall *m, const struct lb_digest *inputs); /* borrowed, NULL */
/* The step's inputs are in force now. */
void lb_recall_note(struct lb_recall *m, const struct lb_inputs *in, const struct lb_digest *inputs, const char *fields, size_t fields_len);
/* The step's outcome stays unknown. */
void lb_recall_note_open(struct lb_recall *m, const struct lb_inputs *in, const struct lb_digest *inputs, const char *fields,
			 size_t fields_len);
/* Nothing changed since: in is what old says. */
void lb_recall_keep(struct lb_recall *m, const struct lb_inputs *in, struct lb_seen *old);

/* ---- reasons ---- */

/* What of a difference a policy counts. */
enum lb_counts {
	LB_COUNT_MODE = 1 << 0, /* of files */
	LB_COUNT_DIR_MODE = 1 << 1,
	LB_COUNT_OWNER = 1 << 2,
	LB_COUNT_XATTR = 1 << 3,
	LB_COUNT_NAME = 1 << 4, /* names below a source */
	LB_COUNT_BIND = 1 << 5, /* content of bind mounts */
	LB_COUNT_TIME = 1 << 6,
	LB_COUNT_ENV = 1 << 7, /* base's ENV and all that is in the environment */
	LB_COUNT_EPOCH = 1 << 8,
	LB_COUNT_SECRET = 1 << 9,
	LB_COUNT_TOP_MODE = 1 << 10, /* mode of a source directory itself */
	LB_COUNT_SOURCE = 1 << 11,   /* how a source is written */
	LB_COUNT_PLACE = 1 << 12,    /* directory, user, shell: of the step itself (elsewhere the instructions above break the chain) */
	LB_COUNT_ARG = 1 << 13,      /* arguments in effect */
	LB_COUNT_SPELLING = 1 << 14, /* the instruction as it is written, whatever it means */
	LB_COUNT_ALL = (1 << 15) - 1,
};

/* Differences of files: what was and is at the same place. Fills e and *content (the bytes or kinds differ,
 * or a name came or went). False: none that counts. */
bool lb_diff_items(const struct lb_seen *then, const struct lb_inputs *now, unsigned counts, struct lb_evidence *e, bool *content);

/* Fills reason, evidence and needed of a miss. now: fields of in. */
struct lb_why {
	const struct lb_inputs *in;
	const char *fields;
	size_t fields_len;
	const struct lb_digest *inputs;
	struct lb_match match;
	unsigned counts;
};
void lb_reason_miss(const struct lb_why *w, struct lb_decision *d);
/* What is now the cause of misses below a step that missed for reason d->reason. */
struct lb_cause lb_reason_cause(const struct lb_inputs *in, const struct lb_decision *d);
/* A hit whose canonical inputs differ: which? */
void lb_reason_overlooked(const struct lb_seen *then, const struct lb_why *w, struct lb_evidence *e);

/* ---- engines ---- */

/* What an engine keeps between the lookup of a step and its record. */
struct lb_pending {
	void (*free)(struct lb_pending *p);
};
void lb_pending_free(struct lb_pending *p); /* NULL is fine */

struct lb_found {
	enum lb_outcome outcome; /* LB_HIT, LB_MISS, LB_META, LB_UNKNOWN */
	struct lb_digest key;
	struct lb_past kept;        /* of a hit */
	bool breaks;                /* LB_META: it is a link of the chain and was not there */
	bool relinked;              /* LB_MISS: kept's layer goes onto another parent */
	struct lb_link *link;       /* hit, meta */
	struct lb_pending *pending; /* miss, and a hit that holds no layer */
};

struct lb_policy_ops {
	/* State of the engine's own; NULL functions: none. */
	void *(*state_new)(struct lb_cache *c);
	void *(*state_fork)(const void *state);
	void (*state_free)(void *state);
	int (*begin)(struct lb_cache *c, struct lb_err *err); /* NULL: nothing */
	int (*receive)(struct lb_cache *c, const char *name, struct lb_node *disk, struct lb_node **seen,
		       struct lb_err *err); /* NULL: as is */
	/* The context as this builder has it, and as one that remembers nothing would; borrowed. NULL: they are one. */
	void (*ideal)(const struct lb_cache *c, struct lb_node **seen, struct lb_node **disk);
	/* Link of a base image or scratch; also of one that COPY --from reads (in NULL then). */
	int (*from)(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err);
	/* A stage begins on another: NULL: the same link. */
	int (*from_stage)(struct lb_cache *c, struct lb_link *stage, struct lb_link **out, struct lb_err *err);
	int (*lookup)(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *out,
		      struct lb_err *err);
	int (*record)(struct lb_cache *c, const struct lb_inputs *in, struct lb_pending *p, const struct lb_past *k, struct lb_link **out,
		      struct lb_err *err);
	int (*end)(struct lb_cache *c, struct lb_link *final, struct lb_cache_counts *counts, struct lb_err *err); /* NULL: nothing */
	/* What of a difference this version counts for a step. */
	unsigned (*counts)(const struct lb_cache *c, const struct lb_inputs *in);
};

struct lb_cache {
	const struct lb_policy *policy;
	enum lb_builder_kind kind;
	struct lb_scope *scope; /* borrowed */
	void *state;            /* the engine's */
	struct lb_recall *memory;
	uint64_t build;       /* cold: a number that no other build has */
	struct lb_buf fields; /* of the step at hand */
	struct lb_buf scratch;
	struct lb_cache_counts total;
	lb_cache_holds_fn *holds; /* NULL: all results are there */
	void *holds_arg;
	bool hits_only; /* nothing will be told: memory stays empty */
};
static inline bool lb_cache_holds(const struct lb_cache *c, const struct lb_digest *result)
{
	return !c->holds || c->holds(c->holds_arg, result);
}

extern const struct lb_policy_ops lb_never_ops, lb_buildkit_ops, lb_classic_ops, lb_buildah_ops, lb_kaniko_ops;

#endif
