/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the scenario of a baseline is found again, as it was.
 */
#ifndef HARNESS_REBUILD_BASE_H
#define HARNESS_REBUILD_BASE_H

#include "report/report.h"
#include "run_options.h"

/* The options that made `result` (--out and what is only printed aside), for its scenario when it lies in `place`: files
 * inside of the scenario are those of place, others the same. Without names all variants and edits. Strings are borrowed
 * from result. */
int rebuild_options(const struct report *result, const char *place, bool names, struct run_options *o, struct lb_err *err);
/* The directory of result's scenario, as its command named it, absolute. The caller's. */
char *rebuild_scenario(const struct report *result);

/* Writes the base's scenario below scratch. Two sources: what lies at head_path with the base's inputs/ in place of its
 * Dockerfiles and scenario file, when that is what base's run.json has the digest of; else the commit that it names. Edits
 * of a project are head's. *path is the caller's. LB_UNAVAILABLE: neither is to be had. Appends to notes when the commit is
 * not just what the baseline was made of. */
int rebuild_find_base(const struct report *head, const struct report *base, const char *head_path, const char *scratch, char **path,
		      struct lb_strv *notes, struct lb_err *err);

#endif
