/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of a cache that is the same for all engines. A lookup writes the step's canonical inputs, asks the
 * engine, and then either finds the reason of the miss or compares the inputs with those of the hit. On the
 * hot path nothing is allocated but the link: texts are made of misses only.
 */
#include "policy/internal.h"

#include <stdlib.h>

#include "lbench/mem.h"

int lb_cache_new(const struct lb_policy *p, enum lb_builder_kind kind, struct lb_scope *scope, struct lb_cache **out, struct lb_err *err)
{
	if (!(p->builders & (1U << kind)))
		return lb_fail(err, LB_UNSUPPORTED, "%s has no %s builder", p->name, lb_builder_name(kind));
	struct lb_cache *c = lb_calloc(1, sizeof(*c));
	c->policy = p;
	c->kind = kind;
	c->scope = scope;
	c->memory = lb_recall_new();
	c->state = p->ops->state_new ? p->ops->state_new(c) : NULL;
	*out = c;
	return 0;
}

struct lb_cache *lb_cache_fork(const struct lb_cache *c, struct lb_scope *scope)
{
	struct lb_cache *copy = lb_calloc(1, sizeof(*copy));
	copy->policy = c->policy;
	copy->kind = c->kind;
	copy->scope = scope;
	copy->memory = lb_recall_fork(c->memory);
	copy->state = c->policy->ops->state_fork ? c->policy->ops->state_fork(c->state) : NULL;
	return copy;
}

void lb_cache_free(struct lb_cache *c)
{
	if (!c)
		return;
	if (c->policy->ops->state_free)
		c->policy->ops->state_free(c->state);
	lb_recall_free(c->memory);
	lb_buf_release(&c->fields);
	lb_buf_release(&c->scratch);
	free(c);
}

void lb_cache_ask(struct lb_cache *c, lb_cache_holds_fn *holds, void *arg)
{
	c->holds = holds;
	c->holds_arg = arg;
}

void lb_cache_build_of(struct lb_cache *c, const char *image)
{
	lb_recall_image(c->memory, image);
}

void lb_cache_hits_only(struct lb_cache *c)
{
	c->hits_only = true;
}

enum lb_builder_kind lb_cache_kind(const struct lb_cache *c)
{
	return c->kind;
}

int lb_cache_begin(struct lb_cache *c, struct lb_err *err)
{
	lb_recall_begin(c->memory);
	c->total = (struct lb_cache_counts){ 0 };
	if (c->kind == LB_BUILDER_COLD)
		c->build = lb_scope_next_serial(c->scope);
	return c->policy->ops->begin ? c->policy->ops->begin(c, err) : 0;
}

int lb_cache_receive(struct lb_cache *c, const char *name, struct lb_node *disk, struct lb_node **seen, struct lb_err *err)
{
	if (c->policy->ops->receive)
		return c->policy->ops->receive(c, name, disk, seen, err);
	*seen = lb_node_ref(disk);
	return 0;
}

struct lb_node *lb_cache_unremembered(const struct lb_cache *c)
{
	struct lb_node *seen = NULL, *disk = NULL;
	if (c->policy->ops->ideal)
		c->policy->ops->ideal(c, &seen, &disk);
	return disk;
}

static void decision_init(struct lb_decision *d)
{
	*d = (struct lb_decision){ 0 };
	d->evidence.inherited_stage = d->evidence.inherited_index = -1;
	d->overlooked.inherited_stage = d->overlooked.inherited_index = -1;
}

/* ---- FROM ---- */

static void add_identity(struct lb_buf *b, const char *name, const struct lb_digest *d)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(d, hex);
	lb_buf_addc(b, LB_FIELD_BASE);
	lb_buf_add(b, name, strlen(name) + 1);
	lb_buf_add(b, hex, 12);
	lb_buf_addc(b, '\0');
}

static void base_fields(const struct lb_base *base, struct lb_buf *b)
{
	lb_buf_clear(b);
	if (!base)
		return;
	add_identity(b, "manifest", &base->manifest);
	add_identity(b, "layers", &base->chain_id);
}

