/* SPDX-License-Identifier: Apache-2.0
 *
 * An image's texts follow from its members, and a build that changed nothing makes the members of the build before:
 * the digest of these, which are a fraction of the texts, leads to what they came to.
 */
#include "lbench/image.h"

#include <string.h>

#include "lbench/mem.h"

#define MEMO_KIND "image 1" /* the number: of how the texts are written */
enum { MEMO_BYTES = 2 * 32 + 2 * 8 };

/* With its NUL, and a byte before it that tells none from an empty one. */
static void put_text(struct lb_buf *out, const char *s)
{
	lb_buf_addc(out, s ? 1 : 0);
	if (s)
		lb_buf_add(out, s, strlen(s) + 1);
}

static void put_layer(struct lb_buf *out, const struct lb_layer_info *layer)
{
	lb_buf_add(out, layer->diff_id.bytes, sizeof(layer->diff_id.bytes));
	lb_buf_add(out, layer->blob.bytes, sizeof(layer->blob.bytes));
	lb_buf_add64(out, layer->blob_bytes);
	lb_buf_addc(out, (char)layer->compression);
}

static void put_history(struct lb_buf *out, const struct lb_history *h)
{
	put_text(out, h->created_by);
	put_text(out, h->comment);
	put_text(out, h->author);
	lb_buf_add64(out, (uint64_t)h->created);
	lb_buf_addc(out, h->empty_layer);
}

static int identity_of(const struct lb_image *im, struct lb_digest *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf all = { 0 };
	lb_autofree char *config = json_dumps(im->config, JSON_COMPACT);
	if (!config)
		return lb_fail(err, LB_INVALID, "the image's config is no JSON object that can be written");
	lb_buf_reserve(&all, 1024 + im->layers_count * 80 + im->history_count * 128);
	put_text(&all, im->architecture);
	put_text(&all, im->os);
	put_text(&all, im->variant);
	put_text(&all, im->author);
	lb_buf_add64(&all, (uint64_t)im->created);
	put_text(&all, config);
	lb_buf_add64(&all, im->layers_count);
	for (size_t i = 0; i < im->layers_count; i++)
		put_layer(&all, &im->layers[i]);
	lb_buf_add64(&all, im->history_count);
	for (size_t i = 0; i < im->history_count; i++)
		put_history(&all, &im->history[i]);
	*out = lb_digest_of(all.data, all.len);
	return 0;
}

/* Both texts have to be there still. */
static bool recall(struct lb_store *s, const struct lb_digest *identity, struct lb_image_ref *out)
{
	lb_autobuf struct lb_buf memo = { 0 };
	struct lb_image_ref ref = { 0 };
	if (lb_store_memo_get(s, MEMO_KIND, identity, &memo, NULL) != 0 || memo.len != MEMO_BYTES)
		return false;
	memcpy(ref.config.bytes, memo.data, 32);
	memcpy(ref.manifest.bytes, memo.data + 32, 32);
	ref.config_bytes = lb_get64(memo.data + 64);
	ref.manifest_bytes = lb_get64(memo.data + 72);
	if (!lb_store_use(s, &ref.config) || !lb_store_use(s, &ref.manifest))
		return false;
	*out = ref;
	return true;
}

static int remember(struct lb_store *s, const struct lb_digest *identity, const struct lb_image_ref *ref, struct lb_err *err)
{
	lb_autobuf struct lb_buf memo = { 0 };
	lb_buf_add(&memo, ref->config.bytes, 32);
	lb_buf_add(&memo, ref->manifest.bytes, 32);
	lb_buf_add64(&memo, ref->config_bytes);
	lb_buf_add64(&memo, ref->manifest_bytes);
	return lb_store_memo_put(s, MEMO_KIND, identity, memo.data, memo.len, err);
}

int lb_image_keep(struct lb_store *s, const struct lb_image *im, struct lb_image_ref *out, struct lb_err *err)
{
	struct lb_digest identity;
	int rc = identity_of(im, &identity, err);
	if (rc || recall(s, &identity, out))
		return rc;
	rc = lb_image_write(s, im, out, err);
	return rc ? rc : remember(s, &identity, out, err);
}
