/* SPDX-License-Identifier: Apache-2.0
 *
 * The page as a whole. Each result has a section for its first set of rules and a short one for each other that
 * decides differently; panels with reasons stand at the end, where a page without styles shows them as a list.
 */
#include "report/html.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/digest.h"

struct page {
	struct lb_buf body, panels;
};

int html_part_init(struct html_part *p, const struct report *r, const struct report_group *g, struct lb_err *err)
{
	*p = (struct html_part){ .r = r, .g = g, .v = report_group_main(g), .panels = true };
	int rc = report_answer(p->v, &p->answer, err);
	if (!rc)
		rc = report_costs(p->v, &p->costs, err);
	if (rc)
		return rc;
	if (p->answer.kind == ANSWER_WASTED || p->answer.kind == ANSWER_UNCLEAR) {
		p->worst = p->answer.step.variant;
		return 0;
	}
	const struct report_mean *m = p->v->means;
	bool found = false;
	for (int i = 0; i < (int)r->variants_count; i++) {
		if (!report_view_has(p->v, (size_t)i))
			continue;
		bool more = m[i].run_ns.value > m[p->worst].run_ns.value ||
			    (m[i].run_ns.value >= m[p->worst].run_ns.value && m[i].rebuilt > m[p->worst].rebuilt);
		if (!found || more)
			p->worst = i;
		found = true;
	}
	return 0;
}

void html_part_release(struct html_part *p)
{
	free(p->costs.items);
	p->costs = (struct step_costs){ 0 };
}

/* Panels go to the end of the page while there is room for them. */
static int add_panels(struct html_part *p, struct page *page, struct lb_err *err)
{
	lb_autobuf struct lb_buf panels = { 0 };
	int rc = html_panels(p, &panels, err);
	p->panels = !rc && page->body.len + page->panels.len + panels.len < HTML_MOST_BYTES;
	if (p->panels)
		lb_buf_add(&page->panels, lb_buf_str(&panels), panels.len);
	return rc;
}

static int whole_part(struct html_part *p, const struct report_groups *groups, struct page *page, struct lb_err *err)
{
	int rc = add_panels(p, page, err);
	if (!rc)
		rc = html_verdict(p, &page->body, err);
	if (rc)
		return rc;
	html_matrices(p, &page->body);
	html_by_edit(p, &page->body);
	html_sequence(p, &page->body);
	html_policies(groups, &page->body);
	html_layers(p, &page->body);
	html_sharing(p, &page->body);
	html_variants(p, &page->body);
	html_context(p->r, &page->body);
	return 0;
}

/* Does a build come out differently? */
static bool decides_otherwise(const struct report_view *a, const struct report_view *b)
{
	if (a->count != b->count)
		return true;
	for (size_t i = 0; i < a->r->variants_count * a->count; i++) {
		const struct report_cell *x = &a->cells[i], *y = &b->cells[i];
		if (x->repeats != y->repeats || x->hits != y->hits || x->misses != y->misses || x->unknown != y->unknown)
			return true;
	}
	return false;
}

static int other_part(struct html_part *p, struct page *page, struct lb_err *err)
{
	lb_autobuf struct lb_buf sentence = { 0 };
	int rc = add_panels(p, page, err);
	if (rc)
		return rc;
	report_answer_text(p->v, &p->answer, &sentence);
	lb_buf_adds(&page->body, "<details class=\"rules\"><summary>Under the rules of ");
	html_text(&page->body, notes_rules(&p->v->block));
	lb_buf_adds(&page->body, "</summary>\n<p class=\"say\">");
	html_sentence(&page->body, lb_buf_str(&sentence));
	lb_buf_adds(&page->body, "</p>\n");
	html_matrices(p, &page->body);
	lb_buf_adds(&page->body, "</details>\n");
	return 0;
}

