/* SPDX-License-Identifier: Apache-2.0
 *
 * A tree from an archive's entries, in whatever order they come: a mutable copy that becomes nodes at the end.
 */
#ifndef LBENCH_LAYER_ASSEMBLE_H
#define LBENCH_LAYER_ASSEMBLE_H

#include "lbench/tree.h"

struct lb_assembly;

/* Of a layer: names are whiteouts where they look like it. group_seed makes the numbers of hard links unlike
 * those of other archives. */
struct lb_assembly *lb_assembly_new(bool is_layer, const struct lb_digest *group_seed);
void lb_assembly_free(struct lb_assembly *a); /* NULL is fine */
void lb_assembly_cleanup(struct lb_assembly **a);
#define lb_autoassembly __attribute__((cleanup(lb_assembly_cleanup)))

/* The entry replaces an earlier one of its name; a directory keeps what is in it. Parents without an entry are
 * 0755 0:0 and `implied`. Takes content, on success. LB_INVALID: a name with "..", an impossible one. */
int lb_assembly_add(struct lb_assembly *a, const char *path, const struct lb_attr *attr, struct lb_content *content, struct lb_err *err);
/* path is another name of target; LB_INVALID when there is no such entry that can have two. */
int lb_assembly_link(struct lb_assembly *a, const char *path, const char *target, struct lb_err *err);
struct lb_node *lb_assembly_tree(const struct lb_assembly *a);

#endif
