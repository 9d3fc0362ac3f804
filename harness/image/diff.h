/* SPDX-License-Identifier: Apache-2.0
 *
 * What one image has that another has not, layer by layer.
 */
#ifndef HARNESS_IMAGE_DIFF_H
#define HARNESS_IMAGE_DIFF_H

#include "image/changes.h"
#include "image/store.h"

/* A change that is kept; nodes are borrowed from the images. */
struct img_kept_change {
	enum img_kind kind;
	char *path;
	struct lb_node *was, *now;
};
struct img_change_list {
	struct img_kept_change *items; /* without those of times alone */
	size_t count, cap;
	uint64_t added, changed, deleted; /* files */
	uint64_t retimed;                 /* files of which only the time differs */
};
void img_change_list_release(struct img_change_list *l);
int img_compare_into(struct lb_node *a, struct lb_node *b, struct img_change_list *out, struct lb_err *err);

/* A layer of a and the one of b that the same instruction made; -1: there is none. */
struct img_layer_pair {
	int a, b;
	struct img_change_list changes; /* of a layer that one alone has: all that is in it */
};
struct img_diff {
	const struct img_image *a, *b;
	size_t shared;                /* layers that both begin with */
	struct img_layer_pair *pairs; /* of the others, in the order of layers */
	size_t pairs_count;
	struct img_change_list whole; /* of the root file systems */
};
/* Both images' layers have been read. */
int img_diff_make(const struct img_image *a, const struct img_image *b, struct img_diff *out, struct lb_err *err);
void img_diff_release(struct img_diff *d);
/* "content", "mode 0644 -> 0755", …; "" for what is added or deleted. */
void img_change_text(const struct img_kept_change *c, struct lb_buf *out);

#endif
