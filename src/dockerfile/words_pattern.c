/* SPDX-License-Identifier: Apache-2.0
 *
 * A pattern is a short list of elements, and matching walks the text once with the set of places in that
 * list that are still possible, each with the start of its match (Pike's algorithm). So a match costs at most
 * text times pattern, whatever the stars.
 */
#include "dockerfile/words_pattern.h"

#include <string.h>

#include "dockerfile/rune.h"
#include "lbench/mem.h"

enum kind { LITERAL, ONE, RUN };

struct element {
	enum kind kind;
	uint32_t rune;
};

struct lb_pattern {
	struct element *elements;
	size_t count;
};

/* A value as characters; at[i] is the byte where character i begins, at[count] the length. */
struct runes {
	uint32_t *rune;
	size_t *at;
	size_t count;
};

static void runes_release(struct runes *r)
{
	__builtin_free(r->rune);
	__builtin_free(r->at);
}

static void runes_init(struct runes *r, const char *text, size_t len)
{
	r->rune = lb_malloc((len + 1) * sizeof(*r->rune));
	r->at = lb_malloc((len + 1) * sizeof(*r->at));
	r->count = 0;
	size_t pos = 0;
	while (pos < len) {
		r->at[r->count] = pos;
		pos += lb_rune_decode(text + pos, len - pos, &r->rune[r->count++]);
	}
	r->at[r->count] = len;
}

void lb_pattern_free(struct lb_pattern *p)
{
	if (!p)
		return;
	__builtin_free(p->elements);
	__builtin_free(p);
}

void lb_pattern_cleanup(struct lb_pattern **p)
{
	lb_pattern_free(*p);
	*p = NULL;
}

int lb_pattern_new(const char *text, size_t len, struct lb_pattern **out, struct lb_err *err)
{
	lb_autopattern struct lb_pattern *p = lb_calloc(1, sizeof(*p));
	p->elements = lb_calloc(len + 1, sizeof(*p->elements));
	size_t pos = 0;
	while (pos < len) {
		uint32_t r;
		pos += lb_rune_decode(text + pos, len - pos, &r);
		enum kind kind = r == '*' ? RUN : r == '?' ? ONE : LITERAL;
		if (r == '\\') {
			if (pos == len)
				return lb_fail(err, LB_INVALID, "the pattern ends in a backslash: write '\\\\' for one");
			size_t n = lb_rune_decode(text + pos, len - pos, &r);
			if (!strchr("*?\\/}", (int)r) || r >= 0x80)
				return lb_fail(err, LB_INVALID,
					       "invalid escape '\\%.*s' in a pattern: only '*', '?', '\\', '/' and '}' take one", (int)n,
					       text + pos);
			pos += n;
		}
		p->elements[p->count++] = (struct element){ kind, r };
	}
	*out = lb_steal(&p);
	return 0;
}

/* The places still possible after some characters: index into the elements (count: matched) and the
 * character where that match began. In order of start, so that an earlier start wins a place. */
struct places {
	size_t *place, *start;
	size_t count;
};

struct matcher {
	const struct lb_pattern *p;
	size_t *memory;  /* of everything below */
	size_t *seen_at; /* by place: the step in which it was last added */
	size_t step;
	struct places now, next;
	bool found;
	size_t from, to;
};

static void matcher_init(struct matcher *m, const struct lb_pattern *p)
{
	size_t n = p->count + 1;
	*m = (struct matcher){ .p = p, .memory = lb_calloc(5 * n, sizeof(size_t)) };
	m->seen_at = m->memory;
	m->now = (struct places){ m->memory + n, m->memory + 2 * n, 0 };
	m->next = (struct places){ m->memory + 3 * n, m->memory + 4 * n, 0 };
}

static void matcher_release(struct matcher *m)
{
	__builtin_free(m->memory);
}

/* Adds a place and those reached from it without a character. pos is where a match would end. */
static void add(struct matcher *m, struct places *to, size_t place, size_t start, size_t pos)
{
	for (;; place++) {
		if (m->seen_at[place] == m->step)
			return;
		m->seen_at[place] = m->step;
		if (place == m->p->count) {
			if (!m->found || start < m->from || (start == m->from && pos > m->to)) {
				m->found = true;
				m->from = start;
				m->to = pos;
			}
			return;
		}
		to->place[to->count] = place;
		to->start[to->count++] = start;
		if (m->p->elements[place].kind != RUN)
			return;
	}
}

static void advance(struct matcher *m, uint32_t r, size_t pos)
{
	m->step++;
	m->next.count = 0;
	for (size_t i = 0; i < m->now.count; i++) {
		size_t place = m->now.place[i], start = m->now.start[i];
		const struct element *e = &m->p->elements[place];
		if (m->found && start > m->from)
			break;
		if (e->kind == RUN && r != '\n')
			add(m, &m->next, place, start, pos);
		else if ((e->kind == ONE && r != '\n') || (e->kind == LITERAL && e->rune == r))
			add(m, &m->next, place + 1, start, pos);
	}
	struct places swap = m->now;
	m->now = m->next;
	m->next = swap;
}

