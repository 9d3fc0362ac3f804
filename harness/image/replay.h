/* SPDX-License-Identifier: Apache-2.0
 *
 * A cache that knows how the steps of the build before looked.
 */
#ifndef HARNESS_IMAGE_REPLAY_H
#define HARNESS_IMAGE_REPLAY_H

#include "image/remember.h"

/* Bases as a build asks for them, and what it was told. */
struct img_asked {
	struct lb_base_image *(*find)(void *arg, const char *name, const char *platform);
	void *arg;
	struct img_seen_base *items; /* names are the images' */
	size_t count, cap;
};
struct lb_base_image *img_asked_find(void *asked, const char *name, const char *platform);

/* Decides the build that seen was (under dry, against a fork of kept), and gives what its cache is then, over
 * options->scope; without seen, or where it cannot be decided any more, a cache that knows nothing. options are the
 * build's that comes, but for its cache. */
int img_replay(const struct lb_build_options *options, const struct img_seen *seen, struct lb_scope *kept, struct lb_cache **out,
	       struct lb_err *err);

#endif
