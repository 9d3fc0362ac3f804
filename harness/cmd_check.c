/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "check/baseline.h"
#include "check/say.h"
#include "check/times.h"
#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "rebuild.h"
#include "report/data.h"

struct check {
	const char *baseline, *against, *budget_path, *junit, *markdown, *format, *reason;
	bool warn, annotations, update, no_color, json, rebuild;
	struct check_budget budget;
	size_t count;
	struct report **heads, **bases;
	char **base_paths;
	struct gate *gates;
	struct lb_strv policies;
	struct against versus; /* holds the reports of --against */
};

static void check_release(struct check *c)
{
	for (size_t i = 0; i < c->count; i++) {
		gate_release(&c->gates[i]);
		report_free(c->heads[i]);
		report_free(c->bases[i]);
		free(c->base_paths[i]);
	}
	free(c->gates);
	free(c->heads);
	free(c->bases);
	free(c->base_paths);
	against_release(&c->versus);
	lb_strv_release(&c->policies);
	check_budget_release(&c->budget);
}

static int resolve(struct check *c, const struct lb_strv *operands, struct lb_err *err)
{
	if (!operands->count)
		return lb_fail(
			err, LB_USAGE,
			"lbench check: which RESULT? e.g. results/python-app/latest --baseline baselines, or . --against origin/main");
	if (!c->baseline == !c->against)
		return lb_fail(err, LB_USAGE,
			       "lbench check: either --baseline RESULT|DIR (for a RESULT) or --against REV (for a SCENARIO) is needed");
	if (c->against && (operands->count != 1 || c->update))
		return lb_fail(err, LB_USAGE, "lbench check: --against takes one SCENARIO or directory, and updates nothing");
	if (c->rebuild && (!c->baseline || c->update))
		return lb_fail(err, LB_USAGE, "--rebuild-base goes with --baseline, and with no --update");
	if (c->policies.count && !c->against)
		return lb_fail(err, LB_USAGE, "--policy goes with --against; a result has its policies");
	if (c->update != (c->reason != NULL))
		return lb_fail(err, LB_USAGE,
			       c->update ? "--update needs --reason TEXT: why is the new state accepted?" : "--reason goes with --update");
	int rc = output_format(c->format, &c->json, err);
	if (!rc && c->json && c->annotations)
		rc = lb_fail(err, LB_USAGE, "--annotations are lines of the table; take one of them and --format json");
	return rc ? rc : check_budget_load(c->budget_path, &c->budget, err);
}

static void note_session(struct gate *g, const struct rebuild *r, bool second)
{
	lb_strv_take(&g->notes, second ? lb_strdup("What was slower was measured again, as often, and counts where it is slower again.")
				       : lb_format("Times: both sides were built again here, in turns, %u times each.", r->repeats));
	for (size_t i = 0; i < r->notes.count && !second; i++)
		lb_strv_add(&g->notes, r->notes.items[i]);
}

/* Once in a while chance makes one side slower; twice in the same way it does not. */
static int check_times(struct check *c, size_t i, struct lb_err *err)
{
	__attribute__((cleanup(rebuild_release))) struct rebuild again = { 0 };
	lb_autostrv struct lb_strv suspects = { 0 };
	int rc = rebuild_run(c->heads[i], c->bases[i], &again, err);
	if (!rc)
		rc = times_suspects(again.head, again.base, &suspects, err);
	if (!rc)
		note_session(&c->gates[i], &again, false);
	if (!rc && suspects.count) {
		rebuild_release(&again);
		rc = rebuild_run(c->heads[i], c->bases[i], &again, err);
		if (!rc)
			note_session(&c->gates[i], &again, true);
	}
	return rc ? rc : times_judge(again.head, again.base, &suspects, &c->gates[i], err);
}

static int check_one(struct check *c, size_t i, const char *path, struct lb_err *err)
{
	int rc = baseline_find(c->baseline, c->heads[i]->scenario, &c->base_paths[i], err);
	if (!rc)
		rc = report_load(c->base_paths[i], &c->bases[i], err);
	if (!rc)
		rc = gate_check(c->heads[i], path, c->bases[i], c->base_paths[i], &c->budget, &c->gates[i], err);
	if (rc || !c->rebuild)
		return rc ? rc : times_advise(c->heads[i], c->bases[i], &c->gates[i].notes, err);
	return check_times(c, i, err);
}

static int check_all(struct check *c, const struct lb_strv *paths, struct lb_err *err)
{
	size_t n = paths->count;
	c->heads = lb_calloc(n, sizeof(struct report *));
	c->bases = lb_calloc(n, sizeof(struct report *));
	c->base_paths = lb_calloc(n, sizeof(char *));
	c->gates = lb_calloc(n, sizeof(*c->gates));
	c->count = n;
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++)
		rc = report_load(paths->items[i], &c->heads[i], err);
	for (size_t i = 0; i < n && !rc && !c->update; i++)
		rc = check_one(c, i, paths->items[i], err);
	/* a rule that fits nothing is a name that was mistyped, or a scenario that was not checked */
	for (size_t i = 0; i < c->budget.count && !rc && !c->update; i++)
		if (!c->budget.rules[i].used)
			fprintf(stderr, "%s:%u:%u: this rule fits no build that was checked\n", c->budget.rules[i].pos.file,
				c->budget.rules[i].pos.line, c->budget.rules[i].pos.col);
	return rc;
}

