/* SPDX-License-Identifier: Apache-2.0 */
#include "run_options.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

size_t run_options_table(struct run_options *o, struct option *table)
{
	const struct option rows[] = {
		{ "variant", 0, OPTION_LIST, &o->variants, "NAME,…", "only these variants (patterns with * and ?)" },
		{ "edit", 0, OPTION_LIST, &o->edits, "NAME,…", "only these edits" },
		{ "policy", 0, OPTION_LIST, &o->policies, "NAME[@VERSION],…", "whose cache rules decide; 'all' (default: buildkit)" },
		{ "builder", 0, OPTION_LIST, &o->builders, "KIND,…", "warm, fresh, fresh-min, cold (default: warm and, where the policy knows it, fresh and cold)" },
		{ "run", 0, OPTION_TEXT, &o->run_mode, "MODE", "how RUN is carried out: exec (really), model, dry, auto (default: auto)" },
		{ "keep-times", 0, OPTION_FLAG, &o->keep_times, NULL, "exec: files keep the times that a RUN gave them; layers then differ from run to run" },
		{ "repeat", 0, OPTION_NUMBER, &o->repeat, "N", "build everything N times (default: 1)" },
		{ "jobs", 'j', OPTION_NUMBER, &o->jobs, "N", "builds side by side (default: the processors, 4 at most; 1 for exec with repeats)" },
		{ "out", 'o', OPTION_TEXT, &o->out, "DIR", "where results go (default: results; for a project .lbench/results in it)" },
		{ "store", 0, OPTION_TEXT, &o->store, "DIR", "the layer store (default: .store beside the results)" },
		{ "remote", 0, OPTION_TEXT, &o->remote, "WHERE", "what is pushed to: memory, oci:DIR, none (default: memory)" },
		{ "compression", 0, OPTION_TEXT, &o->compression, "NAME", "of layers: igzip, gzip, zstd, none (default: igzip)" },
		{ "format", 0, OPTION_TEXT, &o->format, "NAME", "table, json, csv, markdown (default: table)" },
		{ "details", 0, OPTION_FLAG, &o->details, NULL, "what each step leaves, every column, lbench's own engine time too" },
		{ "seed", 0, OPTION_TEXT, &o->seed, "N", "instead of the scenario's" },
		{ "set", 0, OPTION_PAIR, &o->set, "KEY=VALUE", "instead of a scalar of the scenario" },
		{ "file", 'f', OPTION_EACH, &o->dockerfiles, "FILE", "a project's Dockerfile, - for standard input; may repeat: a variant each" },
		{ "target", 0, OPTION_TEXT, &o->target, "STAGE", "of a project's Dockerfile" },
		{ "build-arg", 0, OPTION_PAIR, &o->build_args, "NAME=VALUE", "for a project's Dockerfile" },
		{ "build-context", 0, OPTION_PAIR, &o->contexts, "NAME=DIR", "a further context for a project's Dockerfile; of an address only the name is known" },
		{ "keep", 0, OPTION_NUMBER, &o->keep, "N", "results to keep (default: 20)" },
		{ "no-plots", 0, OPTION_FLAG, &o->no_plots, NULL, "draw nothing" },
		{ "no-color", 0, OPTION_FLAG, &o->no_color, NULL, "no colour on a terminal" },
		{ "quiet", 'q', OPTION_FLAG, &o->quiet, NULL, "nothing on standard error but errors" },
		{ "verbose", 'v', OPTION_FLAG, &o->verbose, NULL, "a line a build on standard error" },
	};
	_Static_assert(LB_COUNT(rows) <= RUN_OPTIONS_MAX, "table fits");
	memcpy(table, rows, sizeof(rows));
	return LB_COUNT(rows);
}

