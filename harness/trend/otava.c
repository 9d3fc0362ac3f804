/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "report/csv.h"
#include "trend/trend.h"

static int check_scenarios(const struct trend *t, struct lb_err *err)
{
	for (size_t i = 1; i < t->count; i++)
		if (strcmp(t->series[i].scenario, t->series[0].scenario) != 0)
			return lb_fail(err, LB_USAGE,
				       "--format otava is a file a scenario, and here are %s and %s; give a directory with one",
				       t->series[0].scenario, t->series[i].scenario);
	return 0;
}

static char *name_of(const struct trend_series *s)
{
	static const char *const units[] = { [TREND_RUN] = "run_s", [TREND_REBUILT] = "rebuilt_steps", [TREND_PUSHED] = "pushed_bytes" };
	return lb_format("%s.%s.%s.%s", s->variant, s->policy, s->builder, units[s->metric]);
}

static void head(const struct trend *t, struct lb_buf *out, struct lb_strv *left_out)
{
	lb_buf_adds(out, "time,commit,run,lbench");
	for (size_t i = 0; i < t->count; i++) {
		lb_autofree char *name = name_of(&t->series[i]);
		if (t->series[i].count == t->nights_count)
			csv_put(out, name);
		else
			lb_strv_add(left_out, name);
	}
	csv_end_row(out);
}

static void row(const struct trend *t, size_t night, struct lb_buf *out)
{
	const struct trend_night *n = &t->nights[night];
	const char *cells[] = { n->started, n->commit, n->run_id, n->tool };
	for (size_t i = 0; i < LB_COUNT(cells); i++)
		csv_put(out, cells[i]);
	for (size_t i = 0; i < t->count; i++) {
		if (t->series[i].count != t->nights_count)
			continue;
		lb_autofree char *value = lb_format("%.9g", t->series[i].points[night].value);
		csv_put(out, value);
	}
	csv_end_row(out);
}

int trend_print_otava(const struct trend *t, struct lb_buf *out, struct lb_strv *left_out, struct lb_err *err)
{
	int rc = check_scenarios(t, err);
	if (rc)
		return rc;
	head(t, out, left_out);
	for (size_t i = 0; i < t->nights_count; i++)
		row(t, i, out);
	return 0;
}
