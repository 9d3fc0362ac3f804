/* SPDX-License-Identifier: Apache-2.0
 *
 * What a build leaves: the image (config, manifest), what the scope, the remote and a host that pulls gain by
 * it, and a row for each step.
 */
#include "build/kept.h"

#include <stdlib.h>
#include <string.h>

/* ---- the image of a stage ---- */

static void add_base_history(struct lb_image *im, const struct lb_base_image *base)
{
	for (size_t i = 0; i < base->layers_count; i++) {
		lb_autofree char *by = lb_format("base %s, layer %zu of %zu", base->name, i + 1, base->layers_count);
		struct lb_history h = { .created_by = by, .created = LB_CONTEXT_TIME };
		lb_image_add_history(im, &h);
	}
}

static int start_image(struct build *b, const struct stage_run *st, struct lb_image *im, bool *known, struct lb_err *err)
{
	if (!st->base)
		return 0;
	*known = !st->base->opaque;
	for (size_t i = 0; *known && i < st->base->layers_count; i++) {
		struct lb_layer_info info;
		bool has_blob = i < st->base->image.layers_count;
		int rc = 0;
		if (has_blob)
			info = st->base->image.layers[i];
		else
			rc = base_materialise(b, st->base, i, &info, err);
		if (rc)
			return rc;
		lb_image_add_layer(im, &info);
	}
	if (im->created < st->base->image.created)
		im->created = st->base->image.created;
	if (st->base->image.history_count) {
		for (size_t i = 0; i < st->base->image.history_count; i++)
			lb_image_add_history(im, &st->base->image.history[i]);
	} else {
		add_base_history(im, st->base);
	}
	return 0;
}

static bool makes_layer(const struct step_run *sr)
{
	return sr->result && !sr->result->no_layer && sr->step->op != LB_OP_META && sr->step->op != LB_OP_FROM;
}

/* As observed: the times of history are those of the layers, what makes none takes the one before, and the
 * image is as old as its last entry. So a build that hits everywhere gives the image that was there. */
static void add_step_to_image(const struct build *b, const struct step_run *sr, struct lb_image *im, bool *known)
{
	bool layer = makes_layer(sr);
	if (layer && im->created < sr->result->made)
		im->created = sr->result->made;
	struct lb_history h = { .created_by = (char *)(sr->step->created_by ? sr->step->created_by : sr->text),
				.comment = (char *)"buildkit.dockerfile.v0",
				.created = im->created,
				.empty_layer = !layer };
	if (strcmp(b->o->policy->engine, "buildkit") != 0)
		h.comment = NULL;
	if (sr->outcome == LB_UNKNOWN || (sr->outcome == LB_HIT && !sr->result))
		*known = false;
	if (layer && sr->result->info_known)
		lb_image_add_layer(im, &sr->result->info);
	else if (layer)
		*known = false;
	if (sr->instruction->keyword != LB_KW_FROM && sr->instruction->keyword != LB_KW_ONBUILD)
		lb_image_add_history(im, &h);
}

static int fill_image(struct build *b, const struct stage_run *st, struct lb_image *im, bool *known, struct lb_err *err)
{
	int rc = st->base_stage ? fill_image(b, st->base_stage, im, known, err) : start_image(b, st, im, known, err);
	for (size_t i = 1; !rc && i < st->steps_count; i++)
		add_step_to_image(b, &st->steps[i], im, known);
	return rc;
}

/* ---- counting ---- */

static const struct lb_base_image *root_base(const struct stage_run *st)
{
	while (st->base_stage)
		st = st->base_stage;
	return st->base;
}

static void count_layers(struct build *b, const struct stage_run *target)
{
	const struct lb_base_image *base = root_base(target);
	uint32_t layers = base ? (uint32_t)base->layers_count : 0;
	for (const struct stage_run *st = target; st; st = st->base_stage)
		for (size_t i = 1; i < st->steps_count; i++)
			layers += makes_layer(&st->steps[i]) ? 1 : 0;
	b->out->layers = layers;
}

static void count_blob(struct build *b, const struct lb_digest *digest, uint64_t bytes, bool from_base, bool is_layer)
{
	struct lb_build_result *out = b->out;
	bool is_new = b->o->ledger && lb_ledger_add(b->o->ledger, digest, bytes);
	out->image_bytes += bytes;
	if (is_new)
		out->bytes_stored += bytes;
	if (b->o->host && lb_ledger_add(b->o->host, digest, bytes))
		out->bytes_pulled += bytes;
	if (is_layer && (from_base || !is_new))
		out->shared_bytes += bytes;
	if (is_layer && is_new)
		out->layers_new++;
}

/* Blobs that a step of this build put into the scope were noted when they were made. */
static uint64_t bytes_of_steps(const struct build *b, uint32_t *layers)
{
	uint64_t bytes = 0;
	for (size_t s = 0; s < b->plan->stages_count; s++)
		for (size_t i = 0; i < b->stages[s].steps_count; i++) {
			bytes += b->stages[s].steps[i].bytes_new;
			*layers += b->stages[s].steps[i].bytes_new != 0;
		}
	return bytes;
}

