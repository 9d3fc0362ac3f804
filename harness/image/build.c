/* SPDX-License-Identifier: Apache-2.0
 *
 * A project directory is read as `run` reads it; its cache is a scope of the store, one for each policy and run mode,
 * so that the next process goes on from there.
 */
#include "image/build.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image/bases.h"
#include "image/memos.h"
#include "image/replay.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"
#include "lbench/tree_source.h"
#include "scenario/scenario.h"

struct work {
	const struct img_store *s;
	const struct img_build_options *o;
	struct img_build *out;
	struct scenario *scenario;
	struct scn_state *state;
	struct lb_node *context;
	char *ignore_text; /* NULL: there is no .dockerignore */
	struct lb_ignore *ignore;
	struct lb_dockerfile *dockerfile;
	struct lb_named_tree *contexts;
	size_t contexts_count;
	struct img_bases bases;
	struct img_asked asked;
	struct img_seen before;           /* what the build before saw; no context: there is none */
	bool unchanged;                   /* this one sees the same */
	struct lb_digest project, memory; /* names of this project, and of what its build before saw */
	char *real;                       /* the project's directory; NULL: it cannot be told */
	char *memo_path;                  /* digests of the context's files */
	struct lb_scope *kept, *scope;    /* scope: kept, or a fork of it under dry */
	struct lb_cache *cache;
	struct lb_ledger *ledger;
	struct lb_remote *remote;
	struct lb_exec *exec;
	struct lb_results *results;
};

static void work_release(struct work *w)
{
	lb_cache_free(w->cache);
	if (w->scope != w->kept)
		lb_scope_free(w->scope);
	lb_scope_free(w->kept);
	lb_remote_close(w->remote);
	lb_ledger_free(w->ledger);
	lb_results_free(w->results);
	lb_exec_free(w->exec);
	img_bases_release(&w->bases);
	for (size_t i = 0; i < w->contexts_count; i++)
		lb_node_unref(w->contexts[i].tree);
	free(w->contexts);
	lb_dockerfile_free(w->dockerfile);
	lb_ignore_free(w->ignore);
	free(w->ignore_text);
	free(w->asked.items);
	img_seen_release(&w->before);
	free(w->real);
	free(w->memo_path);
	lb_node_unref(w->context);
	scn_state_free(w->state);
	scenario_free(w->scenario);
}

/* ---- rows ---- */

/* What failed before was never in the cache. */
static enum lb_reason reason_of(const struct lb_step_row *row)
{
	return row->outcome == LB_ERROR && row->reason == LB_EVICTED ? LB_REASON_NONE : row->reason;
}

static void add_why(const struct lb_step_row *row, struct lb_buf *out)
{
	const struct lb_evidence *e = row->decision ? &row->decision->evidence : NULL;
	if (!reason_of(row))
		return;
	lb_buf_adds(out, lb_reason_name(row->reason));
	if (!e)
		return;
	if (row->reason == LB_PARENT_MISSED && e->inherited_line)
		lb_buf_addf(out, " <- line %u", e->inherited_line);
	if (e->path)
		lb_buf_addf(out, " %s", e->path);
	if (e->argument)
		lb_buf_addf(out, " %s", e->argument);
	if (e->attribute)
		lb_buf_addf(out, "%s%s", e->path ? ": " : " ", e->attribute);
	if (e->was && e->now)
		lb_buf_addf(out, " %s -> %s", e->was, e->now);
	if (e->changed > 1)
		lb_buf_addf(out, ", and %llu more", (unsigned long long)e->changed - 1);
}

static const char *stage_text(struct lb_arena *arena, const struct lb_step_row *row)
{
	char place[16];
	if (row->stage_name)
		return lb_arena_strdup(arena, row->stage_name);
	snprintf(place, sizeof(place), "%d", row->stage);
	return lb_arena_strdup(arena, place);
}

