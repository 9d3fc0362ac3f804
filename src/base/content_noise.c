/* SPDX-License-Identifier: Apache-2.0
 *
 * Noise is made of blocks of 4 KiB. The first part of each, as long as the asked ratio says, are words of
 * splitmix64 (Steele, Lea, Flood 2014) written in little endian, which no compressor shortens; the rest
 * repeats one byte, which every compressor shortens to nearly nothing. The last block, when shorter, is
 * split in the same ratio. Integer arithmetic only, once the ratio is a number of 4096ths.
 */
#include "lbench/content.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

enum { BLOCK = 4096, PIECE = 65536 };

struct noise_content {
	struct lb_content content;
	uint64_t seed;
	uint32_t ratio_4096;
};

static uint64_t mix(uint64_t z)
{
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static uint64_t fold(const struct lb_digest *seed)
{
	uint64_t state = 0;
	for (size_t i = 0; i < sizeof(seed->bytes); i += 8) {
		uint64_t word;
		memcpy(&word, seed->bytes + i, 8);
		state = mix(state ^ le64toh(word));
	}
	return state;
}

/* Fills len bytes (at most a block) and returns the state that goes on behind them. */
static uint64_t fill_block(unsigned char *out, size_t len, uint32_t ratio_4096, uint64_t state)
{
	size_t noise = (len * ratio_4096 + BLOCK / 2) / BLOCK, i = 0;
	for (; i + 8 <= noise; i += 8) {
		uint64_t word = htole64(mix(state += UINT64_C(0x9e3779b97f4a7c15)));
		memcpy(out + i, &word, 8);
	}
	if (i < noise) {
		uint64_t word = htole64(mix(state += UINT64_C(0x9e3779b97f4a7c15)));
		memcpy(out + i, &word, noise - i);
	}
	memset(out + noise, 'n', len - noise);
	return state;
}

static int noise_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct noise_content *n = (const struct noise_content *)c;
	unsigned char piece[PIECE];
	uint64_t state = n->seed;
	for (uint64_t left = c->size_bytes; left;) {
		size_t len = left < PIECE ? (size_t)left : PIECE;
		for (size_t at = 0; at < len; at += BLOCK)
			state = fill_block(piece + at, len - at < BLOCK ? len - at : BLOCK, n->ratio_4096, state);
		int rc = sink(arg, piece, len, err);
		if (rc)
			return rc;
		left -= len;
	}
	return 0;
}

static void noise_free(struct lb_content *c)
{
	free(c);
}

static const struct lb_content_ops noise_ops = { .read = noise_read, .free = noise_free };

struct lb_content *lb_content_noise(const struct lb_digest *seed, uint64_t size_bytes, double compresses_to)
{
	struct noise_content *n = lb_malloc(sizeof(*n));
	lb_content_init(&n->content, &noise_ops, size_bytes);
	n->seed = fold(seed);
	double r = compresses_to < 0 ? 0 : compresses_to > 1 ? 1 : compresses_to;
	n->ratio_4096 = (uint32_t)(r * BLOCK + 0.5);
	return &n->content;
}