static int result(const struct report *r, size_t number, struct page *page, struct lb_err *err)
{
	report_autogroups struct report_groups groups;
	report_groups_init(&groups, r);
	int rc = 0;
	if (!groups.count)
		lb_buf_adds(&page->body, "<p>Nothing was built.</p>\n");
	for (size_t i = 0; i < groups.count && !rc; i++) {
		if (i && !decides_otherwise(report_group_main(&groups.items[0]), report_group_main(&groups.items[i])))
			continue;
		html_autopart struct html_part p;
		rc = html_part_init(&p, r, &groups.items[i], err);
		snprintf(p.id, sizeof(p.id), "r%zug%zu", number, i);
		if (!rc)
			rc = i ? other_part(&p, page, err) : whole_part(&p, &groups, page, err);
	}
	if (rc || !groups.count)
		return rc;
	struct html_part first = { .r = r, .v = report_group_main(&groups.items[0]) };
	html_figures(&first, &page->body);
	return 0;
}

static void title(const struct report *r, struct lb_buf *out)
{
	const char *description = report_member(json_object_get(r->run, "scenario"), "description");
	lb_buf_adds(out, "<h1>");
	html_text(out, r->scenario);
	if (description[0]) {
		lb_buf_adds(out, " <small>");
		html_text(out, description);
		lb_buf_adds(out, "</small>");
	}
	lb_buf_adds(out, "</h1>\n");
}

/* Results of one scenario: the last one whole, the earlier ones against it. */
static int scenario(const struct report *const *list, size_t n, size_t number, struct page *page, struct lb_err *err)
{
	const struct report *last = list[n - 1];
	lb_buf_adds(&page->body, "<article>\n<header>\n");
	title(last, &page->body);
	lb_buf_adds(&page->body, "</header>\n");
	if (n > 1) {
		html_compare(list, n, &page->body);
		lb_buf_adds(&page->body, "<h2 class=\"which\">The last result</h2>\n");
	}
	int rc = result(last, number, page, err);
	lb_buf_adds(&page->body, "</article>\n");
	return rc;
}

static int body(const struct report *const *list, size_t n, struct page *page, struct lb_err *err)
{
	lb_autofree const struct report **same = lb_calloc(n + 1, sizeof(*same));
	lb_autofree bool *done = lb_calloc(n + 1, sizeof(*done));
	int rc = 0;
	for (size_t i = 0; i < n && !rc; i++) {
		size_t count = 0;
		for (size_t k = i; k < n; k++) {
			if (done[k] || strcmp(list[i]->scenario, list[k]->scenario) != 0)
				continue;
			done[k] = true;
			same[count++] = list[k];
		}
		rc = count ? scenario(same, count, i, page, err) : 0;
	}
	return rc;
}

/* Nothing is loaded, and no script runs but ours: its digest is named. */
static void head(const struct report *r, struct lb_buf *out)
{
	struct lb_digest script = lb_digest_of(html_js, strlen(html_js));
	lb_buf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"color-scheme\" content=\"light dark\">\n"
			 "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
			 "'sha256-");
	html_base64(out, script.bytes, sizeof(script.bytes));
	lb_buf_adds(out, "'; base-uri 'none'; form-action 'none'\">\n<title>");
	html_text(out, r->scenario);
	lb_buf_adds(out, " – lbench</title>\n<style>\n");
	lb_buf_adds(out, html_css);
	lb_buf_adds(out, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the content</a>\n"
			 "<button type=\"button\" id=\"theme\" hidden>Dark</button>\n<main id=\"main\">\n");
}

int report_html(const struct report *const *list, size_t n, struct lb_buf *out, struct lb_err *err)
{
	struct page page = { 0 };
	int rc = body(list, n, &page, err);
	if (!rc) {
		head(list[0], out);
		lb_buf_add(out, lb_buf_str(&page.body), page.body.len);
		lb_buf_adds(out, "</main>\n<div id=\"why\">\n");
		if (page.panels.len)
			lb_buf_adds(out, "<h2 class=\"why\">What each build did, and why</h2>\n");
		lb_buf_add(out, lb_buf_str(&page.panels), page.panels.len);
		lb_buf_adds(out, "</div>\n<script>");
		lb_buf_adds(out, html_js);
		lb_buf_adds(out, "</script>\n</body>\n</html>\n");
	}
	lb_buf_release(&page.body);
	lb_buf_release(&page.panels);
	return rc;
}
