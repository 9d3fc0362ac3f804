/* SPDX-License-Identifier: Apache-2.0
 *
 * `never`: the floor that all others are compared with. It keeps nothing, and every step that makes something is
 * carried out.
 */
#include "policy/internal.h"

static int from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err)
{
	(void)c;
	(void)in;
	(void)base;
	(void)err;
	*out = lb_link_new(0);
	return 0;
}

static int lookup(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *f, struct lb_err *err)
{
	(void)c;
	(void)err;
	f->outcome = LB_MISS;
	f->key = *inputs;
	if (in->step->op != LB_OP_META)
		return 0;
	f->outcome = LB_META;
	f->link = lb_link_ref(in->parent);
	return 0;
}

static int record(struct lb_cache *c, const struct lb_inputs *in, struct lb_pending *p, const struct lb_past *k, struct lb_link **out,
		  struct lb_err *err)
{
	(void)c;
	(void)in;
	(void)p;
	(void)k;
	(void)err;
	*out = lb_link_new(0);
	return 0;
}

static unsigned counts(const struct lb_cache *c, const struct lb_inputs *in)
{
	(void)c;
	(void)in;
	return LB_COUNT_ALL & ~(unsigned)(LB_COUNT_SOURCE | LB_COUNT_SPELLING | LB_COUNT_TIME);
}

const struct lb_policy_ops lb_never_ops = { .from = from, .lookup = lookup, .record = record, .counts = counts };
