/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBENCH_DOCKERFILE_FLAGS_H
#define LBENCH_DOCKERFILE_FLAGS_H

#include "lbench/dockerfile.h"

/* Are the flags known, given once, and of the right type? LB_INVALID at the flag, LB_UNSUPPORTED when the
 * dialect lacks it. */
int lb_flags_check(const struct lb_dockerfile *df, unsigned dialect, const struct lb_instruction *in, struct lb_err *err);
/* The values of RUN's flags, as far as no variable decides. */
int lb_flags_check_run(const struct lb_dockerfile *df, const struct lb_instruction *in, struct lb_err *err);

#endif
