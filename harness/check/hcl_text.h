/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside of the HCL reader: characters, names and texts.
 */
#ifndef HARNESS_CHECK_HCL_TEXT_H
#define HARNESS_CHECK_HCL_TEXT_H

#include <stdbool.h>
#include <string.h>

#include "lbench/buf.h"
#include "lbench/err.h"

struct hcl {
	const char *name, *start, *p, *end;
	unsigned depth;
	struct lb_err *err;
};

struct lb_pos hcl_position(const struct hcl *s, const char *at);
#define hcl_fail(s, at, ...) lb_fail_at((s)->err, hcl_position((s), (at)), __VA_ARGS__)

static inline char hcl_peek(const struct hcl *s)
{
	return s->p < s->end ? *s->p : '\0';
}
static inline bool hcl_ahead(const struct hcl *s, const char *text)
{
	size_t n = strlen(text);
	return (size_t)(s->end - s->p) >= n && memcmp(s->p, text, n) == 0;
}
/* Over blanks and comments; ends of lines too where they mean nothing. */
int hcl_skip(struct hcl *s, bool lines);
char *hcl_identifier(struct hcl *s);                /* the caller's; NULL where none begins */
int hcl_quoted(struct hcl *s, struct lb_buf *out);  /* at the opening quote */
int hcl_heredoc(struct hcl *s, struct lb_buf *out); /* at "<<" */

#endif
