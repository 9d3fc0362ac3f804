/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON form of an instruction: is this text an array of strings?
 *
 * What counts is Go's decoder, since the text is taken for plain arguments when that fails: invalid UTF-8
 * and lone surrogates are no errors there (U+FFFD stands in), numbers too large for a double are.
 */
#ifndef LBENCH_DOCKERFILE_JSON_ARRAY_H
#define LBENCH_DOCKERFILE_JSON_ARRAY_H

#include <stddef.h>

#include "lbench/mem.h"

enum lb_json_array {
	LB_JSON_ARRAY_NOT, /* no JSON array: plain text */
	LB_JSON_ARRAY_STRINGS,
	LB_JSON_ARRAY_OTHER, /* JSON, but an element is no string */
};

/* text ends in a NUL. Elements go to *items (in arena, NULL when there are none). With OTHER *fault is the element's place. */
enum lb_json_array lb_json_array_parse(struct lb_arena *arena, const char *text, size_t len, char ***items, size_t *count,
				       const char **fault);

/* The string member `key` of the JSON object that text (NUL-terminated) is, in arena; NULL when text is no JSON object or
 * has no such string. */
char *lb_json_object_string(struct lb_arena *arena, const char *text, size_t len, const char *key);

#endif
