/* SPDX-License-Identifier: Apache-2.0
 *
 * What FROM names stand for in a build outside of any scenario: what --base says, what the project's lbench.yaml
 * says, an image of the store, or else a name and nothing more.
 */
#ifndef HARNESS_IMAGE_BASES_H
#define HARNESS_IMAGE_BASES_H

#include "image/store.h"
#include "scenario/scenario.h"

struct img_bases {
	const struct img_store *store;
	struct lb_map *images; /* name, platform -> struct lb_base_image */
	const char *opaque;    /* the first of which only the name is known; borrowed from its image */
	bool misfit;           /* one that was asked for is for another platform */
	int rc;                /* why one cannot be read: img_bases_find gave NULL for it */
	struct lb_err err;
};
/* given: NAME=dir:PATH, tar:PATH, oci:DIR[:NAME], busybox (this machine's static one). LB_USAGE for what is none of these, LB_INVALID where nothing is. */
int img_bases_init(struct img_bases *b, const struct img_store *store, const struct lb_pairs *given, const struct scenario *s,
		   struct lb_err *err);
void img_bases_release(struct img_bases *b);
/* As lb_build_options has it; arg is the struct. */
struct lb_base_image *img_bases_find(void *arg, const char *name, const char *platform);
/* After a build with these options: what is to be said of bases for other platforms (bases_check_platforms). */
struct lb_build_options;
void img_bases_warn(struct img_bases *b, const struct lb_build_options *options, struct lb_strv *out);

/* An image of an OCI layout comes into the store. where: "DIR", or "DIR:NAME", since a layout may hold several.
 * *name (may be NULL) is what it is called there, "" for nothing; the caller's. LB_INVALID. */
struct lb_push_count;
int img_pull(const struct img_store *s, const char *where, struct lb_digest *manifest, char **name, struct lb_push_count *count,
	     struct lb_err *err);

#endif
