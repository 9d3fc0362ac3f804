/* SPDX-License-Identifier: Apache-2.0
 *
 * `lbench plan PROJECT --touch FILE`: what one edit would cost, without a scenario that has it.
 */
#ifndef HARNESS_PLAN_TOUCH_H
#define HARNESS_PLAN_TOUCH_H

#include "run_options.h"

struct touch_arguments {
	struct lb_strv files;
	struct option_pairs args;
};
/* For each scenario or project, variant, policy and builder. *failed: a build would fail after the edit. */
int plan_touch(const struct run_options *o, const struct touch_arguments *t, const struct lb_strv *paths, struct lb_buf *out, bool *failed,
	       struct lb_err *err);

#endif
