/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

void lb_buf_reserve(struct lb_buf *b, size_t extra)
{
	size_t want = b->len + extra + 1;
	if (want <= b->cap)
		return;
	size_t cap = b->cap ? b->cap : 64;
	while (cap < want)
		cap *= 2;
	b->data = lb_realloc(b->data, cap, 1);
	b->cap = cap;
}

void lb_buf_add(struct lb_buf *b, const void *data, size_t len)
{
	lb_buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void lb_buf_add64(struct lb_buf *b, uint64_t n)
{
	uint8_t bytes[8];
	lb_put64(bytes, n);
	lb_buf_add(b, bytes, sizeof(bytes));
}

void lb_buf_adds(struct lb_buf *b, const char *s)
{
	lb_buf_add(b, s, strlen(s));
}

void lb_buf_addc(struct lb_buf *b, char c)
{
	if (b->cap - b->len < 2)
		lb_buf_reserve(b, 1);
	b->data[b->len++] = c;
	b->data[b->len] = '\0';
}

void lb_buf_vaddf(struct lb_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	va_copy(again, ap);
	/* most of what is written this way is short, and once is enough then */
	lb_buf_reserve(b, 60);
	size_t room = b->cap - b->len;
	int n = vsnprintf(b->data + b->len, room, fmt, ap);
	if (n > 0 && (size_t)n >= room) {
		lb_buf_reserve(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	}
	b->len += n > 0 ? (size_t)n : 0;
	va_end(again);
}

void lb_buf_addf(struct lb_buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	lb_buf_vaddf(b, fmt, ap);
	va_end(ap);
}

void lb_buf_addu(struct lb_buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);
	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	lb_buf_add(b, digits + at, sizeof(digits) - at);
}

void lb_buf_add_xml(struct lb_buf *b, const char *s)
{
	static const struct {
		char c;
		const char *text;
	} escapes[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\n', "&#10;" }, { '\t', "&#9;" } };
	for (; *s; s++) {
		const char *text = NULL;
		for (size_t i = 0; i < sizeof(escapes) / sizeof(*escapes); i++)
			text = *s == escapes[i].c ? escapes[i].text : text;
		if (text)
			lb_buf_adds(b, text);
		else
			lb_buf_addc(b, (unsigned char)*s < 0x20 || *s == 0x7f ? '?' : *s);
	}
}

const char *lb_buf_str(struct lb_buf *b)
{
	return b->data ? b->data : "";
}

char *lb_buf_steal(struct lb_buf *b)
{
	char *s = b->data ? b->data : lb_strdup("");
	*b = (struct lb_buf){ 0 };
	return s;
}

void lb_buf_clear(struct lb_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

void lb_buf_release(struct lb_buf *b)
{
	free(b->data);
	*b = (struct lb_buf){ 0 };
}