size_t run_options_all(struct run_options *o, struct option *table)
{
	size_t n = run_options_table(o, table);
	table[n++] = (struct option){ "must-hit", 0, OPTION_EACH, &o->must_hit, "EDIT: PATTERN",
		"after this edit, steps like the pattern must be hits; broken: exit 1" };
	table[n++] = (struct option){ "warmup", 0, OPTION_NUMBER, &o->warmup, "N", "first do everything N times and keep no row of it (default: 0)" };
	table[n++] = (struct option){ "until-stable", 0, OPTION_TEXT, &o->until_stable, "PERCENT",
		"exec: repeat until each median of RUN seconds is known so well (95 %), --repeat times at most (default: 50)" };
	table[n++] = (struct option){ "on", 0, OPTION_LIST, &o->on, "SUBJECT,…",
		"what builds: builtin, docker, docker-classic, buildah, podman; or null: the harness measures itself (default: builtin)" };
	table[n++] = (struct option){ "resume", 0, OPTION_TEXT, &o->resume, "RESULT", "do the rest of an interrupted run" };
	return n;
}

static int resolve_policies(struct run_options *o, struct lb_err *err)
{
	if (!o->policies.count && !o->engines_count)
		lb_strv_add(&o->policies, "buildkit");
	for (size_t i = 0; i < o->policies.count; i++) {
		if (strcmp(o->policies.items[i], "all") == 0) {
			o->policy_count = lb_policy_list(true, o->policy, LB_COUNT(o->policy));
			return 0;
		}
		if (o->policy_count == LB_COUNT(o->policy))
			return lb_fail(err, LB_USAGE, "--policy: %zu at most", LB_COUNT(o->policy));
		if (lb_policy_find(o->policies.items[i], &o->policy[o->policy_count], err))
			return lb_recode(err, LB_USAGE);
		o->policy_count++;
	}
	return 0;
}

/* A real engine's cache is exported and imported by nobody. */
static bool has_builder(const struct run_options *o, size_t policy, enum lb_builder_kind kind)
{
	return o->engine[policy] ? kind == LB_BUILDER_WARM || kind == LB_BUILDER_COLD : o->policy[policy]->builders & (1u << kind);
}

/* Without --builder: the machine that people have, and the two that their CI has, where all policies know them. A real
 * engine is asked for the first one alone: what it takes without a cache is its first build. */
static void default_builders(struct run_options *o)
{
	static const enum lb_builder_kind kinds[] = { LB_BUILDER_WARM, LB_BUILDER_FRESH, LB_BUILDER_COLD };
	for (size_t k = 0; k < LB_COUNT(kinds) && o->builtin; k++) {
		bool all = true;
		for (size_t i = 0; i < o->policy_count; i++)
			all = all && (o->engine[i] || has_builder(o, i, kinds[k]));
		if (all)
			o->builder[o->builder_count++] = kinds[k];
	}
	if (!o->builder_count)
		o->builder[o->builder_count++] = LB_BUILDER_WARM;
}

static void mark_unfit(struct run_options *o)
{
	for (size_t i = 0; i < o->policy_count; i++)
		for (size_t k = 0; k < o->builder_count; k++)
			o->unfit[i * o->builder_count + k] =
				o->engine[i] && (!has_builder(o, i, o->builder[k]) || (!o->builders.count && o->builder[k] != LB_BUILDER_WARM));
}

static int resolve_builders(struct run_options *o, struct lb_err *err)
{
	if (!o->builders.count)
		default_builders(o);
	for (size_t i = 0; i < o->builders.count; i++) {
		enum lb_builder_kind kind;
		if (lb_builder_parse(o->builders.items[i], &kind, err))
			return lb_recode(err, LB_USAGE);
		for (size_t p = 0; p < o->policy_count; p++)
			if (!has_builder(o, p, kind))
				return lb_fail(err, LB_USAGE, "--builder %s: %s %s", o->builders.items[i],
					       o->engine[p] ? o->engine[p]->name : o->policy[p]->name,
					       o->engine[p] ? "is driven warm or cold; --on builtin has the others" : "has no such builder");
		if (o->builder_count < LB_COUNT(o->builder))
			o->builder[o->builder_count++] = kind;
	}
	mark_unfit(o);
	return 0;
}

