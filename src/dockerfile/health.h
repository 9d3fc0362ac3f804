/* SPDX-License-Identifier: Apache-2.0
 *
 * HEALTHCHECK: its flags and what it runs. Nothing in it is expanded.
 */
#ifndef LBENCH_DOCKERFILE_HEALTH_H
#define LBENCH_DOCKERFILE_HEALTH_H

#include "lbench/stage.h"

/* *out is filled; strings are in df's arena, or in `arena`. LB_INVALID at the flag or the argument. */
int lb_health_parse(const struct lb_dockerfile *df, struct lb_arena *arena, const struct lb_instruction *in, struct lb_healthcheck *out,
		    struct lb_err *err);

/* "1m30s", "0", "1.5h", with a sign: nanoseconds. False when it is no duration, or too long for 64 bits. */
bool lb_health_duration(const char *text, int64_t *ns);

#endif
