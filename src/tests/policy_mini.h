/* SPDX-License-Identifier: Apache-2.0
 *
 * A small builder for the tests of policies: the real front end and trees, COPY to a path, and a RUN that leaves
 * one file. `RUN TEXT > PATH` writes TEXT; any other RUN leaves /ran with its command. Each execution is a new
 * result, as on the engines.
 */
#ifndef LBENCH_POLICY_MINI_H
#define LBENCH_POLICY_MINI_H

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/cache.h"
#include "lbench/dockerfile.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/mem.h"

enum { MINI_STEPS = 64, MINI_RESULTS = 512 };

struct mini_row {
	int stage, index;
	enum lb_outcome outcome;
	enum lb_reason reason;
	int needed;
	char evidence[512], overlooked[512];
	bool stale, has_result;
};

struct mini_result {
	struct lb_digest id;
	char *path;
	struct lb_node *node;
};

struct mini {
	const struct lb_policy *policy;
	struct lb_scope *scope;
	struct lb_cache *cache;
	struct mini_result results[MINI_RESULTS];
	size_t results_count;
	struct lb_node *base_root;
	struct mini_row rows[MINI_STEPS];
	size_t rows_count;
	char outcomes[MINI_STEPS]; /* a letter for each instruction but FROM: H M . ? */
	struct lb_cache_counts counts;
	uint64_t executions;
	bool forget_sources; /* what COPYs select of the context is unknown */
};

/* One build's input. Zero is the default of everything but dockerfile. */
struct mini_state {
	const char *dockerfile;
	const char *context;  /* as lb_tree_parse reads it; NULL: as before */
	const char *args[6];  /* name, value, … */
	const char *base_env; /* value of BASE in the base's environment */
	int base;             /* layers of the base: another number, other layers */
	const char *secret;   /* value of the secret s */
	const char *depends;  /* what every RUN's model depends on; NULL: no model */
	const char *image;    /* which image it is, where several share the cache */
	bool no_cache, fails; /* fails: the build does not end well */
	bool blind;           /* what stages hold is not known before it is asked for with bytes */
};

struct mini_stage {
	struct lb_stage_state state;
	struct lb_link *link;
	struct lb_node *root;
	bool all_held;
};

static inline struct mini *mini_new(const char *policy, enum lb_builder_kind kind)
{
	struct lb_err err;
	struct mini *m = lb_calloc(1, sizeof(*m));
	if (lb_policy_find(policy, &m->policy, &err) || lb_scope_new(NULL, &m->scope, &err) ||
	    lb_cache_new(m->policy, kind, m->scope, &m->cache, &err) ||
	    lb_tree_parse("d 0755 0:0 @1600000000 etc\nf 0644 0:0 @1600000000 etc/x = x\n", &m->base_root, &err)) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	return m;
}

static inline size_t mini_drop_results(struct mini *m)
{
	for (size_t i = 0; i < m->results_count; i++) {
		free(m->results[i].path);
		lb_node_unref(m->results[i].node);
	}
	return m->results_count = 0;
}

/* Another process opens what the scope kept. */
static inline void mini_reopen(struct mini *m, enum lb_builder_kind kind)
{
	lb_cache_free(m->cache);
	if (lb_cache_new(m->policy, kind, m->scope, &m->cache, NULL))
		abort();
}

/* A copy over a fork of the scope; m must not be freed before. */
static inline struct mini *mini_fork(struct mini *m)
{
	struct mini *copy = lb_calloc(1, sizeof(*copy));
	copy->policy = m->policy;
	copy->scope = lb_scope_fork(m->scope);
	copy->cache = lb_cache_fork(m->cache, copy->scope);
	copy->base_root = lb_node_ref(m->base_root);
	copy->executions = m->executions;
	for (size_t i = 0; i < m->results_count; i++)
		copy->results[copy->results_count++] =
			(struct mini_result){ m->results[i].id, m->results[i].path ? lb_strdup(m->results[i].path) : NULL,
					      lb_node_ref(m->results[i].node) };
	return copy;
}

