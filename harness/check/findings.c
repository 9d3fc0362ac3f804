/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "check/judge.h"

bool finding_fails(const struct finding *f)
{
	return !f->drift && !f->waiver;
}

size_t gate_failures(const struct gate *g)
{
	size_t n = 0;
	for (size_t i = 0; i < g->count; i++)
		n += finding_fails(&g->findings[i]);
	return n;
}

void gate_release(struct gate *g)
{
	for (size_t i = 0; i < g->count; i++) {
		struct finding *f = &g->findings[i];
		char *texts[] = { f->waiver, f->file, f->instruction, f->reason, f->evidence, f->message };
		for (size_t k = 0; k < LB_COUNT(texts); k++)
			free(texts[k]);
		lb_strv_release(&f->steps);
		lb_strv_release(&f->edits);
		lb_strv_release(&f->under);
		free(f->breaks);
	}
	for (size_t i = 0; i < g->cases_count; i++)
		free(g->cases[i].text);
	free(g->findings);
	free(g->cases);
	free(g->drifts);
	lb_strv_release(&g->notes);
	lb_arena_release(&g->arena);
	*g = (struct gate){ 0 };
}

void gate_note(struct gating *x, char *text)
{
	if (!lb_map_get(x->told, text)) {
		lb_map_set(x->told, text, x);
		lb_strv_add(&x->g->notes, text);
	}
	free(text);
}

/* An edit of the Dockerfile moves lines; people look at the file as it is, which the first build had. */
uint32_t finding_origin_line(struct gating *x, const struct match_side *s, const struct report_step *step)
{
	lb_autofree char *key =
		lb_format("%s\n%s\n%s\n%s", s->b->text[BT_VARIANT], s->b->text[BT_SUBJECT], s->b->text[BT_POLICY], s->b->text[BT_BUILDER]);
	uintptr_t at = (uintptr_t)lb_map_get(x->cold, key);
	if (!at || s->b->edit == EDIT_COLD)
		return step->line;
	struct match_side cold = { s->r, &s->r->builds[at - 1] };
	lb_autofree int *to_cold = lb_malloc((s->b->steps_count + 1) * sizeof(*to_cold));
	match_steps(s, &cold, to_cold);
	int i = to_cold[step - report_steps_of(s->r, s->b)];
	return i == MATCH_NONE ? step->line : report_steps_of(cold.r, cold.b)[i].line;
}

static const struct check_waiver *covering(struct gating *x, const struct match_side *head, const struct report_step *step)
{
	return check_waivers_find(&x->waivers[head->b->variant], finding_origin_line(x, head, step));
}

const char *finding_waiver(struct gating *x, const struct match_side *head, const struct report_step *step, const struct report_step *root)
{
	const char *date = report_member(head->r->run, "started"), *file = head->r->variants[head->b->variant].from;
	const struct check_waiver *found[] = { covering(x, head, step), covering(x, head, root) };
	for (size_t i = 0; i < LB_COUNT(found); i++) {
		const struct check_waiver *w = found[i];
		if (w && check_waiver_holds(w, date)) {
			lb_autofree char *text = lb_format("%s:%u allows it until %s because %s", file, w->line, w->until, w->because);
			return lb_arena_strdup(&x->g->arena, text);
		}
		if (w)
			gate_note(x, lb_format("%s:%u: the waiver ended on %s (%s).", file, w->line, w->until, w->because));
	}
	return NULL;
}

/* "./Dockerfile" is no path that a review tool knows. */
static char *plain_path(const char *path)
{
	while (strncmp(path, "./", 2) == 0)
		path += 2;
	return lb_strdup(path);
}

static int describe_root(struct gating *x, const struct pair *p, const struct report_step *root, struct finding *f, struct lb_err *err)
{
	lb_autojson json_t *e = NULL;
	struct lb_buf evidence = { 0 };
	const struct report *r = p->head.r;
	int rc = report_evidence(r, root, &e, err);
	if (rc)
		return rc;
	report_change_text(e, &evidence);
	f->line = finding_origin_line(x, &p->head, root);
	f->instruction = lb_strdup(report_string(r, root->instruction));
	f->reason = lb_strdup(report_string(r, root->reason));
	f->evidence = lb_buf_steal(&evidence);
	return 0;
}

struct finding *finding_for(struct gating *x, const struct pair *p, const struct report_step *root, enum finding_kind kind,
			    const char *drift, const char *waiver, struct lb_err *err)
{
	const struct report *r = p->head.r;
	struct gate *g = x->g;
	lb_autofree char *key =
		lb_format("%d\n%s\n%s\n%s\n%s\n%s", (int)kind, p->place.variant, root ? report_string(r, root->instruction) : "",
			  root ? report_string(r, root->reason) : "", drift ? drift : "", waiver ? waiver : "");
	uintptr_t at = (uintptr_t)lb_map_get(x->index, key);
	if (at)
		return &g->findings[at - 1];
	g->findings = lb_grow(g->findings, g->count, &g->cap, sizeof(*g->findings));
	struct finding *f = &g->findings[g->count++];
	*f = (struct finding){ .kind = kind, .drift = drift, .waiver = waiver ? lb_strdup(waiver) : NULL, .variant = p->place.variant };
	f->file = plain_path(r->variants[p->head.b->variant].from);
	lb_map_set(x->index, key, (void *)g->count);
	return root && describe_root(x, p, root, f, err) ? NULL : f;
}

void finding_add_under(struct finding *f, const struct pair *p)
{
	lb_autofree char *under = lb_format("%s %s", report_decider(p->head.b), p->place.builder);
	if (!lb_strv_has(&f->edits, p->place.edit))
		lb_strv_add(&f->edits, p->place.edit);
	if (!lb_strv_has(&f->under, under))
		lb_strv_add(&f->under, under);
}

void finding_add_break(struct finding *f, enum check_quantity q, const struct check_limit *l, double base, double head)
{
	for (size_t i = 0; i < f->breaks_count; i++) {
		struct finding_break *b = &f->breaks[i];
		if (b->quantity != q || b->limit != l)
			continue;
		if (head - base > b->head - b->base) {
			b->base = base;
			b->head = head;
		}
		return;
	}
	f->breaks = lb_grow(f->breaks, f->breaks_count, &f->breaks_cap, sizeof(*f->breaks));
	f->breaks[f->breaks_count++] = (struct finding_break){ q, base, head, l };
}
