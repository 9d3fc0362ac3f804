/* SPDX-License-Identifier: Apache-2.0
 *
 * libarchive with its filters and the "raw" format. Only filters that work inside this process are switched on:
 * others would start programs by the first bytes of an input.
 */
#include "layer/unpack.h"

#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "layer/gunzip.h"
#include "layer/header.h"
#include "lbench/mem.h"

static const struct {
	const char *magic;
	size_t len;
	enum lb_packing packing;
} packings[] = {
	{ "\x1f\x8b\x08", 3, LB_PACKING_ADD }, /* gzip, RFC 1952 */
	{ "BZh", 3, LB_PACKING_ADD },          /* bzip2 */
	{ "\xfd"
	  "7zXZ\0",
	  6, LB_PACKING_ADD },                       /* xz */
	{ "\x28\xb5\x2f\xfd", 4, LB_PACKING_ADD },   /* zstd, RFC 8878 3.1.1 */
	{ "\x04\x22\x4d\x18", 4, LB_PACKING_OTHER }, /* lz4 frame */
	{ "LZIP\x01", 5, LB_PACKING_OTHER },         /* lzip */
	{ "\x1f\x9d", 2, LB_PACKING_OTHER },         /* compress */
};

/* RFC 8878 3.1.2: a zstd stream may begin with a frame to skip. */
static bool is_zstd_skippable(const unsigned char *b, size_t len)
{
	return len >= 4 && (b[0] & 0xf0) == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18;
}

enum lb_packing lb_packing_of(const void *head, size_t len)
{
	if (lb_is_tar_header(head, len))
		return LB_PACKING_NONE;
	for (size_t i = 0; i < LB_COUNT(packings); i++)
		if (len >= packings[i].len && memcmp(head, packings[i].magic, packings[i].len) == 0)
			return packings[i].packing;
	return is_zstd_skippable(head, len) ? LB_PACKING_ADD : LB_PACKING_NONE;
}

/* The octal number of a header's sum field, -1 when it is none. */
static long sum_field(const unsigned char *field)
{
	size_t i = 0;
	long sum = 0;
	while (i < 8 && field[i] == ' ')
		i++;
	size_t first = i;
	for (; i < 8 && field[i] >= '0' && field[i] <= '7'; i++)
		sum = sum * 8 + (field[i] - '0');
	return i == first || (i < 8 && field[i] != ' ' && field[i] != '\0') ? -1 : sum;
}

bool lb_is_tar_header(const void *head, size_t len)
{
	enum { SUM_AT = 148, SUM_WIDTH = 8 };
	const unsigned char *h = head;
	if (len < LB_TAR_BLOCK)
		return false;
	/* some old writers summed signed bytes */
	long plain = 0, with_sign = 0;
	bool empty = true;
	for (size_t i = 0; i < LB_TAR_BLOCK; i++) {
		unsigned char b = i >= SUM_AT && i < SUM_AT + SUM_WIDTH ? ' ' : h[i];
		plain += b;
		with_sign += (signed char)b;
		empty = empty && h[i] == 0;
	}
	long sum = sum_field(h + SUM_AT);
	return !empty && (sum == plain || sum == with_sign);
}

struct peek {
	size_t len;
	struct lb_buf *out;
	bool enough;
};

static int on_peek(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	struct peek *p = arg;
	size_t n = len < p->len ? len : p->len;
	lb_buf_add(p->out, data, n);
	p->len -= n;
	p->enough = p->len == 0;
	return p->enough ? LB_INTERRUPTED : 0;
}

int lb_content_peek(const struct lb_content *c, size_t len, struct lb_buf *out, struct lb_err *err)
{
	struct peek p = { .len = len, .out = out };
	int rc = lb_content_read(c, on_peek, &p, err);
	return p.enough ? 0 : rc;
}

void lb_archive_cleanup(struct archive **a)
{
	archive_read_free(*a);
}

int lb_archive_failure(struct archive *a, int callback_code, struct lb_err *err)
{
	if (callback_code)
		return callback_code;
	const char *text = archive_error_string(a);
	return lb_fail(err, LB_INVALID, "not a readable archive: %s", text ? text : "unknown format");
}

static struct archive *raw_reader(void)
{
	struct archive *a = archive_read_new();
	if (!a)
		abort();
	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_bzip2(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	archive_read_support_filter_lz4(a);
	archive_read_support_filter_lzip(a);
	archive_read_support_filter_compress(a);
	return a;
}

void lb_unpack_head(const void *packed, size_t packed_len, size_t len, struct lb_buf *out)
{
	lb_autoarchive struct archive *a = raw_reader();
	struct archive_entry *entry;
	if (archive_read_open_memory(a, packed, packed_len) != ARCHIVE_OK || archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return;
	lb_buf_reserve(out, len);
	while (len) {
		la_ssize_t n = archive_read_data(a, out->data + out->len, len);
		if (n <= 0)
			return;
		out->len += (size_t)n;
		len -= (size_t)n;
	}
}

struct source {
	int fd;
	struct lb_err *err;
	int code;
	char piece[65536];
};

static la_ssize_t on_source(struct archive *a, void *arg, const void **data)
{
	(void)a;
	struct source *s = arg;
	ssize_t n;
	int e;
	do {
		n = read(s->fd, s->piece, sizeof(s->piece));
		e = errno;
	} while (n < 0 && e == EINTR);
	if (n < 0)
		s->code = lb_fail_errno(s->err, e, "cannot read an archive");
	*data = s->piece;
	return n;
}

static int stream(struct archive *a, const int *source_code, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	struct archive_entry *entry;
	if (archive_read_next_header(a, &entry) != ARCHIVE_OK)
		return lb_archive_failure(a, *source_code, err);
	for (;;) {
		const void *data;
		size_t len;
		la_int64_t offset;
		int rc = archive_read_data_block(a, &data, &len, &offset);
		if (rc == ARCHIVE_EOF)
			return 0;
		if (rc != ARCHIVE_OK)
			return lb_archive_failure(a, *source_code, err);
		rc = len ? sink(arg, data, len, err) : 0;
		if (rc)
			return rc;
	}
}

/* What has no descriptor is in memory already. */
static int unpack_loaded(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	static const int no_source;
	lb_autobuf struct lb_buf packed = { 0 };
	int rc = lb_content_load(c, &packed, err);
	if (rc)
		return rc;
	lb_autoarchive struct archive *a = raw_reader();
	if (archive_read_open_memory(a, packed.data, packed.len) != ARCHIVE_OK)
		return lb_archive_failure(a, 0, err);
	return stream(a, &no_source, sink, arg, err);
}

static int unpack_by_libarchive(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	lb_autofd int fd = -1;
	int rc = lb_content_open(c, &fd, err);
	if (rc == LB_UNSUPPORTED)
		return unpack_loaded(c, sink, arg, err);
	if (rc)
		return rc;
	lb_autofree struct source *s = lb_malloc(sizeof(*s));
	s->fd = fd;
	s->err = err;
	s->code = 0;
	lb_autoarchive struct archive *a = raw_reader();
	if (archive_read_open(a, s, NULL, on_source, NULL) != ARCHIVE_OK)
		return lb_archive_failure(a, s->code, err);
	return stream(a, &s->code, sink, arg, err);
}

int lb_unpack(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	lb_autobuf struct lb_buf head = { 0 };
	int rc = lb_content_peek(c, 3, &head, err);
	if (rc)
		return rc;
	if (head.len == 3 && memcmp(head.data, "\x1f\x8b\x08", 3) == 0)
		return lb_gunzip(c, sink, arg, err);
	return unpack_by_libarchive(c, sink, arg, err);
}
