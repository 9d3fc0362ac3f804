/* SPDX-License-Identifier: Apache-2.0
 *
 * What a build saw, kept for the next process: a cache knows its records, and not what its steps looked like. Played
 * back against the records, it tells the cache how things were, so that a miss can be told from the time before.
 *
 * The context stands by itself, since it may be large: it is neither read nor written while it is the same, which the
 * memo of the context's directory tells.
 */
#ifndef HARNESS_IMAGE_REMEMBER_H
#define HARNESS_IMAGE_REMEMBER_H

#include "lbench/build.h"
#include "lbench/stage.h"
#include "lbench/store.h"

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
	bool named;              /* the context has a name (lb_dir_memo_id) */
	struct lb_digest name;
	struct lb_digest text_sum; /* of the context as it was written; zeros: not yet */
	struct lb_arena arena;     /* of the strings and lists, where they were read */
};
void img_seen_release(struct img_seen *seen); /* what img_seen_read made */

/* Names the context, if it has a name. */
void img_seen_name(struct img_seen *seen);
/* The context as a text, whose sum goes into seen; then the rest, with that sum. */
void img_seen_write_context(struct img_seen *seen, struct lb_buf *out);
void img_seen_write(const struct img_seen *seen, struct lb_buf *out);
/* The reverse: all but the context, which is current when that has the same name, else NULL. LB_INVALID: another
 * version wrote it. */
int img_seen_read(const void *data, size_t len, struct lb_node *current, struct img_seen *out, struct lb_err *err);
/* The context, of which the text must have the sum that out has. Bytes of files are not kept: nodes that current has unchanged are
 * current's (xattrs are not compared); others cannot be read, and have another time than current's, as an edited file has. LB_INVALID: it
 * is another's. */
int img_seen_read_context(const void *data, size_t len, struct lb_node *current, struct img_seen *out, struct lb_err *err);

/* Both in the store, under one key. before: what was kept so far (no context: nothing); what is the same is not written. */
int img_seen_keep(struct lb_store *s, const struct lb_digest *key, struct img_seen *seen, const struct img_seen *before,
		  struct lb_err *err);
bool img_seen_is_kept(struct lb_store *s, const struct lb_digest *key);
int img_seen_recall(struct lb_store *s, const struct lb_digest *key, struct lb_node *current, struct img_seen *out, struct lb_err *err);

#endif
