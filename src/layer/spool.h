/* SPDX-License-Identifier: Apache-2.0
 *
 * An archive's bytes as an uncompressed tar that can be read at any place.
 */
#ifndef LBENCH_LAYER_SPOOL_H
#define LBENCH_LAYER_SPOOL_H

#include "layer/backing.h"
#include "lbench/store.h"

/* A compressed blob's tar goes into a blob of s when keep, and is found there the next time; else it stays in
 * memory while it is small, or in a file without a name in s's directory or $TMPDIR. s may be NULL without keep.
 * *digest is the tar's sha256; zero when it was not computed, which need_digest forbids. */
int lb_spool_tar(struct lb_store *s, struct lb_content *c, bool keep, bool need_digest, struct lb_backing **out, struct lb_digest *digest,
		 struct lb_err *err);

#endif
