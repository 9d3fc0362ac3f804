/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of a command: one row an option gives the parser, the checks and the help.
 */
#ifndef HARNESS_OPTIONS_H
#define HARNESS_OPTIONS_H

#include <stdbool.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"
#include "lbench/stage.h"

enum option_kind {
	OPTION_FLAG,   /* bool */
	OPTION_TEXT,   /* const char *: borrowed from argv */
	OPTION_NUMBER, /* unsigned */
	OPTION_LIST,   /* struct lb_strv: may repeat, and holds what commas separate */
	OPTION_EACH,   /* struct lb_strv: may repeat, commas are text */
	OPTION_PAIR,   /* struct option_pairs: NAME=VALUE, or NAME alone, may repeat */
};

struct option_pairs {
	struct lb_pairs pairs;
	struct lb_arena arena;
};
void option_pairs_release(struct option_pairs *p);

struct option {
	const char *name;    /* without "--" */
	char letter;         /* 0: none */
	enum option_kind kind;
	void *target;
	const char *arg;     /* what stands for the value in the help; NULL for a flag */
	const char *help;
};

struct usage {
	const char *command;  /* "run" */
	const char *operands; /* "SCENARIO…" */
	const char *summary;  /* one line, then more after an empty one; NULL */
	const struct option *options;
	size_t count;
	size_t least, most;   /* operands; most 0: any number */
	const char *wanted;   /* what to say when their number is wrong, e.g. "one RESULT is needed" */
};

/* Parses argv[1…]. Operands may stand between options; after "--" all are operands. LB_USAGE. *help is set when
 * -h or --help was given (nothing else is looked at then). */
int options_parse(const struct usage *u, int argc, char **argv, struct lb_strv *operands, bool *help, struct lb_err *err);
void options_help(const struct usage *u, struct lb_buf *out);
/* --format of commands that print a table or JSON; NULL: table. LB_USAGE. */
int output_format(const char *format, bool *json, struct lb_err *err);
/* text filled up with blanks to so many columns */
void pad_to(struct lb_buf *out, const char *text, size_t columns);
/* The known word nearest to `word`, for messages; NULL when none is near. */
const char *nearest_word(const char *word, const char *const *known, size_t count);

#endif
