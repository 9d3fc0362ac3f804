/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes that Python's random.Random(seed).randbytes(n) gives: the Mersenne twister MT19937 (Matsumoto and
 * Nishimura, 1998), seeded with init_by_array of the seed's 32-bit words.
 */
#ifndef HARNESS_VERIFY_NOISE_H
#define HARNESS_VERIFY_NOISE_H

#include <stddef.h>
#include <stdint.h>

void verify_noise(uint64_t seed, uint8_t *out, size_t len);

#endif
