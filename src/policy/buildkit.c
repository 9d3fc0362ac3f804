/* SPDX-License-Identifier: Apache-2.0
 *
 * BuildKit (solver/{edge,cache}.go, solver/llbsolver/ops, frontend/dockerfile/dockerfile2llb). What decides:
 *
 *   step        in the operation's digest                     dependencies
 *   FROM        -                                             keys: manifest digest, then chain id of the layers;
 *                                                             name and configuration are in neither
 *   RUN         words, environment in order of last setting,  root: by definition; binds: by content of the path,
 *               directory, user, network, security, host      read-only or not
 *               name, platform, mounts in order of target;
 *               of a cache mount whether id and sharing are
 *               the default (their text before 0.13), mode,
 *               owner; of secrets all but the value. Proxies
 *               are not in it
 *   COPY, ADD   destination, base names of the sources,       root: by definition; sources: by content, those of
 *               --chown and --chmod (an octal one by value),  stages by definition as well
 *               excludes, ADD or COPY, heredocs' names and
 *               bodies, SOURCE_DATE_EPOCH (from 0.25)
 *   COPY --link as COPY; root is no dependency and a merge    docker's own store knows no merge: a plain COPY
 *               puts it on what stands below: the step hits   there (warm; observed with 0.13 and 0.25)
 *               when both are there
 *   WORKDIR     path, user, SOURCE_DATE_EPOCH (from 0.25)     root: by definition; / is no operation. A RUN below
 *                                                             has the directory as it was spelled
 *   all others  no operation
 *
 * A hit needs one choice of keys, one for each dependency, that led to a result before. All keys that stand beside
 * those of a hit lead there from then on (edge.go, "connect def key to slow key"); so a moved base with the same
 * layers, or a stage that ran again and wrote the same, is joined again. Definition keys are tried before anything
 * is read: a source that nobody can read without running a stage is not looked at while they suffice, and not
 * either when no result of this operation ever stood on this root. --no-cache executes, and adds a newer result.
 * Observed on 0.8, 0.13 and 0.25 (truth/), warm, fresh and fresh-min.
 */
#include "policy/buildkit.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct pending {
	struct lb_pending base;
	struct lb_bk_op op;
	struct lb_bk_ids known; /* empty: the result gets a new id */
	bool merge;             /* COPY --link: the copy is op, then a merge onto parent */
	struct lb_bk_ids merged;
};

/* ---- state ---- */

static void *state_new(struct lb_cache *c)
{
	struct lb_bk_state *s = lb_calloc(1, sizeof(*s));
	s->kind = c->kind;
	s->book = lb_bk_book_new(c->kind);
	s->made = lb_map_new(NULL);
	return s;
}

static void *state_fork(const void *p)
{
	const struct lb_bk_state *s = p;
	struct lb_bk_state *copy = lb_calloc(1, sizeof(*copy));
	copy->kind = s->kind;
	copy->book = lb_bk_book_new(s->kind);
	copy->made = lb_map_new(NULL);
	for (size_t i = 0; i < s->contexts_count; i++) {
		copy->contexts = lb_grow(copy->contexts, copy->contexts_count, &copy->contexts_cap, sizeof(*copy->contexts));
		const struct lb_bk_context *x = &s->contexts[i];
		copy->contexts[copy->contexts_count++] =
			(struct lb_bk_context){ lb_strdup(x->name), lb_node_ref(x->disk), lb_node_ref(x->seen), lb_node_ref(x->ideal) };
	}
	return copy;
}

static void state_free(void *p)
{
	struct lb_bk_state *s = p;
	for (size_t i = 0; i < s->contexts_count; i++) {
		free(s->contexts[i].name);
		lb_node_unref(s->contexts[i].disk);
		lb_node_unref(s->contexts[i].seen);
		lb_node_unref(s->contexts[i].ideal);
	}
	free(s->contexts);
	lb_bk_book_free(s->book);
	lb_map_free(s->made);
	free(s);
}

static int begin(struct lb_cache *c, struct lb_err *err)
{
	struct lb_bk_state *s = c->state;
	lb_map_free(s->made);
	s->made = lb_map_new(NULL);
	return lb_bk_book_begin(s->book, c->scope, &c->total, err);
}

