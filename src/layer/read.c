/* SPDX-License-Identifier: Apache-2.0
 *
 * Theory: a compressed archive is decompressed once, into a blob of the store or a file without a name; a plain one
 * is taken as it lies. Of that only the headers are read, and files are pieces of it: nothing is unpacked that
 * nobody opens.
 */
#include "lbench/layer.h"

#include <archive_entry.h>
#include <inttypes.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "layer/assemble.h"
#include "layer/backing.h"
#include "layer/spool.h"
#include "layer/unpack.h"
#include "lbench/mem.h"

/* ---- the entries ---- */

struct reader {
	struct archive *archive;
	const struct lb_backing *backing;
	uint64_t offset;
	int code; /* of a callback that failed */
	struct lb_err *err;
	char piece[16384];
};

static la_ssize_t on_read(struct archive *a, void *arg, const void **data)
{
	(void)a;
	struct reader *r = arg;
	size_t got;
	r->code = lb_backing_read(r->backing, r->offset, r->piece, sizeof(r->piece), &got, r->err);
	if (r->code)
		return -1;
	r->offset += got;
	*data = r->piece;
	return (la_ssize_t)got;
}

static la_int64_t on_skip(struct archive *a, void *arg, la_int64_t request)
{
	(void)a;
	struct reader *r = arg;
	uint64_t size = lb_backing_size(r->backing), left = r->offset < size ? size - r->offset : 0;
	uint64_t n = (uint64_t)request < left ? (uint64_t)request : left;
	r->offset += n;
	return (la_int64_t)n;
}

static int compare_xattrs(const void *a, const void *b)
{
	return strcmp(((const struct lb_xattr *)a)->name, ((const struct lb_xattr *)b)->name);
}

/* Borrowed from entry, the list itself is the caller's; a name given twice counts once. */
static struct lb_xattr *xattrs_of(struct archive_entry *entry, size_t *count)
{
	int n = archive_entry_xattr_reset(entry);
	struct lb_xattr *list = lb_calloc((size_t)n + 1, sizeof(*list));
	const char *name;
	const void *value;
	size_t len, used = 0;
	while (n-- > 0 && archive_entry_xattr_next(entry, &name, &value, &len) == ARCHIVE_OK)
		if (name && *name)
			list[used++] =
				(struct lb_xattr){ .name = (char *)(uintptr_t)name, .value = (void *)(uintptr_t)value, .value_len = len };
	qsort(list, used, sizeof(*list), compare_xattrs);
	*count = 0;
	for (size_t i = 0; i < used; i++)
		if (!*count || strcmp(list[*count - 1].name, list[i].name) != 0)
			list[(*count)++] = list[i];
	return list;
}

static enum lb_kind kind_of(struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFDIR:
		return LB_DIR;
	case AE_IFLNK:
		return LB_SYMLINK;
	case AE_IFIFO:
		return LB_FIFO;
	case AE_IFCHR:
		return LB_CHAR;
	case AE_IFBLK:
		return LB_BLOCK;
	default:
		return LB_FILE;
	}
}

static int attr_of(struct archive_entry *entry, struct lb_attr *out, struct lb_err *err)
{
	la_int64_t uid = archive_entry_uid(entry), gid = archive_entry_gid(entry);
	if (uid < 0 || uid > UINT32_MAX || gid < 0 || gid > UINT32_MAX)
		return lb_fail(err, LB_INVALID, "%s: impossible owner %" PRId64 ":%" PRId64, archive_entry_pathname(entry), (int64_t)uid,
			       (int64_t)gid);
	*out = (struct lb_attr){
		.kind = kind_of(entry),
		.mode = archive_entry_perm(entry) & 07777,
		.uid = (uint32_t)uid,
		.gid = (uint32_t)gid,
		.mtime = { archive_entry_mtime(entry), (uint32_t)archive_entry_mtime_nsec(entry) },
	};
	if (out->kind == LB_CHAR || out->kind == LB_BLOCK) {
		out->rdev_major = (uint32_t)archive_entry_rdevmajor(entry);
		out->rdev_minor = (uint32_t)archive_entry_rdevminor(entry);
	}
	if (out->kind == LB_SYMLINK)
		out->target = archive_entry_symlink(entry) ? archive_entry_symlink(entry) : "";
	return 0;
}

/* Files with holes are rare enough to keep what is in them in memory. */
static int sparse_content(struct reader *r, uint64_t size_bytes, struct lb_content **out)
{
	lb_autobuf struct lb_buf data = { 0 };
	lb_autofree struct lb_extent *extents = NULL;
	size_t count = 0, cap = 0;
	uint64_t end = 0;
	for (;;) {
		const void *piece;
		size_t len;
		la_int64_t offset;
		int rc = archive_read_data_block(r->archive, &piece, &len, &offset);
		if (rc == ARCHIVE_EOF)
			break;
		if (rc != ARCHIVE_OK)
			return lb_archive_failure(r->archive, r->code, r->err);
		if (!len)
			continue;
		if (offset < 0 || (uint64_t)offset < end || len > size_bytes || (uint64_t)offset > size_bytes - len)
			return lb_fail(r->err, LB_INVALID, "a file's holes are out of order");
		extents = lb_grow(extents, count, &cap, sizeof(*extents));
		extents[count++] = (struct lb_extent){ (uint64_t)offset, len };
		lb_buf_add(&data, piece, len);
		end = (uint64_t)offset + len;
	}
	*out = lb_content_sparse(size_bytes, &data, lb_steal(&extents), count);
	return 0;
}

