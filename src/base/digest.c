/* SPDX-License-Identifier: Apache-2.0
 *
 * The low-level SHA256_* calls of OpenSSL are used and not EVP: the state is a plain value that can be
 * copied (a layer goes on from a known prefix), and nothing is allocated for the thousands of short
 * keys of a build.
 */
#define OPENSSL_API_COMPAT 0x10100000L
#include "lbench/digest.h"

#include <openssl/sha.h>

#include "lbench/buf.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(struct lb_sha256), "state fits");

static SHA256_CTX *ctx(struct lb_sha256 *h)
{
	return (SHA256_CTX *)(void *)h->state;
}

void lb_sha256_init(struct lb_sha256 *h)
{
	SHA256_Init(ctx(h));
}

void lb_sha256_add(struct lb_sha256 *h, const void *data, size_t len)
{
	if (len)
		SHA256_Update(ctx(h), data, len);
}

void lb_sha256_adds(struct lb_sha256 *h, const char *s)
{
	lb_sha256_add(h, s, strlen(s) + 1);
}

void lb_sha256_addu(struct lb_sha256 *h, uint64_t n)
{
	uint8_t b[8];
	lb_put64(b, n);
	lb_sha256_add(h, b, sizeof(b));
}

void lb_sha256_addd(struct lb_sha256 *h, const struct lb_digest *d)
{
	lb_sha256_add(h, d->bytes, sizeof(d->bytes));
}

struct lb_digest lb_sha256_done(struct lb_sha256 *h)
{
	struct lb_digest d;
	SHA256_Final(d.bytes, ctx(h));
	return d;
}

struct lb_digest lb_digest_of(const void *data, size_t len)
{
	struct lb_sha256 h;
	lb_sha256_init(&h);
	lb_sha256_add(&h, data, len);
	return lb_sha256_done(&h);
}

void lb_digest_hex(const struct lb_digest *d, char out[LB_DIGEST_HEX])
{
	static const char hex[] = "0123456789abcdef";
	for (size_t i = 0; i < sizeof(d->bytes); i++) {
		out[2 * i] = hex[d->bytes[i] >> 4];
		out[2 * i + 1] = hex[d->bytes[i] & 15];
	}
	out[64] = '\0';
}

void lb_digest_text(const struct lb_digest *d, char out[LB_DIGEST_TEXT])
{
	memcpy(out, "sha256:", 7);
	lb_digest_hex(d, out + 7);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

int lb_digest_parse(const char *text, struct lb_digest *out, struct lb_err *err)
{
	const char *hex = strncmp(text, "sha256:", 7) == 0 ? text + 7 : text;
	struct lb_digest d;
	for (size_t i = 0; i < sizeof(d.bytes); i++) {
		int hi = nibble(hex[2 * i]);
		int lo = hi < 0 ? -1 : nibble(hex[2 * i + 1]);
		if (lo < 0)
			return lb_fail(err, LB_INVALID, "'%.100s' is not a sha256 digest (sha256: and 64 lower-case hex digits)", text);
		d.bytes[i] = (uint8_t)(hi << 4 | lo);
	}
	if (hex[64])
		return lb_fail(err, LB_INVALID, "'%.100s' is not a sha256 digest (64 hex digits expected)", text);
	*out = d;
	return 0;
}
