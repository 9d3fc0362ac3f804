/* SPDX-License-Identifier: Apache-2.0
 *
 * Which files and stages an instruction takes from, as far as its text tells.
 */
#ifndef HARNESS_CHECK_BRINGS_H
#define HARNESS_CHECK_BRINGS_H

#include "compare/match.h"

/* Whether a COPY or ADD from the context brings the file at path, .dockerignore aside. false where the text does not
 * tell (a variable in it, another instruction). */
bool brings_file(const char *instruction, const char *path);
/* Whether the file at path comes into the step of that index: by it or a step before it in its stage, the stages that it
 * is built on, and those that any of these takes from. */
bool brings_into(const struct match_side *s, size_t step, const char *path);
/* The value of --from (COPY) or of a mount's from= (RUN); NULL. The caller's. */
char *brings_from(const char *instruction);
/* The image that the stage starts from, through the stages that it is built on; NULL: scratch, or a variable. The
 * caller's. */
char *brings_base(const struct match_side *s, uint32_t stage);
/* By step of the build: whether it belongs to the stage that is called `from` (NULL: the one that is built last) or to one
 * that it is built on. All where a variable hides it. The caller's. */
bool *brings_stages(const struct match_side *s, const char *from);

#endif
