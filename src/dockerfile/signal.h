/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LBENCH_DOCKERFILE_SIGNAL_H
#define LBENCH_DOCKERFILE_SIGNAL_H

#include <stdbool.h>

/* A number but 0, or a name of Linux with or without SIG, in any case. */
bool lb_signal_known(const char *text);

#endif
