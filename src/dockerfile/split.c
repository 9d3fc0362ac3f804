/* SPDX-License-Identifier: Apache-2.0
 *
 * An instruction's text, taken apart: keyword, flags, and the arguments in the form that the keyword has.
 */
#include "dockerfile/parser.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "dockerfile/json_array.h"
#include "dockerfile/text.h"

enum form {
	FORM_NONE,  /* unknown instruction: one empty argument */
	FORM_TEXT,  /* the rest of the line */
	FORM_WORDS, /* split at white space */
	FORM_JSON_OR_TEXT,
	FORM_JSON_OR_WORDS,
	FORM_QUOTED_WORDS, /* split at white space outside of quotes */
	FORM_PAIRS,        /* NAME=VALUE …, or NAME VALUE */
	FORM_HEALTH,       /* a word, then JSON or text */
	FORM_NESTED,       /* another instruction */
};

static const struct {
	const char *name;
	enum form form;
} keywords[LB_KW_COUNT] = {
	[LB_KW_UNKNOWN] = { "", FORM_NONE },
	[LB_KW_ADD] = { "ADD", FORM_JSON_OR_WORDS },
	[LB_KW_ARG] = { "ARG", FORM_QUOTED_WORDS },
	[LB_KW_CMD] = { "CMD", FORM_JSON_OR_TEXT },
	[LB_KW_COPY] = { "COPY", FORM_JSON_OR_WORDS },
	[LB_KW_ENTRYPOINT] = { "ENTRYPOINT", FORM_JSON_OR_TEXT },
	[LB_KW_ENV] = { "ENV", FORM_PAIRS },
	[LB_KW_EXPOSE] = { "EXPOSE", FORM_WORDS },
	[LB_KW_FROM] = { "FROM", FORM_WORDS },
	[LB_KW_HEALTHCHECK] = { "HEALTHCHECK", FORM_HEALTH },
	[LB_KW_LABEL] = { "LABEL", FORM_PAIRS },
	[LB_KW_MAINTAINER] = { "MAINTAINER", FORM_TEXT },
	[LB_KW_ONBUILD] = { "ONBUILD", FORM_NESTED },
	[LB_KW_RUN] = { "RUN", FORM_JSON_OR_TEXT },
	[LB_KW_SHELL] = { "SHELL", FORM_JSON_OR_TEXT },
	[LB_KW_STOPSIGNAL] = { "STOPSIGNAL", FORM_TEXT },
	[LB_KW_USER] = { "USER", FORM_TEXT },
	[LB_KW_VOLUME] = { "VOLUME", FORM_JSON_OR_WORDS },
	[LB_KW_WORKDIR] = { "WORKDIR", FORM_TEXT },
};

const char *lb_keyword_name(enum lb_keyword k)
{
	return (unsigned)k < LB_KW_COUNT ? keywords[k].name : "";
}

static enum lb_keyword find_keyword(const char *word)
{
	for (int k = LB_KW_UNKNOWN + 1; k < LB_KW_COUNT; k++)
		if (keywords[k].name[0] == toupper((unsigned char)word[0]) && strcasecmp(keywords[k].name, word) == 0)
			return (enum lb_keyword)k;
	return LB_KW_UNKNOWN;
}

static char **new_args(struct lb_parser *p, struct lb_instruction *in, size_t count)
{
	in->args = lb_arena_alloc(&p->df->arena, (count ? count : 1) * sizeof(*in->args));
	in->args_count = count;
	return in->args;
}

static void one_arg(struct lb_parser *p, struct lb_instruction *in, char *arg)
{
	new_args(p, in, 1)[0] = arg;
}

/* A copy of the rest in which words can be ended; what it returns is args' source for positions. */
static char *words_copy(struct lb_parser *p, struct lb_instruction *in, size_t len)
{
	char *copy = lb_arena_strndup(&p->df->arena, in->rest, len);
	in->words = copy;
	return copy;
}

static void split_words(struct lb_parser *p, struct lb_instruction *in)
{
	size_t len = strlen(in->rest), count = 0;
	if (!len)
		return;
	char *copy = words_copy(p, in, len);
	for (size_t i = 0; i < len; i++)
		count += !lb_text_blank(copy[i]) && (i + 1 == len || lb_text_blank(copy[i + 1]));
	char **args = new_args(p, in, count);
	for (char *at = copy, *end = copy + len; at < end;) {
		*args++ = at;
		while (at < end && !lb_text_blank(*at))
			at++;
		while (at < end && lb_text_blank(*at))
			*at++ = '\0';
	}
}