static int resolve_mode(struct run_options *o, struct lb_err *err)
{
	static const char *const names[] = { "model", "dry", "exec" };
	o->mode_auto = !o->run_mode || strcmp(o->run_mode, "auto") == 0;
	if (o->mode_auto)
		return 0;
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		if (strcmp(o->run_mode, names[i]) == 0) {
			o->mode = (enum lb_run_mode)i;
			return 0;
		}
	}
	return lb_fail(err, LB_USAGE, "--run is one of exec, model, dry, auto; not '%s'", o->run_mode);
}

static int resolve_remote(struct run_options *o, struct lb_err *err)
{
	if (!o->remote || strcmp(o->remote, "memory") == 0)
		o->remote = "memory:";
	else if (strcmp(o->remote, "none") == 0)
		o->remote = NULL;
	else if (strncmp(o->remote, "oci:", 4) != 0)
		return lb_fail(err, LB_USAGE, "--remote is memory, oci:DIR or none; not '%s'", o->remote);
	return 0;
}

static int add_engine(struct run_options *o, const char *name, struct lb_err *err)
{
	enum subject_kind kind;
	if (!subject_parse(name, &kind))
		return lb_fail(err, LB_USAGE, "--on is builtin, docker, docker-classic, buildah, podman or null; not '%s'", name);
	for (size_t i = 0; i < o->engines_count; i++)
		if (o->engines[i].kind == kind)
			return 0;
	return subject_probe(kind, &o->engines[o->engines_count++], err);
}

static int resolve_subject(struct run_options *o, struct lb_err *err)
{
	o->builtin = !o->on.count;
	for (size_t i = 0; i < o->on.count; i++) {
		const char *name = o->on.items[i];
		bool null = strcmp(name, "null") == 0;
		o->builtin = o->builtin || null || strcmp(name, "builtin") == 0;
		o->null_subject = o->null_subject || null;
		int rc = null || strcmp(name, "builtin") == 0 ? 0 : add_engine(o, name, err);
		if (rc)
			return rc;
	}
	if (o->null_subject && o->on.count > 1)
		return lb_fail(err, LB_USAGE, "--on null stands alone: the harness measures itself, and nothing is built");
	if (o->engines_count && o->jobs > 1)
		return lb_fail(err, LB_USAGE, "--jobs %u: beside a real engine builds are timed alone", o->jobs);
	if (o->engines_count && !o->builtin && o->run_mode && strcmp(o->run_mode, "auto") != 0 && strcmp(o->run_mode, "exec") != 0)
		return lb_fail(err, LB_USAGE, "--run %s: %s carries RUNs out; --on builtin models them", o->run_mode, o->engines[0].name);
	if (o->engines_count && !o->builtin && o->policies.count)
		return lb_fail(err, LB_USAGE, "--policy says by whose rules the built-in engine decides, and %s decides by itself; --on builtin,%s has both",
			       o->engines[0].name, o->engines[0].name);
	return 0;
}

/* After the policies that the built-in engine decides by; without any it has those of the engines beside it. */
static int add_engine_policies(struct run_options *o, struct lb_err *err)
{
	size_t builtin = o->policy_count;
	for (size_t i = 0; i < o->engines_count && o->builtin && !o->policies.count; i++) {
		size_t k = 0;
		while (k < builtin && o->policy[k] != o->engines[i].policy)
			k++;
		o->policy[k] = o->engines[i].policy;
		builtin += k == builtin;
	}
	o->policy_count = builtin;
	for (size_t i = 0; i < o->engines_count; i++) {
		if (o->policy_count == LB_COUNT(o->policy))
			return lb_fail(err, LB_USAGE, "--policy and --on: %zu at most", LB_COUNT(o->policy));
		o->engine[o->policy_count] = &o->engines[i];
		o->policy[o->policy_count++] = o->engines[i].policy;
	}
	return 0;
}

