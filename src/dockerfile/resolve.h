/* SPDX-License-Identifier: Apache-2.0
 *
 * A walk over a plan's stages that builds nothing.
 */
#ifndef LBENCH_DOCKERFILE_RESOLVE_H
#define LBENCH_DOCKERFILE_RESOLVE_H

#include "lbench/stage.h"
#include "lbench/step.h"

/* Called after each instruction of a needed stage; `before` is the state that it saw. */
typedef void lb_resolved_fn(const struct lb_stage_state *before, const struct lb_step *step, const struct lb_resolved *resolved, void *arg);

/* Resolves every instruction in the order of the stages, a base stage's triggers behind FROM, and fills in
 * plan->resolved. Fails where a needed stage fails. each may be NULL. */
int lb_plan_walk(struct lb_build_plan *plan, lb_resolved_fn *each, void *arg, struct lb_err *err);

#endif
