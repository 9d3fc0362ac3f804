/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of .dockerignore and of COPY --exclude, as moby/patternmatcher matches them; and Go's
 * path.Match (filepath.Match), with which COPY's wildcards select.
 */
#ifndef LBENCH_IGNORE_H
#define LBENCH_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/err.h"

struct lb_ignore;

/* Reads a .dockerignore (BOM, comments, blanks, '!'). name stands in messages. *out is the caller's.
 * LB_INVALID with NAME:LINE for a malformed pattern. */
int lb_ignore_parse(const char *name, const char *text, size_t len, struct lb_ignore **out, struct lb_err *err);
/* The same from patterns given one by one (--exclude), without comments or '#' rules. */
int lb_ignore_compile(char *const *patterns, size_t count, struct lb_ignore **out, struct lb_err *err);
void lb_ignore_free(struct lb_ignore *ig); /* NULL is fine */
void lb_ignore_cleanup(struct lb_ignore **ig);
#define lb_autoignore __attribute__((cleanup(lb_ignore_cleanup)))

size_t lb_ignore_count(const struct lb_ignore *ig);    /* patterns */
bool lb_ignore_has_exceptions(const struct lb_ignore *ig);
/* For the build checks: does one pattern by itself ignore all that lies in the root? And lb_ignore_matches for a
 * path that is taken as it stands, with a leading '/' that no pattern without stars can match. */
bool lb_ignore_covers_root(const struct lb_ignore *ig);
bool lb_ignore_matches_as_written(const struct lb_ignore *ig, const char *path, size_t len);

/* The whole question: is path (relative, '/'-separated, not NUL-terminated) ignored? The last pattern
 * that matches it or one of its parents decides. The root is never ignored. NULL ignores nothing. */
bool lb_ignore_matches(const struct lb_ignore *ig, const char *path, size_t len);

/* For a walk, which asks a directory before its entries and hands the parent's answer down, so that no
 * parent is matched again. `parent` is NULL at the root. state is the caller's, one a level. */
struct lb_ignore_state {
	unsigned char *matched; /* a flag a pattern; allocated by the first use, lb_ignore_state_release */
	bool ignored;
};
bool lb_ignore_step(const struct lb_ignore *ig, const struct lb_ignore_state *parent, const char *path, size_t len,
                    struct lb_ignore_state *state);
void lb_ignore_state_release(struct lb_ignore_state *state);
/* May an exception bring back something below this ignored directory? If not, a walk need not enter it. */
bool lb_ignore_may_reenter(const struct lb_ignore *ig, const char *path, size_t len);

/* Go's filepath.Match: 1 matches, 0 does not, LB_INVALID on a malformed pattern. */
int lb_glob_match(const char *pattern, const char *name);
bool lb_glob_has_magic(const char *text); /* holds one of * ? [ \ */

#endif
