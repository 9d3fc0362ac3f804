/* SPDX-License-Identifier: Apache-2.0
 *
 * One line of CSV, as the values of --mount and --device are read.
 */
#ifndef LBENCH_DOCKERFILE_CSV_H
#define LBENCH_DOCKERFILE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/mem.h"

/* NULL when it worked, else what is wrong. An empty line is an error. Fields are in arena. */
const char *lb_csv_fields(struct lb_arena *arena, const char *line, char ***fields, size_t *count);

/* "key=value" cut in place: the key in lower case, the value behind the first '=', NULL without one. */
char *lb_csv_cut(char *field);

/* 1, t, T, true, TRUE, True and their opposites. */
bool lb_csv_bool(const char *text, bool *out);

#endif
