/* SPDX-License-Identifier: Apache-2.0
 *
 * The value of one RUN --mount: comma-separated fields, as CSV.
 */
#ifndef LBENCH_DOCKERFILE_MOUNT_H
#define LBENCH_DOCKERFILE_MOUNT_H

#include <stdbool.h>

#include "lbench/stage.h"
#include "lbench/step.h"
#include "lbench/words.h"

/* Parses a value that needs no expansion into *out; `at` is for messages. Everything is filled in but
 * from_stage (-1): the type's defaults, readonly, mode, id (of a cache its target, of ssh "default", of a
 * secret its source or the last part of its target). target is as written, relative or "" ones included:
 * the step joins it with its directory, and refuses "/". source is cleaned and absolute for bind and cache
 * ("/" when not given), as written for a secret. Strings are in arena. LB_INVALID. */
int lb_mount_parse(struct lb_arena *arena, const char *value, struct lb_pos at, struct lb_mount *out, struct lb_err *err);

/* The same for a value as written: the engine splits it into fields first and expands the value of each by
 * itself, so that a comma or a quote out of a variable is text. words NULL expands nothing. */
int lb_mount_expand(struct lb_arena *arena, const char *value, const struct lb_words *words, struct lb_pos at, struct lb_mount *out,
		    struct lb_err *err);

/* What the engine checks of a mount in every stage, needed or not: that it is CSV and that `from` holds no
 * variable. The rest (type, keys, values) is checked where the step is resolved, by lb_mount_expand. */
int lb_mount_check(const char *value, struct lb_pos at, struct lb_err *err);

#endif