static void on_row(void *arg, const struct lb_step_row *row)
{
	struct img_build *b = arg;
	b->stages = (size_t)row->stage >= b->stages ? (size_t)row->stage + 1 : b->stages;
	if (row->outcome == LB_SKIPPED)
		return;
	lb_autobuf struct lb_buf why = { 0 };
	add_why(row, &why);
	bool ran = row->outcome == LB_HIT || row->outcome == LB_MISS;
	b->steps = lb_grow(b->steps, b->steps_count, &b->steps_cap, sizeof(*b->steps));
	b->steps[b->steps_count++] =
		(struct img_build_step){ .stage = stage_text(&b->arena, row),
					 .text = lb_arena_strdup(&b->arena, row->text),
					 .why = lb_arena_strndup(&b->arena, lb_buf_str(&why), why.len),
					 .line = row->in->first_line,
					 .trigger = row->trigger,
					 .outcome = row->outcome,
					 .reason = reason_of(row),
					 .has_layer = row->has_layer,
					 .bytes = row->layer_bytes,
					 .bytes_known = row->layer_bytes_known,
					 .unknown_run = row->is_run && ran && row->has_layer && !row->layer_bytes_known };
}

void img_build_release(struct img_build *b)
{
	free(b->steps);
	lb_arena_release(&b->arena);
	lb_strv_release(&b->warnings);
	*b = (struct img_build){ 0 };
}

/* ---- inputs ---- */

static int load_contexts(struct work *w, struct lb_err *err)
{
	const struct lb_pairs *given = w->o->contexts;
	w->contexts = lb_calloc(given->count + 1, sizeof(*w->contexts));
	for (size_t i = 0; i < given->count; i++) {
		struct lb_dir_options canonical = { .canonical = true };
		const char *dir = given->items[i].value;
		if (!dir || !*dir)
			return lb_fail(err, LB_USAGE, "--build-context is NAME=DIR, not '%s'", given->items[i].name);
		int rc = lb_tree_from_dir(dir, &canonical, &w->contexts[i].tree, err);
		if (rc)
			return lb_recode(err, LB_INVALID);
		w->contexts[i].name = given->items[i].name;
		w->contexts_count = i + 1;
	}
	return 0;
}

static int load_ignore(struct work *w, struct lb_err *err)
{
	const char *own = w->scenario->variants[0].ignore_text;
	const struct lb_node *file = lb_tree_get(w->state->context, ".dockerignore");
	lb_autobuf struct lb_buf text = { 0 };
	if (own)
		lb_buf_adds(&text, own);
	else if (!file || file->attr.kind != LB_FILE)
		return 0;
	int rc = !own && file->content ? lb_content_load(file->content, &text, err) : 0;
	if (!rc)
		rc = lb_ignore_parse(".dockerignore", lb_buf_str(&text), text.len, &w->ignore, err);
	w->ignore_text = lb_buf_steal(&text);
	return rc;
}

/* The project by its place and Dockerfile, and where the digests of its files are remembered. */
static int name_project(struct work *w, struct lb_err *err)
{
	struct lb_sha256 h;
	char digits[13];
	w->real = realpath(w->o->dir, NULL);
	lb_sha256_init(&h);
	lb_sha256_adds(&h, w->real ? w->real : w->o->dir);
	lb_sha256_adds(&h, w->o->file ? w->o->file : "");
	w->project = lb_sha256_done(&h);
	img_short(&w->project, digits);
	return img_memo_place(w->s->dir, digits, &w->memo_path, err);
}

