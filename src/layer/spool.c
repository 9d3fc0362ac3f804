/* SPDX-License-Identifier: Apache-2.0 */
#include "layer/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layer/unpack.h"
#include "lbench/fs.h"
#include "lbench/mem.h"

enum { MEMORY_LIMIT = 4 << 20 };
#define MEMO_KIND "layer-tar" /* digest of a compressed blob -> that of its tar */

/* A content as it lies. */
static int whole(struct lb_content *c, bool may_change, struct lb_backing **out, struct lb_err *err)
{
	lb_autofd int fd = -1;
	int rc = lb_content_open(c, &fd, err);
	if (!rc) {
		rc = lb_backing_file(fd, may_change, out, err);
		if (!rc)
			lb_steal_fd(&fd);
		return rc;
	}
	if (rc != LB_UNSUPPORTED)
		return rc;
	lb_autobuf struct lb_buf data = { 0 };
	rc = lb_content_load(c, &data, err);
	if (!rc)
		*out = lb_backing_memory(&data);
	return rc;
}

/* ---- into the store ---- */

struct kept {
	struct lb_blob *blob;
	struct lb_sha256 hash;
};

static int on_kept(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct kept *k = arg;
	lb_sha256_add(&k->hash, data, len);
	return lb_blob_write(k->blob, data, len, err);
}

static bool remembered(struct lb_store *s, const struct lb_content *c, struct lb_digest *tar)
{
	struct lb_digest packed;
	lb_autobuf struct lb_buf memo = { 0 };
	if (!lb_content_digest_known(c, &packed) || lb_store_memo_get(s, MEMO_KIND, &packed, &memo, NULL) != 0 ||
	    memo.len != sizeof(tar->bytes))
		return false;
	memcpy(tar->bytes, memo.data, sizeof(tar->bytes));
	return lb_store_has(s, tar, NULL);
}

static int remember(struct lb_store *s, const struct lb_content *c, const struct lb_digest *tar, struct lb_err *err)
{
	struct lb_digest packed;
	if (!lb_content_digest_known(c, &packed))
		return 0;
	return lb_store_memo_put(s, MEMO_KIND, &packed, tar->bytes, sizeof(tar->bytes), err);
}

static int unpack_kept(struct lb_store *s, struct lb_content *c, struct lb_digest *digest, struct lb_err *err)
{
	lb_autoblob struct lb_blob *blob = NULL;
	int rc = lb_blob_new(s, &blob, err);
	if (rc)
		return rc;
	struct kept k = { .blob = blob };
	lb_sha256_init(&k.hash);
	rc = lb_unpack(c, on_kept, &k, err);
	if (rc)
		return rc;
	*digest = lb_sha256_done(&k.hash);
	bool was_new;
	rc = lb_blob_commit(lb_steal(&blob), digest, &was_new, err);
	return rc ? rc : remember(s, c, digest, err);
}

static int keep_tar(struct lb_store *s, struct lb_content *c, struct lb_backing **out, struct lb_digest *digest, struct lb_err *err)
{
	int rc = remembered(s, c, digest) ? 0 : unpack_kept(s, c, digest, err);
	if (rc)
		return rc;
	lb_autocontent struct lb_content *tar = NULL;
	rc = lb_store_get(s, digest, &tar, err);
	return rc ? rc : whole(tar, false, out, err);
}

/* ---- for this process alone ---- */

struct spool {
	const char *dir;
	int fd; /* -1 while it is small */
	struct lb_buf data;
	struct lb_sha256 hash;
};

/* Nothing is left of it when the process ends, however it ends. */
static int nameless_file(const char *dir, int *out, struct lb_err *err)
{
	*out = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*out >= 0)
		return 0;
	lb_autofree char *name = lb_path_join(dir, "lbench-XXXXXX");
	*out = mkostemp(name, O_CLOEXEC);
	int e = errno;
	if (*out < 0)
		return lb_fail(err, LB_CANTCREAT, "cannot make a temporary file in %s: %s", dir, strerror(e));
	unlink(name);
	return 0;
}

static int spill(struct spool *sp, struct lb_err *err)
{
	int rc = lb_fs_write_fd(sp->fd, sp->data.data, sp->data.len, "a temporary file", err);
	lb_buf_clear(&sp->data);
	return rc;
}

static int on_spool(void *arg, const void *data, size_t len, struct lb_err *err)
{
	struct spool *sp = arg;
	lb_sha256_add(&sp->hash, data, len);
	if (sp->fd >= 0)
		return lb_fs_write_fd(sp->fd, data, len, "a temporary file", err);
	lb_buf_add(&sp->data, data, len);
	if (sp->data.len <= MEMORY_LIMIT)
		return 0;
	int rc = nameless_file(sp->dir, &sp->fd, err);
	return rc ? rc : spill(sp, err);
}

static const char *temporary_dir(const struct lb_store *s)
{
	const char *dir = s ? lb_store_dir(s) : NULL;
	const char *set = getenv("TMPDIR");
	if (dir)
		return dir;
	return set && *set ? set : "/var/tmp";
}

static int spool_tar(const struct lb_store *s, struct lb_content *c, struct lb_backing **out, struct lb_digest *digest, struct lb_err *err)
{
	struct spool sp = { .dir = temporary_dir(s), .fd = -1 };
	lb_sha256_init(&sp.hash);
	int rc = lb_unpack(c, on_spool, &sp, err);
	*digest = lb_sha256_done(&sp.hash);
	if (!rc && sp.fd >= 0) {
		rc = lb_backing_file(sp.fd, false, out, err);
		if (!rc)
			sp.fd = -1;
	} else if (!rc) {
		*out = lb_backing_memory(&sp.data);
	}
	lb_cleanup_fd(&sp.fd);
	lb_buf_release(&sp.data);
	return rc;
}

/* A plain archive's digest is its own. */
static int plain_digest(struct lb_content *c, bool need, struct lb_digest *digest, struct lb_err *err)
{
	*digest = (struct lb_digest){ 0 };
	if (need)
		return lb_content_digest(c, digest, err);
	lb_content_digest_known(c, digest);
	return 0;
}

int lb_spool_tar(struct lb_store *s, struct lb_content *c, bool keep, bool need_digest, struct lb_backing **out, struct lb_digest *digest,
		 struct lb_err *err)
{
	lb_autobuf struct lb_buf head = { 0 };
	int rc = lb_content_peek(c, 512, &head, err);
	if (rc)
		return rc;
	if (lb_packing_of(lb_buf_str(&head), head.len) != LB_PACKING_NONE)
		return keep ? keep_tar(s, c, out, digest, err) : spool_tar(s, c, out, digest, err);
	rc = plain_digest(c, need_digest, digest, err);
	/* a layer's blob is the store's, and fixed, though its time is not; another archive is a file of somebody's */
	return rc ? rc : whole(c, s == NULL, out, err);
}
