/* SPDX-License-Identifier: Apache-2.0
 *
 * The store in memory: the same answers and counts as on disk, and nothing that another process sees.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"
#include "store/backend.h"
#include "store/db.h"

struct memory {
	struct lb_backend be;
	pthread_mutex_t mutex;               /* what follows */
	pthread_mutex_t index_lock;          /* held from lock to unlock */
	struct lb_map *blobs;                /* digest -> struct held; a removed one is NULL */
	struct lb_map *by_tree, *by_diff_id; /* digest and compression -> struct lb_layer_info */
	struct lb_map *memos;                /* kind, NUL, key -> struct lb_buf */
	json_t *index;
	int64_t uses;
};

static struct memory *memory_of(struct lb_backend *be)
{
	return (struct memory *)be;
}

/* A blob as content: the buffer that it was written into. */
struct held {
	struct lb_content content;
	char *data;
	int64_t used;
};

static int held_read(const struct lb_content *c, lb_sink_fn *sink, void *arg, struct lb_err *err)
{
	return c->size_bytes ? sink(arg, ((const struct held *)c)->data, (size_t)c->size_bytes, err) : 0;
}

static void held_free(struct lb_content *c)
{
	free(((struct held *)c)->data);
	free(c);
}

static const struct lb_content_ops held_ops = { .read = held_read, .free = held_free };

static void drop_held(void *p)
{
	lb_content_unref(p);
}

static struct held *find_blob(struct memory *m, const struct lb_digest *digest)
{
	return lb_map_getn(m->blobs, digest->bytes, sizeof(digest->bytes));
}

static void memory_close(struct lb_backend *be)
{
	struct memory *m = memory_of(be);
	lb_db_free(be->db);
	lb_map_free(m->blobs);
	lb_map_free(m->by_tree);
	lb_map_free(m->by_diff_id);
	lb_map_free(m->memos);
	json_decref(m->index);
	pthread_mutex_destroy(&m->mutex);
	pthread_mutex_destroy(&m->index_lock);
	free(m);
}

static const char *memory_dir(const struct lb_backend *be)
{
	(void)be;
	return NULL;
}

