/* SPDX-License-Identifier: Apache-2.0
 *
 * Words are expanded in one pass from left to right. What is open at a place (a double quote, the word of a
 * ${name:-word}, a pattern, a replacement) is a stack of frames on the heap, so that depth costs memory and
 * never the C stack. All frames write into one buffer: a frame remembers where its text begins there, and
 * when it closes leaves that text, or cuts it off and puts a value in its place; nothing is copied upwards.
 *
 * Splitting happens at the outermost level alone: there every finished item (a character, a quoted part, the
 * result of a '$') is handed on to the word under construction, raw where it was quoted or escaped.
 */
#include "lbench/words.h"

#include <string.h>

#include "dockerfile/rune.h"
#include "dockerfile/words_pattern.h"
#include "lbench/buf.h"

/* What a word may grow by. Variables that double one another reach any length in a few lines, where the engine
 * runs out of memory; an environment takes 128 KiB. */
#define GROWTH_MAX_BYTES ((size_t)1 << 20)

enum frame_kind { OUTERMOST, QUOTED, WORD, PATTERN, REPLACEMENT };

struct frame {
	enum frame_kind kind;
	size_t at;          /* in the source: the quote or '$' that opened it */
	size_t start;       /* in the result: where its text begins */
	size_t pattern_end; /* REPLACEMENT: where the pattern ends in the result */
	size_t name, name_len;
	char modifier;   /* one of - + ? # % / */
	bool colon, all; /* ":-"; "//" */
	bool keep;       /* keep_unset, and it is: the text is written back as it was */
	bool outer_raw;  /* raw_escapes outside of it */
};

struct expansion {
	const struct lb_words *w;
	const char *s;
	size_t len, pos, limit;
	struct lb_buf result;
	bool raw_escapes;
	struct frame *frames;
	size_t count, cap;
	struct lb_strv *words; /* NULL when nothing is to be split */
	struct lb_buf word;
	bool in_word;
	struct lb_map *used, *unset;
	struct lb_buf name; /* scratch, so that a name has an end */
	size_t fault;
	struct lb_err *err;
};

#define REFUSE(x, place, ...) ((x)->fault = (place), lb_fail((x)->err, LB_INVALID, __VA_ARGS__))

static struct frame *top(struct expansion *x)
{
	return &x->frames[x->count - 1];
}

static struct frame *push(struct expansion *x, enum frame_kind kind, size_t at)
{
	x->frames = lb_grow(x->frames, x->count, &x->cap, sizeof(*x->frames));
	struct frame *f = &x->frames[x->count++];
	*f = (struct frame){ .kind = kind, .at = at, .start = x->result.len, .outer_raw = x->raw_escapes };
	return f;
}

static void pop(struct expansion *x)
{
	x->raw_escapes = top(x)->outer_raw;
	x->count--;
}

static void end_word(struct expansion *x)
{
	if (x->word.len == 0)
		return;
	lb_strv_addn(x->words, x->word.data, x->word.len);
	lb_buf_clear(&x->word);
	x->in_word = false;
}

/* Hands what the result holds from start on over to the word under construction. */
static void finish_item(struct expansion *x, size_t start, bool raw)
{
	if (!x->words || x->count != 1)
		return;
	const char *text = lb_buf_str(&x->result) + start;
	size_t len = x->result.len - start;
	if (raw) {
		lb_buf_add(&x->word, text, len);
		x->in_word = true;
		return;
	}
	for (size_t i = 0; i < len;) {
		uint32_t r;
		size_t n = lb_rune_decode(text + i, len - i, &r);
		if (!lb_rune_is_space(r)) {
			lb_buf_add(&x->word, text + i, n);
			x->in_word = true;
		} else if (x->in_word) {
			end_word(x);
		}
		i += n;
	}
}

static void note_name(struct lb_map *seen, struct lb_strv *list, const char *name)
{
	if (!list || lb_map_get(seen, name))
		return;
	lb_map_set(seen, name, list);
	lb_strv_add(list, name);
}

static const char *look_up(struct expansion *x, size_t name, size_t len)
{
	lb_buf_clear(&x->name);
	lb_buf_add(&x->name, x->s + name, len);
	const char *value = x->w->lookup ? x->w->lookup(x->name.data, x->w->arg) : NULL;
	if (value)
		note_name(x->used, x->w->used, x->name.data);
	else
		note_name(x->unset, x->w->unset, x->name.data);
	return value;
}

