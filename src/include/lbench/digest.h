/* SPDX-License-Identifier: Apache-2.0
 *
 * sha256 digests, in binary; written as 64 lower-case hex digits, with "sha256:" before them where the
 * OCI image specification (descriptor.md, "digests") wants it.
 */
#ifndef LBENCH_DIGEST_H
#define LBENCH_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lbench/err.h"

#define LB_DIGEST_HEX 65  /* hex digits and a NUL */
#define LB_DIGEST_TEXT 72 /* "sha256:", hex digits and a NUL */

struct lb_digest {
	uint8_t bytes[32];
};

/* A running sha256. A plain value: it can be copied to go on from a known prefix. */
struct lb_sha256 {
	_Alignas(16) unsigned char state[128];
};
void lb_sha256_init(struct lb_sha256 *h);
void lb_sha256_add(struct lb_sha256 *h, const void *data, size_t len);
void lb_sha256_adds(struct lb_sha256 *h, const char *s);    /* s and its NUL, so that fields cannot run together */
void lb_sha256_addu(struct lb_sha256 *h, uint64_t n);       /* 8 bytes, little endian */
void lb_sha256_addd(struct lb_sha256 *h, const struct lb_digest *d);
struct lb_digest lb_sha256_done(struct lb_sha256 *h);

struct lb_digest lb_digest_of(const void *data, size_t len);
void lb_digest_hex(const struct lb_digest *d, char out[LB_DIGEST_HEX]);
void lb_digest_text(const struct lb_digest *d, char out[LB_DIGEST_TEXT]);
/* Reads "sha256:HEX" or HEX; LB_INVALID on anything else. */
int lb_digest_parse(const char *text, struct lb_digest *out, struct lb_err *err);

static inline bool lb_digest_equal(const struct lb_digest *a, const struct lb_digest *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
static inline bool lb_digest_is_zero(const struct lb_digest *d)
{
	static const struct lb_digest zero;
	return lb_digest_equal(d, &zero);
}

#endif
