/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands on top, what several sets of rules make of the same scenario, and what the figures rest on.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

static void fact(struct lb_buf *out, const char *title, const char *text, const char *origin)
{
	lb_buf_adds(out, "<li>");
	if (title[0])
		lb_buf_addf(out, "<span class=\"f\">%s</span> ", title);
	html_text(out, text);
	if (origin[0]) {
		lb_buf_adds(out, " <i>");
		html_text(out, origin);
		lb_buf_adds(out, "</i>");
	}
	lb_buf_adds(out, "</li>\n");
}

static const char *origin_words(const char *origin)
{
	return !strcmp(origin, "observed") ? "observed on the real engine" : !strcmp(origin, "from source") ? "read in its source" : origin;
}

static void facts(const struct html_part *p, struct lb_buf *out)
{
	const struct report_block *b = &p->v->block;
	bool itself = strcmp(b->subject, "builtin") != 0 && b->subject[0];
	lb_buf_adds(out, "<ul class=\"facts\">\n");
	fact(out, itself ? "built by" : "cache rules", notes_rules(b), itself ? "the engine itself" : origin_words(b->origin));
	if (b->builder[0])
		fact(out, "", print_builder_title(b->builder), "");
	lb_autofree char *measured = b->engine ? lb_format("measured on %s, here", b->engine) : NULL;
	fact(out, b->engine ? "build seconds" : "RUN seconds", measured ? measured : print_seconds_text(p->r), "");
	if (!strcmp(b->run_mode, "dry"))
		fact(out, "bytes", "estimates: nothing was built", "");
	lb_buf_adds(out, "</ul>\n");
}

/* The figure of the verdict, large: seconds, or bytes, or how often. */
static void headline(const struct html_part *p, struct lb_buf *out)
{
	const struct answer *a = &p->answer;
	const struct step_cost *s = &a->step;
	const char *per = p->v->equal_weights && p->v->each ? "an edit" : "a commit";
	lb_buf_adds(out, "<p class=\"big\">");
	if (a->kind == ANSWER_WASTED && s->wasted_ns > 0) {
		struct amount ns = { s->wasted_ns, s->ns_at_least, false };
		lb_buf_adds(out, "<b class=\"bad\">");
		html_seconds(out, &ns);
		lb_buf_addf(out, "</b> %s wasted by one line", per);
	} else if (a->kind == ANSWER_WASTED && s->wasted_bytes > 0) {
		lb_buf_adds(out, "<b class=\"bad\">");
		text_bytes(out, s->wasted_bytes);
		lb_buf_addf(out, "</b> %s made for nothing by one line", per);
	} else if (a->kind == ANSWER_WASTED || a->kind == ANSWER_UNCLEAR) {
		lb_buf_addf(out, "<b class=\"%s\">", a->kind == ANSWER_WASTED ? "bad" : "open");
		text_percent(out, s->rerun, TEXT_NBSP);
		lb_buf_addf(out, "</b> of %s re-run one line%s", p->v->equal_weights && p->v->each ? "edits" : "commits",
			    a->kind == ANSWER_WASTED ? "" : ", perhaps for nothing");
	} else if (a->kind == ANSWER_FINE || a->kind == ANSWER_TRIFLE) {
		lb_buf_addf(out, "<b class=\"good\">%s0</b> wasted", a->kind == ANSWER_FINE ? "" : "≈" TEXT_NBSP);
	} else {
		lb_buf_adds(out, "<b class=\"open\">?</b>");
	}
	lb_buf_adds(out, "</p>\n");
}

static void list(const char *css, const char *title, const struct lb_strv *lines, struct lb_buf *out)
{
	for (size_t i = 0; i < lines->count; i++) {
		lb_buf_addf(out, "<p class=\"%s\">%s", css, title);
		html_sentence(out, lines->items[i]);
		lb_buf_adds(out, "</p>\n");
	}
}

/* What failed, or else what was skipped. */
static void problems_of(const struct report *r, bool failed, struct lb_strv *out)
{
	lb_autostrv struct lb_strv problems = { 0 };
	notes_problems(r, &problems);
	for (size_t i = 0; i < problems.count; i++)
		if (failed != !strncmp(problems.items[i], "skipped", 7))
			lb_strv_add(out, problems.items[i]);
}

