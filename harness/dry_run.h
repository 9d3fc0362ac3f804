/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_DRY_RUN_H
#define HARNESS_DRY_RUN_H

#include "run_options.h"

/* Decides every build of the scenario (or project) at path without carrying anything out, and writes a result below
 * out_dir. o is resolved. *result, its directory, is the caller's. */
int dry_run(const struct run_options *o, const char *path, const char *out_dir, char **result, struct lb_err *err);

#endif
