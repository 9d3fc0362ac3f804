/* SPDX-License-Identifier: Apache-2.0 */
#include "whatif/say.h"

#include <string.h>
#include <strings.h>

#include "report/grid.h"

enum { QUOTED_COLUMNS = 44 };

void whatif_step_text(const struct whatif_step *step, size_t columns, struct lb_buf *out)
{
	lb_buf_addc(out, '`');
	text_fit(out, step->text, columns);
	lb_buf_addf(out, "` (:%u)", step->line);
}

bool whatif_sent(const struct whatif_said *s, uint64_t *files, uint64_t *bytes, bool *at_most)
{
	const struct whatif_build *b = s->build;
	bool buildkit = strcmp(s->policy->engine, "buildkit") == 0, seen = false;
	if (!buildkit && strcmp(s->policy->engine, "classic") != 0)
		return false;
	for (size_t i = 0; i < b->count; i++)
		seen = seen || (b->steps[i].outcome == LB_MISS &&
				(b->steps[i].reason == LB_FILES_CHANGED || b->steps[i].reason == LB_METADATA_CHANGED));
	/* a warm BuildKit asks for the bytes of what changed, and of that only what a step names; a new one for all of it */
	bool warm = buildkit && s->builder == LB_BUILDER_WARM;
	*files = !warm ? b->context_files : seen ? b->changed_files : 0;
	*bytes = !warm ? b->context_bytes : seen ? b->changed_bytes : 0;
	*at_most = buildkit && (!warm || *files > 1);
	return true;
}

/* ---- the sentence ---- */

struct sums {
	size_t misses, reusable, unclear, unknown;
	size_t wasted, copies;           /* RUNs and all else that re-run for nothing */
	const struct whatif_step *worst; /* the wasted RUN that takes longest */
	const struct whatif_step *first; /* that began it all */
	double seconds, wasted_seconds;
	bool at_least, none; /* of seconds: some are unknown, all are */
};

static void add_seconds(struct sums *m, const struct whatif_step *step)
{
	if (!step->is_run)
		return;
	m->at_least = m->at_least || !step->seconds_known;
	if (!step->seconds_known)
		return;
	m->none = false;
	m->seconds += (double)step->ns / 1e9;
	m->wasted_seconds += step->need == WHATIF_WASTED ? (double)step->ns / 1e9 : 0;
}

static struct sums sum_up(const struct whatif_build *b)
{
	struct sums m = { .misses = whatif_misses(b), .reusable = whatif_reusable(b), .none = true };
	for (size_t i = 0; i < b->count; i++) {
		const struct whatif_step *step = &b->steps[i];
		m.unknown += step->outcome == LB_UNKNOWN;
		if (step->outcome != LB_MISS)
			continue;
		if (!m.first)
			m.first = &b->steps[step->root];
		add_seconds(&m, step);
		m.unclear += step->is_run && step->need == WHATIF_NEED_UNKNOWN;
		if (step->need != WHATIF_WASTED)
			continue;
		m.wasted += step->is_run;
		m.copies += !step->is_run;
		if (step->is_run && (!m.worst || step->ns > m.worst->ns))
			m.worst = step;
	}
	return m;
}

static bool is_copy(const struct whatif_step *step)
{
	return strncasecmp(step->text, "COPY", 4) == 0 || strncasecmp(step->text, "ADD", 3) == 0;
}

/* ":5 COPY . . brings it" */
static void cause_text(const struct whatif_said *s, const struct whatif_step *root, struct lb_buf *out)
{
	lb_buf_addf(out, ":%u `", root->line);
	text_fit(out, root->text, QUOTED_COLUMNS);
	lb_buf_addc(out, '`');
	if (root->reason == LB_ARG_CHANGED && root->argument)
		lb_buf_addf(out, " sees %s", root->argument);
	else if (is_copy(root) && (root->reason == LB_FILES_CHANGED || root->reason == LB_METADATA_CHANGED))
		lb_buf_adds(out, s->touch->count > 1 || s->touch->files[0].files > 1 ? " brings what changed" : " brings it");
	else
		lb_buf_addf(out, " re-runs (%s)", lb_reason_name(root->reason));
}

