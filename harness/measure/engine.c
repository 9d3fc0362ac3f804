/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds that real engines carry out. The same build is decided under dry by the policy that the engine is held against:
 * that tells which steps there are, and where both agree, whether they were needed. A real cache cannot fork, so it is made
 * again where a build goes on from another one than the last: emptied, and what leads there is built once more, off the
 * record.
 */
#include <stdlib.h>
#include <string.h>

#include "measure/runner.h"

struct engine_run {
	struct subject *subject; /* NULL: not started yet */
	int at;                  /* the build that its cache is as after; -1: unknown */
	struct subject_base *bases;
	size_t bases_count;
};

/* ---- what can be given to an engine ---- */

static bool has_files(const struct scn_base *base)
{
	return base->form != SCN_BASE_MODEL && base->form != SCN_BASE_OPAQUE;
}

static int check_build(struct prepared *p, size_t build, const struct subject_info *engine, struct lb_err *err)
{
	const struct scn_build *b = &p->plan->builds[build];
	struct state_entry *e = &p->states[p->state_of[build]];
	const struct scn_variant *v = &p->o->scenario->variants[b->variant];
	const struct input *in = prepared_input(p, p->state_of[build], b->variant, b->policy);
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_plan_options po = { .build_args = &e->state->args[b->variant], .target = v->target, .platform = v->platform };
	if (!in->dockerfile || lb_build_plan_new(in->dockerfile, &po, &plan, NULL))
		return 0;
	for (size_t i = 0; i < plan->stages_count; i++) {
		const struct lb_plan_stage *s = &plan->stages[i];
		if (!s->needed || s->base_stage >= 0 || strcmp(s->base, "scratch") == 0)
			continue;
		const struct scn_base *base = bases_named(e->bases, s->base);
		if (!base || !has_files(base))
			return lb_fail(
				err, LB_INVALID,
				"%s: FROM %s has no files that --on %s could build on; say under bases: where they are (dir, tar, oci, "
				"busybox: true), or take --on builtin",
				v->dockerfile_path, s->base, engine->name);
	}
	return 0;
}

int engines_check(struct prepared *p, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < p->plan->count; i++) {
		const struct subject_info *engine = measure_engine(p->o, p->plan->builds[i].policy);
		if (engine && p->o->scenario->named_contexts_count)
			return lb_fail(err, LB_USAGE, "--build-context is for --on builtin, not %s", engine->name);
		if (engine && !p->states[p->state_of[i]].fault)
			rc = check_build(p, i, engine, err);
	}
	return rc;
}

void engines_release(struct prepared *p)
{
	for (size_t i = 0; p->engines && i < p->o->policies_count; i++) {
		subject_close(p->engines[i].subject);
		free(p->engines[i].bases);
	}
	free(p->engines);
	lb_results_free(p->predicted);
	p->engines = NULL;
	p->predicted = NULL;
}

/* ---- prediction ---- */

int runner_predict(struct runner *r, size_t i, struct lb_build_result *out, void (*row)(void *arg, const struct lb_step_row *row),
		   void *arg, struct lb_err *err)
{
	struct lb_build_options bo;
	prepared_options(r->p, i, &bo);
	if (!r->p->predicted)
		r->p->predicted = lb_results_new();
	bo.mode = LB_RUN_DRY;
	bo.exec = NULL;
	bo.store = NULL;
	bo.results = r->p->predicted;
	bo.cache = r->cells[i].cache;
	bo.scope = r->cells[i].scope;
	bo.events = (struct lb_events){ .arg = arg, .row = row };
	return lb_build(&bo, out, err);
}

/* A step as it is predicted, to be kept until the engine has built. */
struct foreseen {
	struct lb_step_row row;
	struct lb_instruction in;
	struct lb_decision decision;
	char *text, *stage_name;
};

struct foreseeing {
	struct foreseen *items;
	size_t count, cap;
};

static void on_row(void *arg, const struct lb_step_row *row)
{
	struct foreseeing *f = arg;
	f->items = lb_grow(f->items, f->count, &f->cap, sizeof(*f->items));
	struct foreseen *s = &f->items[f->count++];
	*s = (struct foreseen){ .in = { .first_line = row->in->first_line, .keyword = row->in->keyword } };
	s->text = lb_strdup(row->text);
	s->stage_name = row->stage_name ? lb_strdup(row->stage_name) : NULL;
	s->decision.needed = row->decision ? row->decision->needed : LB_NEEDED_EMPTY;
	s->row = (struct lb_step_row){ .stage = row->stage, .index = row->index, .trigger = row->trigger, .outcome = row->outcome };
}

