/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "report/report.h"
#include "trend/trend.h"

static int parse_format(const char *name, enum trend_format *out, struct lb_err *err)
{
	static const char *const names[] = { "table", "json", "csv", "otava" };
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		if (strcmp(name ? name : "table", names[i]) == 0) {
			*out = (enum trend_format)i;
			return 0;
		}
	}
	return lb_fail(err, LB_USAGE, "--format is table, json, csv or otava; not '%s'", name);
}

static int print(const struct trend *t, enum trend_format format, struct lb_buf *out, struct lb_err *err)
{
	lb_autostrv struct lb_strv left_out = { 0 };
	if (format != TREND_OTAVA) {
		trend_print(t, format, terminal_width(), out);
		return 0;
	}
	int rc = trend_print_otava(t, out, &left_out, err);
	for (size_t i = 0; i < left_out.count; i++)
		fprintf(stderr, "lbench: %s is not known on every night, and left out\n", left_out.items[i]);
	return rc;
}

static int draw(const struct trend *t, const char *dir, struct lb_err *err)
{
	const struct plot_options po = { .svg = true, .png = true };
	int rc = trend_tables(t, dir, err);
	if (!rc)
		rc = report_plot(dir, &po, err);
	if (rc != LB_UNAVAILABLE)
		return rc;
	fprintf(stderr, "lbench: no plots: %s\n", err->text);
	return 0;
}

int cmd_trend(int argc, char **argv, struct lb_err *err)
{
	const char *format = NULL, *plots = NULL, *baselines = NULL;
	const struct option table[] = {
		{ "format", 0, OPTION_TEXT, &format, "NAME", "table, json, csv (a row a night and metric), otava (its CSV, of one scenario) (default: table)" },
		{ "baseline", 0, OPTION_TEXT, &baselines, "DIR", "baselines: what `check --update --reason` accepted is marked" },
		{ "plots", 0, OPTION_TEXT, &plots, "DIR", "draw the series there, changes marked" },
	};
	struct usage u = { "trend",
			   "DIR",
			   "Follows results over time: what changed, on which night, between which commits. Exact figures (rebuilt steps,\n"
			   "modelled seconds) are compared exactly; measured seconds and bytes change when a rank test says so.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .most = 1,
			   .wanted = "one DIR is needed: a directory with results below it" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	__attribute__((cleanup(trend_release))) struct trend t = { 0 };
	enum trend_format f = TREND_TABLE;
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = parse_format(format, &f, err);
	if (!rc)
		rc = trend_load(operands.items[0], baselines, &t, err);
	if (rc)
		return rc;
	trend_analyse(&t);
	rc = print(&t, f, &text, err);
	if (!rc)
		rc = print_out(&text, err);
	return rc || !plots ? rc : draw(&t, plots, err);
}
