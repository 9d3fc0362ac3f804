/* SPDX-License-Identifier: Apache-2.0
 *
 * Tapes lie beside the data base, a file each: one of 100 kB is read at once, and not page by page. The data base says
 * which bytes a tape has to have, so that one that is of another data base or another time, or not whole, is none.
 *
 * Beside it lies one of the blobs that the stretch was told to be there. What was in a directory is there as long as its
 * ctime is what it was, when that is no time at which it may have changed twice; and when all were used so lately that
 * a lease protects them, nothing of them has to be looked at. While the store's lock is held nobody removes any.
 */
#include "store/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "store/db.h"

#define TAPE_PATH  (sizeof("reads/") - 1 + LB_DIGEST_HEX)
#define THERE_PATH (TAPE_PATH + sizeof(".blobs") - 1)

static void tape_path(const struct lb_digest *about, char path[TAPE_PATH])
{
	memcpy(path, "reads/", 6);
	lb_digest_hex(about, path + 6);
}

static bool read_tape(const struct lb_disk *d, const char *path, const struct lb_tape_check *check, struct lb_buf *out)
{
	struct stat st;
	lb_autofd int fd = openat(d->root, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || (uint64_t)st.st_size != check->len)
		return false;
	lb_buf_reserve(out, check->len);
	lb_get_pages(out->data, check->len);
	if (pread(fd, out->data, check->len, 0) != (ssize_t)check->len)
		return false;
	out->len = check->len;
	return lb_tape_check_of(out).sum == check->sum;
}

/* ---- what is there ---- */

enum { HEADER = 5 * 8 }; /* dev, ino, ctime_ns, used_ns, and the sum of the tape behind it */

static void there_path(const struct lb_digest *about, char path[THERE_PATH])
{
	tape_path(about, path);
	memcpy(path + TAPE_PATH - 1, ".blobs", sizeof(".blobs"));
}

static bool look_at_blobs(const struct lb_disk *d, struct lb_disk_there *out)
{
	struct stat st;
	if (fstat(d->blobs, &st) != 0)
		return false;
	out->dev = st.st_dev;
	out->ino = st.st_ino;
	out->ctime_ns = lb_disk_ns(st.st_ctim);
	return true;
}

static bool same_blobs(const struct lb_disk_there *a, const struct lb_disk_there *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->ctime_ns == b->ctime_ns;
}

/* The tape of the time before, where it is of the same directory, unchanged. */
static void read_there(const struct lb_disk *d, const char *path, struct lb_disk_there *there)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct lb_disk_there was;
	if (lb_fs_read(d->root, path, &text, NULL) != 0 || text.len < HEADER)
		return;
	const char *at = text.data;
	was.dev = lb_tape_take(&at);
	was.ino = lb_tape_take(&at);
	was.ctime_ns = (int64_t)lb_tape_take(&at);
	was.used_ns = (int64_t)lb_tape_take(&at);
	uint64_t sum = lb_tape_take(&at);
	if (!same_blobs(&was, there) || was.used_ns < d->lease_ns - LB_DISK_FRESH_NS)
		return;
	lb_buf_add(&there->tape.was, at, text.len - HEADER);
	if (lb_tape_check_of(&there->tape.was).sum != sum)
		lb_buf_clear(&there->tape.was);
	else
		there->used_ns = was.used_ns;
}

static void begin_there(struct lb_disk *d, const struct lb_digest *about)
{
	char path[THERE_PATH];
	pthread_mutex_lock(&d->mutex);
	struct lb_disk_there there = { .used_ns = INT64_MAX, .looks = d->there.looks };
	lb_tape_release(&d->there.tape);
	if (d->held >= 0 && lb_disk_lease(d, NULL) == 0 && look_at_blobs(d, &there)) {
		there_path(about, path);
		read_there(d, path, &there);
		there.on = true;
		d->there = there;
	}
	pthread_mutex_unlock(&d->mutex);
}

bool lb_disk_is_there(struct lb_disk *d, const struct lb_digest *digest)
{
	const char *told;
	size_t len;
	pthread_mutex_lock(&d->mutex);
	bool there = d->there.on && lb_tape_ask(&d->there.tape, digest->bytes, sizeof(digest->bytes), &told, &len);
	pthread_mutex_unlock(&d->mutex);
	return there;
}