static int check_against(struct check *c, const char *path, struct lb_err *err)
{
	struct against *a = &c->versus;
	int rc = against_run(path, c->against, &c->policies, a, err);
	c->gates = lb_calloc(a->count + 1, sizeof(*c->gates));
	c->heads = lb_calloc(a->count + 1, sizeof(struct report *));
	c->bases = lb_calloc(a->count + 1, sizeof(struct report *));
	c->base_paths = lb_calloc(a->count + 1, sizeof(char *));
	c->count = a->count;
	for (size_t i = 0; i < a->count && !rc; i++)
		rc = gate_check(a->pairs[i].head, path, a->pairs[i].base, a->label, &c->budget, &c->gates[i], err);
	for (size_t i = 0; i < a->notes.count && !rc; i++)
		fprintf(stderr, "%s\n", a->notes.items[i]);
	return rc;
}

static int update_all(struct check *c, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < c->count && !rc; i++) {
		lb_autofree char *written = NULL;
		rc = baseline_write(c->heads[i], c->baseline, c->reason, &written, err);
		if (!rc)
			fprintf(stderr, "baseline: %s\n", written);
	}
	return rc;
}

static int write_file(const char *path, struct lb_buf *text, struct lb_err *err)
{
	int rc = lb_fs_write(AT_FDCWD, path, lb_buf_str(text), text->len, err);
	return rc ? lb_recode(err, LB_CANTCREAT) : 0;
}

static int say(const struct check *c, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 }, junit = { 0 }, markdown = { 0 };
	if (c->json)
		say_json(c->gates, c->count, &text);
	else
		say_text(c->gates, c->count, use_color(c->no_color), &text);
	if (c->annotations)
		say_annotations(c->gates, c->count, c->warn, &text);
	say_junit(c->gates, c->count, &junit);
	say_markdown(c->gates, c->count, &markdown);
	int rc = c->junit ? write_file(c->junit, &junit, err) : 0;
	if (!rc && c->markdown)
		rc = write_file(c->markdown, &markdown, err);
	return rc ? rc : print_out(&text, err);
}

static int verdict(const struct check *c)
{
	size_t failures = 0;
	for (size_t i = 0; i < c->count; i++)
		failures += gate_failures(&c->gates[i]);
	return failures && !c->warn ? COMMAND_VERDICT : 0;
}

static int run(struct check *c, const struct lb_strv *operands, struct lb_err *err)
{
	int rc = resolve(c, operands, err);
	if (!rc)
		rc = c->against ? check_against(c, operands->items[0], err) : check_all(c, operands, err);
	if (!rc && c->update)
		return update_all(c, err);
	if (!rc)
		rc = say(c, err);
	return rc ? rc : verdict(c);
}

int cmd_check(int argc, char **argv, struct lb_err *err)
{
	struct check c = { 0 };
	catch_signals();
	const struct option table[] = {
		{ "baseline", 0, OPTION_TEXT, &c.baseline, "RESULT|DIR",
		  "a result, a baseline, or a directory with a baseline a scenario" },
		{ "against", 0, OPTION_TEXT, &c.against, "REV",
		  "instead: decide SCENARIO here and where HEAD left REV, without running anything" },
		{ "policy", 0, OPTION_LIST, &c.policies, "NAME[@VERSION],…",
		  "for --against: whose cache rules decide (default: buildkit)" },
		{ "budget", 0, OPTION_TEXT, &c.budget_path, "FILE",
		  "limits (YAML): hits, layers, stored, pushed, image, seconds, context" },
		{ "rebuild-base", 0, OPTION_FLAG, &c.rebuild, NULL,
		  "run the scenarios of the result and of the baseline again here, in turns, so that times can fail too" },
		{ "warn", 0, OPTION_FLAG, &c.warn, NULL, "report, and exit 0 all the same" },
		{ "junit", 0, OPTION_TEXT, &c.junit, "FILE", "write JUnit XML" },
		{ "markdown", 0, OPTION_TEXT, &c.markdown, "FILE", "write Markdown, for a job's summary" },
		{ "annotations", 0, OPTION_FLAG, &c.annotations, NULL, "GitHub annotations on the Dockerfile's lines" },
		{ "format", 0, OPTION_TEXT, &c.format, "NAME", "table or json (default: table)" },
		{ "update", 0, OPTION_FLAG, &c.update, NULL, "write the result as the new baseline" },
		{ "reason", 0, OPTION_TEXT, &c.reason, "TEXT", "why it is accepted; stands in the baseline" },
		{ "no-color", 0, OPTION_FLAG, &c.no_color, NULL, "no colour on a terminal" },
	};
	struct usage u = {
		"check", "RESULT… | SCENARIO",
		"Holds results against their baselines, or a work tree against the commit that it came from (`lbench check . --against\n"
		"origin/main`: every Dockerfile, as bake and compose files build it). What is exact must not get worse beyond the\n"
		"budget (lost hits: 0); what moved beside the project (a base, a model, rules, lbench) is told and not charged;\n"
		"times of two sessions are advice. Exit 1 when something got worse. `# lbench: allow lost-hit until\n"
		"YYYY-MM-DD because …` above an instruction of the Dockerfile waives its lost hits until that day.",
		table, LB_COUNT(table), .least = 0
	};
	lb_autostrv struct lb_strv operands = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = run(&c, &operands, err);
	check_release(&c);
	return rc;
}
