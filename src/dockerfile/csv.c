/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/csv.h"

#include <ctype.h>
#include <string.h>

static const char *quoted_field(const char **at, char *out)
{
	const char *p = *at + 1;
	for (;; p++) {
		if (!*p)
			return "a quoted field is not closed";
		if (*p == '"' && *++p != '"')
			break;
		*out++ = *p;
	}
	*out = '\0';
	*at = p;
	return *p && *p != ',' ? "text behind a quoted field; a comma must follow" : NULL;
}

static const char *plain_field(const char **at, char *out)
{
	size_t n = strcspn(*at, ",");
	if (memchr(*at, '"', n))
		return "a quote within a field that does not begin with one";
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n;
	return NULL;
}

const char *lb_csv_fields(struct lb_arena *arena, const char *line, char ***fields, size_t *count)
{
	size_t commas = 0;
	if (!*line)
		return "it is empty";
	for (const char *p = line; *p; p++)
		commas += *p == ',';
	*fields = lb_arena_alloc(arena, (commas + 1) * sizeof(**fields));
	*count = 0;
	char *out = lb_arena_alloc(arena, strlen(line) + commas + 2);
	for (;; line++) {
		const char *why = *line == '"' ? quoted_field(&line, out) : plain_field(&line, out);
		if (why)
			return why;
		(*fields)[(*count)++] = out;
		out += strlen(out) + 1;
		if (!*line)
			return NULL;
	}
}

char *lb_csv_cut(char *field)
{
	char *p = field;
	for (; *p && *p != '='; p++)
		*p = (char)tolower((unsigned char)*p);
	if (!*p)
		return NULL;
	*p = '\0';
	return p + 1;
}

bool lb_csv_bool(const char *text, bool *out)
{
	static const char *const yes[] = { "1", "t", "T", "true", "TRUE", "True" };
	static const char *const no[] = { "0", "f", "F", "false", "FALSE", "False" };
	for (size_t i = 0; i < LB_COUNT(yes); i++) {
		*out = strcmp(text, yes[i]) == 0;
		if (*out || strcmp(text, no[i]) == 0)
			return true;
	}
	return false;
}