static int content_of(struct reader *r, struct archive_entry *entry, struct lb_content **out)
{
	la_int64_t size = archive_entry_size(entry);
	*out = NULL;
	if (size < 0)
		return lb_fail(r->err, LB_INVALID, "an impossible size");
	if (archive_entry_sparse_count(entry))
		return sparse_content(r, (uint64_t)size, out);
	if (size == 0)
		return 0;
	/* without filters, what the tar reader has taken so far ends where the file's bytes begin */
	uint64_t at = (uint64_t)archive_filter_bytes(r->archive, 0);
	return lb_backing_piece((struct lb_backing *)(uintptr_t)r->backing, at, (uint64_t)size, out, r->err);
}

static int add_entry(struct reader *r, struct archive_entry *entry, struct lb_assembly *assembly)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	if (!path)
		return lb_fail(r->err, LB_INVALID, "an entry without a name");
	if (link)
		return lb_assembly_link(assembly, path, link, r->err);
	struct lb_attr attr;
	int rc = attr_of(entry, &attr, r->err);
	if (rc)
		return rc;
	lb_autocontent struct lb_content *content = NULL;
	if (attr.kind == LB_FILE)
		rc = content_of(r, entry, &content);
	if (rc)
		return lb_wrap(r->err, "%s", path);
	lb_autofree struct lb_xattr *xattrs = xattrs_of(entry, &attr.xattrs_count);
	attr.xattrs = attr.xattrs_count ? xattrs : NULL;
	rc = lb_assembly_add(assembly, path, &attr, content, r->err);
	if (!rc)
		content = NULL;
	return rc;
}

static int add_entries(struct reader *r, struct lb_assembly *assembly)
{
	for (;;) {
		struct archive_entry *entry;
		int rc = archive_read_next_header(r->archive, &entry);
		if (rc == ARCHIVE_EOF)
			return 0;
		/* a warning is about a name that the locale cannot show; its bytes are there */
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			return lb_archive_failure(r->archive, r->code, r->err);
		rc = add_entry(r, entry, assembly);
		if (rc)
			return rc;
	}
}

static int parse(struct lb_backing *backing, struct lb_assembly *assembly, struct lb_err *err)
{
	lb_autoarchive struct archive *a = archive_read_new();
	if (!a)
		abort();
	lb_autofree struct reader *r = lb_calloc(1, sizeof(*r));
	r->archive = a;
	r->backing = backing;
	r->err = err;
	archive_read_support_format_tar(a);
	if (archive_read_open2(a, r, NULL, on_read, on_skip, NULL) != ARCHIVE_OK)
		return lb_archive_failure(a, r->code, err);
	return add_entries(r, assembly);
}

/* Names are bytes: libarchive would translate those of PAX headers into the locale's character set. */
static int parse_bytewise(struct lb_backing *backing, struct lb_assembly *assembly, struct lb_err *err)
{
	locale_t bytes = newlocale(LC_ALL_MASK, "C", NULL);
	locale_t before = uselocale(bytes);
	int rc = parse(backing, assembly, err);
	uselocale(before);
	freelocale(bytes);
	return rc;
}

static int read_tree(struct lb_backing *backing, bool is_layer, const struct lb_digest *seed, struct lb_node **out, struct lb_err *err)
{
	lb_autoassembly struct lb_assembly *assembly = lb_assembly_new(is_layer, seed);
	int rc = parse_bytewise(backing, assembly, err);
	if (!rc)
		*out = lb_assembly_tree(assembly);
	return rc;
}

int lb_layer_read(struct lb_store *s, struct lb_content *blob, bool keep, struct lb_node **out, struct lb_digest *diff_id,
		  struct lb_err *err)
{
	lb_autobacking struct lb_backing *tar = NULL;
	struct lb_digest digest;
	int rc = lb_spool_tar(s, blob, keep, diff_id != NULL, &tar, &digest, err);
	if (!rc)
		rc = read_tree(tar, true, &digest, out, err);
	if (!rc && diff_id)
		*diff_id = digest;
	return rc;
}

int lb_archive_read(struct lb_content *content, struct lb_node **out, struct lb_err *err)
{
	lb_autobacking struct lb_backing *tar = NULL;
	struct lb_digest digest;
	int rc = lb_spool_tar(NULL, content, false, false, &tar, &digest, err);
	return rc ? rc : read_tree(tar, false, &digest, out, err);
}

/* docker's and BuildKit's rule (moby's archive.IsArchivePath): decompressed where the first bytes say so, does it
 * begin with a tar header that Go's reader takes? An empty tar does not. */
bool lb_archive_is(struct lb_content *content)
{
	/* bzip2 gives nothing before a whole block, of 900 kB before compression */
	enum { HEAD = 512, PACKED_HEAD = 1 << 20 };
	lb_autobuf struct lb_buf head = { 0 }, packed = { 0 }, plain = { 0 };
	if (!content || lb_content_peek(content, HEAD, &head, NULL))
		return false;
	if (lb_is_tar_header(head.data, head.len))
		return true;
	if (lb_packing_of(head.data, head.len) != LB_PACKING_ADD || lb_content_peek(content, PACKED_HEAD, &packed, NULL))
		return false;
	lb_unpack_head(packed.data, packed.len, HEAD, &plain);
	return lb_is_tar_header(plain.data, plain.len);
}
