/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the time of a rebuild goes: a bar for each edit and variant, a segment for each RUN in the order of the
 * file; what the cache spared is outlined.
 */
#include <math.h>
#include <string.h>

#include "report/picture.h"

#define MOST_BARS 80
#define COLORS    7 /* the eighth is "other" */

/* RUNs by what they cost in first builds, the same text the same colour in all variants. */
struct palette {
	uint32_t instruction[COLORS];
	size_t count;
	bool other;
};

static double cost_of(const struct report_view *v, uint32_t instruction)
{
	double most = 0;
	for (size_t variant = 0; variant < v->r->variants_count; variant++)
		for (size_t i = 0; i <= v->count; i++) {
			int n = i < v->count ? report_cell(v, variant, i)->first : v->cold[variant].first;
			for (size_t k = 0; n >= 0 && k < v->r->builds[n].steps_count; k++) {
				const struct report_step *s = report_steps_of(v->r, &v->r->builds[n]) + k;
				if (s->instruction == instruction && s->outcome == ST_MISS && s->run_ns != REPORT_UNKNOWN)
					most = fmax(most, (double)s->run_ns);
			}
		}
	return most;
}

static bool has(const struct palette *p, uint32_t instruction)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->instruction[i] == instruction)
			return true;
	return false;
}

static void add_color(const struct report_view *v, const struct report_step *s, struct palette *p)
{
	if (has(p, s->instruction) || s->outcome != ST_MISS || s->run_ns == REPORT_UNKNOWN || !s->run_ns)
		return;
	if (p->count < COLORS) {
		p->instruction[p->count++] = s->instruction;
		return;
	}
	p->other = true;
	size_t least = 0;
	for (size_t i = 1; i < COLORS; i++)
		if (cost_of(v, p->instruction[i]) < cost_of(v, p->instruction[least]))
			least = i;
	if (cost_of(v, s->instruction) > cost_of(v, p->instruction[least]))
		p->instruction[least] = s->instruction;
}

static void choose_colors(const struct report_view *v, struct palette *p)
{
	for (size_t variant = 0; variant < v->r->variants_count; variant++)
		for (size_t i = 0; i <= v->count; i++) {
			int n = i < v->count ? report_cell(v, variant, i)->first : v->cold[variant].first;
			for (size_t k = 0; n >= 0 && k < v->r->builds[n].steps_count; k++)
				add_color(v, report_steps_of(v->r, &v->r->builds[n]) + k, p);
		}
}

static int color_of(const struct palette *p, uint32_t instruction)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->instruction[i] == instruction)
			return (int)i + 1;
	return COLORS + 1;
}

/* Seconds of the same step in the first build: what a hit spared. */
static double spared(const struct report *r, const struct report_build *cold, const struct report_step *s)
{
	for (size_t i = 0; cold && i < cold->steps_count; i++) {
		const struct report_step *c = report_steps_of(r, cold) + i;
		if (c->instruction == s->instruction && c->stage == s->stage && c->run_ns != REPORT_UNKNOWN)
			return (double)c->run_ns / 1e9;
	}
	return 0;
}

struct segment {
	const char *state; /* run, cached, total */
	double from, to;
	int color;
	const char *label;
};
struct bar {
	double y;
	const char *name;
	const struct report_build *build, *cold;
	const struct amount *total;
};

static void row(struct picture *p, const struct bar *b, const struct segment *s)
{
	picture_value(p, b->y);
	picture_text(p, b->name, 0);
	picture_text(p, s->state, 0);
	picture_value(p, s->from);
	picture_value(p, s->to);
	picture_value(p, b->y - 0.38);
	picture_value(p, b->y + 0.38);
	picture_value(p, s->color);
	picture_text(p, s->label, 0);
	picture_end_row(p);
}

