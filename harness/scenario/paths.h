/* SPDX-License-Identifier: Apache-2.0
 *
 * Paths and patterns in a context. A pattern's components are Go's (`*`, `?`, `[a-z]`), and `**` stands for any
 * number of components, none too.
 */
#ifndef LBENCH_SCENARIO_PATHS_H
#define LBENCH_SCENARIO_PATHS_H

#include "lbench/tree.h"

/* Is path, by its text alone, one below the context? LB_INVALID at pos for an absolute one and "..". */
int scn_path_inside(const char *path, struct lb_pos pos, struct lb_err *err);
/* Does it stay below root when followed? LB_INVALID where a symbolic link is on the way. */
int scn_path_check(const struct lb_node *root, const char *path, struct lb_pos pos, struct lb_err *err);

/* The pattern that names this path and no other. Yours. */
char *scn_glob_literal(const char *path);
bool scn_glob_match(const char *pattern, const char *path);

/* The paths below root that pattern names, in tree order: the path itself where there is nothing to expand.
 * files_only leaves all but regular files out. Empty when nothing matches. */
struct lb_strv;
void scn_glob_list(struct lb_node *root, const char *pattern, bool files_only, struct lb_strv *out);

#endif