static int load_project(struct work *w, struct lb_err *err)
{
	char *file = (char *)(uintptr_t)w->o->file;
	struct scn_load_options lo = { .dockerfiles = &file,
				       .dockerfiles_count = file ? 1 : 0,
				       .target = w->o->target,
				       .build_args = w->o->args,
				       .contexts = w->o->contexts,
				       .memo_path = w->memo_path,
				       .as_it_is = true,
				       .parsed = &w->dockerfile };
	int rc = scenario_load(w->o->dir, &lo, &w->scenario, err);
	if (rc)
		return rc;
	if (!w->scenario->implicit)
		return lb_fail(err, LB_USAGE,
			       "%s is a scenario, and 'lbench run' builds it; 'lbench build' takes a project with a Dockerfile", w->o->dir);
	lb_strv_copy(&w->out->warnings, &w->scenario->warnings);
	rc = scn_state_first(w->scenario, &w->state, err);
	if (!rc)
		rc = scn_state_context(w->state, 0, &w->context, err);
	return rc ? rc : load_ignore(w, err);
}

/* The check of the project has parsed it already, mostly as the engine understands it too. */
static int parse_dockerfile(struct work *w, struct lb_err *err)
{
	struct lb_parse_options po = { .dialect = w->o->policy->dialect };
	if (w->dockerfile && lb_dockerfile_narrow(w->dockerfile, po.dialect))
		return 0;
	lb_dockerfile_free(w->dockerfile);
	w->dockerfile = NULL;
	const char *text = w->state->dockerfiles[0];
	return lb_dockerfile_parse(w->scenario->variants[0].dockerfile_path, text, strlen(text), &po, &w->dockerfile, err);
}

static int load_inputs(struct work *w, struct lb_err *err)
{
	int rc = name_project(w, err);
	if (!rc)
		rc = load_project(w, err);
	if (rc)
		return rc;
	rc = parse_dockerfile(w, err);
	if (!rc)
		rc = load_contexts(w, err);
	w->asked = (struct img_asked){ .find = img_bases_find, .arg = &w->bases };
	return rc ? rc : img_bases_init(&w->bases, w->s, w->o->bases, w->scenario, err);
}

/* ---- the cache ---- */

/* Each policy and run mode has a cache of its own. */
static char *cache_name(const struct work *w, enum lb_run_mode mode)
{
	return lb_format("build/%s/%s", lb_run_mode_name(mode), w->o->policy->name);
}

/* Under what the store has what this project's last build against that cache saw. */
static struct lb_digest memory_key(const struct work *w, enum lb_run_mode mode)
{
	lb_autofree char *name = cache_name(w, mode);
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &w->project);
	lb_sha256_adds(&h, name);
	return lb_sha256_done(&h);
}

static bool was_built(const struct work *w, enum lb_run_mode mode)
{
	struct lb_digest key = memory_key(w, mode);
	return img_seen_is_kept(w->s->store, &key);
}

/* dry decides against the cache that this project has: that of model, or of exec where only that was used. */
static enum lb_run_mode cache_mode(const struct work *w)
{
	if (w->o->mode != LB_RUN_DRY)
		return w->o->mode;
	return !was_built(w, LB_RUN_MODEL) && was_built(w, LB_RUN_EXEC) ? LB_RUN_EXEC : LB_RUN_MODEL;
}

static int open_exec(struct work *w, struct lb_err *err)
{
	lb_autofree char *dir = lb_path_join(w->s->dir, "exec");
	struct lb_exec_options eo = { .dir = dir };
	return lb_exec_new(&eo, &w->exec, err);
}

static int open_cache(struct work *w, struct lb_err *err)
{
	enum lb_run_mode mode = cache_mode(w);
	lb_autofree char *name = cache_name(w, mode);
	w->memory = memory_key(w, mode);
	int rc = lb_scope_open(w->s->store, name, &w->kept, err);
	if (rc)
		return rc;
	w->scope = w->o->mode == LB_RUN_DRY ? lb_scope_fork(w->kept) : w->kept;
	if (w->o->mode == LB_RUN_DRY)
		return 0;
	w->ledger = lb_ledger_of_store(w->s->store);
	if (mode == LB_RUN_EXEC)
		rc = open_exec(w, err);
	return rc || !w->o->push ? rc : lb_remote_open(w->o->push, &w->remote, err);
}

