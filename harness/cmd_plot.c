/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "lbench/fs.h"
#include "options.h"
#include "report/report.h"

static int parse_formats(const struct lb_strv *names, struct plot_options *po, struct lb_err *err)
{
	const struct {
		const char *name;
		bool *wanted;
	} formats[] = { { "svg", &po->svg }, { "png", &po->png }, { "pdf", &po->pdf }, { "html", &po->html } };
	for (size_t i = 0; i < names->count; i++) {
		size_t k = 0;
		while (k < LB_COUNT(formats) && strcmp(formats[k].name, names->items[i]) != 0)
			k++;
		if (k == LB_COUNT(formats))
			return lb_fail(err, LB_USAGE, "lbench plot: no format \"%s\"; there are svg, png, pdf and html", names->items[i]);
		*formats[k].wanted = true;
	}
	if (!names->count)
		po->svg = po->png = true;
	return 0;
}

static int parse_theme(const char *theme, struct plot_options *po, struct lb_err *err)
{
	po->dark = theme && !strcmp(theme, "dark");
	if (theme && !po->dark && strcmp(theme, "light") != 0)
		return lb_fail(err, LB_USAGE, "lbench plot: no theme \"%s\"; there are light and dark", theme);
	return 0;
}

static int plot(const char *result, const char *out, const struct plot_options *po, struct lb_err *err)
{
	report_auto struct report *report = NULL;
	lb_autofree char *dir = out ? lb_strdup(out) : lb_path_join(result, "plots");
	int rc = report_load(result, &report, err);
	if (!rc)
		rc = report_tables_of(report, dir, po->types, err);
	if (!rc)
		rc = report_plot(dir, po, err);
	if (!rc)
		fprintf(stderr, "plots: %s\n", dir);
	return rc;
}

int cmd_plot(int argc, char **argv, struct lb_err *err)
{
	lb_autostrv struct lb_strv operands = { 0 }, types = { 0 }, formats = { 0 };
	const char *theme = NULL, *out = NULL;
	const struct option table[] = {
		{ "type", 0, OPTION_LIST, &types, "TYPE", "heatmap, rebuild, bytes, time, sequence, layers (default: all)" },
		{ "format", 0, OPTION_LIST, &formats, "FORMAT", "svg, png, pdf, or html: one page with all (default: svg,png)" },
		{ "theme", 0, OPTION_TEXT, &theme, "NAME", "light or dark (default: light)" },
		{ "out", 'o', OPTION_TEXT, &out, "DIR", "where they are put (default: RESULT/plots)" },
	};
	struct usage u = { "plot",
			   "RESULT",
			   "Draws the plots of a result again, from its CSV alone.\n"
			   "RESULT is a result's directory, e.g. results/python-app/latest.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .most = 1,
			   .wanted = "one RESULT is needed, e.g. results/python-app/latest" };
	struct plot_options po = { 0 };
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc)
		rc = parse_formats(&formats, &po, err);
	if (!rc)
		rc = parse_theme(theme, &po, err);
	po.types = types.count ? &types : NULL;
	return rc ? rc : plot(operands.items[0], out, &po, err);
}