static void troubles(const struct html_part *p, struct lb_buf *out)
{
	lb_autostrv struct lb_strv problems = { 0 };
	problems_of(p->r, true, &problems);
	if (strcmp(p->r->status, "done") != 0) {
		lb_buf_adds(out, "<p class=\"trouble\">This result is not complete (");
		html_text(out, p->r->status);
		lb_buf_adds(out, "): it holds what was built so far.</p>\n");
	}
	list("trouble", "", &problems, out);
}

static int cause(const struct html_part *p, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = report_cause_text(p->v, &p->answer, &text, err);
	const char *s = lb_buf_str(&text), *better = NULL;
	if (rc || !text.len)
		return rc;
	lb_autofree char *saves = html_better(p) >= 0 ? lb_format("%s saves ", p->r->variants[html_better(p)].name) : lb_strdup("Try: ");
	better = strstr(s, saves);
	if (better != s) {
		lb_autofree char *first = better ? lb_strndup(s, (size_t)(better - s)) : lb_strdup(s);
		lb_buf_adds(out, "<p>");
		html_sentence(out, first);
		lb_buf_adds(out, "</p>\n");
	}
	if (better) {
		lb_buf_adds(out, "<p class=\"good\"><b>Better:</b> ");
		if (strncmp(better, "Try: ", 5) == 0)
			html_hint(out, better + 5);
		else
			html_sentence(out, better);
		lb_buf_adds(out, "</p>\n");
	}
	return 0;
}

int html_verdict(const struct html_part *p, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf sentence = { 0 };
	report_answer_text(p->v, &p->answer, &sentence);
	facts(p, out);
	lb_buf_adds(out, "<section class=\"verdict\">\n");
	headline(p, out);
	lb_buf_adds(out, "<div><p class=\"say\">");
	html_sentence(out, lb_buf_str(&sentence));
	lb_buf_adds(out, "</p>\n");
	int rc = cause(p, out, err);
	lb_buf_adds(out, "</div></section>\n");
	troubles(p, out);
	if (rc || !report_view_has(p->v, (size_t)p->worst))
		return rc;
	lb_buf_adds(out, "<div class=\"two\"><section class=\"lines\"><h2>What each line costs</h2>\n");
	rc = html_file(p, p->worst, out, err);
	lb_buf_adds(out, "</section>\n");
	html_commits(p, out);
	lb_buf_adds(out, "</div>\n");
	return rc;
}

/* ---- several sets of rules ---- */

static void policy_cell(const struct report_view *v, size_t variant, const struct report_view *first, double most, struct lb_buf *out)
{
	const struct report_mean *m = &v->means[variant], *other = &first->means[variant];
	const char *status = v->cold[variant].status;
	if (m->covered <= 0) {
		lb_buf_addf(out, "<td class=\"f\">%s</td>", !status ? "–" : !strcmp(status, "skip") ? "refused" : status);
		return;
	}
	bool differs = other->covered > 0 && fabs(m->rebuilt - other->rebuilt) > 1e-9;
	lb_buf_adds(out, "<td>");
	html_bar(out, &m->run_ns, &m->wasted_ns, most);
	lb_buf_addf(out, " <span%s>", differs ? " class=\"differs\"" : "");
	html_seconds(out, &m->run_ns);
	lb_buf_adds(out, "</span><br><span class=\"f\">");
	html_rebuilt(out, m);
	lb_buf_adds(out, "</span></td>");
}

static void policy_head(const struct report_block *b, struct lb_buf *out)
{
	lb_buf_adds(out, "<th scope=\"col\" class=\"l\">");
	html_text(out, notes_rules(b));
	lb_buf_adds(out, " <span class=\"f\">");
	html_text(out, b->engine ? "build seconds" : b->origin);
	lb_buf_adds(out, "</span></th>");
}

/* Seconds of RUNs and those of whole builds have a scale each. */
static double longest(const struct report_groups *g, bool engine)
{
	double most = 1;
	for (size_t i = 0; i < g->count; i++) {
		const struct report_view *v = report_group_main(&g->items[i]);
		for (size_t k = 0; k < v->r->variants_count && !v->block.engine == !engine; k++)
			most = fmax(most, v->means[k].run_ns.value);
	}
	return most;
}