static int memory_blob_commit(struct lb_backend *be, struct lb_blob *b, const struct lb_digest *digest, bool *was_new, struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	struct held *h = find_blob(m, digest);
	*was_new = !h;
	if (!h) {
		h = lb_calloc(1, sizeof(*h));
		lb_content_init(&h->content, &held_ops, b->buf.len);
		h->data = lb_buf_steal(&b->buf);
		lb_content_set_digest(&h->content, digest);
		lb_map_setn(m->blobs, digest->bytes, sizeof(digest->bytes), h);
	}
	h->used = ++m->uses;
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static void memory_blob_abort(struct lb_backend *be, struct lb_blob *b)
{
	(void)be;
	(void)b;
}

static bool memory_has(struct lb_backend *be, const struct lb_digest *digest, uint64_t *bytes)
{
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	const struct held *h = find_blob(m, digest);
	if (h && bytes)
		*bytes = h->content.size_bytes;
	pthread_mutex_unlock(&m->mutex);
	return h != NULL;
}

static bool memory_use(struct lb_backend *be, const struct lb_digest *digest)
{
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	struct held *h = find_blob(m, digest);
	if (h)
		h->used = ++m->uses;
	pthread_mutex_unlock(&m->mutex);
	return h != NULL;
}

static int memory_get(struct lb_backend *be, const struct lb_digest *digest, struct lb_content **out, struct lb_err *err)
{
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	struct held *h = find_blob(m, digest);
	struct lb_content *c = h ? lb_content_ref(&h->content) : NULL;
	pthread_mutex_unlock(&m->mutex);
	if (!c) {
		char text[LB_DIGEST_TEXT];
		lb_digest_text(digest, text);
		return lb_fail(err, LB_NOT_FOUND, "the store in memory has no %s", text);
	}
	*out = c;
	return 0;
}

static int list_one(const void *key, size_t len, void *value, void *arg)
{
	(void)len;
	const struct held *h = value;
	if (!h)
		return 0;
	struct lb_blob_entry entry = { .bytes = h->content.size_bytes, .used_ns = h->used };
	memcpy(entry.digest.bytes, key, sizeof(entry.digest.bytes));
	lb_blob_list_add(arg, &entry);
	return 0;
}

static int memory_list(struct lb_backend *be, struct lb_blob_list *out, struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	lb_map_each(m->blobs, list_one, out);
	pthread_mutex_unlock(&m->mutex);
	lb_blob_list_sort(out);
	return 0;
}

static int memory_remove(struct lb_backend *be, const struct lb_digest *digest, int64_t protected_ns, bool *removed, struct lb_err *err)
{
	(void)err;
	(void)protected_ns; /* there are no others */
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	*removed = find_blob(m, digest) != NULL;
	if (*removed)
		lb_map_setn(m->blobs, digest->bytes, sizeof(digest->bytes), NULL);
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

#define LAYER_KEY 33

static void layer_key(const struct lb_digest *digest, enum lb_compression c, uint8_t key[LAYER_KEY])
{
	memcpy(key, digest->bytes, sizeof(digest->bytes));
	key[LAYER_KEY - 1] = (uint8_t)c;
}

static void set_layer(struct lb_map *map, const struct lb_digest *digest, const struct lb_layer_info *info)
{
	uint8_t key[LAYER_KEY];
	layer_key(digest, info->compression, key);
	struct lb_layer_info *copy = lb_malloc(sizeof(*copy));
	*copy = *info;
	lb_map_setn(map, key, sizeof(key), copy);
}

static int memory_layer_put(struct lb_backend *be, const struct lb_digest *tree, const struct lb_layer_info *info, struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	set_layer(m->by_tree, tree, info);
	set_layer(m->by_diff_id, &info->diff_id, info);
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static int find_layer(struct memory *m, struct lb_map *map, const struct lb_digest *digest, enum lb_compression c,
		      struct lb_layer_info *out, struct lb_err *err)
{
	uint8_t key[LAYER_KEY];
	layer_key(digest, c, key);
	pthread_mutex_lock(&m->mutex);
	const struct lb_layer_info *info = lb_map_getn(map, key, sizeof(key));
	if (info)
		*out = *info;
	pthread_mutex_unlock(&m->mutex);
	return info ? 0 : lb_fail(err, LB_NOT_FOUND, "no such layer");
}

static int memory_layer_by_tree(struct lb_backend *be, const struct lb_digest *tree, enum lb_compression c, struct lb_layer_info *out,
				struct lb_err *err)
{
	return find_layer(memory_of(be), memory_of(be)->by_tree, tree, c, out, err);
}

static int memory_layer_by_diff_id(struct lb_backend *be, const struct lb_digest *diff_id, enum lb_compression c, struct lb_layer_info *out,
				   struct lb_err *err)
{
	return find_layer(memory_of(be), memory_of(be)->by_diff_id, diff_id, c, out, err);
}

/* Rows whose blob is gone are not found anyway. */
static int memory_layer_forget(struct lb_backend *be, const struct lb_digest *blob, struct lb_err *err)
{
	(void)be;
	(void)blob;
	(void)err;
	return 0;
}

static void drop_memo(void *p)
{
	lb_buf_release(p);
	free(p);
}

static void memo_key(const char *kind, const struct lb_digest *key, struct lb_buf *out)
{
	lb_buf_add(out, kind, strlen(kind) + 1);
	lb_buf_add(out, key->bytes, sizeof(key->bytes));
}

static int memory_memo_put(struct lb_backend *be, const char *kind, const struct lb_digest *key, const void *data, size_t len,
			   struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	lb_autobuf struct lb_buf name = { 0 };
	memo_key(kind, key, &name);
	struct lb_buf *value = lb_calloc(1, sizeof(*value));
	lb_buf_add(value, data, len);
	pthread_mutex_lock(&m->mutex);
	lb_map_setn(m->memos, name.data, name.len, value);
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static int memory_memo_get(struct lb_backend *be, const char *kind, const struct lb_digest *key, struct lb_buf *out, struct lb_err *err)
{
	struct memory *m = memory_of(be);
	lb_autobuf struct lb_buf name = { 0 };
	memo_key(kind, key, &name);
	pthread_mutex_lock(&m->mutex);
	const struct lb_buf *value = lb_map_getn(m->memos, name.data, name.len);
	if (value)
		lb_buf_add(out, value->data, value->len);
	pthread_mutex_unlock(&m->mutex);
	return value ? 0 : lb_fail(err, LB_NOT_FOUND, "no such memo");
}

static int memory_index_read(struct lb_backend *be, json_t **out, struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	*out = json_deep_copy(m->index);
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static int memory_index_write(struct lb_backend *be, const json_t *index, struct lb_err *err)
{
	(void)err;
	struct memory *m = memory_of(be);
	pthread_mutex_lock(&m->mutex);
	json_decref(m->index);
	m->index = json_deep_copy(index);
	pthread_mutex_unlock(&m->mutex);
	return 0;
}

static int memory_lock(struct lb_backend *be, int *held, struct lb_err *err)
{
	(void)err;
	*held = 0;
	pthread_mutex_lock(&memory_of(be)->index_lock);
	return 0;
}

static void memory_unlock(struct lb_backend *be, const int *held)
{
	(void)held;
	pthread_mutex_unlock(&memory_of(be)->index_lock);
}

static int memory_sync(struct lb_backend *be, struct lb_err *err)
{
	(void)be;
	(void)err;
	return 0;
}

static int memory_temporaries(struct lb_backend *be, uint64_t *count, struct lb_err *err)
{
	(void)be;
	(void)err;
	*count = 0;
	return 0;
}

static int memory_sweep(struct lb_backend *be, int64_t before_ns, int64_t *protected_ns, uint64_t *freed_bytes, struct lb_err *err)
{
	(void)be;
	(void)before_ns;
	(void)freed_bytes;
	(void)err;
	*protected_ns = INT64_MAX;
	return 0;
}

static int memory_check(struct lb_backend *be, uint64_t *missing, void (*line)(void *arg, const char *text), void *arg, struct lb_err *err)
{
	(void)be;
	(void)missing;
	(void)line;
	(void)arg;
	(void)err;
	return 0;
}

static const struct lb_backend_ops memory_ops = {
	.close = memory_close,
	.dir = memory_dir,
	.blob_commit = memory_blob_commit,
	.blob_abort = memory_blob_abort,
	.has = memory_has,
	.use = memory_use,
	.get = memory_get,
	.list = memory_list,
	.remove = memory_remove,
	.layer_put = memory_layer_put,
	.layer_by_tree = memory_layer_by_tree,
	.layer_by_diff_id = memory_layer_by_diff_id,
	.layer_forget = memory_layer_forget,
	.memo_put = memory_memo_put,
	.memo_get = memory_memo_get,
	.index_read = memory_index_read,
	.index_write = memory_index_write,
	.lock = memory_lock,
	.unlock = memory_unlock,
	.sync = memory_sync,
	.temporaries = memory_temporaries,
	.sweep = memory_sweep,
	.check = memory_check,
};

struct lb_backend *lb_memory_open(void)
{
	struct memory *m = lb_calloc(1, sizeof(*m));
	m->be.ops = &memory_ops;
	m->be.db = lb_db_new(":memory:", NULL);
	pthread_mutex_init(&m->mutex, NULL);
	pthread_mutex_init(&m->index_lock, NULL);
	m->blobs = lb_map_new(drop_held);
	m->by_tree = lb_map_new(free);
	m->by_diff_id = lb_map_new(free);
	m->memos = lb_map_new(drop_memo);
	m->index = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType", "application/vnd.oci.image.index.v1+json", "manifests");
	return &m->be;
}