static void release_foreseen(struct foreseeing *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->items[i].text);
		free(f->items[i].stage_name);
	}
	free(f->items);
}

/* ---- one build ---- */

static size_t before_from(const struct lb_dockerfile *df)
{
	size_t n = 0;
	while (n < df->instructions_count && df->instructions[n].stage < 0)
		n++;
	return n;
}

static int ask_engine(struct runner *r, size_t i, struct subject_step *steps, size_t count, struct subject_result *out, struct lb_err *err)
{
	struct prepared *p = r->p;
	const struct scn_build *b = &p->plan->builds[i];
	const struct scn_variant *v = &p->o->scenario->variants[b->variant];
	struct state_entry *e = &p->states[p->state_of[i]];
	struct engine_run *run = &p->engines[b->policy];
	const struct input *in = prepared_input(p, p->state_of[i], b->variant, b->policy);
	run->bases = lb_realloc(run->bases, p->o->scenario->bases_count + 1, sizeof(*run->bases));
	run->bases_count = 0;
	for (size_t k = 0; k < p->o->scenario->bases_count; k++) {
		const struct scn_base *base = e->state->bases[k];
		const char *name = p->o->scenario->bases[k].name;
		const struct lb_base_image *image = has_files(base) ? bases_find(e->bases, name, v->platform) : NULL;
		if (image)
			run->bases[run->bases_count++] = (struct subject_base){ name, image };
	}
	const struct subject_build sb = { .context = in->context,
					  .dockerfile = e->state->dockerfiles[b->variant],
					  .place = v->place,
					  .ignore = v->ignore_text,
					  .before_from = before_from(in->dockerfile),
					  .bases = run->bases,
					  .bases_count = run->bases_count,
					  .args = &e->state->args[b->variant],
					  .target = v->target,
					  .platform = v->platform,
					  .steps = steps,
					  .steps_count = count };
	return subject_build(run->subject, &sb, out, err);
}

/* Builds what leads to build i, from the one whose cache is empty on. */
static int build_up_to(struct runner *r, struct engine_run *run, int i, struct lb_err *err)
{
	struct subject_result ignored;
	const char *status;
	if (i < 0)
		return subject_reset(run->subject, err);
	int rc = build_up_to(r, run, r->p->plan->builds[i].after, err);
	if (rc || runner_refusal(r, (size_t)i, &status))
		return rc;
	return ask_engine(r, (size_t)i, NULL, 0, &ignored, err);
}

static int ready_engine(struct runner *r, size_t i, struct lb_err *err)
{
	struct prepared *p = r->p;
	const struct scn_build *b = &p->plan->builds[i];
	if (!p->engines)
		p->engines = lb_calloc(p->o->policies_count, sizeof(*p->engines));
	struct engine_run *run = &p->engines[b->policy];
	int rc = 0, after = p->o->builders[b->builder] == LB_BUILDER_COLD ? -1 : b->after;
	if (!run->subject) {
		run->at = -1;
		rc = subject_open(measure_engine(p->o, b->policy), p->o->cancel, &run->subject, err);
	}
	if (!rc && (after < 0 || run->at != after))
		rc = build_up_to(r, run, after, err);
	run->at = (int)i;
	return rc;
}

/* What the engine decided; meta is what makes no layer by the rules, whatever the engine says of it. */
static enum lb_outcome observed_outcome(enum lb_outcome foreseen, enum lb_outcome seen)
{
	bool decided = seen == LB_HIT || seen == LB_MISS || seen == LB_UNKNOWN;
	if (foreseen == LB_META && decided)
		return LB_META;
	return foreseen == LB_SKIPPED && seen == LB_UNKNOWN ? LB_SKIPPED : seen;
}

