/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/ignore_pattern.h"

#include <string.h>

#include "dockerfile/glob.h"
#include "dockerfile/ignore_class.h"
#include "dockerfile/rune.h"
#include "lbench/mem.h"

enum token_kind {
	LITERAL,   /* text */
	ONE,       /* a character but '/' */
	RUN,       /* any but '/', none included */
	CLASS,     /* text is the class with its brackets */
	ANY_DEPTH, /* nothing, or anything that ends in '/' */
	REST,      /* anything */
	BEGINNING, /* '^', which the engine leaves in its regular expression */
};

struct lb_ignore_token {
	enum token_kind kind;
	char *text;
	size_t len;
};

/* A set of places in a path: 0 to len. */
struct places {
	uint64_t *bits;
	size_t words;
};

static struct lb_ignore_token *add_token(struct lb_ignore_pattern *p, enum token_kind kind, const char *text, size_t len)
{
	struct lb_ignore_token *last = p->tokens_count ? &p->tokens[p->tokens_count - 1] : NULL;
	if (kind == LITERAL && last && last->kind == LITERAL) {
		last->text = lb_realloc(last->text, last->len + len + 1, 1);
		memcpy(last->text + last->len, text, len);
		last->len += len;
		return last;
	}
	struct lb_ignore_token *t = &p->tokens[p->tokens_count++];
	*t = (struct lb_ignore_token){ kind, text ? lb_strndup(text, len) : NULL, len };
	return t;
}

/* Adds the token at s and returns its length in the pattern, 0 when it is a class that cannot be read. */
static size_t add_next(struct lb_ignore_pattern *p, const char *s, size_t len)
{
	bool in;
	size_t n;
	switch (s[0]) {
	case '*':
		if (len < 2 || s[1] != '*') {
			add_token(p, RUN, NULL, 0);
			return 1;
		}
		n = len > 2 && s[2] == '/' ? 3 : 2;
		add_token(p, n == len ? REST : ANY_DEPTH, NULL, 0);
		return n;
	case '?':
		add_token(p, ONE, NULL, 0);
		return 1;
	case '^':
		add_token(p, BEGINNING, NULL, 0);
		return 1;
	case '[':
		n = lb_ignore_class(s, len, 0, &in);
		if (n)
			add_token(p, CLASS, s, n);
		return n;
	case '\\':
		add_token(p, LITERAL, s + 1, 1);
		return 2;
	default:
		add_token(p, LITERAL, s, 1);
		return 1;
	}
}

/* begins, ends: the text stands at the beginning of a part, at the end of one. */
static void need_text(struct lb_byte_pairs *needs, const char *text, size_t len, bool begins, bool ends)
{
	const unsigned char *s = (const unsigned char *)text;
	if (len == 0)
		return;
	if (begins)
		lb_byte_pairs_add(needs, '/', s[0]);
	for (size_t i = 1; i < len; i++)
		lb_byte_pairs_add(needs, s[i - 1], s[i]);
	if (ends)
		lb_byte_pairs_add(needs, s[len - 1], '/');
}

static void need_tokens(struct lb_ignore_pattern *p)
{
	bool begins = true;
	for (size_t i = 0; i < p->tokens_count; i++) {
		const struct lb_ignore_token *t = &p->tokens[i];
		if (t->kind == LITERAL) {
			need_text(&p->needs, t->text, t->len, begins, i + 1 == p->tokens_count);
			begins = t->text[t->len - 1] == '/';
		} else if (t->kind != ANY_DEPTH && t->kind != BEGINNING) {
			begins = false;
		}
	}
}

