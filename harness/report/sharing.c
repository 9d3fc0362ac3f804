/* SPDX-License-Identifier: Apache-2.0 */
#include "report/sharing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct amount nothing = { .none = true };

static void clear(struct sharing_cost *c)
{
	for (size_t f = 0; f < SHARING_FIGURES; f++)
		c->of[f][0] = c->of[f][1] = nothing;
}

static void add(struct amount *sum, const struct amount *a)
{
	sum->at_least |= a->at_least || a->none;
	if (a->none)
		return;
	sum->value += a->value;
	sum->none = false;
}

static void take_cell(struct sharing_cost *c, size_t side, const struct report_cell *cell)
{
	c->of[SHARING_RUN_NS][side] = cell->run_ns;
	c->of[SHARING_STORED][side] = cell->stored;
	c->of[SHARING_PUSHED][side] = cell->pushed;
}

static void add_cost(struct sharing_cost *sum, const struct sharing_cost *c)
{
	for (size_t f = 0; f < SHARING_FIGURES; f++)
		for (size_t side = 0; side < 2; side++)
			add(&sum->of[f][side], &c->of[f][side]);
}

static void add_mean(struct sharing_cost *sum, size_t side, const struct report_mean *m)
{
	add(&sum->of[SHARING_RUN_NS][side], &m->run_ns);
	add(&sum->of[SHARING_STORED][side], &m->stored);
	add(&sum->of[SHARING_PUSHED][side], &m->pushed);
}

/* Blocks of two reports: their texts are interned apart. */
static bool same_block(const struct report_block *a, const struct report_block *b)
{
	return !strcmp(a->subject, b->subject) && !strcmp(a->policy, b->policy) && !strcmp(a->builder, b->builder) &&
	       !strcmp(a->platform, b->platform) && !strcmp(a->run_mode, b->run_mode);
}

static bool find_alone(const struct report_view *v, struct report_view *out)
{
	lb_autofree struct report_block *blocks = NULL;
	size_t n = v->r->alone ? report_blocks(v->r->alone, &blocks) : 0;
	for (size_t i = 0; i < n; i++) {
		if (!same_block(&blocks[i], &v->block))
			continue;
		report_view_init(out, v->r->alone, &blocks[i]);
		return true;
	}
	return false;
}

bool sharing_init(struct sharing *s, const struct report_view *v)
{
	*s = (struct sharing){ 0 };
	if (!find_alone(v, &s->alone))
		return false;
	s->first = lb_calloc(v->r->variants_count + 1, sizeof(*s->first));
	clear(&s->all);
	clear(&s->commit);
	for (size_t i = 0; i < v->r->variants_count; i++) {
		clear(&s->first[i]);
		if (!v->cold[i].repeats || !s->alone.cold[i].repeats)
			continue;
		take_cell(&s->first[i], 0, &v->cold[i]);
		take_cell(&s->first[i], 1, &s->alone.cold[i]);
		add_cost(&s->all, &s->first[i]);
		if (v->means[i].covered > 0 && s->alone.means[i].covered > 0) {
			add_mean(&s->commit, 0, &v->means[i]);
			add_mean(&s->commit, 1, &s->alone.means[i]);
		}
		s->images++;
	}
	return true;
}

void sharing_release(struct sharing *s)
{
	report_view_release(&s->alone);
	free(s->first);
}

struct amount sharing_saved(const struct sharing_cost *c, enum sharing_figure f)
{
	const struct amount *shared = &c->of[f][0], *alone = &c->of[f][1];
	if (shared->none || alone->none || shared->at_least || alone->at_least)
		return nothing;
	return (struct amount){ .value = alone->value - shared->value };
}

/* ---- a sentence ---- */

static void figure(struct lb_buf *out, enum sharing_figure f, double value)
{
	if (f == SHARING_RUN_NS)
		text_seconds(out, value / 1e9);
	else
		text_bytes(out, value);
}

/* "49.2 s of RUN, 112.3 MB stored and 112.3 MB pushed" */
static void savings(struct lb_buf *out, const struct sharing_cost *c)
{
	static const char *const what[] = { " of RUN", " stored", " pushed" };
	static const char *const before[] = { "", ", ", " and " };
	for (enum sharing_figure f = 0; f < SHARING_FIGURES; f++) {
		struct amount saved = sharing_saved(c, f);
		lb_buf_adds(out, before[f]);
		if (saved.none)
			lb_buf_adds(out, "?");
		else
			figure(out, f, saved.value);
		lb_buf_adds(out, what[f]);
	}
}

void sharing_text(const struct sharing *s, struct lb_buf *out)
{
	lb_buf_addf(out, "Sharing saves, over the first builds of %zu images, ", s->images);
	savings(out, &s->all);
	lb_buf_adds(out, ": what is alike is built, stored and pushed once.");
	if (!s->commit.of[SHARING_RUN_NS][0].none) {
		lb_buf_adds(out, " A commit saves ");
		savings(out, &s->commit);
		lb_buf_adds(out, ".");
	}
	struct amount host = s->all.of[SHARING_PUSHED][0], apart = s->all.of[SHARING_PUSHED][1];
	if (host.none || host.at_least || apart.none || apart.at_least)
		return;
	lb_buf_adds(out, " An empty host that runs all of them fetches ");
	text_bytes(out, host.value);
	lb_buf_adds(out, " instead of ");
	text_bytes(out, apart.value);
	lb_buf_adds(out, ".");
}

/* ---- a table ---- */

static void cost_row(const char *name, const struct sharing_cost *c, const int *decimals, struct grid *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	grid_add(out, name);
	for (enum sharing_figure f = 0; f < SHARING_FIGURES; f++) {
		for (size_t side = 0; side < 2; side++) {
			text_amount(&text, &c->of[f][side], f == SHARING_RUN_NS ? 1e9 : 1e6, decimals[f]);
			grid_take(out, &text);
			grid_style(out, side ? 'd' : ' ');
		}
	}
	grid_end_row(out);
}

void sharing_grid(const struct sharing *s, const struct report_view *v, struct grid *out)
{
	static const char *const titles[] = { "first builds", "RUN s", "alone", "stored MB", "alone", "push MB", "alone" };
	int decimals[SHARING_FIGURES];
	for (enum sharing_figure f = 0; f < SHARING_FIGURES; f++)
		decimals[f] = text_decimals(s->all.of[f][1].value / (f == SHARING_RUN_NS ? 1e9 : 1e6));
	*out = (struct grid){ .columns = LB_COUNT(titles), .fixed = 1, .left = 1 };
	for (size_t i = 0; i < LB_COUNT(titles); i++)
		grid_add(out, titles[i]);
	for (size_t i = 0; i < v->r->variants_count; i++)
		if (report_view_has(v, i))
			cost_row(v->r->variants[i].name, &s->first[i], decimals, out);
	cost_row("together", &s->all, decimals, out);
}
