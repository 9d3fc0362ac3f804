/* SPDX-License-Identifier: Apache-2.0 */
#include "report/answer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define TRIFLE_BYTES 1000 /* a commit */

struct root_weight {
	uint32_t line, instruction, reason;
	double weight;
	uint64_t files;
};

struct candidate {
	struct step_cost cost;
	struct root_weight *roots;
	size_t roots_count, roots_cap;
};

struct candidates {
	struct candidate *items;
	size_t count, cap;
	struct lb_map *index;
};

bool report_is(const char *instruction, const char *keyword)
{
	size_t n = strlen(keyword);
	return !strncasecmp(instruction, keyword, n) && (instruction[n] == ' ' || instruction[n] == '\t' || !instruction[n]);
}

const json_t *report_needs(const struct report *r, const char *instruction)
{
	if (!report_is(instruction, "RUN"))
		return NULL;
	/* a model may leave the flags out */
	const char *command = instruction + 3 + strspn(instruction + 3, " \t");
	while (!strncmp(command, "--", 2)) {
		command += strcspn(command, " \t");
		command += strspn(command, " \t");
	}
	lb_autofree char *bare = lb_format("RUN %s", command);
	for (size_t i = 0; i < r->rules_count; i++)
		if (text_match(r->rules[i].match, instruction) || text_match(r->rules[i].match, bare))
			return json_is_array(r->rules[i].depends_on) ? r->rules[i].depends_on : NULL;
	return NULL;
}

uint64_t report_files_brought(const struct report *r, const struct report_build *b, const char *instruction)
{
	(void)r;
	if (!report_is(instruction, "COPY") && !report_is(instruction, "ADD"))
		return REPORT_UNKNOWN;
	const char *p = strchr(instruction, ' ');
	while (p && p[strspn(p, " ")] == '-') {
		p += strspn(p, " ");
		if (!strncmp(p, "--from", 6) || !strncmp(p, "--exclude", 9))
			return REPORT_UNKNOWN;
		p = strchr(p, ' ');
	}
	if (!p)
		return REPORT_UNKNOWN;
	p += strspn(p, " ");
	bool whole = !strncmp(p, ". ", 2) || !strncmp(p, "./ ", 3) || !strncmp(p, "/ ", 2);
	return whole ? b->number[BN_CONTEXT_FILES] : REPORT_UNKNOWN;
}

/* The step of b that `place` ("STAGE:LINE") names; NULL. */
static const struct report_step *step_at(const struct report *r, const struct report_build *b, const char *place)
{
	const char *colon = strrchr(place, ':');
	uint32_t line = (uint32_t)strtoul(colon ? colon + 1 : place, NULL, 10);
	const struct report_step *found = NULL;
	for (size_t i = 0; i < b->steps_count; i++) {
		const struct report_step *s = report_steps_of(r, b) + i;
		const char *stage = report_string(r, s->stage);
		if (s->line != line)
			continue;
		bool same = colon && strlen(stage) == (size_t)(colon - place) && !memcmp(stage, place, (size_t)(colon - place));
		if (!found || same)
			found = s;
	}
	return found;
}

int report_root(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step **root,
		struct lb_err *err)
{
	*root = s;
	for (size_t hops = 0; hops < b->steps_count; hops++) {
		lb_autojson json_t *e = NULL;
		if (strcmp(report_string(r, (*root)->reason), "parent-missed") != 0)
			return 0;
		int rc = report_evidence(r, *root, &e, err);
		if (rc)
			return rc;
		const struct report_step *next = step_at(r, b, report_member(e, "inherited_from"));
		if (!next || next == *root)
			return 0;
		*root = next;
	}
	return 0;
}

static unsigned nth_of(const struct report_step *steps, size_t i)
{
	unsigned nth = 0;
	for (size_t k = 0; k < i; k++)
		nth += steps[k].instruction == steps[i].instruction && steps[k].stage == steps[i].stage;
	return nth;
}