/* ---- the build ---- */

static struct lb_build_options options_of(const struct work *w)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	bool stores = w->o->mode != LB_RUN_DRY;
	const struct scn_variant *v = &w->scenario->variants[0];
	return (struct lb_build_options){
		.dockerfile = w->dockerfile,
		.context = w->context,
		.ignore = w->ignore,
		.find_base = img_asked_find,
		.find_base_arg = (void *)(uintptr_t)&w->asked,
		.contexts = w->contexts,
		.contexts_count = w->contexts_count,
		.build_args = &w->state->args[0],
		.target = v->target,
		.platform = w->o->platform ? w->o->platform : v->platform,
		.no_cache = w->o->no_cache,
		.policy = w->o->policy,
		.scope = w->scope,
		.keeps_mounts = true,
		.ledger = w->ledger,
		.store = w->s->store,
		.keeps_results = true,
		.remote = w->remote,
		.tag = w->o->name ? w->o->name : "latest",
		.tag_in_store = stores && w->o->name,
		.mode = w->o->mode,
		.exec = w->exec,
		.keep_times = w->o->keep_times,
		.models = w->scenario->models,
		.models_count = w->scenario->models_count,
		.world = { &w->state->world },
		.seed = w->scenario->seed,
		.place = lb_scope_next_serial(w->scope),
		.layer = { .compression = w->o->compression,
			   .threads = cpus > 4   ? 4
				      : cpus < 1 ? 1
						 : (unsigned)cpus,
			   .cancel = w->o->cancel },
		.cancel = w->o->cancel,
		.results = w->results,
		.events = { .arg = w->out, .row = on_row },
	};
}

/* ---- what the build before saw ---- */

