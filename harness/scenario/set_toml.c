/* SPDX-License-Identifier: Apache-2.0
 *
 * TOML, as far as finding a value needs it: [tables], [[arrays of tables]] (".package[1].version"), dotted and
 * quoted keys, strings of all four kinds. Values inside of inline tables and arrays are not reached.
 */
#include <stdio.h>
#include <string.h>

#include "lbench/mem.h"
#include "scenario/set.h"

struct toml {
	const char *text;
	size_t len, at;
	const struct scn_pointer *want;
	size_t depth;  /* steps of want that the current table has matched */
	bool in_table; /* does the current table lead to what is wanted? */
	size_t seen;   /* tables of the wanted array so far */
};

static bool at_end(const struct toml *t)
{
	return t->at >= t->len;
}

static void skip_blanks(struct toml *t)
{
	t->at += strspn(t->text + t->at, " \t");
}

static void skip_line(struct toml *t)
{
	t->at += strcspn(t->text + t->at, "\n");
	t->at += !at_end(t);
}

/* Over a string of any kind. false when it does not end. */
static bool skip_string(struct toml *t)
{
	const char *p = t->text + t->at;
	char q = *p;
	size_t n = p[1] == q && p[2] == q ? 3 : 1;
	for (p += n; *p; p++) {
		if (q == '"' && *p == '\\' && p[1])
			p++;
		else if (n == 1 && *p == '\n')
			return false;
		else if (*p == q && (n == 1 || (p[1] == q && p[2] == q))) {
			/* a text of three quotes may end with one or two of its own */
			while (n == 3 && p[3] == q)
				p++;
			t->at = (size_t)(p + n - t->text);
			return true;
		}
	}
	return false;
}

/* Over a value; lists and inline tables may go over lines. */
static bool skip_value(struct toml *t)
{
	unsigned depth = 0;
	for (;;) {
		char c = t->text[t->at];
		if (!c)
			return depth == 0;
		if (c == '"' || c == '\'') {
			if (!skip_string(t))
				return false;
			continue;
		}
		if (c == '#')
			t->at += strcspn(t->text + t->at, "\n");
		else if (c == '\n' && !depth)
			return true;
		else if (strchr("[{", c))
			depth++, t->at++;
		else if (strchr("]}", c))
			depth -= depth > 0, t->at++;
		else
			t->at++;
	}
}

/* The next part of a key. */
static bool read_key(struct toml *t, const char **key, size_t *len)
{
	skip_blanks(t);
	size_t start = t->at;
	char c = t->text[start];
	if (c == '"' || c == '\'') {
		if (!skip_string(t))
			return false;
		*key = t->text + start + 1;
		*len = t->at - start - 2;
	} else {
		*len = strspn(t->text + start, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
		*key = t->text + start;
		t->at += *len;
	}
	skip_blanks(t);
	return *len > 0;
}

/* Reads a dotted key; *depth moves on by the steps that it matches, *match tells whether all of it did. */
static bool read_dotted(struct toml *t, size_t *depth, bool *match)
{
	for (;;) {
		const char *key;
		size_t len;
		if (!read_key(t, &key, &len))
			return false;
		const struct scn_pointer_step *step = *depth < t->want->count ? &t->want->steps[*depth] : NULL;
		*match = *match && step && step->key && strlen(step->key) == len && memcmp(step->key, key, len) == 0;
		*depth += 1;
		if (t->text[t->at] != '.')
			return true;
		t->at++;
	}
}

static bool read_header(struct toml *t)
{
	bool array = t->text[t->at + 1] == '[', match = true;
	size_t depth = 0;
	t->at += array ? 2 : 1;
	if (!read_dotted(t, &depth, &match))
		return false;
	if (match && array) {
		const struct scn_pointer_step *step = depth < t->want->count ? &t->want->steps[depth] : NULL;
		match = step && !step->key && step->index == t->seen++;
		depth++;
	}
	t->in_table = match;
	t->depth = match ? depth : 0;
	skip_line(t);
	return true;
}

static int take_value(struct toml *t, struct scn_span *out, struct lb_err *err)
{
	char c = t->text[t->at];
	if (c == '[' || c == '{' || strncmp(t->text + t->at, "\"\"\"", 3) == 0 || strncmp(t->text + t->at, "'''", 3) == 0)
		return lb_fail(err, LB_INVALID, "that is no single value in one line");
	out->start = t->at;
	out->quoted = c == '"';
	out->single = c == '\'';
	if (out->quoted || out->single) {
		if (!skip_string(t))
			return lb_fail(err, LB_INVALID, "a text in it does not end");
		out->end = t->at;
		return 0;
	}
	size_t n = strcspn(t->text + t->at, "#\r\n");
	while (n && strchr(" \t", t->text[t->at + n - 1]))
		n--;
	out->end = t->at + n;
	return n ? 0 : lb_fail(err, LB_INVALID, "that value is empty");
}

int scn_find_toml(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err)
{
	struct toml t = { .text = text, .len = strlen(text) < len ? strlen(text) : len, .want = at, .in_table = true };
	while (!at_end(&t)) {
		skip_blanks(&t);
		char c = text[t.at];
		if (c == '#' || c == '\n' || c == '\r') {
			skip_line(&t);
			continue;
		}
		size_t depth = t.depth;
		bool match = t.in_table;
		if (at_end(&t))
			break;
		bool header = c == '[';
		bool good = header ? read_header(&t) : read_dotted(&t, &depth, &match) && text[t.at] == '=';
		if (!good)
			return lb_fail(err, LB_INVALID, "it is not TOML that is understood here");
		if (header)
			continue;
		t.at++;
		skip_blanks(&t);
		if (match && depth == at->count)
			return take_value(&t, out, err);
		if (!skip_value(&t))
			return lb_fail(err, LB_INVALID, "a value in it does not end");
		skip_line(&t);
	}
	return lb_fail(err, LB_INVALID, "there is no such value");
}
