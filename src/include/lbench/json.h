/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON. Reading goes through jansson (strict: no duplicates, nothing after the value; a message with
 * file, line and column). Writing is a small streaming writer: members in the order given, no white
 * space, strings that are not UTF-8 written with U+FFFD, so that the same calls give the same bytes.
 */
#ifndef LBENCH_JSON_H
#define LBENCH_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/err.h"

/* name stands in messages. *out is the caller's (json_decref). LB_INVALID. */
int lb_json_parse(const char *name, const char *text, size_t len, json_t **out, struct lb_err *err);
void lb_json_cleanup(json_t **j);
#define lb_autojson __attribute__((cleanup(lb_json_cleanup)))

#define LB_JSON_DEPTH 32
/* Zero-initialised but for out. */
struct lb_json {
	struct lb_buf *out;
	unsigned depth;
	bool pretty;                /* two blanks a level */
	bool used[LB_JSON_DEPTH];   /* a member was written at this depth */
	bool after_key;
};
void lb_json_open(struct lb_json *w, char bracket);  /* '{' or '[' */
void lb_json_close(struct lb_json *w, char bracket); /* '}' or ']' */
void lb_json_key(struct lb_json *w, const char *key);
void lb_json_str(struct lb_json *w, const char *s);  /* NULL writes null */
void lb_json_strn(struct lb_json *w, const char *s, size_t len);
void lb_json_uint(struct lb_json *w, uint64_t n);
void lb_json_int(struct lb_json *w, int64_t n);
void lb_json_real(struct lb_json *w, double n);      /* shortest text that reads back the same */
void lb_json_bool(struct lb_json *w, bool b);
void lb_json_null(struct lb_json *w);
/* key and value in one call */
void lb_json_kstr(struct lb_json *w, const char *key, const char *s);
void lb_json_kuint(struct lb_json *w, const char *key, uint64_t n);
void lb_json_kbool(struct lb_json *w, const char *key, bool b);

#endif
