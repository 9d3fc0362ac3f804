/* SPDX-License-Identifier: Apache-2.0
 *
 * A cache: the state that one builder of an engine is in, its records and what its daemon remembers. build asks at each
 * step:
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
#ifndef LBENCH_CACHE_H
#define LBENCH_CACHE_H

#include "lbench/decision.h"
#include "lbench/store.h"

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
/* The build is over. final: link of the target (for mode=min), NULL after a failure. */
int lb_cache_end(struct lb_cache *c, struct lb_link *final, struct lb_cache_counts *counts, struct lb_err *err);

#endif
