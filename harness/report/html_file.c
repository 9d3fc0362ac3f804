/* SPDX-License-Identifier: Apache-2.0
 *
 * Dockerfiles with what each line costs in the margin: the worst variant's on top, and all of them side by side.
 */
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/html.h"

#define MOST_LINES 2000 /* of one Dockerfile */

struct lines {
	struct lb_strv text;
	unsigned *number; /* NULL: line i + 1 */
};

static void lines_release(struct lines *l)
{
	lb_strv_release(&l->text);
	free(l->number);
}
#define autolines __attribute__((cleanup(lines_release))) struct lines

static void add_line(struct lines *l, const char *s, size_t len)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (size_t i = 0; i < len; i++)
		if (s[i] == '\t')
			lb_buf_adds(&text, "    ");
		else if (s[i] != '\r')
			lb_buf_addc(&text, s[i]);
	lb_strv_add(&l->text, lb_buf_str(&text));
}

/* The copy in the result. Its path comes from run.json, so nothing outside the result is opened. */
static bool read_copy(const struct report *r, size_t variant, struct lb_buf *out)
{
	lb_autofd int dir = open(r->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *path = r->variants[variant].dockerfile;
	if (dir < 0 || !path[0] || path[0] == '/' || strstr(path, ".."))
		return false;
	lb_autofd int fd = lb_fs_open_below(dir, path, O_RDONLY);
	return fd >= 0 && !lb_fs_read_fd(fd, out, NULL);
}

/* Where there is no copy, the instructions as they were carried out. */
static void lines_of_steps(const struct html_part *p, size_t variant, struct lines *out)
{
	const struct report_build *b = html_naming_build(p->v, variant);
	out->number = lb_calloc((b ? b->steps_count : 0) + 1, sizeof(*out->number));
	for (size_t i = 0; b && i < b->steps_count; i++) {
		const struct report_step *s = report_steps_of(p->r, b) + i;
		const char *text = report_string(p->r, s->instruction);
		out->number[i] = s->line;
		add_line(out, text, strlen(text));
	}
}

static void load_lines(const struct html_part *p, size_t variant, struct lines *out)
{
	lb_autobuf struct lb_buf text = { 0 };
	*out = (struct lines){ 0 };
	if (!read_copy(p->r, variant, &text)) {
		lines_of_steps(p, variant, out);
		return;
	}
	for (const char *s = lb_buf_str(&text); *s && out->text.count < MOST_LINES;) {
		size_t n = strcspn(s, "\n");
		add_line(out, s, n);
		s += n + (s[n] == '\n');
	}
}

static unsigned number_of(const struct lines *l, size_t i)
{
	return l->number ? l->number[i] : (unsigned)i + 1;
}

/* The first step of a line that a cache can reuse; NULL. */
static const struct step_cost *cost_at(const struct html_part *p, int variant, unsigned line)
{
	for (size_t i = 0; i < p->costs.count; i++) {
		const struct step_cost *c = &p->costs.items[i];
		if (c->variant == variant && c->line == line && c->reusable)
			return c;
	}
	return NULL;
}

/* Worth a colour: a part of the waste that somebody would act on. */
static bool heavy(const struct html_part *p, const struct step_cost *c)
{
	double most = 0;
	for (size_t i = 0; i < p->costs.count; i++)
		most = fmax(most, p->costs.items[i].wasted_ns);
	return c && c->wasted_ns > most / 20;
}

static void percent(struct lb_buf *out, double part, double open)
{
	lb_buf_adds(out, "<span class=\"p\">");
	if (open > 1e-9 && part <= 0) {
		lb_buf_adds(out, "?</span>");
		return;
	}
	lb_buf_adds(out, open > 1e-9 ? "≥" TEXT_NBSP : "");
	text_percent(out, part, TEXT_NBSP);
	lb_buf_adds(out, "</span>");
}

static void wasted_cell(const struct report *r, const struct step_cost *c, struct lb_buf *out)
{
	bool run = report_is(report_string(r, c->instruction), "RUN"), open = c->unclear + c->unknown > 1e-9;
	struct amount ns = { c->wasted_ns, c->ns_at_least || open, c->wasted_ns <= 0 && (open || c->ns_at_least) };
	struct amount bytes = { c->wasted_bytes, c->bytes_at_least || open, c->wasted_bytes <= 0 };
	if (c->wasted <= 0 && !open) {
		lb_buf_adds(out, "<span class=\"f\">0</span>");
		return;
	}
	if (run)
		html_seconds(out, &ns);
	if (c->wasted_bytes > 0 || c->bytes_at_least || (open && !run)) {
		lb_buf_adds(out, run ? "<br><span>" : "<span>");
		html_bytes(out, &bytes);
		lb_buf_adds(out, "</span>");
	} else if (!run) {
		lb_buf_adds(out, "<span class=\"f\">0</span>");
	}
}

static void commit_bar(const struct step_cost *c, struct lb_buf *out)
{
	const struct {
		const char *css;
		double part;
	} spans[] = { { "n", c->needed }, { "w", c->wasted }, { "u", c->unclear }, { "q", c->unknown } };
	lb_buf_adds(out, "<span class=\"bar\">");
	for (size_t i = 0; i < LB_COUNT(spans); i++)
		if (spans[i].part > 1e-9 || !i) {
			lb_buf_addf(out, "<span class=\"%s\"", spans[i].css);
			html_width(out, spans[i].part);
			lb_buf_adds(out, "></span>");
		}
	lb_buf_adds(out, "</span>");
}

static void figures(const struct html_part *p, const struct step_cost *c, struct lb_buf *out)
{
	if (!c) {
		lb_buf_adds(out, "<td></td><td></td><td></td>");
		return;
	}
	lb_buf_adds(out, "<td class=\"r\" data-l=\"re-runs on\">");
	commit_bar(c, out);
	lb_buf_addc(out, ' ');
	percent(out, c->rerun, c->unknown);
	lb_buf_adds(out, "</td><td class=\"r\" data-l=\"needed on\">");
	percent(out, c->needed, c->unclear + c->unknown);
	lb_buf_addf(out, "</td><td class=\"r%s\" data-l=\"wasted\">", heavy(p, c) ? " bad" : "");
	wasted_cell(p->r, c, out);
	lb_buf_adds(out, "</td>");
}

/* Of a stage that the target does not need. */
static bool skipped_at(const struct html_part *p, size_t variant, unsigned line)
{
	const struct report_build *b = html_naming_build(p->v, variant);
	for (size_t i = 0; b && i < b->steps_count; i++)
		if (report_steps_of(p->r, b)[i].line == line)
			return report_steps_of(p->r, b)[i].outcome == ST_SKIPPED;
	return false;
}

static void code_cell(const struct html_part *p, int variant, unsigned number, const char *line, struct lb_buf *out)
{
	size_t blank = strspn(line, " ");
	bool skipped = skipped_at(p, (size_t)variant, number);
	lb_buf_addf(out, "<td class=\"c%s\"%s><code>",
		    line[blank] == '#' ? " f"
		    : skipped          ? " sk"
				       : "",
		    skipped ? " title=\"not part of this target\"" : "");
	html_text(out, line);
	lb_buf_adds(out, "</code>");
}

/* ---- remarks below two of its lines ---- */

void html_hint(struct lb_buf *out, const char *hint)
{
	lb_autobuf struct lb_buf text = { 0 };
	for (const char *p = hint; *p; p++) {
		bool line = p[0] == ' ' && p[1] == ':' && p[2] >= '0' && p[2] <= '9';
		if (line)
			lb_buf_adds(&text, " line ");
		else
			lb_buf_addc(&text, *p);
		p += line;
	}
	html_sentence(out, lb_buf_str(&text));
}

static int hint(const struct html_part *p, struct lb_buf *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	int rc = report_answer_hint(p->v, &p->answer, &text, err);
	if (text.len) {
		lb_buf_adds(out, " Try: ");
		html_hint(out, lb_buf_str(&text));
		lb_buf_addc(out, '.');
	}
	return rc;
}

static int remark(const struct html_part *p, unsigned line, struct lb_buf *out, struct lb_err *err)
{
	const struct step_cost *s = &p->answer.step;
	bool own = s->root_line == s->line;
	if (p->answer.kind != ANSWER_WASTED && p->answer.kind != ANSWER_UNCLEAR)
		return 0;
	if (line == s->root_line && !own && s->root_weight > 0) {
		lb_buf_adds(out, "<p class=\"remark cause\"><b>Cause.</b> ");
		if (s->root_files != REPORT_UNKNOWN)
			lb_buf_addf(out, "Brings %llu file%s: a change to %s re-runs what stands below.",
				    (unsigned long long)s->root_files, s->root_files == 1 ? "" : "s",
				    s->root_files == 1 ? "it" : "any of them");
		else
			lb_buf_adds(out, "When this is new, so is all that stands below.");
		lb_buf_adds(out, "</p>");
	}
	if (line != s->line)
		return 0;
	lb_buf_adds(out, p->answer.kind == ANSWER_WASTED ? "<p class=\"remark worst\"><b>Costs most.</b>"
							 : "<p class=\"remark unclear\"><b>May re-run for nothing.</b>");
	if (!own && s->root_weight > 0)
		lb_buf_addf(out, " Re-runs because line %u does.", s->root_line);
	if (p->answer.needs) {
		lb_autobuf struct lb_buf needs = { 0 };
		report_needs_text(p->answer.needs, false, &needs);
		lb_buf_adds(out, " Depends on ");
		html_text(out, lb_buf_str(&needs));
		lb_buf_addc(out, '.');
	}
	int rc = hint(p, out, err);
	lb_buf_adds(out, "</p>");
	return rc;
}

static const char *row_class(const struct html_part *p, int variant, unsigned line)
{
	const struct answer *a = &p->answer;
	if ((a->kind != ANSWER_WASTED && a->kind != ANSWER_UNCLEAR) || a->step.variant != variant)
		return "";
	if (line == a->step.line)
		return a->kind == ANSWER_WASTED ? " class=\"worst\"" : " class=\"unclear\"";
	return line == a->step.root_line && a->step.root_weight > 0 ? " class=\"cause\"" : "";
}

int html_file(const struct html_part *p, int variant, struct lb_buf *out, struct lb_err *err)
{
	autolines lines;
	load_lines(p, (size_t)variant, &lines);
	lb_buf_adds(out, "<table class=\"file\"><thead><tr><th scope=\"col\">re-runs on</th><th scope=\"col\">needed on</th>"
			 "<th scope=\"col\">wasted<br>a commit</th><th></th><th scope=\"col\" class=\"c\">");
	html_text(out, p->r->variants[variant].name);
	lb_buf_adds(out, "</th></tr></thead><tbody>\n");
	int rc = 0;
	unsigned last = 0;
	for (size_t i = 0; i < lines.text.count && !rc; i++) {
		unsigned line = number_of(&lines, i);
		lb_buf_addf(out, "<tr%s>", row_class(p, variant, line));
		figures(p, line != last ? cost_at(p, variant, line) : NULL, out);
		lb_buf_addf(out, "<td class=\"no\">%u</td>", line);
		code_cell(p, variant, line, lines.text.items[i], out);
		rc = line != last ? remark(p, line, out, err) : 0;
		lb_buf_adds(out, "</td></tr>\n");
		last = line;
	}
	lb_buf_adds(out, "</tbody></table>\n");
	return rc;
}

/* ---- side by side ---- */

/* Lines of b that the longest common subsequence with a leaves out, in keep[] as false. */
static void common_lines(const struct lb_strv *a, const struct lb_strv *b, bool *keep)
{
	size_t w = b->count + 1;
	lb_autofree uint16_t *length = lb_calloc((a->count + 1) * w, sizeof(*length));
	for (size_t i = a->count; i-- > 0;)
		for (size_t k = b->count; k-- > 0;) {
			uint16_t down = length[(i + 1) * w + k], right = length[i * w + k + 1];
			bool same = !strcmp(a->items[i], b->items[k]);
			length[i * w + k] = same ? (uint16_t)(length[(i + 1) * w + k + 1] + 1) : down > right ? down : right;
		}
	for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
		if (!strcmp(a->items[i], b->items[k])) {
			keep[k++] = true;
			i++;
		} else if (length[(i + 1) * w + k] >= length[i * w + k + 1]) {
			i++;
		} else {
			k++;
		}
	}
}

