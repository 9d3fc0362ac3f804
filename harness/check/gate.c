/* SPDX-License-Identifier: Apache-2.0 */
#include "check/gate.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "check/drift.h"
#include "lbench/fs.h"

/* ---- keys ---- */

static unsigned versions_of(const struct report *r, const char *policy)
{
	const json_t *list = json_object_get(json_object_get(r->run, "options"), "policies");
	size_t n = strcspn(policy, "@");
	unsigned count = 0;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = report_member(json_array_get(list, i), "name");
		count += strncmp(name, policy, n) == 0 && (name[n] == '@' || !name[n]);
	}
	return count;
}

/* A policy goes by its name alone, so that a newer version meets its baseline, where both sides have one version. */
static char *key_of(const struct gating *x, const struct report_build *b)
{
	const char *policy = b->text[BT_POLICY];
	bool one = versions_of(x->g->head, policy) <= 1 && versions_of(x->g->base, policy) <= 1;
	size_t n = one ? strcspn(policy, "@") : strlen(policy);
	return lb_format("%s\n%s\n%.*s\n%s\n%s\n%s\n%s\n%llu", b->text[BT_VARIANT], b->text[BT_SUBJECT], (int)n, policy,
			 b->text[BT_BUILDER], b->text[BT_PLATFORM], b->text[BT_WORKLOAD], b->text[BT_EDIT],
			 strcmp(b->text[BT_WORKLOAD], "each") == 0 ? 0 : (unsigned long long)b->number[BN_SEQ]);
}

static struct lb_map *index_builds(const struct gating *x, const struct report *r)
{
	struct lb_map *m = lb_map_new(NULL);
	for (size_t i = 0; i < r->builds_count; i++) {
		lb_autofree char *key = key_of(x, &r->builds[i]);
		if (!lb_map_get(m, key))
			lb_map_set(m, key, (void *)(i + 1));
	}
	return m;
}

static struct lb_map *index_cold(const struct report *r)
{
	struct lb_map *m = lb_map_new(NULL);
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		lb_autofree char *key = lb_format("%s\n%s\n%s\n%s", b->text[BT_VARIANT], b->text[BT_SUBJECT], b->text[BT_POLICY], b->text[BT_BUILDER]);
		if (b->edit == EDIT_COLD && report_build_ok(b) && !lb_map_get(m, key))
			lb_map_set(m, key, (void *)(i + 1));
	}
	return m;
}

/* ---- repeats ---- */

static bool equal_build(const struct report_build *a, const struct report_build *b)
{
	static const enum build_number always[] = { BN_STEPS, BN_HITS, BN_MISSES, BN_UNKNOWN, BN_WASTED };
	static const enum build_number modelled[] = { BN_LAYERS_NEW, BN_STORED, BN_PUSHED, BN_PULLED, BN_IMAGE_BYTES, BN_RUN_NS };
	bool same = strcmp(a->text[BT_STATUS], b->text[BT_STATUS]) == 0;
	for (size_t i = 0; i < LB_COUNT(always); i++)
		same = same && a->number[always[i]] == b->number[always[i]];
	bool exec = strcmp(a->text[BT_RUN_MODE], "exec") == 0;
	for (size_t i = 0; i < LB_COUNT(modelled) && !exec; i++)
		same = same && a->number[modelled[i]] == b->number[modelled[i]];
	return same && (exec || a->text[BT_IMAGE_DIGEST] == b->text[BT_IMAGE_DIGEST]);
}

static const struct report_step *first_difference(const struct report *r, const struct report_build *a, const struct report_build *b)
{
	const struct report_step *x = report_steps_of(r, a), *y = report_steps_of(r, b);
	for (size_t i = 0; i < a->steps_count && i < b->steps_count; i++)
		if (x[i].outcome != y[i].outcome || x[i].diff_id != y[i].diff_id || x[i].layer_bytes != y[i].layer_bytes)
			return &y[i];
	return NULL;
}

/* What is exact must be the same in each repeat, or nothing that is said about it can be trusted. */
static int check_repeat(struct gating *x, struct pair *p, const struct report_build *first, struct lb_err *err)
{
	const struct report *r = x->g->head;
	if (equal_build(first, p->head.b))
		return 0;
	const struct report_step *step = first_difference(r, first, p->head.b);
	struct finding *f = finding_for(x, p, step, FINDING_VARIES, NULL, NULL, err);
	if (!f)
		return LB_INVALID;
	finding_add_under(f, p);
	if (!f->message)
		f->message = lb_format("repeats %llu and %llu differ in what is exact", (unsigned long long)first->number[BN_REPEAT],
				       (unsigned long long)p->head.b->number[BN_REPEAT]);
	return 0;
}

/* ---- builds ---- */

static struct pair pair_of(const struct gating *x, const struct report_build *b)
{
	return (struct pair){ .head = { x->g->head, b },
			      .place = { x->g->head->scenario, b->text[BT_VARIANT], b->text[BT_EDIT], b->text[BT_POLICY],
					 b->text[BT_BUILDER] } };
}