static struct lb_bk_context *context_named(struct lb_bk_state *s, const char *name)
{
	for (size_t i = 0; i < s->contexts_count; i++)
		if (strcmp(s->contexts[i].name, name) == 0)
			return &s->contexts[i];
	s->contexts = lb_grow(s->contexts, s->contexts_count, &s->contexts_cap, sizeof(*s->contexts));
	s->contexts[s->contexts_count] = (struct lb_bk_context){ .name = lb_strdup(name) };
	return &s->contexts[s->contexts_count++];
}

static int receive(struct lb_cache *c, const char *name, struct lb_node *disk, struct lb_node **seen, struct lb_err *err)
{
	(void)err;
	struct lb_bk_state *s = c->state;
	struct lb_bk_context *x = context_named(s, name);
	struct lb_node *ideal = lb_receive_as_root(disk, x->disk, x->ideal);
	*seen = s->kind == LB_BUILDER_WARM ? lb_bk_receive(disk, x->disk, x->seen) : lb_node_ref(ideal);
	lb_node_unref(x->disk);
	lb_node_unref(x->seen);
	lb_node_unref(x->ideal);
	*x = (struct lb_bk_context){ x->name, lb_node_ref(disk), lb_node_ref(*seen), ideal };
	return 0;
}

static void ideal_context(const struct lb_cache *c, struct lb_node **seen, struct lb_node **disk)
{
	const struct lb_bk_state *s = c->state;
	for (size_t i = 0; i < s->contexts_count; i++)
		if (!*s->contexts[i].name) {
			*seen = s->contexts[i].seen;
			*disk = s->contexts[i].ideal;
		}
}

static int from(struct lb_cache *c, const struct lb_inputs *in, const struct lb_base *base, struct lb_link **out, struct lb_err *err)
{
	(void)c;
	(void)in;
	(void)err;
	if (!base) {
		*out = lb_link_new(0);
		return 0;
	}
	bool layers = !lb_digest_is_zero(&base->chain_id);
	struct lb_link *l = lb_link_new(layers ? 2 : 1);
	l->keys[0] = base->manifest;
	if (layers)
		l->keys[1] = base->chain_id;
	*out = l;
	return 0;
}

/* ---- lookup ---- */

static void pending_free(struct lb_pending *base)
{
	struct pending *p = (struct pending *)base;
	for (size_t i = 0; i < p->op.deps_count; i++)
		lb_link_unref(p->op.deps[i].link);
	free(p);
}

static struct lb_pending *pending_new(const struct lb_bk_op *op, const struct lb_bk_ids *known, bool merge, const struct lb_bk_ids *merged)
{
	struct pending *p = lb_malloc(sizeof(*p));
	p->base.free = pending_free;
	p->op.digest = op->digest;
	p->op.deps_count = op->deps_count;
	p->op.binds = op->binds;
	memcpy(p->op.deps, op->deps, op->deps_count * sizeof(op->deps[0]));
	for (size_t i = 0; i < op->deps_count; i++)
		lb_link_ref(p->op.deps[i].link);
	p->known = *known;
	p->merge = merge;
	p->merged = *merged;
	return &p->base;
}

static struct lb_link *link_of(const struct lb_cache *c, const struct lb_inputs *in, const struct lb_bk_ids *ids)
{
	const struct lb_bk_state *s = c->state;
	struct lb_link *l = lb_link_new(ids->count);
	memcpy(l->keys, ids->items, ids->count * sizeof(ids->items[0]));
	if (in->step->op == LB_OP_WORKDIR)
		l->spelled = lb_bk_spelled(in);
	else if (in->parent)
		l->spelled = in->parent->spelled;
	l->below = lb_link_ref(in->parent);
	if (s->kind != LB_BUILDER_WARM)
		l->step = ids->items[0];
	return l;
}