/* The kinds that are compared as bytes: no token but text, a "**" at one end, and a '^' as itself. */
static bool simple_kind(struct lb_ignore_pattern *p, const char *s, size_t len)
{
	bool leading = len >= 2 && s[0] == '*' && s[1] == '*';
	size_t from = leading ? 2 : 0, to = len;
	bool trailing = !leading && len >= 2 && s[len - 1] == '*' && s[len - 2] == '*';
	if (trailing)
		to -= 2;
	for (size_t i = from; i < to; i++)
		if (strchr("*?[]\\", s[i]))
			return false;
	p->kind = leading ? LB_IGNORE_SUFFIX : trailing ? LB_IGNORE_PREFIX : LB_IGNORE_EXACT;
	p->text = lb_strndup(s + from, to - from);
	p->len = to - from;
	need_text(&p->needs, p->text, p->len, !leading, !trailing);
	return true;
}

static bool compile(struct lb_ignore_pattern *p, const char *s, size_t len)
{
	p->kind = LB_IGNORE_TOKENS;
	p->tokens = lb_calloc(len, sizeof(*p->tokens));
	for (size_t i = 0, n; i < len; i += n) {
		n = add_next(p, s + i, len - i);
		if (!n)
			return false;
	}
	bool begins = p->tokens[0].kind == LITERAL;
	p->text = lb_strndup(begins ? p->tokens[0].text : "", begins ? p->tokens[0].len : 0);
	p->len = begins ? p->tokens[0].len : 0;
	need_tokens(p);
	return true;
}

int lb_ignore_pattern_init(struct lb_ignore_pattern *p, const char *pattern, struct lb_err *err)
{
	bool reversed;
	*p = (struct lb_ignore_pattern){ .exception = pattern[0] == '!' };
	if (p->exception && pattern[1] == '\0')
		return lb_fail(err, LB_INVALID, "a lone '!': write the pattern that it excepts behind it");
	const char *s = pattern + p->exception;
	size_t len = strlen(s);
	const char *fault = lb_glob_fault(s, len, &reversed);
	if (fault)
		return lb_fail(err, LB_INVALID, "malformed pattern '%s': %s", pattern, fault);
	if (reversed)
		return lb_fail(err, LB_INVALID, "malformed pattern '%s': a range runs backwards: write the smaller character first",
			       pattern);
	if (simple_kind(p, s, len) || compile(p, s, len))
		return 0;
	lb_ignore_pattern_release(p);
	return lb_fail(err, LB_INVALID,
		       "malformed pattern '%s': [:…:] in a class is a name like [:alpha:], and the class has a ']' of its own", pattern);
}

void lb_ignore_pattern_release(struct lb_ignore_pattern *p)
{
	for (size_t i = 0; i < p->tokens_count; i++)
		__builtin_free(p->tokens[i].text);
	__builtin_free(p->tokens);
	__builtin_free(p->text);
}

static bool has(const struct places *s, size_t place)
{
	return s->bits[place / 64] >> (place % 64) & 1;
}

static void put(struct places *s, size_t place)
{
	s->bits[place / 64] |= (uint64_t)1 << (place % 64);
}

/* The first place of the set at or behind `from`; SIZE_MAX: none. */
static size_t next_place(const struct places *s, size_t from)
{
	size_t w = from / 64;
	if (w >= s->words)
		return SIZE_MAX;
	uint64_t bits = s->bits[w] & (~(uint64_t)0 << (from % 64));
	while (bits == 0) {
		if (++w == s->words)
			return SIZE_MAX;
		bits = s->bits[w];
	}
	return w * 64 + (size_t)__builtin_ctzll(bits);
}

static void step_one(const struct lb_ignore_token *t, const char *path, size_t len, size_t at, struct places *to)
{
	uint32_t r;
	bool in;
	if (t->kind == LITERAL) {
		if (len - at >= t->len && memcmp(path + at, t->text, t->len) == 0)
			put(to, at + t->len);
		return;
	}
	if (at == len)
		return;
	size_t n = lb_rune_decode(path + at, len - at, &r);
	if (t->kind == ONE)
		in = r != '/';
	else
		lb_ignore_class(t->text, t->len, r, &in);
	if (in)
		put(to, at + n);
}