static uint32_t rune_at(const struct expansion *x, size_t pos, size_t *n)
{
	uint32_t r;
	*n = lb_rune_decode(x->s + pos, x->len - pos, &r);
	return r;
}

/* Length of the name at pos; 0 when none begins there. */
static size_t name_len(const struct expansion *x, size_t pos)
{
	size_t at = pos, n;
	if (at >= x->len)
		return 0;
	if (lb_rune_is_digit(rune_at(x, at, &n))) {
		while (at < x->len && lb_rune_is_digit(rune_at(x, at, &n)))
			at += n;
		return at - pos;
	}
	if (strchr("@*#?-$!", x->s[at]))
		return 1;
	while (at < x->len) {
		uint32_t r = rune_at(x, at, &n);
		if (!lb_rune_is_letter(r) && !lb_rune_is_digit(r) && r != '_')
			break;
		at += n;
	}
	return at - pos;
}

static void plain_variable(struct expansion *x)
{
	size_t start = x->result.len;
	size_t name = x->pos + 1, len = name_len(x, name);
	const char *value = len ? look_up(x, name, len) : NULL;
	if (value)
		lb_buf_adds(&x->result, value);
	else if (len == 0 || x->w->keep_unset)
		lb_buf_add(&x->result, x->s + x->pos, 1 + len);
	x->pos = name + len;
	finish_item(x, start, false);
}

/* ${name} with nothing behind the name; pos is at the brace that ends it. */
static void braced_variable(struct expansion *x, size_t at, size_t name, size_t len)
{
	size_t start = x->result.len;
	const char *value = look_up(x, name, len);
	x->pos++;
	if (value)
		lb_buf_adds(&x->result, value);
	else if (x->w->keep_unset)
		lb_buf_add(&x->result, x->s + at, x->pos - at);
	finish_item(x, start, false);
}

static int refuse_modifier(struct expansion *x, size_t at, size_t mod)
{
	size_t n = x->s[mod] == ':' ? 1 : 0, last = 0;
	if (mod + n < x->len)
		rune_at(x, mod + n, &last);
	return REFUSE(x, at, "unsupported modifier '%.*s' in ${}: there are :- - :+ + :? ? # ## %% %%%% / and //", (int)(n + last),
		      x->s + mod);
}

/* Opens the word behind ${name and a modifier, which stands at pos. */
static int open_modifier(struct expansion *x, size_t at, size_t name, size_t len)
{
	size_t mod = x->pos;
	bool colon = x->s[mod] == ':';
	if (mod + colon >= x->len)
		return REFUSE(x, at, "missing '}': ${%.*s is not closed", (int)len, x->s + name);
	char modifier = x->s[mod + colon];
	if (!strchr(colon ? "-+?" : "-+?#%/", modifier) || (x->w->no_modifiers && strchr("#%/", modifier)))
		return refuse_modifier(x, at, mod);
	x->pos = mod + colon + 1;
	bool all = modifier == '/' && x->pos < x->len && x->s[x->pos] == '/';
	bool keep = x->w->keep_unset && !look_up(x, name, len);
	size_t start = x->result.len;
	x->pos += all;
	if (keep)
		lb_buf_add(&x->result, x->s + at, x->pos - at);
	struct frame *f = push(x, modifier == '/' ? PATTERN : WORD, at);
	f->start = start;
	f->name = name;
	f->name_len = len;
	f->modifier = modifier;
	f->colon = colon;
	f->all = all;
	f->keep = keep;
	x->raw_escapes = strchr("#%/", modifier) != NULL;
	return 0;
}

static int dollar(struct expansion *x)
{
	size_t at = x->pos;
	if (at + 1 >= x->len || x->s[at + 1] != '{') {
		plain_variable(x);
		return 0;
	}
	size_t name = at + 2;
	if (name >= x->len)
		return REFUSE(x, at, "missing '}': write ${NAME}, or \\$ for a dollar sign");
	size_t len = name_len(x, name);
	if (len == 0)
		return REFUSE(x, at, "bad substitution: '${' wants a name of letters, digits and '_' behind it");
	x->pos = name + len;
	if (x->pos >= x->len)
		return REFUSE(x, at, "missing '}': ${%.*s is not closed", (int)len, x->s + name);
	if (x->s[x->pos] != '}')
		return open_modifier(x, at, name, len);
	braced_variable(x, at, name, len);
	return 0;
}

/* Takes the text of a frame off the result and puts value in its place. */
static void put_instead(struct expansion *x, const struct frame *f, const char *value)
{
	x->result.len = f->start;
	lb_buf_adds(&x->result, value ? value : "");
}

