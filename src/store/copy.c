/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/store.h"

#include "lbench/mem.h"
#include "store/backend.h"

struct tee {
	struct lb_blob *blob;
	struct lb_sha256 hash;
};

static int write_and_hash(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct tee *t = arg;
	lb_sha256_add(&t->hash, data, len);
	return lb_blob_write(t->blob, data, len, err);
}

static int only_write(void *arg, const void *data, size_t len, struct lb_err *err)
{
	return lb_blob_write(((struct tee *)arg)->blob, data, len, err);
}

static int copy_checked(struct tee *t, const struct lb_content *c, const struct lb_digest *digest, struct lb_err *err)
{
	lb_sha256_init(&t->hash);
	int rc = lb_content_read(c, write_and_hash, t, err);
	if (rc)
		return rc;
	struct lb_digest is = lb_sha256_done(&t->hash);
	char text[LB_DIGEST_TEXT];
	lb_digest_text(digest, text);
	return lb_digest_equal(&is, digest) ? 0 : lb_fail(err, LB_INVALID, "%s: the bytes are not those that it names", text);
}

static int copy_trusted(struct tee *t, const struct lb_content *c, struct lb_err *err)
{
	struct lb_backend *be = t->blob->store->be;
	lb_autofd int fd = -1;
	if (c->size_bytes <= LB_BLOB_BUFFER || !be->ops->blob_copy || lb_content_open(c, &fd, NULL) != 0)
		return lb_content_read(c, only_write, t, err);
	return be->ops->blob_copy(be, t->blob, fd, c->size_bytes, err);
}

int lb_store_copy(struct lb_store *s, const struct lb_content *c, const struct lb_digest *digest, bool check, bool *was_new,
		  struct lb_err *err)
{
	lb_autoblob struct lb_blob *blob = NULL;
	if (was_new)
		*was_new = false;
	if (s->be->ops->use(s->be, digest))
		return 0;
	int rc = lb_blob_new(s, &blob, err);
	if (rc)
		return rc;
	struct tee t = { .blob = blob };
	rc = check ? copy_checked(&t, c, digest, err) : copy_trusted(&t, c, err);
	return rc ? rc : lb_blob_commit(lb_steal(&blob), digest, was_new, err);
}
