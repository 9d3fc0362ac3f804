/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/header.h"

#include <string.h>

#include "lbench/mem.h"

/* Byte offsets and widths of the ustar header block. */
enum {
	NAME_WIDTH = 100,
	PREFIX_WIDTH = 155,
	LINK_WIDTH = 100,
	MODE_AT = 100,
	UID_AT = 108,
	GID_AT = 116,
	SIZE_AT = 124,
	MTIME_AT = 136,
	SUM_AT = 148,
	TYPE_AT = 156,
	LINK_AT = 157,
	MAGIC_AT = 257,
	MAJOR_AT = 329,
	MINOR_AT = 337,
	PREFIX_AT = 345,
};
#define SHORT_MAX      07777777u      /* what 7 octal digits hold */
#define LONG_MAX_OCTAL 077777777777ll /* what 11 do */

static void octal(unsigned char *field, int digits, uint64_t value)
{
	for (int i = digits - 1; i >= 0; i--) {
		field[i] = (unsigned char)('0' + (value & 7));
		value >>= 3;
	}
}

static bool is_ascii(const char *s, size_t len)
{
	uint64_t word, seen = 0;
	for (; len >= sizeof(word); s += sizeof(word), len -= sizeof(word)) {
		memcpy(&word, s, sizeof(word));
		seen |= word;
	}
	for (; len; s++, len--)
		seen |= (unsigned char)*s;
	return !(seen & UINT64_C(0x8080808080808080));
}