void lb_disk_was_there(struct lb_disk *d, const struct lb_digest *digest, int64_t used_ns)
{
	pthread_mutex_lock(&d->mutex);
	d->there.looks++;
	if (d->there.on) {
		lb_tape_tell(&d->there.tape, digest->bytes, sizeof(digest->bytes), NULL, 0);
		d->there.used_ns = used_ns < d->there.used_ns ? used_ns : d->there.used_ns;
	}
	pthread_mutex_unlock(&d->mutex);
}

static bool may_have_changed_twice(const struct lb_disk *d, int64_t stamp_ns)
{
	bool coarse = stamp_ns % 1000000000 == 0;
	return stamp_ns > d->lease_ns - (coarse ? LB_DISK_COARSE_NS : d->tick_ns);
}

/* What to keep; nothing when the directory changed meanwhile, or so lately that it may have. */
static void there_text(struct lb_disk *d, struct lb_buf *out)
{
	struct lb_disk_there *was = &d->there, now;
	if (!lb_tape_is_new(&was->tape) || !look_at_blobs(d, &now) || !same_blobs(&now, was) || may_have_changed_twice(d, now.ctime_ns))
		return;
	lb_buf_add64(out, was->dev);
	lb_buf_add64(out, was->ino);
	lb_buf_add64(out, (uint64_t)was->ctime_ns);
	lb_buf_add64(out, (uint64_t)was->used_ns);
	lb_buf_add64(out, lb_tape_check_of(&was->tape.now).sum);
	lb_buf_add(out, was->tape.now.data, was->tape.now.len);
}

static void end_there(struct lb_disk *d, struct lb_buf *out)
{
	pthread_mutex_lock(&d->mutex);
	if (out)
		there_text(d, out);
	lb_tape_release(&d->there.tape);
	d->there.on = false;
	pthread_mutex_unlock(&d->mutex);
}

/* ---- a stretch ---- */

void lb_disk_hold(struct lb_backend *be, const struct lb_digest *about)
{
	struct lb_disk *d = lb_disk_of(be);
	struct lb_tape_check check;
	char path[TAPE_PATH];
	lb_autobuf struct lb_buf tape = { 0 };
	lb_autofd int fd = -1;
	lb_db_hold(be->db, about, &check);
	tape_path(about, path);
	if (check.len && read_tape(d, path, &check, &tape))
		lb_db_play(be->db, &tape);
	if (lb_disk_lock_mode(d, LOCK_SH, &fd, NULL) == 0)
		lb_disk_set_held(d, lb_steal_fd(&fd));
	begin_there(d, about);
}

static bool write_tape(struct lb_disk *d, const char *path, const struct lb_buf *tape)
{
	if (!lb_fs_is_dir(d->root, "reads") && lb_fs_mkdirs(d->root, "reads", NULL) != 0)
		return false;
	return lb_disk_write_whole(d, path, tape->data, tape->len, NULL) == 0;
}

/* The file comes before what is said of it: a data base that knows of no such tape makes it anew. */
void lb_disk_let_go(struct lb_backend *be, const struct lb_digest *about, bool again)
{
	struct lb_disk *d = lb_disk_of(be);
	char path[THERE_PATH];
	lb_autobuf struct lb_buf tape = { 0 }, there = { 0 };
	end_there(d, again ? &there : NULL);
	lb_disk_set_held(d, -1);
	uint64_t changes = lb_db_let_go(be->db, again ? &tape : NULL);
	there_path(about, path);
	if (there.len)
		write_tape(d, path, &there);
	tape_path(about, path);
	if (!tape.len || !write_tape(d, path, &tape))
		return;
	struct lb_tape_check check = lb_tape_check_of(&tape);
	lb_db_keep_tape(be->db, about, changes, &check);
}

void lb_disk_drop_tapes(struct lb_disk *d, int64_t before_ns, uint64_t *freed_bytes)
{
	int fd = openat(d->root, "reads", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	DIR *dir = fdopendir(fd);
	for (const struct dirent *de; (de = readdir(dir));) {
		struct stat st;
		if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && lb_disk_ns(st.st_mtim) < before_ns &&
		    unlinkat(fd, de->d_name, 0) == 0)
			*freed_bytes += (uint64_t)st.st_size;
	}
	closedir(dir);
}
