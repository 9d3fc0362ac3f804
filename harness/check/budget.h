/* SPDX-License-Identifier: Apache-2.0
 *
 * budget.yaml: by how much a result may be worse than its baseline.
 *
 *     hits: 0               # lost hits; 0 is also what counts without a file
 *     image: 20MiB          # absolute, or per cent of the baseline's value
 *     pushed: 5%
 *     rules:                # the last that matches a build and names the quantity counts
 *       - { scenario: "*", variant: copy-first, edit: source, policy: "buildkit*", builder: warm, hits: any }
 *
 * Quantities: hits layers stored pushed image seconds context. `any` is no limit; what is not named has none but hits.
 */
#ifndef HARNESS_CHECK_BUDGET_H
#define HARNESS_CHECK_BUDGET_H

#include "lbench/err.h"
#include "lbench/mem.h"

enum check_quantity { CHECK_HITS, CHECK_LAYERS, CHECK_STORED, CHECK_PUSHED, CHECK_IMAGE, CHECK_SECONDS, CHECK_CONTEXT, CHECK_QUANTITIES };
extern const char *const check_quantity_names[CHECK_QUANTITIES];

struct check_limit {
	bool limited; /* false: anything goes */
	bool percent;
	double value;      /* steps, layers, bytes, seconds; or per cent */
	const char *text;  /* as written */
	struct lb_pos pos; /* line 0: the default */
};
struct check_rule {
	const char *scenario, *variant, *edit, *policy, *builder; /* patterns; NULL: all */
	struct check_limit limits[CHECK_QUANTITIES];
	bool given[CHECK_QUANTITIES];
	struct lb_pos pos;
	bool used; /* it matched a build */
};
struct check_budget {
	struct check_rule *rules; /* the first holds the limits above `rules:` */
	size_t count;
	struct lb_arena arena;
};
/* path NULL: hits 0 and nothing else. LB_INVALID with FILE:LINE:COL. */
int check_budget_load(const char *path, struct check_budget *out, struct lb_err *err);
void check_budget_release(struct check_budget *b);

struct check_place {
	const char *scenario, *variant, *edit, *policy, *builder;
};
/* The limit that counts there; marks the rules that match as used. */
const struct check_limit *check_budget_limit(struct check_budget *b, const struct check_place *p, enum check_quantity q);
/* Whether head is within the limit, given what it was. */
bool check_within(const struct check_limit *l, double base, double head);

#endif
