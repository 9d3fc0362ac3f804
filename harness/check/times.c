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

static char *verdict_text(const struct stats_ratio *r, const char *label)
{
	lb_autofree char *what = r->word == STATS_CANNOT_TELL ? lb_format("cannot tell, needs about %.0f more repeats", r->more)
							      : lb_strdup(stats_word_text(r->word));
	return lb_format("RUN seconds%s%s: %s (%.2fx [%.2f, %.2f], p=%.3f n=%zu+%zu)", *label ? " of " : "", label, what, r->ratio,
			 r->interval.low, r->interval.high, r->p, r->n, r->m);
}

/* Calls each for every row that is judged and not "no difference shown". */
static int each_verdict(const struct report *head, const struct report *base,
			void (*each)(void *arg, const char *label, const struct stats_ratio *ratio), void *arg, struct lb_err *err)
{
	if (!measured(head) || !measured(base))
		return 0;
	struct compare_options o = { 0 };
	const struct compare_result results[] = { { "base", base }, { "head", head } };
	__attribute__((cleanup(compare_release))) struct compare c = { .o = &o };
	lb_strv_add(&o.metrics, "run");
	int rc = compare_collect(&c, results, LB_COUNT(results), err);
	if (!rc)
		rc = compare_measure(&c, err);
	for (size_t i = 0; i < c.rows_count && !rc; i++) {
		const struct cmp_value *v = compare_value(&c, &c.measures[0], i, 1);
		if (v->judged && v->ratio.word != STATS_NO_DIFFERENCE)
			each(arg, c.rows[i].label, &v->ratio);
	}
	lb_strv_release(&o.metrics);
	return rc;
}

struct advising {
	const char *where;
	struct lb_strv *out;
};

static void advise(void *arg, const char *label, const struct stats_ratio *ratio)
{
	const struct advising *a = arg;
	lb_autofree char *text = verdict_text(ratio, label);
	lb_strv_take(a->out, lb_format("%s; measured in another session%s, so no failure.", text, a->where));
}

int times_advise(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err)
{
	bool same = json_equal(json_object_get(head->run, "machine"), json_object_get(base->run, "machine"));
	struct advising a = { same ? "" : " on another machine", out };
	return each_verdict(head, base, advise, &a, err);
}

/* The variant that a row's label names; NULL when it is one of none. */
static const struct report_variant *variant_of(const struct report *r, const char *label)
{
	for (size_t i = 0; i < r->variants_count; i++) {
		size_t n = strlen(r->variants[i].name);
		if (strncmp(label, r->variants[i].name, n) == 0 && (!label[n] || label[n] == ' '))
			return &r->variants[i];
	}
	return r->variants_count == 1 ? &r->variants[0] : NULL;
}

static void suspect(void *arg, const char *label, const struct stats_ratio *ratio)
{
	if (ratio->word == STATS_SLOWER)
		lb_strv_add(arg, label);
}

int times_suspects(const struct report *head, const struct report *base, struct lb_strv *out, struct lb_err *err)
{
	return each_verdict(head, base, suspect, out, err);
}

struct judging {
	struct gate *g;
	const struct lb_strv *suspects;
};

static void judge(void *arg, const char *label, const struct stats_ratio *ratio)
{
	const struct judging *j = arg;
	struct gate *g = j->g;
	const struct report_variant *v = variant_of(g->head, label);
	char *text = verdict_text(ratio, label);
	if (ratio->word != STATS_SLOWER || !v || !lb_strv_has(j->suspects, label)) {
		lb_strv_take(&g->notes, text);
		return;
	}
	g->findings = lb_grow(g->findings, g->count, &g->cap, sizeof(*g->findings));
	g->findings[g->count++] =
		(struct finding){ .kind = FINDING_SLOWER, .variant = v->name, .file = lb_strdup(v->from), .message = text };
}

int times_judge(const struct report *head, const struct report *base, const struct lb_strv *suspects, struct gate *g, struct lb_err *err)
{
	struct judging j = { g, suspects };
	return each_verdict(head, base, judge, &j, err);
}
