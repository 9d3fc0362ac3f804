/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of a build: the platform's, those before the first FROM, and how an ARG is taken apart.
 */
#ifndef LBENCH_DOCKERFILE_STAGE_ARGS_H
#define LBENCH_DOCKERFILE_STAGE_ARGS_H

#include "dockerfile/platform.h"
#include "lbench/stage.h"
#include "lbench/words.h"

/* "NAME" or "NAME=VALUE"; *value is NULL without a '='. *name is in the arena, *value borrowed from word. */
void lb_arg_cut(struct lb_arena *arena, const char *word, const char **name, const char **value);
/* BUILDKIT_SBOM_SCAN_*: never in an environment, never undefined. */
bool lb_arg_stays_out_of_env(const char *name);
/* The value of --build-arg NAME=VALUE, NULL when there is none. */
const char *lb_build_arg(const struct lb_plan_options *o, const char *name);

/* TARGETPLATFORM and its like; a build argument of the same name wins. */
void lb_platform_args(struct lb_build_plan *plan, const struct lb_platform *target, const char *target_stage);
/* Adds the ARGs before the first FROM to *globals, with the build arguments or with the defaults alone. */
int lb_global_args(struct lb_build_plan *plan, bool with_build_args, struct lb_pairs *globals, struct lb_err *err);
/* Lookups in a struct lb_pairs, for lb_words. */
struct lb_words lb_global_words(const struct lb_build_plan *plan, const struct lb_pairs *globals, struct lb_strv *used,
				struct lb_strv *unset);

#endif
