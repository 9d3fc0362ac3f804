/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds of random worlds (build_world.h) in memory. A RUN leaves one file whose text is a digest of all that the
 * command can see: its words, environment, place, the root file system and its binds, times aside.
 */
#ifndef TESTS_BUILD_PLAY_H
#define TESTS_BUILD_PLAY_H

#include <stdlib.h>

#include "build/internal.h"
#include "build_world.h"

struct play_row {
	int stage, index;
	uint32_t line;
	enum lb_outcome outcome;
	enum lb_reason reason;
	int stale, needed;
	char text[96]; /* the instruction as written */
	bool decided, layer_known;
	struct lb_node *layer; /* a reference; NULL: none */
	char *path, *attribute, *argument, *was, *now;
	int inherited_stage, inherited_index;
};
enum { PLAY_ROWS = WORLD_LINES + 2 * WORLD_STAGES + 16 };
struct play {
	int rc; /* of lb_build; then nothing else holds */
	char error[2048];
	struct lb_build_result total;
	struct play_row rows[PLAY_ROWS];
	size_t rows_count;
	struct lb_results *results;
};

struct play_bases {
	struct lb_base_image *images[4]; /* bit 0: another environment, bit 1: another layer */
	const struct world *world;
};

struct builder {
	const struct lb_policy *policy;
	enum lb_builder_kind kind;
	struct lb_scope *scope;
	struct lb_cache *cache;
	struct lb_results *results;
	struct play_bases *bases;
	uint64_t place;
	bool no_cache;
};

static inline void builder_open(struct builder *b, const struct lb_policy *p, enum lb_builder_kind kind, struct play_bases *bases)
{
	*b = (struct builder){ .policy = p, .kind = kind, .results = lb_results_new(), .bases = bases };
	struct lb_err err;
	if (lb_scope_new(NULL, &b->scope, &err) || lb_cache_new(p, kind, b->scope, &b->cache, &err))
		abort();
}

static inline void builder_close(struct builder *b)
{
	lb_cache_free(b->cache);
	lb_scope_free(b->scope);
	lb_results_free(b->results);
}

static inline void play_release(struct play *p)
{
	for (size_t i = 0; i < p->rows_count; i++) {
		struct play_row *r = &p->rows[i];
		lb_node_unref(r->layer);
		free(r->path);
		free(r->attribute);
		free(r->argument);
		free(r->was);
		free(r->now);
	}
	p->rows_count = 0;
}

/* ---- what stands around ---- */

static inline struct lb_base_image *play_make_base(unsigned variant)
{
	struct lb_node *tree = NULL;
	struct lb_base_image *out = NULL;
	struct lb_pair env[] = { { "PATH", "/bin" }, { "BASE", variant & 1 ? "two" : "one" } };
	struct lb_image_config config = { .env = { env, 2, 0 }, .user = "", .workdir = "", .stop_signal = "", .author = "" };
	const char *text = variant & 2 ? "d 0755 0:0 @1600000000 etc\nf 0644 0:0 @1600000000 etc/v = two\n"
				       : "d 0755 0:0 @1600000000 etc\nf 0644 0:0 @1600000000 etc/v = one\n";
	if (lb_tree_parse(text, &tree, NULL))
		abort();
	struct lb_base_layer_model layer = { .bytes = 10, .id = "", .tree = tree };
	struct lb_base_model m = { .name = "base",
				   .layers = &layer,
				   .layers_count = 1,
				   .config = &config,
				   .passwd = "root:x:0:0:root:/root:/bin/sh\napp:x:5:5::/:/bin/sh\n" };
	if (lb_base_from_model(&m, &out, NULL))
		abort();
	lb_node_unref(tree);
	return out;
}

static inline struct lb_base_image *play_find_base(void *arg, const char *name, const char *platform)
{
	const struct play_bases *b = arg;
	(void)platform;
	return strcmp(name, "base") == 0 ? b->images[b->world->base] : NULL;
}

static inline void play_add_node(struct lb_sha256 *h, struct lb_node *n)
{
	struct lb_digest d;
	if (lb_node_digest(n, LB_FLAVOUR_NO_TIME, &d, NULL))
		abort();
	lb_sha256_addd(h, &d);
}

