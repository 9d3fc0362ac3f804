/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/ignore_class.h"

#include <string.h>

#include "dockerfile/rune.h"
#include "lbench/mem.h"

/* Pairs of the first and the last character of a range. */
static const struct {
	const char *name;
	const char *ranges;
	size_t count; /* of characters in ranges: a NUL may be one */
} posix[] = {
	{ "alnum", "09AZaz", 6 },
	{ "alpha", "AZaz", 4 },
	{ "ascii", "\0\x7f", 2 },
	{ "blank", "\t\t  ", 4 },
	{ "cntrl", "\0\x1f\x7f\x7f", 4 },
	{ "digit", "09", 2 },
	{ "graph", "!~", 2 },
	{ "lower", "az", 2 },
	{ "print", " ~", 2 },
	{ "punct", "!/:@[`{~", 8 },
	{ "space", "\t\r  ", 4 },
	{ "upper", "AZ", 2 },
	{ "word", "09AZaz__", 8 },
	{ "xdigit", "09AFaf", 6 },
};

static bool in_ranges(const char *ranges, size_t count, uint32_t r)
{
	for (size_t i = 0; i < count; i += 2)
		if ((unsigned char)ranges[i] <= r && r <= (unsigned char)ranges[i + 1])
			return true;
	return false;
}

/* [:name:] or [:^name:] at p. Its length, 0: it does not begin so; SIZE_MAX: an unknown name. */
static size_t named(const char *p, size_t len, uint32_t r, bool *hit)
{
	const char *end = len > 2 && p[0] == '[' && p[1] == ':' ? memmem(p + 2, len - 2, ":]", 2) : NULL;
	if (!end)
		return 0;
	bool negated = p[2] == '^';
	const char *name = p + 2 + negated;
	for (size_t i = 0; i < LB_COUNT(posix); i++) {
		size_t n = strlen(posix[i].name);
		if (name + n != end || memcmp(name, posix[i].name, n) != 0)
			continue;
		*hit |= in_ranges(posix[i].ranges, posix[i].count, r) != negated;
		return (size_t)(end - p) + 2;
	}
	return SIZE_MAX;
}

/* One character, maybe escaped; 0: none is left. */
static size_t character(const char *p, size_t len, uint32_t *r)
{
	size_t skip = len > 0 && *p == '\\';
	return skip == len ? 0 : skip + lb_rune_decode(p + skip, len - skip, r);
}

/* A character or a range at p. */
static size_t range(const char *p, size_t len, uint32_t r, bool *hit)
{
	uint32_t low, high;
	size_t at = character(p, len, &low);
	high = low;
	if (at && len - at > 1 && p[at] == '-' && p[at + 1] != ']')
		at += 1 + character(p + at + 1, len - at - 1, &high);
	*hit |= at && low <= r && r <= high;
	return at;
}

size_t lb_ignore_class(const char *p, size_t len, uint32_t r, bool *in)
{
	bool negated = len > 1 && p[1] == '^', hit = false;
	size_t at = 1 + negated;
	for (bool first = true; first || at >= len || p[at] != ']'; first = false) {
		size_t n = at < len ? named(p + at, len - at, r, &hit) : SIZE_MAX;
		if (n == 0)
			n = range(p + at, len - at, r, &hit);
		if (n == 0 || n == SIZE_MAX)
			return 0;
		at += n;
	}
	*in = hit != negated;
	return at + 1;
}