/* The newest result among ids; puts its id first, so that links name it. */
static bool newest_result(struct lb_cache *c, struct lb_bk_ids *ids, struct lb_past *out)
{
	struct lb_bk_state *s = c->state;
	for (size_t i = 0; i < ids->count; i++) {
		if (lb_bk_book_result(s->book, c->scope, &ids->items[i], out))
			continue;
		out->held = out->held && lb_cache_holds(c, &out->result);
		struct lb_digest first = ids->items[i];
		ids->items[i] = ids->items[0];
		ids->items[0] = first;
		return true;
	}
	return false;
}

/* The merge that puts a linked copy with these ids onto parent. copy is a link for the call. */
static void merge_op(const struct lb_bk_ids *ids, struct lb_link *parent, struct lb_link *copy, struct lb_bk_op *out)
{
	static const struct lb_digest merge = { "buildkit: merge" };
	memcpy(copy->keys, ids->items, ids->count * sizeof(ids->items[0]));
	copy->keys_count = ids->count;
	out->digest = merge;
	out->deps_count = 0;
	out->binds = false;
	if (parent && parent->keys_count)
		out->deps[out->deps_count++] = (struct lb_bk_dep){ .link = parent };
	out->deps[out->deps_count++] = (struct lb_bk_dep){ .link = copy };
}

static bool has_operation(const struct lb_step *s)
{
	if (s->op == LB_OP_WORKDIR)
		return strcmp(s->path, "/") != 0;
	return s->op == LB_OP_RUN || s->op == LB_OP_COPY || s->op == LB_OP_ADD;
}

static bool merges(const struct lb_cache *c, const struct lb_step *s)
{
	const struct lb_buildkit_rules *rules = c->policy->rules;
	return s->link && !s->chmod && rules->link_merges && c->kind != LB_BUILDER_WARM;
}

/* A linked copy that is there: is it there on this parent too? */
static int look_up_merge(struct lb_cache *c, const struct lb_inputs *in, const struct lb_bk_op *op, struct lb_bk_ids *ids,
			 struct lb_found *f, struct lb_err *err)
{
	struct lb_link *copy = lb_link_new(LB_BK_IDS_MAX);
	struct lb_bk_op merge;
	struct lb_bk_ids merged;
	struct lb_past k;
	merge_op(ids, in->parent, copy, &merge);
	lb_bk_find_ids(c, &merge, &merged);
	int rc = 0;
	if (!in->no_cache && newest_result(c, &merged, &k)) {
		f->outcome = LB_HIT;
		f->kept = k;
		f->link = link_of(c, in, &merged);
		rc = lb_bk_connect(c, &merge, &merged.items[0], &k, err);
	} else {
		f->outcome = LB_MISS;
		f->relinked = !in->no_cache && f->kept.held;
	}
	if (f->outcome == LB_MISS || !f->kept.held)
		f->pending = pending_new(op, ids, true, &merged);
	lb_link_unref(copy);
	return rc;
}

static int look_up_operation(struct lb_cache *c, const struct lb_inputs *in, struct lb_found *f, struct lb_err *err)
{
	struct lb_bk_op op;
	struct lb_bk_ids ids, none = { .count = 0 };
	bool merge = merges(c, in->step);
	int rc = lb_bk_op_of(c->policy->rules, in, merge, &op, err);
	if (rc)
		return rc;
	lb_bk_find_ids(c, &op, &ids);
	f->key = op.digest;
	bool found = newest_result(c, &ids, &f->kept);
	if (!found && !in->no_cache && lb_bk_any_unknown(&op) && lb_bk_may_match(c, &op)) {
		f->outcome = LB_UNKNOWN;
		return 0;
	}
	/* a single choice leads to what it was found by */
	if (found && ids.choices > 1)
		rc = lb_bk_connect(c, &op, &ids.items[0], &f->kept, err);
	else if (found)
		lb_bk_book_use(((struct lb_bk_state *)c->state)->book, &ids.items[0], &f->kept);
	if (rc)
		return rc;
	if (found && merge)
		return look_up_merge(c, in, &op, &ids, f, err);
	f->outcome = found && !in->no_cache ? LB_HIT : LB_MISS;
	if (f->outcome == LB_HIT)
		f->link = link_of(c, in, &ids);
	if (f->outcome == LB_MISS || !f->kept.held)
		f->pending = pending_new(&op, &ids, merge, &none);
	return rc;
}

