/* SPDX-License-Identifier: Apache-2.0
 *
 * A record is three digests, the size as 8 bytes (little endian) and a byte of flags: fixed places, so that a
 * persistent scope reads the same on every machine.
 */
#include "policy/internal.h"

#include <string.h>

#include "lbench/buf.h"

enum { DIGEST = 32, NO_LAYER = 1, HELD = 2 };
_Static_assert(LB_PAST_BYTES == 3 * DIGEST + 8 + 1, "the places below");

void lb_past_encode(const struct lb_past *k, uint8_t b[LB_PAST_BYTES])
{
	memcpy(b, k->result.bytes, DIGEST);
	memcpy(b + DIGEST, k->diff_id.bytes, DIGEST);
	memcpy(b + 2 * DIGEST, k->inputs.bytes, DIGEST);
	lb_put64(b + 3 * DIGEST, k->bytes);
	b[LB_PAST_BYTES - 1] = (uint8_t)((k->no_layer ? NO_LAYER : 0) | (k->held ? HELD : 0));
}

void lb_past_decode(const uint8_t b[LB_PAST_BYTES], struct lb_past *out)
{
	memcpy(out->result.bytes, b, DIGEST);
	memcpy(out->diff_id.bytes, b + DIGEST, DIGEST);
	memcpy(out->inputs.bytes, b + 2 * DIGEST, DIGEST);
	out->bytes = lb_get64(b + 3 * DIGEST);
	out->no_layer = b[LB_PAST_BYTES - 1] & NO_LAYER;
	out->held = b[LB_PAST_BYTES - 1] & HELD;
}

int lb_past_put(struct lb_scope *scope, const struct lb_digest *key, const struct lb_past *k, struct lb_err *err)
{
	uint8_t b[LB_PAST_BYTES];
	lb_past_encode(k, b);
	return lb_scope_put(scope, key, b, sizeof(b), err);
}

int lb_past_get(struct lb_scope *scope, const struct lb_digest *key, size_t i, struct lb_past *out, struct lb_err *err)
{
	struct lb_record r;
	int rc = lb_scope_get(scope, key, i, &r, err);
	if (rc)
		return rc;
	if (r.len != LB_PAST_BYTES)
		return lb_fail(err, LB_INVALID, "a cache record has %zu bytes, %d expected: another version of lbench wrote it", r.len,
			       LB_PAST_BYTES);
	lb_past_decode(r.data, out);
	return 0;
}