static void compact_line(const struct html_part *p, int variant, const struct lines *l, size_t i, const char *change, struct lb_buf *out)
{
	unsigned line = number_of(l, i);
	const struct step_cost *c = i && number_of(l, i - 1) == line ? NULL : cost_at(p, variant, line);
	lb_buf_addf(out, "<tr%s%s%s><td class=\"r%s\">", change[0] ? " class=\"" : "", change, change[0] ? "\"" : "",
		    heavy(p, c) ? " bad" : "");
	if (c) {
		commit_bar(c, out);
		lb_buf_addc(out, ' ');
		percent(out, c->rerun, c->unknown);
	}
	lb_buf_addf(out, "</td><td class=\"no\">%u</td>", line);
	code_cell(p, variant, line, l->text.items[i], out);
	lb_buf_adds(out, "</td></tr>\n");
}

static void column(const struct html_part *p, int variant, const struct lines *reference, struct lb_buf *out)
{
	autolines own;
	load_lines(p, (size_t)variant, &own);
	lb_autofree bool *keep = lb_calloc(own.text.count + 1, sizeof(*keep));
	common_lines(&reference->text, &own.text, keep);
	lb_buf_adds(out, "<figure><figcaption>");
	html_text(out, p->r->variants[variant].name);
	const struct report_mean *m = &p->v->means[variant];
	if (m->covered > 0) {
		lb_buf_adds(out, " <span class=\"f\">");
		html_seconds(out, &m->run_ns);
		lb_buf_adds(out, " a commit</span>");
	}
	lb_buf_adds(out,
		    "</figcaption><table class=\"file small\"><thead><tr><th scope=\"col\">re-runs on</th><th></th><th></th></tr></thead>"
		    "<tbody>\n");
	for (size_t i = 0; i < own.text.count; i++) {
		const char *text = own.text.items[i];
		bool remark = text[strspn(text, " ")] == '#' || !text[strspn(text, " ")];
		bool moved = !keep[i] && lb_strv_has(&reference->text, text);
		compact_line(p, variant, &own, i, remark || keep[i] ? "" : moved ? "moved" : "new", out);
	}
	lb_buf_adds(out, "</tbody></table></figure>\n");
}

void html_variants(const struct html_part *p, struct lb_buf *out)
{
	size_t n = 0;
	for (size_t i = 0; i < p->r->variants_count; i++)
		n += report_view_has(p->v, i);
	if (n < 2)
		return;
	autolines reference;
	load_lines(p, (size_t)p->worst, &reference);
	lb_buf_addf(out, "<section><h2>The variants side by side</h2><p class=\"f\">Against ");
	html_text(out, p->r->variants[p->worst].name);
	lb_buf_adds(out, ": <span class=\"tag new\">another line</span> <span class=\"tag moved\">the same line, elsewhere</span></p>\n"
			 "<div class=\"scroll side\" tabindex=\"0\" role=\"region\" aria-label=\"The variants side by side\">\n");
	column(p, p->worst, &reference, out);
	for (int i = 0; i < (int)p->r->variants_count; i++)
		if (i != p->worst && report_view_has(p->v, (size_t)i))
			column(p, i, &reference, out);
	lb_buf_adds(out, "</div></section>\n");
}