static bool made_any(const struct build *b)
{
	for (size_t s = 0; s < b->plan->stages_count; s++)
		for (size_t i = 0; i < b->stages[s].steps_count; i++)
			if (b->stages[s].steps[i].bytes_new)
				return true;
	return false;
}

static bool made_here(const struct build *b, const struct lb_digest *blob)
{
	for (size_t s = 0; s < b->plan->stages_count; s++)
		for (size_t i = 0; i < b->stages[s].steps_count; i++) {
			const struct step_run *sr = &b->stages[s].steps[i];
			if (sr->bytes_new && lb_digest_equal(&sr->result->info.blob, blob))
				return true;
		}
	return false;
}

static void count_image(struct build *b, const struct stage_run *target, const struct lb_image *im, const struct lb_image_ref *ref)
{
	const struct lb_base_image *base = root_base(target);
	size_t base_layers = base ? base->layers_count : 0;
	bool any = made_any(b);
	for (size_t i = 0; i < im->layers_count; i++) {
		count_blob(b, &im->layers[i].blob, im->layers[i].blob_bytes, i < base_layers, true);
		if (any && i >= base_layers && made_here(b, &im->layers[i].blob)) {
			b->out->shared_bytes -= im->layers[i].blob_bytes;
			b->out->layers_new++;
		}
	}
	count_blob(b, &ref->config, ref->config_bytes, false, false);
	count_blob(b, &ref->manifest, ref->manifest_bytes, false, false);
	uint32_t layers = 0;
	b->out->bytes_stored += bytes_of_steps(b, &layers);
}

static int store_and_push(struct build *b, const struct stage_run *target, const struct lb_image *im, struct lb_err *err)
{
	struct lb_image_ref ref;
	int rc = b->o->keeps_results ? lb_image_keep(b->o->store, im, &ref, err) : lb_image_write(b->o->store, im, &ref, err);
	if (rc)
		return rc;
	b->out->image = ref.manifest;
	b->out->image_known = b->out->bytes_known = true;
	count_image(b, target, im, &ref);
	if (b->o->tag_in_store)
		rc = lb_store_tag(b->o->store, b->o->tag, &ref.manifest, ref.manifest_bytes, "application/vnd.oci.image.manifest.v1+json",
				  err);
	if (rc || !b->o->remote)
		return rc;
	struct lb_push_count pushed = { 0 };
	if (b->o->events.push_begin)
		b->o->events.push_begin(b->o->events.arg);
	rc = lb_push(b->o->remote, b->o->store, &ref, b->o->tag, &pushed, err);
	if (b->o->events.push_end)
		b->o->events.push_end(b->o->events.arg);
	b->out->bytes_pushed = pushed.bytes_pushed;
	return rc;
}

static bool lacks_layers(const struct stage_run *st)
{
	for (; st; st = st->base_stage)
		for (size_t i = 1; i < st->steps_count; i++)
			if (st->steps[i].decided && st->steps[i].outcome == LB_HIT && !st->steps[i].result)
				return true;
	return false;
}

/* An image needs its layers: hits whose layers the cache does not hold (any more) are carried out after all. */
static int fetch_layers(struct build *b, struct stage_run *target, struct lb_err *err)
{
	if (!lacks_layers(target))
		return 0;
	lb_autonode struct lb_node *root = NULL;
	int rc = stage_root(b, target, target->steps_count, true, &root, err);
	if (rc != LB_FAILED && rc != LB_INVALID)
		return rc;
	b->failed = true;
	b->out->ok = false;
	snprintf(b->out->message, sizeof(b->out->message), "%s", err->text);
	return 0;
}

/* "os/architecture[/variant]" */
static void set_platform(struct lb_image *im, const char *platform)
{
	const char *slash = platform ? strchr(platform, '/') : NULL;
	if (!slash)
		return;
	const char *end = strchr(slash + 1, '/');
	free(im->os);
	free(im->architecture);
	im->os = lb_strndup(platform, (size_t)(slash - platform));
	im->architecture = end ? lb_strndup(slash + 1, (size_t)(end - slash - 1)) : lb_strdup(slash + 1);
	im->variant = end ? lb_strdup(end + 1) : NULL;
}

/* SOURCE_DATE_EPOCH is the time of what this build adds; what is younger in the base gets it too. */
static void date_image(const struct build *b, const struct stage_run *target, struct lb_image *im)
{
	const char *seconds = b->shape.epoch_in_config ? lb_plan_epoch(b->plan) : NULL;
	const struct lb_base_image *base = root_base(target);
	if (!seconds)
		return;
	size_t own = !base ? 0 : base->image.history_count ? base->image.history_count : base->layers_count;
	im->created = strtoll(seconds, NULL, 10);
	for (size_t i = 0; i < im->history_count; i++)
		if (i >= own || im->history[i].created > im->created)
			im->history[i].created = im->created;
}