/* Another image than the time before: the reason of what misses below. The first build has no time before. */
static void base_reason(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_decision *d)
{
	if (c->hits_only)
		return;
	struct lb_match m = lb_recall_match(c->memory, in);
	struct lb_digest now = lb_digest_of(lb_buf_str(&c->fields), c->fields.len);
	if (m.seen && lb_digest_equal(&m.seen->inputs, &now)) {
		lb_recall_keep(c->memory, in, m.seen);
		return;
	}
	lb_recall_note(c->memory, in, &now, lb_buf_str(&c->fields), c->fields.len);
	if (!m.stage_known)
		return;
	struct lb_evidence *e = &d->evidence;
	d->reason = LB_BASE_CHANGED;
	e->attribute = lb_strdup("base");
	if (!base || !m.seen || !m.seen->fields_len) {
		e->was = m.seen ? lb_strdup(m.seen->text) : NULL;
		e->now = in->step->text ? lb_strdup(in->step->text) : NULL;
		return;
	}
	struct lb_field f;
	const char *at = m.seen->fields;
	if (lb_field_next(&at, m.seen->fields + m.seen->fields_len, &f))
		e->was = lb_strdup(f.value);
	at = lb_buf_str(&c->fields);
	if (lb_field_next(&at, at + c->fields.len, &f))
		e->now = lb_strdup(f.value);
}

static struct lb_digest base_state(const struct lb_base *base)
{
	if (!base)
		return (struct lb_digest){ 0 };
	return lb_digest_is_zero(&base->chain_id) ? base->manifest : base->chain_id;
}

static int stage_link(struct lb_cache *c, struct lb_link *stage, struct lb_link **out, struct lb_err *err)
{
	if (c->policy->ops->from_stage)
		return c->policy->ops->from_stage(c, stage, out, err);
	*out = lb_link_ref(stage);
	return 0;
}

int lb_cache_from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link *stage,
		  struct lb_decision *out, struct lb_err *err)
{
	decision_init(out);
	out->outcome = LB_META;
	if (stage)
		return stage_link(c, stage, &out->link, err);
	base_fields(base, &c->fields);
	base_reason(c, in, base, out);
	int rc = c->policy->ops->from(c, in, base, &out->link, err);
	if (rc)
		return rc;
	out->link->state = out->link->ideal = base_state(base);
	if (out->reason == LB_BASE_CHANGED) {
		uint32_t line = in->step && in->step->in ? in->step->in->first_line : 0;
		out->link->cause = (struct lb_cause){ in->stage, in->index, line, true, true };
	}
	return 0;
}

int lb_cache_image(struct lb_cache *c, const struct lb_base *base, struct lb_link **out, struct lb_err *err)
{
	int rc = c->policy->ops->from(c, NULL, base, out, err);
	if (!rc)
		(*out)->state = (*out)->ideal = base_state(base);
	return rc;
}

/* ---- lookup ---- */

static bool all_known(const struct lb_inputs *in)
{
	if (!in->owner_known)
		return false;
	for (size_t i = 0; i < in->sources_count; i++)
		if (!in->sources[i].known)
			return false;
	return true;
}

/* What the file system follows from, behind a step with these inputs. */
static struct lb_digest state_behind(const struct lb_digest *below, const struct lb_digest *inputs)
{
	uint8_t both[64] = { 0 };
	if (below)
		memcpy(both, below->bytes, 32);
	memcpy(both + 32, inputs->bytes, 32);
	return lb_digest_of(both, sizeof(both));
}

/* The inputs as they would be in a build from scratch: a builder that remembers may have something else than the
 * disk holds. Without such a difference, in itself. */
struct ideal {
	struct lb_inputs in;
	struct lb_source *sources;
	struct lb_selected *items;
	bool differs;
};

static void ideal_release(struct ideal *x)
{
	free(x->sources);
	free(x->items);
}

static struct lb_node *on_disk(struct lb_node *seen, struct lb_node *disk, const struct lb_selected *item)
{
	struct lb_node *n = lb_tree_get(seen, item->path) == item->node ? lb_tree_get(disk, item->path) : NULL;
	return n ? n : item->node;
}

static void ideal_sources(struct ideal *x, struct lb_node *seen, struct lb_node *disk)
{
	size_t count = 0, at = 0;
	for (size_t i = 0; i < x->in.sources_count; i++)
		count += x->in.sources[i].items_count;
	x->sources = lb_calloc(x->in.sources_count, sizeof(*x->sources));
	x->items = lb_calloc(count, sizeof(*x->items));
	for (size_t i = 0; i < x->in.sources_count; i++) {
		x->sources[i] = x->in.sources[i];
		x->sources[i].items = &x->items[at];
		for (size_t k = 0; k < x->in.sources[i].items_count; k++, at++) {
			x->items[at] = x->in.sources[i].items[k];
			if (!x->sources[i].from)
				x->items[at].node = on_disk(seen, disk, &x->items[at]);
			x->differs |= x->items[at].node != x->in.sources[i].items[k].node;
		}
	}
	x->in.sources = x->sources;
}

