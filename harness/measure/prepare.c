/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/prepare.h"

#include <stdlib.h>
#include <string.h>

/* ---- states ---- */

static size_t add_state(struct prepared *p, struct scn_state *state)
{
	p->states = lb_grow(p->states, p->states_count, &p->states_cap, sizeof(*p->states));
	struct state_entry *e = &p->states[p->states_count];
	*e = (struct state_entry){ .state = state, .edit = -1 };
	e->inputs = lb_calloc(p->o->scenario->variants_count * p->o->policies_count, sizeof(*e->inputs));
	e->bases = lb_malloc(sizeof(*e->bases));
	*e->bases = (struct bases){ p, state };
	return p->states_count++;
}

/* Which state an edit makes of another. */
struct state_key {
	uint64_t parent, seq, edit;
};

/* 0, the first state, which no edit leads to: it is not there. */
static size_t find_state(const struct prepared *p, const struct state_key *key)
{
	return (size_t)(uintptr_t)lb_map_getn(p->states_by_key, key, sizeof(*key));
}

static int make_state(struct prepared *p, size_t parent, const struct scn_build *b, size_t *out, struct lb_err *err)
{
	const struct scn_edit *edit = &p->o->scenario->edits[b->edit];
	struct scn_state *state = NULL;
	bool no_effect = false;
	const struct state_key key = { parent, b->seq, (uint64_t)b->edit };
	*out = find_state(p, &key);
	if (*out)
		return 0;
	int rc = scn_state_apply(p->states[parent].state, edit, b->seq, &state, &no_effect, err);
	if (rc)
		return rc;
	*out = add_state(p, state);
	lb_map_setn(p->states_by_key, &key, sizeof(key), (void *)(uintptr_t)*out);
	struct state_entry *e = &p->states[*out];
	e->parent = parent;
	e->edit = b->edit;
	e->seq = b->seq;
	e->no_effect = no_effect;
	if (no_effect && !edit->no_change)
		e->fault = lb_format("edit '%s' changed nothing: context, Dockerfile, arguments, bases and world are what they were", edit->name);
	else if (!no_effect && edit->no_change)
		e->fault = lb_format("edit '%s' should change nothing (expect: no-change), and did", edit->name);
	return bases_make(p, state, err);
}

static int make_states(struct prepared *p, struct lb_err *err)
{
	struct scn_state *first;
	int rc = scn_state_first(p->o->scenario, &first, err);
	if (rc)
		return rc;
	add_state(p, first);
	rc = bases_make(p, first, err);
	p->states_by_key = lb_map_new(NULL);
	p->state_of = lb_calloc(p->plan->count, sizeof(*p->state_of));
	for (size_t i = 0; !rc && i < p->plan->count; i++) {
		const struct scn_build *b = &p->plan->builds[i], *from = b->after < 0 ? NULL : &p->plan->builds[b->after];
		if (b->edit < 0)
			continue;
		/* another variant at the same state, in a scope that they share */
		if (from && from->edit == b->edit && from->seq == b->seq && from->workload == b->workload)
			p->state_of[i] = p->state_of[b->after];
		else
			rc = make_state(p, from ? p->state_of[b->after] : 0, b, &p->state_of[i], err);
	}
	return rc;
}

/* ---- inputs ---- */

static void free_dockerfile(void *d)
{
	lb_dockerfile_free(d);
}

static void free_ignore(void *i)
{
	lb_ignore_free(i);
}

static struct lb_digest text_key(const char *name, const char *text, size_t len, unsigned dialect)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, name);
	lb_sha256_addu(&h, dialect);
	lb_sha256_add(&h, text, len);
	return lb_sha256_done(&h);
}

static int parse_dockerfile(struct prepared *p, const struct scn_variant *v, const char *text, const struct lb_policy *policy,
                            struct input *in, struct lb_err *err)
{
	struct lb_digest key = text_key(v->dockerfile_path, text, strlen(text), policy->dialect);
	in->dockerfile = lb_map_getn(p->dockerfiles, key.bytes, sizeof(key.bytes));
	if (in->dockerfile)
		return 0;
	struct lb_parse_options po = { .dialect = policy->dialect };
	struct lb_dockerfile *df;
	int rc = lb_dockerfile_parse(v->dockerfile_path, text, strlen(text), &po, &df, err);
	if (rc)
		return rc;
	lb_map_setn(p->dockerfiles, key.bytes, sizeof(key.bytes), df);
	in->dockerfile = df;
	return 0;
}