static inline void mini_free(struct mini *m)
{
	mini_drop_results(m);
	lb_node_unref(m->base_root);
	lb_cache_free(m->cache);
	lb_scope_free(m->scope);
	free(m);
}

/* ---- layers ---- */

static inline void mini_apply(struct mini_stage *st, const char *path, struct lb_node *node)
{
	struct lb_attr dir = { .kind = LB_DIR, .mode = 0755, .mtime = { LB_CONTEXT_TIME, 0 } };
	struct lb_node *next;
	if (lb_tree_put(st->root, path, lb_node_ref(node), &dir, true, &next, NULL) == 0) {
		lb_node_unref(st->root);
		st->root = next;
	} else {
		lb_node_unref(node);
	}
}

static inline void mini_apply_result(struct mini *m, struct mini_stage *st, const struct lb_digest *id)
{
	for (size_t i = 0; i < m->results_count; i++)
		if (lb_digest_equal(&m->results[i].id, id) && m->results[i].node)
			mini_apply(st, m->results[i].path, m->results[i].node);
}

static inline void mini_execute(struct mini *m, const struct lb_inputs *in, struct mini_result *out)
{
	const struct lb_step *s = in->step;
	struct lb_attr file = { .kind = LB_FILE, .mode = 0644, .mtime = { LB_CONTEXT_TIME + 1000000, 0 } };
	const char *to = s->op == LB_OP_RUN && s->command ? strrchr(s->command, '>') : NULL;
	lb_autofree char *text = s->command ? lb_strndup(s->command, to ? (size_t)(to - s->command) : strlen(s->command)) : lb_strdup("");
	char name[64];
	snprintf(name, sizeof(name), "execution %llu", (unsigned long long)++m->executions);
	*out = (struct mini_result){ .id = lb_digest_of(name, strlen(name)) };
	if (s->op == LB_OP_RUN) {
		out->path = lb_strdup(to ? to + 1 + strspn(to + 1, " ") : "/ran");
		out->node = lb_node_new(&file, lb_content_text(text));
	} else if (s->op != LB_OP_WORKDIR && in->sources_count && in->sources[0].items_count) {
		out->path = lb_strdup(s->dest_abs);
		out->node = lb_node_ref(in->sources[0].items[0].node);
	}
}

/* ---- sources ---- */

struct mini_build {
	struct mini *m;
	const struct mini_state *given;
	struct lb_build_plan *plan;
	struct lb_node *context;
	struct mini_stage *stages;
	struct lb_arena arena;
	bool with_bytes;
};

static inline void mini_select(struct mini_build *b, struct lb_node *tree, const char *path, struct lb_source *src)
{
	struct lb_selected *items = lb_arena_alloc(&b->arena, 64 * sizeof(*items));
	const char *rel = path + strspn(path, "./");
	if (!lb_glob_has_magic(rel)) {
		struct lb_node *n = NULL;
		lb_autofree char *real = NULL;
		if (lb_tree_resolve(tree, rel, true, &n, &real, NULL) == 0)
			items[src->items_count++] = (struct lb_selected){ lb_arena_strdup(&b->arena, real),
									  lb_path_base(lb_arena_strdup(&b->arena, rel)), n, false };
	}
	for (size_t i = 0; lb_glob_has_magic(rel) && i < tree->entries_count; i++)
		if (lb_glob_match(rel, tree->entries[i].name) == 1)
			items[src->items_count++] =
				(struct lb_selected){ tree->entries[i].name, tree->entries[i].name, tree->entries[i].node, true };
	src->items = items;
}

static inline void mini_source(struct mini_build *b, const char *path, int stage, struct lb_source *src)
{
	*src = (struct lb_source){ .written = path, .known = true };
	if (stage < 0) {
		src->known = !b->m->forget_sources;
		if (src->known)
			mini_select(b, b->context, path, src);
		return;
	}
	src->from = b->stages[stage].link;
	src->known = b->with_bytes || (b->stages[stage].all_held && !b->given->blind);
	if (src->known)
		mini_select(b, b->stages[stage].root, path, src);
}

