/* SPDX-License-Identifier: Apache-2.0
 *
 * A tar file as Python's tarfile writes it: POSIX headers, owner 0:0 without names, mode 0644, records of 10 KiB.
 */
#ifndef HARNESS_VERIFY_TARBALL_H
#define HARNESS_VERIFY_TARBALL_H

#include "lbench/buf.h"
#include "lbench/stage.h"

/* members: name -> text. compress: "", "gz", "bz2" or "xz". `made` stands in a gzip header, which holds the time
 * of writing: the same members written twice differ in their bytes. LB_UNAVAILABLE: libarchive cannot write it. */
int verify_tarball(const struct lb_pairs *members, int64_t mtime, const char *compress, int64_t made, struct lb_buf *out,
		   struct lb_err *err);

#endif
