/* SPDX-License-Identifier: Apache-2.0
 *
 * Carries steps out: what a RUN, COPY, ADD or WORKDIR leaves as a layer, from the model or the files. The
 * root file system of a stage is made on demand from the base and the layers below; a hit whose layer the
 * cache does not hold is carried out then, and becomes a miss.
 */
#include "build/internal.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

struct lb_time build_stamp(const struct build *b)
{
	return (struct lb_time){ LB_STAMP_TIME + (int64_t)b->o->place, 0 };
}

struct lb_time step_stamp(const struct build *b, const struct step_run *sr, bool *epoch)
{
	bool makes = sr->step->op == LB_OP_COPY || sr->step->op == LB_OP_ADD || sr->step->op == LB_OP_WORKDIR;
	const char *seconds = makes && b->shape.epoch_in_files ? lb_stage_epoch(sr->before) : NULL;
	if (epoch)
		*epoch = seconds != NULL;
	return seconds ? (struct lb_time){ strtoll(seconds, NULL, 10), 0 } : build_stamp(b);
}

struct lb_digest stamp_digest(const struct build *b, const struct stage_run *st, const struct step_run *sr)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "execution");
	lb_sha256_addu(&h, b->o->seed);
	lb_sha256_addu(&h, b->o->place);
	lb_sha256_addu(&h, (uint64_t)st->index);
	lb_sha256_addu(&h, (uint64_t)(sr - st->steps));
	lb_sha256_adds(&h, sr->text);
	lb_sha256_adds(&h, b->o->policy->name); /* engines shape what a step leaves */
	return lb_sha256_done(&h);
}

/* ---- the root file system ---- */

static struct lb_node *base_root(const struct stage_run *st)
{
	return st->base ? lb_node_ref(st->base->root) : lb_tree_empty();
}

/* Makes sure that a step's layer is at hand. LB_NOT_FOUND when it is not and nothing may be carried out. */
static int have_layer(struct build *b, struct stage_run *st, struct step_run *sr, bool execute, struct lb_err *err)
{
	if (sr->result && sr->result->kept && !result_layer(b, sr->result))
		sr->result = NULL; /* gone since, or damaged */
	if (sr->result || (sr->outcome != LB_HIT && sr->outcome != LB_MISS) || !sr->decided)
		return 0;
	if (!execute)
		return lb_fail(err, LB_NOT_FOUND, "the layer of '%s' is not held", sr->text);
	int rc = inputs_gather(b, st, sr, true, err);
	return rc ? rc : step_execute(b, st, sr, err);
}

int stage_root(struct build *b, struct stage_run *st, size_t upto, bool execute, struct lb_node **out, struct lb_err *err)
{
	struct lb_node *root;
	int rc = 0;
	if (st->base_stage)
		rc = stage_root(b, st->base_stage, st->base_stage->steps_count, execute, &root, err);
	else
		root = base_root(st);
	for (size_t i = 0; !rc && i < upto && i < st->steps_count; i++) {
		struct step_run *sr = &st->steps[i];
		if (sr->outcome == LB_UNKNOWN) {
			struct lb_node *unknown = lb_tree_unknown();
			struct lb_node *next = lb_tree_apply(root, unknown);
			lb_node_unref(unknown);
			lb_node_unref(root);
			root = next;
			continue;
		}
		rc = have_layer(b, st, sr, execute, err);
		if (rc)
			lb_node_unref(root);
		struct lb_node *layer = rc ? NULL : result_layer(b, sr->result);
		if (!layer)
			continue;
		struct lb_node *next = results_apply(b->o->results, root, layer);
		lb_node_unref(root);
		root = next;
	}
	if (!rc)
		*out = root;
	return rc;
}

/* ---- what each instruction leaves ---- */

static struct lb_digest run_seed(const struct build *b, const struct step_run *sr)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, b->o->seed);
	lb_sha256_adds(&h, sr->step->command ? sr->step->command : "");
	if (sr->in.depends_known)
		lb_sha256_addd(&h, &sr->in.depends);
	return lb_sha256_done(&h);
}

static struct lb_digest mount_key(const struct lb_mount *m)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "cache mount");
	lb_sha256_adds(&h, m->id ? m->id : m->target);
	return lb_sha256_done(&h);
}

/* Did an earlier run fill all of the step's cache mounts? Notes that this one does. */
static int fill_mounts(const struct build *b, const struct step_run *sr, bool *warm, struct lb_err *err)
{
	size_t mounts = 0, filled = 0;
	for (size_t i = 0; i < sr->step->mounts_count; i++) {
		const struct lb_mount *m = &sr->step->mounts[i];
		if (m->type != LB_MOUNT_CACHE)
			continue;
		mounts++;
		struct lb_digest key = mount_key(m);
		struct lb_record r;
		if (!b->o->keeps_mounts || !b->o->scope)
			continue;
		if (lb_scope_get(b->o->scope, &key, 0, &r, NULL) == 0) {
			filled++;
			continue;
		}
		int rc = lb_scope_put(b->o->scope, &key, "filled", 6, err);
		if (rc)
			return rc;
	}
	*warm = mounts && filled == mounts;
	return 0;
}