void html_policies(const struct report_groups *g, struct lb_buf *out)
{
	const struct report_view *first = report_group_main(&g->items[0]);
	const struct report *r = first->r;
	lb_autostrv struct lb_strv notes = { 0 };
	const double most[] = { longest(g, false), longest(g, true) };
	if (g->count < 2)
		return;
	lb_buf_adds(
		out,
		"<section><h2>The same under the rules of other engines</h2>\n"
		"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Rules compared\"><table class=\"edits sec\"><thead><tr>"
		"<th scope=\"col\" class=\"l\">a commit</th>");
	for (size_t i = 0; i < g->count; i++)
		policy_head(&report_group_main(&g->items[i])->block, out);
	lb_buf_adds(out, "</tr></thead><tbody>\n");
	for (size_t k = 0; k < r->variants_count; k++) {
		lb_buf_adds(out, "<tr><th scope=\"row\" class=\"l\">");
		html_text(out, r->variants[k].name);
		lb_buf_adds(out, "</th>");
		for (size_t i = 0; i < g->count; i++) {
			const struct report_view *v = report_group_main(&g->items[i]);
			policy_cell(v, k, first, most[v->block.engine != NULL], out);
		}
		lb_buf_adds(out, "</tr>\n");
	}
	lb_buf_adds(out, "</tbody></table></div>\n");
	lb_autofree const struct report_view **views = lb_calloc(g->count + 1, sizeof(*views));
	for (size_t i = 0; i < g->count; i++)
		views[i] = report_group_main(&g->items[i]);
	notes_refused(views, g->count, &notes);
	for (size_t i = 1; i < g->count; i++)
		notes_differences(first, views[i], &notes);
	list("note", "", &notes, out);
	lb_buf_adds(out, "</section>\n");
}

/* ---- about the figures ---- */

static void row(struct lb_buf *out, const char *title, const char *text)
{
	if (!text[0])
		return;
	lb_buf_addf(out, "<tr><th scope=\"row\">%s</th><td>", title);
	html_text(out, text);
	lb_buf_adds(out, "</td></tr>\n");
}

static void origins(const struct report *r, struct lb_buf *out)
{
	const json_t *machine = json_object_get(r->run, "machine"), *tool = json_object_get(r->run, "tool");
	lb_autofree char *tool_text = lb_format("lbench %s %s", r->tool_version, report_member(tool, "commit"));
	lb_autofree char *machine_text =
		lb_format("%s, kernel %s, %s, %lld CPUs", report_member(machine, "os"), report_member(machine, "kernel"),
			  report_member(machine, "arch"), (long long)json_integer_value(json_object_get(machine, "cpus")));
	lb_autofree char *repeats = lb_format("%llu", (unsigned long long)r->repeat);
	lb_buf_adds(out, "<table class=\"origin\">\n");
	row(out, "run", r->run_id);
	row(out, "started", report_member(r->run, "started"));
	row(out, "scenario", report_member(json_object_get(r->run, "scenario"), "file"));
	row(out, "its digest", r->digest);
	row(out, "project at", report_member(json_object_get(r->run, "project"), "commit"));
	row(out, "made by", tool_text);
	row(out, "machine", machine_text);
	row(out, "run mode", r->run_mode);
	row(out, "compression", r->compression);
	row(out, "repeats", repeats);
	lb_buf_adds(out, "</table>\n");
}

void html_figures(const struct html_part *p, struct lb_buf *out)
{
	lb_autostrv struct lb_strv reading = { 0 }, stale = { 0 }, skipped = { 0 }, unknowns = { 0 }, warnings = { 0 };
	problems_of(p->r, false, &skipped);
	notes_reading(p->v, &reading);
	notes_edits(p->r, &reading);
	notes_stale(p->v, &stale);
	notes_listed(p->r, "unknowns", &unknowns);
	notes_listed(p->r, "warnings", &warnings);
	lb_buf_adds(out, "<section><h2>About these figures</h2>\n");
	list("note", "", &stale, out);
	list("note", "", &skipped, out);
	list("note", "Unknown: ", &unknowns, out);
	if (unknowns.count) {
		lb_autobuf struct lb_buf learn = { 0 };
		print_learn_text(p->r, &unknowns, &learn);
		lb_buf_adds(out, "<p class=\"note\">");
		html_sentence(out, lb_buf_str(&learn));
		lb_buf_adds(out, "</p>\n");
	}
	list("note", "Warning: ", &warnings, out);
	list("note f", "", &reading, out);
	origins(p->r, out);
	lb_buf_adds(out, "</section>\n");
}
