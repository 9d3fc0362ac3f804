/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/json_array.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dockerfile/rune.h"
#include "dockerfile/text.h"

#define DEPTH_MAX 10000 /* Go's decoder stops there as well */

struct scan {
	const char *p, *end;
};

static void skip_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || *s->p == '\n'))
		s->p++;
}

static bool take(struct scan *s, char c)
{
	if (s->p >= s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

static int hex4(const struct scan *s)
{
	int v = 0;
	if (s->end - s->p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = s->p[i];
		int d = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

static char *put_rune(char *out, uint32_t r)
{
	if (r < 0x80) {
		*out++ = (char)r;
	} else if (r < 0x800) {
		*out++ = (char)(0xc0 | r >> 6);
		*out++ = (char)(0x80 | (r & 63));
	} else if (r < 0x10000) {
		*out++ = (char)(0xe0 | r >> 12);
		*out++ = (char)(0x80 | (r >> 6 & 63));
		*out++ = (char)(0x80 | (r & 63));
	} else {
		*out++ = (char)(0xf0 | r >> 18);
		*out++ = (char)(0x80 | (r >> 12 & 63));
		*out++ = (char)(0x80 | (r >> 6 & 63));
		*out++ = (char)(0x80 | (r & 63));
	}
	return out;
}

/* After "\u". A surrogate without its other half becomes U+FFFD. */
static bool unicode_escape(struct scan *s, char **out)
{
	int r = hex4(s);
	if (r < 0)
		return false;
	s->p += 4;
	if (r >= 0xd800 && r < 0xe000) {
		struct scan ahead = { s->p + 2, s->end };
		int low = s->end - s->p >= 6 && s->p[0] == '\\' && s->p[1] == 'u' ? hex4(&ahead) : -1;
		if (r < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
			s->p += 6;
			*out = put_rune(*out, 0x10000 + (((uint32_t)r & 0x3ff) << 10 | ((uint32_t)low & 0x3ff)));
			return true;
		}
		r = 0xfffd;
	}
	/* a C string holds no NUL: written as the two bytes that stand for it in this module */
	if (r == 0) {
		*(*out)++ = (char)0xc0;
		*(*out)++ = (char)0x80;
		return true;
	}
	*out = put_rune(*out, (uint32_t)r);
	return true;
}

static bool escape(struct scan *s, char **out)
{
	static const char from[] = "\"\\/bfnrt";
	static const char to[] = "\"\\/\b\f\n\r\t";
	if (s->p >= s->end)
		return false;
	char c = *s->p++;
	if (c == 'u')
		return unicode_escape(s, out);
	const char *at = c ? strchr(from, c) : NULL;
	if (!at)
		return false;
	*(*out)++ = to[at - from];
	return true;
}

/* From behind the opening quote. out has room for three times the text (a byte that is no UTF-8 becomes
 * U+FFFD); NULL when it is no string. */
static char *string_body(struct scan *s, char *out)
{
	while (s->p < s->end) {
		unsigned char c = (unsigned char)*s->p;
		if (c == '"') {
			s->p++;
			return out;
		}
		if (c < 0x20)
			return NULL;
		if (c == '\\') {
			s->p++;
			if (!escape(s, &out))
				return NULL;
			continue;
		}
		if (c == 0xc0 && s->end - s->p > 1 && (unsigned char)s->p[1] == 0x80)
			return NULL; /* stands for a NUL, a control character */
		uint32_t r;
		size_t n = lb_rune_decode(s->p, (size_t)(s->end - s->p), &r);
		if (r & LB_RUNE_BAD) {
			out = put_rune(out, 0xfffd);
			s->p++;
			continue;
		}
		memcpy(out, s->p, n);
		out += n;
		s->p += n;
	}
	return NULL;
}

static const char *string_end(const struct scan *s)
{
	const char *p = s->p;
	while (p < s->end && *p != '"')
		p += *p == '\\' && p + 1 < s->end ? 2 : 1;
	return p;
}

static char *string(struct lb_arena *arena, struct scan *s)
{
	size_t len = (size_t)(string_end(s) - s->p);
	bool plain = true;
	for (size_t i = 0; i < len; i++)
		plain = plain && (unsigned char)s->p[i] < 0x80;
	char *out = lb_arena_alloc(arena, plain ? len + 1 : len * 3 + 1);
	return string_body(s, out) ? out : NULL;
}

static bool digits(struct scan *s)
{
	const char *from = s->p;
	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > from;
}

static bool number(struct scan *s)
{
	const char *from = s->p;
	take(s, '-');
	if (!take(s, '0') && !digits(s))
		return false;
	if (take(s, '.') && !digits(s))
		return false;
	if (s->p < s->end && (*s->p | 32) == 'e') {
		s->p++;
		if (!take(s, '+'))
			take(s, '-');
		if (!digits(s))
			return false;
	}
	return isfinite(strtod(from, NULL));
}

static bool word(struct scan *s, const char *text)
{
	size_t len = strlen(text);
	if ((size_t)(s->end - s->p) < len || memcmp(s->p, text, len) != 0)
		return false;
	s->p += len;
	return true;
}

static bool skip_string(struct scan *s)
{
	char sink[16];
	struct scan one = *s;
	while (one.p < one.end && *one.p != '"') {
		char *out = sink;
		if ((unsigned char)*one.p < 0x20)
			return false;
		if (*one.p++ == '\\' && !escape(&one, &out))
			return false;
	}
	s->p = one.p;
	return take(s, '"');
}

static bool scalar(struct scan *s)
{
	if (s->p >= s->end)
		return false;
	switch (*s->p) {
	case '"':
		s->p++;
		return skip_string(s);
	case 't':
		return word(s, "true");
	case 'f':
		return word(s, "false");
	case 'n':
		return word(s, "null");
	default:
		return number(s);
	}
}

static bool member_key(struct scan *s)
{
	skip_space(s);
	if (!take(s, '"') || !skip_string(s))
		return false;
	skip_space(s);
	return take(s, ':');
}

/* After a value: closes what it ends and moves to the next one. 1: another value follows, 0: all is closed. */
static int after_value(struct scan *s, const char *open, size_t *depth)
{
	while (*depth) {
		bool object = open[*depth - 1] == '{';
		skip_space(s);
		if (take(s, ','))
			return object && !member_key(s) ? -1 : 1;
		if (!take(s, object ? '}' : ']'))
			return -1;
		(*depth)--;
	}
	return 0;
}

/* Any JSON value, without recursion. */
static bool skip_value(struct scan *s)
{
	char open[DEPTH_MAX];
	size_t depth = 0;
	for (int more = 1; more > 0;) {
		skip_space(s);
		char c = s->p < s->end ? *s->p : '\0';
		if (c == '[' || c == '{') {
			if (depth == DEPTH_MAX)
				return false;
			s->p++;
			open[depth++] = c;
			skip_space(s);
			if (take(s, c == '[' ? ']' : '}')) {
				depth--;
				more = after_value(s, open, &depth);
			} else if (c == '{' && !member_key(s)) {
				return false;
			}
			continue;
		}
		if (!scalar(s))
			return false;
		more = after_value(s, open, &depth);
		if (more < 0)
			return false;
	}
	return depth == 0;
}

static void add_item(struct lb_arena *arena, char ***items, size_t count, size_t *cap, char *item)
{
	if (count == *cap) {
		size_t more = *cap ? *cap * 2 : 8;
		char **grown = lb_arena_alloc(arena, more * sizeof(*grown));
		if (count)
			memcpy(grown, *items, count * sizeof(*grown));
		*items = grown;
		*cap = more;
	}
	(*items)[count] = item;
}

enum lb_json_array lb_json_array_parse(struct lb_arena *arena, const char *text, size_t len, char ***items, size_t *count,
				       const char **fault)
{
	struct scan s = { text, text + len };
	size_t cap = 0;
	*items = NULL;
	*count = 0;
	*fault = NULL;
	s.p = lb_text_skip_spaces(s.p, s.end);
	if (!take(&s, '['))
		return LB_JSON_ARRAY_NOT;
	skip_space(&s);
	bool more = !take(&s, ']');
	while (more) {
		skip_space(&s);
		const char *at = s.p;
		if (take(&s, '"')) {
			char *item = string(arena, &s);
			if (!item)
				return LB_JSON_ARRAY_NOT;
			add_item(arena, items, (*count)++, &cap, item);
		} else {
			if (!skip_value(&s))
				return LB_JSON_ARRAY_NOT;
			*fault = *fault ? *fault : at;
		}
		skip_space(&s);
		more = take(&s, ',');
		if (!more && !take(&s, ']'))
			return LB_JSON_ARRAY_NOT;
	}
	skip_space(&s);
	if (s.p != s.end)
		return LB_JSON_ARRAY_NOT;
	return *fault ? LB_JSON_ARRAY_OTHER : LB_JSON_ARRAY_STRINGS;
}

/* One member of an object; *value is set when it is the string that is looked for. */
static bool object_member(struct lb_arena *arena, struct scan *s, const char *key, char **value)
{
	skip_space(s);
	if (!take(s, '"'))
		return false;
	char *name = string(arena, s);
	skip_space(s);
	if (!name || !take(s, ':'))
		return false;
	skip_space(s);
	bool wanted = strcmp(name, key) == 0;
	if (wanted)
		*value = NULL; /* the last one of a name counts */
	if (!wanted || s->p >= s->end || *s->p != '"')
		return skip_value(s);
	s->p++;
	*value = string(arena, s);
	return *value != NULL;
}

char *lb_json_object_string(struct lb_arena *arena, const char *text, size_t len, const char *key)
{
	struct scan s = { text, text + len };
	char *value = NULL;
	skip_space(&s);
	if (!take(&s, '{'))
		return NULL;
	skip_space(&s);
	bool more = !take(&s, '}');
	while (more) {
		if (!object_member(arena, &s, key, &value))
			return NULL;
		skip_space(&s);
		more = take(&s, ',');
		if (!more && !take(&s, '}'))
			return NULL;
	}
	skip_space(&s);
	return s.p == s.end ? value : NULL;
}
