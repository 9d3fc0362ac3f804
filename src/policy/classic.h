/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBENCH_POLICY_CLASSIC_H
#define LBENCH_POLICY_CLASSIC_H

#include "policy/internal.h"

struct lb_classic_rules {
	bool whole_config;       /* all of the configuration is compared */
	bool workdir_as_spelled; /* an absolute WORKDIR counts as it is written */
	bool stages_apart;       /* what a stage holds never has the sum of what the context holds */
};

/* classic_sum.c: the sum of what a COPY or ADD selects. context: the tree that links of the context lead into, NULL
 * for none. */
int lb_classic_sum(const struct lb_classic_rules *rules, const struct lb_inputs *in, struct lb_node *context, struct lb_digest *out, struct lb_err *err);

#endif
