/* SPDX-License-Identifier: Apache-2.0
 *
 * YAML as scenario files use it: one document, every node with its place, keys of a mapping once each. Aliases
 * share the node they name, so what they stand for costs nothing until it is read; how much that would be in
 * all is bounded, and so is depth.
 */
#ifndef LBENCH_SCENARIO_YAML_H
#define LBENCH_SCENARIO_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "lbench/err.h"
#include "lbench/mem.h"

enum scn_yaml_kind { SCN_SCALAR, SCN_LIST, SCN_MAP };

struct scn_yaml;
struct scn_yaml_item {
	struct scn_yaml *key; /* a scalar; NULL in a list */
	struct scn_yaml *value;
};
struct scn_yaml {
	enum scn_yaml_kind kind;
	struct lb_pos pos;
	const char *text;            /* scalar; no NUL inside */
	bool plain;                  /* scalar without quotes: may be a number, a bool or nothing */
	struct scn_yaml_item *items; /* list, map */
	size_t count;
	size_t weight; /* nodes at and below it, aliases followed */
};

/* Everything is in arena; pos.file is `name`. LB_INVALID with FILE:LINE:COL; an empty document too. */
int scn_yaml_parse(const char *name, const char *text, size_t len, struct lb_arena *arena, struct scn_yaml **out, struct lb_err *err);

/* The value of key in a map, NULL when it is not there. */
struct scn_yaml *scn_yaml_get(const struct scn_yaml *map, const char *key);
bool scn_yaml_is_null(const struct scn_yaml *n);          /* nothing, ~, null */
const char *scn_yaml_kind_name(const struct scn_yaml *n); /* "a list", "a mapping", "'text'", "nothing" */

/* Overrides a scalar (--set): "edits.source.weight" goes through maps by key and through lists by the `name` of
 * an item or its number. A last key that is not there is added. Shared nodes are copied on the way. LB_USAGE. */
int scn_yaml_set(struct scn_yaml **root, const char *path, const char *value, struct lb_arena *arena, struct lb_err *err);

#endif