static int run_model(const struct build *b, const struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err)
{
	const struct lb_model *m = sr->model;
	r->world = sr->world;
	if (b->o->run && b->o->mode == LB_RUN_MODEL) {
		int rc = b->o->run(b->o->run_arg, &sr->in, root, build_stamp(b), &r->layer, err);
		r->layer = rc || r->layer ? r->layer : lb_tree_empty();
		return rc;
	}
	if (!m || !m->writes_given) {
		r->layer = lb_tree_unknown();
		return 0;
	}
	struct lb_digest seed = run_seed(b, sr);
	struct lb_time stamp = m->reproducible ? (struct lb_time){ LB_CONTEXT_TIME, 0 } : build_stamp(b);
	return lb_model_layer(m, root, &seed, stamp, &r->layer, err);
}

/* What a modelled RUN takes, and that its cache mounts are filled now. */
static int take_time(const struct build *b, struct step_run *sr, struct lb_err *err)
{
	bool warm = false;
	int rc = fill_mounts(b, sr, &warm, err);
	sr->run_known = sr->model && sr->model->has_seconds;
	if (sr->run_known)
		sr->run_ns = warm && sr->model->has_warm ? sr->model->warm_mount_ns : sr->model->cold_ns;
	return rc;
}

static int make_directory(const struct build *b, const struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err)
{
	bool exists = false;
	int rc = workdir_layer(b, sr, root, sr->step->path, &r->layer, &exists, err);
	/* what cannot be made is found out by the step that would need it */
	if (rc == LB_FAILED && !b->shape.workdir_layer) {
		r->layer = lb_tree_empty();
		rc = 0;
	}
	r->no_layer = !b->shape.workdir_layer || (exists && !b->shape.workdir_empty_layer);
	return rc;
}

static int check_base(const struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_err *err)
{
	while (st->base_stage)
		st = st->base_stage;
	if (!st->base || !st->base->opaque)
		return 0;
	lb_fail_at(err, step_pos(b, sr),
		   "RUN cannot be carried out: of its base %s only the name is known; say under bases: where its files are, or take "
		   "--run model",
		   st->base->name);
	return lb_recode(err, LB_FAILED);
}

static int do_run(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err)
{
	bool exec = b->o->mode == LB_RUN_EXEC;
	int rc = exec || b->o->exec_later ? check_base(b, st, sr, err) : 0;
	if (rc)
		return rc;
	return exec ? run_exec(b, st, sr, root, r, err) : run_model(b, sr, root, r, err);
}

static int do_step(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err)
{
	switch (sr->step->op) {
	case LB_OP_RUN:
		return do_run(b, st, sr, root, r, err);
	case LB_OP_COPY:
	case LB_OP_ADD:
		return copy_layer(b, sr, root, &r->layer, err);
	case LB_OP_WORKDIR:
		return make_directory(b, sr, root, r, err);
	default:
		r->no_layer = true;
		return 0;
	}
}

int step_carry_out(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct result *r, struct lb_err *err)
{
	int rc = do_step(b, st, sr, root, r, err);
	lb_autonode struct lb_node *made = lb_node_ref(r->layer);
	if (!rc)
		rc = shape_result(b, st, sr, root, r, err);
	if (!rc && made && r->layer && b->o->mode == LB_RUN_EXEC && sr->step->op == LB_OP_RUN)
		lb_exec_note(b->o->exec, r->layer, made);
	return rc;
}

/* ---- names for what came out ---- */

/* Model layers are named by what makes them: a run that has met the same before does not make them again. */
static struct lb_digest layer_identity(const struct build *b, const struct step_run *sr)
{
	struct lb_sha256 h;
	struct lb_digest seed = run_seed(b, sr);
	lb_sha256_init(&h);
	lb_sha256_adds(&h, "model layer 1");
	lb_sha256_addd(&h, &seed);
	lb_sha256_addu(&h, sr->model->reproducible ? 0 : (uint64_t)build_stamp(b).sec);
	for (size_t i = 0; i < sr->model->writes_count; i++) {
		const struct lb_model_write *w = &sr->model->writes[i];
		lb_sha256_adds(&h, w->path);
		lb_sha256_adds(&h, w->text ? w->text : "");
		lb_sha256_addu(&h, w->files);
		lb_sha256_addu(&h, w->bytes);
		lb_sha256_addu(&h, (uint64_t)(w->compresses_to * 1e6));
		lb_sha256_addu(&h, w->mode | (uint64_t)w->single << 32 | (uint64_t)w->remove << 33);
	}
	return lb_sha256_done(&h);
}

