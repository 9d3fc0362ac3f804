/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/image.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

void lb_image_init(struct lb_image *im)
{
	*im = (struct lb_image){ .architecture = lb_strdup("amd64"), .os = lb_strdup("linux"), .config = json_object() };
}

static char *copy_text(const char *s)
{
	return s ? lb_strdup(s) : NULL;
}

void lb_image_copy(struct lb_image *dst, const struct lb_image *src)
{
	*dst = (struct lb_image){
		.architecture = copy_text(src->architecture),
		.os = copy_text(src->os),
		.variant = copy_text(src->variant),
		.author = copy_text(src->author),
		.created = src->created,
		.config = src->config ? json_deep_copy(src->config) : json_object(),
	};
	for (size_t i = 0; i < src->layers_count; i++)
		lb_image_add_layer(dst, &src->layers[i]);
	for (size_t i = 0; i < src->history_count; i++)
		lb_image_add_history(dst, &src->history[i]);
}

void lb_image_release(struct lb_image *im)
{
	free(im->architecture);
	free(im->os);
	free(im->variant);
	free(im->author);
	json_decref(im->config);
	free(im->layers);
	free(im->history);
	lb_arena_release(&im->texts);
	*im = (struct lb_image){ 0 };
}

void lb_image_add_layer(struct lb_image *im, const struct lb_layer_info *info)
{
	im->layers = lb_grow(im->layers, im->layers_count, &im->layers_cap, sizeof(*im->layers));
	im->layers[im->layers_count++] = *info;
}

static char *history_text(struct lb_image *im, const char *s)
{
	return s ? lb_arena_strdup(&im->texts, s) : NULL;
}

void lb_image_add_history(struct lb_image *im, const struct lb_history *h)
{
	im->history = lb_grow(im->history, im->history_count, &im->history_cap, sizeof(*im->history));
	im->history[im->history_count++] = (struct lb_history){
		.created_by = history_text(im, h->created_by),
		.comment = history_text(im, h->comment),
		.author = history_text(im, h->author),
		.created = h->created,
		.empty_layer = h->empty_layer,
	};
}

/* ChainID(L0) = DiffID(L0); ChainID(L0|…|Ln) = sha256(ChainID(L0|…|Ln-1) + " " + DiffID(Ln)), both as text. */
void lb_image_chain_ids(const struct lb_image *im, struct lb_digest *out)
{
	for (size_t i = 0; i < im->layers_count; i++) {
		out[i] = im->layers[i].diff_id;
		if (!i)
			continue;
		char text[2 * LB_DIGEST_TEXT];
		lb_digest_text(&out[i - 1], text);
		text[LB_DIGEST_TEXT - 1] = ' ';
		lb_digest_text(&im->layers[i].diff_id, text + LB_DIGEST_TEXT);
		out[i] = lb_digest_of(text, strlen(text));
	}
}
