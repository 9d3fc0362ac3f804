/* SPDX-License-Identifier: Apache-2.0
 *
 * The base images that the observations were made with: tiny busybox root file systems, and variants of them.
 */
#ifndef HARNESS_VERIFY_BASES_H
#define HARNESS_VERIFY_BASES_H

#include "lbench/build.h"

struct verify_bases;
/* busybox: the machine's static busybox, or another file in its place. LB_UNAVAILABLE when it is not there. */
int verify_bases_new(const char *busybox, struct verify_bases **out, struct lb_err *err);
void verify_bases_free(struct verify_bases *b); /* NULL is fine */
/* "v1", "v2", "v1env", "v1workdir", "onbuild1", "onbuild2"; NULL: no such base. Borrowed. */
struct lb_base_image *verify_bases_find(const struct verify_bases *b, const char *variant);

#endif
