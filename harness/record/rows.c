/* SPDX-License-Identifier: Apache-2.0 */
#include "record/record.h"

#include <string.h>

#include "record/columns.h"

static const char *const run_mode_names[] = { "model", "dry", "exec" };

static void begin_row(struct csv_writer *w, const struct record_run *run, const struct record_row *row)
{
	csv_add_number(w, row->build_id);
	csv_add_text(w, run->scenario->name);
	csv_add_text(w, row->variant);
	csv_add_text(w, row->observed ? row->observed->subject : run->null_subject ? "null" : "builtin");
	csv_add_text(w, row->policy);
	csv_add_text(w, row->builder);
}

/* An engine carries RUNs out, whatever the built-in one does beside it. */
static const char *run_mode(const struct record_run *run, const struct record_row *row)
{
	return run_mode_names[row->observed ? LB_RUN_EXEC : run->mode];
}

static void add_place(struct csv_writer *w, const struct record_row *row)
{
	csv_add_text(w, row->workload);
	csv_add_text(w, row->edit);
	csv_add_number(w, row->seq);
	csv_add_number(w, row->repeat);
}

static void add_counts(struct csv_writer *w, const struct lb_build_result *r)
{
	const uint32_t counts[] = { r->steps, r->hits, r->misses, r->meta, r->skipped, r->unknown, r->wasted, r->stale };
	for (size_t i = 0; i < LB_COUNT(counts); i++)
		csv_add_number(w, counts[i]);
}

static void add_nothing(struct csv_writer *w, int columns)
{
	while (columns--)
		csv_add_text(w, NULL);
}

/* A real engine's own figures, and nothing of lbench's. Its times are those of the process that people start. */
static void add_observed(struct csv_writer *w, const struct record_observed *o, const struct lb_build_result *r)
{
	const uint32_t counts[] = { r->steps, r->hits, r->misses, r->meta, r->skipped, r->unknown };
	char digest[LB_DIGEST_TEXT] = "";
	for (size_t i = 0; i < LB_COUNT(counts); i++)
		csv_add_number(w, counts[i]);
	csv_add_number_if(w, o->wasted_known, r->wasted);
	add_nothing(w, 6); /* stale engine_ns run_ns wasted_run_ns push_ns pull_ns */
	csv_add_number(w, o->total_ns);
	csv_add_number(w, o->cpu_ns);
	csv_add_number_if(w, o->peak_rss_bytes, o->peak_rss_bytes);
	csv_add_number(w, r->context_files);
	csv_add_number(w, r->context_bytes);
	csv_add_number_if(w, o->image_known, o->layers);
	csv_add_number_if(w, o->image_known, o->layers_new);
	add_nothing(w, 7); /* bytes_stored … cache_import_bytes */
	csv_add_number_if(w, o->image_known, o->image_bytes);
	add_nothing(w, 1); /* shared_bytes */
	if (o->image_known)
		lb_digest_text(&o->image, digest);
	csv_add_text(w, digest);
}

/* The null subject decides nothing: it has no steps, and times. */
static void add_null_times(struct csv_writer *w, const struct record_run *run, const struct record_row *row)
{
	enum { COUNTS = 8 };
	for (int i = 0; i < COUNTS; i++)
		csv_add_number(w, 0);
	csv_add_number(w, row->engine_ns);
	csv_add_number_if(w, run->mode == LB_RUN_EXEC, row->null_run_ns);
	for (int i = 0; i < 3; i++)
		csv_add_text(w, NULL);
	csv_add_number(w, row->engine_ns + row->null_run_ns);
	csv_add_number(w, row->cpu_ns);
	csv_add_number_if(w, row->peak_rss_bytes, row->peak_rss_bytes);
}

static void add_times(struct csv_writer *w, const struct record_row *row, bool remote)
{
	const struct lb_build_result *r = row->result;
	csv_add_number(w, row->engine_ns);
	csv_add_number_if(w, r->run_ns_known, r->run_ns);
	csv_add_number_if(w, r->wasted_known, r->wasted_run_ns);
	csv_add_number_if(w, remote && r->bytes_known, row->push_ns);
	csv_add_text(w, NULL); /* pull_ns: nothing is pulled by the built-in engine */
	csv_add_number_if(w, r->run_ns_known, row->engine_ns + r->run_ns);
	csv_add_number(w, row->cpu_ns);
	csv_add_number_if(w, row->peak_rss_bytes, row->peak_rss_bytes);
}

/* What RUNs used that were carried out. */
static void add_runs(struct csv_writer *w, const struct record_run *run, const struct record_row *row)
{
	const struct lb_exec_costs *c = &row->runs;
	bool measured = run->mode == LB_RUN_EXEC && !row->observed && (row->result || run->null_subject);
	csv_add_number_if(w, measured, c->user_ns);
	csv_add_number_if(w, measured, c->system_ns);
	csv_add_number_if(w, measured && c->peak_rss_bytes, c->peak_rss_bytes);
	csv_add_number_if(w, measured, c->read_bytes);
	csv_add_number_if(w, measured, c->written_bytes);
}

