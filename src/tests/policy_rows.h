/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine decides, as a table: builds one after the other against one cache, a letter for each
 * instruction (H hit, M miss, . metadata, ? unknown), and for one step of the last build its reason, evidence
 * and whether it was needed. Include cmocka first.
 */
#ifndef LBENCH_POLICY_ROWS_H
#define LBENCH_POLICY_ROWS_H

#include "policy_mini.h"

#define AT       " @1600000000 "
#define LATER    " @1600000001 "
#define FILES    "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" AT "b.txt = b\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"
#define EDITED_A "f 0644 0:0" LATER "a.txt = A\nf 0644 0:0" AT "b.txt = b\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"
#define EDITED_B "f 0644 0:0" AT "a.txt = a\nf 0644 0:0" LATER "b.txt = B\nf 0644 0:0" AT "d/x = x\nf 0644 0:0" AT "d/y = y\n"

#define COPY_RUN "FROM base\nCOPY a.txt /a\nRUN one > /one\n"
#define RUN_COPY "FROM base\nRUN one > /one\nCOPY a.txt /a\n"
#define BUILDER  "FROM base AS build\nCOPY a.txt /a\nRUN same > /out\nFROM base\nCOPY --from=build /out /out\nCOPY b.txt /b\n"

struct build_row {
	struct mini_state given;
	const char *outcomes;
};
struct row {
	const char *name, *policy;
	enum lb_builder_kind builder;
	struct build_row builds[7];
	int step; /* of the last build that is looked at, from 0; reason is of this one */
	enum lb_reason reason;
	const char *evidence; /* NULL: not looked at */
	int needed;           /* -1: not looked at */
};

#define B(text, files, want, ...) \
	{ \
		{ .dockerfile = text, .context = files, __VA_ARGS__ }, want \
	}

/* Fields of a row: the policy and its builder; what is expected of the step that is looked at. */
#define WARM(policy)                        policy, LB_BUILDER_WARM
#define FRESH(policy)                       policy, LB_BUILDER_FRESH
#define FRESH_MIN(policy)                   policy, LB_BUILDER_FRESH_MIN
#define COLD(policy)                        policy, LB_BUILDER_COLD
#define REUSED(step)                        step, LB_REASON_NONE, "", -1
#define WHY(step, reason, evidence, needed) step, reason, evidence, needed

static inline void check_last(const struct row *r, const struct mini *m)
{
	const struct mini_row *x = &m->rows[r->step];
	if (x->reason != r->reason)
		fail_msg("%s: step %d: reason %s, expected %s", r->name, r->step, lb_reason_name(x->reason), lb_reason_name(r->reason));
	if (r->evidence && strcmp(x->evidence, r->evidence) != 0)
		fail_msg("%s: step %d: evidence %s, expected %s", r->name, r->step, x->evidence, r->evidence);
	if (r->needed >= 0 && x->needed != r->needed)
		fail_msg("%s: step %d: needed %d, expected %d", r->name, r->step, x->needed, r->needed);
}

static inline void check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct row *r = &rows[i];
		struct mini *m = mini_new(r->policy, r->builder);
		for (size_t k = 0; k < LB_COUNT(r->builds) && r->builds[k].given.dockerfile; k++) {
			struct lb_node *disk;
			struct lb_err err = { 0 };
			assert_int_equal(lb_tree_parse(r->builds[k].given.context, &disk, &err), 0);
			if (mini_build(m, &r->builds[k].given, disk, &err))
				fail_msg("%s: build %zu: %s", r->name, k, err.text);
			lb_node_unref(disk);
			if (strcmp(m->outcomes, r->builds[k].outcomes) != 0)
				fail_msg("%s: build %zu: %s, expected %s", r->name, k, m->outcomes, r->builds[k].outcomes);
		}
		check_last(r, m);
		mini_free(m);
	}
}

#endif