static int refuse_unset(struct expansion *x, const struct frame *f, bool set)
{
	const char *text = lb_buf_str(&x->result) + f->start;
	size_t len = x->result.len - f->start;
	if (len == 0)
		text = set ? "is not allowed to be empty" : "is not allowed to be unset";
	return REFUSE(x, f->at, "%.*s: %s", (int)f->name_len, x->s + f->name, text);
}

static int trim_value(struct expansion *x, const struct frame *f, const char *value)
{
	/* the engine looks for the second '#' in the expanded word */
	bool longest = lb_buf_str(&x->result)[f->start] == f->modifier && x->result.len > f->start;
	size_t start = f->start + longest;
	lb_autopattern struct lb_pattern *p = NULL;
	if (lb_pattern_new(lb_buf_str(&x->result) + start, x->result.len - start, &p, x->err) != 0) {
		x->fault = f->at;
		return LB_INVALID;
	}
	x->result.len = f->start;
	lb_pattern_trim(p, value ? value : "", f->modifier == '%', longest, &x->result);
	return 0;
}

static int close_word(struct expansion *x, const struct frame *f)
{
	const char *value = look_up(x, f->name, f->name_len);
	bool has_value = value && !(f->colon && *value == '\0');
	switch (f->modifier) {
	case '-':
		if (has_value)
			put_instead(x, f, value);
		return 0;
	case '+':
		if (!has_value)
			put_instead(x, f, "");
		return 0;
	case '?':
		if (!has_value)
			return refuse_unset(x, f, value != NULL);
		put_instead(x, f, value);
		return 0;
	default:
		return trim_value(x, f, value);
	}
}

static int close_replacement(struct expansion *x, const struct frame *f)
{
	const char *value = look_up(x, f->name, f->name_len);
	const char *text = lb_buf_str(&x->result);
	lb_autofree char *with = lb_strndup(text + f->pattern_end, x->result.len - f->pattern_end);
	lb_autopattern struct lb_pattern *p = NULL;
	if (lb_pattern_new(text + f->start, f->pattern_end - f->start, &p, x->err) != 0) {
		x->fault = f->at;
		return LB_INVALID;
	}
	struct lb_replacement r = { with, x->result.len - f->pattern_end, f->all, x->limit };
	x->result.len = f->start;
	lb_pattern_replace(p, value ? value : "", &r, &x->result);
	return 0;
}

/* The character that ends the innermost frame stands at pos. */
static int close_frame(struct expansion *x)
{
	struct frame f = *top(x);
	x->pos++;
	if (f.kind == PATTERN) {
		top(x)->kind = REPLACEMENT;
		top(x)->pattern_end = x->result.len;
		if (f.keep)
			lb_buf_addc(&x->result, '/');
		return 0;
	}
	int r = 0;
	if (f.kind == QUOTED)
		;
	else if (f.keep)
		lb_buf_addc(&x->result, '}');
	else
		r = f.kind == WORD ? close_word(x, &f) : close_replacement(x, &f);
	if (r != 0)
		return r;
	pop(x);
	finish_item(x, f.start, f.kind == QUOTED);
	return 0;
}

static int single_quote(struct expansion *x)
{
	size_t start = x->result.len;
	const char *from = x->s + x->pos + 1;
	const char *end = memchr(from, '\'', x->len - x->pos - 1);
	if (!end)
		return REFUSE(x, x->pos, "unclosed single quote: end it with ', or write \\' for an apostrophe");
	lb_buf_add(&x->result, from, (size_t)(end - from));
	x->pos = (size_t)(end - x->s) + 1;
	finish_item(x, start, true);
	return 0;
}

static void copy_character(struct expansion *x, bool raw)
{
	size_t n, start = x->result.len;
	rune_at(x, x->pos, &n);
	lb_buf_add(&x->result, x->s + x->pos, n);
	x->pos += n;
	finish_item(x, start, raw);
}

static void escape(struct expansion *x)
{
	size_t start = x->result.len;
	if (x->raw_escapes) {
		lb_buf_addc(&x->result, x->w->escape);
		finish_item(x, start, true);
	}
	x->pos++;
	if (x->pos < x->len)
		copy_character(x, true);
}

