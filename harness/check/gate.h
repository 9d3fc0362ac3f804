/* SPDX-License-Identifier: Apache-2.0
 *
 * A result against its baseline. Only what got worse is a finding, one a root cause: the step that changed, with all
 * the hits that were lost behind it, on all edits, policies and builders.
 *
 * What decides must be the same on both sides for a difference to count: see check/drift.h. A build that could not be
 * read is neutral.
 */
#ifndef HARNESS_CHECK_GATE_H
#define HARNESS_CHECK_GATE_H

#include "check/budget.h"
#include "report/report.h"

enum finding_kind { FINDING_WORSE, FINDING_FAILS, FINDING_VARIES, FINDING_SLOWER };

struct finding_break { /* a limit that is not kept */
	enum check_quantity quantity;
	double base, head; /* of the edit that is worst */
	const struct check_limit *limit;
};
struct finding {
	enum finding_kind kind;
	const char *drift; /* why it is neutral; NULL */
	char *waiver;      /* "until 2027-03-01 because …"; NULL */
	const char *variant;
	char *file;                            /* the Dockerfile, as it was named when the result was made */
	uint32_t line;                         /* in it before any edit; 0: none */
	char *instruction, *reason, *evidence; /* of the root */
	bool lost;                             /* hits, whatever else */
	struct lb_strv steps;                  /* ":6 RUN npm ci": what lost its hit */
	struct lb_strv edits, under;           /* after which edits, under which policies and builders */
	double seconds;                        /* that lost hits cost a build, at most; 0: none is known */
	struct finding_break *breaks;          /* one a quantity */
	size_t breaks_count, breaks_cap;
	char *message; /* FAILS, VARIES */
};
enum drift_kind { DRIFT_TOOL, DRIFT_POLICY, DRIFT_BYTES, DRIFT_WEIGHT, DRIFT_EDIT, DRIFT_MODEL, DRIFT_BASE };
extern const char *const drift_kind_names[];
/* Something that decides and is no longer what it was; strings are in the gate's arena. */
struct gate_drift {
	enum drift_kind kind;
	const char *what, *was, *now; /* "python:3.10", "3f2a01bc", "8c01d4e2" */
	const char *text;             /* all of it in one line */
	size_t lost, over;            /* lost hits and broken limits that are not charged, over all builds */
};
/* A build of the result, for reports that list all. */
struct gate_case {
	const char *variant, *policy, *builder, *edit;
	enum { CASE_SAME, CASE_WORSE, CASE_NEUTRAL, CASE_NEW } state;
	char *text; /* what is to be said about it; NULL */
};
struct gate {
	const struct report *head, *base;
	const char *head_path, *base_path;
	struct finding *findings;
	size_t count, cap;
	struct gate_case *cases;
	size_t cases_count, cases_cap;
	struct gate_drift **drifts;
	size_t drifts_count, drifts_cap;
	struct lb_strv notes; /* what is not in the other side, waivers */
	size_t better;        /* builds in which a step hits that was rebuilt, and none the reverse */
	struct lb_arena arena;
};

/* LB_INVALID when the two are of different scenarios or have no build in common. budget must outlive the gate. */
int gate_check(const struct report *head, const char *head_path, const struct report *base, const char *base_path,
	       struct check_budget *budget, struct gate *out, struct lb_err *err);
void gate_release(struct gate *g);
bool finding_fails(const struct finding *f); /* neither drift nor waived */
size_t gate_failures(const struct gate *g);

#endif
