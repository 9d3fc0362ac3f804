/* SPDX-License-Identifier: Apache-2.0
 *
 * What a manifest or index needs: the blobs that its descriptors name (image-spec descriptor.md), down to
 * the layers. Read leniently: what is no JSON object needs nothing.
 */
#ifndef LBENCH_STORE_REACH_H
#define LBENCH_STORE_REACH_H

#include "lbench/mem.h"
#include "store/backend.h"

typedef int lb_reach_fn(void *arg, const struct lb_digest *digest, uint64_t bytes, struct lb_err *err);

/* Calls fn once for each blob that root reaches and that is not in seen (a map by digest, which grows), root
 * first; also for those that are missing. Stops at the first non-zero and returns it. */
int lb_reach(struct lb_store *s, const struct lb_digest *root, uint64_t root_bytes, struct lb_map *seen, lb_reach_fn *fn, void *arg,
	     struct lb_err *err);
/* The same for all entries of index.json. */
int lb_reach_index(struct lb_store *s, struct lb_map *seen, lb_reach_fn *fn, void *arg, struct lb_err *err);

/* tags.c */
int lb_index_load(struct lb_store *s, json_t **index, json_t **manifests, struct lb_err *err); /* manifests: borrowed from index */

#endif
