/* SPDX-License-Identifier: Apache-2.0
 *
 * `set`: one scalar of a JSON, YAML or TOML text gets another value, every other byte stays. Each format finds
 * the bytes of the scalar; how the new value is written follows from how the old one was.
 */
#ifndef LBENCH_SCENARIO_SET_H
#define LBENCH_SCENARIO_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/err.h"

struct scn_pointer {
	struct scn_pointer_step {
		const char *key; /* NULL: an index */
		size_t index;
	} * steps;
	size_t count;
};
struct scn_span {
	size_t start, end; /* quotes among it */
	bool quoted;       /* with double quotes */
	bool single;       /* with single quotes */
};

/* LB_INVALID, without a position. */
int scn_find_json(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err);
int scn_find_yaml(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err);
int scn_find_toml(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err);

#endif
