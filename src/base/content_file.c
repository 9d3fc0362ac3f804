/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/content.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/mem.h"

/* On the stack: most files are small, and an allocation of this size would be a mapping each. */
enum { PIECE = 65536 };

int lb_content_read_fd(int fd, uint64_t offset, uint64_t size_bytes, const char *name, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	char piece[PIECE];
	for (uint64_t done = 0; done < size_bytes;) {
		uint64_t left = size_bytes - done;
		ssize_t n = pread(fd, piece, left < PIECE ? (size_t)left : PIECE, (off_t)(offset + done));
		int e = errno;
		if (n < 0 && e == EINTR)
			continue;
		if (n < 0 && e != ESPIPE) {
			lb_fail_errno(err, e, "cannot read %s", name);
			return lb_recode(err, LB_IO);
		}
		if (n <= 0)
			return lb_fail(err, LB_IO, "%s has changed while it was in use: %" PRIu64 " bytes of %" PRIu64 " are left", name,
				       offset + done, offset + size_bytes);
		int rc = sink(arg, piece, (size_t)n, err);
		if (rc)
			return rc;
		done += (uint64_t)n;
	}
	return 0;
}

struct lb_content_root {
	atomic_uint refs;
	int fd;
};

struct lb_content_root *lb_content_root_new(int dirfd)
{
	struct lb_content_root *r = lb_malloc(sizeof(*r));
	atomic_init(&r->refs, 1);
	r->fd = dirfd == AT_FDCWD ? AT_FDCWD : fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
	return r;
}

struct lb_content_root *lb_content_root_ref(struct lb_content_root *r)
{
	atomic_fetch_add_explicit(&r->refs, 1, memory_order_relaxed);
	return r;
}

void lb_content_root_unref(struct lb_content_root *r)
{
	if (!r || atomic_fetch_sub_explicit(&r->refs, 1, memory_order_acq_rel) != 1)
		return;
	lb_cleanup_fd(&r->fd);
	free(r);
}

struct file_content {
	struct lb_content content;
	struct lb_content_root *root;
	uint64_t offset;
	char path[];
};

static int file_open(const struct lb_content *c, int *fd, struct lb_err *err)
{
	const struct file_content *f = (const struct file_content *)c;
	lb_autofd int got = openat(f->root->fd, f->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int e = errno;
	struct stat st;
	if (got < 0 || fstat(got, &st) != 0) {
		lb_fail_errno(err, got < 0 ? e : errno, "cannot read %s", f->path);
		return lb_recode(err, LB_IO);
	}
	uint64_t have = (uint64_t)st.st_size, want = f->offset + c->size_bytes;
	if (!S_ISREG(st.st_mode) || have < want || (!f->offset && have != want))
		return lb_fail(err, LB_IO, "%s has changed while it was in use: %" PRIu64 " bytes, expected %" PRIu64, f->path, have, want);
	if (f->offset && lseek(got, (off_t)f->offset, SEEK_SET) < 0) {
		e = errno;
		return lb_fail_errno(err, e, "cannot read %s", f->path);
	}
	*fd = lb_steal_fd(&got);
	return 0;
}

static int file_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct file_content *f = (const struct file_content *)c;
	lb_autofd int fd = -1;
	int rc = file_open(c, &fd, err);
	return rc ? rc : lb_content_read_fd(fd, f->offset, c->size_bytes, f->path, sink, arg, err);
}

static void file_free(struct lb_content *c)
{
	struct file_content *f = (struct file_content *)c;
	lb_content_root_unref(f->root);
	free(f);
}

/* A slice has no descriptor of its own: a reader could not tell where it ends. */
static const struct lb_content_ops slice_ops = { .read = file_read, .free = file_free };
static const struct lb_content_ops file_ops = { .read = file_read, .free = file_free, .open = file_open };

struct lb_content *lb_content_file_in(struct lb_content_root *r, const char *path, uint64_t offset, uint64_t size_bytes)
{
	size_t len = strlen(path);
	struct file_content *f = lb_malloc(sizeof(*f) + len + 1);
	lb_content_init(&f->content, offset ? &slice_ops : &file_ops, size_bytes);
	f->root = lb_content_root_ref(r);
	f->offset = offset;
	memcpy(f->path, path, len + 1);
	return &f->content;
}

struct lb_content *lb_content_file(int dirfd, const char *path, uint64_t offset, uint64_t size_bytes)
{
	struct lb_content_root *r = lb_content_root_new(dirfd);
	struct lb_content *c = lb_content_file_in(r, path, offset, size_bytes);
	lb_content_root_unref(r);
	return c;
}