static void step_run(const struct places *from, const char *path, size_t len, struct places *to)
{
	for (size_t at = next_place(from, 0); at != SIZE_MAX; at = next_place(from, at + 1)) {
		put(to, at);
		while (at < len && path[at] != '/')
			put(to, ++at);
	}
}

/* Go's '.' does not match a newline. */
static void step_rest(const struct places *from, const char *path, size_t len, bool whole_parts, struct places *to)
{
	size_t reached = 0;
	for (size_t at = next_place(from, 0); at != SIZE_MAX; at = next_place(from, at + 1)) {
		put(to, at);
		if (reached < at)
			reached = at;
		while (reached < len && path[reached] != '\n') {
			reached++;
			if (!whole_parts || path[reached - 1] == '/')
				put(to, reached);
		}
	}
}

static void step(const struct lb_ignore_token *t, const struct places *from, const char *path, size_t len, struct places *to)
{
	memset(to->bits, 0, to->words * sizeof(*to->bits));
	switch (t->kind) {
	case RUN:
		step_run(from, path, len, to);
		break;
	case ANY_DEPTH:
	case REST:
		step_rest(from, path, len, t->kind == ANY_DEPTH, to);
		break;
	case BEGINNING:
		if (has(from, 0))
			put(to, 0);
		break;
	default:
		for (size_t at = next_place(from, 0); at != SIZE_MAX; at = next_place(from, at + 1))
			step_one(t, path, len, at, to);
	}
}

static bool ends_at_boundary(const struct places *s, const char *path, size_t len, bool parents)
{
	if (has(s, len))
		return true;
	if (parents)
		for (size_t at = next_place(s, 1); at < len; at = next_place(s, at + 1))
			if (path[at] == '/')
				return true;
	return false;
}

static bool match_tokens(const struct lb_ignore_pattern *p, const char *path, size_t len, bool parents)
{
	enum { SMALL = 8 };
	uint64_t small[2][SMALL];
	size_t words = len / 64 + 1;
	lb_autofree uint64_t *large = words > SMALL ? lb_calloc(2 * words, sizeof(uint64_t)) : NULL;
	struct places now = { large ? large : small[0], words }, next = { large ? large + words : small[1], words };
	memset(now.bits, 0, words * sizeof(*now.bits));
	put(&now, 0);
	for (size_t i = 0; i < p->tokens_count; i++) {
		step(&p->tokens[i], &now, path, len, &next);
		struct places swap = now;
		now = next;
		next = swap;
		if (next_place(&now, 0) == SIZE_MAX)
			return false;
	}
	return ends_at_boundary(&now, path, len, parents);
}

static bool suffix_of(const struct lb_ignore_pattern *p, const char *path, size_t len)
{
	if (len >= p->len && memcmp(path + len - p->len, p->text, p->len) == 0)
		return true;
	return p->len > 0 && p->text[0] == '/' && len == p->len - 1 && memcmp(path, p->text + 1, len) == 0;
}

bool lb_ignore_pattern_matches(const struct lb_ignore_pattern *p, const char *path, size_t len, bool parents)
{
	switch (p->kind) {
	case LB_IGNORE_EXACT:
		return len >= p->len && memcmp(path, p->text, p->len) == 0 && (len == p->len || (parents && path[p->len] == '/'));
	case LB_IGNORE_PREFIX:
		return len >= p->len && memcmp(path, p->text, p->len) == 0;
	case LB_IGNORE_SUFFIX:
		if (suffix_of(p, path, len))
			return true;
		for (size_t at = 1; parents && at < len; at++)
			if (path[at] == '/' && (p->len == 0 || path[at - 1] == p->text[p->len - 1]) && suffix_of(p, path, at))
				return true;
		return false;
	default:
		if (len < p->len || memcmp(path, p->text, p->len) != 0)
			return false;
		return match_tokens(p, path, len, parents);
	}
}