static struct candidate *candidate_for(struct candidates *list, const struct report_build *b, const struct report_step *steps, size_t i)
{
	struct {
		uint32_t variant, instruction, stage, nth;
	} key = { (uint32_t)b->variant, steps[i].instruction, steps[i].stage, nth_of(steps, i) };
	uintptr_t at = (uintptr_t)lb_map_getn(list->index, &key, sizeof(key));
	if (at)
		return &list->items[at - 1];
	list->items = lb_grow(list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count] = (struct candidate){ .cost = {
							       .variant = b->variant,
							       .line = steps[i].line,
							       .instruction = steps[i].instruction,
							       .stage = steps[i].stage,
							       .nth = key.nth,
							       .root_files = REPORT_UNKNOWN,
						       } };
	lb_map_setn(list->index, &key, sizeof(key), (void *)(list->count + 1));
	return &list->items[list->count++];
}

static void add_root(struct candidate *c, const struct report *r, const struct report_build *b, const struct report_step *root,
		     double weight)
{
	size_t i = 0;
	while (i < c->roots_count && (c->roots[i].instruction != root->instruction || c->roots[i].reason != root->reason))
		i++;
	if (i == c->roots_count) {
		c->roots = lb_grow(c->roots, c->roots_count, &c->roots_cap, sizeof(*c->roots));
		c->roots[c->roots_count++] = (struct root_weight){ root->line, root->instruction, root->reason, 0,
								   report_files_brought(r, b, report_string(r, root->instruction)) };
	}
	c->roots[i].weight += weight;
}

static int add_step(struct candidates *list, const struct report *r, const struct report_build *b, size_t i, double weight,
		    struct lb_err *err)
{
	const struct report_step *steps = report_steps_of(r, b), *s = &steps[i], *root;
	struct candidate *c = candidate_for(list, b, steps, i);
	struct step_cost *cost = &c->cost;
	cost->reusable |= s->outcome == ST_HIT || s->outcome == ST_MISS || s->outcome == ST_UNKNOWN;
	cost->unknown += s->outcome == ST_UNKNOWN ? weight : 0;
	if (s->outcome != ST_MISS || weight <= 0)
		return 0;
	bool inherited = !strcmp(report_string(r, s->reason), "parent-missed");
	cost->rerun += weight;
	cost->needed += s->needed == NEED_YES ? weight : 0;
	cost->unclear += s->needed == NEED_EMPTY ? weight : 0;
	cost->inherited += s->needed == NEED_EMPTY && inherited ? weight : 0;
	if (s->run_ns != REPORT_UNKNOWN)
		cost->rerun_ns += weight * (double)s->run_ns;
	if (s->needed == NEED_NO) {
		cost->wasted += weight;
		cost->wasted_ns += s->run_ns != REPORT_UNKNOWN ? weight * (double)s->run_ns : 0;
		cost->ns_at_least |= s->run_ns == REPORT_UNKNOWN && report_is(report_string(r, s->instruction), "RUN");
		cost->wasted_bytes += s->blob_bytes != REPORT_UNKNOWN ? weight * (double)s->blob_bytes : 0;
		cost->bytes_at_least |= s->blob_bytes == REPORT_UNKNOWN && s->layer_bytes != REPORT_UNKNOWN;
		cost->fetches |= s->layer_bytes == REPORT_UNKNOWN && report_is(report_string(r, s->instruction), "ADD");
	}
	if (s->needed == NEED_YES || (s->needed == NEED_EMPTY && !inherited))
		return 0;
	int rc = report_root(r, b, s, &root, err);
	if (!rc)
		add_root(c, r, b, root, weight);
	return rc;
}

/* Adds the first builds, which give the lines that a Dockerfile has before any edit, then all commits. */
static int collect(const struct report_view *v, struct candidates *list, struct lb_err *err)
{
	const struct report *r = v->r;
	for (size_t variant = 0; variant < r->variants_count; variant++) {
		int first = v->cold[variant].first;
		for (size_t i = 0; first >= 0 && i < r->builds[first].steps_count; i++)
			add_step(list, r, &r->builds[first], i, 0, err);
	}
	for (size_t n = 0; n < r->builds_count; n++) {
		const struct report_build *b = &r->builds[n];
		int commit = v->commit_of[n];
		if (commit < 0 || !report_build_ok(b) || isnan(v->commits[commit].weight))
			continue;
		const struct report_cell *cell = report_cell(v, (size_t)b->variant, (size_t)commit);
		double weight = v->commits[commit].weight / cell->repeats / v->means[b->variant].covered;
		for (size_t i = 0; i < b->steps_count; i++) {
			int rc = add_step(list, r, b, i, weight, err);
			if (rc)
				return rc;
		}
	}
	return 0;
}

