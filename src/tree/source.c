/* SPDX-License-Identifier: Apache-2.0 */
#include "tree/dir.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "lbench/fs.h"
#include "lbench/mem.h"

/* File systems of one machine's own disk or memory, which give a directory a new time with each change of its names.
 * Others may (network, FUSE, overlays whose lower layer is another one by now), and are listed each time. */
static bool dates_directories(int fd)
{
	static const uint64_t kinds[] = { EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC };
	struct statfs fs;
	if (fstatfs(fd, &fs) != 0)
		return false;
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		if ((uint64_t)fs.f_type == kinds[i])
			return true;
	return false;
}

struct lb_source *lb_source_new(int fd, const char *path, bool canonical, uint64_t walked_at_ns)
{
	size_t len = strlen(path) + 1;
	struct lb_source *s = lb_calloc(1, sizeof(*s) + len);
	struct stat st;
	atomic_init(&s->refs, 1);
	s->fd = fd;
	s->canonical = canonical;
	s->walked_at_ns = walked_at_ns;
	if (dates_directories(fd) && fstat(fd, &st) == 0)
		s->names_dev = st.st_dev;
	memcpy(s->path, path, len);
	return s;
}

struct lb_source *lb_source_ref(struct lb_source *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void lb_source_unref(struct lb_source *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	close(s->fd);
	free(s);
}

/* A tick of the kernel's clock is 1 to 10 ms. A time without a fraction comes from a file system that keeps
 * whole seconds, or two of them (FAT). */
bool lb_source_racy(const struct lb_source *s, uint64_t time_ns)
{
	int64_t margin_ns = time_ns % 1000000000 ? 20000000 : 2000000000;
	return !s->walked_at_ns || (int64_t)(s->walked_at_ns - time_ns) <= margin_ns;
}

/* ---- directories ---- */

static void dir_free(struct lb_slab *slab)
{
	struct lb_source_dir *d = (struct lb_source_dir *)slab;
	lb_source_unref(d->source);
	free(d);
}

struct lb_source_dir *lb_source_dir_new(struct lb_source *s, const char *path, size_t entries, size_t names_bytes, char **names)
{
	size_t path_bytes = strlen(path) + 1;
	size_t each = sizeof(struct lb_source_entry) + sizeof(struct lb_source_leaf);
	struct lb_source_dir *d = lb_malloc(sizeof(*d) + entries * each + names_bytes + path_bytes);
	memset(d, 0, sizeof(*d));
	atomic_init(&d->slab.refs, 1);
	d->slab.free = dir_free;
	d->source = lb_source_ref(s);
	d->was = UINT32_MAX;
	d->leaves = (struct lb_source_leaf *)(d + 1);
	d->entries = (struct lb_source_entry *)(d->leaves + entries);
	*names = (char *)(d->entries + entries);
	d->path = *names + names_bytes;
	memcpy(d->path, path, path_bytes);
	return d;
}

void lb_source_dir_unref(struct lb_source_dir *d)
{
	lb_slab_unref(&d->slab);
}

void lb_source_dir_discard(struct lb_source_dir *d, size_t from)
{
	for (size_t i = from; i < d->count; i++)
		lb_node_unref(&d->leaves[i].node);
	lb_node_unref(&d->node);
	lb_source_dir_unref(d);
}

struct lb_source_dir *lb_source_dir_of(const struct lb_node *n)
{
	if (n->attr.kind != LB_DIR || !n->slab || n->slab->free != dir_free)
		return NULL;
	struct lb_source_dir *d = (struct lb_source_dir *)n->slab;
	return n == &d->node ? d : NULL;
}

/* ---- files ---- */

static const struct lb_source_entry *entry_of(const struct lb_source_file *f)
{
	const struct lb_source_leaf *leaf = (const void *)((const char *)f - offsetof(struct lb_source_leaf, file));
	return &f->dir->entries[leaf - f->dir->leaves];
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

static struct full_name full_name(const struct lb_source_file *f)
{
	const char *root = f->dir->source->path, *dir = f->dir->path;
	if (strcmp(root, ".") == 0)
		root = "";
	size_t n = strlen(root);
	bool slash = n && root[n - 1] != '/';
	char *text = lb_format("%s%s%s%s%s", root, slash ? "/" : "", dir, *dir ? "/" : "", entry_of(f)->name);
	return (struct full_name){ text, text + n + slash };
}

static int failed(const struct full_name *name, int errnum, struct lb_err *err)
{
	lb_fail_errno(err, errnum, "cannot read %s", name->text);
	return lb_recode(err, LB_IO);
}

/* What fd shows must be what the walk saw. */
static int check(const struct lb_source_file *f, const struct full_name *name, int fd, struct lb_err *err)
{
	struct stat st;
	if (fstat(fd, &st) != 0) {
		int e = errno;
		return failed(name, e, err);
	}
	bool same_size = S_ISREG(st.st_mode) && (uint64_t)st.st_size == f->content.size_bytes;
	if (same_size && lb_time_ns(st.st_mtim.tv_sec, st.st_mtim.tv_nsec) == entry_of(f)->mtime_ns)
		return 0;
	if (same_size)
		return lb_fail(err, LB_IO, "%s has changed while it was in use (written to)", name->text);
	return lb_fail(err, LB_IO, "%s has changed while it was in use: %" PRIu64 " bytes then, %" PRIu64 " now", name->text,
		       f->content.size_bytes, (uint64_t)st.st_size);
}

static int open_file(const struct lb_source_file *f, const struct full_name *name, int *fd, struct lb_err *err)
{
	atomic_store_explicit(&f->dir->opened, true, memory_order_relaxed);
	*fd = lb_fs_open_below(f->dir->source->fd, name->below, O_RDONLY);
	int e = errno;
	return *fd < 0 ? failed(name, e, err) : 0;
}

static int source_open(const struct lb_content *c, int *out, struct lb_err *err)
{
	const struct lb_source_file *f = (const struct lb_source_file *)c;
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
	const struct lb_source_file *f = (const struct lb_source_file *)c;
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
	lb_slab_unref(&((struct lb_source_file *)c)->dir->slab);
}

static const struct lb_content_ops source_ops = { .read = source_read, .free = source_free, .open = source_open };

struct lb_content *lb_source_file(struct lb_source_dir *d, size_t i)
{
	struct lb_source_file *f = &d->leaves[i].file;
	lb_content_init(&f->content, &source_ops, d->entries[i].size_bytes);
	f->dir = d;
	atomic_fetch_add_explicit(&d->slab.refs, 1, memory_order_relaxed);
	return &f->content;
}