/* False: of a miss nobody knows whether it was needed. */
static bool take_decisions(struct foreseeing *f, const struct subject_step *steps, struct lb_build_result *counts)
{
	bool wasted_known = true;
	for (size_t i = 0; i < f->count; i++) {
		struct foreseen *s = &f->items[i];
		enum lb_outcome was = s->row.outcome;
		s->row.outcome = observed_outcome(was, steps[i].outcome);
		if (was != s->row.outcome)
			s->decision.needed = LB_NEEDED_EMPTY;
		counts->steps++;
		++*lb_build_count(counts, s->row.outcome);
		if (s->row.outcome != LB_MISS)
			continue;
		counts->wasted += s->decision.needed == LB_NEEDED_NO;
		wasted_known = wasted_known && s->decision.needed != LB_NEEDED_EMPTY;
	}
	return wasted_known;
}

static struct subject_step *list_steps(const struct foreseeing *f)
{
	struct subject_step *steps = lb_calloc(f->count + 1, sizeof(*steps));
	for (size_t i = 0; i < f->count; i++) {
		const struct foreseen *s = &f->items[i];
		steps[i] = (struct subject_step){ .stage = s->row.stage,
						  .index = s->row.index,
						  .trigger = s->row.trigger,
						  .stage_name = s->stage_name,
						  .text = s->text,
						  .keyword = s->in.keyword };
	}
	return steps;
}

static void format(struct runner *r, size_t i, struct record_row *row, struct foreseeing *f)
{
	struct slot *slot = &r->slots[i];
	for (size_t k = 0; k < f->count; k++) {
		struct foreseen *s = &f->items[k];
		s->row.in = &s->in;
		s->row.text = s->text;
		s->row.stage_name = s->stage_name;
		s->row.decision = &s->decision;
		record_format_step(r->p->o->run, row, &s->row, 0, &slot->step_rows);
	}
}

static void tell(struct runner *r, size_t i, struct record_row *row, const struct subject_result *seen, struct lb_build_result *counts,
		 bool wasted_known, struct foreseeing *f)
{
	struct slot *slot = &r->slots[i];
	const struct record_observed o = { .subject = measure_engine(r->p->o, r->p->plan->builds[i].policy)->name,
					   .wasted_known = wasted_known,
					   .image_known = seen->image_known,
					   .total_ns = seen->wall_ns,
					   .cpu_ns = seen->cpu_ns,
					   .peak_rss_bytes = seen->peak_rss_bytes,
					   .image_bytes = seen->image_bytes,
					   .image = seen->image,
					   .layers = seen->layers,
					   .layers_new = seen->layers_new };
	row->result = counts;
	row->observed = &o;
	if (!seen->ok)
		runner_set_failed(r, row, "fail", seen->message);
	format(r, i, row, f);
	record_format_build(r->p->o->run, row, &slot->build_row);
	slot->run_ns = seen->wall_ns;
	slot->run_known = seen->ok;
	r->totals->hits += counts->hits;
	r->totals->misses += counts->misses;
}

static int observe(struct runner *r, size_t i, struct record_row *row, struct lb_err *err)
{
	struct lb_build_result foreseen = { 0 }, counts = { 0 };
	struct foreseeing f = { 0 };
	struct subject_result seen = { 0 };
	int rc = runner_predict(r, i, &foreseen, on_row, &f, err);
	lb_autofree struct subject_step *steps = list_steps(&f);
	if (!rc)
		rc = ask_engine(r, i, steps, f.count, &seen, err);
	if (!rc) {
		bool wasted_known = take_decisions(&f, steps, &counts);
		counts.ok = seen.ok;
		counts.context_files = foreseen.context_files;
		counts.context_bytes = foreseen.context_bytes;
		tell(r, i, row, &seen, &counts, wasted_known, &f);
	}
	release_foreseen(&f);
	return rc;
}

int runner_on_engine(struct runner *r, size_t i, uint64_t order, struct lb_err *err)
{
	const struct measure_options *o = r->p->o;
	const struct scn_build *b = &r->p->plan->builds[i];
	const struct record_observed refused = { .subject = measure_engine(o, b->policy)->name };
	struct record_row row = runner_row(r, i, order);
	const char *status, *why = runner_refusal(r, i, &status);
	row.observed = &refused;
	if (why) {
		runner_set_failed(r, &row, status, why);
		record_format_build(o->run, &row, &r->slots[i].build_row);
		return 0;
	}
	int rc = ready_engine(r, i, err);
	if (!rc && o->running)
		o->running(o->progress_arg, b, refused.subject);
	return rc ? rc : observe(r, i, &row, err);
}
