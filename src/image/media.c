/* SPDX-License-Identifier: Apache-2.0 */
#include "image/media.h"

#include <string.h>

#include "lbench/mem.h"

static const struct {
	const char *media_type;
	enum lb_compression compression;
} layers[] = {
	{ "application/vnd.oci.image.layer.v1.tar", LB_UNCOMPRESSED },
	{ "application/vnd.oci.image.layer.v1.tar+gzip", LB_GZIP_ZLIB },
	{ "application/vnd.oci.image.layer.v1.tar+zstd", LB_ZSTD },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar", LB_UNCOMPRESSED },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", LB_GZIP_ZLIB },
	{ "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd", LB_ZSTD },
	{ "application/vnd.docker.image.rootfs.diff.tar", LB_UNCOMPRESSED },
	{ "application/vnd.docker.image.rootfs.diff.tar.gzip", LB_GZIP_ZLIB },
	{ "application/vnd.docker.image.rootfs.diff.tar.zstd", LB_ZSTD },
	{ "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", LB_GZIP_ZLIB },
};

int lb_media_layer(const char *media_type, enum lb_compression *out, struct lb_err *err)
{
	for (size_t i = 0; i < LB_COUNT(layers); i++) {
		if (strcmp(media_type, layers[i].media_type) == 0) {
			*out = layers[i].compression;
			return 0;
		}
	}
	return lb_fail(err, LB_UNSUPPORTED, "a layer of type '%.200s'", media_type);
}
