/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

struct lb_source {
	atomic_uint refs;
	int fd;
	uint64_t walked_at_ns, memo_records;
	char path[];
};

struct lb_source_dir {
	atomic_uint refs;
	struct lb_source *source;
	uint64_t dev;
	char path[];
};

struct source_file {
	struct lb_content content;
	struct lb_source_dir *dir;
	uint64_t ino, mtime_ns, ctime_ns;
	bool recalled;
	char name[];
};

struct lb_source *lb_source_new(int fd, const char *path, uint64_t walked_at_ns, uint64_t memo_records)
{
	size_t len = strlen(path) + 1;
	struct lb_source *s = lb_malloc(sizeof(*s) + len);
	atomic_init(&s->refs, 1);
	s->fd = fd;
	s->walked_at_ns = walked_at_ns;
	s->memo_records = memo_records;
	memcpy(s->path, path, len);
	return s;
}

void lb_source_unref(struct lb_source *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	close(s->fd);
	free(s);
}

struct lb_source_dir *lb_source_dir_new(struct lb_source *s, const char *path, uint64_t dev)
{
	size_t len = strlen(path) + 1;
	struct lb_source_dir *d = lb_malloc(sizeof(*d) + len);
	atomic_init(&d->refs, 1);
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	d->source = s;
	d->dev = dev;
	memcpy(d->path, path, len);
	return d;
}

void lb_source_dir_unref(struct lb_source_dir *d)
{
	if (!d || atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) != 1)
		return;
	lb_source_unref(d->source);
	free(d);
}

/* A file's whole name, for messages, and where in it the part below the source begins. */
struct full_name {
	char *text;
	const char *below;
};

static void full_name_release(struct full_name *n)
{
	free(n->text);
}
#define autoname __attribute__((cleanup(full_name_release)))

static struct full_name full_name(const struct source_file *f)
{
	const char *root = f->dir->source->path, *dir = f->dir->path;
	if (strcmp(root, ".") == 0)
		root = "";
	size_t n = strlen(root);
	bool slash = n && root[n - 1] != '/';
	char *text = lb_format("%s%s%s%s%s", root, slash ? "/" : "", dir, *dir ? "/" : "", f->name);
	return (struct full_name){ text, text + n + slash };
}

static int failed(const struct full_name *name, int errnum, struct lb_err *err)
{
	lb_fail_errno(err, errnum, "cannot read %s", name->text);
	return lb_recode(err, LB_IO);
}

/* What fd shows must be what the walk saw. */
static int check(const struct source_file *f, const struct full_name *name, int fd, struct lb_err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		int e = errno;
		return failed(name, e, err);
	}
	bool same_size = S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->content.size_bytes;
	if (same_size && lb_time_ns(st.st_mtim.tv_sec, st.st_mtim.tv_nsec) == f->mtime_ns)
		return 0;
	if (same_size)
		return lb_fail(err, LB_IO, "%s has changed while it was in use (written to)", name->text);
	return lb_fail(err, LB_IO, "%s has changed while it was in use: %" PRIu64 " bytes then, %" PRIu64 " now", name->text,
		       f->content.size_bytes, (uint64_t)st.st_size);
}

static int open_file(const struct source_file *f, const struct full_name *name, int *fd, struct lb_err *err)
{
	*fd = lb_fs_open_below(f->dir->source->fd, name->below, O_RDONLY);
	int e = errno;
	return *fd < 0 ? failed(name, e, err) : 0;
}

static int source_open(const struct lb_content *c, int *out, struct lb_err *err)
{
	const struct source_file *f = (const struct source_file *)c;
	autoname struct full_name name = full_name(f);
	lb_autofd int fd = -1;
	int rc = open_file(f, &name, &fd, err);
	if (!rc)
		rc = check(f, &name, fd, err);
	if (!rc)
		*out = lb_steal_fd(&fd);
	return rc;
}

/* Checked once all is read: a write meanwhile shows then, and what came before shows too. */
static int source_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct source_file *f = (const struct source_file *)c;
	autoname struct full_name name = full_name(f);
	lb_autofd int fd = -1;
	int rc = open_file(f, &name, &fd, err);
	if (rc)
		return rc;
	rc = lb_content_read_fd(fd, 0, c->size_bytes, name.text, sink, arg, err);
	int changed = !rc || rc == LB_IO ? check(f, &name, fd, err) : 0;
	return changed ? changed : rc;
}

static void source_free(struct lb_content *c)
{
	struct source_file *f = (struct source_file *)c;
	lb_source_dir_unref(f->dir);
	free(f);
}

static const struct lb_content_ops source_ops = { .read = source_read, .free = source_free, .open = source_open };

struct lb_content *lb_source_file(struct lb_source_dir *d, const char *name, size_t len, const struct lb_file_key *key)
{
	struct source_file *f = lb_malloc(sizeof(*f) + len + 1);
	lb_content_init(&f->content, &source_ops, key->size_bytes);
	if (key->dev == d->dev) {
		atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
		f->dir = d;
	} else {
		f->dir = lb_source_dir_new(d->source, d->path, key->dev);
	}
	f->ino = key->ino;
	f->mtime_ns = key->mtime_ns;
	f->ctime_ns = key->ctime_ns;
	f->recalled = false;
	memcpy(f->name, name, len);
	f->name[len] = '\0';
	return &f->content;
}

void lb_source_file_recall(struct lb_content *c, const struct lb_digest *digest)
{
	((struct source_file *)c)->recalled = true;
	lb_content_set_digest(c, digest);
}

bool lb_content_file_recalled(const struct lb_content *c, uint64_t *records)
{
	const struct source_file *f = (const struct source_file *)c;
	*records = f->dir->source->memo_records;
	return f->recalled;
}

bool lb_content_file_key(const struct lb_content *c, struct lb_file_key *out)
{
	if (!c || c->ops != &source_ops)
		return false;
	const struct source_file *f = (const struct source_file *)c;
	*out = (struct lb_file_key){ f->dir->dev, f->ino, c->size_bytes, f->mtime_ns, f->ctime_ns };
	return true;
}

/* A tick of the kernel's clock is 1 to 10 ms. A time without a fraction comes from a file system that keeps
 * whole seconds, or two of them (FAT). */
static bool shortly_before(uint64_t t, uint64_t walk)
{
	int64_t margin_ns = t % 1000000000 ? 20000000 : 2000000000;
	return (int64_t)(walk - t) <= margin_ns;
}

bool lb_content_file_racy(const struct lb_content *c)
{
	const struct source_file *f = (const struct source_file *)c;
	uint64_t walk = f->dir->source->walked_at_ns;
	return !walk || shortly_before(f->mtime_ns, walk) || shortly_before(f->ctime_ns, walk);
}