static void wasted_text(const struct whatif_said *s, const struct sums *m, struct lb_buf *out)
{
	const struct whatif_step *root = &s->build->steps[m->worst->root];
	lb_buf_adds(out, "; ");
	whatif_step_text(m->worst, QUOTED_COLUMNS, out);
	if (m->wasted > 1)
		lb_buf_addf(out, " and %zu other RUN%s", m->wasted - 1, m->wasted > 2 ? "s" : "");
	lb_buf_adds(out, " for nothing");
	if (m->wasted_seconds > 0) {
		lb_buf_adds(out, " (");
		text_seconds(out, m->wasted_seconds);
		lb_buf_adds(out, ")");
	}
	if (root != m->worst) {
		lb_buf_adds(out, ", because ");
		cause_text(s, root, out);
	}
}

static void misses_text(const struct whatif_said *s, const struct sums *m, struct lb_buf *out)
{
	lb_buf_addf(out, "re-runs %zu of %zu steps", m->misses, m->reusable);
	if (!m->none) {
		lb_buf_adds(out, m->at_least ? ", ≥" : ", ");
		text_seconds(out, m->seconds);
	}
	if (m->worst)
		wasted_text(s, m, out);
	else if (m->copies)
		lb_buf_addf(out, "; %zu COPY%s for nothing", m->copies, m->copies > 1 ? "s" : "");
	else if (!m->unclear)
		lb_buf_adds(out, m->misses > 1 ? "; each of them had to" : "; it had to");
	if (!m->worst && m->first && s->touch->count + s->args->count == 1) {
		lb_buf_adds(out, "; ");
		cause_text(s, m->first, out);
	}
	if (m->unclear)
		lb_buf_addf(out, "; whether %zu RUN%s had to, no model says", m->unclear, m->unclear > 1 ? "s" : "");
}

/* "Add `README.md` to .dockerignore, unless the image needs it: then this re-runs nothing." */
static void spare_text(const struct whatif_said *s, struct lb_buf *out)
{
	size_t count = s->spare ? s->spare->count : 0;
	for (size_t i = 0; i < count; i++) {
		lb_buf_adds(out, !i ? " Add `" : i + 1 == count ? "` and `" : "`, `");
		text_fit(out, s->spare->items[i], 0);
	}
	if (!count)
		return;
	const char *it = count > 1 ? "them" : "it";
	lb_buf_addf(out, "` to %s, unless the image needs %s", s->front->ignore_name, it);
	if (s->spare_all)
		lb_buf_adds(out, ": then this re-runs nothing.");
	else
		lb_buf_addf(out, ": then no step sees %s.", it);
}

void whatif_summary_text(const struct whatif_said *s, struct lb_buf *out)
{
	const struct sums m = sum_up(s->build);
	lb_buf_adds(out, s->touch->count ? "touching " : "setting ");
	whatif_touched_text(s, out);
	lb_buf_addc(out, ' ');
	if (s->build->no_effect) {
		lb_buf_adds(out, "changes nothing: all is what it was.");
		return;
	}
	if (!s->build->ok) {
		lb_buf_adds(out, "breaks the build: ");
		text_fit(out, s->build->message, 0);
		return;
	}
	if (m.misses)
		misses_text(s, &m, out);
	else
		lb_buf_addf(out, m.reusable - m.unknown == 1 ? "re-runs nothing: %s%zu step is a hit" : "re-runs nothing: %s%zu steps are hits",
			    m.unknown || m.reusable < 2 ? "" : "all ", m.reusable - m.unknown);
	if (m.unknown)
		lb_buf_addf(out, "; %zu step%s on bytes that nobody knows", m.unknown, m.unknown > 1 ? "s depend" : " depends");
	lb_buf_addc(out, '.');
	spare_text(s, out);
}
