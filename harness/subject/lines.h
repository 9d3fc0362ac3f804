/* SPDX-License-Identifier: Apache-2.0
 *
 * Lines of an engine's output, in pieces.
 */
#ifndef HARNESS_SUBJECT_LINES_H
#define HARNESS_SUBJECT_LINES_H

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* The next line from *at on, without its end; false: there is none. */
static inline bool next_line(const char **at, const char **line, size_t *len)
{
	if (!**at)
		return false;
	*line = *at;
	*len = strcspn(*at, "\n");
	*at += *len + ((*at)[*len] == '\n');
	*len -= *len && (*line)[*len - 1] == '\r';
	return true;
}

static inline bool begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);
	return len >= n && memcmp(line, with, n) == 0;
}

/* Digits at *p, which goes on behind them; false: none, or too many. */
static inline bool number(const char **p, const char *end, unsigned *out)
{
	const char *from = *p;
	for (*out = 0; *p < end && isdigit((unsigned char)**p) && *p - from < 7; (*p)++)
		*out = *out * 10 + (unsigned)(**p - '0');
	return *p > from;
}

/* "k/n" from *p on. */
static inline bool fraction(const char **p, const char *end, unsigned *k, unsigned *n)
{
	if (!number(p, end, k) || *p >= end || **p != '/')
		return false;
	++*p;
	return number(p, end, n);
}

#endif
