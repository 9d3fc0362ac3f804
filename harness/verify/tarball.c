/* SPDX-License-Identifier: Apache-2.0 */
#include "verify/tarball.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, RECORD = 20 * BLOCK };

static void put_octal(char *field, size_t len, uint64_t n)
{
	char text[32];
	snprintf(text, sizeof(text), "%0*llo", (int)len - 1, (unsigned long long)n);
	memcpy(field, text, len);
}

/* The name's place in a ustar header: names above 100 bytes are cut at a '/' (the prefix field). */
static int put_name(char *header, const char *name, struct lb_err *err)
{
	size_t len = strlen(name), cut = 0;
	while (len - cut > 100) {
		const char *slash = strchr(name + cut, '/');
		if (!slash || slash - name > 154)
			return lb_fail(err, LB_INVALID, "the name of a tar's member is too long: %s", name);
		cut = (size_t)(slash - name) + 1;
	}
	memcpy(header, name + cut, len - cut);
	if (cut)
		memcpy(header + 345, name, cut - 1);
	return 0;
}

static int add_member(struct lb_buf *out, const struct lb_pair *member, int64_t mtime, struct lb_err *err)
{
	char header[BLOCK] = { 0 };
	const char *text = member->value ? member->value : "";
	size_t len = strlen(text);
	int rc = put_name(header, member->name, err);
	if (rc)
		return rc;
	put_octal(header + 100, 8, 0644);
	put_octal(header + 108, 8, 0);
	put_octal(header + 116, 8, 0);
	put_octal(header + 124, 12, len);
	put_octal(header + 136, 12, (uint64_t)mtime);
	header[156] = '0';
	memcpy(header + 257, "ustar\00000", 8);
	unsigned sum = 8 * ' ';
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)header[i];
	put_octal(header + 148, 7, sum);
	header[155] = ' ';
	lb_buf_add(out, header, BLOCK);
	lb_buf_add(out, text, len);
	static const char zeros[BLOCK];
	lb_buf_add(out, zeros, (BLOCK - len % BLOCK) % BLOCK);
	return 0;
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
	int rc = 0;
	for (size_t i = 0; !rc && i < members->count; i++)
		rc = add_member(&tar, &members->items[i], mtime, err);
	static const char zeros[RECORD];
	lb_buf_add(&tar, zeros, 2 * (size_t)BLOCK);
	lb_buf_add(&tar, zeros, (RECORD - tar.len % RECORD) % RECORD);
	if (rc)
		return rc;
	if (!*compress) {
		lb_buf_add(out, tar.data, tar.len);
		return 0;
	}
	size_t begin = out->len;
	rc = compress_into(&tar, compress, out, err);
	if (rc || strcmp(compress, "gz") != 0)
		return rc;
	for (int i = 0; i < 4; i++)
		out->data[begin + 4 + (size_t)i] = (char)(made >> (8 * i));
	return 0;
}
