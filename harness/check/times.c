/* SPDX-License-Identifier: Apache-2.0 */
#include "check/times.h"

#include <string.h>

#include "compare/table.h"

static bool measured(const struct report *r)
{
	if (strcmp(r->run_mode, "exec") != 0)
		return false;
	for (size_t i = 0; i < r->builds_count; i++)
		if (r->builds[i].number[BN_RUN_NS] != REPORT_UNKNOWN)
			return true;
	return false;
}

static void advise(const struct compare *c, size_t row, const char *where, struct lb_strv *out)
{
	const struct cmp_value *v = compare_value(c, &c->measures[0], row, 1);
	if (!v->judged || v->ratio.word == STATS_NO_DIFFERENCE)
		return;
	const char *label = c->rows[row].label;
	lb_autofree char *what = v->ratio.word == STATS_CANNOT_TELL ? lb_format("cannot tell, needs about %.0f more repeats", v->ratio.more)
								    : lb_strdup(stats_word_text(v->ratio.word));
	lb_strv_take(out,
		     lb_format("RUN seconds%s%s: %s (%.2fx [%.2f, %.2f], p=%.3f n=%zu+%zu); measured in another session%s, so no failure.",
			       *label ? " of " : "", label, what, v->ratio.ratio, v->ratio.interval.low, v->ratio.interval.high, v->ratio.p,
			       v->ratio.n, v->ratio.m, where));
}

int times_advise(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err)
{
	if (!measured(head) || !measured(base))
		return 0;
	struct compare_options o = { 0 };
	const struct compare_result results[] = { { "base", base }, { "head", head } };
	__attribute__((cleanup(compare_release))) struct compare c = { .o = &o };
	bool same = json_equal(json_object_get(head->run, "machine"), json_object_get(base->run, "machine"));
	lb_strv_add(&o.metrics, "run");
	int rc = compare_collect(&c, results, LB_COUNT(results), err);
	if (!rc)
		rc = compare_measure(&c, err);
	for (size_t i = 0; i < c.rows_count && !rc; i++)
		advise(&c, i, same ? "" : " on another machine", out);
	lb_strv_release(&o.metrics);
	return rc;
}
