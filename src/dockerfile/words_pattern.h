/* SPDX-License-Identifier: Apache-2.0
 *
 * The patterns of ${v#p} ${v##p} ${v%p} ${v%%p} ${v/p/r} ${v//p/r}: '*' any run, '?' one character, '\' before
 * '*' '?' '\' '/' '}' the character itself; everything else is literal, '[' too. Neither wildcard matches a
 * newline, as in the regular expressions that the engine makes of them.
 */
#ifndef LBENCH_DOCKERFILE_WORDS_PATTERN_H
#define LBENCH_DOCKERFILE_WORDS_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/buf.h"
#include "lbench/err.h"

struct lb_pattern;

/* *out is the caller's. LB_INVALID for an escape before anything else, or at the end. */
int lb_pattern_new(const char *text, size_t len, struct lb_pattern **out, struct lb_err *err);
void lb_pattern_free(struct lb_pattern *p);
void lb_pattern_cleanup(struct lb_pattern **p);
#define lb_autopattern __attribute__((cleanup(lb_pattern_cleanup)))

/* Appends value without the shortest or longest match at its start or end. */
void lb_pattern_trim(const struct lb_pattern *p, const char *value, bool at_end, bool longest, struct lb_buf *out);
struct lb_replacement {
	const char *text;
	size_t len;
	bool all;     /* every match; then '$' in text is a reference of Go's regexp.Expand ("$$" is '$', "$0" the match,
		       * other names are empty), as the engine has it */
	size_t limit; /* stop when the result is longer than this */
};
/* Appends value with the first match, or all, replaced. */
void lb_pattern_replace(const struct lb_pattern *p, const char *value, const struct lb_replacement *with, struct lb_buf *out);

#endif