static struct gate_case *add_case(struct gate *g, const struct pair *p)
{
	g->cases = lb_grow(g->cases, g->cases_count, &g->cases_cap, sizeof(*g->cases));
	g->cases[g->cases_count] =
		(struct gate_case){ p->place.variant, p->place.policy, p->place.builder, p->place.edit, CASE_SAME, NULL };
	return &g->cases[g->cases_count++];
}

static int check_build(struct gating *x, size_t i, size_t *in_common, size_t *fresh, struct lb_err *err)
{
	const struct report_build *b = &x->g->head->builds[i];
	struct pair p = pair_of(x, b);
	lb_autofree char *key = key_of(x, b);
	size_t first = (size_t)(uintptr_t)lb_map_get(x->head, key) - 1;
	uintptr_t at = (uintptr_t)lb_map_get(x->base, key);
	if (first != i)
		return check_repeat(x, &p, &x->g->head->builds[first], err);
	p.result = add_case(x->g, &p);
	if (!at) {
		p.result->state = CASE_NEW;
		++*fresh;
		return 0;
	}
	++*in_common;
	p.base = (struct match_side){ x->g->base, &x->g->base->builds[at - 1] };
	lb_autofree int *to_base = lb_malloc((b->steps_count + 1) * sizeof(*to_base));
	match_steps(&p.head, &p.base, to_base);
	p.to_base = to_base;
	p.drift = drift_of_build(x, b, p.base.b);
	return judge_pair(x, &p, err);
}

static size_t missing_builds(const struct gating *x)
{
	size_t n = 0;
	for (size_t i = 0; i < x->g->base->builds_count; i++) {
		lb_autofree char *key = key_of(x, &x->g->base->builds[i]);
		n += (uintptr_t)lb_map_get(x->base, key) == i + 1 && !lb_map_get(x->head, key);
	}
	return n;
}

static int check_all(struct gating *x, struct lb_err *err)
{
	size_t in_common = 0, fresh = 0;
	int rc = 0;
	for (size_t i = 0; i < x->g->head->builds_count && !rc; i++)
		rc = check_build(x, i, &in_common, &fresh, err);
	if (!rc && !in_common)
		return lb_fail(err, LB_INVALID, "%s and %s have no build in common: another variant, policy, builder or workload",
			       x->g->head_path, x->g->base_path);
	size_t gone = missing_builds(x);
	if (fresh)
		gate_note(x, lb_format("%zu build%s not in the baseline.", fresh, fresh == 1 ? " is" : "s are"));
	if (gone)
		gate_note(x, lb_format("%zu build%s of the baseline %s not in this result.", gone, gone == 1 ? "" : "s",
				       gone == 1 ? "is" : "are"));
	return rc;
}

/* ---- waivers ---- */

static void read_waivers(struct gating *x)
{
	const struct report *r = x->g->head;
	x->waivers = lb_calloc(r->variants_count + 1, sizeof(*x->waivers));
	for (size_t i = 0; i < r->variants_count; i++) {
		lb_autofree char *path = lb_path_join(r->dir, r->variants[i].dockerfile);
		lb_autobuf struct lb_buf text = { 0 };
		lb_autostrv struct lb_strv faults = { 0 };
		/* a result without its inputs has no waivers to read */
		if (!*r->variants[i].dockerfile || lb_fs_read(AT_FDCWD, path, &text, NULL))
			continue;
		check_waivers_read(r->variants[i].from, lb_buf_str(&text), &x->waivers[i], &faults);
		for (size_t k = 0; k < faults.count; k++)
			gate_note(x, lb_strdup(faults.items[k]));
	}
}

static void gating_release(struct gating *x)
{
	for (size_t i = 0; x->waivers && i < x->g->head->variants_count; i++)
		check_waivers_release(&x->waivers[i]);
	free(x->waivers);
	lb_map_free(x->base);
	lb_map_free(x->head);
	lb_map_free(x->cold);
	lb_map_free(x->index);
	lb_map_free(x->told);
}

int gate_check(const struct report *head, const char *head_path, const struct report *base, const char *base_path,
	       struct check_budget *budget, struct gate *out, struct lb_err *err)
{
	*out = (struct gate){ .head = head, .base = base, .head_path = head_path, .base_path = base_path };
	if (strcmp(head->scenario, base->scenario) != 0)
		return lb_fail(err, LB_INVALID, "%s is of the scenario %s, the baseline %s of %s", head_path, head->scenario, base_path,
			       base->scenario);
	__attribute__((cleanup(
		gating_release))) struct gating x = { .g = out, .budget = budget, .told = lb_map_new(NULL), .index = lb_map_new(NULL) };
	x.base = index_builds(&x, base);
	x.head = index_builds(&x, head);
	x.cold = index_cold(head);
	read_waivers(&x);
	drift_find(&x);
	return check_all(&x, err);
}
