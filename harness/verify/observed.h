/* SPDX-License-Identifier: Apache-2.0
 *
 * What engines were seen to do with a case: for each engine and version the outcome of every instruction in every
 * state.
 */
#ifndef HARNESS_VERIFY_OBSERVED_H
#define HARNESS_VERIFY_OBSERVED_H

#include <stdbool.h>

#include "lbench/err.h"
#include "lbench/mem.h"

enum verify_outcome { VERIFY_HIT, VERIFY_MISS, VERIFY_NONE, VERIFY_SKIP, VERIFY_ERROR, VERIFY_UNREACHED };
const char *verify_outcome_name(enum verify_outcome o);

struct verify_seen_step {
	const char *instruction, *text;
	enum verify_outcome outcome;
};

struct verify_seen_state {
	const char *name;
	bool failed;
	struct verify_seen_step *steps;
	size_t steps_count;
	bool layers_given;
	size_t layers;
	struct lb_strv *entries; /* for each layer but the first */
	size_t entries_count;
	bool entries_given;
	enum verify_outcome *triggers;
	size_t triggers_count;
};

struct verify_seen {
	char *key; /* "buildkit@0.25+fresh" */
	struct verify_seen_state *states;
	size_t states_count;
};

struct verify_observed {
	struct lb_arena arena;
	struct verify_seen *seen;
	size_t count;
};

/* CASE.observed.json beside CASE.yaml. LB_INVALID when it is not there or not of that form. *out is the caller's. */
int verify_observed_load(const char *case_path, struct verify_observed **out, struct lb_err *err);
void verify_observed_free(struct verify_observed *o); /* NULL is fine */

#endif
