/* SPDX-License-Identifier: Apache-2.0
 *
 * The store that a command of `image`, `store`, `push`, `pull` or `build` works on, and the images in it.
 */
#ifndef HARNESS_IMAGE_STORE_H
#define HARNESS_IMAGE_STORE_H

#include "lbench/image.h"
#include "lbench/mem.h"
#include "lbench/tree.h"

struct img_store {
	struct lb_store *store;
	char *dir;
	struct lb_tag *tags; /* sorted by name, as they were when it was opened */
	size_t tags_count;
	const char *platform; /* of images for several; NULL: linux/amd64 */
};

/* Where it is looked for: `given`, else .lbench/store, else results/.store, the first that is there. With make the
 * last resort is made: .lbench/store where a Dockerfile or lbench.yaml lies, else results/.store. LB_INVALID when
 * there is none. */
int img_store_open(const char *given, bool make, struct img_store *out, struct lb_err *err);
void img_store_release(struct img_store *s);
/* What it holds beside blobs, and can make again: layers that lie unpacked for RUNs, and what is remembered of contexts. */
struct img_store_extra {
	uint64_t layers, layer_bytes;
	uint64_t memos, memo_bytes;
};
int img_store_extra(const struct img_store *s, struct img_store_extra *out, struct lb_err *err);
/* Frees unpacked layers, then memos of contexts, then blobs that no image needs, until keep_bytes are left of all.
 * now: seconds since 1970. */
int img_store_collect(const struct img_store *s, uint64_t keep_bytes, int64_t now, uint64_t *freed_bytes, struct lb_err *err);
#define img_autostore __attribute__((cleanup(img_store_release)))

/* An image by a name of the store (":latest" may be left out), by its whole digest, or by the first 8 or more digits
 * of the digest of one that has a name. LB_INVALID, with the nearest name. */
struct img_image {
	char *name;
	struct lb_digest manifest; /* of its platform */
	uint64_t manifest_bytes;
	struct lb_image im;
	struct lb_node **trees; /* a layer each, bottom first; NULL before img_read_layers */
	struct lb_node **roots; /* roots[i]: what lies below layer i; roots[layers_count]: all */
};
const struct lb_tag *img_tag(const struct img_store *s, const char *name); /* by name alone; NULL */
int img_find(const struct img_store *s, const char *name, struct img_image *out, struct lb_err *err);
/* The layers as trees. Files are opened when somebody asks for their bytes. With like (its layers are read) the two
 * share the nodes of the layers that both begin with. */
int img_read_layers(const struct img_store *s, struct img_image *image, const struct img_image *like, struct lb_err *err);
/* How many layers both begin with. */
size_t img_shared_layers(const struct lb_image *a, const struct lb_image *b);
void img_image_release(struct img_image *image);
#define img_autoimage __attribute__((cleanup(img_image_release)))

/* What an image is called, with ":latest" where no tag is given; the caller's. LB_USAGE where it cannot be a name
 * (image-spec annotations.md, "ref.name"). */
int img_full_name(const char *name, char **out, struct lb_err *err);

/* What made layer i, as its history says: one line, without what engines add for themselves. The caller's. */
char *img_instruction(const struct lb_image *im, size_t layer);
char *img_history_line(const struct lb_history *h);
/* Size of the layer's tar; false: nobody wrote it down, and it is what lbench's own would be. */
bool img_layer_size(const struct img_store *s, const struct img_image *image, size_t layer, uint64_t *bytes);
/* The descriptor of the image's configuration. */
int img_config(const struct img_store *s, const struct lb_digest *manifest, struct lb_digest *config, uint64_t *bytes, struct lb_err *err);
/* Twelve digits, as people quote digests. */
void img_short(const struct lb_digest *d, char out[13]);

#endif
