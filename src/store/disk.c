/* SPDX-License-Identifier: Apache-2.0
 *
 * The store as a directory. Everything that can be seen under its name got there by one rename from tmp/, so
 * a process that is killed at any moment leaves a temporary and nothing else. One lock file, lbench.lock, is
 * held (flock: it goes when the process goes) while index.json is read, changed and renamed, and while gc
 * removes what nothing reaches.
 */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "store/db.h"

static const char layout_name[] = "oci-layout";
static const char layout_text[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
static const char index_name[] = "index.json";
static const char index_text[] = "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}";
static const char lock_name[] = "lbench.lock";
static const char db_name[] = "lbench.db";
static const char db_lock_name[] = "lbench.db.lock";

void lb_disk_blob_path(const struct lb_digest *digest, char path[LB_DISK_PATH])
{
	memcpy(path, "blobs/sha256/", 13);
	lb_digest_hex(digest, path + 13);
}

/* 0 or errno. */
static int make_temporary(struct lb_disk *d, const char *path, bool directory, int *fd)
{
	if (directory && mkdirat(d->root, path, 0777) != 0)
		return errno;
	int flags = directory ? O_RDONLY | O_DIRECTORY : O_RDWR | O_CREAT | O_EXCL;
	*fd = openat(d->root, path, flags | O_NOFOLLOW | O_CLOEXEC, 0666);
	return *fd < 0 ? errno : 0;
}

/* sweep removes only what it could lock; what is locked and still there is safe from it. */
static bool lock_temporary(struct lb_disk *d, const char *path, int fd)
{
	struct stat is, there;
	while (flock(fd, LOCK_EX) != 0 && errno == EINTR)
		;
	return fstat(fd, &is) == 0 && fstatat(d->root, path, &there, AT_SYMLINK_NOFOLLOW) == 0 && is.st_ino == there.st_ino;
}

int lb_disk_temporary(struct lb_disk *d, const char *prefix, bool directory, char path[LB_DISK_NAME], int *fd, struct lb_err *err)
{
	for (;;) {
		snprintf(path, LB_DISK_NAME, "tmp/%s-%016" PRIx64 "-%u", prefix, d->process, atomic_fetch_add(&d->counter, 1));
		int e = make_temporary(d, path, directory, fd);
		if (e == ENOENT && (mkdirat(d->root, "tmp", 0777) == 0 || errno == EEXIST))
			e = make_temporary(d, path, directory, fd);
		if (e == ENOENT && directory)
			continue; /* swept before it was open */
		if (e)
			return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s/%s", d->dir, path), LB_CANTCREAT));
		if (lock_temporary(d, path, *fd))
			return 0;
		lb_cleanup_fd(fd);
		*fd = -1;
	}
}

int lb_disk_write_whole(struct lb_disk *d, const char *name, const void *text, size_t len, struct lb_err *err)
{
	char tmp[LB_DISK_NAME];
	lb_autofd int fd = -1;
	int rc = lb_disk_temporary(d, "file", false, tmp, &fd, err);
	if (rc)
		return rc;
	lb_autofree char *full = lb_path_join(d->dir, name);
	rc = lb_fs_write_fd(fd, text, len, full, err);
	if (!rc && renameat(d->root, tmp, d->root, name) != 0) {
		int e = errno;
		rc = lb_recode(err, (lb_fail_errno(err, e, "cannot create %s", full), LB_CANTCREAT));
	}
	if (rc)
		unlinkat(d->root, tmp, 0);
	return rc;
}

void lb_disk_set_held(struct lb_disk *d, int fd)
{
	pthread_mutex_lock(&d->mutex);
	int before = d->held;
	d->held = fd;
	d->there.on = d->there.on && fd >= 0;
	pthread_mutex_unlock(&d->mutex);
	lb_cleanup_fd(&before);
}

/* Who waits for the lock while he holds it himself waits for ever. */
int lb_disk_lock_mode(struct lb_disk *d, int operation, int *held, struct lb_err *err)
{
	if (operation == LOCK_EX)
		lb_disk_set_held(d, -1);
	lb_autofd int fd = openat(d->root, lock_name, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	int e = errno;
	if (fd < 0)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot create %s/%s", d->dir, lock_name), LB_CANTCREAT));
	while (flock(fd, operation) != 0) {
		e = errno;
		if (e != EINTR)
			return lb_recode(err, (lb_fail_errno(err, e, "cannot lock %s/%s", d->dir, lock_name), LB_IO));
	}
	*held = lb_steal_fd(&fd);
	return 0;
}

int lb_disk_lock(struct lb_backend *be, int *held, struct lb_err *err)
{
	return lb_disk_lock_mode(lb_disk_of(be), LOCK_EX, held, err);
}

void lb_disk_unlock(struct lb_backend *be, const int *held)
{
	(void)be;
	lb_cleanup_fd(held);
}

static int index_read(struct lb_backend *be, json_t **out, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *full = lb_path_join(d->dir, index_name);
	int rc = lb_fs_read(d->root, index_name, &text, err);
	if (rc)
		return rc == LB_NOT_FOUND ? lb_fail(err, LB_INVALID, "%s is missing", full) : lb_wrap(err, "%s", d->dir);
	return lb_json_parse(full, text.data, text.len, out, err);
}

static int index_write(struct lb_backend *be, const json_t *index, struct lb_err *err)
{
	lb_autofree char *text = json_dumps(index, JSON_COMPACT);
	return lb_disk_write_whole(lb_disk_of(be), index_name, text, strlen(text), err);
}

/* What a killed first opening may have left, and nothing else. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { ".", "..", "tmp", "blobs", "layers", layout_name, index_name };
	for (size_t i = 0; i < LB_COUNT(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return strncmp(name, "lbench.", 7) == 0;
}

static int check_empty(struct lb_disk *d, struct lb_err *err)
{
	int fd = openat(d->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (fd < 0)
		return lb_fail_errno(err, e, "cannot read %s", d->dir);
	DIR *dir = fdopendir(fd);
	int rc = 0;
	for (const struct dirent *de; !rc && (de = readdir(dir));)
		if (!is_ours(de->d_name))
			rc = lb_fail(err, LB_INVALID, "%s is no store and no OCI layout, and it is not empty ('%.200s')", d->dir,
				     de->d_name);
	closedir(dir);
	return rc;
}

static int check_layout(struct lb_disk *d, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autofree char *full = lb_path_join(d->dir, layout_name);
	lb_autojson json_t *layout = NULL;
	int rc = lb_fs_read(d->root, layout_name, &text, err);
	if (rc)
		return rc == LB_NOT_FOUND ? rc : lb_wrap(err, "%s", d->dir);
	rc = lb_json_parse(full, text.data, text.len, &layout, err);
	if (rc)
		return rc;
	const char *version = json_string_value(json_object_get(layout, "imageLayoutVersion"));
	if (!version || strcmp(version, "1.0.0") != 0)
		return lb_fail(err, LB_INVALID, "%s: an OCI layout of version '%.40s', only 1.0.0 is known", full, version ? version : "");
	return 0;
}

static int make_index(struct lb_disk *d, struct lb_err *err)
{
	if (lb_fs_exists(d->root, index_name))
		return 0;
	lb_autofd int lock = -1;
	int rc = lb_disk_lock_mode(d, LOCK_EX, &lock, err);
	if (rc || lb_fs_exists(d->root, index_name))
		return rc;
	return lb_disk_write_whole(d, index_name, index_text, sizeof(index_text) - 1, err);
}

static int make_layout(struct lb_disk *d, struct lb_err *err)
{
	int rc = check_layout(d, err);
	if (rc == LB_NOT_FOUND) {
		rc = check_empty(d, err);
		if (!rc)
			rc = lb_disk_write_whole(d, layout_name, layout_text, sizeof(layout_text) - 1, err);
	}
	if (!rc && !lb_fs_is_dir(d->root, "blobs/sha256")) {
		rc = lb_fs_mkdirs(d->root, "blobs/sha256", err);
		rc = rc ? lb_wrap(err, "%s", d->dir) : 0;
	}
	return rc ? rc : make_index(d, err);
}

static int open_root(const char *dir, int *fd, struct lb_err *err)
{
	*fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (*fd < 0 && e == ENOENT) {
		int rc = lb_fs_mkdirs(AT_FDCWD, dir, err);
		return rc ? rc : lb_fs_open_dir(AT_FDCWD, dir, fd, err);
	}
	if (*fd < 0 && e == ENOTDIR)
		return lb_fail(err, LB_INVALID, "%s is not a directory", dir);
	return *fd < 0 ? lb_fail_errno(err, e, "cannot open %s", dir) : 0;
}

static void disk_close(struct lb_backend *be)
{
	struct lb_disk *d = lb_disk_of(be);
	lb_db_free(be->db);
	lb_disk_lease_end(d);
	lb_cleanup_fd(&d->held);
	lb_tape_release(&d->there.tape);
	lb_map_free(d->used);
	lb_content_root_unref(d->shared);
	lb_cleanup_fd(&d->root);
	lb_cleanup_fd(&d->blobs);
	pthread_mutex_destroy(&d->mutex);
	free(d->dir);
	free(d);
}

static const char *disk_dir(const struct lb_backend *be)
{
	return ((const struct lb_disk *)be)->dir;
}

static int disk_sync(struct lb_backend *be, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	int failed = syncfs(d->root);
	int e = errno;
	if (failed)
		return lb_recode(err, (lb_fail_errno(err, e, "cannot write %s to disk", d->dir), LB_IO));
	lb_db_fold(be->db);
	return 0;
}

static const struct lb_backend_ops disk_ops = {
	.close = disk_close,
	.dir = disk_dir,
	.blob_spill = lb_disk_blob_spill,
	.blob_copy = lb_disk_blob_copy,
	.blob_commit = lb_disk_blob_commit,
	.blob_abort = lb_disk_blob_abort,
	.has = lb_disk_has,
	.use = lb_disk_use,
	.relied = lb_disk_relied,
	.get = lb_disk_get,
	.list = lb_disk_list,
	.remove = lb_disk_remove,
	.layer_put = lb_disk_layer_put,
	.layer_by_tree = lb_disk_layer_by_tree,
	.layer_by_diff_id = lb_disk_layer_by_diff_id,
	.layer_forget = lb_disk_layer_forget,
	.memo_put = lb_disk_memo_put,
	.memo_get = lb_disk_memo_get,
	.index_read = index_read,
	.index_write = index_write,
	.lock = lb_disk_lock,
	.unlock = lb_disk_unlock,
	.hold = lb_disk_hold,
	.let_go = lb_disk_let_go,
	.sync = disk_sync,
	.temporaries = lb_disk_temporaries,
	.sweep = lb_disk_sweep,
	.check = lb_disk_check,
};

static struct lb_disk *disk_new(const char *dir)
{
	struct lb_disk *d = lb_calloc(1, sizeof(*d));
	d->be.ops = &disk_ops;
	d->dir = lb_strdup(dir);
	d->root = d->blobs = d->lease = d->held = -1;
	d->tick_ns = LB_DISK_TICK_NS;
	d->used = lb_map_new(NULL);
	atomic_init(&d->counter, 0);
	pthread_mutex_init(&d->mutex, NULL);
	if (getrandom(&d->process, sizeof(d->process), 0) != (ssize_t)sizeof(d->process))
		d->process = (uint64_t)getpid();
	return d;
}

int lb_disk_open(const char *dir, struct lb_backend **out, struct lb_err *err)
{
	struct lb_disk *d = disk_new(dir);
	int rc = open_root(dir, &d->root, err);
	if (!rc)
		rc = make_layout(d, err);
	if (!rc)
		rc = lb_fs_open_dir(d->root, "blobs/sha256", &d->blobs, err);
	if (rc) {
		disk_close(&d->be);
		return rc;
	}
	d->shared = lb_content_root_new(d->root);
	/* SQLite takes paths only; the absolute one holds when the process changes its directory. */
	lb_autofree char *absolute = realpath(dir, NULL);
	lb_autofree char *db = lb_path_join(absolute ? absolute : dir, db_name);
	lb_autofree char *lock = lb_path_join(absolute ? absolute : dir, db_lock_name);
	d->be.db = lb_db_new(db, lock);
	*out = &d->be;
	return 0;
}
