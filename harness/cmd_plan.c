/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "command.h"
#include "lbench/json.h"
#include "plan_touch.h"
#include "report/grid.h"
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

static void row_text(struct grid *g, const struct plan_row *r)
{
	const char *cells[] = { r->s->variants[r->b->variant].name, r->o->policy[r->b->policy]->name,
				lb_builder_name(r->o->builder[r->b->builder]), workload_name(r), edit_name(r) };
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_addu(&text, r->id);
	grid_take(g, &text);
	for (size_t i = 0; i < LB_COUNT(cells); i++)
		grid_add(g, cells[i]);
	if (r->b->after < 0)
		lb_buf_adds(&text, "an empty cache");
	else
		lb_buf_addf(&text, "build %d", r->b->after);
	lb_buf_adds(&text, r->b->alone ? " (alone, to compare with)" : "");
	grid_take(g, &text);
	grid_end_row(g);
}

static void print_json_plan(const struct run_options *o, const struct scenario *s, const struct scn_plan *plan, struct lb_buf *out)
{
	struct lb_json w = { .out = out, .pretty = true };
	lb_json_open(&w, '{');
	lb_json_kstr(&w, "scenario", s->name);
	lb_json_kuint(&w, "scopes", plan->scopes);
	lb_json_key(&w, "builds");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < plan->count; i++)
		row_json(&w, &(struct plan_row){ o, s, &plan->builds[i], i });
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
}

static void print_plan(const struct run_options *o, const struct scenario *s, const struct scn_plan *plan, struct lb_buf *out)
{
	static const char *const titles[] = { "build", "variant", "policy", "builder", "workload", "edit", "after" };
	grid_auto struct grid g = { .columns = LB_COUNT(titles), .fixed = 1, .left = ~1u, .shrink = 5 };
	lb_buf_addf(out, "%s: %zu build%s in %zu cache%s\n\n", s->name, plan->count, plan->count == 1 ? "" : "s", plan->scopes,
		    plan->scopes == 1 ? "" : "s");
	for (size_t i = 0; i < LB_COUNT(titles); i++)
		grid_add(&g, titles[i]);
	for (size_t i = 0; i < plan->count; i++)
		row_text(&g, &(struct plan_row){ o, s, &plan->builds[i], i });
	grid_print(&g, terminal_width(), use_color(o->no_color), out);
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
		(as_json ? print_json_plan : print_plan)(o, s, &plan, out);
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
	struct usage u = {
		"plan",
		"SCENARIO…",
		"Lists the builds that run would do, in order, and which cache each goes on from. With --touch or --arg it says\n"
		"instead what such an edit would cost: which steps re-run from a warm cache, why, and which of them for nothing.",
		table,
		2 + run_options_table(&o, table + 2),
		.least = 1,
		.wanted = "which scenario? e.g. lbench plan scenarios/python-app"
	};
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
