/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the gate: one build of the result against the same build of the baseline.
 */
#ifndef HARNESS_CHECK_JUDGE_H
#define HARNESS_CHECK_JUDGE_H

#include "check/gate.h"
#include "check/waiver.h"
#include "compare/match.h"
#include "report/answer.h"

struct gating {
	struct gate *g;
	struct check_budget *budget;
	struct lb_map *base, *head;      /* key of a build -> index + 1 of its first */
	struct lb_map *cold;             /* variant, policy, builder -> index + 1 of the first build of the result */
	struct check_waivers *waivers;   /* by variant of head */
	struct lb_map *index;            /* key of a finding -> index + 1 */
	struct lb_map *told;             /* notes that were made */
	struct gate_drift *tool, *bytes; /* NULL: they did not move */
};

/* One pair of builds. */
struct pair {
	struct match_side base, head;
	const int *to_base;       /* by step of head; MATCH_NONE */
	struct gate_drift *drift; /* of the whole build; NULL */
	struct check_place place;
	struct gate_case *result;
};

/* findings.c */
struct finding *finding_for(struct gating *x, const struct pair *p, const struct report_step *root, enum finding_kind kind,
			    const char *drift, const char *waiver, struct lb_err *err);
uint32_t finding_origin_line(struct gating *x, const struct match_side *s, const struct report_step *step);
void finding_add_under(struct finding *f, const struct pair *p);
void finding_add_break(struct finding *f, enum check_quantity q, const struct check_limit *l, double base, double head);
void gate_note(struct gating *x, char *text); /* takes it; each text once */
/* The text of the waiver that covers the step or its root today; NULL. One that ended gives a note. */
const char *finding_waiver(struct gating *x, const struct match_side *head, const struct report_step *step, const struct report_step *root);

/* judge.c */
int judge_pair(struct gating *x, struct pair *p, struct lb_err *err);

#endif