/* Bytes of the UTF-8 sequence at s (RFC 3629), 0 when there is none. */
static size_t utf8_length(const unsigned char *s, size_t len)
{
	if (s[0] < 0x80)
		return 1;
	size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
	    (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

static bool is_utf8(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	while (len) {
		size_t n = utf8_length(p, len);
		if (!n)
			return false;
		p += n;
		len -= n;
	}
	return true;
}

/* Where ustar's name field may begin: behind a '/' with at most 155 bytes before it, at most 100 behind and
 * at least one; 0 for a path that fits whole, -1 when there is no such place. */
static long split_path(const char *path, size_t len)
{
	if (len <= NAME_WIDTH)
		return 0;
	if (len > PREFIX_WIDTH + 1 + NAME_WIDTH)
		return -1;
	size_t first = len - NAME_WIDTH - 1;
	for (size_t i = first ? first : 1; i < len - 1 && i <= PREFIX_WIDTH; i++)
		if (path[i] == '/')
			return (long)i + 1;
	return -1;
}

static size_t decimal_digits(size_t n)
{
	size_t digits = 1;
	for (; n >= 10; n /= 10)
		digits++;
	return digits;
}

/* "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too. */
static void record(struct lb_buf *out, const char *key, const char *key_more, const void *value, size_t value_len)
{
	size_t rest = 1 + strlen(key) + strlen(key_more) + 1 + value_len + 1;
	size_t total = rest + decimal_digits(rest);
	total = rest + decimal_digits(total);
	lb_buf_addu(out, total);
	lb_buf_addc(out, ' ');
	lb_buf_adds(out, key);
	lb_buf_adds(out, key_more);
	lb_buf_addc(out, '=');
	lb_buf_add(out, value, value_len);
	lb_buf_addc(out, '\n');
}

static void record_number(struct lb_buf *out, const char *key, int64_t value)
{
	char text[24];
	int n = snprintf(text, sizeof(text), "%lld", (long long)value);
	record(out, key, "", text, (size_t)n);
}

/* The records that e needs, sorted by key: hdrcharset then comes before the names it speaks of. */
static int records(const struct lb_tar_entry *e, bool path_fits, struct lb_buf *out, struct lb_err *err)
{
	for (size_t i = 0; i < e->xattrs_count; i++) {
		const struct lb_xattr *x = &e->xattrs[i];
		if (strchr(x->name, '='))
			return lb_fail(err, LB_INVALID, "%.*s: no layer can hold the extended attribute '%s'", (int)e->path_len, e->path,
				       x->name);
		record(out, "SCHILY.xattr.", x->name, x->value, x->value_len);
	}
	if (e->rdev_major > SHORT_MAX)
		record_number(out, "SCHILY.devmajor", e->rdev_major);
	if (e->rdev_minor > SHORT_MAX)
		record_number(out, "SCHILY.devminor", e->rdev_minor);
	if (e->gid > SHORT_MAX)
		record_number(out, "gid", e->gid);
	size_t link_len = e->link ? strlen(e->link) : 0;
	bool long_link = link_len > LINK_WIDTH || !is_ascii(e->link ? e->link : "", link_len);
	bool long_path = !path_fits || !is_ascii(e->path, e->path_len);
	if ((long_path && !is_utf8(e->path, e->path_len)) || (long_link && !is_utf8(e->link, link_len)))
		record(out, "hdrcharset", "", "BINARY", 6);
	if (long_link)
		record(out, "linkpath", "", e->link, link_len);
	if (e->mtime_sec < 0 || e->mtime_sec > LONG_MAX_OCTAL)
		record_number(out, "mtime", e->mtime_sec);
	if (long_path)
		record(out, "path", "", e->path, e->path_len);
	if (e->size_bytes > LONG_MAX_OCTAL)
		record_number(out, "size", (int64_t)e->size_bytes);
	if (e->uid > SHORT_MAX)
		record_number(out, "uid", e->uid);
	return 0;
}

/* Of all bytes, four at a time in lanes of 16 bits: 128 bytes of at most 255 do not fill one. */
static unsigned sum_bytes(const unsigned char *h)
{
	const uint64_t even = UINT64_C(0x00ff00ff00ff00ff);
	uint64_t lanes = 0, word;
	for (size_t i = 0; i < LB_TAR_BLOCK; i += sizeof(word)) {
		memcpy(&word, h + i, sizeof(word));
		lanes += (word & even) + (word >> 8 & even);
	}
	lanes = (lanes & UINT64_C(0x0000ffff0000ffff)) + (lanes >> 16 & UINT64_C(0x0000ffff0000ffff));
	return (unsigned)(lanes & 0xffffffff) + (unsigned)(lanes >> 32);
}

static void finish_block(unsigned char *h, char type)
{
	h[TYPE_AT] = (unsigned char)type;
	memcpy(h + MAGIC_AT, "ustar\00000", 8);
	memset(h + SUM_AT, ' ', 8);
	octal(h + SUM_AT, 6, sum_bytes(h));
	h[SUM_AT + 6] = '\0';
}

static void add_extended(struct lb_buf *out, const struct lb_buf *body)
{
	unsigned char h[LB_TAR_BLOCK] = "././@PaxHeader";
	octal(h + MODE_AT, 7, 0644);
	octal(h + UID_AT, 7, 0);
	octal(h + GID_AT, 7, 0);
	octal(h + SIZE_AT, 11, body->len);
	octal(h + MTIME_AT, 11, 0);
	octal(h + MAJOR_AT, 7, 0);
	octal(h + MINOR_AT, 7, 0);
	finish_block(h, 'x');
	lb_buf_add(out, h, sizeof(h));
	lb_buf_add(out, body->data, body->len);
	static const char zeros[LB_TAR_BLOCK];
	lb_buf_add(out, zeros, lb_tar_padding(body->len));
}

static uint64_t fitting(int64_t value, int64_t max)
{
	return value < 0 || value > max ? 0 : (uint64_t)value;
}

/* What a field cannot hold is zero or cut short there: the PAX record before it counts. */
static void add_ustar(struct lb_buf *out, const struct lb_tar_entry *e, long name_at)
{
	unsigned char h[LB_TAR_BLOCK] = { 0 };
	size_t from = name_at > 0 ? (size_t)name_at : 0, name_len = e->path_len - from;
	memcpy(h, e->path + from, name_len < NAME_WIDTH ? name_len : NAME_WIDTH);
	if (from)
		memcpy(h + PREFIX_AT, e->path, from - 1);
	octal(h + MODE_AT, 7, e->mode & 07777);
	octal(h + UID_AT, 7, fitting(e->uid, SHORT_MAX));
	octal(h + GID_AT, 7, fitting(e->gid, SHORT_MAX));
	octal(h + SIZE_AT, 11, e->size_bytes > LONG_MAX_OCTAL ? 0 : e->size_bytes);
	octal(h + MTIME_AT, 11, fitting(e->mtime_sec, LONG_MAX_OCTAL));
	size_t link_len = e->link ? strlen(e->link) : 0;
	memcpy(h + LINK_AT, e->link ? e->link : "", link_len < LINK_WIDTH ? link_len : LINK_WIDTH);
	octal(h + MAJOR_AT, 7, fitting(e->rdev_major, SHORT_MAX));
	octal(h + MINOR_AT, 7, fitting(e->rdev_minor, SHORT_MAX));
	finish_block(h, (char)e->type);
	lb_buf_add(out, h, sizeof(h));
}

int lb_tar_header(const struct lb_tar_entry *e, struct lb_buf *out, struct lb_err *err)
{
	long name_at = split_path(e->path, e->path_len);
	lb_autobuf struct lb_buf body = { 0 };
	int rc = records(e, name_at >= 0, &body, err);
	if (rc)
		return rc;
	if (body.len)
		add_extended(out, &body);
	add_ustar(out, e, name_at);
	return 0;
}

int lb_tar_header_bytes(const struct lb_tar_entry *e, uint64_t *bytes, struct lb_err *err)
{
	lb_autobuf struct lb_buf body = { 0 };
	int rc = records(e, split_path(e->path, e->path_len) >= 0, &body, err);
	*bytes = LB_TAR_BLOCK + (body.len ? LB_TAR_BLOCK + body.len + lb_tar_padding(body.len) : 0);
	return rc;
}
