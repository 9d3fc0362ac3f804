/* SPDX-License-Identifier: Apache-2.0
 *
 * Layers are read as they were written, entry by entry, without making a tree of them: what counts is what stands
 * in the tar.
 */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "verify/play.h"

static char kind_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e))
		return 'h';
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return 'f';
	case AE_IFDIR:
		return 'd';
	case AE_IFLNK:
		return 'l';
	case AE_IFCHR:
		return 'c';
	case AE_IFBLK:
		return 'b';
	case AE_IFIFO:
		return 'p';
	default:
		return '?';
	}
}

/* Without "./" and "/" in front and '/' at the end; "." for the root. */
static void add_path(struct lb_buf *out, const char *path)
{
	path += strspn(path, "./");
	size_t len = strlen(path);
	while (len && path[len - 1] == '/')
		len--;
	lb_buf_add(out, len ? path : ".", len ? len : 1);
}

static void add_entry(struct lb_strv *out, struct archive_entry *e)
{
	lb_autobuf struct lb_buf line = { 0 };
	char kind = kind_of(e);
	const char *link = kind == 'h' ? archive_entry_hardlink(e) : kind == 'l' ? archive_entry_symlink(e) : NULL;
	lb_buf_addf(&line, "%c %04o %lld:%lld %lld ", kind, (unsigned)archive_entry_mode(e) & 07777U, (long long)archive_entry_uid(e),
		    (long long)archive_entry_gid(e), kind == 'f' ? (long long)archive_entry_size(e) : 0LL);
	add_path(&line, archive_entry_pathname(e));
	if (link)
		lb_buf_addf(&line, " -> %s", link);
	lb_strv_add(out, lb_buf_str(&line));
}

static int read_tar(const struct lb_buf *bytes, struct lb_strv *out, struct lb_err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	archive_read_support_format_tar(a);
	archive_read_support_format_empty(a);
	archive_read_support_filter_all(a);
	archive_read_set_options(a, "hdrcharset=BINARY");
	int rc = archive_read_open_memory(a, bytes->data, bytes->len);
	while (rc == ARCHIVE_OK && (rc = archive_read_next_header(a, &e)) == ARCHIVE_OK)
		add_entry(out, e);
	int result = rc == ARCHIVE_EOF ? 0 : lb_fail(err, LB_BUG, "a layer of our own cannot be read: %s", archive_error_string(a));
	archive_read_free(a);
	return result;
}

int verify_entries_read(struct lb_store *store, const struct lb_digest *manifest, struct lb_strv **out, size_t *count, struct lb_err *err)
{
	lb_autoimage struct lb_image im;
	int rc = lb_image_read(store, manifest, NULL, &im, err);
	if (rc) {
		lb_image_init(&im);
		return rc;
	}
	*count = im.layers_count > 1 ? im.layers_count - 1 : 0;
	*out = lb_calloc(*count + 1, sizeof(**out));
	for (size_t i = 0; !rc && i < *count; i++) {
		lb_autobuf struct lb_buf bytes = { 0 };
		rc = lb_store_load(store, &im.layers[i + 1].blob, &bytes, err);
		if (!rc)
			rc = read_tar(&bytes, &(*out)[i], err);
	}
	return rc;
}
