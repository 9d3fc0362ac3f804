/* SPDX-License-Identifier: Apache-2.0 */
#include "check/judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/drift.h"
#include "check/say.h"

static const enum build_number columns[CHECK_QUANTITIES] = {
	[CHECK_LAYERS] = BN_LAYERS_NEW, [CHECK_STORED] = BN_STORED,  [CHECK_PUSHED] = BN_PUSHED,
	[CHECK_IMAGE] = BN_IMAGE_BYTES, [CHECK_SECONDS] = BN_RUN_NS, [CHECK_CONTEXT] = BN_CONTEXT_BYTES,
};

static const struct report_step *head_step(const struct pair *p, size_t i)
{
	return report_steps_of(p->head.r, p->head.b) + i;
}

static const struct report_step *base_step(const struct pair *p, size_t i)
{
	return p->to_base[i] == MATCH_NONE ? NULL : report_steps_of(p->base.r, p->base.b) + p->to_base[i];
}

static void worse(const struct pair *p, const struct gate_drift *drift, const char *waiver)
{
	if (drift || waiver)
		p->result->state = p->result->state == CASE_WORSE ? CASE_WORSE : CASE_NEUTRAL;
	else
		p->result->state = CASE_WORSE;
}

static void say(const struct pair *p, char *text)
{
	char *all = p->result->text ? lb_format("%s\n%s", p->result->text, text) : lb_strdup(text);
	free(p->result->text);
	free(text);
	p->result->text = all;
}

/* ---- lost hits ---- */

struct lost {
	const struct report_step *step, *root;
	struct gate_drift *drift;
	const char *waiver;
};

static void add_step(struct finding *f, const struct report *r, uint32_t line, const struct report_step *s)
{
	lb_autofree char *text = lb_format(":%u %s", line, report_string(r, s->instruction));
	if (!lb_strv_has(&f->steps, text))
		lb_strv_add(&f->steps, text);
}

/* What a lost step's misses began with. An image's first build in a cache that others fill is not told from an earlier one:
 * there the first step of its stage that nobody had made before the others brings the rest with it. */
static int find_root(const struct pair *p, const struct lost *lost, size_t count, const struct report_step *s,
		     const struct report_step **root, struct lb_err *err)
{
	int rc = report_root(p->head.r, p->head.b, s, root, err);
	if (rc || strcmp(report_string(p->head.r, (*root)->reason), "first-build") != 0)
		return rc;
	for (size_t i = 0; i < count; i++)
		if (lost[i].root->stage == s->stage && lost[i].root->reason == (*root)->reason) {
			*root = lost[i].root;
			return 0;
		}
	return 0;
}

static int find_lost(struct gating *x, const struct pair *p, struct lost *out, size_t *count, struct lb_err *err)
{
	int rc = 0;
	*count = 0;
	for (size_t i = 0; i < p->head.b->steps_count && !rc; i++) {
		const struct report_step *s = head_step(p, i), *was = base_step(p, i);
		if (!was || was->outcome != ST_HIT || s->outcome != ST_MISS)
			continue;
		struct lost *l = &out[(*count)++];
		*l = (struct lost){ .step = s };
		rc = find_root(p, out, *count - 1, s, &l->root, err);
		if (!rc)
			l->drift = drift_of_loss(x, p, s, l->root);
		if (!rc && !l->drift)
			l->waiver = finding_waiver(x, &p->head, s, l->root);
	}
	return rc;
}

static double seconds_lost(const struct lost *lost, size_t n, const struct report_step *root)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		if (lost[i].root == root && lost[i].step->run_ns != REPORT_UNKNOWN)
			sum += (double)lost[i].step->run_ns / 1e9;
	return sum;
}

/* The step, what its chain of misses began with, and the limit. */
static char *lost_text(struct gating *x, const struct pair *p, const struct lost *l, const struct finding *f,
		       const struct check_limit *limit, double count)
{
	struct lb_buf out = { 0 };
	const struct finding_break broken = { CHECK_HITS, 0, count, limit };
	lb_buf_addf(&out, "%s:%u `%s` lost its hit", f->file, finding_origin_line(x, &p->head, l->step),
		    report_string(p->head.r, l->step->instruction));
	if (l->root != l->step)
		lb_buf_addf(&out, " behind :%u `%s`", f->line, f->instruction);
	lb_buf_addf(&out, ": %s %s; ", f->reason, f->evidence);
	if (l->drift || l->waiver)
		lb_buf_addf(&out, "%s%s", l->drift ? "drift, no failure: " : "waived: ", l->drift ? l->drift->text : l->waiver);
	else
		say_break(&broken, &out);
	return lb_buf_steal(&out);
}

static int judge_hits(struct gating *x, const struct pair *p, struct lb_err *err)
{
	lb_autofree struct lost *lost = lb_calloc(p->head.b->steps_count + 1, sizeof(*lost));
	size_t n, count = 0;
	int rc = find_lost(x, p, lost, &n, err);
	const struct check_limit *limit = check_budget_limit(x->budget, &p->place, CHECK_HITS);
	for (size_t i = 0; i < n; i++)
		count += !lost[i].drift && !lost[i].waiver;
	bool kept = check_within(limit, 0, (double)count);
	for (size_t i = 0; i < n && !rc; i++) {
		const struct lost *l = &lost[i];
		if (kept && !l->drift && !l->waiver)
			continue;
		struct finding *f = finding_for(x, p, l->root, FINDING_WORSE, l->drift ? l->drift->text : NULL, l->waiver, err);
		if (!f)
			return LB_INVALID;
		finding_add_under(f, p);
		add_step(f, p->head.r, finding_origin_line(x, &p->head, l->step), l->step);
		f->lost = true;
		if (l->drift)
			l->drift->lost++;
		if (!l->drift && !l->waiver)
			finding_add_break(f, CHECK_HITS, limit, 0, (double)count);
		f->seconds = fmax(f->seconds, seconds_lost(lost, n, l->root));
		worse(p, l->drift, l->waiver);
		say(p, lost_text(x, p, l, f, limit, (double)count));
	}
	return rc;
}