/* The next word from *at on, quotes and escapes kept in it. An escape at the very end belongs to none. */
static bool quoted_word(const char **at, const char *end, char escape, const char **from, const char **to)
{
	const char *p = lb_text_skip_spaces(*at, end);
	char quote = '\0';
	*from = *to = p;
	while (p < end) {
		if (!quote && lb_text_space(p, end))
			break;
		if (*p == escape && quote != '\'') {
			if (p + 1 == end) {
				p++;
				break;
			}
			size_t wide = lb_text_space(p + 1, end);
			p += wide > 1 ? wide + 1 : 2;
			*to = p;
			continue;
		}
		if (quote ? *p == quote : *p == '\'' || *p == '"')
			quote = quote ? '\0' : *p;
		*to = ++p;
	}
	*at = p;
	return *to > *from;
}

static size_t count_quoted_words(const char *p, const char *end, char escape)
{
	const char *from, *to;
	size_t count = 0;
	while (quoted_word(&p, end, escape, &from, &to))
		count++;
	return count;
}

static void split_quoted_words(struct lb_parser *p, struct lb_instruction *in)
{
	size_t len = strlen(in->rest);
	char *copy = words_copy(p, in, len);
	const char *at = in->rest, *end = at + len, *from, *to;
	char **args = new_args(p, in, count_quoted_words(at, end, p->df->escape));
	while (quoted_word(&at, end, p->df->escape, &from, &to)) {
		*args++ = copy + (from - in->rest);
		copy[to - in->rest] = '\0';
	}
}

static int old_pair(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	char *copy = words_copy(p, in, strlen(in->rest));
	char *value = copy;
	while (*value && !lb_text_blank(*value))
		value++;
	if (!*value)
		return lb_fail_at(err, lb_instruction_text_pos(p->df, in, in->rest), "%s needs a name and a value: %s NAME=VALUE",
				  keywords[in->keyword].name, keywords[in->keyword].name);
	while (lb_text_blank(*value))
		*value++ = '\0';
	char **args = new_args(p, in, 3);
	args[0] = copy;
	args[1] = value;
	args[2] = "";
	return 0;
}

static int split_pairs(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	const char *at = in->rest, *from, *to;
	const char *end = at + strlen(at);
	if (!quoted_word(&at, end, p->df->escape, &from, &to))
		return 0;
	if (!memchr(from, '=', (size_t)(to - from)))
		return old_pair(p, in, err);
	char *copy = words_copy(p, in, (size_t)(end - in->rest));
	char **args = new_args(p, in, 3 * count_quoted_words(in->rest, end, p->df->escape));
	for (at = in->rest; quoted_word(&at, end, p->df->escape, &from, &to); args += 3) {
		const char *equals = memchr(from, '=', (size_t)(to - from));
		if (!equals)
			return lb_fail_at(err, lb_instruction_text_pos(p->df, in, from), "no \"=\" in \"%.*s\"; %s takes NAME=VALUE",
					  (int)(to - from), from, keywords[in->keyword].name);
		args[0] = copy + (from - in->rest);
		copy[equals - in->rest] = '\0';
		args[1] = copy + (equals - in->rest) + 1;
		copy[to - in->rest] = '\0';
		args[2] = "=";
	}
	return 0;
}

/* 1: text was a JSON array and is in in->args; 0: it was none. */
static int json_args(struct lb_parser *p, struct lb_instruction *in, const char *text, struct lb_err *err)
{
	const char *fault;
	switch (lb_json_array_parse(&p->df->arena, text, strlen(text), &in->args, &in->args_count, &fault)) {
	case LB_JSON_ARRAY_STRINGS:
		in->json = true;
		return 1;
	case LB_JSON_ARRAY_OTHER:
		return lb_fail_at(err, lb_instruction_text_pos(p->df, in, fault),
				  "the JSON form takes strings only; put every element in double quotes");
	default:
		in->args = NULL;
		in->args_count = 0;
		return 0;
	}
}

static int split_health(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	const char *space = in->rest;
	while (*space && !lb_text_blank(*space))
		space++;
	if (space == in->rest)
		return 0;
	char *word = words_copy(p, in, strlen(in->rest));
	word[space - in->rest] = '\0';
	while (lb_text_blank(*space))
		space++;
	int rc = *space ? json_args(p, in, space, err) : 0;
	if (rc < 0)
		return rc;
	char *text = in->rest + (space - in->rest);
	char **rest = rc ? in->args : &text;
	size_t rest_count = rc ? in->args_count : *space != '\0';
	char **args = new_args(p, in, rest_count + 1);
	args[0] = word;
	if (rest_count)
		memcpy(args + 1, rest, rest_count * sizeof(*rest));
	return 0;
}

