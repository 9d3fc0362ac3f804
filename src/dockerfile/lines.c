/* SPDX-License-Identifier: Apache-2.0
 *
 * Physical lines, and the instructions that they are joined into.
 */
#include "dockerfile/parser.h"

#include <string.h>

#include "dockerfile/text.h"

int lb_parser_next_line(struct lb_parser *p, struct lb_line *line, struct lb_err *err)
{
	if (p->start == p->end)
		return 0;
	size_t left = (size_t)(p->end - p->start);
	const char *newline = memchr(p->start, '\n', left);
	line->text = p->start;
	line->full = newline ? (size_t)(newline - p->start) + 1 : left;
	line->len = line->full - (newline != NULL);
	line->number = ++p->number;
	if (line->len > LB_LINE_BYTES_MAX)
		return lb_parser_fail(p, err, line->number, LB_LINE_BYTES_MAX + 1, "a line of %zu bytes; at most %d are allowed", line->len,
				      LB_LINE_BYTES_MAX);
	while (line->len && line->text[line->len - 1] == '\r')
		line->len--;
	p->start += line->full;
	return 1;
}

/* Length without the continuation, or -1 when the line does not end in one. */
static ptrdiff_t continued(const char *text, size_t len, char escape)
{
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (!len || text[len - 1] != escape)
		return -1;
	len--;
	/* two escapes are one that is escaped */
	return len && text[len - 1] == escape ? -1 : (ptrdiff_t)len;
}

static void add_part(struct lb_parser *p, const struct lb_line *line, const char *text, size_t len)
{
	struct lb_source_part part = { (uint32_t)p->joined.len, line->number, (uint32_t)(text - line->text) + 1 };
	lb_buf_add(&p->parts, &part, sizeof(part));
	lb_buf_add(&p->joined, text, len);
}

int lb_parser_join(struct lb_parser *p, const struct lb_line *first, struct lb_err *err)
{
	const char *end = first->text + first->len;
	const char *text = lb_text_skip_spaces(first->text, end);
	ptrdiff_t len = continued(text, (size_t)(end - text), p->df->escape);
	struct lb_line line = *first;
	lb_buf_clear(&p->joined);
	lb_buf_clear(&p->parts);
	p->empty_line = false;
	add_part(p, first, text, len < 0 ? (size_t)(end - text) : (size_t)len);
	while (len >= 0) {
		int got = lb_parser_next_line(p, &line, err);
		if (got <= 0)
			return got;
		end = line.text + line.len;
		text = lb_text_skip_spaces(line.text, end);
		if (text < end && *text == '#')
			continue;
		if (text == end) {
			p->empty_line = true;
			continue;
		}
		len = continued(line.text, line.len, p->df->escape);
		add_part(p, &line, line.text, len < 0 ? line.len : (size_t)len);
	}
	return 0;
}
