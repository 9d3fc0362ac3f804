/* SPDX-License-Identifier: Apache-2.0
 *
 * The answer: which line re-runs for nothing, why, and what a better variant saves.
 */
#ifndef REPORT_ANSWER_H
#define REPORT_ANSWER_H

#include "report/text.h"

/* A step of a variant, over all commits; parts of 1. */
struct step_cost {
	int variant;
	uint32_t line, instruction, stage;
	unsigned nth;               /* of those with the same text in the stage */
	double rerun;               /* commits on which it re-runs */
	double needed;              /* … and has to */
	double wasted;              /* … and has not to */
	double unclear;             /* … and nobody knows whether it has to */
	double inherited;           /* unclear, because a step before it missed */
	double unknown;             /* commits on which nobody knows whether it re-runs */
	bool reusable;              /* a step that can hit or miss, not one without a layer of its own */
	double wasted_ns, rerun_ns; /* a commit: sums of what is known */
	bool ns_at_least;
	double wasted_bytes; /* blobs that it made for nothing */
	bool bytes_at_least;
	bool fetches; /* an ADD of what nobody knows the size of */
	/* the step that the wasted (or inherited) executions come from most often, and on which part of the commits */
	uint32_t root_line, root_instruction, root_reason;
	double root_share, root_weight; /* root_weight: of all roots */
	uint64_t root_files;            /* files that it brings; REPORT_UNKNOWN */
};

enum answer_kind {
	ANSWER_NOTHING_RAN, /* no commit, or none that could be built */
	ANSWER_WASTED,      /* `step` re-runs for nothing */
	ANSWER_UNCLEAR,     /* no step is known to, `step` re-runs because of another one, and nobody knows */
	ANSWER_TRIFLE,      /* what re-runs for nothing costs next to nothing */
	ANSWER_FINE,        /* all that re-ran had to */
	ANSWER_UNKNOWN,     /* nothing wasted that is known, some re-runs without a model */
	ANSWER_OPEN,        /* the same; whether some steps re-run at all is unknown */
	ANSWER_NULL,        /* the null subject: nothing is built, all times are the harness's own */
};

struct answer {
	enum answer_kind kind;
	struct step_cost step;
	const json_t *needs; /* what the step's result depends on, as its model says; NULL */
	int better;          /* variant that costs less; -1 */
	int best;            /* the cheapest of all, when it is neither `better` nor step.variant; -1 */
	bool saves_at_least; /* the figures of `better` are bounds */
};
/* The cost of each step of each variant. */
struct step_costs {
	struct step_cost *items;
	size_t count;
};
int report_costs(const struct report_view *v, struct step_costs *out, struct lb_err *err); /* items: free() */

int report_answer(const struct report_view *v, struct answer *out, struct lb_err *err);

/* The step whose miss `s` (a step of b) inherited at last; s itself when it changed. */
int report_root(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step **root,
		struct lb_err *err);
/* Files that a COPY of the whole context brings; REPORT_UNKNOWN for other steps. */
uint64_t report_files_brought(const struct report *r, const struct report_build *b, const char *instruction);
/* The rule of a model for this RUN; NULL. */
const json_t *report_needs(const struct report *r, const char *instruction);
/* "requirements.txt", "requirements.txt and the outside (pypi)", "4 things" */
void report_needs_text(const json_t *needs, bool files_only, struct lb_buf *out);
/* What changed, of a step's evidence: "app/main.py content 8f3a01bc→c01d4e22, 3 files in all"; e may be NULL. */
void report_change_text(const json_t *e, struct lb_buf *out);
bool report_is(const char *instruction, const char *keyword);
/* What would spare the answer's step (hint.h), with what that saves. */
int report_answer_hint(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err);

/* Sentences. */
void report_answer_text(const struct report_view *v, const struct answer *a, struct lb_buf *out);
/* What makes it re-run, and what would be better: another variant, or else what to try. Empty when there is nothing to
 * say. */
int report_cause_text(const struct report_view *v, const struct answer *a, struct lb_buf *out, struct lb_err *err);
/* "copy-first:6 `RUN pip install`" */
void report_place_text(const struct report *r, int variant, uint32_t line, uint32_t instruction, struct lb_buf *out);

#endif
