/* SPDX-License-Identifier: Apache-2.0
 *
 * Directives: comments of a certain form, in the first lines only.
 *
 * The engine reads them twice. Its parser knows those at the top of the file, as part of reading lines. To
 * find `syntax` and `check` it also looks behind a #! line, and for `syntax` at // comments and at JSON.
 */
#include "dockerfile/parser.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/json_array.h"
#include "dockerfile/text.h"

struct directive {
	char name[8];      /* lower case */
	const char *value; /* in the line */
	size_t len;
};

static bool known(const char *name)
{
	return strcmp(name, "syntax") == 0 || strcmp(name, "escape") == 0 || strcmp(name, "check") == 0;
}

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\f' || c == '\r';
}

/* What stands behind the comment sign. */
static bool read_directive(const char *p, const char *end, struct directive *d)
{
	size_t n = 0;
	p = lb_text_skip_spaces(p, end);
	while (p + n < end && (isalpha((unsigned char)p[n]) || (n && isdigit((unsigned char)p[n]))))
		n++;
	if (!n || n >= sizeof(d->name))
		return false;
	for (size_t i = 0; i < n; i++)
		d->name[i] = (char)tolower((unsigned char)p[i]);
	d->name[n] = '\0';
	for (p += n; p < end && space(*p);)
		p++;
	if (p == end || *p != '=' || ++p == end || !known(d->name))
		return false;
	while (p < end && space(*p))
		p++;
	while (end > p && space(end[-1]))
		end--;
	d->value = p;
	d->len = (size_t)(end - p);
	return true;
}

static bool seen(const struct lb_dockerfile *df, const char *name)
{
	for (size_t i = 0; i < df->directives_count; i++)
		if (strcmp(df->directives[i].name, name) == 0)
			return true;
	return false;
}

static void add(struct lb_parser *p, const char *name, const char *value, size_t len, uint32_t line)
{
	struct lb_dockerfile *df = p->df;
	df->directives = lb_parser_grow(&df->arena, df->directives, df->directives_count, &p->directives_cap, sizeof(*df->directives));
	df->directives[df->directives_count++] =
		(struct lb_directive){ lb_arena_strdup(&df->arena, name), lb_arena_strndup(&df->arena, value, len), line };
}

int lb_parser_directive(struct lb_parser *p, const struct lb_line *line, struct lb_err *err)
{
	struct directive d;
	const char *end = line->text + line->len;
	const char *text = lb_text_skip_spaces(line->text, end);
	if (p->directives_done)
		return 0;
	if (text == end || *text != '#' || !read_directive(text + 1, end, &d)) {
		p->directives_done = true;
		return 0;
	}
	if (seen(p->df, d.name))
		return lb_parser_fail(p, err, line->number, (uint32_t)(text - line->text) + 1,
				      "a second %s directive; only one of each is allowed", d.name);
	if (strcmp(d.name, "escape") == 0) {
		if (d.len != 1 || (*d.value != '\\' && *d.value != '`'))
			return lb_parser_fail(p, err, line->number, (uint32_t)(d.value - line->text) + 1,
					      "the escape character is \\ or `, not \"%.*s\"", (int)d.len, d.value);
		p->df->escape = *d.value;
	}
	add(p, d.name, d.value, d.len, line->number);
	return 1;
}

/* One line of text from *at on, without its end; moves *at behind it. */
static const char *line_end(const char **at, const char *end)
{
	const char *newline = memchr(*at, '\n', (size_t)(end - *at));
	const char *stop = newline ? newline : end;
	*at = newline ? newline + 1 : end;
	return stop;
}

/* Directives of the given comment sign, from p on: those named in `wanted`. Ends like the parser's search. */
static void scan(struct lb_parser *parser, const char *p, const char *end, uint32_t line, const char *sign, const char *wanted)
{
	size_t sign_len = strlen(sign);
	bool escape_seen = false;
	for (; p < end; line++) {
		struct directive d;
		const char *text = p;
		const char *stop = line_end(&p, end);
		if ((size_t)(stop - text) < sign_len || memcmp(text, sign, sign_len) != 0)
			return;
		if (!read_directive(text + sign_len, stop, &d))
			return;
		if (seen(parser->df, d.name) || (escape_seen && *d.name == 'e'))
			return;
		escape_seen = escape_seen || *d.name == 'e';
		if (strstr(wanted, d.name))
			add(parser, d.name, d.value, d.len, line);
	}
}

void lb_parser_other_directives(struct lb_parser *p, const char *text, size_t len)
{
	const char *end = text + len;
	uint32_t line = 1;
	if (len >= 2 && text[0] == '#' && text[1] == '!') {
		line_end(&text, end);
		line = 2;
		scan(p, text, end, line, "#", "syntax check");
	}
	if (seen(p->df, "syntax"))
		return;
	scan(p, text, end, line, "//", "syntax");
	text = lb_text_skip_spaces(text, end);
	if (seen(p->df, "syntax") || text == end || *text != '{')
		return;
	char *copy = lb_arena_strndup(&p->df->arena, text, (size_t)(end - text));
	char *value = lb_json_object_string(&p->df->arena, copy, (size_t)(end - text), "syntax");
	if (value)
		add(p, "syntax", value, strlen(value), line);
}
