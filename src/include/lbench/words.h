/* SPDX-License-Identifier: Apache-2.0
 *
 * Words: quotes, escapes, variables and their modifiers, as BuildKit's shell lexer has them.
 */
#ifndef LBENCH_WORDS_H
#define LBENCH_WORDS_H

#include <stdbool.h>

#include "lbench/err.h"
#include "lbench/mem.h"

/* Looks a variable up: its value, borrowed until the next call, or NULL when it is not set. */
typedef const char *lb_lookup_fn(const char *name, void *arg);

struct lb_words {
	char escape;          /* '\\' or '`' */
	lb_lookup_fn *lookup;
	void *arg;
	bool raw_quotes;      /* quotes stay in the result (heredoc bodies of COPY and ADD) */
	bool raw_escapes;     /* escapes stay */
	bool keep_unset;      /* $NAME of an unset variable stays as written */
	bool no_modifiers;    /* refuse # ## % %% / // (engines before them) */
	struct lb_strv *used;  /* NULL, or names looked up and set, each once, are added here */
	struct lb_strv *unset; /* NULL, or names looked up and not set */
};

/* Printable ASCII in which nothing means anything but itself, whichever the escape character is: it expands to itself. */
bool lb_words_is_plain(const char *s);
/* Expands word into one string. *out is the caller's. LB_INVALID; *col (may be NULL) is the 1-based
 * column of the fault in word. */
int lb_words_expand(const struct lb_words *w, const char *word, char **out, unsigned *col, struct lb_err *err);
/* The same, split into words where unquoted white space stands, in word or in a value. */
int lb_words_split(const struct lb_words *w, const char *word, struct lb_strv *out, unsigned *col, struct lb_err *err);

#endif