static int resolve_repeats(struct run_options *o, struct lb_err *err)
{
	char *end = NULL;
	if (!o->until_stable) {
		o->repeat = o->repeat ? o->repeat : 1;
		return 0;
	}
	o->stable_percent = strtod(o->until_stable, &end);
	if (end == o->until_stable || (*end && strcmp(end, "%") != 0) || !(o->stable_percent > 0 && o->stable_percent <= 100))
		return lb_fail(err, LB_USAGE, "--until-stable takes a part of the median in per cent, as 2; not '%s'", o->until_stable);
	if (o->repeat && o->repeat < RUN_STABLE_LEAST)
		return lb_fail(err, LB_USAGE, "--until-stable: --repeat is the most repeats then, %d at least (an interval of a median needs them); not %u",
			       RUN_STABLE_LEAST, o->repeat);
	o->repeat = o->repeat ? o->repeat : RUN_STABLE_MOST;
	return 0;
}

int run_options_resolve(struct run_options *o, struct lb_err *err)
{
	int rc = resolve_subject(o, err);
	if (!rc)
		rc = resolve_policies(o, err);
	if (!rc)
		rc = add_engine_policies(o, err);
	if (!rc)
		rc = resolve_repeats(o, err);
	if (!rc)
		rc = resolve_builders(o, err);
	if (!rc)
		rc = resolve_mode(o, err);
	if (!rc)
		rc = resolve_remote(o, err);
	if (!rc && o->compression && lb_compression_parse(o->compression, &o->compression_kind, err))
		rc = lb_recode(err, LB_USAGE);
	if (rc)
		return rc;
	if (o->seed) {
		o->set.pairs.items = lb_grow(o->set.pairs.items, o->set.pairs.count, &o->set.pairs.cap, sizeof(*o->set.pairs.items));
		o->set.pairs.items[o->set.pairs.count++] = (struct lb_pair){ "seed", o->seed };
	}
	if (!o->keep)
		o->keep = 20;
	return 0;
}

void run_options_release(struct run_options *o)
{
	struct lb_strv *lists[] = { &o->variants, &o->edits, &o->policies, &o->builders, &o->dockerfiles, &o->must_hit, &o->on };
	for (size_t i = 0; i < LB_COUNT(lists); i++)
		lb_strv_release(lists[i]);
	for (size_t i = 0; i < LB_COUNT(o->engines); i++)
		subject_info_release(&o->engines[i]);
	option_pairs_release(&o->set);
	option_pairs_release(&o->build_args);
	option_pairs_release(&o->contexts);
}

char *run_options_memo(const char *path)
{
	lb_autofree char *store = lb_path_join(path, ".lbench/store");
	return lb_fs_is_dir(AT_FDCWD, store) ? lb_path_join(store, "context.memo") : NULL;
}

int run_options_load(const struct run_options *o, const char *path, struct scenario **out, struct lb_err *err)
{
	struct scn_load_options lo = { .set = &o->set.pairs, .dockerfiles = o->dockerfiles.items,
		.dockerfiles_count = o->dockerfiles.count, .target = o->target, .build_args = &o->build_args.pairs,
		.contexts = &o->contexts.pairs, .without_git = o->without_git };
	lb_autofree char *memo = run_options_memo(path);
	lo.memo_path = memo;
	return scenario_load(path, &lo, out, err);
}

int run_options_plan(const struct run_options *o, const struct scenario *s, struct scn_plan *out, struct lb_err *err)
{
	struct scn_plan_options po = { .variants = &o->variants, .edits = &o->edits, .policies = o->policy_count,
		.builders = o->builder_count, .unfit = o->unfit, .repeat = o->repeat };
	return scn_plan_make(s, &po, out, err);
}

static bool wants_exec(const struct scenario *s)
{
	for (size_t i = 0; i < s->bases_count; i++)
		if (s->bases[i].form == SCN_BASE_MODEL || s->bases[i].form == SCN_BASE_OPAQUE)
			return false;
	/* what a model says of a RUN's needs replays nothing */
	for (size_t i = 0; i < s->models_count; i++)
		if (s->models[i].has_seconds || s->models[i].writes_given)
			return false;
	return s->bases_count > 0;
}

enum lb_run_mode run_options_mode(const struct run_options *o, const struct scenario *s)
{
	/* engines carry RUNs out, whatever a model says of them */
	bool really = (!o->builtin && o->engines_count) || wants_exec(s);
	return !o->mode_auto ? o->mode : really ? LB_RUN_EXEC : LB_RUN_MODEL;
}
