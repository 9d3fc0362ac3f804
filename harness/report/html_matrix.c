/* SPDX-License-Identifier: Apache-2.0
 *
 * Edits across, steps down, a table a variant; each cell is a link to the step's row in the panel of its build.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

#define NO_STEP SIZE_MAX

struct html_mark html_mark(const struct report_step *s)
{
	switch ((enum step_outcome)s->outcome) {
	case ST_HIT:
		if (s->stale == STALE_WRONG)
			return (struct html_mark){ "S", "s", "reused, and wrong" };
		if (s->stale)
			return (struct html_mark){ "S", "s",
						   s->stale == STALE_OUTDATED ? "reused, and outdated" : "reused, perhaps wrong" };
		return (struct html_mark){ "H", "h", "hit: reused from the cache" };
	case ST_MISS:
		return s->needed == NEED_YES  ? (struct html_mark){ "N", "n", "re-run, needed" }
		       : s->needed == NEED_NO ? (struct html_mark){ "W", "w", "re-run for nothing" }
					      : (struct html_mark){ "R", "u", "re-run, nobody knows whether needed" };
	case ST_UNKNOWN:
		return (struct html_mark){ "?", "q", "unknown" };
	case ST_ERROR:
		return (struct html_mark){ "E", "e", "failed" };
	case ST_SKIPPED:
		return (struct html_mark){ "–", "m", "not built" };
	case ST_UNREACHED:
		return (struct html_mark){ "–", "m", "not reached" };
	case ST_META:
		break;
	}
	return (struct html_mark){ "·", "m", "no layer" };
}

const struct report_build *html_naming_build(const struct report_view *v, size_t variant)
{
	const struct report_build *best = v->cold[variant].first >= 0 ? &v->r->builds[v->cold[variant].first] : NULL;
	for (size_t i = 0; i < v->count; i++) {
		int n = report_cell(v, variant, i)->first;
		if (n >= 0 && (!best || !best->steps_count))
			best = &v->r->builds[n];
	}
	return best && best->steps_count ? best : NULL;
}

void html_step_id(const struct html_part *p, const struct report_build *b, const struct report_step *s, struct lb_buf *out)
{
	lb_buf_addf(out, "%sb%zu", p->id, (size_t)(b - p->r->builds));
	if (s)
		lb_buf_addf(out, "s%zu", (size_t)(s - report_steps_of(p->r, b)));
}

static bool same_keyword(const struct report *r, uint32_t a, uint32_t b)
{
	const char *x = report_string(r, a), *y = report_string(r, b);
	size_t n = strcspn(x, " \t");
	return n == strcspn(y, " \t") && !memcmp(x, y, n);
}

/* For each step of `names` the index of the same step in b: an edit may add, take away and rewrite lines. */
static void match_steps(const struct report *r, const struct report_build *names, const struct report_build *b, size_t *at)
{
	const struct report_step *x = report_steps_of(r, names), *y = report_steps_of(r, b);
	lb_autofree bool *taken = lb_calloc(b->steps_count + 1, sizeof(*taken));
	for (size_t i = 0, next = 0; i < names->steps_count; i++) {
		size_t k = next;
		while (k < b->steps_count && (y[k].instruction != x[i].instruction || y[k].stage != x[i].stage))
			k++;
		at[i] = k < b->steps_count ? k : NO_STEP;
		if (at[i] == NO_STEP)
			continue;
		taken[k] = true;
		next = k + 1;
	}
	for (size_t i = 0; i < names->steps_count; i++) {
		size_t k = !i ? 0 : at[i - 1] != NO_STEP ? at[i - 1] + 1 : i;
		if (at[i] != NO_STEP || k >= b->steps_count || taken[k] || y[k].stage != x[i].stage ||
		    !same_keyword(r, x[i].instruction, y[k].instruction))
			continue;
		at[i] = k;
		taken[k] = true;
	}
}

struct matrix {
	const struct html_part *p;
	size_t variant, commits;
	const struct report_build *names;
	size_t *at; /* [commit * steps + step] */
};