static inline void mini_gather(struct mini_build *b, struct lb_inputs *in)
{
	const struct lb_step *s = in->step;
	struct lb_source *sources = lb_arena_alloc(&b->arena, 16 * sizeof(*sources));
	in->sources = sources;
	in->sources_count = 0;
	for (size_t i = 0; i < s->sources_count; i++)
		if (s->sources[i].path)
			mini_source(b, s->sources[i].path, s->from_stage, &sources[in->sources_count++]);
	for (size_t i = 0; i < s->mounts_count; i++)
		if (s->mounts[i].type == LB_MOUNT_BIND)
			mini_source(b, s->mounts[i].source, s->mounts[i].from_stage, &sources[in->sources_count++]);
}

/* ---- steps ---- */

static inline void mini_note(struct mini *m, const struct lb_inputs *in, const struct lb_decision *d)
{
	static const char letters[] = "HM.s?Eu";
	struct mini_row *r = &m->rows[m->rows_count];
	*r = (struct mini_row){ in->stage, in->index, d->outcome, d->reason, (int)d->needed, "", "", false, d->has_result };
	lb_autobuf struct lb_buf e = { 0 }, o = { 0 };
	lb_evidence_json(&d->evidence, &e);
	lb_evidence_json(&d->overlooked, &o);
	snprintf(r->evidence, sizeof(r->evidence), "%s", lb_buf_str(&e));
	snprintf(r->overlooked, sizeof(r->overlooked), "%s", lb_buf_str(&o));
	r->stale = d->outcome == LB_HIT && !lb_digest_equal(&d->inputs_then, &d->inputs_now);
	m->outcomes[m->rows_count++] = letters[d->outcome];
}

static inline int mini_step(struct mini_build *b, struct mini_stage *st, const struct lb_instruction *instruction, int stage, int index,
			    struct lb_err *err)
{
	struct mini *m = b->m;
	struct lb_step step;
	struct lb_stage_state before = st->state;
	struct lb_pair secret = { "s", b->given->secret };
	struct lb_pairs secrets = { &secret, b->given->secret ? 1 : 0, 1 };
	if (lb_step_resolve(&st->state, instruction, 0, &step, err))
		return -1;
	struct lb_inputs in = { .step = &step,
				.before = &before,
				.after = &st->state,
				.stage = stage,
				.stage_name = b->plan->stages[stage].stage->name,
				.index = index,
				.parent = st->link,
				.owner_known = true,
				.secrets = &secrets,
				.no_cache = b->given->no_cache };
	in.depends_known = b->given->depends != NULL;
	if (in.depends_known)
		in.depends = lb_digest_of(b->given->depends, strlen(b->given->depends));
	struct lb_decision d;
	b->with_bytes = false;
	mini_gather(b, &in);
	int rc = lb_cache_lookup(m->cache, &in, &d, err);
	if (!rc && d.outcome != LB_HIT && d.outcome != LB_META) {
		lb_decision_release(&d);
		b->with_bytes = true;
		mini_gather(b, &in);
		rc = lb_cache_lookup(m->cache, &in, &d, err);
	}
	if (rc)
		return rc;
	if (d.outcome == LB_MISS) {
		struct mini_result *r = &m->results[m->results_count++];
		mini_execute(m, &in, r);
		struct lb_result result = { .id = r->id, .diff_id = r->id, .bytes = 100, .layer = r->node };
		rc = lb_cache_record(m->cache, &in, &d, &result, err);
	}
	if (d.outcome == LB_HIT || d.outcome == LB_MISS)
		mini_apply_result(m, st, &d.result);
	st->all_held = st->all_held && (d.outcome != LB_HIT || d.has_result);
	mini_note(m, &in, &d);
	lb_link_unref(st->link);
	st->link = d.link ? lb_link_ref(d.link) : lb_link_unknown();
	lb_decision_release(&d);
	return rc;
}