/* "<<" and the blanks behind it stay in one word with what follows: it may open a heredoc. */
static void heredoc_sign(struct expansion *x)
{
	size_t start = x->result.len, from = x->pos;
	x->pos += 2;
	while (x->pos < x->len && strchr(" \t\r", x->s[x->pos]))
		x->pos++;
	lb_buf_add(&x->result, x->s + from, x->pos - from);
	finish_item(x, start, true);
}

static int step_unquoted(struct expansion *x)
{
	char c = x->s[x->pos];
	enum frame_kind kind = top(x)->kind;
	if ((c == '}' && (kind == WORD || kind == REPLACEMENT)) || (c == '/' && kind == PATTERN))
		return close_frame(x);
	if (c == '$')
		return dollar(x);
	if (c == '\'' && !x->w->raw_quotes)
		return single_quote(x);
	if (c == '"' && !x->w->raw_quotes) {
		push(x, QUOTED, x->pos++);
		return 0;
	}
	if (c == x->w->escape)
		escape(x);
	else if (c == '<' && x->pos + 1 < x->len && x->s[x->pos + 1] == '<')
		heredoc_sign(x);
	else
		copy_character(x, false);
	return 0;
}

static int step_quoted(struct expansion *x)
{
	char c = x->s[x->pos];
	if (c == '"')
		return close_frame(x);
	if (c == '$')
		return dollar(x);
	if (c == x->w->escape) {
		char next = x->pos + 1 < x->len ? x->s[x->pos + 1] : '\0';
		bool counts = next == '"' || next == '$' || next == x->w->escape;
		if (x->raw_escapes)
			lb_buf_addc(&x->result, c);
		x->pos += counts;
	}
	copy_character(x, true);
	return 0;
}

static int refuse_open(struct expansion *x)
{
	const struct frame *f = top(x);
	if (f->kind == QUOTED)
		return REFUSE(x, f->at, "unclosed double quote: end it with \", or write \\\" for the character");
	if (f->kind == PATTERN)
		return REFUSE(x, f->at, "missing '/' in ${%.*s/…}: both slashes are needed", (int)f->name_len, x->s + f->name);
	return REFUSE(x, f->at, "missing '}': ${%.*s… is not closed", (int)f->name_len, x->s + f->name);
}

static int run(struct expansion *x)
{
	push(x, OUTERMOST, 0);
	while (x->pos < x->len) {
		int r = top(x)->kind == QUOTED ? step_quoted(x) : step_unquoted(x);
		if (r != 0)
			return r;
		if (x->result.len > x->limit)
			return REFUSE(x, x->pos - 1, "the word grows by more than 1 MiB: do its variables contain each other?");
	}
	return x->count == 1 ? 0 : refuse_open(x);
}

static struct lb_map *seen_names(const struct lb_strv *list)
{
	if (!list)
		return NULL;
	struct lb_map *m = lb_map_new(NULL);
	for (size_t i = 0; i < list->count; i++)
		lb_map_set(m, list->items[i], m);
	return m;
}

static int expand(const struct lb_words *w, const char *word, char **out, struct lb_strv *words, unsigned *col, struct lb_err *err)
{
	struct expansion x = { .w = w, .s = word, .len = strlen(word), .raw_escapes = w->raw_escapes, .words = words, .err = err };
	x.limit = x.len + GROWTH_MAX_BYTES;
	x.used = seen_names(w->used);
	x.unset = seen_names(w->unset);
	int r = run(&x);
	if (r != 0 && col)
		*col = (unsigned)x.fault + 1;
	if (r == 0 && words)
		end_word(&x);
	if (r == 0 && out)
		*out = lb_strndup(lb_buf_str(&x.result), x.result.len);
	lb_buf_release(&x.result);
	lb_buf_release(&x.word);
	lb_buf_release(&x.name);
	lb_map_free(x.used);
	lb_map_free(x.unset);
	__builtin_free(x.frames);
	return r;
}

bool lb_words_is_plain(const char *s)
{
	while (*s >= ' ' && *s < 0x7f && *s != '$' && *s != '\\' && *s != '`' && *s != '"' && *s != '\'')
		s++;
	return !*s;
}

int lb_words_expand(const struct lb_words *w, const char *word, char **out, unsigned *col, struct lb_err *err)
{
	if (out && lb_words_is_plain(word)) {
		*out = lb_strdup(word);
		return 0;
	}
	return expand(w, word, out, NULL, col, err);
}

int lb_words_split(const struct lb_words *w, const char *word, struct lb_strv *out, unsigned *col, struct lb_err *err)
{
	return expand(w, word, NULL, out, col, err);
}
