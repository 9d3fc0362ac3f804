/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of a RUN as the list of its commands. Conditions and loops are not read: whether their parts happen is not
 * in the text.
 */
#ifndef HARNESS_CATALOG_SHELL_H
#define HARNESS_CATALOG_SHELL_H

#include "lbench/mem.h"
#include "lbench/stage.h"

struct shell_command {
	struct lb_strv words; /* quotes removed, known variables replaced; without assignments, redirections, sudo */
	char *cwd;            /* absolute, cleaned */
};
struct shell_commands {
	struct shell_command *items;
	size_t count, cap;
	char *refused; /* what cannot be read: "a condition (`if`)"; NULL */
};
/* env: variables that are set; NULL: none. */
void shell_read(const char *text, const char *cwd, const struct lb_pairs *env, struct shell_commands *out);
/* The words of the JSON form. */
void shell_add(char *const *argv, size_t count, const char *cwd, const struct lb_pairs *env, struct shell_commands *out);
void shell_release(struct shell_commands *c);

#endif
