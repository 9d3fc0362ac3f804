/* SPDX-License-Identifier: Apache-2.0
 *
 * One command of a RUN against the catalogue and the stage's files.
 */
#ifndef HARNESS_CATALOG_COMMAND_H
#define HARNESS_CATALOG_COMMAND_H

#include "catalog/shell.h"
#include "catalog/table.h"
#include "catalog/view.h"

/* What a command is called with. */
struct command_line {
	const char *tool, *verb;        /* borrowed; verb NULL: none */
	struct lb_strv names;           /* the words behind the verb that are no options */
	struct lb_strv options, values; /* pairs; "" for an option without a value */
	struct lb_strv files;           /* as the tool's options name them */
	char *dir;                      /* where it works: absolute, cleaned */
};
void command_line_read(const struct shell_command *c, const struct view *v, struct command_line *out);
void command_line_release(struct command_line *l);
bool command_line_has(const struct command_line *l, const char *options);
const char *command_line_value(const struct command_line *l, const char *options); /* NULL */

/* A path as the command names it: absolute, cleaned. Yours. */
char *command_line_path(const struct command_line *l, const char *path);
/* The context's path of it; NULL when no COPY brought it. In v's arena. */
const char *command_line_find(const struct command_line *l, const struct view *v, const char *path);

/* Of one command: what its result depends on, and for how many packages its figures stand. */
struct command_needs {
	struct lb_strv depends;
	bool sources; /* SOURCES, by the row or by what was found */
	uint32_t packages;
	char *counted; /* "poetry.lock"; NULL: they were named, or nothing tells */
	char *why;     /* it cannot be known; NULL */
};
/* said: the words of the RUN's commands before; a file that they name is theirs. */
void command_needs_find(const struct command_line *l, const struct catalog_row *row, const struct view *v, const struct lb_strv *said,
			struct command_needs *out);
void command_needs_release(struct command_needs *n);

#endif