/* NAME.dockerignore beside the Dockerfile, for engines that know it; else .dockerignore. Appends the text. */
static int ignore_text(const struct prepared *p, const struct lb_policy *policy, size_t variant, const struct input *in,
                       struct lb_buf *out, struct lb_err *err)
{
	bool own = policy->dialect & LB_DIALECT_OWN_IGNORE;
	const char *beside = p->o->scenario->implicit ? p->o->scenario->variants[variant].ignore_text : NULL;
	if (own && beside) {
		lb_buf_adds(out, beside);
		return 0;
	}
	const struct lb_node *n = own ? lb_tree_get(in->context, "Dockerfile.dockerignore") : NULL;
	if (!n)
		n = lb_tree_get(in->context, ".dockerignore");
	return n && n->content ? lb_content_load(n->content, out, err) : 0;
}

static int parse_ignore(struct prepared *p, const struct lb_policy *policy, size_t variant, struct input *in, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = ignore_text(p, policy, variant, in, &text, err);
	if (rc || !text.len)
		return rc;
	struct lb_digest key = text_key(".dockerignore", text.data, text.len, 0);
	in->ignore = lb_map_getn(p->ignores, key.bytes, sizeof(key.bytes));
	if (in->ignore)
		return 0;
	struct lb_ignore *ig;
	rc = lb_ignore_parse(".dockerignore", text.data, text.len, &ig, err);
	if (rc)
		return rc;
	lb_map_setn(p->ignores, key.bytes, sizeof(key.bytes), ig);
	in->ignore = ig;
	return 0;
}

static int make_input(struct prepared *p, size_t state, size_t variant, size_t policy, struct lb_err *err)
{
	struct input *in = prepared_input(p, state, variant, policy);
	if (in->context)
		return 0;
	const struct scn_state *st = p->states[state].state;
	int rc = scn_state_context(st, variant, &in->context, err);
	if (!rc)
		rc = parse_ignore(p, p->o->policies[policy], variant, in, err);
	if (rc)
		return rc;
	rc = parse_dockerfile(p, &p->o->scenario->variants[variant], st->dockerfiles[variant], p->o->policies[policy], in, err);
	if (rc != LB_UNSUPPORTED && rc != LB_INVALID)
		return rc;
	in->refused = lb_strdup(err->text);
	return 0;
}

static int make_inputs(struct prepared *p, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < p->plan->count; i++) {
		const struct scn_build *b = &p->plan->builds[i];
		if (!p->states[p->state_of[i]].fault)
			rc = make_input(p, p->state_of[i], b->variant, b->policy, err);
	}
	return rc;
}

struct input *prepared_input(struct prepared *p, size_t state, size_t variant, size_t policy)
{
	return &p->states[state].inputs[variant * p->o->policies_count + policy];
}

/* Arguments of the variant, then what edits set: later ones win. */
static const struct lb_pairs *build_args(struct prepared *p, const struct scn_state *st, size_t variant)
{
	(void)p;
	return &st->args[variant];
}

static uint64_t place_of(const struct prepared *p, const struct scn_build *b)
{
	const struct scenario *s = p->o->scenario;
	uint64_t edits = s->edits_count + 1;
	if (b->workload != SCN_SEQUENCE)
		return 1 + b->variant * edits + (uint64_t)(b->edit + 1);
	return 1 + s->variants_count * edits + b->variant * 100000 + b->seq;
}

void prepared_options(struct prepared *p, size_t build, struct lb_build_options *out)
{
	const struct scn_build *b = &p->plan->builds[build];
	const struct scenario *s = p->o->scenario;
	const struct scn_variant *v = &s->variants[b->variant];
	struct state_entry *e = &p->states[p->state_of[build]];
	const struct input *in = prepared_input(p, p->state_of[build], b->variant, b->policy);
	*out = (struct lb_build_options){ .dockerfile = in->dockerfile, .context = in->context, .ignore = in->ignore,
		.find_base = bases_find, .find_base_arg = e->bases, .build_args = build_args(p, e->state, b->variant),
		.contexts = s->named_contexts, .contexts_count = s->named_contexts_count,
		.target = v->target, .platform = v->platform, .policy = p->o->policies[b->policy], .tag = v->name, .mode = p->o->mode,
		.models = s->models, .models_count = s->models_count, .world = { &e->state->world }, .seed = s->seed,
		.place = place_of(p, b), .store = p->o->store, .results = p->results, .lasting = true,
		.cancel = p->o->cancel, .exec = p->o->exec, .keep_times = p->o->keep_times,
		.keeps_mounts = p->o->builders[b->builder] == LB_BUILDER_WARM,
		.layer = { .compression = p->o->compression, .level = p->o->level, .cancel = p->o->cancel } };
}

