/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/noise.h"

enum { STATE = 624, SHIFT = 397 };

struct twister {
	uint32_t word[STATE];
	size_t next;
};

static void init(struct twister *t, uint32_t seed)
{
	t->word[0] = seed;
	for (uint32_t i = 1; i < STATE; i++)
		t->word[i] = 1812433253U * (t->word[i - 1] ^ (t->word[i - 1] >> 30)) + i;
	t->next = STATE;
}

static void init_by_array(struct twister *t, const uint32_t *key, size_t len)
{
	uint32_t *w = t->word;
	size_t i = 1, j = 0;
	init(t, 19650218U);
	for (size_t k = STATE > len ? STATE : len; k; k--) {
		w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1664525U)) + key[j] + (uint32_t)j;
		if (++i == STATE) {
			w[0] = w[STATE - 1];
			i = 1;
		}
		j = (j + 1) % len;
	}
	for (size_t k = STATE - 1; k; k--) {
		w[i] = (w[i] ^ ((w[i - 1] ^ (w[i - 1] >> 30)) * 1566083941U)) - (uint32_t)i;
		if (++i == STATE) {
			w[0] = w[STATE - 1];
			i = 1;
		}
	}
	w[0] = 0x80000000U;
}

static void refill(struct twister *t)
{
	uint32_t *w = t->word;
	for (size_t i = 0; i < STATE; i++) {
		uint32_t y = (w[i] & 0x80000000U) | (w[(i + 1) % STATE] & 0x7fffffffU);
		w[i] = w[(i + SHIFT) % STATE] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfU : 0);
	}
	t->next = 0;
}

static uint32_t draw(struct twister *t)
{
	if (t->next == STATE)
		refill(t);
	uint32_t y = t->word[t->next++];
	y ^= y >> 11;
	y ^= (y << 7) & 0x9d2c5680U;
	y ^= (y << 15) & 0xefc60000U;
	return y ^ (y >> 18);
}

void verify_noise(uint64_t seed, uint8_t *out, size_t len)
{
	struct twister t;
	uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
	init_by_array(&t, key, key[1] ? 2 : 1);
	for (size_t at = 0; at < len; at += 4) {
		size_t n = len - at < 4 ? len - at : 4;
		/* the last word of a number that is not a whole count of words gives its upper bits */
		uint32_t word = draw(&t) >> (8 * (4 - n));
		for (size_t i = 0; i < n; i++)
			out[at + i] = (uint8_t)(word >> (8 * i));
	}
}
