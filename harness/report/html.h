/* SPDX-License-Identifier: Apache-2.0
 *
 * The page of report_html: one file a section, each appends its markup. Texts of Dockerfiles, paths and names are
 * hostile: all of them pass through html_text or one that calls it. What is shown needs neither scripts nor a
 * network; links open panels by :target, and page.js only makes that nicer.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/layers.h"
#include "report/print.h"

/* Escaped for an element's text and for a quoted attribute; controls are blanks, bytes that are no UTF-8 U+FFFD. */
void html_text(struct lb_buf *out, const char *s);
void html_fit(struct lb_buf *out, const char *s, size_t width); /* at most so many columns, as text_fit */
/* What to try, as text: "before :6" is "before line 6" to readers of a page. */
void html_hint(struct lb_buf *out, const char *hint);
/* A sentence of ours: what stands in backticks becomes <code>. */
void html_sentence(struct lb_buf *out, const char *s);
void html_base64(struct lb_buf *out, const void *data, size_t len);
/* " style=\"width:12.3%\"", and a figure with its bound. */
void html_width(struct lb_buf *out, double part);
void html_seconds(struct lb_buf *out, const struct amount *ns);
void html_bytes(struct lb_buf *out, const struct amount *bytes);
/* "2.0 of 4 steps" */
void html_rebuilt(struct lb_buf *out, const struct report_mean *m);
/* One bar of `whole` on a scale up to `most`, with the part that was wasted; striped where nobody knows whether the rest
 * was. wasted NULL: nothing is said about that. */
void html_bar(struct lb_buf *out, const struct amount *whole, const struct amount *wasted, double most);

/* page.css and page.js, which the build turns into texts */
extern const char html_css[], html_js[];

/* The rules of one engine in one result. */
struct html_part {
	const struct report *r;
	const struct report_group *g;
	const struct report_view *v; /* the group's main view */
	struct answer answer;
	struct step_costs costs;
	int worst;   /* variant that stands on top */
	char id[48]; /* begins the ids of its elements */
	bool panels; /* cells link to panels: false where the page would grow too large */
};
int html_part_init(struct html_part *p, const struct report *r, const struct report_group *g, struct lb_err *err);
void html_part_release(struct html_part *p);
#define html_autopart __attribute__((cleanup(html_part_release)))

/* The build that gives a variant's steps their names: the first one, or the longest of the others; NULL. */
const struct report_build *html_naming_build(const struct report_view *v, size_t variant);
/* The variant that the answer calls better, else -1. */
static inline int html_better(const struct html_part *p)
{
	return p->answer.kind == ANSWER_WASTED || p->answer.kind == ANSWER_UNCLEAR ? p->answer.better : -1;
}

/* Sections. */
int html_verdict(const struct html_part *p, struct lb_buf *out, struct lb_err *err);
int html_file(const struct html_part *p, int variant, struct lb_buf *out, struct lb_err *err);
void html_variants(const struct html_part *p, struct lb_buf *out); /* side by side; nothing where there is one alone */
void html_commits(const struct html_part *p, struct lb_buf *out);
void html_matrices(const struct html_part *p, struct lb_buf *out);
void html_by_edit(const struct html_part *p, struct lb_buf *out);
void html_sequence(const struct html_part *p, struct lb_buf *out); /* costs that add up over commits */
void html_layers(const struct html_part *p, struct lb_buf *out);
void html_sharing(const struct html_part *p, struct lb_buf *out); /* nothing where images share nothing */
/* What each build did, and why: a panel a build that a matrix shows. */
int html_panels(const struct html_part *p, struct lb_buf *out, struct lb_err *err);
#define HTML_MOST_COMMITS 60     /* that a matrix shows */
#define HTML_MOST_BYTES   900000 /* a page above it leaves out panels, then matrices */
void html_policies(const struct report_groups *g, struct lb_buf *out);
void html_context(const struct report *r, struct lb_buf *out); /* nothing where the result does not say */
void html_figures(const struct html_part *p, struct lb_buf *out); /* about the figures */
/* Results of one scenario, oldest first. */
void html_compare(const struct report *const *list, size_t n, struct lb_buf *out);

/* A line of a chart; values that are not known are NAN. */
struct html_line {
	const char *name;
	const double *values;
	size_t count;
};
/* Step lines on one axis from zero, each named at its end. */
void html_chart(const struct html_line *lines, size_t n, const char *unit, const char *title, struct lb_buf *out);

/* What a cell of the matrix shows. */
struct html_mark {
	const char *letter; /* "H" */
	const char *css;    /* class */
	const char *words;  /* "re-run, needed" */
};
struct html_mark html_mark(const struct report_step *s);
/* "<id>b12s3", of a step's row in a panel, or "<id>b12" */
void html_step_id(const struct html_part *p, const struct report_build *b, const struct report_step *s, struct lb_buf *out);

#endif
