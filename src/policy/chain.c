/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/chain.h"

#include <assert.h>
#include <stdlib.h>

#include "lbench/mem.h"

struct pending {
	struct lb_pending base;
	struct lb_digest key;
	bool by_key;
};

/* A record is the image that was made, then the result. */
enum { RECORD_BYTES = 32 + LB_PAST_BYTES };

struct lb_link *lb_chain_link(const struct lb_digest *image)
{
	struct lb_link *l = lb_link_new(0);
	l->image = *image;
	return l;
}

int lb_chain_from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err)
{
	static const struct lb_digest scratch;
	(void)c;
	(void)in;
	(void)err;
	*out = lb_chain_link(base ? &base->manifest : &scratch);
	return 0;
}

int lb_chain_from_stage(struct lb_cache *c, struct lb_link *stage, struct lb_link **out, struct lb_err *err)
{
	(void)c;
	(void)err;
	struct lb_link *l = lb_chain_link(&stage->image);
	l->unknown = stage->unknown;
	l->state = stage->state;
	l->ideal = stage->ideal;
	l->cause = stage->cause;
	*out = l;
	return 0;
}

bool lb_chain_blind(const struct lb_inputs *in)
{
	for (size_t i = 0; i < in->sources_count; i++)
		if (!in->sources[i].known)
			return true;
	return !in->owner_known;
}

static int find(struct lb_cache *c, const struct lb_digest *key, bool oldest, struct lb_digest *image, struct lb_past *k,
		struct lb_err *err)
{
	struct lb_record r;
	int rc = oldest ? lb_scope_oldest(c->scope, key, &r, NULL) : lb_scope_get(c->scope, key, 0, &r, NULL);
	if (rc)
		return rc;
	if (r.len != RECORD_BYTES)
		return lb_fail(err, LB_INVALID, "a cache record has %zu bytes, %d expected: another version of lbench wrote it", r.len,
			       RECORD_BYTES);
	const uint8_t *b = r.data;
	memcpy(image->bytes, b, 32);
	lb_past_decode(b + 32, k);
	return 0;
}

/* A new image: two executions of one step are two images, though their bytes be the same. */
static int make(struct lb_cache *c, const struct lb_digest *key, bool by_key, const struct lb_past *k, struct lb_link **out,
		struct lb_err *err)
{
	struct lb_digest image = *key;
	if (!by_key) {
		struct lb_sha256 h;
		lb_sha256_init(&h);
		lb_sha256_addd(&h, key);
		lb_sha256_addu(&h, lb_scope_next_serial(c->scope));
		image = lb_sha256_done(&h);
	}
	uint8_t b[RECORD_BYTES];
	memcpy(b, image.bytes, 32);
	lb_past_encode(k, b + 32);
	int rc = lb_scope_put(c->scope, key, b, sizeof(b), err);
	if (rc)
		return rc;
	*out = lb_chain_link(&image);
	(*out)->missed = true;
	return 0;
}

static void pending_free(struct lb_pending *p)
{
	free(p);
}

static struct lb_pending *pending_new(const struct lb_digest *key, bool by_key)
{
	struct pending *p = lb_malloc(sizeof(*p));
	*p = (struct pending){ { pending_free }, *key, by_key };
	return &p->base;
}

static int miss(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *key, const struct lb_chain_options *o,
		struct lb_found *f, struct lb_err *err)
{
	static const struct lb_past nothing = { .no_layer = true };
	if (in->step->op != LB_OP_META) {
		f->outcome = LB_MISS;
		f->pending = pending_new(key, o->by_key);
		return 0;
	}
	f->outcome = LB_META;
	f->breaks = true;
	if (c->hits_only)
		return 0;
	return make(c, key, o->by_key, &nothing, &f->link, err);
}

/* A cold builder finds what this build made, and nothing else. */
static struct lb_digest own_key(const struct lb_cache *c, const struct lb_digest *key)
{
	if (c->kind != LB_BUILDER_COLD)
		return *key;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, key);
	lb_sha256_addu(&h, c->build);
	return lb_sha256_done(&h);
}

int lb_chain_decide(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *engine_key, const struct lb_chain_options *o,
		    struct lb_found *f, struct lb_err *err)
{
	const struct lb_link *parent = in->parent;
	struct lb_digest image, own = own_key(c, engine_key);
	const struct lb_digest *key = &own;
	f->key = *engine_key;
	if (parent->missed || in->no_cache)
		return miss(c, in, key, o, f, err);
	if (parent->unknown || o->unknown) {
		f->outcome = in->step->op == LB_OP_META ? LB_META : LB_UNKNOWN;
		f->link = in->step->op == LB_OP_META ? lb_link_unknown() : NULL;
		return 0;
	}
	int rc = find(c, key, o->oldest, &image, &f->kept, err);
	if (!rc && in->step->op != LB_OP_META && !lb_cache_holds(c, &f->kept.result))
		rc = LB_NOT_FOUND;
	if (rc == LB_NOT_FOUND)
		return miss(c, in, key, o, f, err);
	if (rc)
		return rc;
	f->outcome = in->step->op == LB_OP_META ? LB_META : LB_HIT;
	f->link = lb_chain_link(&image);
	return 0;
}

int lb_chain_record(struct lb_cache *c, const struct lb_inputs *in, struct lb_pending *base, const struct lb_past *k, struct lb_link **out,
		    struct lb_err *err)
{
	const struct pending *p = (const struct pending *)base;
	(void)in;
	assert(p);
	return make(c, &p->key, p->by_key, k, out, err);
}