static void add_bytes(struct csv_writer *w, const struct record_run *run, const struct lb_build_result *r, bool ci_cache)
{
	bool known = r->bytes_known;
	csv_add_number(w, r->context_files);
	csv_add_number(w, r->context_bytes);
	csv_add_number_if(w, r->ok && !r->unknown, r->layers);
	csv_add_number_if(w, known, r->layers_new);
	csv_add_number_if(w, known, r->bytes_stored);
	csv_add_number_if(w, known && run->remote, r->bytes_pushed);
	csv_add_text(w, NULL); /* bytes_retimed: modelled RUNs do not tell */
	csv_add_text(w, NULL); /* bytes_wire: only with a registry */
	csv_add_number_if(w, known, r->bytes_pulled);
	csv_add_number_if(w, ci_cache && known, r->cache.export_bytes);
	csv_add_number_if(w, ci_cache && known, r->cache.import_bytes);
	csv_add_number_if(w, known, r->image_bytes);
	csv_add_number_if(w, known, r->shared_bytes);
	char digest[LB_DIGEST_TEXT] = "";
	if (r->image_known)
		lb_digest_text(&r->image, digest);
	csv_add_text(w, digest);
}

enum { MESSAGE = 46 }; /* its place among the columns */

void record_format_build(const struct record_run *run, const struct record_row *row, struct lb_buf *out)
{
	struct csv_writer w = { .columns = BUILD_COLUMNS_COUNT, .row = *out };
	begin_row(&w, run, row);
	csv_add_text(&w, "");
	csv_add_text(&w, run_mode(run, row));
	csv_add_text(&w, row->observed ? NULL : lb_compression_name(run->compression));
	csv_add_text(&w, row->observed ? NULL : run->remote);
	add_place(&w, row);
	csv_add_number(&w, row->started_order);
	csv_add_text(&w, row->status);
	if (row->result && row->observed) {
		add_observed(&w, row->observed, row->result);
	} else if (row->result) {
		add_counts(&w, row->result);
		add_times(&w, row, run->remote != NULL);
		add_bytes(&w, run, row->result, strncmp(row->builder, "fresh", 5) == 0);
	} else if (run->null_subject) {
		add_null_times(&w, run, row);
	}
	while (w.fields < MESSAGE)
		csv_add_text(&w, NULL);
	csv_add_text(&w, row->message);
	add_runs(&w, run, row);
	csv_end(&w);
	*out = w.row;
}

static void add_digest(struct csv_writer *w, const struct lb_digest *d)
{
	char text[LB_DIGEST_TEXT] = "";
	if (d && !lb_digest_is_zero(d))
		lb_digest_text(d, text);
	csv_add_text(w, text);
}

static const char *needed_text(const struct lb_step_row *s)
{
	if (!s->decision || s->outcome != LB_MISS)
		return NULL;
	return s->decision->needed == LB_NEEDED_YES ? "yes" : s->decision->needed == LB_NEEDED_NO ? "no" : NULL;
}

static void add_decision(struct csv_writer *w, const struct lb_step_row *s, bool observed)
{
	static const char *const stale[] = { NULL, "wrong", "suspect", "outdated" };
	csv_add_text(w, lb_outcome_name(s->outcome));
	csv_add_text(w, needed_text(s));
	csv_add_text(w, stale[s->stale]);
	csv_add_text(w, lb_reason_name(s->reason));
	struct lb_buf evidence = { 0 };
	if (s->decision && !observed && (s->outcome == LB_MISS || s->outcome == LB_META))
		lb_evidence_json(&s->decision->evidence, &evidence);
	else if (s->decision && !observed && s->stale)
		lb_evidence_json(&s->decision->overlooked, &evidence);
	csv_add_text(w, lb_buf_str(&evidence));
	lb_buf_release(&evidence);
	add_digest(w, s->decision ? &s->decision->key : NULL);
}

static void add_layer(struct csv_writer *w, const struct lb_step_row *s)
{
	add_digest(w, s->layer ? &s->layer->diff_id : NULL);
	csv_add_number_if(w, s->layer_bytes_known, s->layer_bytes);
	add_digest(w, s->layer ? &s->layer->blob : NULL);
	csv_add_number_if(w, s->layer != NULL, s->layer ? s->layer->blob_bytes : 0);
}

void record_format_step(const struct record_run *run, const struct record_row *row, const struct lb_step_row *s, uint64_t engine_ns,
                        struct lb_buf *out)
{
	struct csv_writer w = { .columns = STEP_COLUMNS_COUNT, .row = *out };
	begin_row(&w, run, row);
	csv_add_text(&w, run_mode(run, row));
	add_place(&w, row);
	if (s->stage_name) {
		csv_add_text(&w, s->stage_name);
	} else {
		csv_add_number(&w, (uint64_t)s->stage);
	}
	csv_add_number(&w, (uint64_t)s->index);
	csv_add_number(&w, s->in->first_line);
	csv_add_text(&w, s->text);
	csv_add_number_if(&w, s->trigger > 0, (uint64_t)s->trigger);
	add_decision(&w, s, row->observed != NULL);
	add_layer(&w, s);
	csv_add_number_if(&w, !row->observed, engine_ns);
	csv_add_number_if(&w, s->run_ns_known, s->run_ns);
	csv_add_text(&w, s->is_run && !row->observed && run->mode != LB_RUN_EXEC ? lb_model_source_name(s->model_source) : NULL);
	csv_add_text(&w, NULL); /* extrapolated */
	csv_end(&w);
	*out = w.row;
}
