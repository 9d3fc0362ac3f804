/* SPDX-License-Identifier: Apache-2.0
 *
 * Heredoc words.
 */
#ifndef LBENCH_DOCKERFILE_HEREDOC_H
#define LBENCH_DOCKERFILE_HEREDOC_H

#include "lbench/dockerfile.h"

/* Is word, as a line or an argument holds it, the opening of a heredoc? 1: yes, *out has its name, fd, expand
 * and chomp (content empty); 0: no; LB_INVALID: it would be, but a quote in it is not closed. */
int lb_heredoc_word(struct lb_arena *arena, const char *word, size_t len, struct lb_heredoc *out, struct lb_err *err);

#endif
