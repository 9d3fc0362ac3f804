/* SPDX-License-Identifier: Apache-2.0
 *
 * filepath.Match of Go's library on a system with '/': '*' and '?' do not match '/', a class may.
 */
#include "dockerfile/glob.h"

#include <string.h>

#include "dockerfile/rune.h"
#include "lbench/ignore.h"

/* One character of a class, maybe escaped. 0: malformed. */
static size_t class_rune(const char *p, size_t len, uint32_t *r)
{
	size_t skip = 0;
	if (len == 0 || *p == '-' || *p == ']')
		return 0;
	if (*p == '\\')
		skip = 1;
	if (skip == len)
		return 0;
	return skip + lb_rune_decode(p + skip, len - skip, r);
}

size_t lb_glob_class(const char *p, size_t len, uint32_t r, bool *in, bool *reversed)
{
	size_t at = 1;
	bool negated = at < len && p[at] == '^', hit = false;
	*reversed = false;
	at += negated;
	for (size_t ranges = 0;; ranges++) {
		uint32_t low, high;
		if (at < len && p[at] == ']' && ranges > 0)
			break;
		size_t n = class_rune(p + at, len - at, &low);
		if (n == 0)
			return 0;
		at += n;
		high = low;
		if (at < len && p[at] == '-') {
			n = class_rune(p + at + 1, len - at - 1, &high);
			if (n == 0)
				return 0;
			at += n + 1;
		}
		*reversed |= high < low;
		hit |= low <= r && r <= high;
		if (at == len)
			return 0;
	}
	*in = hit != negated;
	return at + 1;
}

const char *lb_glob_fault(const char *p, size_t len, bool *reversed)
{
	*reversed = false;
	for (size_t at = 0; at < len;) {
		bool in, back = false;
		size_t n = 1;
		if (p[at] == '\\') {
			if (++at == len)
				return "a backslash at the end: write '\\\\' for one";
		} else if (p[at] == '[') {
			n = lb_glob_class(p + at, len - at, 0, &in, &back);
			if (n == 0)
				return "an open or empty '[…]': close it, or write '\\[' for the character";
			*reversed |= back;
		}
		at += n;
	}
	return NULL;
}

/* Matches what p begins with, up to the next '*', against the beginning of s. *used of s. */
static bool match_chunk(const char *p, size_t len, const char *s, size_t s_len, size_t *used)
{
	size_t at = 0, pos = 0;
	while (at < len) {
		uint32_t r, want;
		bool in, reversed;
		if (pos == s_len)
			return false;
		if (p[at] != '[' && p[at] != '?') {
			at += p[at] == '\\';
			if (p[at++] != s[pos++])
				return false;
			continue;
		}
		pos += lb_rune_decode(s + pos, s_len - pos, &r);
		if (p[at] == '?') {
			if (r == '/')
				return false;
			at++;
			continue;
		}
		want = r;
		at += lb_glob_class(p + at, len - at, want, &in, &reversed);
		if (!in)
			return false;
	}
	*used = pos;
	return true;
}

static size_t chunk_len(const char *p, size_t len)
{
	size_t at = 0;
	while (at < len && p[at] != '*') {
		bool in, reversed;
		at += p[at] == '[' ? lb_glob_class(p + at, len - at, 0, &in, &reversed) : p[at] == '\\' ? 2u : 1u;
	}
	return at;
}

static bool match(const char *p, size_t len, const char *s, size_t s_len)
{
	while (len > 0) {
		bool star = *p == '*';
		while (len > 0 && *p == '*')
			p++, len--;
		size_t n = chunk_len(p, len), used = 0, skip = 0;
		if (star && n == 0)
			return memchr(s, '/', s_len) == NULL;
		/* the last chunk has to reach the end; any other takes the first place that fits, as Go does */
		while (!match_chunk(p, n, s + skip, s_len - skip, &used) || (n == len && skip + used < s_len)) {
			if (!star || skip == s_len || s[skip] == '/')
				return false;
			skip++;
		}
		p += n;
		len -= n;
		s += skip + used;
		s_len -= skip + used;
	}
	return s_len == 0;
}

int lb_glob_match(const char *pattern, const char *name)
{
	bool reversed;
	size_t len = strlen(pattern);
	if (lb_glob_fault(pattern, len, &reversed))
		return LB_INVALID;
	return match(pattern, len, name, strlen(name));
}

bool lb_glob_has_magic(const char *text)
{
	return strpbrk(text, "*?[\\") != NULL;
}