static bool is_model_run(const struct build *b, const struct step_run *sr)
{
	return b->o->mode != LB_RUN_EXEC && sr->step->op == LB_OP_RUN && sr->model && sr->model->writes_given;
}

/* The identity with the shape of the tree in it: names, modes, owners, times and sizes, no content. */
static int identify(const struct build *b, const struct step_run *sr, struct result *r, struct lb_digest *out, struct lb_err *err)
{
	if (!is_model_run(b, sr))
		return lb_node_digest(r->layer, LB_FLAVOUR_FULL, out, err);
	struct lb_digest shape, model = layer_identity(b, sr);
	int rc = lb_node_digest(r->layer, LB_FLAVOUR_SHAPE, &shape, err);
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addd(&h, &model);
	lb_sha256_addd(&h, &shape);
	*out = lb_sha256_done(&h);
	return rc;
}

static int write_layer(struct build *b, const struct step_run *sr, struct result *r, struct lb_err *err)
{
	struct lb_digest identity;
	int rc = identify(b, sr, r, &identity, err);
	if (rc)
		return rc;
	if (lb_store_layer_get(b->o->store, &identity, b->o->layer.compression, &r->info, NULL) != 0) {
		rc = lb_layer_write(b->o->store, r->layer, &b->o->layer, &r->info, err);
		if (!rc)
			rc = lb_store_layer_put(b->o->store, &identity, &r->info, err);
	}
	r->info_known = !rc;
	r->id = r->diff_id = r->info.diff_id;
	r->tar_bytes = r->info.diff_bytes;
	r->bytes_known = !rc;
	return rc;
}

static int name_result(struct build *b, struct stage_run *st, const struct step_run *sr, struct result *r, struct lb_err *err)
{
	if (r->no_layer || result_unknown(r) || !r->layer) {
		r->id = r->diff_id = stamp_digest(b, st, sr);
		r->bytes_known = r->no_layer;
		return 0;
	}
	if (b->o->store && b->o->mode != LB_RUN_DRY)
		return write_layer(b, sr, r, err);
	r->tar_bytes = lb_layer_tar_size(r->layer);
	r->bytes_known = true;
	if (sr->step->op == LB_OP_RUN && !(sr->model && sr->model->reproducible)) {
		r->id = r->diff_id = stamp_digest(b, st, sr);
		return 0;
	}
	int rc = identify(b, sr, r, &r->id, err);
	r->diff_id = r->id;
	return rc;
}

/* ---- one step ---- */

static void note_ledger(struct build *b, struct step_run *sr)
{
	const struct result *r = sr->result;
	if (b->o->ledger && r->info_known && !r->no_layer && lb_ledger_add(b->o->ledger, &r->info.blob, r->info.blob_bytes))
		sr->bytes_new = r->info.blob_bytes;
}

/* Carries the step out on root, and puts what came out among the results. */
static int make_result(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct lb_err *err)
{
	struct result made = { .made = build_stamp(b).sec };
	int rc = step_carry_out(b, st, sr, root, &made, err);
	if (!rc)
		rc = name_result(b, st, sr, &made, err);
	if (rc)
		lb_node_unref(made.layer);
	else
		sr->result = results_add(b->o->results, &made);
	return rc;
}

static int find_or_make(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_node *root, struct lb_err *err)
{
	lb_autobuf struct lb_buf key = { 0 };
	bool fit = recall_key(b, st, sr, root, &key);
	sr->result = fit ? results_recall(b->o->results, &key) : NULL;
	if (sr->result)
		return 0;
	int rc = make_result(b, st, sr, root, err);
	if (!rc && fit)
		results_note(b->o->results, &key, root, sr->result);
	return rc;
}

int step_execute(struct build *b, struct stage_run *st, struct step_run *sr, struct lb_err *err)
{
	lb_autonode struct lb_node *root = NULL;
	int rc = stage_root(b, st, (size_t)(sr - st->steps), true, &root, err);
	if (!rc && sr->step->op == LB_OP_RUN && b->o->mode != LB_RUN_EXEC)
		rc = take_time(b, sr, err);
	if (!rc)
		rc = find_or_make(b, st, sr, root, err);
	if (rc)
		return rc;
	sr->executed = true;
	sr->outcome = LB_MISS;
	note_ledger(b, sr);
	stale_note_miss(b, st, sr);
	struct lb_result result = { .id = sr->result->id,
				    .diff_id = sr->result->diff_id,
				    .no_layer = sr->result->no_layer,
				    .bytes = sr->result->info_known ? sr->result->info.blob_bytes : 0,
				    .layer = result_unknown(sr->result) ? NULL : result_layer(b, sr->result) };
	lb_link_unref(sr->decision.link);
	sr->decision.link = NULL;
	return lb_cache_record(b->o->cache, &sr->in, &sr->decision, &result, err);
}
