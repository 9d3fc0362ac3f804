/* SPDX-License-Identifier: Apache-2.0 */
#include "record/runinfo.h"

#include <string.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>

static void tool(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "tool");
	lb_json_open(w, '{');
	lb_json_kstr(w, "name", "lbench");
	lb_json_kstr(w, "version", run->tool_version);
	lb_json_kstr(w, "commit", *run->tool_commit ? run->tool_commit : NULL);
	lb_json_close(w, '}');
}

static void scenario(struct lb_json *w, const struct scenario *s)
{
	char digest[LB_DIGEST_TEXT];
	lb_digest_text(&s->digest, digest);
	lb_json_key(w, "scenario");
	lb_json_open(w, '{');
	lb_json_kstr(w, "name", s->name);
	lb_json_kstr(w, "description", s->description);
	lb_json_kstr(w, "digest", digest);
	lb_json_kstr(w, "file", s->file);
	lb_json_kbool(w, "implicit", s->implicit);
	lb_json_close(w, '}');
}

static void project(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "project");
	if (!run->commit) {
		lb_json_null(w);
		return;
	}
	lb_json_open(w, '{');
	lb_json_kstr(w, "commit", run->commit);
	lb_json_key(w, "date");
	lb_json_int(w, run->commit_time);
	lb_json_close(w, '}');
}

