/* SPDX-License-Identifier: Apache-2.0
 *
 * Moving images: to and from a remote, which is an OCI layout directory, memory, or a registry over HTTP
 * (OCI distribution-spec). What is new there is counted by a ledger (store.h): bodies of blobs, config and
 * manifest. A remote in memory is its ledger alone and holds no bytes; a layout's ledger begins with what the
 * layout has.
 */
#ifndef LBENCH_TRANSFER_H
#define LBENCH_TRANSFER_H

#include "lbench/image.h"
#include "lbench/store.h"

struct lb_remote;
/* "memory:", "oci:DIR", later "http(s)://HOST/NAME". */
int lb_remote_open(const char *where, struct lb_remote **out, struct lb_err *err);
void lb_remote_close(struct lb_remote *r); /* NULL is fine */
/* What a fork's remote holds, is counted by a ledger of its own, which begins as r's is now; the bytes go to
 * the same place. r must not be pushed to while forks live. */
struct lb_remote *lb_remote_fork(struct lb_remote *r);

struct lb_push_count {
	uint64_t bytes_pushed;   /* bodies that the remote did not have */
	uint64_t blobs_pushed, blobs_there;
};
/* Pushes the image under `name` (a tag in the layout). Layers, config, then the manifest. */
int lb_push(struct lb_remote *r, struct lb_store *s, const struct lb_image_ref *ref, const char *name, struct lb_push_count *out,
            struct lb_err *err);
/* Brings an image into the store, by its name or the digest of its manifest or index; *manifest is the manifest's
 * digest. LB_NOT_FOUND. */
int lb_pull(struct lb_remote *r, const char *name, const char *platform, struct lb_store *s, struct lb_digest *manifest,
            struct lb_push_count *out, struct lb_err *err);

/* An image of an OCI layout, by a name of its index.json. */
struct lb_layout_image {
	const char *dir;
	const char *name;     /* NULL: the only one */
	bool loosely;         /* also "python:3.10" where it is called "3.10", or whatever the only one is called */
	const char *platform; /* NULL: linux/amd64 */
};
/* Brings it into the store, as lb_pull; *name (may be NULL) is what it is called there, "" for nothing; the caller's.
 * LB_INVALID for what is not there. */
int lb_pull_layout(const struct lb_layout_image *which, struct lb_store *s, struct lb_digest *manifest, char **name,
                   struct lb_push_count *out, struct lb_err *err);

#endif
