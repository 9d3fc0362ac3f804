/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/compare.h"

#include <string.h>

#include "compare/table.h"

int compare_format_parse(const char *name, enum compare_format *out, struct lb_err *err)
{
	static const char *const names[] = { "table", "json", "csv", "markdown", "benchstat", "hyperfine" };
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		if (strcmp(name ? name : "table", names[i]) == 0) {
			*out = (enum compare_format)i;
			return 0;
		}
	}
	return lb_fail(err, LB_USAGE, "--format is table, json, csv, markdown, benchstat or hyperfine; not '%s'", name);
}

/* The closing sentence is of a mean commit, whatever the rows are. */
static int summarise(struct compare *c, const struct compare_result *results, size_t count, struct lb_err *err)
{
	__attribute__((cleanup(compare_release))) struct compare whole = { 0 };
	struct compare_options o = *c->o;
	if (!c->by_edit) {
		compare_summary(c, &c->summary);
		return 0;
	}
	o.by = NULL;
	whole.o = &o;
	int rc = compare_collect(&whole, results, count, err);
	if (!rc)
		rc = compare_measure(&whole, err);
	if (!rc)
		compare_summary(&whole, &c->summary);
	return rc;
}

int compare_print(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out,
		  struct lb_err *err)
{
	__attribute__((cleanup(compare_release))) struct compare c = { .o = o };
	if (o->format == COMPARE_BENCHSTAT) {
		compare_print_benchstat(results, count, o, out);
		return 0;
	}
	if (o->format == COMPARE_HYPERFINE)
		return compare_print_hyperfine(results, count, o, out, err);
	int rc = compare_collect(&c, results, count, err);
	if (!rc)
		rc = compare_measure(&c, err);
	if (!rc)
		rc = summarise(&c, results, count, err);
	if (rc)
		return rc;
	if (o->format == COMPARE_JSON)
		compare_print_json(&c, out);
	else if (o->format == COMPARE_CSV)
		compare_print_csv(&c, out);
	else
		compare_print_table(&c, out);
	return 0;
}
