/* SPDX-License-Identifier: Apache-2.0
 *
 * Whether what a command builds tells of the commit that it was built from.
 */
#ifndef HARNESS_CATALOG_COMMIT_H
#define HARNESS_CATALOG_COMMIT_H

#include "catalog/command.h"

/* Does the command read the repository (.git) that lies in the stage's files? True of tools that stamp the
 * commit into what they make, of commands that take files as they are, and where a file that says how the project is built names git, or
 * what asks it. */
bool commit_is_read(const struct command_line *l, const struct catalog_row *row, const struct view *v);

#endif
