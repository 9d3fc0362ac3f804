/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lbench/json.h"
#include "lbench/mem.h"
#include "scenario/set.h"

/* The text is valid JSON, by the strict reader, before it is scanned: the scanner only has to find the places. */
struct scan {
	const char *text;
	size_t at;
};

static void skip_space(struct scan *s)
{
	s->at += strspn(s->text + s->at, " \t\r\n");
}

static void skip_string(struct scan *s)
{
	for (s->at++; s->text[s->at] != '"'; s->at++)
		s->at += s->text[s->at] == '\\';
	s->at++;
}

/* Over a value of any kind; brackets are counted, since they match. */
static void skip_value(struct scan *s)
{
	unsigned depth = 0;
	do {
		skip_space(s);
		char c = s->text[s->at];
		if (c == '"') {
			skip_string(s);
		} else if (strchr("{[", c)) {
			depth++;
			s->at++;
		} else if (strchr("}]", c)) {
			depth--;
			s->at++;
		} else if (strchr(",:", c)) {
			s->at++;
		} else {
			s->at += strcspn(s->text + s->at, ",:{}[] \t\r\n");
		}
	} while (depth);
}

static bool key_is(const char *text, size_t start, size_t end, const char *key)
{
	lb_autofree char *list = lb_format("[%.*s]", (int)(end - start), text + start);
	lb_autojson json_t *j = NULL;
	struct lb_err unused;
	return lb_json_parse("", list, strlen(list), &j, &unused) == 0 && strcmp(json_string_value(json_array_get(j, 0)), key) == 0;
}

/* Moves to the member or item that step names. */
static bool enter(struct scan *s, const struct scn_pointer_step *step)
{
	skip_space(s);
	if (s->text[s->at] != (step->key ? '{' : '['))
		return false;
	s->at++;
	for (size_t i = 0;; i++) {
		skip_space(s);
		if (strchr("}]", s->text[s->at]))
			return false;
		bool found = !step->key && i == step->index;
		if (step->key) {
			size_t start = s->at;
			skip_string(s);
			found = key_is(s->text, start, s->at, step->key);
			skip_space(s);
			s->at++; /* ':' */
		}
		if (found)
			return true;
		skip_value(s);
		skip_space(s);
		s->at += s->text[s->at] == ',';
	}
}

int scn_find_json(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err)
{
	lb_autojson json_t *valid = NULL;
	if (lb_json_parse("it", text, len, &valid, err) < 0)
		return err ? err->code : LB_INVALID;
	struct scan s = { text, 0 };
	for (size_t i = 0; i < at->count; i++)
		if (!enter(&s, &at->steps[i]))
			return lb_fail(err, LB_INVALID, "there is no such value");
	skip_space(&s);
	if (strchr("{[", text[s.at]))
		return lb_fail(err, LB_INVALID, "that is no single value");
	out->start = s.at;
	out->quoted = text[s.at] == '"';
	skip_value(&s);
	out->end = s.at;
	return 0;
}