/* ---- other quantities ---- */

static double cost(const struct report_step *s, enum check_quantity q)
{
	if (!s || s->outcome != ST_MISS)
		return 0;
	if (q == CHECK_LAYERS || q == CHECK_CONTEXT)
		return q == CHECK_LAYERS && s->blob != 0;
	uint64_t n = q == CHECK_SECONDS ? s->run_ns : s->blob_bytes;
	return n == REPORT_UNKNOWN ? 0 : (double)n;
}

/* The step whose cost grew most; NULL when none did. */
static const struct report_step *culprit(const struct pair *p, enum check_quantity q)
{
	const struct report_step *worst = NULL;
	double most = 0;
	for (size_t i = 0; i < p->head.b->steps_count; i++) {
		double grown = cost(head_step(p, i), q) - cost(base_step(p, i), q);
		if (grown > most) {
			most = grown;
			worst = head_step(p, i);
		}
	}
	return worst;
}

static int judge_quantity(struct gating *x, const struct pair *p, enum check_quantity q, struct lb_err *err)
{
	const struct check_limit *limit = check_budget_limit(x->budget, &p->place, q);
	uint64_t was = p->base.b->number[columns[q]], is = p->head.b->number[columns[q]];
	if (!limit->limited || was == REPORT_UNKNOWN || is == REPORT_UNKNOWN)
		return 0;
	/* measured seconds are no exact quantity */
	bool measured = strcmp(p->head.b->text[BT_RUN_MODE], "exec") == 0 || strcmp(p->base.b->text[BT_RUN_MODE], "exec") == 0;
	double scale = q == CHECK_SECONDS ? 1e9 : 1, base = (double)was / scale, head = (double)is / scale;
	if ((q == CHECK_SECONDS && measured) || check_within(limit, base, head))
		return 0;
	const struct report_step *step = culprit(p, q), *root = step;
	struct gate_drift *drift = NULL;
	int rc = step ? report_root(p->head.r, p->head.b, step, &root, err) : 0;
	if (!rc)
		rc = drift_of_figure(x, p, q, limit, (const double[]){ base, head }, &drift, err);
	if (rc)
		return rc;
	struct finding *f = finding_for(x, p, root, FINDING_WORSE, drift ? drift->text : NULL, NULL, err);
	if (!f)
		return LB_INVALID;
	if (drift)
		drift->over++;
	finding_add_under(f, p);
	finding_add_break(f, q, limit, base, head);
	if (step && step != root)
		add_step(f, p->head.r, finding_origin_line(x, &p->head, step), step);
	worse(p, drift, NULL);
	struct lb_buf text = { 0 };
	say_break(&(struct finding_break){ q, base, head, limit }, &text);
	if (drift)
		lb_buf_addf(&text, "; drift, no failure: %s", drift->text);
	say(p, lb_buf_steal(&text));
	return 0;
}

static int judge_failure(struct gating *x, const struct pair *p, struct lb_err *err)
{
	const struct report_step *broken = NULL;
	for (size_t i = 0; i < p->head.b->steps_count && !broken; i++)
		broken = head_step(p, i)->outcome == ST_ERROR ? head_step(p, i) : NULL;
	say(p, lb_strdup(p->head.b->text[BT_MESSAGE]));
	if (!broken || strcmp(p->head.b->text[BT_STATUS], "skip") == 0) {
		p->result->state = CASE_NEUTRAL;
		gate_note(x, lb_format("%s after %s was not built: %s", p->place.variant, p->place.edit, p->head.b->text[BT_MESSAGE]));
		return 0;
	}
	struct finding *f = finding_for(x, p, broken, FINDING_FAILS, p->drift ? p->drift->text : NULL, NULL, err);
	if (!f)
		return LB_INVALID;
	finding_add_under(f, p);
	if (!f->message)
		f->message = lb_strdup(p->head.b->text[BT_MESSAGE]);
	worse(p, p->drift, NULL);
	return 0;
}

/* A step that was rebuilt in the baseline hits now. */
static bool gained(const struct pair *p)
{
	for (size_t i = 0; i < p->head.b->steps_count; i++)
		if (head_step(p, i)->outcome == ST_HIT && base_step(p, i) && base_step(p, i)->outcome == ST_MISS)
			return true;
	return false;
}

int judge_pair(struct gating *x, struct pair *p, struct lb_err *err)
{
	if (!report_build_ok(p->base.b))
		return 0;
	if (!report_build_ok(p->head.b))
		return judge_failure(x, p, err);
	int rc = judge_hits(x, p, err);
	x->g->better += p->result->state == CASE_SAME && gained(p);
	bool alike = p->head.b->text[BT_RUN_MODE][0] && strcmp(p->head.b->text[BT_RUN_MODE], p->base.b->text[BT_RUN_MODE]) == 0;
	for (int q = CHECK_HITS + 1; q < CHECK_QUANTITIES && !rc && alike; q++)
		rc = judge_quantity(x, p, (enum check_quantity)q, err);
	return rc;
}
