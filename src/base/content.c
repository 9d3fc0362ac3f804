/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/content.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

enum { DIGEST_UNKNOWN, DIGEST_BEING_SET, DIGEST_KNOWN };

void lb_content_init(struct lb_content *c, const struct lb_content_ops *ops, uint64_t size_bytes)
{
	c->ops = ops;
	c->size_bytes = size_bytes;
	atomic_init(&c->refs, 1);
	atomic_init(&c->digest_state, DIGEST_UNKNOWN);
}

struct lb_content *lb_content_ref(struct lb_content *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void lb_content_unref(struct lb_content *c)
{
	if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1)
		c->ops->free(c);
}

void lb_content_cleanup(struct lb_content **c)
{
	lb_content_unref(*c);
	*c = NULL;
}

int lb_content_open(const struct lb_content *c, int *fd, struct lb_err *err)
{
	if (!c->ops->open)
		return lb_fail(err, LB_UNSUPPORTED, "this content has no file of its own");
	return c->ops->open(c, fd, err);
}

int lb_content_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	return c ? c->ops->read(c, sink, arg, err) : 0;
}

static int into_buf(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_buf_add(arg, data, len);
	return 0;
}

int lb_content_load(const struct lb_content *c, struct lb_buf *out, struct lb_err *err)
{
	if (!c)
		return 0;
	if (c->size_bytes >= SIZE_MAX / 2)
		return lb_fail(err, LB_IO, "%" PRIu64 " bytes do not fit into memory", c->size_bytes);
	lb_buf_reserve(out, (size_t)c->size_bytes);
	return lb_content_read(c, into_buf, out, err);
}

bool lb_content_digest_known(const struct lb_content *c, struct lb_digest *out)
{
	if (!c) {
		*out = lb_digest_of("", 0);
		return true;
	}
	if (atomic_load_explicit(&c->digest_state, memory_order_acquire) != DIGEST_KNOWN)
		return false;
	*out = c->digest;
	return true;
}

void lb_content_set_digest(struct lb_content *c, const struct lb_digest *d)
{
	int expected = DIGEST_UNKNOWN;
	if (!atomic_compare_exchange_strong(&c->digest_state, &expected, DIGEST_BEING_SET))
		return;
	c->digest = *d;
	atomic_store_explicit(&c->digest_state, DIGEST_KNOWN, memory_order_release);
}

static int into_sha256(void *arg, const void *data, size_t len, struct lb_err *err)
{
	(void)err;
	lb_sha256_add(arg, data, len);
	return 0;
}

int lb_content_digest(struct lb_content *c, struct lb_digest *out, struct lb_err *err)
{
	if (lb_content_digest_known(c, out))
		return 0;
	struct lb_sha256 h;
	lb_sha256_init(&h);
	int rc = lb_content_read(c, into_sha256, &h, err);
	if (rc)
		return rc;
	*out = lb_sha256_done(&h);
	lb_content_set_digest(c, out);
	return 0;
}

struct bytes_content {
	struct lb_content content;
	unsigned char data[];
};

static int bytes_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	const struct bytes_content *b = (const struct bytes_content *)c;
	return c->size_bytes ? sink(arg, b->data, (size_t)c->size_bytes, err) : 0;
}

static void bytes_free(struct lb_content *c)
{
	free(c);
}

static const struct lb_content_ops bytes_ops = { .read = bytes_read, .free = bytes_free };

struct lb_content *lb_content_bytes(const void *data, size_t len)
{
	struct bytes_content *b = lb_malloc(sizeof(*b) + len);
	lb_content_init(&b->content, &bytes_ops, len);
	if (len)
		memcpy(b->data, data, len);
	return &b->content;
}

struct lb_content *lb_content_text(const char *text)
{
	return lb_content_bytes(text, strlen(text));
}
