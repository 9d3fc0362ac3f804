/* SPDX-License-Identifier: Apache-2.0
 *
 * Which build checks are on: the `check` directive, for the file and for single instructions.
 */
#ifndef LBENCH_DOCKERFILE_LINT_H
#define LBENCH_DOCKERFILE_LINT_H

#include "lbench/stage.h"

struct lb_lint {
	bool skip_all, experimental_all, error;
	struct lb_strv skip, experimental;
};

/* Reads "skip=A,B;error=true;experimental=all". LB_INVALID, without a place; then *lint is untouched. */
int lb_lint_parse(const char *text, struct lb_lint *lint, struct lb_err *err);
void lb_lint_release(struct lb_lint *lint);

/* The configuration in force for df: `override` (NULL: none) or the file's directive. LB_INVALID. */
int lb_lint_load(const struct lb_dockerfile *df, const char *override, struct lb_lint *lint, struct lb_err *err);

/* Adds a finding to plan->warnings unless plan->lint, or a comment right above `in` (may be NULL), has the rule
 * skipped, or it is experimental and not turned on. */
void lb_lint_report(struct lb_build_plan *plan, const struct lb_instruction *in, const char *rule, uint32_t line, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

#endif
