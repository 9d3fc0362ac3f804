/* SPDX-License-Identifier: Apache-2.0
 *
 * What a build saw, kept for the next process: a cache knows its records, and not what its steps looked like. Played
 * back against the records, it tells the cache how things were, so that a miss can be told from the time before.
 */
#ifndef HARNESS_IMAGE_REMEMBER_H
#define HARNESS_IMAGE_REMEMBER_H

#include "lbench/build.h"
#include "lbench/stage.h"

struct img_seen_base {
	const char *name; /* as FROM says */
	struct lb_digest identity;
};
struct img_seen {
	char *path, *text;       /* the Dockerfile's */
	char *ignore;            /* text; NULL: none */
	char *target, *platform; /* NULL: not given */
	struct lb_pairs args;
	struct img_seen_base *bases;
	size_t bases_count;
	struct lb_node *context; /* a reference */
	struct lb_arena arena;   /* of the strings and lists, where they were read */
};
void img_seen_release(struct img_seen *seen); /* what img_seen_read made */

void img_seen_write(const struct img_seen *seen, struct lb_buf *out);
/* The reverse. Bytes of files are not kept: nodes that current has unchanged are current's (xattrs are not compared);
 * others cannot be read, and have another time than current's, as an edited file has. LB_INVALID: another version
 * wrote it. */
int img_seen_read(const void *data, size_t len, struct lb_node *current, struct img_seen *out, struct lb_err *err);

#endif
