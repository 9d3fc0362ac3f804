/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/store.h"

#include <assert.h>
#include <string.h>

#include "lbench/mem.h"

static const struct {
	const char *name, *media_type;
} kinds[] = {
	[LB_GZIP_ISAL] = { "igzip", "application/vnd.oci.image.layer.v1.tar+gzip" },
	[LB_GZIP_ZLIB] = { "gzip", "application/vnd.oci.image.layer.v1.tar+gzip" },
	[LB_ZSTD] = { "zstd", "application/vnd.oci.image.layer.v1.tar+zstd" },
	[LB_UNCOMPRESSED] = { "none", "application/vnd.oci.image.layer.v1.tar" },
};

const char *lb_compression_name(enum lb_compression c)
{
	assert(c < LB_COUNT(kinds));
	return kinds[c].name;
}

int lb_compression_parse(const char *name, enum lb_compression *out, struct lb_err *err)
{
	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		if (strcmp(name, kinds[i].name) == 0) {
			*out = (enum lb_compression)i;
			return 0;
		}
	}
	return lb_fail(err, LB_USAGE, "unknown compression '%s' (igzip, gzip, zstd, none)", name);
}

const char *lb_compression_media_type(enum lb_compression c)
{
	assert(c < LB_COUNT(kinds));
	return kinds[c].media_type;
}
