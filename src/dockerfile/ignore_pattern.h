/* SPDX-License-Identifier: Apache-2.0
 *
 * One pattern of .dockerignore, compiled.
 *
 * Most patterns are plain text, a directory with all below it, or a name at any depth: these are compared as
 * bytes. Any other becomes a list of tokens, each of which maps the set of places in the path that the tokens
 * before it can have reached to the set that it can reach, as bits; so a match costs tokens times length of
 * the path, whatever the stars, and answers for the path and all its parents at once.
 */
#ifndef LBENCH_DOCKERFILE_IGNORE_PATTERN_H
#define LBENCH_DOCKERFILE_IGNORE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/err.h"

enum lb_ignore_kind {
	LB_IGNORE_EXACT,  /* text is the path */
	LB_IGNORE_PREFIX, /* the path begins with text */
	LB_IGNORE_SUFFIX, /* the path ends with text, or is text without its leading '/' */
	LB_IGNORE_TOKENS,
};

struct lb_ignore_token;

/* Which pairs of neighbouring bytes occur in "/" PATH "/", hashed to 256 bits. A path that lacks one which a
 * pattern needs cannot match: a few instructions a pattern turn nearly all of them away. */
struct lb_byte_pairs {
	uint64_t bits[4];
};
static inline void lb_byte_pairs_add(struct lb_byte_pairs *p, unsigned char a, unsigned char b)
{
	uint32_t hash = ((uint32_t)a << 8 | b) * 0x9e3779b1u >> 24;
	p->bits[hash / 64] |= (uint64_t)1 << (hash % 64);
}
static inline bool lb_byte_pairs_within(const struct lb_byte_pairs *some, const struct lb_byte_pairs *all)
{
	return ((some->bits[0] & ~all->bits[0]) | (some->bits[1] & ~all->bits[1]) | (some->bits[2] & ~all->bits[2]) |
		(some->bits[3] & ~all->bits[3])) == 0;
}

struct lb_ignore_pattern {
	enum lb_ignore_kind kind;
	bool exception;
	char *text; /* kind's; for TOKENS the pattern's literal beginning (maybe empty) */
	size_t len;
	struct lb_byte_pairs needs; /* a path that matches, or whose parent does, has these */
	struct lb_ignore_token *tokens;
	size_t tokens_count;
};

/* pattern is trimmed, cleaned and not empty; a leading '!' makes it an exception. LB_INVALID, without a place. */
int lb_ignore_pattern_init(struct lb_ignore_pattern *p, const char *pattern, struct lb_err *err);
void lb_ignore_pattern_release(struct lb_ignore_pattern *p);

/* Does it match path, or with parents also one of its parent directories? */
bool lb_ignore_pattern_matches(const struct lb_ignore_pattern *p, const char *path, size_t len, bool parents);

#endif
