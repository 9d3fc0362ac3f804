/* SPDX-License-Identifier: Apache-2.0 */
#include "build/kept.h"

#include <string.h>

#define MEMO_KIND "build-result"
/* A note: a byte of flags, the result's world, `made` in 8 bytes (little endian). */
enum { NO_LAYER = 1, UNKNOWN = 2, DIGEST = 32, NOTE_BYTES = 1 + DIGEST + 8 };

/* ---- layers ---- */

static const enum lb_compression compressions[] = { LB_GZIP_ISAL, LB_GZIP_ZLIB, LB_ZSTD, LB_UNCOMPRESSED };

static int read_layer(const struct build *b, const struct lb_layer_info *info, struct lb_node **out)
{
	lb_autocontent struct lb_content *blob = NULL;
	int rc = lb_store_get(b->o->store, &info->blob, &blob, NULL);
	return rc ? rc : lb_layer_read(b->o->store, blob, true, out, NULL, NULL);
}

/* The layer is there with another compression: written again, it must come to the same tar. */
static bool recompress(struct build *b, const struct lb_digest *id, struct result *r)
{
	struct lb_layer_info other;
	for (size_t i = 0; i < LB_COUNT(compressions); i++) {
		enum lb_compression c = compressions[i];
		if (c == b->o->layer.compression || lb_store_layer_by_diff_id(b->o->store, id, c, &other, NULL) ||
		    read_layer(b, &other, &r->layer))
			continue;
		if (lb_layer_write(b->o->store, r->layer, &b->o->layer, &r->info, NULL) == 0 && lb_digest_equal(&r->info.diff_id, id))
			return true;
		lb_node_unref(r->layer);
		r->layer = NULL;
	}
	return false;
}

/* dry makes no blob: whatever the compression, the files are what they are. */
static bool load_dry(struct build *b, const struct lb_digest *id, struct result *r)
{
	for (size_t i = 0; !r->kept && i < LB_COUNT(compressions); i++)
		r->kept = lb_store_layer_by_diff_id(b->o->store, id, compressions[i], &r->info, NULL) == 0;
	r->tar_bytes = r->info.diff_bytes;
	r->bytes_known = r->kept;
	return r->kept;
}

static bool load_layer(struct build *b, const struct lb_digest *id, struct result *r)
{
	if (b->o->mode == LB_RUN_DRY)
		return load_dry(b, id, r);
	r->kept = lb_store_layer_by_diff_id(b->o->store, id, b->o->layer.compression, &r->info, NULL) == 0;
	if (!r->kept && !recompress(b, id, r))
		return false;
	r->info_known = r->bytes_known = true;
	r->tar_bytes = r->info.diff_bytes;
	return true;
}

struct lb_node *result_layer(struct build *b, const struct result *r)
{
	if (!r || !r->kept)
		return r ? r->layer : NULL;
	struct lb_node *layer = results_layer(b->o->results, r);
	if (layer || read_layer(b, &r->info, &layer))
		return layer;
	return results_set_layer(b->o->results, r, layer);
}

/* ---- notes ---- */

static void load_note(struct build *b, const struct lb_digest *id, struct result *r, bool *unknown)
{
	struct lb_buf *note = &b->note;
	lb_buf_clear(note);
	*unknown = false;
	if (!b->o->keeps_results || lb_store_memo_get(b->o->store, MEMO_KIND, id, note, NULL) != 0 || note->len != NOTE_BYTES)
		return;
	r->no_layer = note->data[0] & NO_LAYER;
	*unknown = note->data[0] & UNKNOWN;
	memcpy(r->world.bytes, note->data + 1, DIGEST);
	r->made = (int64_t)lb_get64(note->data + 1 + DIGEST);
}

const struct result *kept_load(struct build *b, const struct lb_digest *id)
{
	struct result r = { .id = *id, .diff_id = *id, .made = LB_STAMP_TIME };
	bool unknown;
	if (!b->o->store)
		return NULL;
	load_note(b, id, &r, &unknown);
	if (unknown)
		r.layer = lb_tree_unknown();
	else if (r.no_layer)
		r.bytes_known = true;
	else if (!load_layer(b, id, &r))
		return NULL;
	return results_add(b->o->results, &r);
}

bool kept_holds(void *arg, const struct lb_digest *id)
{
	struct build *b = arg;
	return results_get(b->o->results, id) || kept_load(b, id);
}

static int save(struct build *b, const struct result *r, struct lb_err *err)
{
	uint8_t note[NOTE_BYTES] = { (uint8_t)((r->no_layer ? NO_LAYER : 0) | (result_unknown(r) ? UNKNOWN : 0)) };
	memcpy(note + 1, r->world.bytes, DIGEST);
	lb_put64(note + 1 + DIGEST, (uint64_t)r->made);
	return lb_store_memo_put(b->o->store, MEMO_KIND, &r->id, note, sizeof(note), err);
}

int kept_save(struct build *b, struct lb_err *err)
{
	if (!b->o->keeps_results || !b->o->store || b->o->mode == LB_RUN_DRY)
		return 0;
	int rc = 0;
	for (size_t s = 0; s < b->plan->stages_count; s++)
		for (size_t i = 0; !rc && i < b->stages[s].steps_count; i++) {
			const struct step_run *sr = &b->stages[s].steps[i];
			if (sr->executed && sr->result)
				rc = save(b, sr->result, err);
		}
	return rc;
}
