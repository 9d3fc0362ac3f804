/* SPDX-License-Identifier: Apache-2.0 */
#include "scan/weigh.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A RUN that re-ran, and the step that began it: indices into the build before any edit, whose lines are the file's. */
struct pair {
	size_t run, root;
	enum lb_reason reason;
	const char *argument;
	double wasted, unclear, seconds; /* RUNs and seconds a commit */
};
struct weighing {
	struct pair *pairs;
	size_t count, cap;
	const struct whatif_build *cold;
};

/* The step before the edit; an edit of the Dockerfile moves and makes some. False: it is none of those. */
static bool find_before(const struct weighing *w, const struct whatif_build *b, size_t i, size_t *out)
{
	const char *text = b->steps[i].text;
	size_t from_end = b->count - i;
	if (i < w->cold->count && strcmp(w->cold->steps[i].text, text) == 0)
		*out = i;
	else if (from_end <= w->cold->count && strcmp(w->cold->steps[w->cold->count - from_end].text, text) == 0)
		*out = w->cold->count - from_end;
	else
		return false;
	return true;
}

/* NULL: the edit made one of the two. */
static struct pair *pair_of(struct weighing *w, const struct whatif_build *b, size_t run)
{
	const struct whatif_step *root = &b->steps[b->steps[run].root];
	size_t at;
	if (!find_before(w, b, b->steps[run].root, &at) || !find_before(w, b, run, &run))
		return NULL;
	for (size_t i = 0; i < w->count; i++)
		if (w->pairs[i].run == run && w->pairs[i].root == at && w->pairs[i].reason == root->reason)
			return &w->pairs[i];
	w->pairs = lb_grow(w->pairs, w->count, &w->cap, sizeof(*w->pairs));
	w->pairs[w->count] = (struct pair){ .run = run, .root = at, .reason = root->reason, .argument = root->argument };
	return &w->pairs[w->count++];
}

static void add_run(struct weighing *w, const struct whatif_build *b, size_t i, double share, struct scan_row *out)
{
	const struct whatif_step *step = &b->steps[i];
	out->reruns += share;
	if (step->need == WHATIF_NEEDED)
		return;
	struct pair *known = pair_of(w, b, i), nowhere = { 0 }, *p = known ? known : &nowhere;
	if (step->need == WHATIF_NEED_UNKNOWN) {
		out->unclear += share;
		p->unclear += share;
		return;
	}
	out->wasted += share;
	p->wasted += share;
	if (!step->seconds_known) {
		out->timeless += share;
		return;
	}
	double seconds = share * (double)step->ns / 1e9;
	p->seconds += seconds;
	out->wasted_seconds += seconds;
}

static void add_build(struct weighing *w, const struct whatif_build *b, double share, struct lb_arena *arena, struct scan_row *out)
{
	if (!b->ok) {
		out->broken += share;
		if (!out->broken_message && b->message)
			out->broken_message = lb_arena_strdup(arena, b->message);
		return;
	}
	for (size_t i = 0; i < b->count; i++) {
		const struct whatif_step *step = &b->steps[i];
		if (!step->is_run)
			continue;
		if (step->outcome == LB_MISS)
			add_run(w, b, i, share, out);
		else if (step->outcome == LB_UNKNOWN)
			out->unclear += share;
	}
}

/* Seconds say more than re-runs, known waste more than what is unclear. */
static bool worse(const struct pair *a, const struct pair *b)
{
	if (a->seconds > b->seconds || a->seconds < b->seconds)
		return a->seconds > b->seconds;
	if (a->wasted > b->wasted || a->wasted < b->wasted)
		return a->wasted > b->wasted;
	return a->unclear > b->unclear;
}

static bool is_copy(const char *text)
{
	return strncasecmp(text, "COPY", 4) == 0 || strncasecmp(text, "ADD", 3) == 0;
}

static void tell_cause(const struct weighing *w, const struct front *f, struct lb_arena *arena, struct scan_cause *out)
{
	const struct pair *worst = w->count ? &w->pairs[0] : NULL;
	for (size_t i = 1; i < w->count; i++)
		if (worse(&w->pairs[i], worst))
			worst = &w->pairs[i];
	if (!worst)
		return;
	const struct whatif_step *root = &w->cold->steps[worst->root], *run = &w->cold->steps[worst->run];
	const struct lb_model *model = front_model(f, run->text);
	*out = (struct scan_cause){ .text = lb_arena_strdup(arena, root->text),
				    .line = root->line,
				    .reason = worst->reason,
				    .argument = worst->argument ? lb_arena_strdup(arena, worst->argument) : NULL,
				    .run = lb_arena_strdup(arena, run->text),
				    .run_line = run->line,
				    .unclear = worst->wasted <= 0 };
	const char *unknown = out->unclear ? front_unknown(f, run->line) : NULL;
	out->no_model = unknown ? lb_arena_strdup(arena, unknown) : NULL;
	out->brings_known = is_copy(root->text) && front_brings(f, root->line, &out->brings);
	out->brings_git = is_copy(root->text) && front_brings_path(f, root->line, ".git/HEAD");
	out->needs_known = model && front_needs(f, model, &out->needs);
}

void scan_weigh(const struct whatif *whatif, const struct classes *c, const struct front *f, struct lb_arena *arena, struct scan_row *out)
{
	struct weighing w = { .cold = &whatif->cold };
	for (size_t i = 0; i < whatif->cold.count; i++)
		out->runs += whatif->cold.steps[i].is_run && whatif->cold.steps[i].outcome != LB_SKIPPED;
	for (size_t i = 0; i < c->count; i++)
		add_build(&w, &whatif->edits[i], c->shares[i], arena, out);
	tell_cause(&w, f, arena, &out->cause);
	free(w.pairs);
}
