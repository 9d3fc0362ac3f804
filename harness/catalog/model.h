/* SPDX-License-Identifier: Apache-2.0
 *
 * One RUN: its commands against the catalogue, put together into a model.
 */
#ifndef HARNESS_CATALOG_MODEL_H
#define HARNESS_CATALOG_MODEL_H

#include "catalog/catalog.h"
#include "catalog/view.h"
#include "lbench/step.h"

struct model_scene {
	struct lb_arena *arena;     /* of what is handed out */
	const struct lb_step *step; /* a RUN */
	const struct lb_pairs *env;
	const char *base; /* of the stage, as FROM has it */
	const struct view *view;
};
/* out: all but `in`. outputs: so many of its first writes are where a build usually leaves its result; later stages may
 * fetch it elsewhere. */
void model_make(const struct model_scene *s, struct catalog_run *out, size_t *outputs);

#endif
