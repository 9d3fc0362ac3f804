/* SPDX-License-Identifier: Apache-2.0
 *
 * BuildKit's solver, as far as it decides. An operation has a digest of its own and dependencies; each
 * dependency offers keys: the ids of the operation that it is (definition keys), and for sources and binds
 * one of the content that is read. A cache holds, for each choice of one key a dependency, the id of the
 * result; ids that the same choice leads to are equivalent.
 */
#ifndef LBENCH_POLICY_BUILDKIT_H
#define LBENCH_POLICY_BUILDKIT_H

#include "policy/internal.h"

/* What differs between versions. */
struct lb_buildkit_rules {
	bool cache_id_counts; /* a cache mount's id and sharing are in RUN's key, not only whether they are the default */
	bool epoch_counts;    /* SOURCE_DATE_EPOCH is in the key of COPY, ADD and WORKDIR */
	bool sees_all_below;  /* a copy of what this build made is found from further up its stage too, not only right behind */
	bool link_merges;     /* fresh builders: COPY --link is a copy on an empty base, and a merge */
};

/* An operation's dependency. */
struct lb_bk_dep {
	struct lb_link *link;      /* definition keys; NULL: a local source, which has none. Borrowed, in a pending counted */
	struct lb_digest selector; /* of the paths that are read; goes with definition keys */
	bool has_content;
	struct lb_digest content;
	bool unknown; /* its content, or all of it, is not known */
};
enum { LB_BK_DEPS_MAX = 34 };
struct lb_bk_op {
	struct lb_digest digest;
	struct lb_bk_dep deps[LB_BK_DEPS_MAX];
	size_t deps_count;
	bool binds; /* a RUN that sees files of the context */
};

/* buildkit_key.c: the operation of a step; LB_UNSUPPORTED for more dependencies than a step can have. merge: COPY
 * --link stands on nothing. */
int lb_bk_op_of(const struct lb_buildkit_rules *rules, const struct lb_inputs *in, bool merge, struct lb_bk_op *out, struct lb_err *err);

/* The working directory behind a WORKDIR as written, when it is absolute and not in its clean form; else zero. */
struct lb_digest lb_bk_spelled(const struct lb_inputs *in);

/* buildkit_content.c: the content digest of what a source selects. excludes: the step has such patterns. */
int lb_bk_content(const struct lb_source *src, bool excludes, struct lb_digest *out, struct lb_err *err);
int lb_bk_node_digest(struct lb_node *n, struct lb_digest *out, struct lb_err *err);
/* Of a directory's own attributes. It is remembered with the node: a warm builder may hold on to one that is no
 * longer true (kept). */
int lb_bk_header(struct lb_node *n, struct lb_digest *out, struct lb_err *err);
bool lb_bk_header_kept(struct lb_node *n);

/* buildkit_receive.c: what a builder has after a transfer, given what it had (NULL: nothing) and what the disk
 * had then. The caller's reference. */
struct lb_node *lb_bk_receive(struct lb_node *disk, struct lb_node *disk_then, struct lb_node *had);

/* That a choice of keys for an operation leads to an id. */
struct lb_bk_link {
	struct lb_digest op, choice, id;
	const struct lb_digest *deps; /* the definition keys among the choice */
	size_t deps_count;
	bool rooted; /* deps[0] is the root file system's */
};

/* buildkit_book.c: the records: in the scope (warm), or imported at the beginning of a build and exported at its
 * end (fresh), or forgotten (cold). */
struct lb_bk_book;
struct lb_bk_book *lb_bk_book_new(enum lb_builder_kind kind);
void lb_bk_book_free(struct lb_bk_book *b);
int lb_bk_book_begin(struct lb_bk_book *b, struct lb_scope *scope, struct lb_cache_counts *counts, struct lb_err *err);
int lb_bk_book_end(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_link *final, struct lb_cache_counts *counts,
		   struct lb_err *err);
/* The i-th newest id that a choice of keys leads to; LB_NOT_FOUND. */
int lb_bk_book_id(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *choice, size_t i, struct lb_digest *id);
int lb_bk_book_link(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_bk_link *l, struct lb_err *err);
/* Did op ever have a result, on one of these roots if there are some? Without it no content can match. */
bool lb_bk_book_tried(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *op, const struct lb_digest *roots,
		      size_t roots_count);
/* The newest result of an id; LB_NOT_FOUND. */
int lb_bk_book_result(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *id, struct lb_past *out);
int lb_bk_book_add_result(struct lb_bk_book *b, struct lb_scope *scope, const struct lb_digest *id, const struct lb_past *k,
			  struct lb_err *err);
/* The build went through id: an export holds it. */
void lb_bk_book_use(struct lb_bk_book *b, const struct lb_digest *id, const struct lb_past *k);
/* A step was carried out on top of link, or read it: the layers of hits there were fetched. */
void lb_bk_book_fetch(struct lb_bk_book *b, const struct lb_link *link, struct lb_cache_counts *counts);

/* ---- a builder ---- */

struct lb_bk_context {
	char *name;
	struct lb_node *disk, *seen;
	struct lb_node *ideal; /* what a builder without a memory would have */
};
struct lb_bk_state {
	struct lb_bk_book *book;
	struct lb_map *made; /* ids that this build made -> how; buildkit_choice.c's */
	enum lb_builder_kind kind;
	struct lb_bk_context *contexts;
	size_t contexts_count, contexts_cap;
};

/* Ids that the choices of a step's keys lead to. */
enum { LB_BK_IDS_MAX = 8 };
struct lb_bk_ids {
	struct lb_digest items[LB_BK_IDS_MAX];
	size_t count;
	size_t choices; /* that were asked */
};

/* buildkit_choice.c: all that op's choices lead to. */
void lb_bk_find_ids(struct lb_cache *c, const struct lb_bk_op *op, struct lb_bk_ids *out);
/* Makes all choices of op lead to id, whose result is k. */
int lb_bk_connect(struct lb_cache *c, const struct lb_bk_op *op, const struct lb_digest *id, const struct lb_past *k, struct lb_err *err);
/* The id of a result that no choice leads to yet. */
struct lb_digest lb_bk_new_id(struct lb_cache *c, const struct lb_bk_op *op, const struct lb_digest *result);
/* Could content that is not known yet lead to a result? */
bool lb_bk_may_match(struct lb_cache *c, const struct lb_bk_op *op);
bool lb_bk_any_unknown(const struct lb_bk_op *op);

#endif
