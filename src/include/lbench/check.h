/* SPDX-License-Identifier: Apache-2.0
 *
 * Build checks: BuildKit's rules and lbench's own.
 */
#ifndef LBENCH_CHECK_H
#define LBENCH_CHECK_H

#include "lbench/stage.h"

/* `parse --check`: makes plan->warnings the whole list, the parser's warnings included as far as
 * no `check` skips them, sorted by line. ignore may be NULL. *fail_on_warning: error=true is in force and one
 * of the engine's own rules found something.
 * LB_INVALID when the directive cannot be read, or where lb_build_plan_resolve fails. */
struct lb_ignore;
struct lb_check_options {
	const struct lb_ignore *ignore;
	bool has_ignore_file;
	const char *check_directive;  /* BUILDKIT_DOCKERFILE_CHECK, replaces the file's; NULL: the file's */
};
int lb_build_plan_check(struct lb_build_plan *plan, const struct lb_check_options *options, bool *fail_on_warning, struct lb_err *err);
/* InvalidBaseImagePlatform, once the image that a stage begins with is known: adds what it finds to plan->warnings, where
 * no `check` skips it. variant may be NULL. The finding, borrowed; NULL: none. */
const struct lb_warning *lb_build_plan_check_base(struct lb_build_plan *plan, size_t stage, const char *os, const char *architecture,
                                                  const char *variant);
bool lb_check_is_engine_rule(const char *rule); /* false: one of lbench's own */

#endif
