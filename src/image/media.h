/* SPDX-License-Identifier: Apache-2.0
 *
 * Media types, OCI's (image-spec media-types.md) and docker's (distribution, manifest v2 schema 2).
 */
#ifndef LBENCH_IMAGE_MEDIA_H
#define LBENCH_IMAGE_MEDIA_H

#include "lbench/store.h"

#define LB_MEDIA_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define LB_MEDIA_INDEX    "application/vnd.oci.image.index.v1+json"
#define LB_MEDIA_CONFIG   "application/vnd.oci.image.config.v1+json"

/* How a layer of that type is compressed; gzip by whom is not known. LB_UNSUPPORTED. */
int lb_media_layer(const char *media_type, enum lb_compression *out, struct lb_err *err);

#endif