static const struct report_build *build_of(const struct matrix *m, size_t commit)
{
	int n = report_cell(m->p->v, m->variant, commit)->first;
	return n >= 0 ? &m->p->r->builds[n] : NULL;
}

static void head(const struct matrix *m, struct lb_buf *out)
{
	const struct report_view *v = m->p->v;
	lb_buf_addf(out, "<thead><tr><th scope=\"col\" class=\"l\">%s</th>", v->each ? "after this edit …" : "after this commit …");
	for (size_t i = 0; i < m->commits; i++) {
		lb_buf_adds(out, "<th scope=\"col\"><span>");
		html_fit(out, report_commit_name(v, i), 24);
		lb_buf_adds(out, "</span></th>");
	}
	lb_buf_adds(out, "</tr>");
	if (!v->equal_weights && v->each) {
		lb_buf_adds(out, "<tr class=\"f\"><th scope=\"row\" class=\"l\">… which are so many of the commits</th>");
		for (size_t i = 0; i < m->commits; i++) {
			lb_buf_adds(out, "<td>");
			if (isnan(v->commits[i].weight))
				lb_buf_adds(out, "–");
			else
				text_percent(out, v->commits[i].weight, TEXT_NBSP);
			lb_buf_adds(out, "</td>");
		}
		lb_buf_adds(out, "</tr>");
	}
	lb_buf_adds(out, "</thead>\n");
}

static void cell(const struct matrix *m, size_t commit, size_t step, struct lb_buf *out)
{
	const struct report_build *b = build_of(m, commit);
	size_t at = b ? m->at[commit * m->names->steps_count + step] : NO_STEP;
	if (at == NO_STEP) {
		lb_buf_addf(out, "<td class=\"m\" title=\"%s\"></td>", b ? "not in this build" : "not built");
		return;
	}
	const struct report_step *s = report_steps_of(m->p->r, b) + at;
	struct html_mark mark = html_mark(s);
	bool linked = m->p->panels && (s->outcome != ST_META || s->reason) && s->outcome != ST_SKIPPED;
	lb_buf_addf(out, "<td class=\"%s\">", mark.css);
	if (linked) {
		lb_buf_adds(out, "<a href=\"#");
		html_step_id(m->p, b, s, out);
		lb_buf_addf(out, "\" title=\"%s\">%s</a>", mark.words, mark.letter);
	} else {
		lb_buf_adds(out, mark.letter);
	}
	lb_buf_adds(out, "</td>");
}

static void step_row(const struct matrix *m, size_t step, struct lb_buf *out)
{
	const struct report_step *s = report_steps_of(m->p->r, m->names) + step;
	const char *text = report_string(m->p->r, s->instruction);
	bool quiet = s->outcome == ST_META || s->outcome == ST_SKIPPED;
	lb_buf_addf(out, "<tr%s><th scope=\"row\" class=\"l\" title=\"", quiet ? " class=\"f\"" : "");
	html_fit(out, text, 200);
	lb_buf_addf(out, "\"><span class=\"no\">%u</span> <code>", s->line);
	html_fit(out, text, 60);
	lb_buf_adds(out, "</code></th>");
	for (size_t i = 0; i < m->commits; i++)
		cell(m, i, step, out);
	lb_buf_adds(out, "</tr>\n");
}

static void seconds_row(const struct matrix *m, struct lb_buf *out)
{
	const struct report_view *v = m->p->v;
	double largest = 0;
	for (size_t i = 0; i < m->commits; i++)
		largest = fmax(largest, report_cell(v, m->variant, i)->run_ns.value / 1e9);
	lb_buf_addf(out, "<tr class=\"sum\"><th scope=\"row\" class=\"l\">%s seconds</th>", report_seconds_of(&v->block));
	for (size_t i = 0; i < m->commits; i++) {
		const struct report_cell *c = report_cell(v, m->variant, i);
		lb_buf_adds(out, c->wasted && c->wasted_ns.value > 0 ? "<td class=\"bad\">" : "<td>");
		if (c->repeats && !c->run_ns.none && !c->run_ns.at_least && c->run_ns.value <= 0)
			lb_buf_addc(out, '0');
		else if (c->repeats)
			text_amount(out, &c->run_ns, 1e9, text_decimals(largest));
		else
			html_text(out, c->status ? c->status : "");
		lb_buf_adds(out, "</td>");
	}
	lb_buf_adds(out, "</tr>\n");
}

