/* SPDX-License-Identifier: Apache-2.0
 *
 * Trees as files on disk, for programs that read nothing else.
 */
#ifndef HARNESS_SUBJECT_CONTEXT_H
#define HARNESS_SUBJECT_CONTEXT_H

#include "lbench/build.h"

/* A directory that holds a tree and follows it: only what changed is touched, as an editor would. */
struct context {
	char *path;
	struct lb_node *now; /* NULL: the directory is not there yet */
};
int context_become(struct context *c, struct lb_node *tree, struct lb_err *err);
void context_release(struct context *c); /* what is on disk stays */

/* A base image as the archive that `docker load` and `buildah pull docker-archive:` take, its config kept. Written to
 * dir/base.tar; dir is emptied first. *id is the digest of its config. */
int base_archive(const struct lb_base_image *image, const char *name, const char *dir, struct lb_digest *id, struct lb_err *err);

#endif
