/* SPDX-License-Identifier: Apache-2.0
 *
 * Go's benchmark format (golang.org/design/14313-benchmark-format), as benchstat reads it: a line a build, what is
 * exact declared as such. Names are KEY=VALUE parts, so that benchstat -col /variant (or -row) works.
 */
#include <string.h>

#include "compare/table.h"

static void units(struct lb_buf *out)
{
	for (size_t i = 0; i < compare_metrics_count; i++) {
		const struct cmp_metric *m = &compare_metrics[i];
		lb_buf_addf(out, "Unit %s-%s better=%s%s\n", m->name, m->unit, m->higher ? "higher" : "lower",
			    m->time || m->seconds_of_run ? "" : " assume=exact");
	}
}

/* A part of a name holds no blank. */
static void part(struct lb_buf *out, const char *key, const char *value)
{
	lb_buf_addf(out, "/%s=", key);
	for (; *value; value++)
		lb_buf_addc(out, strchr(" \t/=", *value) ? '_' : *value);
}

static void build(const struct report_build *b, struct lb_buf *out)
{
	size_t start = out->len;
	lb_buf_adds(out, "BenchmarkRebuild");
	part(out, "variant", b->text[BT_VARIANT]);
	part(out, "edit", b->edit == EDIT_COLD ? "cold" : b->text[BT_EDIT]);
	if (report_on_engine(b))
		part(out, "subject", b->text[BT_SUBJECT]);
	part(out, "policy", b->text[BT_POLICY]);
	part(out, "builder", b->text[BT_BUILDER]);
	lb_buf_adds(out, " 1");
	size_t figures = 0;
	for (size_t i = 0; i < compare_metrics_count; i++) {
		const struct cmp_metric *m = &compare_metrics[i];
		uint64_t n = compare_number(b, m);
		if (n == REPORT_UNKNOWN)
			continue;
		lb_buf_addf(out, " %.9g %s-%s", (double)n / m->scale, m->name, m->unit);
		figures++;
	}
	lb_buf_addc(out, '\n');
	if (!figures)
		out->len = start;
}

void compare_print_benchstat(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out)
{
	units(out);
	for (size_t i = 0; i < count; i++) {
		const struct report *r = results[i].report;
		lb_buf_addf(out, "\nscenario: %s\nresult: %s\nlbench: %s\n", r->scenario, results[i].path, r->tool_version);
		for (size_t k = 0; k < r->builds_count; k++) {
			const struct report_build *b = &r->builds[k];
			bool wanted = text_match(o->variant, b->text[BT_VARIANT]) && text_match(o->policy, b->text[BT_POLICY]) &&
				      text_match(o->builder, b->text[BT_BUILDER]) &&
				      (b->edit == EDIT_COLD || text_match(o->edit, b->text[BT_EDIT]));
			if (wanted && report_build_ok(b))
				build(b, out);
		}
	}
}
