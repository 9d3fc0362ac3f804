/* SPDX-License-Identifier: Apache-2.0
 *
 * Which blob belongs to which images.
 */
#ifndef HARNESS_IMAGE_CATALOG_H
#define HARNESS_IMAGE_CATALOG_H

#include "image/store.h"

/* An image by its manifest; it may have several names. */
struct img_entry {
	struct lb_digest manifest;
	struct lb_strv names;
	struct lb_image im;
	char *fault;             /* why it cannot be read; NULL: it can */
	struct img_blob **blobs; /* layers, configuration, manifest; each once */
	size_t blobs_count, blobs_cap;
	uint64_t bytes; /* of them */
};
struct img_blob {
	struct lb_digest digest;
	uint64_t bytes;
	size_t *users; /* indices of entries, ascending */
	size_t users_count, users_cap;
};
struct img_catalog {
	struct img_entry *entries; /* in the order of their first names */
	size_t count;
	struct lb_map *blobs;    /* digest -> struct img_blob */
	struct lb_map *diff_ids; /* diffID -> struct img_blob (its users are of the uncompressed layer) */
};
int img_catalog_make(const struct img_store *s, struct img_catalog *out, struct lb_err *err);
void img_catalog_release(struct img_catalog *c);
#define img_autocatalog __attribute__((cleanup(img_catalog_release)))

/* The entry that bears this name; NULL. */
const struct img_entry *img_catalog_named(const struct img_catalog *c, const char *name);
/* "python-app/deps-first ×14, app": the names of users but for those of `without`, by what stands before ':'. */
void img_catalog_users(const struct img_catalog *c, const struct img_blob *blob, const struct lb_digest *without, struct lb_buf *out);

#endif
