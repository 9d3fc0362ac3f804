/* SPDX-License-Identifier: Apache-2.0 */
#include "check/hcl_text.h"

#include <ctype.h>
#include <stdlib.h>

#include "lbench/mem.h"

struct lb_pos hcl_position(const struct hcl *s, const char *at)
{
	struct lb_pos pos = { s->name, 1, 1 };
	for (const char *p = s->start; p < at; p++) {
		pos.col++;
		if (*p == '\n') {
			pos.line++;
			pos.col = 1;
		}
	}
	return pos;
}

int hcl_skip(struct hcl *s, bool lines)
{
	while (s->p < s->end) {
		if (*s->p == ' ' || *s->p == '\t' || *s->p == '\r' || (lines && *s->p == '\n')) {
			s->p++;
		} else if (*s->p == '#' || hcl_ahead(s, "//")) {
			while (s->p < s->end && *s->p != '\n')
				s->p++;
		} else if (hcl_ahead(s, "/*")) {
			const char *close = memmem(s->p + 2, (size_t)(s->end - s->p - 2), "*/", 2);
			if (!close)
				return hcl_fail(s, s->p, "this comment has no end");
			s->p = close + 2;
		} else {
			break;
		}
	}
	return 0;
}

static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

char *hcl_identifier(struct hcl *s)
{
	const char *from = s->p;
	if (s->p < s->end && is_letter(*s->p))
		while (s->p < s->end && (is_letter(*s->p) || isdigit((unsigned char)*s->p) || *s->p == '-'))
			s->p++;
	return s->p > from ? lb_strndup(from, (size_t)(s->p - from)) : NULL;
}

/* ---- strings ---- */

/* Over "${" and what belongs to it, strings in it included. */
static int skip_template(struct hcl *s)
{
	const char *from = s->p;
	unsigned depth = 0;
	bool quoted = false;
	for (s->p += 2; s->p < s->end && *s->p != '\n'; s->p++) {
		if (quoted && *s->p == '\\' && s->p + 1 < s->end)
			s->p++;
		else if (*s->p == '"')
			quoted = !quoted;
		else if (!quoted && *s->p == '{')
			depth++;
		else if (!quoted && *s->p == '}' && depth-- == 0) {
			s->p++;
			return 0;
		}
	}
	return hcl_fail(s, from, "this template has no '}'");
}

static void add_utf8(struct lb_buf *out, unsigned long c)
{
	if (c < 0x80) {
		lb_buf_addc(out, (char)c);
	} else if (c < 0x800) {
		lb_buf_addc(out, (char)(0xc0 | c >> 6));
		lb_buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		if (c >= 0x10000) {
			lb_buf_addc(out, (char)(0xf0 | (c >> 18 & 7)));
			lb_buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		} else {
			lb_buf_addc(out, (char)(0xe0 | c >> 12));
		}
		lb_buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		lb_buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

static int escape(struct hcl *s, struct lb_buf *out)
{
	static const char from[] = "nrt\"\\", to[] = "\n\r\t\"\\";
	const char *at = s->p++;
	char c = hcl_peek(s);
	const char *known = c ? strchr(from, c) : NULL;
	size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
	s->p += s->p < s->end;
	if (known) {
		lb_buf_addc(out, to[known - from]);
		return 0;
	}
	char hex[9] = "";
	for (size_t i = 0; i < digits && isxdigit((unsigned char)hcl_peek(s)); i++)
		hex[i] = *s->p++;
	unsigned long value = strtoul(hex, NULL, 16);
	if (!digits || strlen(hex) != digits || value == 0 || value > 0x10ffff || (value >= 0xd800 && value < 0xe000))
		return hcl_fail(s, at, "this escape is not known; \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN are");
	add_utf8(out, value);
	return 0;
}

int hcl_quoted(struct hcl *s, struct lb_buf *out)
{
	const char *from = s->p++;
	while (s->p < s->end && *s->p != '"' && *s->p != '\n') {
		const char *at = s->p;
		int rc = 0;
		if (hcl_ahead(s, "$${") || hcl_ahead(s, "%%{")) {
			s->p += 3;
			lb_buf_add(out, at, 3);
		} else if (hcl_ahead(s, "${") || hcl_ahead(s, "%{")) {
			rc = skip_template(s);
			lb_buf_add(out, at, (size_t)(s->p - at));
		} else if (*s->p == '\\') {
			rc = escape(s, out);
		} else {
			lb_buf_addc(out, *s->p++);
		}
		if (rc)
			return rc;
	}
	if (hcl_peek(s) != '"')
		return hcl_fail(s, from, "this text has no closing quote on its line");
	s->p++;
	return 0;
}

static const char *line_end(const struct hcl *s, const char *p)
{
	const char *nl = memchr(p, '\n', (size_t)(s->end - p));
	return nl ? nl : s->end;
}

static size_t indent_of(const char *p, const char *end)
{
	size_t n = 0;
	while (p + n < end && (p[n] == ' ' || p[n] == '\t'))
		n++;
	return n;
}

/* [*from, the result): the lines; s->p stands behind the end word. NULL: there is none. */
static const char *heredoc_lines(struct hcl *s, const char *word, const char **from)
{
	const char *p = line_end(s, s->p);
	size_t n = strlen(word);
	*from = p < s->end ? p + 1 : p;
	for (p = *from; p < s->end;) {
		const char *end = line_end(s, p), *text = p + indent_of(p, end), *stop = end;
		while (stop > text && (stop[-1] == '\r' || stop[-1] == ' ' || stop[-1] == '\t'))
			stop--;
		if ((size_t)(stop - text) == n && memcmp(text, word, n) == 0) {
			s->p = end;
			return p;
		}
		p = end < s->end ? end + 1 : end;
	}
	return NULL;
}

int hcl_heredoc(struct hcl *s, struct lb_buf *out)
{
	const char *at = s->p, *from, *to;
	s->p += 2;
	bool flush = hcl_peek(s) == '-';
	s->p += flush;
	lb_autofree char *word = hcl_identifier(s);
	to = word ? heredoc_lines(s, word, &from) : NULL;
	if (!to)
		return hcl_fail(s, at, "this heredoc has no end");
	size_t least = SIZE_MAX;
	for (const char *p = from; p < to; p = line_end(s, p) + 1) {
		size_t n = indent_of(p, line_end(s, p));
		if (p + n < line_end(s, p) && n < least)
			least = n;
	}
	for (const char *p = from; p < to; p = line_end(s, p) + 1) {
		const char *end = line_end(s, p);
		size_t cut = flush && least != SIZE_MAX ? least : 0;
		if (cut > (size_t)(end - p))
			cut = (size_t)(end - p);
		lb_buf_add(out, p + cut, (size_t)(end - p) - cut);
		lb_buf_addc(out, '\n');
	}
	return 0;
}
