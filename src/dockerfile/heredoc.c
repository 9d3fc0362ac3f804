/* SPDX-License-Identifier: Apache-2.0
 *
 * Heredocs. The engine lexes the whole line as a shell would, quotes and escapes kept, and looks at the words:
 * where that lexing fails (a quote that is not closed, a modifier it does not know in ${}), there is no
 * heredoc in the line at all. The backslash escapes here, whatever the escape directive says.
 */
#include "dockerfile/heredoc.h"

#include <limits.h>
#include <string.h>

#include "dockerfile/parser.h"
#include "dockerfile/rune.h"
#include "dockerfile/text.h"

#define NESTING_MAX 1000

/* Where a construct ends; NULL when lexing fails. All start behind the character that opens it. */
static const char *skip_dollar(const char *p, const char *end, unsigned depth);

static const char *skip_single(const char *p, const char *end)
{
	const char *close = memchr(p, '\'', (size_t)(end - p));
	return close ? close + 1 : NULL;
}

static const char *skip_double(const char *p, const char *end, unsigned depth)
{
	while (p && p < end) {
		char c = *p++;
		if (c == '"')
			return p;
		if (c == '$')
			p = skip_dollar(p, end, depth);
		else if (c == '\\' && p < end && (*p == '"' || *p == '$' || *p == '\\'))
			p++;
	}
	return NULL;
}

/* To behind the next `stop` that is neither quoted nor escaped. */
static const char *skip_until(const char *p, const char *end, char stop, unsigned depth)
{
	while (p && p < end) {
		char c = *p++;
		if (c == stop)
			return p;
		if (c == '\'')
			p = skip_single(p, end);
		else if (c == '"')
			p = skip_double(p, end, depth);
		else if (c == '$')
			p = skip_dollar(p, end, depth);
		else if (c == '\\' && p < end)
			p++;
	}
	return NULL;
}

static const char *skip_name(const char *p, const char *end)
{
	uint32_t r;
	bool number = p < end && (lb_rune_decode(p, (size_t)(end - p), &r), lb_rune_is_digit(r));
	if (!number && p < end && strchr("@*#?-$!", *p))
		return p + 1;
	while (p < end) {
		size_t n = lb_rune_decode(p, (size_t)(end - p), &r);
		if (!(lb_rune_is_digit(r) || (!number && (lb_rune_is_letter(r) || r == '_'))))
			break;
		p += n;
	}
	return p;
}

static const char *skip_dollar(const char *p, const char *end, unsigned depth)
{
	if (p == end || *p != '{')
		return skip_name(p, end);
	if (++p == end || strchr("{}:", *p) || depth == NESTING_MAX)
		return NULL;
	p = skip_name(p, end);
	if (p == end)
		return NULL;
	switch (*p++) {
	case '}':
		return p;
	case ':':
		return p < end ? skip_until(p + 1, end, '}', depth + 1) : NULL;
	case '+':
	case '-':
	case '?':
	case '#':
	case '%':
		return skip_until(p, end, '}', depth + 1);
	case '/':
		if (p < end && *p == '/')
			p++;
		p = skip_until(p, end, '/', depth + 1);
		return p ? skip_until(p, end, '}', depth + 1) : NULL;
	default:
		return NULL;
	}
}

/* One piece of a word: where it ends, or NULL. White space within ${} splits words all the same, so a
 * variable is passed over byte by byte once it is known to be well formed. */
static const char *skip_piece(const char *p, const char *end, const char **dollar_end)
{
	char c = *p++;
	switch (c) {
	case '\'':
		return skip_single(p, end);
	case '"':
		return skip_double(p, end, 0);
	case '$':
		*dollar_end = skip_dollar(p, end, 0);
		return *dollar_end ? p : NULL;
	case '<':
		return p < end && *p == '<' ? lb_text_skip_spaces(p + 1, end) : p;
	case '\\': {
		uint32_t r;
		return p < end ? p + lb_rune_decode(p, (size_t)(end - p), &r) : p;
	}
	default:
		return p;
	}
}

/* The next word in [*at, end). 1: there is one, 0: no more, -1: lexing fails. *inside: how far text within
 * a variable goes that was begun by an earlier word. */
static int next_word(const char **at, const char *end, const char **inside, const char **from, const char **to)
{
	const char *p = lb_text_skip_spaces(*at, end);
	if (p == end)
		return 0;
	*from = p;
	while (p < end && !lb_text_space(p, end)) {
		if (p < *inside) {
			p++;
			continue;
		}
		p = skip_piece(p, end, inside);
		if (!p)
			return -1;
	}
	*to = *at = p;
	return 1;
}

/* The word behind "<<", quotes and escapes taken out. Its length, 0 when it is not one word, -1 on an error. */
static ptrdiff_t unquote(const char *p, const char *end, char *out, bool *quoted)
{
	char *start = out;
	char quote = '\0';
	for (; p < end; p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? '\0' : *p;
			*quoted = true;
			continue;
		}
		if (!quote && lb_text_space(p, end))
			return 0;
		if (*p == '\\' && quote != '\'') {
			bool takes = p + 1 < end && (!quote || p[1] == '"' || p[1] == '$' || p[1] == '\\');
			if (takes)
				p++;
			else if (p + 1 == end)
				continue;
		}
		*out++ = *p;
	}
	return quote ? -1 : out - start;
}