static struct lb_instruction *nest(struct lb_parser *p, struct lb_instruction *in)
{
	struct lb_instruction *inner = lb_arena_alloc(&p->df->arena, sizeof(*inner));
	*inner = (struct lb_instruction){
		.first_line = in->first_line,
		.last_line = in->last_line,
		.original = in->rest,
		.stage = -1,
		.source = in->source,
		.source_count = in->source_count,
		.source_text = in->source_text,
	};
	struct lb_pos at = lb_instruction_text_pos(p->df, in, in->rest);
	inner->first_line = at.line;
	inner->col = at.col;
	in->trigger = inner;
	return inner;
}

static int split_args(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	int rc = 0;
	switch (keywords[in->keyword].form) {
	case FORM_NONE:
		one_arg(p, in, "");
		break;
	case FORM_TEXT:
		if (*in->rest)
			one_arg(p, in, in->rest);
		break;
	case FORM_WORDS:
		split_words(p, in);
		break;
	case FORM_JSON_OR_TEXT:
		rc = json_args(p, in, in->rest, err);
		if (rc == 0 && *in->rest)
			one_arg(p, in, in->rest);
		break;
	case FORM_JSON_OR_WORDS:
		rc = json_args(p, in, in->rest, err);
		if (rc == 0)
			split_words(p, in);
		break;
	case FORM_QUOTED_WORDS:
		split_quoted_words(p, in);
		break;
	case FORM_PAIRS:
		rc = split_pairs(p, in, err);
		break;
	case FORM_HEALTH:
		rc = split_health(p, in, err);
		break;
	case FORM_NESTED:
		if (*in->rest)
			nest(p, in);
		break;
	}
	return rc < 0 ? rc : 0;
}

/* A flag's word from p on. Its text goes to out (may be NULL), its length to *len; returns its end. */
static const char *scan_flag(const char *p, char escape, char *out, size_t *len)
{
	char quote = '\0';
	size_t n = 0;
	for (; *p && (quote || !(lb_text_blank(*p) || *p == '\n')); p++) {
		if (quote ? *p == quote : *p == '\'' || *p == '"') {
			quote = quote ? '\0' : *p;
			continue;
		}
		if (*p == escape) {
			if (!p[1])
				continue;
			p++;
		}
		if (out)
			out[n] = *p;
		n++;
	}
	*len = n;
	return p;
}

static void add_flag(struct lb_parser *p, struct lb_instruction *in, const char *at, char *text, size_t len, size_t *cap)
{
	struct lb_arena *arena = &p->df->arena;
	struct lb_pos pos = lb_instruction_text_pos(p->df, in, at);
	struct lb_flag flag = { .text = text, .line = pos.line, .col = pos.col };
	char *equals = strchr(text, '=');
	size_t skip = len < 2 ? len : 2;
	flag.has_value = equals != NULL;
	flag.value = equals ? equals + 1 : text + len;
	flag.name = lb_arena_strndup(arena, text + skip, (size_t)((equals ? equals : text + len) - text) - skip);
	in->flags = lb_parser_grow(arena, in->flags, in->flags_count, cap, sizeof(flag));
	in->flags[in->flags_count++] = flag;
}

/* Takes the flags from p on; returns what follows them. */
static char *split_flags(struct lb_parser *p, struct lb_instruction *in, char *at)
{
	size_t cap = 0, len;
	const char *end = p->text_end;
	for (;;) {
		at = (char *)lb_text_skip_spaces(at, end);
		if (at[0] != '-' || at[1] != '-')
			return at;
		const char *start = at;
		at = (char *)scan_flag(at, p->df->escape, NULL, &len);
		char *text = lb_arena_alloc(&p->df->arena, len + 1);
		scan_flag(start, p->df->escape, text, &len);
		if (strcmp(text, "--") == 0)
			return (char *)lb_text_skip_spaces(at, end);
		add_flag(p, in, start, text, len, &cap);
	}
}

static int split_one(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	char *at = in->original;
	while (*at && !lb_text_blank(*at))
		at++;
	in->word = lb_arena_strndup(&p->df->arena, in->original, (size_t)(at - in->original));
	in->keyword = find_keyword(in->word);
	in->rest = split_flags(p, in, at);
	return split_args(p, in, err);
}

int lb_parser_split(struct lb_parser *p, struct lb_instruction *in, struct lb_err *err)
{
	int rc = 0;
	/* ONBUILD may stand in ONBUILD, as deep as the file goes, as far as syntax is concerned */
	for (; in && rc == 0; in = in->trigger)
		rc = split_one(p, in, err);
	return rc;
}
