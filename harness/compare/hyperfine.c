/* SPDX-License-Identifier: Apache-2.0
 *
 * The shape that hyperfine's --export-json has, for those who read it already: a result an edit, variant, policy and
 * builder, whose runs are the repeats. Where RUNs were modelled, no processor worked for them: user and system are 0;
 * where they were carried out and it is not known how long one did, null.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/table.h"
#include "lbench/json.h"

struct runs {
	const struct compare_result *result;
	const struct report_build *first;
	const struct report_build **builds;
	size_t count, cap;
};
struct all {
	struct runs *items;
	size_t count, cap;
	struct lb_map *index;
};

static struct runs *runs_for(struct all *a, const struct compare_result *r, size_t result, const struct report_build *b)
{
	static const enum build_text names[] = { BT_VARIANT,  BT_SUBJECT,  BT_POLICY,   BT_BUILDER,
						 BT_PLATFORM, BT_RUN_MODE, BT_WORKLOAD, BT_EDIT };
	lb_autobuf struct lb_buf key = { 0 };
	lb_buf_addf(&key, "%zu\n%llu", result, (unsigned long long)b->number[BN_SEQ]);
	for (size_t i = 0; i < LB_COUNT(names); i++)
		lb_buf_addf(&key, "\n%s", b->text[names[i]]);
	uintptr_t at = (uintptr_t)lb_map_get(a->index, lb_buf_str(&key));
	if (at)
		return &a->items[at - 1];
	a->items = lb_grow(a->items, a->count, &a->cap, sizeof(*a->items));
	a->items[a->count++] = (struct runs){ .result = r, .first = b };
	lb_map_set(a->index, lb_buf_str(&key), (void *)a->count);
	return &a->items[a->count - 1];
}

static bool wanted(const struct report_build *b, const struct compare_options *o)
{
	return report_build_ok(b) && text_match(o->variant, b->text[BT_VARIANT]) && text_match(o->policy, b->text[BT_POLICY]) &&
	       text_match(o->builder, b->text[BT_BUILDER]) && (b->edit == EDIT_COLD || text_match(o->edit, b->text[BT_EDIT]));
}

static void collect(struct all *a, const struct compare_result *results, size_t count, const struct compare_options *o,
		    const struct cmp_metric *metric)
{
	for (size_t i = 0; i < count; i++) {
		const struct report *r = results[i].report;
		for (size_t k = 0; k < r->builds_count; k++) {
			const struct report_build *b = &r->builds[k];
			if (!wanted(b, o) || compare_number(b, metric) == REPORT_UNKNOWN)
				continue;
			struct runs *runs = runs_for(a, &results[i], i, b);
			runs->builds = lb_grow(runs->builds, runs->count, &runs->cap, sizeof(*runs->builds));
			runs->builds[runs->count++] = b;
		}
	}
}

/* ---- one of them ---- */

static void number(struct lb_json *w, const char *key, bool known, double n)
{
	lb_json_key(w, key);
	if (known)
		lb_json_real(w, n);
	else
		lb_json_null(w);
}

static double spread(const double *x, size_t n)
{
	double mean = stats_mean(x, n), sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (x[i] - mean) * (x[i] - mean);
	return sqrt(sum / (double)(n - 1));
}

/* CPU seconds of RUNs, the mean over the runs. */
static void cpu(struct lb_json *w, const char *key, const struct runs *r, enum build_number column)
{
	bool modelled = strcmp(r->first->text[BT_RUN_MODE], "exec") != 0, known = true;
	double sum = 0;
	for (size_t i = 0; i < r->count; i++) {
		uint64_t n = r->builds[i]->number[column];
		known = known && n != REPORT_UNKNOWN;
		sum += known ? (double)n / 1e9 : 0;
	}
	number(w, key, known || modelled, known ? sum / (double)r->count : 0);
}

static void memory(struct lb_json *w, const struct runs *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->builds[i]->number[BN_RUN_PEAK_RSS] == REPORT_UNKNOWN)
			return;
	lb_json_key(w, "memory_usage_byte");
	lb_json_open(w, '[');
	for (size_t i = 0; i < r->count; i++)
		lb_json_uint(w, r->builds[i]->number[BN_RUN_PEAK_RSS]);
	lb_json_close(w, ']');
}