static void matrix(const struct matrix *m, bool open, struct lb_buf *out)
{
	const char *name = m->p->r->variants[m->variant].name;
	lb_buf_addf(out, "<details%s><summary>", open ? " open" : "");
	html_text(out, name);
	lb_buf_adds(out, "</summary><div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"What each edit re-runs: ");
	html_text(out, name);
	lb_buf_adds(out, "\"><table class=\"m\">\n");
	head(m, out);
	lb_buf_adds(out, "<tbody>\n");
	for (size_t i = 0; i < m->names->steps_count; i++)
		step_row(m, i, out);
	seconds_row(m, out);
	lb_buf_adds(out, "</tbody></table></div></details>\n");
}

static void variant_matrix(const struct html_part *p, size_t variant, bool open, struct lb_buf *out)
{
	struct matrix m = { .p = p, .variant = variant, .names = html_naming_build(p->v, variant) };
	m.commits = p->v->count < HTML_MOST_COMMITS ? p->v->count : HTML_MOST_COMMITS;
	if (!m.names || !m.commits)
		return;
	lb_autofree size_t *at = lb_calloc(m.commits * m.names->steps_count + 1, sizeof(*at));
	m.at = at;
	for (size_t i = 0; i < m.commits; i++)
		if (build_of(&m, i))
			match_steps(p->r, m.names, build_of(&m, i), at + i * m.names->steps_count);
	matrix(&m, open, out);
}

static void key(const struct html_part *p, struct lb_buf *out)
{
	bool shown[128] = { false };
	lb_buf_adds(out, "<p class=\"key\">");
	for (size_t n = 0; n < p->r->builds_count; n++)
		for (size_t i = 0; p->v->commit_of[n] >= 0 && i < p->r->builds[n].steps_count; i++) {
			struct html_mark m = html_mark(report_steps_of(p->r, &p->r->builds[n]) + i);
			if (shown[(unsigned char)m.css[0]] || m.css[0] == 'm')
				continue;
			shown[(unsigned char)m.css[0]] = true;
			lb_buf_addf(out, "<span><b class=\"%s\">%s</b> %s</span> ", m.css, m.letter, m.words);
		}
	lb_buf_addf(out, "</p>\n");
}

void html_matrices(const struct html_part *p, struct lb_buf *out)
{
	if (!p->v->count)
		return;
	lb_buf_addf(out, "<section><h2>What each %s re-runs</h2>\n", p->v->each ? "edit" : "commit");
	key(p, out);
	variant_matrix(p, (size_t)p->worst, true, out);
	size_t left_out = 0;
	for (int i = 0; i < (int)p->r->variants_count; i++) {
		if (i == p->worst || !report_view_has(p->v, (size_t)i))
			continue;
		if (out->len < HTML_MOST_BYTES)
			variant_matrix(p, (size_t)i, i == html_better(p), out);
		else
			left_out++;
	}
	if (left_out)
		lb_buf_addf(out, "<p class=\"f\">%zu more variants are left out, which would make this page too large.</p>\n", left_out);
	if (p->v->count > HTML_MOST_COMMITS)
		lb_buf_addf(out, "<p class=\"f\">The first %d of %zu commits; all are in steps.csv.</p>\n", HTML_MOST_COMMITS, p->v->count);
	if (!p->panels)
		lb_buf_adds(out, "<p class=\"f\">The reason of each cell is left out, which would make this page too large: "
				 "<code>lbench explain</code> has them.</p>\n");
	lb_buf_adds(out, "</section>\n");
}