/* WORKDIR / makes nothing, and moves all the same. */
static struct lb_link *moved_to_root(const struct lb_inputs *in)
{
	const struct lb_link *p = in->parent;
	struct lb_link *l = lb_link_new(p->keys_count);
	memcpy(l->keys, p->keys, p->keys_count * sizeof(p->keys[0]));
	l->unknown = p->unknown;
	l->cause = p->cause;
	l->step = p->step;
	l->below = lb_link_ref(p->below);
	l->fetched = p->fetched;
	l->spelled = lb_bk_spelled(in);
	return l;
}

static int lookup(struct lb_cache *c, const struct lb_inputs *in, const struct lb_digest *inputs, struct lb_found *f, struct lb_err *err)
{
	(void)inputs;
	if (has_operation(in->step))
		return look_up_operation(c, in, f, err);
	f->outcome = LB_META;
	f->link = in->step->op == LB_OP_WORKDIR ? moved_to_root(in) : lb_link_ref(in->parent);
	return 0;
}

/* ---- record ---- */

static int keep(struct lb_cache *c, const struct lb_bk_op *op, struct lb_bk_ids *ids, const struct lb_past *k, struct lb_err *err)
{
	struct lb_bk_state *s = c->state;
	if (!ids->count)
		ids->items[ids->count++] = lb_bk_new_id(c, op, &k->result);
	int rc = lb_bk_book_add_result(s->book, c->scope, &ids->items[0], k, err);
	return rc ? rc : lb_bk_connect(c, op, &ids->items[0], k, err);
}

static int record(struct lb_cache *c, const struct lb_inputs *in, struct lb_pending *base, const struct lb_past *k, struct lb_link **out,
		  struct lb_err *err)
{
	struct lb_bk_state *s = c->state;
	struct pending *p = (struct pending *)base;
	assert(p);
	int rc = keep(c, &p->op, &p->known, k, err);
	if (!rc && p->merge) {
		struct lb_link *copy = lb_link_new(LB_BK_IDS_MAX);
		struct lb_bk_op merge;
		merge_op(&p->known, in->parent, copy, &merge);
		rc = keep(c, &merge, &p->merged, k, err);
		lb_link_unref(copy);
	}
	if (rc)
		return rc;
	*out = link_of(c, in, p->merge ? &p->merged : &p->known);
	(*out)->fetched = true;
	if (!p->merge)
		lb_bk_book_fetch(s->book, in->parent, &c->total);
	for (size_t i = 0; i < in->sources_count; i++)
		lb_bk_book_fetch(s->book, in->sources[i].from, &c->total);
	return 0;
}

static int end(struct lb_cache *c, struct lb_link *final, struct lb_cache_counts *counts, struct lb_err *err)
{
	struct lb_bk_state *s = c->state;
	return lb_bk_book_end(s->book, c->scope, final, counts, err);
}

static unsigned counts(const struct lb_cache *c, const struct lb_inputs *in)
{
	const struct lb_buildkit_rules *rules = c->policy->rules;
	const struct lb_bk_state *s = c->state;
	unsigned n = LB_COUNT_MODE | LB_COUNT_NAME | LB_COUNT_BIND | LB_COUNT_ENV | LB_COUNT_PLACE;
	bool from_context = !in->sources_count || !in->sources[0].from;
	if (!from_context)
		n |= LB_COUNT_OWNER;
	/* a warm builder never sees these of its context (and its copy of it does not show them either) */
	if (!from_context || s->kind != LB_BUILDER_WARM)
		n |= LB_COUNT_DIR_MODE | LB_COUNT_TOP_MODE | LB_COUNT_XATTR;
	if (rules->epoch_counts)
		n |= LB_COUNT_EPOCH;
	return n;
}

const struct lb_policy_ops lb_buildkit_ops = {
	.state_new = state_new,
	.state_fork = state_fork,
	.state_free = state_free,
	.begin = begin,
	.receive = receive,
	.ideal = ideal_context,
	.from = from,
	.lookup = lookup,
	.record = record,
	.end = end,
	.counts = counts,
};
