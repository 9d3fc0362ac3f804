/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass, by recursive descent. A value is first read as a literal; when more follows that belongs to it (an operator, a
 * call, an index), the reader goes back and takes its text whole, up to where a value can end.
 */
#include "check/hcl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "check/hcl_text.h"
#include "lbench/mem.h"

enum { DEPTH_MAX = 64 };

static int text_value(struct hcl *s, const char *at, struct lb_buf *text, json_t **out)
{
	*out = json_stringn(text->len ? text->data : "", text->len);
	return *out ? 0 : hcl_fail(s, at, "this text is not UTF-8");
}

/* ---- values ---- */

static int value(struct hcl *s, bool in_brackets, json_t **out);

static bool at_value_end(const struct hcl *s)
{
	return s->p >= s->end || strchr("\n,}])", *s->p);
}

static int one_key(struct hcl *s, struct lb_buf *key)
{
	const char *at = s->p;
	if (hcl_peek(s) == '"')
		return hcl_quoted(s, key);
	lb_autofree char *name = hcl_identifier(s);
	if (name)
		lb_buf_adds(key, name);
	else
		while (isdigit((unsigned char)hcl_peek(s)))
			lb_buf_addc(key, *s->p++);
	return s->p > at ? 0 : hcl_fail(s, at, "a key is expected here, or '}'");
}

static int set(struct hcl *s, const char *at, json_t *object, struct lb_buf *key, json_t *v)
{
	int rc = json_object_set(object, lb_buf_str(key), v);
	json_decref(v);
	return rc ? hcl_fail(s, at, "this key is not UTF-8") : 0;
}

static int object(struct hcl *s, json_t **out)
{
	const char *from = s->p++;
	*out = json_object();
	for (;;) {
		int rc = hcl_skip(s, true);
		if (rc)
			return rc;
		if (hcl_peek(s) == '}') {
			s->p++;
			return 0;
		}
		if (s->p >= s->end)
			return hcl_fail(s, from, "this '{' is never closed");
		lb_autobuf struct lb_buf key = { 0 };
		const char *at = s->p;
		json_t *v = NULL;
		if ((rc = one_key(s, &key)) || (rc = hcl_skip(s, false)))
			return rc;
		if (hcl_peek(s) != '=' && hcl_peek(s) != ':')
			return hcl_fail(s, s->p, "'=' or ':' is expected behind a key");
		s->p++;
		if ((rc = hcl_skip(s, true)) || (rc = value(s, false, &v)) || (rc = set(s, at, *out, &key, v)) || (rc = hcl_skip(s, false)))
			return rc;
		if (hcl_peek(s) == ',')
			s->p++;
		else if (s->p < s->end && *s->p != '\n' && *s->p != '}')
			return hcl_fail(s, s->p, "',', a new line or '}' is expected here");
	}
}

static int list(struct hcl *s, json_t **out)
{
	const char *from = s->p++;
	*out = json_array();
	for (;;) {
		int rc = hcl_skip(s, true);
		if (rc)
			return rc;
		if (hcl_peek(s) == ']') {
			s->p++;
			return 0;
		}
		json_t *v = NULL;
		if (s->p >= s->end)
			return hcl_fail(s, from, "this '[' is never closed");
		if ((rc = value(s, true, &v)))
			return rc;
		json_array_append_new(*out, v);
		if ((rc = hcl_skip(s, true)))
			return rc;
		if (hcl_peek(s) == ',')
			s->p++;
		else if (hcl_peek(s) != ']')
			return hcl_fail(s, s->p, "',' or ']' is expected here");
	}
}

static int text(struct hcl *s, json_t **out)
{
	lb_autobuf struct lb_buf buf = { 0 };
	const char *at = s->p;
	int rc = hcl_peek(s) == '"' ? hcl_quoted(s, &buf) : hcl_heredoc(s, &buf);
	return rc ? rc : text_value(s, at, &buf, out);
}

/* true, false, null and numbers; else *out stays NULL. */
static void word_or_number(struct hcl *s, json_t **out)
{
	lb_autofree char *word = hcl_identifier(s);
	const char *from = s->p;
	if (word) {
		*out = strcmp(word, "true") == 0    ? json_true()
		       : strcmp(word, "false") == 0 ? json_false()
		       : strcmp(word, "null") == 0  ? json_null()
						    : NULL;
		return;
	}
	while (s->p < s->end && (isdigit((unsigned char)*s->p) || *s->p == '.' || (*s->p == '-' && s->p == from)))
		s->p++;
	lb_autofree char *number = lb_strndup(from, (size_t)(s->p - from));
	char *rest;
	double n = strtod(number, &rest);
	if (*number && !*rest)
		*out = strchr(number, '.') || n > 9e15 || n < -9e15 ? json_real(n) : json_integer((json_int_t)n);
}

static bool is_for(const struct hcl *s)
{
	struct hcl look = *s;
	struct lb_err unused;
	look.err = &unused;
	look.p++;
	if (hcl_skip(&look, true))
		return false;
	lb_autofree char *word = hcl_identifier(&look);
	return word && strcmp(word, "for") == 0;
}

static int literal(struct hcl *s, json_t **out)
{
	if (hcl_peek(s) == '"' || hcl_ahead(s, "<<"))
		return text(s, out);
	if (hcl_peek(s) == '[')
		return is_for(s) ? 0 : list(s, out);
	if (hcl_peek(s) == '{')
		return is_for(s) ? 0 : object(s, out);
	word_or_number(s, out);
	return 0;
}

