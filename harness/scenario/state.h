/* SPDX-License-Identifier: Apache-2.0
 *
 * How a state is changed: one change at a time, on a state that nobody else sees yet.
 */
#ifndef LBENCH_SCENARIO_STATE_H
#define LBENCH_SCENARIO_STATE_H

#include "scenario/scenario.h"

/* A change with {{seq}} filled in, on its way into st. */
struct scn_step {
	struct scn_state *st;
	const struct scn_change *c;
	const char *path, *text, *to; /* c's, expanded; in st's arena */
	struct lb_err *err;
};
int scn_change_apply(struct scn_state *st, const struct scn_change *c, struct lb_err *err);

/* By kind: files (change_file.c), attributes and the rest of the context (change_attr.c), what is not context
 * (change_build.c), patches and folders (change_apply.c). */
int scn_change_edit(struct scn_step *p);
int scn_change_write(struct scn_step *p);
int scn_change_append(struct scn_step *p);
int scn_change_set(struct scn_step *p);
int scn_change_replace(struct scn_step *p);
int scn_change_delete(struct scn_step *p);
int scn_change_rename(struct scn_step *p);
int scn_change_copy(struct scn_step *p);
int scn_change_mkdir(struct scn_step *p);
int scn_change_symlink(struct scn_step *p);
int scn_change_chmod(struct scn_step *p);
int scn_change_chown(struct scn_step *p);
int scn_change_touch(struct scn_step *p);
int scn_change_dockerfile(struct scn_step *p);
int scn_change_arg(struct scn_step *p);
int scn_change_base(struct scn_step *p);
int scn_change_world(struct scn_step *p);
int scn_change_apply_patch(struct scn_step *p);
int scn_change_checkout(struct scn_step *p);

/* ---- what they share ---- */
/* The new time of what changed under this change; old is what it had (0 when new). */
int64_t scn_step_time(const struct scn_step *p, int64_t old);
/* The regular file at path; LB_INVALID at the change when there is none, or a link leads there. */
int scn_step_file(struct scn_step *p, const char *path, struct lb_node **out);
/* Appends its bytes. */
int scn_step_load(struct scn_step *p, const struct lb_node *file, struct lb_buf *out);
/* Makes these bytes the content of path, a new file or one that is there; equal bytes change nothing. */
int scn_step_store(struct scn_step *p, const char *path, const void *data, size_t len);
/* Puts node (reference taken) at path, with parents. */
int scn_step_put(struct scn_step *p, const char *path, struct lb_node *node);
/* What c's path or pattern names, checked; at least one. */
struct lb_strv;
int scn_step_list(struct scn_step *p, bool files_only, struct lb_strv *out);

void scn_pairs_set(struct lb_arena *arena, struct lb_pairs *pairs, const char *name, const char *value);
/* Adds everything that a base is to h. */
struct lb_sha256;
void scn_base_sum(const struct scn_base *b, struct lb_sha256 *h);

/* text with one more valid change in it that depends on token (hex digits), by the type that path and content
 * tell. Appends the whole new content to out. */
void scn_edit_bytes(const char *path, const struct lb_buf *old, const char *token, struct lb_buf *out);
/* text with the scalar at pointer (".a.b[0]") replaced by value, all else as it was; the format by path's name.
 * LB_INVALID without a position: the caller has it. */
int scn_set_scalar(const char *path, const struct lb_buf *old, const char *pointer, const char *value, struct lb_buf *out,
		   struct lb_err *err);

#endif
