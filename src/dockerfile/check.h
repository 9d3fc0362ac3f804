/* SPDX-License-Identifier: Apache-2.0
 *
 * The build checks, by what they look at.
 */
#ifndef LBENCH_DOCKERFILE_CHECK_H
#define LBENCH_DOCKERFILE_CHECK_H

#include "lbench/check.h"
#include "lbench/stage.h"
#include "lbench/step.h"

struct lb_check {
	struct lb_build_plan *plan;
	const struct lb_check_options *options;
	struct lb_check_cache *cache; /* check_cache.c's */
};

/* check_names.c: names and letter case, in all stages. */
void lb_check_names(const struct lb_check *c);
/* check_from.c: FROM, in all stages. */
void lb_check_from(const struct lb_check *c);
/* check_steps.c: words, paths and values of an instruction in a needed stage. */
void lb_check_step(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_step *step,
		   const struct lb_resolved *resolved);

/* check_cache.c: lbench's own rules. A step of a needed stage, in order; then what is left to say at the end. */
struct lb_check_cache *lb_check_cache_new(const struct lb_build_plan *plan);
void lb_check_cache_step(const struct lb_check *c, const struct lb_stage_state *before, const struct lb_step *step);
void lb_check_cache_free(struct lb_check_cache *cache);

#endif
