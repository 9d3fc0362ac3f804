/* SPDX-License-Identifier: Apache-2.0
 *
 * Results that outlive the process: what builds of an earlier one left is found again by its id. Layers lie in the
 * store anyway; what else must be known of a result is a memo there.
 */
#ifndef LBENCH_BUILD_KEPT_H
#define LBENCH_BUILD_KEPT_H

#include "build/internal.h"

/* Borrowed, lives as long as the lb_results; NULL: the store does not have it (any more). */
const struct result *kept_load(struct build *b, const struct lb_digest *id);
/* As lb_cache_ask has it; b is the build. */
bool kept_holds(void *b, const struct lb_digest *id);
/* Notes the results of the steps that were carried out; does nothing without o->keeps_results. */
int kept_save(struct build *b, struct lb_err *err);

/* base_image.c: the part of lb_image_config that stands in an image's "config" object; strings in arena. */
void config_from_json(struct lb_arena *arena, const json_t *j, struct lb_image_config *out);

#endif