/* Finds the leftmost longest match (or the shortest one) in characters [at, count). */
static bool find(struct matcher *m, const struct runes *text, size_t at, bool anchored, bool longest)
{
	m->found = false;
	m->now.count = 0;
	m->step++;
	add(m, &m->now, 0, at, at);
	for (size_t i = at; i < text->count && !(m->found && !longest); i++) {
		advance(m, text->rune[i], i + 1);
		if (!anchored && !m->found)
			add(m, &m->now, 0, i + 1, i + 1);
		if (m->now.count == 0 && (anchored || m->found))
			break;
	}
	return m->found;
}

static void reverse(struct lb_pattern *p, struct runes *text)
{
	for (size_t i = 0, j = p->count; i + 1 < j; i++) {
		struct element swap = p->elements[i];
		p->elements[i] = p->elements[--j];
		p->elements[j] = swap;
	}
	for (size_t i = 0, j = text->count; i + 1 < j; i++) {
		uint32_t swap = text->rune[i];
		text->rune[i] = text->rune[--j];
		text->rune[j] = swap;
	}
}

void lb_pattern_trim(const struct lb_pattern *p, const char *value, bool at_end, bool longest, struct lb_buf *out)
{
	size_t len = strlen(value);
	struct runes text;
	struct matcher m;
	struct lb_pattern copy = { lb_calloc(p->count + 1, sizeof(*copy.elements)), p->count };
	memcpy(copy.elements, p->elements, p->count * sizeof(*copy.elements));
	runes_init(&text, value, len);
	if (at_end)
		reverse(&copy, &text);
	matcher_init(&m, &copy);
	size_t gone = find(&m, &text, 0, true, longest) ? m.to : 0;
	if (at_end)
		lb_buf_add(out, value, text.at[text.count - gone]);
	else
		lb_buf_add(out, value + text.at[gone], len - text.at[gone]);
	matcher_release(&m);
	runes_release(&text);
	__builtin_free(copy.elements);
}

/* The name of a reference at with[0], as regexp.Expand reads it; 0: it is none. */
static size_t reference_len(const char *with, size_t len, bool *whole_match)
{
	bool braces = len > 0 && with[0] == '{';
	size_t start = braces, at = start;
	while (at < len) {
		uint32_t r;
		size_t n = lb_rune_decode(with + at, len - at, &r);
		if (!lb_rune_is_letter(r) && !lb_rune_is_digit(r) && r != '_')
			break;
		at += n;
	}
	if (at == start || (braces && (at == len || with[at] != '}')))
		return 0;
	*whole_match = at == start + 1 && with[start] == '0';
	return at + braces;
}

static void add_replacement(struct lb_buf *out, const char *with, size_t len, const char *match, size_t match_len)
{
	for (size_t i = 0; i < len;) {
		const char *dollar = memchr(with + i, '$', len - i);
		size_t plain = dollar ? (size_t)(dollar - with) - i : len - i;
		lb_buf_add(out, with + i, plain);
		i += plain;
		if (i == len)
			return;
		i++;
		bool whole_match = false;
		size_t n = i < len && with[i] == '$' ? 0 : reference_len(with + i, len - i, &whole_match);
		if (n == 0)
			lb_buf_addc(out, '$');
		if (i < len && with[i] == '$')
			i++;
		if (whole_match)
			lb_buf_add(out, match, match_len);
		i += n;
	}
}

static void replace_all(struct matcher *m, const struct runes *text, const char *value, const struct lb_replacement *with,
			struct lb_buf *out)
{
	size_t done = 0, at = 0;
	while (at <= text->count && out->len <= with->limit && find(m, text, at, false, true)) {
		size_t from = text->at[m->from], to = text->at[m->to];
		lb_buf_add(out, value + text->at[done], from - text->at[done]);
		/* an empty match right behind another one does not count */
		if (m->to > done || m->from == 0)
			add_replacement(out, with->text, with->len, value + from, to - from);
		done = m->to;
		at = m->to > at ? m->to : at + 1;
	}
	lb_buf_add(out, value + text->at[done], text->at[text->count] - text->at[done]);
}

void lb_pattern_replace(const struct lb_pattern *p, const char *value, const struct lb_replacement *with, struct lb_buf *out)
{
	struct runes text;
	struct matcher m;
	runes_init(&text, value, strlen(value));
	matcher_init(&m, p);
	if (with->all) {
		replace_all(&m, &text, value, with, out);
	} else if (find(&m, &text, 0, false, true)) {
		lb_buf_add(out, value, text.at[m.from]);
		lb_buf_add(out, with->text, with->len);
		lb_buf_adds(out, value + text.at[m.to]);
	} else {
		lb_buf_adds(out, value);
	}
	matcher_release(&m);
	runes_release(&text);
}
