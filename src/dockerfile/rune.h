/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 characters as Go's unicode package classifies them, which is what the engine's scanner uses.
 */
#ifndef LBENCH_DOCKERFILE_RUNE_H
#define LBENCH_DOCKERFILE_RUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A byte that is not part of valid UTF-8 decodes to this | the byte, so that it equals only itself. */
#define LB_RUNE_BAD 0x80000000u

/* Decodes the first character of text (len >= 1) and returns its length in bytes. */
size_t lb_rune_decode(const char *text, size_t len, uint32_t *r);
bool lb_rune_is_letter(uint32_t r);
bool lb_rune_is_digit(uint32_t r);
bool lb_rune_is_space(uint32_t r);
/* text without the white space around it; *len is shortened. Borrowed from text. */
const char *lb_rune_trim(const char *text, size_t *len);

#endif