static int make_image(struct build *b, struct stage_run *target, struct lb_err *err)
{
	lb_autoimage struct lb_image im;
	lb_image_init(&im);
	im.created = LB_CONTEXT_TIME;
	set_platform(&im, target->plan->platform);
	bool known = true;
	int rc = fill_image(b, target, &im, &known, err);
	if (rc || !known)
		return rc;
	config_to_json(&target->state.config, im.config);
	date_image(b, target, &im);
	return store_and_push(b, target, &im, err);
}

int output_image(struct build *b, struct stage_run *target, struct lb_err *err)
{
	bool stores = b->o->store && b->o->mode != LB_RUN_DRY;
	int rc = !b->failed && stores ? fetch_layers(b, target, err) : 0;
	if (!rc)
		rc = kept_save(b, err);
	count_layers(b, target);
	if (rc || b->failed || !stores)
		return rc;
	return make_image(b, target, err);
}

/* ---- rows ---- */

uint32_t *lb_build_count(struct lb_build_result *r, enum lb_outcome o)
{
	uint32_t *const counts[] = {
		[LB_HIT] = &r->hits,        [LB_MISS] = &r->misses,  [LB_META] = &r->meta,          [LB_SKIPPED] = &r->skipped,
		[LB_UNKNOWN] = &r->unknown, [LB_ERROR] = &r->errors, [LB_UNREACHED] = &r->unreached
	};
	return counts[o];
}

static void count_outcome(struct lb_build_result *out, const struct step_run *sr)
{
	out->steps++;
	++*lb_build_count(out, sr->outcome);
	if (sr->stale)
		out->stale++;
}

static void count_costs(struct lb_build_result *out, const struct step_run *sr)
{
	bool wasted = sr->outcome == LB_MISS && sr->decision.needed == LB_NEEDED_NO;
	bool run = sr->step->op == LB_OP_RUN && (sr->outcome == LB_MISS || sr->outcome == LB_UNKNOWN);
	if (wasted)
		out->wasted++;
	if (!run)
		return;
	if (sr->outcome == LB_UNKNOWN || !sr->run_known)
		out->run_ns_known = out->wasted_known = false;
	if (sr->outcome == LB_MISS && sr->decision.needed == LB_NEEDED_EMPTY)
		out->wasted_known = false;
	if (sr->outcome != LB_MISS || !sr->run_known)
		return;
	out->run_ns += sr->run_ns;
	if (wasted)
		out->wasted_run_ns += sr->run_ns;
}

static void emit(const struct build *b, const struct stage_run *st, const struct step_run *sr)
{
	const struct result *r = sr->result;
	bool layer = makes_layer(sr);
	struct lb_step_row row = { .stage = st->index,
				   .index = (int)(sr - st->steps),
				   .stage_name = st->plan->stage->name,
				   .in = sr->instruction,
				   .trigger = sr->trigger,
				   .text = sr->text,
				   .outcome = sr->outcome,
				   .reason = sr->decision.reason,
				   .decision = sr->decided ? &sr->decision : NULL,
				   .has_layer = layer,
				   .layer = layer && r->info_known ? &r->info : NULL,
				   .layer_bytes = layer ? r->tar_bytes : 0,
				   .layer_bytes_known = layer ? r->bytes_known : r && r->no_layer,
				   .is_run = sr->step->op == LB_OP_RUN,
				   .run_ns = sr->run_ns,
				   .run_ns_known = sr->run_known && sr->step->op == LB_OP_RUN,
				   .stale = (int)sr->stale,
				   .bytes_new = sr->bytes_new,
				   .model_source = sr->model ? sr->model->source : LB_MODEL_UNKNOWN,
				   .message = sr->message };
	b->o->events.row(b->o->events.arg, &row);
}

/* Steps of a stage that was not begun: all of its instructions, skipped or unreached. */
static void emit_unbegun(struct build *b, struct stage_run *st)
{
	const struct lb_stage *stage = st->plan->stage;
	for (size_t i = stage->first; i < stage->end; i++) {
		const struct lb_instruction *in = &b->plan->df->instructions[i];
		struct step_run sr = { .instruction = in, .text = in->original, .outcome = st->needed ? LB_UNREACHED : LB_SKIPPED };
		count_outcome(b->out, &sr);
		if (!b->o->events.row)
			continue;
		struct lb_step_row row = { .stage = st->index,
					   .index = (int)(i - stage->first),
					   .stage_name = stage->name,
					   .in = in,
					   .text = in->original,
					   .outcome = sr.outcome,
					   .is_run = in->keyword == LB_KW_RUN };
		b->o->events.row(b->o->events.arg, &row);
	}
}

void output_rows(struct build *b)
{
	b->out->run_ns_known = b->out->wasted_known = true;
	for (size_t s = 0; s < b->plan->stages_count; s++) {
		struct stage_run *st = &b->stages[s];
		if (!st->steps_count)
			emit_unbegun(b, st);
		for (size_t i = 0; i < st->steps_count; i++) {
			count_outcome(b->out, &st->steps[i]);
			count_costs(b->out, &st->steps[i]);
			if (b->o->events.row)
				emit(b, st, &st->steps[i]);
		}
	}
}