static inline int mini_from(struct mini_build *b, size_t s, struct lb_err *err)
{
	struct mini *m = b->m;
	struct mini_stage *st = &b->stages[s];
	const struct lb_plan_stage *p = &b->plan->stages[s];
	struct lb_pair env = { "BASE", b->given->base_env };
	struct lb_image_config config = {
		.env = { &env, b->given->base_env ? 1 : 0, 1 }, .user = "", .workdir = "", .stop_signal = "", .author = ""
	};
	struct mini_stage *on = p->base_stage >= 0 ? &b->stages[p->base_stage] : NULL;
	char name[64];
	lb_stage_state_init(&st->state, b->plan, (int)s, on ? NULL : &config, on ? &on->state : NULL);
	st->all_held = true;
	st->root = lb_node_ref(on ? on->root : m->base_root);
	snprintf(name, sizeof(name), "base %d", b->given->base);
	struct lb_base base = { .name = "base", .chain_id = lb_digest_of(name, strlen(name)), .layers_count = 1 };
	snprintf(name, sizeof(name), "base %d %s", b->given->base, b->given->base_env ? b->given->base_env : "");
	base.manifest = lb_digest_of(name, strlen(name));
	struct lb_step step;
	struct lb_stage_state before = st->state;
	if (lb_step_resolve(&before, &b->plan->df->instructions[p->stage->first], 0, &step, err))
		return -1;
	struct lb_inputs in = { .step = &step, .before = &st->state, .after = &st->state, .stage = (int)s, .stage_name = p->stage->name };
	struct lb_decision d;
	int rc = lb_cache_from(m->cache, &in, on ? NULL : &base, on ? on->link : NULL, &d, err);
	if (!rc)
		st->link = lb_link_ref(d.link);
	lb_decision_release(&d);
	return rc;
}

static inline int mini_stages(struct mini_build *b, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < b->plan->order_count; i++) {
		size_t s = b->plan->order[i];
		const struct lb_stage *stage = b->plan->stages[s].stage;
		rc = mini_from(b, s, err);
		for (size_t k = stage->first + 1; !rc && k < stage->end; k++)
			rc = mini_step(b, &b->stages[s], &b->plan->df->instructions[k], (int)s, (int)(k - stage->first), err);
	}
	return rc;
}

/* Builds; rows and outcomes are of this build. */
static inline int mini_build(struct mini *m, const struct mini_state *given, struct lb_node *disk, struct lb_err *err)
{
	struct mini_build b = { .m = m, .given = given };
	struct lb_pair args[3];
	struct lb_pairs build_args = { args, 0, 3 };
	for (size_t i = 0; i + 1 < LB_COUNT(given->args) && given->args[i]; i += 2)
		args[build_args.count++] = (struct lb_pair){ given->args[i], given->args[i + 1] };
	struct lb_parse_options po = { .dialect = m->policy->dialect };
	struct lb_plan_options options = { .build_args = &build_args,
					   .dialect = m->policy->dialect,
					   .unneeded_too = m->policy->shape.unneeded_stages };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	m->rows_count = 0;
	memset(m->outcomes, 0, sizeof(m->outcomes));
	int rc = lb_dockerfile_parse("Dockerfile", given->dockerfile, strlen(given->dockerfile), &po, &df, err);
	if (!rc)
		rc = lb_build_plan_new(df, &options, &b.plan, err);
	lb_cache_build_of(m->cache, given->image ? given->image : "");
	if (!rc)
		rc = lb_cache_begin(m->cache, err);
	if (!rc)
		rc = lb_cache_receive(m->cache, "", disk, &b.context, err);
	if (!rc) {
		b.stages = lb_arena_alloc(&b.arena, b.plan->stages_count * sizeof(*b.stages));
		rc = mini_stages(&b, err);
	}
	if (!rc)
		rc = lb_cache_end(m->cache, given->fails ? NULL : b.stages[b.plan->target].link, &m->counts, err);
	for (size_t s = 0; b.stages && s < b.plan->stages_count; s++) {
		lb_link_unref(b.stages[s].link);
		lb_node_unref(b.stages[s].root);
	}
	lb_node_unref(b.context);
	lb_build_plan_free(b.plan);
	lb_arena_release(&b.arena);
	return rc;
}

#endif
