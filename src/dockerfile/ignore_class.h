/* SPDX-License-Identifier: Apache-2.0
 *
 * A class of an ignore pattern. The engine checks a pattern as Go's path.Match reads it, and then matches it as
 * a regular expression, to which [[:alpha:]] is a class of its own kind.
 */
#ifndef LBENCH_DOCKERFILE_IGNORE_CLASS_H
#define LBENCH_DOCKERFILE_IGNORE_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the class that begins with the '[' at p, which path.Match finds well formed: whether r is in it. Returns
 * its length; 0 when it is none to a regular expression (no end, or an unknown name). */
size_t lb_ignore_class(const char *p, size_t len, uint32_t r, bool *in);

#endif
