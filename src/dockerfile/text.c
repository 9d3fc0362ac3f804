/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/text.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "dockerfile/rune.h"

#define NAME_MAX_BYTES 32

size_t lb_text_rune_space(const char *p, const char *end)
{
	uint32_t r;
	if (p >= end)
		return 0;
	size_t n = lb_rune_decode(p, (size_t)(end - p), &r);
	return lb_rune_is_space(r) ? n : 0;
}

const char *lb_text_skip_spaces(const char *p, const char *end)
{
	for (size_t n; (n = lb_text_space(p, end)) > 0;)
		p += n;
	return p;
}

const char *lb_text_trim_end(const char *p, const char *end)
{
	if (p == end || ((unsigned char)end[-1] > ' ' && (unsigned char)end[-1] < 0x80))
		return end;
	size_t len = (size_t)(end - p);
	const char *start = lb_rune_trim(p, &len);
	return start + len;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

/* Levenshtein's distance, for names only. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned row[NAME_MAX_BYTES + 1];
	for (size_t j = 0; j <= b_len; j++)
		row[j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned corner = row[0];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
			unsigned here = least(row[j] + 1, row[j - 1] + 1, corner + !same);
			corner = row[j];
			row[j] = here;
		}
	}
	return row[b_len];
}

const char *lb_text_nearest(const char *word, const char *const *names, size_t count)
{
	size_t len = strlen(word);
	const char *best = NULL;
	unsigned best_distance = 3;
	if (!len || len > NAME_MAX_BYTES)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t n = strlen(names[i]);
		if (n > NAME_MAX_BYTES)
			continue;
		unsigned d = distance(word, len, names[i], n);
		if (d < best_distance) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}
