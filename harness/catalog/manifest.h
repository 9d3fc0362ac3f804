/* SPDX-License-Identifier: Apache-2.0
 *
 * What the project's own manifests, those that a command finds where it works, say about what it reads beside them. They
 * are searched for signs, not parsed: a sign too many makes a RUN depend on more.
 */
#ifndef HARNESS_CATALOG_MANIFEST_H
#define HARNESS_CATALOG_MANIFEST_H

#include "catalog/command.h"

bool manifest_holds(const struct command_line *l, const struct view *v, const char *name, const char *text);
/* Names other parts of the project, which are installed with it: by their path, as members of a workspace. */
bool manifest_installs_parts(const struct command_line *l, const struct catalog_row *row, const struct view *v);
/* The project is a package, and nothing says that it is not to be installed. */
bool manifest_installs_itself(const struct command_line *l, const struct view *v);
bool manifest_composer_hooks(const struct command_line *l, const struct view *v);
/* depends: paths of the context; the package.json among them are asked, those of workspaces too. */
bool manifest_npm_hooks(const struct command_line *l, const struct view *v, const struct lb_strv *depends);

#endif
