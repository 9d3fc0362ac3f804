/* SPDX-License-Identifier: Apache-2.0
 *
 * What engines print while they build, read as a decision a step. A RUN's own output stands among it and may look like the
 * engine's.
 */
#ifndef HARNESS_SUBJECT_READ_H
#define HARNESS_SUBJECT_READ_H

#include "subject/subject.h"

/* The outcome of every step, from the output of a build that failed or not: LB_HIT or LB_MISS where the engine decided
 * (classic and buildah also decide about metadata), LB_META where it makes no decision, LB_SKIPPED for stages that it left
 * out, LB_ERROR for the step that failed, LB_UNREACHED behind it, LB_UNKNOWN where the output does not tell. */
struct reading {
	const char *text;
	bool failed;
	size_t before; /* instructions before the first FROM, which are no steps */
	struct subject_step *steps;
	size_t count;
};
void read_buildkit(const struct reading *r); /* docker build --progress=plain */
void read_classic(const struct reading *r);  /* docker build with the legacy builder */
void read_buildah(const struct reading *r);  /* buildah build, podman build */

#endif
