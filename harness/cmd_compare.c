/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "command.h"
#include "compare/compare.h"
#include "options.h"

struct texts {
	const char *format, *commits, *minute, *gb;
	bool no_color;
};

static int number(const char *option, const char *text, double unasked, double *out, struct lb_err *err)
{
	char *end;
	*out = unasked;
	if (!text)
		return 0;
	*out = strtod(text, &end);
	if (*end || end == text || !isfinite(*out) || *out < 0)
		return lb_fail(err, LB_USAGE, "--%s takes a number from 0 on, not '%s'", option, text);
	return 0;
}

static int resolve(struct compare_options *o, const struct texts *t, struct lb_err *err)
{
	int rc = compare_format_parse(t->format, &o->format, err);
	if (!rc)
		rc = number("commits-per-day", t->commits, 20, &o->commits_per_day, err);
	if (!rc)
		rc = number("price-minute", t->minute, 0, &o->price_minute, err);
	if (!rc)
		rc = number("price-gb", t->gb, 0, &o->price_gb, err);
	o->width = terminal_width();
	o->color = use_color(t->no_color);
	return rc;
}

static int load_and_print(const struct lb_strv *paths, const struct compare_options *o, struct lb_buf *out, struct lb_err *err)
{
	struct report **reports = lb_calloc(paths->count, sizeof(struct report *));
	struct compare_result *results = lb_calloc(paths->count, sizeof(*results));
	int rc = 0;
	for (size_t i = 0; i < paths->count && !rc; i++) {
		rc = report_load(paths->items[i], &reports[i], err);
		results[i] = (struct compare_result){ paths->items[i], reports[i] };
	}
	if (!rc)
		rc = compare_print(results, paths->count, o, out, err);
	for (size_t i = 0; i < paths->count; i++)
		report_free(reports[i]);
	free(reports);
	free(results);
	return rc;
}

int cmd_compare(int argc, char **argv, struct lb_err *err)
{
	struct compare_options o = { 0 };
	struct texts t = { 0 };
	const struct option table[] = {
		{ "by", 0, OPTION_TEXT, &o.by, "WHAT",
		  "of one result: variant (default), policy, subject, builder, run-mode; rows: edit, step" },
		{ "metric", 0, OPTION_LIST, &o.metrics, "NAME,…",
		  "run, wasted, rebuilt, hits, layers, stored, pushed, pulled, image, context; engine, push, total, cpu, memory; of real engines: build, build-cpu; of RUNs: run-user, run-system, run-memory, run-read, run-written" },
		{ "sort", 0, OPTION_TEXT, &o.sort, "HOW", "name, difference or ratio (of the first metric)" },
		{ "variant", 0, OPTION_TEXT, &o.variant, "NAME", "only these variants (patterns with * and ?)" },
		{ "edit", 0, OPTION_TEXT, &o.edit, "NAME", "only after these edits" },
		{ "policy", 0, OPTION_TEXT, &o.policy, "NAME", "only under these policies" },
		{ "builder", 0, OPTION_TEXT, &o.builder, "KIND", "only on these builders" },
		{ "commits-per-day", 0, OPTION_TEXT, &t.commits, "N", "for the closing sentence (default: 20)" },
		{ "price-minute", 0, OPTION_TEXT, &t.minute, "PRICE", "of a minute of a runner" },
		{ "price-gb", 0, OPTION_TEXT, &t.gb, "PRICE", "of a GB (10^9 bytes) pushed" },
		{ "format", 0, OPTION_TEXT, &t.format, "NAME", "table, json, csv, markdown, benchstat, hyperfine (its JSON) (default: table)" },
		{ "no-color", 0, OPTION_FLAG, &t.no_color, NULL, "no colour on a terminal" },
	};
	struct usage u = { "compare",
			   "RESULT…",
			   "Puts results, or the parts of one, side by side; the first is the base. What is exact is compared exactly,\n"
			   "times by a rank test: faster, slower, no difference shown, or cannot tell and how many repeats would.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .wanted = "which RESULT? e.g. results/python-app/latest" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc && !(rc = resolve(&o, &t, err)))
		rc = load_and_print(&operands, &o, &text, err);
	lb_strv_release(&o.metrics);
	return rc ? rc : print_out(&text, err);
}
