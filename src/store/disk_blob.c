/* SPDX-License-Identifier: Apache-2.0
 *
 * Blobs as files. A blob that somebody relies on (it was just written, or was there already when it should
 * have been) is touched once a process, under a shared lock: gc removes under the exclusive one and looks at
 * the time again, so that it never takes what was promised. What was touched a moment ago is safe as it is.
 */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"

static int leased(struct lb_disk *d, struct lb_err *err)
{
	pthread_mutex_lock(&d->mutex);
	int rc = lb_disk_lease(d, err);
	pthread_mutex_unlock(&d->mutex);
	return rc;
}

/* The lease is the older of the two: gc goes by a blob's last writing, which may be long before its commit. */
static int spill_file(struct lb_disk *d, struct lb_blob *b, struct lb_err *err)
{
	int rc = b->fd >= 0 ? 0 : leased(d, err);
	return rc || b->fd >= 0 ? rc : lb_disk_temporary(d, "blob", false, b->name, &b->fd, err);
}

int lb_disk_blob_spill(struct lb_backend *be, struct lb_blob *b, const void *data, size_t len, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	int rc = spill_file(d, b, err);
	if (rc)
		return rc;
	rc = lb_fs_write_fd(b->fd, data, len, b->name, err);
	return rc ? lb_wrap(err, "%s", d->dir) : 0;
}

/* copy_file_range shares extents where the file system can. It refuses some pairs of file systems. */
static int copy_through(int from, struct lb_blob *b, uint64_t len, struct lb_err *err)
{
	lb_autofree char *piece = lb_malloc(LB_BLOB_BUFFER);
	while (len) {
		ssize_t n = read(from, piece, len < LB_BLOB_BUFFER ? (size_t)len : LB_BLOB_BUFFER);
		int e = errno;
		if (n < 0 && e == EINTR)
			continue;
		if (n < 0)
			return lb_recode(err, (lb_fail_errno(err, e, "cannot read what is copied"), LB_IO));
		if (n == 0)
			return lb_fail(err, LB_IO, "what is copied has become shorter");
		int rc = lb_fs_write_fd(b->fd, piece, (size_t)n, b->name, err);
		if (rc)
			return rc;
		len -= (uint64_t)n;
	}
	return 0;
}

int lb_disk_blob_copy(struct lb_backend *be, struct lb_blob *b, int fd, uint64_t len, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	int rc = spill_file(d, b, err);
	if (rc)
		return rc;
	while (len) {
		ssize_t n = copy_file_range(fd, NULL, b->fd, NULL, len < SSIZE_MAX ? (size_t)len : SSIZE_MAX, 0);
		if (n <= 0)
			break;
		len -= (uint64_t)n;
	}
	rc = copy_through(fd, b, len, err);
	return rc ? lb_wrap(err, "%s", d->dir) : 0;
}

/* 0, or errno. RENAME_NOREPLACE is not known everywhere (NFS). */
static int link_blob(struct lb_disk *d, const char *tmp, const char *path)
{
	if (renameat2(d->root, tmp, d->root, path, RENAME_NOREPLACE) == 0)
		return 0;
	int e = errno;
	if (e != EINVAL && e != ENOSYS)
		return e;
	if (linkat(d->root, tmp, d->root, path, 0) != 0)
		return errno;
	unlinkat(d->root, tmp, 0);
	return 0;
}

static void mark_used(struct lb_disk *d, const struct lb_digest *digest)
{
	pthread_mutex_lock(&d->mutex);
	lb_map_setn(d->used, digest->bytes, sizeof(digest->bytes), d);
	pthread_mutex_unlock(&d->mutex);
}

static bool is_marked(struct lb_disk *d, const struct lb_digest *digest)
{
	pthread_mutex_lock(&d->mutex);
	bool marked = lb_map_getn(d->used, digest->bytes, sizeof(digest->bytes)) != NULL;
	pthread_mutex_unlock(&d->mutex);
	return marked;
}

int lb_disk_blob_commit(struct lb_backend *be, struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	*was_new = false;
	if (lb_disk_use(be, digest))
		return 0;
	int rc = lb_disk_blob_spill(be, b, b->buf.data, b->buf.len, err);
	if (rc)
		return rc;
	char path[LB_DISK_PATH];
	lb_disk_blob_path(digest, path);
	int e = link_blob(d, b->name, path);
	if (e == EEXIST) {
		lb_disk_use(be, digest);
		return 0;
	}
	if (e)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s/%s", d->dir, path), LB_CANTCREAT));
	*was_new = true;
	b->name[0] = '\0';
	mark_used(d, digest);
	return 0;
}