int lb_heredoc_word(struct lb_arena *arena, const char *word, size_t len, struct lb_heredoc *out, struct lb_err *err)
{
	const char *p = word, *end = word + len;
	struct lb_heredoc doc = { .expand = true };
	for (; p < end && *p >= '0' && *p <= '9'; p++)
		doc.fd = doc.fd > (UINT_MAX - 9) / 10 ? UINT_MAX : doc.fd * 10 + (unsigned)(*p - '0');
	if (end - p < 3 || p[0] != '<' || p[1] != '<')
		return 0;
	p += 2;
	if (*p == '-') {
		doc.chomp = true;
		p++;
	}
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\f' || *p == '\r'))
		p++;
	if (p == end || memchr(p, '<', (size_t)(end - p)))
		return 0;
	bool quoted = false;
	doc.name = lb_arena_alloc(arena, (size_t)(end - p) + 1);
	ptrdiff_t n = unquote(p, end, doc.name, &quoted);
	if (n < 0)
		return lb_fail(err, LB_INVALID, "a quote in the heredoc's word %.*s is not closed", (int)len, word);
	if (!n)
		return 0;
	doc.expand = !quoted;
	doc.content = lb_arena_strdup(arena, "");
	*out = doc;
	return 1;
}

static bool may_open(const struct lb_instruction *in)
{
	if (in->keyword == LB_KW_ONBUILD && in->trigger)
		in = in->trigger;
	return !in->json && (in->keyword == LB_KW_RUN || in->keyword == LB_KW_COPY || in->keyword == LB_KW_ADD);
}

static bool ends(const struct lb_heredoc *doc, size_t name_len, const struct lb_line *line)
{
	const char *p = line->text, *end = p + line->len;
	while (doc->chomp && p < end && *p == '\t')
		p++;
	return (size_t)(end - p) == name_len && memcmp(p, doc->name, name_len) == 0;
}

static size_t restore_nuls(char *text, size_t len)
{
	char *out = text;
	for (size_t i = 0; i < len; i++) {
		bool nul = (unsigned char)text[i] == 0xc0 && i + 1 < len && (unsigned char)text[i + 1] == 0x80;
		*out++ = nul ? '\0' : text[i];
		i += nul;
	}
	*out = '\0';
	return (size_t)(out - text);
}

static int read_body(struct lb_parser *p, const struct lb_instruction *in, const char *word, struct lb_heredoc *doc, struct lb_err *err)
{
	const char *start = p->start;
	size_t name_len = strlen(doc->name);
	struct lb_line line;
	int got;
	while ((got = lb_parser_next_line(p, &line, err)) > 0) {
		if (!ends(doc, name_len, &line))
			continue;
		doc->content_len = (size_t)(line.text - start);
		doc->content = lb_arena_strndup(&p->df->arena, start, doc->content_len);
		if (p->has_nul)
			doc->content_len = restore_nuls(doc->content, doc->content_len);
		return 0;
	}
	if (got < 0)
		return got;
	struct lb_pos at = lb_instruction_text_pos(p->df, in, word);
	return lb_fail_at(err, at, "the heredoc has no end; a line \"%s\" would end it", doc->name);
}

static int add_heredoc(struct lb_parser *p, struct lb_instruction *in, const char *from, const char *to, size_t *cap, struct lb_err *err)
{
	struct lb_err why;
	struct lb_heredoc doc;
	int rc = lb_heredoc_word(&p->df->arena, from, (size_t)(to - from), &doc, &why);
	if (rc < 0)
		return lb_fail_at(err, lb_instruction_text_pos(p->df, in, from), "%s", why.text);
	if (!rc)
		return 0;
	rc = read_body(p, in, from, &doc, err);
	if (rc < 0)
		return rc;
	in->heredocs = lb_parser_grow(&p->df->arena, in->heredocs, in->heredocs_count, cap, sizeof(doc));
	in->heredocs[in->heredocs_count++] = doc;
	return 0;
}

static bool can_be_lexed(const char *at, const char *end)
{
	const char *inside = at, *from, *to;
	int got;
	while ((got = next_word(&at, end, &inside, &from, &to)) > 0)
		;
	return got == 0;
}

int lb_parser_heredocs(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	const char *at = in->original, *inside = at, *from, *to;
	const char *end = at + strlen(at);
	size_t cap = 0;
	if (!(p->dialect & LB_DIALECT_HEREDOC) || !may_open(in) || !memmem(at, (size_t)(end - at), "<<", 2) || !can_be_lexed(at, end))
		return 0;
	while (next_word(&at, end, &inside, &from, &to) > 0) {
		int rc = memmem(from, (size_t)(to - from), "<<", 2) ? add_heredoc(p, in, from, to, &cap, err) : 0;
		if (rc < 0)
			return rc;
	}
	if (in->trigger) {
		in->trigger->heredocs = in->heredocs;
		in->trigger->heredocs_count = in->heredocs_count;
	}
	return 0;
}
