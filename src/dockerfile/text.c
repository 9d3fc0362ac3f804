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

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;
	return m < c ? m : c;
}

/* Edits from one name to the other: a character more, less or another one, or two neighbours swapped. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][NAME_MAX_BYTES + 1];
	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned *row = rows[i % 3], *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], row[j], second[j - 2] + 1);
		}
	}
	return rows[a_len % 3][b_len];
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
