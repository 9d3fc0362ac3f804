/* SPDX-License-Identifier: Apache-2.0
 *
 * OCI image configuration, manifest and index (image-spec config.md, manifest.md, image-index.md): written
 * with members in one fixed order, so that the same image has the same digest; read leniently.
 */
#ifndef LBENCH_IMAGE_H
#define LBENCH_IMAGE_H

#include <stdbool.h>

#include "lbench/json.h"
#include "lbench/mem.h"
#include "lbench/store.h"

struct lb_history {
	char *created_by;
	char *comment;      /* NULL: none */
	char *author;       /* NULL: none */
	int64_t created;    /* seconds since 1970 */
	bool empty_layer;
};

/* An image, in memory. Owns everything. */
struct lb_image {
	char *architecture, *os, *variant; /* "amd64", "linux", NULL */
	char *author;                      /* NULL */
	int64_t created;
	json_t *config;                    /* the "config" object as is: Env, Cmd, … ; never NULL once made */
	struct lb_layer_info *layers;      /* bottom first */
	size_t layers_count, layers_cap;
	struct lb_history *history;
	size_t history_count, history_cap;
	struct lb_arena texts; /* of the history */
};
void lb_image_init(struct lb_image *im); /* linux/amd64, empty config */
void lb_image_copy(struct lb_image *dst, const struct lb_image *src); /* dst is uninitialised */
void lb_image_release(struct lb_image *im);
#define lb_autoimage __attribute__((cleanup(lb_image_release)))
void lb_image_add_layer(struct lb_image *im, const struct lb_layer_info *info);
void lb_image_add_history(struct lb_image *im, const struct lb_history *h); /* copies */

/* Chain ids of the layers (config.md, "Layer ChainID"): out has layers_count entries. */
void lb_image_chain_ids(const struct lb_image *im, struct lb_digest *out);

struct lb_image_ref {
	struct lb_digest manifest, config;
	uint64_t manifest_bytes, config_bytes;
	bool manifest_new, config_new; /* new in the store */
};
/* Serialises config and manifest and puts both into the store. */
int lb_image_write(struct lb_store *s, const struct lb_image *im, struct lb_image_ref *out, struct lb_err *err);
/* The same; the store remembers what an image came to, and one that it has is neither written nor digested again. */
int lb_image_keep(struct lb_store *s, const struct lb_image *im, struct lb_image_ref *out, struct lb_err *err);
/* Only the bytes: for digests without a store. */
void lb_image_config_json(const struct lb_image *im, struct lb_buf *out);
void lb_image_manifest_json(const struct lb_image *im, const struct lb_digest *config, uint64_t config_bytes, struct lb_buf *out);
/* Reads manifest (an index is resolved by platform "os/arch[/variant]", NULL: linux/amd64) and config from the
 * store. Layers keep blob digest, size and diffID; diff_bytes is 0 when unknown. LB_NOT_FOUND, LB_INVALID. */
int lb_image_read(struct lb_store *s, const struct lb_digest *manifest, const char *platform, struct lb_image *out, struct lb_err *err);
/* Registries have to take manifests of 4 MiB (distribution-spec, "Pushing manifests"); configs have no limit of their own. */
#define LB_MANIFEST_MAX ((uint64_t)4 << 20)
#define LB_CONFIG_MAX   ((uint64_t)16 << 20)
/* A blob that is a JSON object, of most_bytes at most; *out is the caller's. LB_NOT_FOUND, LB_INVALID. */
int lb_image_load_json(struct lb_store *s, const struct lb_digest *digest, uint64_t most_bytes, json_t **out, struct lb_err *err);
/* What a descriptor says of its blob (image-spec, descriptor.md). LB_INVALID. */
int lb_image_descriptor(const json_t *descriptor, struct lb_digest *digest, uint64_t *bytes, struct lb_err *err);
/* The manifest that an index stands for on that platform; a manifest stands for itself. LB_NOT_FOUND. */
int lb_image_resolve(struct lb_store *s, const struct lb_digest *digest, const char *platform, struct lb_digest *out, struct lb_err *err);
/* The entry of an index's "manifests" for that platform, else the first that says none; NULL. */
const json_t *lb_image_choose(const json_t *manifests, const char *platform);

#endif
