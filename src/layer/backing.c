/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/backing.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lbench/mem.h"

struct lb_backing {
	atomic_uint refs;
	int fd; /* -1: in memory */
	bool may_change;
	uint64_t size_bytes;
	struct timespec mtime;
	char *data;
};

struct piece {
	struct lb_content content;
	struct lb_backing *backing;
	uint64_t offset;
};

static struct lb_backing *backing_new(int fd, uint64_t size_bytes)
{
	struct lb_backing *b = lb_calloc(1, sizeof(*b));
	atomic_init(&b->refs, 1);
	b->fd = fd;
	b->size_bytes = size_bytes;
	return b;
}

int lb_backing_file(int fd, bool may_change, struct lb_backing **out, struct lb_err *err)
{
	struct stat st;
	int rc = fstat(fd, &st), e = errno;
	if (rc)
		return lb_fail_errno(err, e, "cannot look at an archive");
	*out = backing_new(fd, (uint64_t)st.st_size);
	(*out)->may_change = may_change;
	(*out)->mtime = st.st_mtim;
	return 0;
}

struct lb_backing *lb_backing_memory(struct lb_buf *data)
{
	struct lb_backing *b = backing_new(-1, data->len);
	b->data = lb_buf_steal(data);
	return b;
}

void lb_backing_unref(struct lb_backing *b)
{
	if (!b || atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) != 1)
		return;
	lb_cleanup_fd(&b->fd);
	free(b->data);
	free(b);
}

void lb_backing_cleanup(struct lb_backing **b)
{
	lb_backing_unref(*b);
	*b = NULL;
}

uint64_t lb_backing_size(const struct lb_backing *b)
{
	return b->size_bytes;
}

static int unchanged(const struct lb_backing *b, struct lb_err *err)
{
	struct stat st;
	if (!b->may_change)
		return 0;
	if (fstat(b->fd, &st) == 0 && (uint64_t)st.st_size == b->size_bytes && st.st_mtim.tv_sec == b->mtime.tv_sec &&
	    st.st_mtim.tv_nsec == b->mtime.tv_nsec)
		return 0;
	return lb_fail(err, LB_IO, "an archive has changed while it was in use");
}

int lb_backing_read(const struct lb_backing *b, uint64_t offset, void *data, size_t len, size_t *got, struct lb_err *err)
{
	uint64_t left = offset < b->size_bytes ? b->size_bytes - offset : 0;
	*got = left < len ? (size_t)left : len;
	if (*got == 0)
		return 0;
	if (b->fd < 0) {
		memcpy(data, b->data + offset, *got);
		return 0;
	}
	ssize_t n;
	int e;
	do {
		n = pread(b->fd, data, *got, (off_t)offset);
		e = errno;
	} while (n < 0 && e == EINTR);
	if (n < 0)
		return lb_fail_errno(err, e, "cannot read an archive");
	*got = (size_t)n;
	return 0;
}

static int piece_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct piece *p = (const struct piece *)c;
	if (p->backing->fd < 0)
		return c->size_bytes ? sink(arg, p->backing->data + p->offset, (size_t)c->size_bytes, err) : 0;
	int rc = unchanged(p->backing, err);
	return rc ? rc : lb_content_read_fd(p->backing->fd, p->offset, c->size_bytes, "an archive", sink, arg, err);
}

static void piece_free(struct lb_content *c)
{
	struct piece *p = (struct piece *)c;
	lb_backing_unref(p->backing);
	free(p);
}

static const struct lb_content_ops piece_ops = { .read = piece_read, .free = piece_free };

int lb_backing_piece(struct lb_backing *b, uint64_t offset, uint64_t size_bytes, struct lb_content **out, struct lb_err *err)
{
	if (offset > b->size_bytes || size_bytes > b->size_bytes - offset)
		return lb_fail(err, LB_INVALID,
			       "the archive ends in the middle of a file: %" PRIu64 " bytes at %" PRIu64 ", %" PRIu64 " in all", size_bytes,
			       offset, b->size_bytes);
	struct piece *p = lb_malloc(sizeof(*p));
	lb_content_init(&p->content, &piece_ops, size_bytes);
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	p->backing = b;
	p->offset = offset;
	*out = &p->content;
	return 0;
}

struct sparse {
	struct lb_content content;
	char *data;
	struct lb_extent *extents;
	size_t count;
};

static int zeros_to(lb_sink_fn *sink, void *arg, uint64_t bytes, struct lb_err *err)
{
	static const char zeros[65536];
	while (bytes) {
		size_t n = bytes < sizeof(zeros) ? (size_t)bytes : sizeof(zeros);
		int rc = sink(arg, zeros, n, err);
		if (rc)
			return rc;
		bytes -= n;
	}
	return 0;
}

static int sparse_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct sparse *s = (const struct sparse *)c;
	const char *data = s->data;
	uint64_t at = 0;
	for (size_t i = 0; i < s->count; i++) {
		const struct lb_extent *x = &s->extents[i];
		int rc = zeros_to(sink, arg, x->offset - at, err);
		if (!rc && x->bytes)
			rc = sink(arg, data, (size_t)x->bytes, err);
		if (rc)
			return rc;
		data += x->bytes;
		at = x->offset + x->bytes;
	}
	return zeros_to(sink, arg, c->size_bytes - at, err);
}

static void sparse_free(struct lb_content *c)
{
	struct sparse *s = (struct sparse *)c;
	free(s->data);
	free(s->extents);
	free(s);
}

static const struct lb_content_ops sparse_ops = { .read = sparse_read, .free = sparse_free };

struct lb_content *lb_content_sparse(uint64_t size_bytes, struct lb_buf *data, struct lb_extent *extents, size_t count)
{
	struct sparse *s = lb_malloc(sizeof(*s));
	lb_content_init(&s->content, &sparse_ops, size_bytes);
	s->data = lb_buf_steal(data);
	s->extents = extents;
	s->count = count;
	return &s->content;
}
