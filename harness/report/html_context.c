/* SPDX-License-Identifier: Apache-2.0
 *
 * The ledger of the build context: what is there, which line takes it, how often commits change it.
 */
#include <stdlib.h>
#include <string.h>

#include "report/context.h"
#include "report/html.h"

enum { PLACES_SHOWN = 12, LINES_SHOWN = 3, IGNORES_SHOWN = 8 };

static void bytes(struct lb_buf *out, uint64_t n)
{
	text_bytes(out, (double)n);
}

static void files(struct lb_buf *out, uint64_t n)
{
	lb_buf_addf(out, "%llu file%s", (unsigned long long)n, n == 1 ? "" : "s");
}

/* "What is sent: 176 files, 10.0 MB; .dockerignore leaves out 12 files, 3.1 MB." */
static void summary(const struct report_context *c, struct lb_buf *out)
{
	uint64_t n = 0, size = 0, sent = 0, sent_size = 0;
	for (size_t i = 0; i < c->count; i++) {
		n += c->places[i].files;
		size += c->places[i].bytes;
		sent += c->places[i].sent_files;
		sent_size += c->places[i].sent_bytes;
	}
	lb_buf_adds(out, "<p class=\"note\">A build can see ");
	files(out, sent);
	lb_buf_adds(out, ", ");
	bytes(out, sent_size);
	if (n > sent) {
		lb_buf_adds(out, "; <code>.dockerignore</code> leaves out ");
		files(out, n - sent);
		lb_buf_adds(out, ", ");
		bytes(out, size - sent_size);
	}
	const struct report_place *first = &c->places[0];
	if (first->examined != REPORT_UNKNOWN)
		lb_buf_addf(out, ". Commits are those of the newest %llu that change something there", (unsigned long long)first->examined);
	lb_buf_adds(out, ".</p>\n");
}

/* The lines for .dockerignore, each once, with what they take away together. */
static void proposal(const struct report_context *c, struct lb_buf *out)
{
	lb_autobuf struct lb_buf lines = { 0 };
	size_t shown = 0;
	for (size_t i = 0; i < c->count && shown < IGNORES_SHOWN; i++) {
		const struct report_place *p = &c->places[i];
		bool before = false;
		uint64_t size = 0;
		for (size_t k = 0; k < c->count; k++) {
			bool same = report_place_is_mistake(&c->places[k]) && strcmp(c->places[k].ignore, p->ignore) == 0;
			before |= same && k < i;
			size += same ? c->places[k].sent_bytes : 0;
		}
		if (!report_place_is_mistake(p) || !p->ignore[0] || before)
			continue;
		lb_buf_adds(&lines, shown++ ? ", <code>" : "<code>");
		html_text(&lines, p->ignore);
		lb_buf_adds(&lines, "</code> (");
		bytes(&lines, size);
		lb_buf_adds(&lines, ")");
	}
	if (shown)
		lb_buf_addf(out, "<p class=\"trouble\">Add to <code>.dockerignore</code>: %s.</p>\n", lb_buf_str(&lines));
}

/* "Dockerfile:5 Dockerfile:7" */
static void copied(const struct report_place *p, struct lb_buf *out)
{
	size_t shown = 0, more = 0;
	for (const char *w = p->copied_by; *w; w += strspn(w, " ")) {
		size_t n = strcspn(w, " ");
		lb_autofree char *word = lb_strndup(w, n);
		w += n;
		if (shown == LINES_SHOWN) {
			more++;
			continue;
		}
		lb_buf_adds(out, shown++ ? ", <span>" : "<span>");
		html_text(out, word);
		lb_buf_adds(out, "</span>");
	}
	if (more) {
		lb_buf_adds(out, " <span class=\"f\" title=\"");
		html_text(out, p->copied_by);
		lb_buf_addf(out, "\">and %zu more</span>", more);
	}
	if (!shown && p->sent_files)
		lb_buf_adds(out, "<span class=\"f\">no line</span>");
}

