/* SPDX-License-Identifier: Apache-2.0
 *
 * The parts of a glob pattern that lb_glob_match and the ignore patterns share.
 */
#ifndef LBENCH_DOCKERFILE_GLOB_H
#define LBENCH_DOCKERFILE_GLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the class that begins with the '[' at p: whether r is in it, and whether one of its ranges runs
 * backwards (no error for Go's path.Match, one for its regexp). Returns its length, 0 when malformed. */
size_t lb_glob_class(const char *p, size_t len, uint32_t r, bool *in, bool *reversed);
/* What is malformed in a pattern, NULL: nothing. Borrowed, static. */
const char *lb_glob_fault(const char *p, size_t len, bool *reversed);

#endif