void lb_disk_blob_abort(struct lb_backend *be, struct lb_blob *b)
{
	if (b->fd >= 0 && b->name[0])
		unlinkat(lb_disk_of(be)->root, b->name, 0);
	lb_cleanup_fd(&b->fd);
	b->fd = -1;
}

static bool look_at(struct lb_disk *d, const struct lb_digest *digest, struct stat *st)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(digest, hex);
	return fstatat(d->blobs, hex, st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st->st_mode);
}

bool lb_disk_has(struct lb_backend *be, const struct lb_digest *digest, uint64_t *bytes)
{
	struct stat st;
	if (!look_at(lb_disk_of(be), digest, &st))
		return false;
	if (bytes)
		*bytes = (uint64_t)st.st_size;
	return true;
}

static bool is_held(struct lb_disk *d)
{
	pthread_mutex_lock(&d->mutex);
	bool held = d->held >= 0;
	pthread_mutex_unlock(&d->mutex);
	return held;
}

/* A store that cannot be written to has nobody who removes either: there the touching may fail. The mutex is
 * not held while waiting for the lock, for gc takes them the other way round. */
static bool touch(struct lb_disk *d, const struct lb_digest *digest)
{
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(digest, hex);
	lb_autofd int lock = -1;
	if (leased(d, NULL) != 0 || (!is_held(d) && lb_disk_lock_mode(d, LOCK_SH, &lock, NULL) != 0))
		return lb_disk_has(&d->be, digest, NULL);
	int failed = utimensat(d->blobs, hex, NULL, AT_SYMLINK_NOFOLLOW);
	int e = errno;
	return !failed || e != ENOENT;
}

bool lb_disk_relied(struct lb_backend *be, const struct lb_digest *digest)
{
	return is_marked(lb_disk_of(be), digest);
}

bool lb_disk_use(struct lb_backend *be, const struct lb_digest *digest)
{
	struct lb_disk *d = lb_disk_of(be);
	struct stat st;
	/* the lease is the older of the two, so that gc sees one of them */
	bool safe = leased(d, NULL) == 0;
	if (safe && lb_disk_is_there(d, digest)) {
		mark_used(d, digest);
		return true;
	}
	if (!look_at(d, digest, &st))
		return false;
	safe = safe && lb_disk_ns(st.st_mtim) >= d->lease_ns - LB_DISK_FRESH_NS;
	if (!safe && !is_marked(d, digest) && !touch(d, digest))
		return false;
	mark_used(d, digest);
	lb_disk_was_there(d, digest, safe ? lb_disk_ns(st.st_mtim) : d->lease_ns);
	return true;
}

int lb_disk_get(struct lb_backend *be, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	uint64_t bytes;
	char path[LB_DISK_PATH];
	lb_disk_blob_path(digest, path);
	if (!lb_disk_has(be, digest, &bytes))
		return lb_fail(err, LB_NOT_FOUND, "%s has no %s", d->dir, path);
	*out = lb_content_file_in(d->shared, path, 0, bytes);
	lb_content_set_digest(*out, digest);
	return 0;
}

int lb_disk_list(struct lb_backend *be, struct lb_blob_list *out, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	int fd = openat(d->blobs, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (fd < 0)
		return lb_fail_errno(err, e, "cannot read %s/blobs/sha256", d->dir);
	DIR *dir = fdopendir(fd);
	for (const struct dirent *de; (de = readdir(dir));) {
		struct stat st;
		struct lb_blob_entry entry;
		if (lb_digest_parse(de->d_name, &entry.digest, NULL) != 0)
			continue;
		if (fstatat(d->blobs, de->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
			continue;
		entry.bytes = (uint64_t)st.st_size;
		entry.used_ns = lb_disk_ns(st.st_mtim);
		lb_blob_list_add(out, &entry);
	}
	closedir(dir);
	lb_blob_list_sort(out);
	return 0;
}

int lb_disk_remove(struct lb_backend *be, const struct lb_digest *digest, int64_t protected_ns, bool *removed, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	struct stat st;
	char hex[LB_DIGEST_HEX];
	lb_digest_hex(digest, hex);
	*removed = false;
	if (fstatat(d->blobs, hex, &st, AT_SYMLINK_NOFOLLOW) != 0 || lb_disk_ns(st.st_mtim) >= protected_ns)
		return 0;
	int failed = unlinkat(d->blobs, hex, 0);
	int e = errno;
	if (failed && e != ENOENT)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot remove %s/blobs/sha256/%s", d->dir, hex), LB_IO));
	*removed = !failed;
	pthread_mutex_lock(&d->mutex);
	lb_map_setn(d->used, digest->bytes, sizeof(digest->bytes), NULL);
	pthread_mutex_unlock(&d->mutex);
	return 0;
}
