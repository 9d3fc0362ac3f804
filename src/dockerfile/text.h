/* SPDX-License-Identifier: Apache-2.0
 *
 * White space as the engine sees it: blanks separate words; where it trims, all of Unicode's spaces count.
 */
#ifndef LBENCH_DOCKERFILE_TEXT_H
#define LBENCH_DOCKERFILE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

static inline bool lb_text_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

size_t lb_text_rune_space(const char *p, const char *end);

/* The bytes of the white space character at p, 0 when there is none (also at end). */
static inline size_t lb_text_space(const char *p, const char *end)
{
	if (p < end && (unsigned char)*p > ' ' && (unsigned char)*p < 0x80)
		return 0;
	return lb_text_rune_space(p, end);
}
const char *lb_text_skip_spaces(const char *p, const char *end);
/* end without the white space that stands before it, down to p */
const char *lb_text_trim_end(const char *p, const char *end);

/* The name nearest to word (case apart, at most two edits away), or NULL. */
const char *lb_text_nearest(const char *word, const char *const *names, size_t count);

#endif
