/* SPDX-License-Identifier: Apache-2.0
 *
 * What classic, buildah and kaniko share: every instruction is a link of one chain of images, found by the image
 * below it and a text; after the first miss in a stage nothing is looked up any more.
 */
#ifndef LBENCH_POLICY_CHAIN_H
#define LBENCH_POLICY_CHAIN_H

#include "policy/internal.h"

struct lb_chain_options {
	bool oldest;  /* of several images that match the first one made is taken, not the newest */
	bool by_key;  /* the chain goes on by key, and not by the image that was made (kaniko) */
	bool unknown; /* the key cannot be known: it depends on bytes that nobody knows */
};
/* Decides in by key, which the engine made of the image below and the instruction. An instruction that makes no
 * layer gets its image at once. */
int lb_chain_decide(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *key, const struct lb_chain_options *o,
		    struct lb_found *f, struct lb_err *err);
/* ops->record of an engine. */
int lb_chain_record(struct lb_cache *c, const struct lb_inputs *in, struct lb_pending *p, const struct lb_past *k, struct lb_link **out,
		    struct lb_err *err);
/* A link at an image. */
struct lb_link *lb_chain_link(const struct lb_digest *image);
/* ops->from of an engine that knows a base by its manifest. */
int lb_chain_from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err);
/* ops->from_stage: the same image, and a stage that has not missed yet. */
int lb_chain_from_stage(struct lb_cache *c, struct lb_link *stage, struct lb_link **out, struct lb_err *err);
/* Does any source of in wait for bytes? */
bool lb_chain_blind(const struct lb_inputs *in);

#endif
