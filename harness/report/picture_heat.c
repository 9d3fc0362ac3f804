/* SPDX-License-Identifier: Apache-2.0
 *
 * Heat map: steps down, edits across, one picture a variant.
 */
#include <math.h>
#include <string.h>

#include "report/picture.h"

#define LABEL_COLUMNS 42
#define MOST_EDITS    40 /* a longer history does not fit into one picture */

/* What stands in a cell, and the number by which the script colours it. */
struct mark {
	const char *letter;
	int code;
};
enum { CODE_META, CODE_HIT, CODE_NEEDED, CODE_WASTED, CODE_UNCLEAR, CODE_UNKNOWN, CODE_STALE, CODE_ERROR };

static struct mark mark_of(const struct report_step *s)
{
	switch ((enum step_outcome)s->outcome) {
	case ST_HIT:
		return s->stale ? (struct mark){ "S", CODE_STALE } : (struct mark){ "H", CODE_HIT };
	case ST_MISS:
		return s->needed == NEED_YES  ? (struct mark){ "N", CODE_NEEDED }
		       : s->needed == NEED_NO ? (struct mark){ "W", CODE_WASTED }
					      : (struct mark){ "R", CODE_UNCLEAR };
	case ST_UNKNOWN:
		return (struct mark){ "?", CODE_UNKNOWN };
	case ST_ERROR:
		return (struct mark){ "E", CODE_ERROR };
	case ST_META:
	case ST_SKIPPED:
	case ST_UNREACHED:
		break;
	}
	return (struct mark){ "–", CODE_META };
}

/* A column of cells: a build, its steps named as in `names`. */
struct column {
	size_t x, commit;
	const struct report_build *build, *names;
};

/* Columns that the edit's name takes. */
static size_t rows(struct picture *p, const struct report_view *v, const struct column *c, uint32_t *codes)
{
	lb_autobuf struct lb_buf edit = { 0 };
	const struct report *r = v->r;
	picture_edit(v, c->commit, &edit);
	for (size_t i = 0; i < c->build->steps_count && i < c->names->steps_count; i++) {
		const struct report_step *named = report_steps_of(r, c->names) + i;
		struct mark m = mark_of(report_steps_of(r, c->build) + i);
		lb_autobuf struct lb_buf text = { 0 };
		*codes |= 1u << m.code;
		picture_value(p, (double)c->x);
		picture_value(p, (double)i + 1);
		picture_text(p, lb_buf_str(&edit), 0);
		text_fit_instruction(&text, report_string(r, named->instruction), LABEL_COLUMNS);
		lb_buf_addf(&text, "  %u", named->line);
		picture_text(p, lb_buf_str(&text), 0);
		picture_text(p, m.letter, 0);
		picture_value(p, m.code);
		picture_end_row(p);
	}
	return text_width(lb_buf_str(&edit));
}

/* The build that gives the steps their names: the first one, or the longest of the others. */
static const struct report_build *naming_build(const struct report_view *v, size_t variant)
{
	const struct report_build *best = v->cold[variant].first >= 0 ? &v->r->builds[v->cold[variant].first] : NULL;
	for (size_t i = 0; i < v->count; i++) {
		int n = report_cell(v, variant, i)->first;
		if (n >= 0 && (!best || !best->steps_count))
			best = &v->r->builds[n];
	}
	return best && best->steps_count ? best : NULL;
}

/* Which marks the picture has: those that the key explains. */
static void marks_shown(struct picture *p, uint32_t codes)
{
	size_t n = 0;
	lb_buf_addf(&p->vars, "array marks[%d]\n", __builtin_popcount(codes));
	for (unsigned code = 0; code <= CODE_ERROR; code++)
		if (codes >> code & 1)
			lb_buf_addf(&p->vars, "marks[%zu] = %u\n", ++n, code);
}

static int heatmap(const struct report_view *v, size_t variant, struct album *a, struct lb_err *err)
{
	const struct report_build *lines = naming_build(v, variant);
	uint32_t codes = 0;
	size_t columns = 0, longest = 0;
	if (!lines)
		return 0;
	picture_auto struct picture p;
	picture_init(&p, v, "heatmap", v->r->variants[variant].name, a);
	picture_header(&p, "x y edit step letter code");
	for (size_t i = 0; i < v->count && columns < MOST_EDITS; i++) {
		const struct report_cell *c = report_cell(v, variant, i);
		if (c->first < 0)
			continue;
		size_t n = rows(&p, v, &(struct column){ ++columns, i, &v->r->builds[c->first], lines }, &codes);
		longest = n > longest ? n : longest;
	}
	if (!columns)
		return 0;
	lb_autobuf struct lb_buf title = { 0 };
	lb_buf_addf(&title, "%s, %s: what each %s re-runs", v->r->scenario, v->r->variants[variant].name, v->each ? "edit" : "commit");
	if (columns == MOST_EDITS)
		picture_part(&title, v, columns);
	picture_var(&p, "kind", "heatmap");
	picture_var(&p, "title", lb_buf_str(&title));
	picture_num(&p, "columns", (double)columns);
	picture_num(&p, "rows", (double)lines->steps_count);
	marks_shown(&p, codes);
	picture_num(&p, "width", 464 + 58 * (double)(columns < 8 ? 8 : columns));
	picture_num(&p, "foot", picture_foot(longest));
	picture_num(&p, "height", 126 + picture_foot(longest) + 30 * (double)lines->steps_count);
	return picture_write(&p, a, err);
}

int picture_heatmaps(const struct report_view *v, struct album *a, struct lb_err *err)
{
	int rc = 0;
	for (size_t i = 0; i < v->r->variants_count && !rc; i++)
		if (report_view_has(v, i))
			rc = heatmap(v, i, a, err);
	return rc;
}
