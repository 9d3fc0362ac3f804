/* SPDX-License-Identifier: Apache-2.0
 *
 * gzip (RFC 1952) out of its compression by isa-l: three times as fast as what libarchive uses, and the sums are
 * checked, which libarchive does not.
 */
#ifndef LBENCH_LAYER_GUNZIP_H
#define LBENCH_LAYER_GUNZIP_H

#include "lbench/content.h"

/* Streams the decompressed bytes of all members; what is behind the last one and is no member is ignored, as gzip
 * does. LB_INVALID when the stream is damaged or cut short. */
int lb_gunzip(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err);

#endif
