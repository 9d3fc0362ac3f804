/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs inside of another command: a result is written, nothing is said.
 */
#ifndef HARNESS_QUIET_RUN_H
#define HARNESS_QUIET_RUN_H

#include "run_options.h"

/* Decides every build of the scenario (or project) at path without carrying anything out, and writes a result below
 * out_dir. o is resolved. *result, its directory, is the caller's. */
int dry_run(const struct run_options *o, const char *path, const char *out_dir, char **result, struct lb_err *err);

/* A run in pieces, so that several can take turns. Under exec and model store_dir holds its layers. o outlives it. */
struct quiet_run;
int quiet_begin(const struct run_options *o, const char *path, const char *out_dir, const char *store_dir, struct quiet_run **out,
		struct lb_err *err);
/* progress as in struct measure_options, of so many builds. */
void quiet_tell(struct quiet_run *q, void (*progress)(void *arg, const struct scn_build *last, size_t done, size_t all), void *arg);
size_t quiet_count(const struct quiet_run *q);
void quiet_repeat(struct quiet_run *q, unsigned repeat); /* each once, from 0 on */
/* Frees q, on failure too. */
int quiet_end(struct quiet_run *q, char **result, struct lb_err *err);
const char *quiet_digest(const struct quiet_run *q, char *text); /* of its scenario; text: LB_DIGEST_TEXT */
void quiet_free(struct quiet_run *q); /* one that is not ended; NULL is fine */

#endif
