/* SPDX-License-Identifier: Apache-2.0
 *
 * Platforms and image names, as far as they can be checked without asking a registry.
 */
#ifndef LBENCH_DOCKERFILE_PLATFORM_H
#define LBENCH_DOCKERFILE_PLATFORM_H

#include <stdbool.h>

#include "lbench/err.h"
#include "lbench/mem.h"

struct lb_platform {
	const char *os, *os_version, *arch, *variant; /* "" where there is none */
	const char *text;                             /* os[(version)]/arch[/variant] */
};

/* "linux/amd64", "arm64", "linux", "linux/arm/v7", … normalised. Strings are in arena. LB_INVALID, without a place. */
int lb_platform_parse(struct lb_arena *arena, const char *text, struct lb_platform *out, struct lb_err *err);

/* What is wrong with an image's name, NULL when it is one. Borrowed, static. */
const char *lb_image_name_fault(const char *name);

#endif
