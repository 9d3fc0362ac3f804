/* SPDX-License-Identifier: Apache-2.0
 *
 * What a cell of the matrix opens: the build with all its steps, each with its reason and evidence. A step that
 * inherited its miss links to the step that it has it from.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

static const char *reason_words(const char *reason)
{
	static const char *const words[][2] = {
		{ "first-build", "First build: the cache was empty." },
		{ "instruction-changed", "The instruction is written differently." },
		{ "files-changed", "Files that it brings have changed." },
		{ "metadata-changed", "Files that it brings have another mode, owner or time; their contents are the same." },
		{ "arg-changed", "An argument that it sees has another value." },
		{ "base-changed", "The base is another image." },
		{ "no-cache", "It was told to use no cache." },
		{ "evicted", "What the cache had of it is not there any more." },
		{ "parent-missed", "It did not change, but a step before it re-ran." },
	};
	for (size_t i = 0; i < LB_COUNT(words); i++)
		if (!strcmp(words[i][0], reason))
			return words[i][1];
	return "";
}

/* The step of b that evidence names ("STAGE:LINE"); NULL. */
static const struct report_step *inherited_from(const struct report *r, const struct report_build *b, const char *place)
{
	const char *colon = strrchr(place, ':');
	unsigned long line = colon ? strtoul(colon + 1, NULL, 10) : 0;
	for (size_t i = 0; line && i < b->steps_count; i++)
		if (report_steps_of(r, b)[i].line == line)
			return report_steps_of(r, b) + i;
	return NULL;
}

static void reason(const struct html_part *p, const struct report_build *b, const struct report_step *s, const json_t *e,
		   struct lb_buf *out)
{
	const char *name = report_string(p->r, s->reason), *from = report_member(e, "inherited_from");
	const struct report_step *parent = inherited_from(p->r, b, from);
	lb_autobuf struct lb_buf change = { 0 };
	if (parent) {
		lb_buf_addf(out, "%s <a href=\"#", strcmp(name, "base-changed") ? "It did not change, but" : "The base is another image:");
		html_step_id(p, b, parent, out);
		lb_buf_addf(out, "\">line %u</a> %s", parent->line, strcmp(name, "base-changed") ? "re-ran." : "changed.");
	} else {
		lb_buf_adds(out, reason_words(name));
	}
	report_change_text(e, &change);
	if (!change.len)
		return;
	lb_buf_adds(out, out->data[out->len - 1] == '.' ? " <code>" : "<code>");
	html_fit(out, lb_buf_str(&change), 300);
	lb_buf_adds(out, "</code>");
}

static void need(const struct html_part *p, const struct report_step *s, struct lb_buf *out)
{
	const json_t *needs = report_needs(p->r, report_string(p->r, s->instruction));
	lb_autobuf struct lb_buf text = { 0 };
	if (!needs) {
		if (s->needed == NEED_EMPTY)
			lb_buf_adds(out, " Nothing here says what it depends on.");
		return;
	}
	report_needs_text(needs, false, &text);
	lb_buf_adds(out, " It depends on ");
	html_text(out, lb_buf_str(&text));
	lb_buf_adds(out, s->needed == NEED_NO ? ", which is what it was." : ".");
}

static void hit_words(const struct report_step *s, struct lb_buf *out)
{
	static const char *const words[] = {
		"Cached: nothing that the rules look at has changed.",
		"Reused, but a build without cache makes another layer: the rules overlook what changed.",
		"Reused, though what it depends on has changed; whether the layer would be another was not looked at.",
		"Reused, but the world outside has moved on since the layer was made.",
	};
	lb_buf_adds(out, words[s->stale]);
}

static void cost(const struct report *r, const struct report_build *b, const struct report_step *s, struct lb_buf *out)
{
	static const char *const sources[] = { "", " recorded", " declared", "" };
	bool run = report_is(report_string(r, s->instruction), "RUN"), measured = !strcmp(b->text[BT_RUN_MODE], "exec");
	struct amount ns = { (double)s->run_ns, false, s->run_ns == REPORT_UNKNOWN };
	if (s->outcome != ST_MISS || (!run && s->blob_bytes == REPORT_UNKNOWN))
		return;
	lb_buf_adds(out, " <span class=\"cost\">");
	if (run) {
		html_seconds(out, &ns);
		lb_buf_adds(out, ns.none ? " s" : measured ? " measured" : sources[s->source]);
	}
	if (s->blob_bytes != REPORT_UNKNOWN) {
		lb_buf_adds(out, run ? " · " : "");
		text_bytes(out, (double)s->blob_bytes);
		lb_buf_adds(out, " layer");
	} else if (run && ns.none) {
		lb_buf_adds(out, " · ? B");
	}
	lb_buf_adds(out, "</span>");
}

