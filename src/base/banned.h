/* SPDX-License-Identifier: Apache-2.0
 *
 * Included before everything else by the compiler's command line: calls that cannot be used safely do
 * not compile. lb_format, struct lb_buf and snprintf take their place.
 */
#ifndef LBENCH_BANNED_H
#define LBENCH_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets strncpy strncat

#endif
