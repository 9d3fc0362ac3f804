/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command.h"
#include "lbench/json.h"
#include "plan_touch.h"
#include "run_options.h"

struct plan_row {
	const struct run_options *o;
	const struct scenario *s;
	const struct scn_build *b;
	size_t id;
};

static const char *edit_name(const struct plan_row *r)
{
	return r->b->edit < 0 ? "cold" : r->s->edits[r->b->edit].name;
}

static const char *workload_name(const struct plan_row *r)
{
	return r->b->workload == SCN_SEQUENCE ? "sequence" : "each";
}

static void row_json(struct lb_json *w, const struct plan_row *r)
{
	lb_json_open(w, '{');
	lb_json_kuint(w, "build_id", r->id);
	lb_json_kstr(w, "variant", r->s->variants[r->b->variant].name);
	lb_json_kstr(w, "policy", r->o->policy[r->b->policy]->name);
	lb_json_kstr(w, "builder", lb_builder_name(r->o->builder[r->b->builder]));
	lb_json_kstr(w, "workload", workload_name(r));
	lb_json_kstr(w, "edit", edit_name(r));
	lb_json_kuint(w, "seq", r->b->seq);
	lb_json_kuint(w, "repeat", r->b->repeat);
	lb_json_key(w, "after");
	if (r->b->after < 0)
		lb_json_null(w);
	else
		lb_json_int(w, r->b->after);
	lb_json_kuint(w, "scope", r->b->scope);
	lb_json_kbool(w, "alone", r->b->alone);
	lb_json_close(w, '}');
}

static void row_text(struct lb_buf *out, const struct plan_row *r)
{
	lb_autofree char *after = r->b->after < 0 ? lb_strdup("an empty cache") : lb_format("build %d", r->b->after);
	lb_buf_addf(out, "%5zu  %-14s %-16s %-9s %-9s %-18s after %s%s\n", r->id, r->s->variants[r->b->variant].name,
		    r->o->policy[r->b->policy]->name, lb_builder_name(r->o->builder[r->b->builder]), workload_name(r), edit_name(r), after,
		    r->b->alone ? " (alone, to compare with)" : "");
}

static void print_plan(const struct run_options *o, const struct scenario *s, const struct scn_plan *plan, bool as_json, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	if (as_json) {
		lb_json_open(&w, '{');
		lb_json_kstr(&w, "scenario", s->name);
		lb_json_kuint(&w, "scopes", plan->scopes);
		lb_json_key(&w, "builds");
		lb_json_open(&w, '[');
	} else {
		lb_buf_addf(out, "%s: %zu build%s in %zu cache%s\n\n%5s  %-14s %-16s %-9s %-9s %-18s\n", s->name, plan->count,
			    plan->count == 1 ? "" : "s", plan->scopes, plan->scopes == 1 ? "" : "s",
			    "build", "variant", "policy", "builder", "workload", "edit");
	}
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_row row = { o, s, &plan->builds[i], i };
		if (as_json)
			row_json(&w, &row);
		else
			row_text(out, &row);
	}
	if (as_json) {
		lb_json_close(&w, ']');
		lb_json_close(&w, '}');
		lb_buf_addc(out, '\n');
	}
}

static int plan_one(const struct run_options *o, const char *path, struct lb_buf *out, struct lb_err *err)
{
	scn_autoscenario struct scenario *s = NULL;
	struct scn_plan plan = { 0 };
	bool as_json = o->format && strcmp(o->format, "json") == 0;
	if (o->format && !as_json && strcmp(o->format, "table") != 0)
		return lb_fail(err, LB_USAGE, "lbench plan: --format is table or json; not '%s'", o->format);
	int rc = run_options_load(o, path, &s, err);
	if (!rc)
		rc = run_options_plan(o, s, &plan, err);
	if (!rc)
		print_plan(o, s, &plan, as_json, out);
	scn_plan_release(&plan);
	return rc;
}

static int list_builds(const struct run_options *o, const struct lb_strv *paths, struct lb_buf *out, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; !rc && i < paths->count; i++)
		rc = plan_one(o, paths->items[i], out, err);
	return rc;
}

int cmd_plan(int argc, char **argv, struct lb_err *err)
{
	struct run_options o = { 0 };
	struct touch_arguments t = { 0 };
	struct option table[RUN_OPTIONS_MAX + 2] = {
		{ "touch", 0, OPTION_EACH, &t.files, "FILE", "what would an edit of FILE cost? a path, directory or pattern; may repeat" },
		{ "arg", 0, OPTION_PAIR, &t.args, "NAME=VALUE", "what would another value of a build argument cost?" },
	};
	struct usage u = { "plan",
			   "SCENARIO…",
			   "Lists the builds that run would do, in order, and which cache each goes on from. With --touch or --arg it says\n"
			   "instead what such an edit would cost: which steps re-run from a warm cache, why, and which of them for nothing.",
			   table,
			   2 + run_options_table(&o, table + 2),
			   .least = 1,
			   .wanted = "which scenario? e.g. lbench plan scenarios/python-app" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	bool failed = false;
	int rc = command_start(&u, argc, argv, &operands, err);
	bool touching = t.files.count || t.args.pairs.count;
	if (!rc && touching && !o.builders.count)
		lb_strv_add(&o.builders, "warm");
	if (!rc)
		rc = run_options_resolve(&o, err);
	if (!rc)
		rc = touching ? plan_touch(&o, &t, &operands, &text, &failed, err) : list_builds(&o, &operands, &text, err);
	run_options_release(&o);
	lb_strv_release(&t.files);
	option_pairs_release(&t.args);
	if (!rc)
		rc = print_out(&text, err);
	return rc ? rc : failed ? COMMAND_BUILD_FAILED : 0;
}
