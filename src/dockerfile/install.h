/* SPDX-License-Identifier: Apache-2.0
 *
 * Package managers in the text of a RUN.
 */
#ifndef LBENCH_DOCKERFILE_INSTALL_H
#define LBENCH_DOCKERFILE_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

struct lb_installer {
	const char *tool;
	const char *verbs;     /* separated by blanks: the first word behind the tool that is no flag is one of these */
	const char *cache;     /* the directory to be mounted as a cache */
	const char *manifests; /* what it reads of the project; NULL: nothing */
};

/* The first package manager that text calls to install something, NULL when there is none. Borrowed, static. */
const struct lb_installer *lb_install_find(const char *text);
/* Does text call one of `tools` with one of `verbs` (both separated by blanks)? */
bool lb_install_calls(const char *text, const char *tools, const char *verbs);

#endif
