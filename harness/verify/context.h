/* SPDX-License-Identifier: Apache-2.0
 *
 * A build context as the observations had it on disk, made in memory: files of one fixed time, changed in place as
 * an editor would. Directories always have the fixed time, whatever happens in them. Names of a hard-linked file
 * change together.
 */
#ifndef HARNESS_VERIFY_CONTEXT_H
#define HARNESS_VERIFY_CONTEXT_H

#include "lbench/tree.h"
#include "verify/case.h"

struct verify_context {
	struct lb_node *root;
	uint64_t groups; /* link groups handed out */
};

void verify_context_init(struct verify_context *c);
void verify_context_release(struct verify_context *c);
/* Puts a file, replacing what is there; parents are made. when: its modification time. LB_INVALID at f->pos. */
int verify_context_put(struct verify_context *c, const struct verify_file *f, int64_t when, struct lb_err *err);
/* All of a case's files; hard links after the others. */
int verify_context_fill(struct verify_context *c, const struct verify_case *from, struct lb_err *err);
/* when: the new time of an edited file, unless the change fixes it. */
int verify_context_change(struct verify_context *c, const struct verify_change *change, int64_t when, struct lb_err *err);
/* The Dockerfile, written anew. */
int verify_context_dockerfile(struct verify_context *c, const char *text, int64_t when, struct lb_err *err);

#endif
