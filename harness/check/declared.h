/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the search for what can be built: builds that bake and compose files declare.
 */
#ifndef HARNESS_CHECK_DECLARED_H
#define HARNESS_CHECK_DECLARED_H

#include "check/units.h"

struct searching {
	const char *root;
	struct check_units *out;
	struct lb_strv *notes, dockerfiles, composes, bakes;
};
/* A build as a file declares it; NULL: the default. */
struct declared {
	const char *file;  /* that says so, relative to the root; its directory is where paths begin */
	const char *place; /* for messages */
	const char *context, *dockerfile, *target;
	bool abstract; /* others inherit from it: it need not be buildable */
};
/* Adds it. NULL when it lies outside, has no Dockerfile (both are noted) or is there already. */
struct check_unit *units_declare(struct searching *s, const struct declared *d);
/* value NULL: an argument without one. */
void units_add_arg(struct searching *s, struct check_unit *u, const char *name, const char *value);

/* bake.c: the bake files of one directory, which docker reads as one. */
void bake_read(struct searching *s, const char *const *paths, size_t count);

#endif
