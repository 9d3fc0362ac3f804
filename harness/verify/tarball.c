/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, RECORD = 20 * BLOCK, NAME = 100 };

static void put_octal(char *field, size_t len, uint64_t n)
{
	char text[32];
	snprintf(text, sizeof(text), "%0*llo", (int)len - 1, (unsigned long long)n);
	memcpy(field, text, len);
}

static void add_block_of(struct lb_buf *out, const char *data, size_t len)
{
	static const char zeros[BLOCK];
	lb_buf_add(out, data, len);
	lb_buf_add(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
}

/* name: at most 100 bytes of it. */
static void add_header(struct lb_buf *out, const char *name, char type, unsigned mode, size_t len, int64_t mtime)
{
	char header[BLOCK] = { 0 };
	memcpy(header, name, strnlen(name, NAME));
	put_octal(header + 100, 8, mode);
	put_octal(header + 108, 8, 0);
	put_octal(header + 116, 8, 0);
	put_octal(header + 124, 12, len);
	put_octal(header + 136, 12, (uint64_t)mtime);
	header[156] = type;
	memcpy(header + 257, "ustar\00000", 8);
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	put_octal(header + 148, 7, sum);
	header[155] = ' ';
	lb_buf_add(out, header, BLOCK);
}

static bool is_ascii(const char *s)
{
	while (*s > 0)
		s++;
	return !*s;
}

/* A name that the header cannot hold stands in a PAX record before it: "LEN path=NAME\n", LEN counting itself. */
static void add_long_name(struct lb_buf *out, const char *name)
{
	size_t rest = strlen(" path=\n") + strlen(name), len = rest + 1;
	for (size_t before = 0; before != len;) {
		before = len;
		len = rest + (size_t)snprintf(NULL, 0, "%zu", len);
	}
	lb_autofree char *record = lb_format("%zu path=%s\n", len, name);
	add_header(out, "././@PaxHeader", 'x', 0, len, 0);
	add_block_of(out, record, len);
}

/* Each character beyond ASCII as one '?'. */
static char *ascii_name(const char *name)
{
	char *out = lb_strdup(name), *at = out;
	for (; *name; name++)
		if (((unsigned char)*name & 0xc0) != 0x80)
			*at++ = *name > 0 ? *name : '?';
	*at = '\0';
	return out;
}

static void add_member(struct lb_buf *out, const struct lb_pair *member, int64_t mtime)
{
	const char *text = member->value ? member->value : "";
	lb_autofree char *name = ascii_name(member->name);
	if (strlen(name) > NAME || !is_ascii(member->name))
		add_long_name(out, member->name);
	add_header(out, name, '0', 0644, strlen(text), mtime);
	add_block_of(out, text, strlen(text));
}

static la_ssize_t on_write(struct archive *a, void *arg, const void *data, size_t len)
{
	(void)a;
	lb_buf_add(arg, data, len);
	return (la_ssize_t)len;
}

static int add_filter(struct archive *a, const char *compress)
{
	if (strcmp(compress, "gz") == 0)
		return archive_write_add_filter_gzip(a);
	if (strcmp(compress, "bz2") == 0)
		return archive_write_add_filter_bzip2(a);
	return archive_write_add_filter_xz(a);
}

static int compress_into(const struct lb_buf *tar, const char *compress, struct lb_buf *out, struct lb_err *err)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();
	archive_write_set_format_raw(a);
	add_filter(a, compress);
	archive_write_set_bytes_per_block(a, 0);
	archive_write_set_options(a, "gzip:!timestamp");
	archive_entry_set_filetype(e, AE_IFREG);
	bool ok = archive_write_open(a, out, NULL, on_write, NULL) == ARCHIVE_OK && archive_write_header(a, e) == ARCHIVE_OK &&
		  archive_write_data(a, tar->data, tar->len) == (la_ssize_t)tar->len && archive_write_close(a) == ARCHIVE_OK;
	int rc = ok ? 0 : lb_fail(err, LB_UNAVAILABLE, "libarchive cannot write %s: %s", compress, archive_error_string(a));
	archive_entry_free(e);
	archive_write_free(a);
	return rc;
}

int verify_tarball(const struct lb_pairs *members, int64_t mtime, const char *compress, int64_t made, struct lb_buf *out,
		   struct lb_err *err)
{
	lb_autobuf struct lb_buf tar = { 0 };
	for (size_t i = 0; i < members->count; i++)
		add_member(&tar, &members->items[i], mtime);
	static const char zeros[RECORD];
	lb_buf_add(&tar, zeros, 2 * (size_t)BLOCK);
	lb_buf_add(&tar, zeros, (RECORD - tar.len % RECORD) % RECORD);
	if (!*compress) {
		lb_buf_add(out, tar.data, tar.len);
		return 0;
	}
	size_t begin = out->len;
	int rc = compress_into(&tar, compress, out, err);
	if (rc || strcmp(compress, "gz") != 0)
		return rc;
	for (int i = 0; i < 4; i++)
		out->data[begin + 4 + (size_t)i] = (char)(made >> (8 * i));
	return 0;
}
