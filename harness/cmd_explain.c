/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "options.h"
#include "report/report.h"

int cmd_explain(int argc, char **argv, struct lb_err *err)
{
	struct explain_options eo = { 0 };
	bool no_color = false;
	const struct option table[] = {
		{ "variant", 0, OPTION_TEXT, &eo.variant, "NAME", "only this variant (patterns with * and ?)" },
		{ "edit", 0, OPTION_TEXT, &eo.edit, "NAME", "only after this edit" },
		{ "step", 0, OPTION_TEXT, &eo.step, "TEXT", "only this step: its text as a pattern, or its line" },
		{ "policy", 0, OPTION_TEXT, &eo.policy, "NAME", "only under this policy" },
		{ "builder", 0, OPTION_TEXT, &eo.builder, "KIND", "on this builder; '*' on all (default: the first, warm)" },
		{ "no-color", 0, OPTION_FLAG, &no_color, NULL, "no colour on a terminal" },
	};
	struct usage u = { "explain",
			   "RESULT",
			   "Says for each miss what changed, whether the step needed it, and what would avoid it.\n"
			   "RESULT is a result's directory, e.g. results/python-app/latest.",
			   table,
			   LB_COUNT(table),
			   .least = 1,
			   .most = 1,
			   .wanted = "one RESULT is needed, e.g. results/python-app/latest" };
	lb_autostrv struct lb_strv operands = { 0 };
	lb_autobuf struct lb_buf text = { 0 };
	report_auto struct report *report = NULL;
	int rc = command_start(&u, argc, argv, &operands, err);
	if (!rc) {
		eo.width = terminal_width();
		eo.color = use_color(no_color);
		rc = report_load(operands.items[0], &report, err);
		if (!rc)
			rc = report_explain(report, &eo, &text, err);
	}
	return rc ? rc : print_out(&text, err);
}
