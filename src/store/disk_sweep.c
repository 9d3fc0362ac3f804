/* SPDX-License-Identifier: Apache-2.0
 *
 * What processes leave in tmp/, and how they tell that they are alive. A process that relies on blobs holds a
 * lease: a locked file in tmp/ whose time is when it began. The lock goes when the process goes, so a lease
 * that can be locked is garbage; and what was used since the oldest lease that cannot be locked, or shortly before, is not
 * gc's.
 */
#include "store/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "store/db.h"

int lb_disk_lease(struct lb_disk *d, struct lb_err *err)
{
	if (d->lease >= 0)
		return 0;
	int rc = lb_disk_temporary(d, "lease", false, d->lease_name, &d->lease, err);
	struct stat st;
	d->lease_ns = !rc && fstat(d->lease, &st) == 0 ? lb_disk_ns(st.st_mtim) : INT64_MAX;
	return rc;
}

void lb_disk_lease_end(struct lb_disk *d)
{
	if (d->lease < 0)
		return;
	unlinkat(d->root, d->lease_name, 0);
	lb_cleanup_fd(&d->lease);
	d->lease = -1;
}

struct temporary {
	char *name;
	struct stat st;
	int fd;                  /* holds its lock when nobody else does */
	bool lease, ours, alive; /* alive: somebody holds its lock */
};

static void look_at(struct lb_disk *d, const char *name, struct temporary *out)
{
	*out = (struct temporary){ .name = lb_format("tmp/%s", name), .fd = -1, .lease = strncmp(name, "lease-", 6) == 0 };
	pthread_mutex_lock(&d->mutex);
	out->ours = d->lease >= 0 && strcmp(out->name, d->lease_name) == 0;
	pthread_mutex_unlock(&d->mutex);
	if (fstatat(d->root, out->name, &out->st, AT_SYMLINK_NOFOLLOW) != 0) {
		out->alive = true; /* it has just become something */
		return;
	}
	if (S_ISREG(out->st.st_mode) || S_ISDIR(out->st.st_mode))
		out->fd = openat(d->root, out->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	out->alive = out->ours || (out->fd >= 0 && flock(out->fd, LOCK_EX | LOCK_NB) != 0);
}

/* Calls each for what is in tmp/. */
static int each_temporary(struct lb_disk *d, int (*each)(struct lb_disk *, const struct temporary *, void *, struct lb_err *), void *arg,
			  struct lb_err *err)
{
	int tmp = openat(d->root, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (tmp < 0)
		return e == ENOENT ? 0 : lb_fail_errno(err, e, "cannot read %s/tmp", d->dir);
	DIR *dir = fdopendir(tmp);
	int rc = 0;
	for (const struct dirent *de; !rc && (de = readdir(dir));) {
		struct temporary t;
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		look_at(d, de->d_name, &t);
		rc = each(d, &t, arg, err);
		lb_cleanup_fd(&t.fd);
		free(t.name);
	}
	closedir(dir);
	return rc;
}

static int count_one(struct lb_disk *d, const struct temporary *t, void *arg, struct lb_err *err)
{
	(void)d;
	(void)err;
	*(uint64_t *)arg += !t->alive;
	return 0;
}

int lb_disk_temporaries(struct lb_backend *be, uint64_t *count, struct lb_err *err)
{
	return each_temporary(lb_disk_of(be), count_one, count, err);
}

struct sweep {
	int64_t before_ns, protected_ns;
	uint64_t freed_bytes;
};

static int sweep_one(struct lb_disk *d, const struct temporary *t, void *arg, struct lb_err *err)
{
	struct sweep *s = arg;
	int64_t time_ns = lb_disk_ns(t->st.st_mtim);
	if (t->lease && t->alive && !t->ours && time_ns - LB_DISK_FRESH_NS < s->protected_ns)
		s->protected_ns = time_ns - LB_DISK_FRESH_NS;
	if (t->alive || time_ns >= s->before_ns)
		return 0;
	s->freed_bytes += S_ISREG(t->st.st_mode) ? (uint64_t)t->st.st_size : 0;
	int rc = lb_fs_remove(d->root, t->name, err);
	return rc ? lb_wrap(err, "%s", d->dir) : 0;
}

int lb_disk_sweep(struct lb_backend *be, int64_t before_ns, int64_t *protected_ns, uint64_t *freed_bytes, struct lb_err *err)
{
	struct sweep s = { before_ns, *protected_ns, *freed_bytes };
	int rc = each_temporary(lb_disk_of(be), sweep_one, &s, err);
	*protected_ns = s.protected_ns;
	*freed_bytes = s.freed_bytes;
	if (!rc)
		lb_disk_drop_tapes(lb_disk_of(be), before_ns, freed_bytes);
	return rc;
}

struct complaint {
	uint64_t *count;
	void (*line)(void *arg, const char *text);
	void *arg;
};

static void complain(const struct complaint *c, const char *where, const char *what)
{
	++*c->count;
	if (!c->line)
		return;
	lb_autobuf struct lb_buf text = { 0 };
	lb_buf_adds(&text, where);
	lb_buf_adds(&text, what);
	c->line(c->arg, lb_buf_str(&text));
}

static bool meta_is_right(struct lb_disk *d, const char *name)
{
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *meta = NULL;
	lb_autofree char *path = lb_format("layers/%s/meta.json", name);
	if (lb_fs_read(d->root, path, &text, NULL) != 0 || lb_json_parse(path, text.data, text.len, &meta, NULL) != 0)
		return false;
	const char *diff_id = json_string_value(json_object_get(meta, "diffID"));
	return diff_id && strncmp(diff_id, "sha256:", 7) == 0 && strcmp(diff_id + 7, name) == 0;
}

static int check_layers(struct lb_disk *d, const struct complaint *c, struct lb_err *err)
{
	int fd = openat(d->root, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int e = errno;
	if (fd < 0)
		return e == ENOENT ? 0 : lb_fail_errno(err, e, "cannot read %s/layers", d->dir);
	DIR *dir = fdopendir(fd);
	for (const struct dirent *de; (de = readdir(dir));) {
		struct lb_digest ignored;
		if (strcmp(de->d_name, ".") == 0 || strcmp(de->d_name, "..") == 0)
			continue;
		lb_autofree char *where = lb_format("layers/%s", de->d_name);
		if (lb_digest_parse(de->d_name, &ignored, NULL) != 0)
			complain(c, where, ": not a layer's name");
		else if (!meta_is_right(d, de->d_name))
			complain(c, where, ": its meta.json is missing or wrong");
	}
	closedir(dir);
	return 0;
}

int lb_disk_check(struct lb_backend *be, uint64_t *missing, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err)
{
	struct lb_disk *d = lb_disk_of(be);
	struct complaint c = { missing, line, arg };
	int rc = check_layers(d, &c, err);
	if (rc || !lb_fs_exists(d->root, "lbench.db"))
		return rc;
	bool row = false;
	lb_autostmt struct lb_stmt st = { 0 };
	rc = lb_db_use(be->db, LB_SQL_CHECK, &st, err);
	if (!rc)
		rc = lb_stmt_step(&st, &row, err);
	if (!rc && row && strcmp(lb_stmt_take_text(&st, 0), "ok") != 0)
		complain(&c, "lbench.db: ", lb_stmt_take_text(&st, 0));
	return rc;
}