static const struct img_seen *recall(struct work *w)
{
	return img_seen_recall(w->s->store, &w->memory, w->context, &w->before, NULL) == 0 ? &w->before : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_pairs(const struct lb_pairs *a, const struct lb_pairs *b)
{
	for (size_t i = 0; i < a->count && i < b->count; i++)
		if (!same_text(a->items[i].name, b->items[i].name) || !same_text(a->items[i].value, b->items[i].value))
			return false;
	return a->count == b->count;
}

static bool same_bases(struct work *w, const struct img_seen *seen, const char *platform)
{
	for (size_t i = 0; i < seen->bases_count; i++) {
		const struct lb_base_image *now = img_bases_find(&w->bases, seen->bases[i].name, platform);
		if (!now || !lb_digest_equal(&now->identity, &seen->bases[i].identity))
			return false;
	}
	return true;
}

static bool sees_the_same(struct work *w, const struct lb_build_options *bo, const struct img_seen *seen)
{
	return seen && seen->context == w->context && same_text(seen->path, w->scenario->variants[0].dockerfile_path) &&
	       same_text(seen->text, w->state->dockerfiles[0]) && same_text(seen->ignore, w->ignore_text) &&
	       same_text(seen->target, bo->target) && same_text(seen->platform, bo->platform) && same_pairs(&seen->args, bo->build_args) &&
	       same_bases(w, seen, bo->platform);
}

/* The memo of the context first, since it gives the context its name. */
static int remember(const struct work *w, const struct lb_build_options *bo, struct lb_err *err)
{
	struct img_seen now = { .path = w->scenario->variants[0].dockerfile_path,
				.text = w->state->dockerfiles[0],
				.ignore = w->ignore_text,
				.target = (char *)(uintptr_t)bo->target,
				.platform = (char *)(uintptr_t)bo->platform,
				.args = *bo->build_args,
				.bases = w->unchanged ? w->before.bases : w->asked.items,
				.bases_count = w->unchanged ? w->before.bases_count : w->asked.count,
				.context = w->context };
	if (w->o->mode == LB_RUN_DRY)
		return 0;
	int rc = lb_dir_memo_save(w->memo_path, w->scenario->context, err);
	if (!rc && w->real)
		img_memo_of(w->memo_path, w->real);
	return rc ? rc : img_seen_keep(w->s->store, &w->memory, &now, &w->before, err);
}

/* With a cache that remembers the build before, so that every miss is told. */
static int build_telling(struct work *w, struct lb_build_options *bo, const struct img_seen *seen, struct lb_err *err)
{
	const char *opaque = w->bases.opaque;
	lb_cache_free(w->cache);
	int rc = img_replay(bo, seen, w->kept, &w->cache, err);
	bo->cache = w->cache;
	w->bases.opaque = opaque;
	w->asked.count = 0;
	return rc ? rc : lb_build(bo, &w->out->result, err);
}

/* What sees the same as the build before mostly hits in every step, and then there is nothing to tell. */
static int build(struct work *w, struct lb_build_options *bo, struct lb_err *err)
{
	const struct img_seen *seen = recall(w);
	const char *opaque = w->bases.opaque;
	w->unchanged = sees_the_same(w, bo, seen);
	if (!w->unchanged || bo->no_cache)
		return build_telling(w, bo, seen, err);
	int rc = lb_cache_new(bo->policy, LB_BUILDER_WARM, bo->scope, &w->cache, err);
	if (rc)
		return rc;
	lb_cache_hits_only(w->cache);
	bo->cache = w->cache;
	w->bases.opaque = opaque;
	lb_store_read_begin(w->s->store, &w->memory);
	rc = lb_build(bo, &w->out->result, err);
	lb_store_read_end(w->s->store, &w->memory, !rc);
	return rc == LB_NOT_FOUND ? build_telling(w, bo, seen, err) : rc;
}

/* Why there is no image although no step failed. */
static int no_image(const struct work *w, struct lb_err *err)
{
	const char *file = w->scenario->variants[0].dockerfile_path;
	for (size_t i = 0; i < w->out->steps_count; i++) {
		const struct img_build_step *step = &w->out->steps[i];
		if (step->unknown_run)
			return lb_fail(
				err, LB_FAILED,
				"%s:%u: no image: nothing is known of what '%s' writes; 'run:' in lbench.yaml can say it, or --run exec "
				"carries it out",
				file, step->line, step->text);
	}
	if (w->bases.opaque)
		return lb_fail(err, LB_FAILED,
			       "%s: no image: of the base '%s' only the name is known; --base %s=oci:DIR brings it (or dir:, tar:)", file,
			       w->bases.opaque, w->bases.opaque);
	return lb_fail(err, LB_FAILED, "%s: no image: what a step brings is not known", file);
}

static int carry_out(struct work *w, struct lb_err *err)
{
	struct lb_build_options bo = options_of(w);
	if (!bo.place)
		return lb_fail(err, LB_IO, "%s: its cache cannot be written", w->s->dir);
	int rc = build(w, &bo, err);
	img_bases_warn(&w->bases, &bo, &w->out->warnings);
	if (rc && w->bases.rc) {
		*err = w->bases.err;
		return w->bases.rc;
	}
	if (rc == LB_NOT_FOUND)
		rc = lb_recode(err, LB_INVALID);
	if (rc)
		return rc;
	w->out->built = true;
	rc = remember(w, &bo, err);
	if (rc)
		return rc;
	if (!w->out->result.ok)
		return lb_fail(err, LB_FAILED, "%s", w->out->result.message);
	return w->out->result.image_known || w->o->mode == LB_RUN_DRY ? 0 : no_image(w, err);
}

int img_build(const struct img_store *s, const struct img_build_options *o, struct img_build *out, struct lb_err *err)
{
	struct work w = { .s = s, .o = o, .out = out };
	*out = (struct img_build){ 0 };
	w.results = lb_results_new();
	int rc = load_inputs(&w, err);
	if (!rc)
		rc = open_cache(&w, err);
	if (!rc)
		rc = carry_out(&w, err);
	work_release(&w);
	return rc;
}