static void ideal_of(const struct lb_cache *c, const struct lb_inputs *in, struct ideal *x)
{
	struct lb_node *seen = NULL, *disk = NULL;
	*x = (struct ideal){ .in = *in };
	x->differs = in->parent && !lb_digest_equal(&in->parent->state, &in->parent->ideal);
	if (c->policy->ops->ideal)
		c->policy->ops->ideal(c, &seen, &disk);
	if (seen != disk && in->sources_count)
		ideal_sources(x, seen, disk);
}

/* Canonical inputs as they are, and as they would be from scratch. */
static int digest_inputs(struct lb_cache *c, const struct lb_inputs *in, struct ideal *x, struct lb_digest *inputs, struct lb_digest *ideal,
			 struct lb_err *err)
{
	size_t canonical;
	lb_inputs_fields(in, &c->fields, &canonical);
	ideal_of(c, in, x);
	int rc = lb_inputs_digest(in, c->fields.data, canonical, in->parent ? &in->parent->state : NULL, inputs, err);
	*ideal = *inputs;
	if (!rc && x->differs)
		rc = lb_inputs_digest(&x->in, c->fields.data, canonical, in->parent ? &in->parent->ideal : NULL, ideal, err);
	return rc;
}

static void set_states(const struct lb_inputs *in, const struct lb_digest *then, const struct lb_digest *now, struct lb_link *link)
{
	const struct lb_link *p = in->parent;
	link->state = state_behind(p ? &p->state : NULL, then);
	bool same = (!p || lb_digest_equal(&p->state, &p->ideal)) && lb_digest_equal(then, now);
	link->ideal = same ? link->state : state_behind(p ? &p->ideal : NULL, now);
}

static void decide_hit(struct lb_cache *c, const struct lb_why *w, const struct lb_found *f, const struct ideal *x,
		       const struct lb_digest *ideal, struct lb_decision *d)
{
	struct lb_seen *old = w->match.seen;
	d->result = f->kept.result;
	d->has_result = f->kept.held;
	d->inputs_then = f->kept.inputs;
	d->link = f->link;
	/* a hit that did not need to see its sources cannot tell whether they are still what they were */
	d->inputs_now = all_known(w->in) ? *ideal : f->kept.inputs;
	set_states(w->in, &d->inputs_then, &d->inputs_now, d->link);
	if (c->hits_only)
		return;
	if (!lb_digest_equal(&d->inputs_then, &d->inputs_now)) {
		struct lb_seen *then = lb_recall_by_inputs(c->memory, &d->inputs_then);
		struct lb_why clean = *w;
		clean.in = &x->in;
		if (then)
			lb_reason_overlooked(then, &clean, &d->overlooked);
		if (old)
			lb_recall_keep(c->memory, w->in, old);
		return;
	}
	bool same = old && lb_digest_equal(&old->inputs, w->inputs) && old->fields_len == w->fields_len &&
		    memcmp(old->fields, w->fields, w->fields_len) == 0;
	if (same || (old && !all_known(w->in))) {
		lb_recall_keep(c->memory, w->in, old);
		return;
	}
	/* a result that was made for somebody else, or longer ago: what misses below it misses because of this step */
	if (old && d->link->cause.stage < 0)
		d->link->cause = lb_reason_cause(w->in, d);
	lb_recall_note(c->memory, w->in, &d->inputs_now, w->fields, w->fields_len);
}

static void decide_meta(struct lb_cache *c, const struct lb_why *w, const struct lb_found *f, struct lb_decision *d)
{
	d->link = f->link;
	if (w->in->parent) {
		d->link->state = w->in->parent->state;
		d->link->ideal = w->in->parent->ideal;
	}
	if (c->hits_only)
		return;
	if (f->breaks) {
		lb_reason_miss(w, d);
		d->link->cause = lb_reason_cause(w->in, d);
		d->needed = LB_NEEDED_EMPTY;
	}
	struct lb_seen *old = w->match.seen;
	if (old && old->fields_len == w->fields_len && memcmp(old->fields, w->fields, w->fields_len) == 0)
		lb_recall_keep(c->memory, w->in, old);
	else
		lb_recall_note(c->memory, w->in, w->inputs, w->fields, w->fields_len);
}

