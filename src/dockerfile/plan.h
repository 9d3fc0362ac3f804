/* SPDX-License-Identifier: Apache-2.0
 *
 * How the parts of the stage graph use one another.
 */
#ifndef LBENCH_DOCKERFILE_PLAN_H
#define LBENCH_DOCKERFILE_PLAN_H

#include "lbench/stage.h"

/* Where COPY --from in the stage `user` leads: a stage by name or number, -1 for anything else. LB_INVALID for a
 * number that no stage has. */
int lb_plan_copy_source(const struct lb_build_plan *plan, size_t user, const char *from, struct lb_pos at, int *stage, struct lb_err *err);
/* The same for a name alone, as a mount's from has it. */
int lb_plan_take_from(const struct lb_build_plan *plan, size_t user, const char *name);

/* epoch.c. Refuses a SOURCE_DATE_EPOCH that gives no time. */
int lb_plan_check_epoch(const struct lb_build_plan *plan, struct lb_err *err);

/* What a stage takes from others: one entry for its base, each COPY --from and each mount with a from. */
struct lb_plan_use {
	size_t user, used; /* stages; used is SIZE_MAX for an image */
	const char *name;
	struct lb_pos at;
	bool is_base;
};
struct lb_plan_uses {
	struct lb_plan_use *items; /* in the plan's arena */
	size_t count, cap;
};
/* Lists all of them, those of the base's ONBUILD triggers included, in the order of the file. */
int lb_plan_list_uses(struct lb_build_plan *plan, struct lb_plan_uses *uses, struct lb_err *err);
/* Refuses cycles, and bad names of images. */
int lb_plan_check_uses(const struct lb_build_plan *plan, const struct lb_plan_uses *uses, struct lb_err *err);
/* Marks what the target needs, and refuses what they take from later stages. */
int lb_plan_mark_needed(struct lb_build_plan *plan, const struct lb_plan_uses *uses, struct lb_err *err);

#endif