static int step(const struct html_part *p, const struct report_build *b, const struct report_step *s, struct lb_buf *out,
		struct lb_err *err)
{
	struct html_mark mark = html_mark(s);
	lb_autojson json_t *e = NULL;
	int rc = report_evidence(p->r, s, &e, err);
	if (rc)
		return rc;
	lb_buf_adds(out, "<li id=\"");
	html_step_id(p, b, s, out);
	lb_buf_addf(out, "\"><b class=\"%s\">%s</b><span class=\"no\">%u</span><code>", mark.css, mark.letter, s->line);
	html_fit(out, report_string(p->r, s->instruction), 120);
	lb_buf_adds(out, "</code>");
	if (s->outcome == ST_META && !s->reason) {
		lb_buf_adds(out, "</li>\n");
		return 0;
	}
	lb_buf_addf(out, "<p>");
	if (s->outcome == ST_MISS || s->outcome == ST_META)
		reason(p, b, s, e, out);
	if (s->outcome == ST_MISS)
		need(p, s, out);
	else if (s->outcome == ST_HIT)
		hit_words(s, out);
	else if (s->outcome == ST_UNKNOWN)
		lb_buf_adds(out, "Unknown: it depends on bytes that nothing here knows.");
	else if (s->outcome != ST_META)
		lb_buf_adds(out, s->outcome == ST_ERROR     ? "Failed."
				 : s->outcome == ST_SKIPPED ? "Not part of this target."
							    : "Not reached.");
	cost(p->r, b, s, out);
	lb_buf_adds(out, "</p></li>\n");
	return 0;
}

static int panel(const struct html_part *p, const struct report_build *b, double weight, struct lb_buf *out, struct lb_err *err)
{
	lb_buf_adds(out, "<section class=\"b\" id=\"");
	html_step_id(p, b, NULL, out);
	lb_buf_adds(out, "\" tabindex=\"-1\"><a class=\"x\" href=\"#_\">Close</a><h3>");
	html_text(out, b->text[BT_VARIANT]);
	lb_buf_adds(out, " after ");
	html_text(out, b->text[BT_EDIT]);
	lb_buf_adds(out, "</h3><p class=\"f\">");
	if (!isnan(weight)) {
		text_percent(out, weight, TEXT_NBSP);
		lb_buf_adds(out, p->v->equal_weights ? " of the edits · " : " of commits · ");
	}
	html_text(out, notes_rules(&p->v->block));
	lb_buf_addf(out, " · %s</p>\n", print_builder_title(p->v->block.builder));
	if (!report_build_ok(b)) {
		lb_buf_addf(out, "<p class=\"bad\">%s: ", strcmp(b->text[BT_STATUS], "skip") ? "Failed" : "Skipped");
		html_fit(out, b->text[BT_MESSAGE], 400);
		lb_buf_adds(out, "</p>\n");
	}
	lb_buf_adds(out, b->steps_count ? "<ol>\n" : "");
	int rc = 0;
	for (size_t i = 0; i < b->steps_count && !rc; i++)
		rc = step(p, b, report_steps_of(p->r, b) + i, out, err);
	lb_buf_adds(out, b->steps_count ? "</ol></section>\n" : "</section>\n");
	return rc;
}

int html_panels(const struct html_part *p, struct lb_buf *out, struct lb_err *err)
{
	const struct report_view *v = p->v;
	int rc = 0;
	for (size_t variant = 0; variant < p->r->variants_count; variant++)
		for (size_t i = 0; i < v->count && i < HTML_MOST_COMMITS && !rc; i++) {
			const struct report_cell *c = report_cell(v, variant, i);
			if (c->first >= 0)
				rc = panel(p, &p->r->builds[c->first], v->commits[i].weight, out, err);
		}
	return rc;
}