static void remark(const struct report_place *p, struct lb_buf *out)
{
	const char *words = report_place_words(p);
	if (!p->sent_files) {
		lb_buf_adds(out, "left out by <code>.dockerignore</code>");
		return;
	}
	lb_buf_adds(out, words);
	if (p->ignore[0]) {
		lb_buf_addf(out, "%s<code>", report_place_is_mistake(p) ? "; ignore " : "; not needed? ignore ");
		html_text(out, p->ignore);
		lb_buf_adds(out, "</code>");
	} else if (!p->copied_by[0]) {
		lb_buf_adds(out, "sent, and used by no line");
	} else if (report_place_is_busy(p)) {
		lb_buf_adds(out, "changes often: what need not see it should stand above the line that copies it");
	}
}

static void place(const struct report_place *p, uint64_t most, struct lb_buf *out)
{
	bool mistake = report_place_is_mistake(p), busy = report_place_is_busy(p);
	lb_buf_addf(out, "<tr%s><th class=\"l\" scope=\"row\"><code>", mistake ? " class=\"worst\"" : p->sent_files ? "" : " class=\"f\"");
	html_text(out, p->path);
	lb_buf_addf(out, "</code></th><td class=\"r q\">%llu<span> file%s</span></td><td class=\"r\">", (unsigned long long)p->files,
		    p->files == 1 ? "" : "s");
	bytes(out, p->bytes);
	lb_buf_adds(out, "</td><td class=\"k\">");
	struct amount size = { (double)p->bytes, false, false };
	html_bar(out, &size, NULL, (double)most);
	lb_buf_adds(out, "</td><td class=\"c\">");
	copied(p, out);
	if (p->commits != REPORT_UNKNOWN)
		lb_buf_addf(out, "</td><td class=\"r%s\">%llu<span> commit%s</span>", busy ? " bad" : "", (unsigned long long)p->commits,
			    p->commits == 1 ? "" : "s");
	lb_buf_adds(out, "</td><td class=\"t\">");
	remark(p, out);
	lb_buf_adds(out, "</td></tr>\n");
}

static bool stands_out(const struct report_place *p)
{
	return report_place_is_mistake(p) || report_place_is_busy(p) || (p->ignore[0] && p->sent_files);
}

static void table(const struct report_context *c, const bool *shown, bool which, uint64_t most, struct lb_buf *out)
{
	lb_buf_adds(out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Build context\"><table "
			 "class=\"context\">\n<thead><tr><th class=\"l\" scope=\"col\">path</th><th class=\"r q\" "
			 "scope=\"col\">files</th><th class=\"r\" scope=\"col\">size</th><td class=\"k\"></td><th class=\"l\" "
			 "scope=\"col\">copied by</th>");
	if (c->places[0].examined != REPORT_UNKNOWN)
		lb_buf_adds(out, "<th class=\"r\" scope=\"col\">commits</th>");
	lb_buf_adds(out, "<td></td></tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < c->count; i++)
		if (shown[i] == which)
			place(&c->places[i], most, out);
	lb_buf_adds(out, "</tbody></table></div>\n");
}

void html_context(const struct report *r, struct lb_buf *out)
{
	const struct report_context *c = r->context;
	if (!c || !c->count)
		return;
	lb_autofree bool *shown = lb_calloc(c->count + 1, sizeof(*shown));
	size_t hidden = 0;
	uint64_t most = 1;
	for (size_t i = 0; i < c->count; i++) {
		shown[i] = i < PLACES_SHOWN || stands_out(&c->places[i]);
		hidden += !shown[i];
		most = c->places[i].bytes > most ? c->places[i].bytes : most;
	}
	lb_buf_adds(out, "<section class=\"holds\"><h2>What the build context holds</h2>\n");
	summary(c, out);
	proposal(c, out);
	table(c, shown, true, most, out);
	if (hidden) {
		lb_buf_addf(out, "<details><summary>%zu smaller one%s</summary>\n", hidden, hidden == 1 ? "" : "s");
		table(c, shown, false, most, out);
		lb_buf_adds(out, "</details>\n");
	}
	lb_buf_adds(out, "</section>\n");
}