/* One bar; the seconds at its end. */
static double bar(struct picture *p, const struct report *r, const struct bar *b, const struct palette *colors)
{
	double at = 0;
	for (size_t i = 0; i < b->build->steps_count; i++) {
		const struct report_step *s = report_steps_of(r, b->build) + i;
		bool run = s->outcome == ST_MISS && s->run_ns != REPORT_UNKNOWN;
		double seconds = run ? (double)s->run_ns / 1e9 : s->outcome == ST_HIT ? spared(r, b->cold, s) : 0;
		if (seconds <= 0)
			continue;
		row(p, b, &(struct segment){ run ? "run" : "cached", at, at + seconds, color_of(colors, s->instruction), "" });
		at += seconds;
	}
	lb_autobuf struct lb_buf label = { 0 };
	if (!b->total->none && !b->total->at_least && b->total->value <= 0)
		lb_buf_adds(&label, "0 s");
	else if (b->total->none)
		lb_buf_addc(&label, '?');
	else {
		lb_buf_adds(&label, b->total->at_least ? "≥" : "");
		text_seconds(&label, b->total->value / 1e9);
	}
	row(p, b, &(struct segment){ "total", at, at, 0, lb_buf_str(&label) });
	return at;
}

struct room {
	double y; /* of the next bar */
	size_t bars, edits, columns;
};

static double bar_group(struct picture *p, const struct report_view *v, size_t commit, const struct palette *colors, struct room *room)
{
	double most = 0;
	bool first = true;
	for (size_t variant = 0; variant < v->r->variants_count; variant++) {
		const struct report_cell *c = report_cell(v, variant, commit);
		if (!c->repeats)
			continue;
		lb_autobuf struct lb_buf edit = { 0 };
		picture_edit(v, commit, &edit);
		lb_autofree char *name =
			lb_format("%s%s%s", first ? lb_buf_str(&edit) : "", first ? "   " : "", v->r->variants[variant].name);
		const struct report_build *cold = v->cold[variant].first >= 0 ? &v->r->builds[v->cold[variant].first] : NULL;
		struct bar one = { room->y, name, &v->r->builds[c->first], cold, &c->run_ns };
		most = fmax(most, bar(p, v->r, &one, colors));
		first = false;
		room->y += 1;
		room->bars++;
		room->columns = text_width(name) > room->columns ? text_width(name) : room->columns;
	}
	room->y += first ? 0 : 0.6;
	room->edits++;
	return most;
}

int picture_times(const struct report_view *v, struct album *a, struct lb_err *err)
{
	struct palette colors = { 0 };
	choose_colors(v, &colors);
	if (!colors.count)
		return 0;
	picture_auto struct picture p;
	picture_init(&p, v, "time", "", a);
	picture_header(&p, "y bar state from_s to_s y0 y1 color label");
	struct room room = { .y = 1 };
	double most = 0;
	for (size_t i = 0; i < v->count && room.bars < MOST_BARS; i++)
		most = fmax(most, bar_group(&p, v, i, &colors, &room));
	if (!room.bars)
		return 0;
	lb_autostrv struct lb_strv names = { 0 };
	for (size_t i = 0; i < colors.count; i++) {
		lb_autobuf struct lb_buf name = { 0 };
		text_fit_instruction(&name, report_string(v->r, colors.instruction[i]), 90);
		lb_strv_add(&names, lb_buf_str(&name));
	}
	if (colors.other)
		lb_strv_add(&names, "other RUNs");
	lb_strv_add(&names, "outlined: spared by the cache");
	lb_autobuf struct lb_buf title = { 0 };
	lb_buf_addf(&title, "%s: where the time of a rebuild goes", v->r->scenario);
	picture_part(&title, v, room.edits);
	double left = 30 + 6.7 * (double)room.columns;
	struct picture_scale scale = picture_scale_s(most);
	picture_var(&p, "kind", "time");
	picture_var(&p, "title", lb_buf_str(&title));
	picture_var(&p, "unit_s", scale.unit);
	picture_num(&p, "scale_s", scale.factor);
	picture_num(&p, "left", left);
	picture_list(&p, "steps", &names);
	picture_num(&p, "legend", (double)names.count);
	picture_num(&p, "last_y", room.y);
	picture_num(&p, "most_s", fmax(most, 1e-6));
	picture_num(&p, "width", 810 + left);
	picture_num(&p, "height", 160 + 16.5 * room.y + 19 * (double)names.count);
	return picture_write(&p, a, err);
}