/* The text of a value that is no literal, up to where it ends. */
static int expression(struct hcl *s, bool in_brackets, json_t **out)
{
	const char *from = s->p, *to = from;
	unsigned depth = 0;
	lb_autobuf struct lb_buf unused = { 0 }, all = { 0 };
	while (s->p < s->end) {
		bool comment = *s->p == '#' || hcl_ahead(s, "//") || hcl_ahead(s, "/*");
		int rc = 0;
		if (!depth && (strchr(",}])", *s->p) || (*s->p == '\n' && !in_brackets)))
			break;
		if (*s->p == '"')
			rc = hcl_quoted(s, &unused);
		else if (comment)
			rc = hcl_skip(s, false);
		else {
			depth += strchr("([{", *s->p) != NULL;
			depth -= depth && strchr(")]}", *s->p) != NULL;
			s->p++;
		}
		if (rc)
			return rc;
		to = comment || isspace((unsigned char)s->p[-1]) ? to : s->p;
	}
	if (depth)
		return hcl_fail(s, from, "a bracket of this expression is never closed");
	if (to == from)
		return hcl_fail(s, from, "a value is expected here");
	lb_buf_adds(&all, "${");
	lb_buf_add(&all, from, (size_t)(to - from));
	lb_buf_addc(&all, '}');
	return text_value(s, from, &all, out);
}

static int value(struct hcl *s, bool in_brackets, json_t **out)
{
	const char *from = s->p;
	*out = NULL;
	if (++s->depth > DEPTH_MAX)
		return hcl_fail(s, from, "more than %d brackets in each other", DEPTH_MAX);
	int rc = literal(s, out);
	if (!rc)
		rc = hcl_skip(s, in_brackets);
	if (!rc && (!*out || !at_value_end(s))) {
		json_decref(*out);
		*out = NULL;
		s->p = from;
		rc = expression(s, in_brackets, out);
	}
	s->depth--;
	if (rc) {
		json_decref(*out);
		*out = NULL;
	}
	return rc;
}

/* ---- bodies ---- */

static int body(struct hcl *s, json_t *into, const char *open);

/* The object at a label; made when it is not there, and what stood there is kept: blocks of one name are one. */
static json_t *member(json_t *object, const char *key)
{
	json_t *v = json_object_get(object, key);
	if (!json_is_object(v)) {
		v = json_object();
		if (json_object_set_new(object, key, v))
			return NULL;
	}
	return v;
}

static int block(struct hcl *s, json_t *into, const char *type)
{
	json_t *at = member(into, type);
	const char *label = s->p;
	while (at && hcl_peek(s) != '{') {
		lb_autobuf struct lb_buf name = { 0 };
		label = s->p;
		lb_autofree char *word = hcl_identifier(s);
		int rc = word                 ? 0
			 : hcl_peek(s) == '"' ? hcl_quoted(s, &name)
					      : hcl_fail(s, s->p, "'=', a label or '{' is expected behind '%s'", type);
		if (rc)
			return rc;
		at = member(at, word ? word : lb_buf_str(&name));
		if ((rc = hcl_skip(s, false)))
			return rc;
	}
	if (!at)
		return hcl_fail(s, label, "this name is not UTF-8");
	const char *open = s->p++;
	if (++s->depth > DEPTH_MAX)
		return hcl_fail(s, open, "more than %d brackets in each other", DEPTH_MAX);
	int rc = body(s, at, open);
	s->depth--;
	return rc;
}

static int attribute(struct hcl *s, json_t *into, const char *name, const char *at)
{
	json_t *v;
	lb_autobuf struct lb_buf key = { 0 };
	s->p++;
	int rc = hcl_skip(s, false);
	if (!rc)
		rc = value(s, false, &v);
	if (rc)
		return rc;
	lb_buf_adds(&key, name);
	return set(s, at, into, &key, v);
}

/* Up to the end, or to the '}' of the '{' at open. */
static int body(struct hcl *s, json_t *into, const char *open)
{
	for (;;) {
		int rc = hcl_skip(s, true);
		if (rc)
			return rc;
		const char *at = s->p;
		if (s->p >= s->end)
			return open ? hcl_fail(s, open, "this '{' is never closed") : 0;
		if (*s->p == '}' && open) {
			s->p++;
			return 0;
		}
		lb_autofree char *name = hcl_identifier(s);
		if (!name)
			return hcl_fail(s, at, "the name of an attribute or a block is expected here");
		if ((rc = hcl_skip(s, false)))
			return rc;
		rc = hcl_peek(s) == '=' ? attribute(s, into, name, at) : block(s, into, name);
		if (rc || (rc = hcl_skip(s, false)))
			return rc;
		if (s->p < s->end && *s->p != '\n' && !(*s->p == '}' && open))
			return hcl_fail(s, s->p, "the end of the line is expected here");
	}
}

int hcl_parse(const char *name, const char *source, size_t len, json_t **out, struct lb_err *err)
{
	const char *nul = memchr(source, '\0', len);
	struct hcl s = { .name = name, .start = source, .p = source, .end = source + len, .err = err };
	lb_autojson json_t *all = json_object();
	int rc = nul ? hcl_fail(&s, nul, "a NUL byte") : body(&s, all, NULL);
	if (!rc)
		*out = lb_steal(&all);
	return rc;
}
