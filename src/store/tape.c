/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tape.h"

#include <assert.h>
#include <isa-l/crc64.h>
#include <string.h>

/* Longer ones are not worth it. */
#define LONGEST ((size_t)4 << 20)

struct lb_question lb_question_of(char letter, const struct lb_digest *key)
{
	struct lb_question q = { .len = 1 + sizeof(key->bytes) };
	q.bytes[0] = letter;
	memcpy(q.bytes + 1, key->bytes, sizeof(key->bytes));
	return q;
}

void lb_question_add(struct lb_question *q, uint64_t n)
{
	assert(q->len + 8 <= sizeof(q->bytes));
	lb_put64(q->bytes + q->len, n);
	q->len += 8;
}

bool lb_question_text(struct lb_question *q, const char *text)
{
	size_t len = strlen(text);
	if (len > sizeof(q->bytes) - q->len)
		return false;
	memcpy(q->bytes + q->len, text, len);
	q->len += len;
	return true;
}

uint64_t lb_tape_take(const char **at)
{
	uint64_t n = lb_get64(*at);
	*at += 8;
	return n;
}

/* An entry: the lengths of both, then both. False: there is none that is whole. */
static bool entry_at(const struct lb_tape *t, const char **ask, size_t *len, const char **told, size_t *told_len)
{
	size_t left = t->was.len - t->at;
	const char *at = t->was.data + t->at;
	if (left < 16)
		return false;
	*len = (size_t)lb_tape_take(&at);
	*told_len = (size_t)lb_tape_take(&at);
	left -= 16;
	if (*len > left || *told_len > left - *len)
		return false;
	*ask = at;
	*told = at + *len;
	return true;
}

bool lb_tape_ask(struct lb_tape *t, const void *ask, size_t len, const char **told, size_t *told_len)
{
	const char *asked;
	size_t asked_len;
	if (t->off || t->differs)
		return false;
	if (!entry_at(t, &asked, &asked_len, told, told_len) || asked_len != len || memcmp(asked, ask, len) != 0) {
		t->differs = true;
		if (t->at)
			lb_buf_add(&t->now, t->was.data, t->at);
		return false;
	}
	t->at += 16 + len + *told_len;
	return true;
}

void lb_tape_tell(struct lb_tape *t, const void *ask, size_t len, const void *told, size_t told_len)
{
	t->off = t->off || t->now.len + len + told_len > LONGEST;
	if (t->off || !t->differs)
		return;
	lb_buf_add64(&t->now, len);
	lb_buf_add64(&t->now, told_len);
	lb_buf_add(&t->now, ask, len);
	lb_buf_add(&t->now, told, told_len);
}

bool lb_tape_is_new(struct lb_tape *t)
{
	if (t->off || (!t->differs && t->at == t->was.len))
		return false;
	if (!t->differs)
		lb_buf_add(&t->now, t->was.data, t->at);
	return true;
}

struct lb_tape_check lb_tape_check_of(const struct lb_buf *tape)
{
	return (struct lb_tape_check){ tape->len, crc64_ecma_refl(0, (const unsigned char *)tape->data, tape->len) };
}

void lb_tape_release(struct lb_tape *t)
{
	lb_buf_release(&t->was);
	lb_buf_release(&t->now);
	*t = (struct lb_tape){ .off = true };
}