static void choose_root(struct candidate *c)
{
	size_t top = 0;
	for (size_t i = 0; i < c->roots_count; i++) {
		c->cost.root_weight += c->roots[i].weight;
		top = c->roots[i].weight > c->roots[top].weight ? i : top;
	}
	if (!c->roots_count)
		return;
	const struct root_weight *root = &c->roots[top];
	c->cost.root_line = root->line;
	c->cost.root_instruction = root->instruction;
	c->cost.root_reason = root->reason;
	c->cost.root_share = root->weight;
	c->cost.root_files = root->files;
}

int report_costs(const struct report_view *v, struct step_costs *out, struct lb_err *err)
{
	struct candidates list = { .index = lb_map_new(NULL) };
	int rc = collect(v, &list, err);
	*out = (struct step_costs){ .items = lb_calloc(list.count + 1, sizeof(*out->items)), .count = list.count };
	for (size_t i = 0; i < list.count; i++) {
		choose_root(&list.items[i]);
		out->items[i] = list.items[i].cost;
		free(list.items[i].roots);
	}
	free(list.items);
	lb_map_free(list.index);
	return rc;
}

/* A step other than RUN that takes no time to speak of, for less than a header or two of bytes. Not one that brings
 * something from the network, of whatever size. */
static bool is_trifle(const struct report *r, const struct step_cost *c)
{
	return !report_is(report_string(r, c->instruction), "RUN") && c->wasted_ns <= 0 && c->wasted_bytes < TRIFLE_BYTES && !c->fetches;
}

/* Which of two steps matters more: seconds wasted, then how often a RUN, then anything, then what all of its variant costs,
 * then bytes. */
static bool matters_more(const struct report_view *v, const struct step_cost *a, const struct step_cost *b, enum answer_kind kind)
{
	const struct report *r = v->r;
	const struct amount *all_a = &v->means[a->variant].run_ns, *all_b = &v->means[b->variant].run_ns;
	bool run_a = report_is(report_string(r, a->instruction), "RUN"), run_b = report_is(report_string(r, b->instruction), "RUN");
	if (kind == ANSWER_UNCLEAR)
		return run_a != run_b ? run_a : a->inherited > b->inherited + 1e-9;
	if (fabs(a->wasted_ns - b->wasted_ns) > 0.5)
		return a->wasted_ns > b->wasted_ns;
	if (run_a != run_b)
		return run_a;
	if (fabs(a->wasted - b->wasted) > 1e-9)
		return a->wasted > b->wasted;
	if (a->variant != b->variant && !all_a->none && !all_b->none && fabs(all_a->value - all_b->value) > 0.5)
		return all_a->value > all_b->value;
	return a->wasted_bytes > b->wasted_bytes + 0.5;
}

static const struct step_cost *worst(const struct report_view *v, const struct step_costs *list, enum answer_kind kind)
{
	const struct step_cost *best = NULL;
	for (size_t i = 0; i < list->count; i++) {
		const struct step_cost *c = &list->items[i];
		if ((kind == ANSWER_WASTED ? c->wasted : c->inherited) <= 0)
			continue;
		if (!best || matters_more(v, c, best, kind))
			best = c;
	}
	return best;
}

static bool has_step(const struct step_costs *list, int variant, uint32_t instruction)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].variant == variant && list->items[i].instruction == instruction)
			return true;
	return false;
}

/* How many instructions of variant a are in variant b too. */
static size_t in_common(const struct step_costs *list, int a, int b)
{
	size_t n = 0;
	for (size_t i = 0; i < list->count; i++)
		n += list->items[i].variant == a && has_step(list, b, list->items[i].instruction);
	return n;
}

/* Does a commit cost less with variant a than with b? By seconds; where none are known by steps, of which both have as
 * many. */
