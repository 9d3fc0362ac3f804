/* SPDX-License-Identifier: Apache-2.0
 *
 * The store's front: what callers see, over whichever back end.
 *
 * A blob is collected in a buffer and handed on in large pieces; only at its end is it known under which name
 * it belongs, and whether it is new. Names appear by one rename, so a reader sees a blob whole or not at all,
 * and a writer that is killed leaves a file in tmp/ that nobody looks at.
 */
#include "lbench/store.h"

#include <assert.h>
#include <stdlib.h>

#include "lbench/mem.h"
#include "store/backend.h"

static void store_of(struct lb_backend *be, struct lb_store **out)
{
	*out = lb_calloc(1, sizeof(**out));
	(*out)->be = be;
	pthread_mutex_init(&(*out)->mutex, NULL);
}

int lb_store_open(const char *dir, struct lb_store **out, struct lb_err *err)
{
	struct lb_backend *be;
	int rc = lb_disk_open(dir, &be, err);
	if (!rc)
		store_of(be, out);
	return rc;
}

int lb_store_open_memory(struct lb_store **out, struct lb_err *err)
{
	(void)err;
	store_of(lb_memory_open(), out);
	return 0;
}

void lb_store_close(struct lb_store *s)
{
	if (!s)
		return;
	s->be->ops->close(s->be);
	lb_map_free(s->made);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

void lb_store_note_made(struct lb_store *s)
{
	pthread_mutex_lock(&s->mutex);
	if (!s->made)
		s->made = lb_map_new(NULL);
	pthread_mutex_unlock(&s->mutex);
}

static void made(struct lb_store *s, const struct lb_digest *digest)
{
	pthread_mutex_lock(&s->mutex);
	if (s->made)
		lb_map_setn(s->made, digest->bytes, sizeof(digest->bytes), s);
	pthread_mutex_unlock(&s->mutex);
}

bool lb_store_began_with(struct lb_store *s, const struct lb_digest *digest)
{
	pthread_mutex_lock(&s->mutex);
	bool ours = s->made && lb_map_getn(s->made, digest->bytes, sizeof(digest->bytes));
	pthread_mutex_unlock(&s->mutex);
	const struct lb_backend_ops *ops = s->be->ops;
	return !ours && ((ops->relied && ops->relied(s->be, digest)) || ops->has(s->be, digest, NULL));
}

const char *lb_store_dir(const struct lb_store *s)
{
	return s->be->ops->dir(s->be);
}

int lb_blob_new(struct lb_store *s, struct lb_blob **out, struct lb_err *err)
{
	(void)err;
	struct lb_blob *b = lb_calloc(1, sizeof(*b));
	b->store = s;
	b->fd = -1;
	*out = b;
	return 0;
}

int lb_blob_write(struct lb_blob *b, const void *data, size_t len, struct lb_err *err)
{
	struct lb_backend *be = b->store->be;
	if (!be->ops->blob_spill || b->buf.len + len <= LB_BLOB_BUFFER) {
		lb_buf_add(&b->buf, data, len);
		return 0;
	}
	int rc = b->buf.len ? be->ops->blob_spill(be, b, b->buf.data, b->buf.len, err) : 0;
	if (rc)
		return rc;
	lb_buf_clear(&b->buf);
	if (len >= LB_BLOB_BUFFER)
		return be->ops->blob_spill(be, b, data, len, err);
	lb_buf_add(&b->buf, data, len);
	return 0;
}

int lb_blob_commit(struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err)
{
	struct lb_backend *be = b->store->be;
	bool fresh = false;
	int rc = be->ops->blob_commit(be, b, digest, &fresh, err);
	if (!rc && fresh)
		made(b->store, digest);
	if (!rc && was_new)
		*was_new = fresh;
	lb_blob_abort(b);
	return rc;
}

void lb_blob_abort(struct lb_blob *b)
{
	if (!b)
		return;
	b->store->be->ops->blob_abort(b->store->be, b);
	lb_buf_release(&b->buf);
	free(b);
}

void lb_blob_cleanup(struct lb_blob **b)
{
	lb_blob_abort(*b);
	*b = NULL;
}

int lb_store_put(struct lb_store *s, const void *data, size_t len, struct lb_digest *digest, bool *was_new, struct lb_err *err)
{
	struct lb_digest d = lb_digest_of(data, len);
	bool fresh = false;
	if (!s->be->ops->use(s->be, &d)) {
		lb_autoblob struct lb_blob *b = NULL;
		int rc = lb_blob_new(s, &b, err);
		if (!rc)
			rc = lb_blob_write(b, data, len, err);
		if (!rc)
			rc = lb_blob_commit(lb_steal(&b), &d, &fresh, err);
		if (rc)
			return rc;
	}
	if (digest)
		*digest = d;
	if (was_new)
		*was_new = fresh;
	return 0;
}

bool lb_store_has(struct lb_store *s, const struct lb_digest *digest, uint64_t *size_bytes)
{
	return s->be->ops->has(s->be, digest, size_bytes);
}

bool lb_store_use(struct lb_store *s, const struct lb_digest *digest)
{
	return s->be->ops->use(s->be, digest);
}

int lb_store_get(struct lb_store *s, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err)
{
	return s->be->ops->get(s->be, digest, out, err);
}

int lb_store_load(struct lb_store *s, const struct lb_digest *digest, struct lb_buf *out, struct lb_err *err)
{
	struct lb_content *c;
	int rc = lb_store_get(s, digest, &c, err);
	if (rc)
		return rc;
	rc = lb_content_load(c, out, err);
	lb_content_unref(c);
	return rc;
}

int lb_store_each_blob(struct lb_store *s, lb_store_each_fn *fn, void *arg, struct lb_err *err)
{
	lb_autobloblist struct lb_blob_list list = { 0 };
	int rc = s->be->ops->list(s->be, &list, err);
	for (size_t i = 0; !rc && i < list.count; i++)
		rc = fn(&list.items[i].digest, list.items[i].bytes, arg);
	return rc;
}

int lb_store_delete_blob(struct lb_store *s, const struct lb_digest *digest, struct lb_err *err)
{
	bool removed;
	int rc = s->be->ops->remove(s->be, digest, INT64_MAX, &removed, err);
	return rc ? rc : s->be->ops->layer_forget(s->be, digest, err);
}

int lb_store_layer_put(struct lb_store *s, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err)
{
	return s->be->ops->layer_put(s->be, tree, info, err);
}

/* A row may outlive its blob; what is told of a layer must hold. */
static int layer_if_whole(struct lb_store *s, const struct lb_layer_info *info, struct lb_layer_info *out, struct lb_err *err)
{
	if (!s->be->ops->use(s->be, &info->blob))
		return lb_fail(err, LB_NOT_FOUND, "the layer's blob is gone");
	*out = *info;
	return 0;
}

int lb_store_layer_get(struct lb_store *s, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
		       struct lb_err *err)
{
	struct lb_layer_info info;
	int rc = s->be->ops->layer_by_tree(s->be, tree, c, &info, err);
	return rc ? rc : layer_if_whole(s, &info, out, err);
}

int lb_store_layer_by_diff_id(struct lb_store *s, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
			      struct lb_err *err)
{
	struct lb_layer_info info;
	int rc = s->be->ops->layer_by_diff_id(s->be, diff_id, c, &info, err);
	return rc ? rc : layer_if_whole(s, &info, out, err);
}

int lb_store_memo_put(struct lb_store *s, const char *kind, const struct lb_digest *key, const void *data, size_t len, struct lb_err *err)
{
	return s->be->ops->memo_put(s->be, kind, key, data, len, err);
}

int lb_store_memo_get(struct lb_store *s, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err)
{
	return s->be->ops->memo_get(s->be, kind, key, out, err);
}

void lb_store_read_begin(struct lb_store *s, const struct lb_digest *about)
{
	if (s->be->ops->hold)
		s->be->ops->hold(s->be, about);
}

void lb_store_read_end(struct lb_store *s, const struct lb_digest *about, bool again)
{
	if (s->be->ops->let_go)
		s->be->ops->let_go(s->be, about, again);
}

int lb_store_sync(struct lb_store *s, struct lb_err *err)
{
	return s->be->ops->sync(s->be, err);
}
