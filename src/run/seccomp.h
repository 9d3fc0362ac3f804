/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RUN_SECCOMP_H
#define RUN_SECCOMP_H

#include "lbench/buf.h"
#include "lbench/err.h"

/* The program that bubblewrap loads, for this machine's architecture and the 32-bit one beside it.
 * LB_UNAVAILABLE. */
int lb_seccomp_program(struct lb_buf *out, struct lb_err *err);

#endif