static bool cheaper(const struct report_view *v, int a, int b)
{
	const struct report_mean *x = &v->means[a], *y = &v->means[b];
	if (x->covered <= 0 || y->covered <= 0)
		return false;
	if (!x->run_ns.none && !y->run_ns.none && !x->run_ns.at_least)
		return x->run_ns.value < y->run_ns.value - 0.5;
	if (x->run_ns.none && y->run_ns.none)
		return x->reusable == y->reusable && !x->rebuilt_at_least && x->rebuilt < y->rebuilt - 1e-9;
	return false;
}

/* Is `to` a smaller step away from `from` than `other` is, and about as good? */
static bool nearer(const struct report_view *v, const struct step_costs *list, int from, int to, int other)
{
	const struct report_mean *m = v->means;
	double gain = m[from].run_ns.value - m[to].run_ns.value, other_gain = m[from].run_ns.value - m[other].run_ns.value;
	size_t near = in_common(list, from, to), other_near = in_common(list, from, other);
	return near != other_near && gain > 0.8 * other_gain && other_gain > 0.8 * gain ? near > other_near : cheaper(v, to, other);
}

static bool same_image(const struct report *r, int a, int b)
{
	return strcmp(r->variants[a].image, r->variants[b].image) == 0;
}

/* `better` is the nearest variant that keeps the step and does not waste it; `best` the cheapest of all. */
static void choose_better(const struct report_view *v, const struct step_costs *list, struct answer *out)
{
	int from = out->step.variant;
	out->better = out->best = -1;
	for (int i = 0; i < (int)v->r->variants_count; i++) {
		if (i == from || !report_view_has(v, (size_t)i) || !same_image(v->r, i, from) || !cheaper(v, i, from))
			continue;
		if (has_step(list, i, out->step.instruction) && (out->better < 0 || nearer(v, list, from, i, out->better)))
			out->better = i;
		if (out->best < 0 || cheaper(v, i, out->best))
			out->best = i;
	}
	if (out->better < 0)
		out->better = out->best;
	if (out->best == out->better)
		out->best = -1;
	out->saves_at_least = v->means[from].run_ns.at_least;
}

static void decide(const struct report_view *v, const struct step_costs *list, struct answer *out)
{
	double covered = 0, unclear = 0, open = 0;
	for (size_t i = 0; i < v->r->variants_count; i++)
		covered += v->means[i].covered;
	for (size_t i = 0; i < list->count; i++) {
		unclear += list->items[i].unclear;
		open += list->items[i].unknown;
	}
	const struct step_cost *c = worst(v, list, ANSWER_WASTED);
	bool trifle = c && is_trifle(v->r, c);
	if (trifle)
		c = NULL;
	if (strcmp(v->block.subject, "null") == 0) {
		out->kind = ANSWER_NULL;
		return;
	}
	out->kind = covered <= 0  ? ANSWER_NOTHING_RAN
		    : c           ? ANSWER_WASTED
		    : unclear > 0 ? ANSWER_UNKNOWN
		    : open > 0    ? ANSWER_OPEN
		    : trifle      ? ANSWER_TRIFLE
				  : ANSWER_FINE;
	if (out->kind == ANSWER_UNKNOWN || (c && !report_is(report_string(v->r, c->instruction), "RUN") && unclear > 0)) {
		/* a RUN that may re-run for nothing says more than a COPY that does */
		const struct step_cost *maybe = worst(v, list, ANSWER_UNCLEAR);
		if (maybe && (!c || report_is(report_string(v->r, maybe->instruction), "RUN"))) {
			c = maybe;
			out->kind = ANSWER_UNCLEAR;
		}
	}
	if (!c)
		return;
	out->step = *c;
	out->needs = report_needs(v->r, report_string(v->r, c->instruction));
	choose_better(v, list, out);
}

int report_answer(const struct report_view *v, struct answer *out, struct lb_err *err)
{
	struct step_costs costs;
	*out = (struct answer){ .better = -1, .best = -1 };
	int rc = report_costs(v, &costs, err);
	if (!rc)
		decide(v, &costs, out);
	free(costs.items);
	return rc;
}
