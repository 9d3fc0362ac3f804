/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int lb_json_parse(const char *name, const char *text, size_t len, json_t **out, struct lb_err *err)
{
	json_error_t e;
	json_t *j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &e);
	if (!j)
		return lb_fail_at(err, (struct lb_pos){ name, (uint32_t)(e.line > 0 ? e.line : 1), (uint32_t)(e.column > 0 ? e.column : 1) },
		                  "not valid JSON: %s", e.text);
	*out = j;
	return 0;
}

void lb_json_cleanup(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

static void newline(struct lb_json *w)
{
	if (!w->pretty)
		return;
	lb_buf_addc(w->out, '\n');
	for (unsigned i = 0; i < w->depth; i++)
		lb_buf_adds(w->out, "  ");
}

static void before_value(struct lb_json *w)
{
	if (w->after_key) {
		w->after_key = false;
		return;
	}
	if (!w->depth)
		return;
	if (w->used[w->depth])
		lb_buf_addc(w->out, ',');
	w->used[w->depth] = true;
	newline(w);
}

void lb_json_open(struct lb_json *w, char bracket)
{
	before_value(w);
	lb_buf_addc(w->out, bracket);
	w->depth++;
	assert(w->depth < LB_JSON_DEPTH);
	w->used[w->depth] = false;
}

void lb_json_close(struct lb_json *w, char bracket)
{
	bool used = w->used[w->depth];
	w->depth--;
	if (used)
		newline(w);
	lb_buf_addc(w->out, bracket);
}

/* The length of the well-formed UTF-8 sequence at s (RFC 3629), 0 if there is none. */
static size_t utf8_length(const unsigned char *s, size_t left)
{
	size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : (s[0] & 0xf0) == 0xe0 ? 3 : s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : 0;
	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
	bool outside = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
	return overlong || outside ? 0 : n;
}

static void add_control(struct lb_buf *out, unsigned char c)
{
	static const char named[] = "\bb\ff\nn\rr\tt";
	const char *p = c ? strchr(named, c) : NULL;
	if (p && (p - named) % 2 == 0)
		lb_buf_addf(out, "\\%c", p[1]);
	else
		lb_buf_addf(out, "\\u%04x", c);
}

/* Nonzero where one of the eight bytes is a control, '"', '\\' or none of ASCII. */
static uint64_t special(uint64_t eight)
{
	const uint64_t ones = 0x0101010101010101;
	uint64_t quote = (eight ^ '"' * ones) - ones, backslash = (eight ^ '\\' * ones) - ones;
	return (eight | (eight + ones) | (eight - ' ' * ones) | quote | backslash) & 0x80 * ones;
}

/* Texts are long and nearly all of them stand for themselves. */
static size_t plain_length(const unsigned char *s, size_t len)
{
	static const bool plain[256] = { [' '... '!'] = true, ['#'... '['] = true, [']'... '~'] = true };
	size_t n = 0;
	for (uint64_t eight; len - n >= sizeof(eight); n += sizeof(eight)) {
		memcpy(&eight, s + n, sizeof(eight));
		if (special(eight))
			break;
	}
	while (n < len && plain[s[n]])
		n++;
	return n;
}

static void add_plain(struct lb_buf *out, const char *text, size_t len)
{
	lb_buf_reserve(out, len + 2);
	char *at = out->data + out->len;
	at[0] = at[len + 1] = '"';
	at[len + 2] = '\0';
	if (len)
		memcpy(at + 1, text, len);
	out->len += len + 2;
}

static void add_string(struct lb_buf *out, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	if (plain_length(s, len) == len) {
		add_plain(out, text, len);
		return;
	}
	lb_buf_addc(out, '"');
	for (size_t i = 0; i < len;) {
		size_t plain = plain_length(s + i, len - i);
		lb_buf_add(out, s + i, plain);
		i += plain;
		if (i == len)
			break;
		size_t n = utf8_length(s + i, len - i);
		if (s[i] == '"' || s[i] == '\\')
			lb_buf_addf(out, "\\%c", s[i]);
		else if (s[i] < 0x20 || s[i] == 0x7f)
			add_control(out, s[i]);
		else if (n)
			lb_buf_add(out, s + i, n);
		else
			lb_buf_adds(out, "\xef\xbf\xbd");
		i += n ? n : 1;
	}
	lb_buf_addc(out, '"');
}

void lb_json_strn(struct lb_json *w, const char *s, size_t len)
{
	before_value(w);
	add_string(w->out, s, len);
}

void lb_json_str(struct lb_json *w, const char *s)
{
	if (s)
		lb_json_strn(w, s, strlen(s));
	else
		lb_json_null(w);
}

void lb_json_key(struct lb_json *w, const char *key)
{
	before_value(w);
	add_string(w->out, key, strlen(key));
	lb_buf_adds(w->out, w->pretty ? ": " : ":");
	w->after_key = true;
}

void lb_json_uint(struct lb_json *w, uint64_t n)
{
	before_value(w);
	lb_buf_addu(w->out, n);
}

void lb_json_int(struct lb_json *w, int64_t n)
{
	before_value(w);
	lb_buf_addf(w->out, "%lld", (long long)n);
}

void lb_json_real(struct lb_json *w, double n)
{
	before_value(w);
	if (!isfinite(n)) {
		lb_buf_adds(w->out, "null");
		return;
	}
	char text[40];
	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, n);
		if (strtod(text, NULL) == n)
			break;
	}
	lb_buf_adds(w->out, text);
}

void lb_json_bool(struct lb_json *w, bool b)
{
	before_value(w);
	lb_buf_adds(w->out, b ? "true" : "false");
}

void lb_json_null(struct lb_json *w)
{
	before_value(w);
	lb_buf_adds(w->out, "null");
}

void lb_json_kstr(struct lb_json *w, const char *key, const char *s)
{
	lb_json_key(w, key);
	lb_json_str(w, s);
}

void lb_json_kuint(struct lb_json *w, const char *key, uint64_t n)
{
	lb_json_key(w, key);
	lb_json_uint(w, n);
}

void lb_json_kbool(struct lb_json *w, const char *key, bool b)
{
	lb_json_key(w, key);
	lb_json_bool(w, b);
}