/* ---- what cannot build at all ---- */

static int try_first(struct prepared *p, size_t build, struct lb_err *err)
{
	const struct scn_build *b = &p->plan->builds[build];
	const struct input *in = prepared_input(p, 0, b->variant, b->policy);
	if (in->refused)
		return lb_fail(err, LB_UNSUPPORTED, "%s", in->refused);
	struct lb_build_options o;
	prepared_options(p, build, &o);
	struct lb_store *memory;
	struct lb_scope *scope = NULL;
	struct lb_cache *cache = NULL;
	int rc = lb_store_open_memory(&memory, err);
	if (!rc)
		rc = lb_scope_new(memory, &scope, err);
	if (!rc)
		rc = lb_cache_new(o.policy, LB_BUILDER_WARM, scope, &cache, err);
	o.cache = cache;
	o.exec_later = o.mode == LB_RUN_EXEC;
	o.mode = LB_RUN_DRY;
	o.store = NULL;
	/* what dry leaves has no blobs */
	struct lb_results *results = lb_results_new();
	o.results = results;
	struct lb_build_result result;
	if (!rc)
		rc = lb_build(&o, &result, err);
	lb_autofree char *fault = pulled_take_fault(p->pulled);
	if (fault && (rc || !result.ok))
		rc = lb_fail(err, LB_INVALID, "%s", fault);
	else if (!rc && !result.ok)
		rc = lb_fail(err, LB_INVALID, "%s", result.message);
	lb_cache_free(cache);
	lb_scope_free(scope);
	lb_store_close(memory);
	lb_results_free(results);
	return rc;
}

/* A variant that no policy builds is bad input; one that some refuse becomes rows that say so. */
static int try_variant(struct prepared *p, size_t variant, struct lb_err *err)
{
	struct lb_err first = { 0 };
	bool built = false, tried = false;
	for (size_t i = 0; i < p->plan->count; i++) {
		const struct scn_build *b = &p->plan->builds[i];
		size_t cell = variant * p->o->policies_count + b->policy;
		if (b->variant != variant || b->edit >= 0 || b->repeat > 1 || b->builder > 0 || p->refused[cell])
			continue;
		tried = true;
		int rc = try_first(p, i, err);
		if (rc && rc != LB_UNSUPPORTED && rc != LB_INVALID)
			return rc;
		built = built || !rc;
		if (rc)
			p->refused[cell] = lb_strdup(err->text);
		if (rc && !first.code)
			first = *err;
	}
	if (built || !tried)
		return 0;
	*err = first;
	return lb_recode(err, LB_INVALID);
}

int measure_prepare(const struct measure_options *o, const struct scn_plan *plan, struct prepared **out, struct lb_err *err)
{
	struct prepared *p = lb_calloc(1, sizeof(*p));
	*p = (struct prepared){ .o = o, .plan = plan };
	p->dockerfiles = lb_map_new(free_dockerfile);
	p->ignores = lb_map_new(free_ignore);
	p->results = lb_results_new();
	p->refused = lb_calloc(o->scenario->variants_count * o->policies_count, sizeof(*p->refused));
	int rc = make_states(p, err);
	if (!rc)
		rc = make_inputs(p, err);
	if (!rc)
		rc = engines_check(p, err);
	for (size_t v = 0; !rc && v < o->scenario->variants_count; v++)
		rc = try_variant(p, v, err);
	if (!rc)
		rc = pins_make(p, err);
	if (rc) {
		measure_free(p);
		return rc;
	}
	*out = p;
	return 0;
}

void measure_free(struct prepared *p)
{
	if (!p)
		return;
	size_t cells = p->o->scenario->variants_count * p->o->policies_count;
	engines_release(p);
	lb_results_free(p->results);
	pins_release(&p->pins);
	for (size_t i = 0; i < p->states_count; i++) {
		struct state_entry *e = &p->states[i];
		for (size_t k = 0; k < cells; k++) {
			lb_node_unref(e->inputs[k].context);
			free(e->inputs[k].refused);
		}
		free(e->inputs);
		free(e->bases);
		free(e->fault);
		scn_state_free(e->state);
	}
	for (size_t k = 0; k < cells; k++)
		free(p->refused[k]);
	free(p->refused);
	free(p->states);
	free(p->state_of);
	lb_map_free(p->states_by_key);
	lb_map_free(p->images);
	pulled_free(p->pulled);
	lb_map_free(p->ignores);
	lb_map_free(p->dockerfiles);
	free(p);
}