static void parameters(struct lb_json *w, const struct runs *r, const char *edit, bool several)
{
	lb_json_key(w, "parameters");
	lb_json_open(w, '{');
	lb_json_kstr(w, "builder", r->first->text[BT_BUILDER]);
	lb_json_kstr(w, "edit", edit);
	lb_json_kstr(w, "policy", r->first->text[BT_POLICY]);
	if (several)
		lb_json_kstr(w, "result", r->result->path);
	lb_json_kstr(w, "variant", r->first->text[BT_VARIANT]);
	lb_json_close(w, '}');
}

static void one(struct lb_json *w, const struct runs *r, enum build_number column, bool several)
{
	lb_autofree double *x = lb_malloc((r->count + 1) * sizeof(*x));
	for (size_t i = 0; i < r->count; i++)
		x[i] = (double)r->builds[i]->number[column] / 1e9;
	bool in_turn = r->first->edit != EDIT_COLD && strcmp(r->first->text[BT_WORKLOAD], "each") != 0;
	lb_autofree char *edit = in_turn ? lb_format("%llu %s", (unsigned long long)r->first->number[BN_SEQ], r->first->text[BT_EDIT])
					 : lb_strdup(r->first->text[BT_EDIT]);
	lb_autofree char *command =
		lb_format("%s%s%s %s, %s %s", several ? r->result->path : "", several ? ": " : "", r->first->text[BT_VARIANT], edit,
			  r->first->text[report_on_engine(r->first) ? BT_SUBJECT : BT_POLICY], r->first->text[BT_BUILDER]);
	lb_json_open(w, '{');
	lb_json_kstr(w, "command", command);
	number(w, "mean", true, stats_mean(x, r->count));
	number(w, "stddev", r->count > 1, r->count > 1 ? spread(x, r->count) : 0);
	number(w, "median", true, stats_median(x, r->count));
	cpu(w, "user", r, BN_RUN_USER_NS);
	cpu(w, "system", r, BN_RUN_SYSTEM_NS);
	number(w, "min", true, stats_quantile(x, r->count, 0));
	number(w, "max", true, stats_quantile(x, r->count, 1));
	lb_json_key(w, "times");
	lb_json_open(w, '[');
	for (size_t i = 0; i < r->count; i++)
		lb_json_real(w, x[i]);
	lb_json_close(w, ']');
	memory(w, r);
	lb_json_key(w, "exit_codes");
	lb_json_open(w, '[');
	for (size_t i = 0; i < r->count; i++)
		lb_json_int(w, 0);
	lb_json_close(w, ']');
	parameters(w, r, edit, several);
	lb_json_close(w, '}');
}

/* The first metric that was asked for; its unit must be a second. */
static int choose(const struct compare_options *o, const struct cmp_metric **out, struct lb_err *err)
{
	const char *name = o->metrics.count ? o->metrics.items[0] : "run";
	for (size_t i = 0; i < compare_metrics_count; i++) {
		const struct cmp_metric *m = &compare_metrics[i];
		if (strcmp(m->name, name) == 0 && strcmp(m->unit, "s") == 0 && o->metrics.count <= 1) {
			*out = m;
			return 0;
		}
	}
	return lb_fail(err, LB_USAGE,
		       "--format hyperfine takes one --metric that is a time: run, build, wasted, engine, push, total …; not '%s'",
		       o->metrics.count > 1 ? o->metrics.items[1] : name);
}

int compare_print_hyperfine(const struct compare_result *results, size_t count, const struct compare_options *o, struct lb_buf *out,
			    struct lb_err *err)
{
	lb_automap struct lb_map *index = lb_map_new(NULL);
	struct all a = { .index = index };
	struct lb_json w = { .out = out, .pretty = true };
	const struct cmp_metric *metric = NULL;
	int rc = choose(o, &metric, err);
	if (rc)
		return rc;
	collect(&a, results, count, o, metric);
	lb_json_open(&w, '{');
	lb_json_key(&w, "results");
	lb_json_open(&w, '[');
	for (size_t i = 0; i < a.count; i++) {
		one(&w, &a.items[i], metric->column, count > 1);
		free(a.items[i].builds);
	}
	lb_json_close(&w, ']');
	lb_json_close(&w, '}');
	lb_buf_addc(out, '\n');
	size_t found = a.count;
	free(a.items);
	return found ? 0 : lb_fail(err, LB_INVALID, "no build of the wanted variant, policy, builder and edit has a time that is known");
}