static inline int play_run(void *arg, const struct lb_inputs *in, struct lb_node *root, struct lb_time stamp, struct lb_node **layer,
			   struct lb_err *err)
{
	struct lb_sha256 h;
	(void)arg;
	lb_sha256_init(&h);
	for (size_t i = 0; i < in->step->argv_count; i++)
		lb_sha256_adds(&h, in->step->argv[i]);
	for (size_t i = 0; i < in->step->env.count; i++) {
		lb_sha256_adds(&h, in->step->env.items[i].name);
		lb_sha256_adds(&h, in->step->env.items[i].value);
	}
	lb_sha256_adds(&h, in->step->cwd);
	lb_sha256_adds(&h, in->step->user);
	play_add_node(&h, root);
	for (size_t i = 0; i < in->sources_count; i++)
		for (size_t k = 0; k < in->sources[i].items_count; k++)
			play_add_node(&h, in->sources[i].items[k].node);
	char hex[LB_DIGEST_HEX];
	struct lb_digest d = lb_sha256_done(&h);
	lb_digest_hex(&d, hex);
	struct lb_model_write w = { .path = "/out/made", .text = hex, .single = true, .files = 1 };
	struct lb_model m = { .writes = &w, .writes_count = 1, .writes_given = true };
	return lb_model_layer(&m, root, &d, stamp, layer, err);
}

/* ---- a build ---- */

static inline char *play_copy(const char *s)
{
	return s ? lb_strdup(s) : NULL;
}

static inline void play_take_evidence(struct play_row *r, const struct lb_evidence *e)
{
	r->path = play_copy(e->path);
	r->attribute = play_copy(e->attribute);
	r->argument = play_copy(e->argument);
	r->was = play_copy(e->was);
	r->now = play_copy(e->now);
	r->inherited_stage = e->inherited_stage;
	r->inherited_index = e->inherited_index;
}

static inline void play_take_row(void *arg, const struct lb_step_row *row)
{
	struct play *p = arg;
	struct play_row *r = &p->rows[p->rows_count++];
	if (p->rows_count > PLAY_ROWS)
		abort();
	*r = (struct play_row){ .stage = row->stage,
				.index = row->index,
				.line = row->in->first_line,
				.outcome = row->outcome,
				.reason = row->reason,
				.stale = (int)row->stale,
				.inherited_stage = -1,
				.inherited_index = -1 };
	snprintf(r->text, sizeof(r->text), "%.90s", row->in->original ? row->in->original : "");
	r->decided = row->decision != NULL;
	if (!r->decided)
		return;
	r->needed = (int)row->decision->needed;
	play_take_evidence(r, row->outcome == LB_HIT ? &row->decision->overlooked : &row->decision->evidence);
	const struct result *made = row->decision->has_result ? results_get(p->results, &row->decision->result) : NULL;
	r->layer_known = made != NULL;
	if (made)
		r->layer = lb_node_ref(made->layer);
}

static inline void play_carry_out(struct builder *b, const struct world *w, struct lb_dockerfile *df, struct lb_node *context,
				  struct play *out, struct lb_err *err)
{
	static const char *const values[] = { NULL, "one", "two" };
	struct lb_pair arg = { "A", values[w->argument % 3] };
	struct lb_pairs args = { &arg, w->argument % 3 ? 1 : 0, 1 };
	b->bases->world = w;
	struct lb_build_options o = { .dockerfile = df,
				      .context = context,
				      .find_base = play_find_base,
				      .find_base_arg = b->bases,
				      .build_args = &args,
				      .policy = b->policy,
				      .no_cache = b->no_cache,
				      .cache = b->cache,
				      .scope = b->scope,
				      .mode = LB_RUN_MODEL,
				      .run = play_run,
				      .seed = 1,
				      .place = b->place++,
				      .results = b->results,
				      .events = { .arg = out, .row = play_take_row } };
	out->rc = lb_build(&o, &out->total, err);
}

static inline void play_build(struct builder *b, const struct world *w, struct play *out)
{
	lb_autobuf struct lb_buf text = { 0 }, files = { 0 };
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autonode struct lb_node *context = NULL;
	struct lb_parse_options po = { .dialect = b->policy->dialect };
	struct lb_err err = { 0 };
	memset(out, 0, sizeof(*out));
	out->results = b->results;
	world_dockerfile(w, &text);
	world_context(w, &files);
	if (lb_tree_parse(lb_buf_str(&files), &context, &err))
		abort();
	out->rc = lb_dockerfile_parse("Dockerfile", lb_buf_str(&text), text.len, &po, &df, &err);
	if (!out->rc)
		play_carry_out(b, w, df, context, out, &err);
	if (out->rc)
		snprintf(out->error, sizeof(out->error), "%s", err.text);
}

#endif