void runinfo_machine(struct lb_json *w)
{
	struct utsname u;
	struct sysinfo info;
	uname(&u);
	lb_json_open(w, '{');
	lb_json_kstr(w, "os", u.sysname);
	lb_json_kstr(w, "kernel", u.release);
	lb_json_kstr(w, "arch", u.machine);
	lb_json_kuint(w, "cpus", (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
	lb_json_kuint(w, "memory_bytes", sysinfo(&info) == 0 ? (uint64_t)info.totalram * info.mem_unit : 0);
	lb_json_close(w, '}');
}

static void policies(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "policies");
	lb_json_open(w, '[');
	for (size_t i = 0; i < run->policies_count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "name", run->policies[i]->name);
		lb_json_kstr(w, "origin", run->policies[i]->origin == LB_OBSERVED ? "observed" : "from source");
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

/* `engines` tells what real ones are, their versions too: an upgrade is another run. */
static void subjects(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "subjects");
	lb_json_open(w, '[');
	if (run->builtin || !run->engines_count)
		lb_json_str(w, run->null_subject ? "null" : "builtin");
	for (size_t i = 0; i < run->engines_count; i++)
		lb_json_str(w, run->engines[i].subject);
	lb_json_close(w, ']');
	if (!run->engines_count)
		return;
	lb_json_key(w, "engines");
	lb_json_open(w, '[');
	for (size_t i = 0; i < run->engines_count; i++) {
		lb_json_open(w, '{');
		lb_json_kstr(w, "subject", run->engines[i].subject);
		lb_json_kstr(w, "engine_version", run->engines[i].version);
		lb_json_kstr(w, "title", run->engines[i].title);
		lb_json_kstr(w, "rules", run->engines[i].rules);
		lb_json_kstr(w, "held_against", run->engines[i].held_against);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void options(struct lb_json *w, const struct record_run *run)
{
	static const char *const modes[] = { "model", "dry", "exec" };
	lb_json_key(w, "options");
	lb_json_open(w, '{');
	lb_json_kstr(w, "run_mode", modes[run->mode]);
	policies(w, run);
	lb_json_key(w, "builders");
	lb_json_open(w, '[');
	for (size_t i = 0; i < run->builders_count; i++)
		lb_json_str(w, lb_builder_name(run->builders[i]));
	lb_json_close(w, ']');
	subjects(w, run);
	lb_json_kstr(w, "scope", run->scenario->shared_scope ? "scenario" : "variant");
	lb_json_kuint(w, "repeat", run->repeat);
	lb_json_key(w, "until_stable");
	if (run->until_stable > 0)
		lb_json_real(w, run->until_stable);
	else
		lb_json_null(w);
	lb_json_kuint(w, "seed", run->scenario->seed);
	lb_json_kstr(w, "compression", lb_compression_name(run->compression));
	lb_json_kstr(w, "remote", run->remote);
	lb_json_kuint(w, "jobs", run->jobs);
	static const char *const names[] = { "each", "sequence", "mix" };
	lb_json_key(w, "workload");
	lb_json_open(w, '[');
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (run->scenario->workload & (1u << i))
			lb_json_str(w, names[i]);
	lb_json_close(w, ']');
	lb_json_close(w, '}');
}

static void strings(struct lb_json *w, const char *key, const struct lb_strv *list)
{
	lb_json_key(w, key);
	lb_json_open(w, '[');
	for (size_t i = 0; list && i < list->count; i++)
		lb_json_str(w, list->items[i]);
	lb_json_close(w, ']');
}

static void bases(struct lb_json *w, const struct record_bases *list)
{
	char digest[LB_DIGEST_TEXT];
	lb_json_key(w, "bases");
	lb_json_open(w, '[');
	for (size_t i = 0; i < list->count; i++) {
		lb_digest_text(&list->items[i].digest, digest);
		lb_json_open(w, '{');
		lb_json_kstr(w, "name", list->items[i].name);
		lb_json_kstr(w, "digest", list->items[i].known ? digest : NULL);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void variants(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "variants");
	lb_json_open(w, '[');
	for (size_t i = 0; i < run->scenario->variants_count; i++) {
		const struct scn_variant *v = &run->scenario->variants[i];
		if (!run->variants_used[i])
			continue;
		lb_autofree char *file = lb_format("inputs/%s.Dockerfile", v->name);
		lb_json_open(w, '{');
		lb_json_kstr(w, "name", v->name);
		lb_json_kstr(w, "dockerfile", file);
		lb_json_kstr(w, "from", v->dockerfile_path);
		lb_json_kstr(w, "image", run->scenario->shared_scope ? v->name : v->image ? v->image : v->target);
		lb_json_kstr(w, "comment", v->comment);
		if (run->pins)
			bases(w, &run->pins->variants[i]);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

static void edit_pins(struct lb_json *w, const struct record_edit *e)
{
	strings(w, "files", &e->files);
	lb_json_kuint(w, "files_changed", e->files_count);
	if (e->bases.count)
		bases(w, &e->bases);
}

static void edits(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "edits");
	lb_json_open(w, '[');
	for (size_t i = 0; i < run->scenario->edits_count; i++) {
		const struct scn_edit *e = &run->scenario->edits[i];
		if (!run->edits_used[i])
			continue;
		lb_json_open(w, '{');
		lb_json_kstr(w, "name", e->name);
		lb_json_key(w, "weight");
		if (e->has_weight)
			lb_json_real(w, e->weight);
		else
			lb_json_null(w);
		if (run->pins)
			edit_pins(w, &run->pins->edits[i]);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

/* Everything that a RUN's seconds, bytes and needs come from. */
static void model_digest(const struct lb_model *m, char out[LB_DIGEST_TEXT])
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_addu(&h, m->source);
	lb_sha256_addu(&h, m->has_seconds ? m->cold_ns + 1 : 0);
	lb_sha256_addu(&h, m->has_warm ? m->warm_mount_ns + 1 : 0);
	lb_sha256_addu(&h, m->reproducible);
	lb_sha256_addu(&h, m->depends_given ? m->depends_count + 1 : 0);
	for (size_t i = 0; i < m->depends_count; i++)
		lb_sha256_adds(&h, m->depends[i]);
	lb_sha256_addu(&h, m->writes_given ? m->writes_count + 1 : 0);
	for (size_t i = 0; i < m->writes_count; i++) {
		const struct lb_model_write *f = &m->writes[i];
		const uint64_t numbers[] = { f->remove, f->text != NULL, f->files, f->bytes, f->single, f->mode };
		lb_sha256_adds(&h, f->path);
		lb_sha256_adds(&h, f->text ? f->text : "");
		for (size_t k = 0; k < LB_COUNT(numbers); k++)
			lb_sha256_addu(&h, numbers[k]);
		lb_sha256_add(&h, &f->compresses_to, sizeof(f->compresses_to));
	}
	struct lb_digest d = lb_sha256_done(&h);
	lb_digest_text(&d, out);
}

/* What the results of modelled RUNs depend on, in the order in which rules match. */
static void model_rules(struct lb_json *w, const struct scenario *s)
{
	lb_json_key(w, "rules");
	lb_json_open(w, '[');
	for (size_t i = 0; i < s->models_count; i++) {
		const struct lb_model *m = &s->models[i];
		lb_json_open(w, '{');
		lb_json_kstr(w, "match", m->match);
		lb_json_key(w, "depends_on");
		if (m->depends_given)
			lb_json_open(w, '[');
		else
			lb_json_null(w);
		for (size_t k = 0; m->depends_given && k < m->depends_count; k++)
			lb_json_str(w, m->depends[k]);
		if (m->depends_given)
			lb_json_close(w, ']');
		lb_json_kstr(w, "source", lb_model_source_name(m->source));
		lb_json_key(w, "seconds");
		if (m->has_seconds)
			lb_json_real(w, (double)m->cold_ns / 1e9);
		else
			lb_json_null(w);
		char digest[LB_DIGEST_TEXT];
		model_digest(m, digest);
		lb_json_kstr(w, "digest", digest);
		lb_json_close(w, '}');
	}
	lb_json_close(w, ']');
}

/* Where the seconds of RUNs come from, over all models. */
static void models(struct lb_json *w, const struct record_run *run)
{
	bool declared = false, recorded = false;
	for (size_t i = 0; i < run->scenario->models_count; i++) {
		const struct lb_model *m = &run->scenario->models[i];
		declared = declared || (m->has_seconds && m->source == LB_MODEL_DECLARED);
		recorded = recorded || (m->has_seconds && m->source == LB_MODEL_RECORDED);
	}
	lb_json_key(w, "models");
	lb_json_open(w, '{');
	lb_json_kstr(w, "seconds",
	             run->mode == LB_RUN_EXEC ? "measured" : declared && recorded ? "mixed" : declared ? "declared" : recorded ? "recorded" : "none");
	model_rules(w, run->scenario);
	lb_json_close(w, '}');
}

static void real(struct lb_json *w, const char *key, double value)
{
	lb_json_key(w, key);
	lb_json_real(w, value);
}

/* How far measured times can be trusted. */
static void measured(struct lb_json *w, const struct record_measured *m)
{
	lb_json_key(w, "measured");
	if (!m) {
		lb_json_null(w);
		return;
	}
	lb_json_open(w, '{');
	if (m->stable_wanted > 0) {
		lb_json_key(w, "stable");
		lb_json_open(w, '{');
		real(w, "wanted_percent", m->stable_wanted);
		lb_json_kbool(w, "reached", m->stable);
		lb_json_kuint(w, "most_repeats", m->stable_most);
		if (m->widest_build) {
			real(w, "widest_percent", m->widest);
			lb_json_kstr(w, "widest_build", m->widest_build);
		}
		lb_json_close(w, '}');
	}
	if (m->floor_count) {
		lb_json_key(w, "floor");
		lb_json_open(w, '{');
		lb_json_kstr(w, "of", "a RUN that does nothing");
		lb_json_kuint(w, "count", m->floor_count);
		real(w, "median_s", m->floor_ns / 1e9);
		real(w, "low_s", m->floor_low_ns / 1e9);
		real(w, "high_s", m->floor_high_ns / 1e9);
		lb_json_close(w, '}');
	}
	lb_json_close(w, '}');
}

/* The command, so that the rest of an interrupted run can be done by itself. */
static void command(struct lb_json *w, const struct record_run *run)
{
	lb_json_key(w, "command");
	lb_json_open(w, '{');
	lb_json_kstr(w, "directory", run->directory);
	lb_json_kstr(w, "scenario", run->operand);
	strings(w, "arguments", run->arguments);
	lb_json_close(w, '}');
}

void runinfo_json(const struct record_run *run, const char *status, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kuint(&w, "schema", RUNINFO_SCHEMA);
	tool(&w, run);
	lb_json_kstr(&w, "run_id", run->run_id);
	lb_json_kstr(&w, "started", run->started);
	strings(&w, "resumed", run->resumed);
	command(&w, run);
	scenario(&w, run->scenario);
	project(&w, run);
	lb_json_key(&w, "machine");
	runinfo_machine(&w);
	lb_json_key(&w, "libraries");
	lb_library_versions(&w);
	options(&w, run);
	variants(&w, run);
	edits(&w, run);
	models(&w, run);
	measured(&w, run->measured);
	strings(&w, "unknowns", run->unknowns);
	strings(&w, "warnings", run->warnings);
	lb_json_kstr(&w, "status", status);
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}
