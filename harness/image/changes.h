/* SPDX-License-Identifier: Apache-2.0
 *
 * What differs between two trees, and what a layer does to what lies below it, file by file.
 */
#ifndef HARNESS_IMAGE_CHANGES_H
#define HARNESS_IMAGE_CHANGES_H

#include "lbench/tree.h"

enum img_kind { IMG_ADDED = 'A', IMG_CHANGED = 'M', IMG_DELETED = 'D' };
struct img_change {
	enum img_kind kind;
	const char *path;    /* without '/' before it */
	struct lb_node *was; /* NULL: added */
	struct lb_node *now; /* NULL: deleted */
};
/* 0 to go on. */
typedef int img_change_fn(void *arg, const struct img_change *change);

/* What layer does to below, in the order of paths: a directory before what it holds. Every entry of the layer is
 * told, also one that equals what it replaces: it takes its place in the layer all the same; directories only where
 * they are new or have another mode or owner. Of what a whiteout, an opaque directory or a file in a directory's place hides, all is told.
 */
int img_layer_changes(struct lb_node *below, struct lb_node *layer, img_change_fn *fn, void *arg);

/* What differs between a and b (two states of one layer, or two root file systems; a whiteout is an entry like
 * others). Contents are read where sizes are equal. A directory that only has another time is left out. */
int img_compare(struct lb_node *a, struct lb_node *b, img_change_fn *fn, void *arg, struct lb_err *err);
/* Of a change that img_compare told: times are all that differs. */
bool img_only_times(const struct img_change *change);

/* Files are everything but directories and whiteouts. */
struct img_counts {
	uint64_t added, changed, deleted; /* files */
	uint64_t new_dirs;
	uint64_t added_bytes, changed_bytes, deleted_bytes; /* changed: of what is there now; deleted: of what is gone */
	uint64_t wasted, wasted_bytes;                      /* files of this layer that a layer above overwrites or deletes */
};
/* final: all layers of the image applied. Hard links count once by their bytes, which are wasted when no name of
 * the file is left. */
void img_count_layer(struct lb_node *below, struct lb_node *layer, const struct lb_node *final, struct img_counts *out);

#endif