/* A stale hit has something to tell as well. */
static bool is_plain_hit(const struct lb_inputs *in, const struct lb_found *f, const struct lb_digest *ideal)
{
	if (f->outcome != LB_HIT)
		return f->outcome == LB_META && !f->breaks;
	return f->kept.held && (!all_known(in) || lb_digest_equal(&f->kept.inputs, ideal));
}

static int give_up(struct lb_found *f, struct lb_err *err)
{
	lb_link_unref(f->link);
	lb_pending_free(f->pending);
	return lb_fail(err, LB_NOT_FOUND, "a step is not in the cache");
}

static int decide(struct lb_cache *c, const struct lb_inputs *in, const struct ideal *x, const struct lb_digest *inputs,
		  const struct lb_digest *ideal, struct lb_decision *out, struct lb_err *err)
{
	const struct lb_policy_ops *ops = c->policy->ops;
	struct lb_found f = { 0 };
	int rc = ops->lookup(c, in, inputs, &f, err);
	if (!rc && c->hits_only && !is_plain_hit(in, &f, ideal))
		rc = give_up(&f, err);
	if (rc)
		return rc;
	struct lb_why w = { .in = in,
			    .fields = c->fields.data,
			    .fields_len = c->fields.len,
			    .inputs = inputs,
			    .match = c->hits_only ? (struct lb_match){ 0 } : lb_recall_match(c->memory, in),
			    .counts = ops->counts(c, in) };
	out->outcome = f.outcome;
	out->key = f.key;
	out->inputs_now = *ideal;
	out->pending = f.pending;
	if (f.outcome == LB_HIT) {
		decide_hit(c, &w, &f, x, ideal, out);
	} else if (f.outcome == LB_META) {
		decide_meta(c, &w, &f, out);
	} else if (f.outcome == LB_MISS) {
		out->has_result = f.relinked;
		if (f.relinked)
			out->result = f.kept.result;
		lb_reason_miss(&w, out);
	} else if (!w.match.seen || w.match.seen->open) {
		lb_recall_note_open(c->memory, in, inputs, w.fields, w.fields_len);
	} else {
		lb_recall_keep(c->memory, in, w.match.seen);
	}
	return 0;
}

int lb_cache_lookup(struct lb_cache *c, const struct lb_inputs *in, struct lb_decision *out, struct lb_err *err)
{
	struct lb_digest inputs, ideal;
	struct ideal x;
	decision_init(out);
	int rc = digest_inputs(c, in, &x, &inputs, &ideal, err);
	if (!rc)
		rc = decide(c, in, &x, &inputs, &ideal, out, err);
	ideal_release(&x);
	return rc;
}

int lb_cache_record(struct lb_cache *c, const struct lb_inputs *in, struct lb_decision *d, const struct lb_result *r, struct lb_err *err)
{
	struct lb_digest inputs, ideal;
	struct ideal x;
	int rc = digest_inputs(c, in, &x, &inputs, &ideal, err);
	ideal_release(&x);
	if (rc)
		return rc;
	struct lb_past k = {
		.result = r->id, .diff_id = r->diff_id, .inputs = inputs, .bytes = r->bytes, .no_layer = r->no_layer, .held = true
	};
	struct lb_link *link = NULL;
	rc = c->policy->ops->record(c, in, d->pending, &k, &link, err);
	if (rc)
		return rc;
	if (d->outcome == LB_HIT) {
		d->outcome = LB_MISS;
		d->reason = LB_EVICTED;
		d->needed = LB_NEEDED_NO;
	}
	set_states(in, &inputs, &ideal, link);
	link->cause = lb_reason_cause(in, d);
	lb_link_unref(d->link);
	d->link = link;
	lb_pending_free(d->pending);
	d->pending = NULL;
	d->result = r->id;
	d->has_result = true;
	lb_recall_note(c->memory, in, &inputs, c->fields.data, c->fields.len);
	return 0;
}

int lb_cache_end(struct lb_cache *c, struct lb_link *final, struct lb_cache_counts *counts, struct lb_err *err)
{
	int rc = 0;
	lb_recall_end(c->memory, final != NULL);
	if (c->policy->ops->end)
		rc = c->policy->ops->end(c, final, &c->total, err);
	if (counts)
		*counts = c->total;
	return rc;
}
