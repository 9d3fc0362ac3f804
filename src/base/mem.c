/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static _Noreturn void out_of_memory(size_t bytes)
{
	fprintf(stderr, "lbench: out of memory (%zu bytes)\n", bytes);
	abort();
}

void *lb_malloc(size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);
	if (!p)
		out_of_memory(bytes);
	return p;
}

void *lb_calloc(size_t count, size_t bytes)
{
	void *p = calloc(count ? count : 1, bytes ? bytes : 1);
	if (!p)
		out_of_memory(bytes);
	return p;
}

void *lb_realloc(void *p, size_t count, size_t bytes)
{
	size_t total;
	if (__builtin_mul_overflow(count, bytes, &total))
		out_of_memory(SIZE_MAX);
	void *q = realloc(p, total ? total : 1);
	if (!q)
		out_of_memory(total);
	return q;
}

char *lb_strndup(const char *s, size_t len)
{
	char *p = lb_malloc(len + 1);
	if (len)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

char *lb_strdup(const char *s)
{
	return lb_strndup(s, strlen(s));
}

char *lb_format(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	char *s = NULL;
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0)
		out_of_memory(0);
	return s;
}

void *lb_grow(void *items, size_t count, size_t *cap, size_t item_bytes)
{
	if (count < *cap)
		return items;
	*cap = *cap ? *cap * 2 : 8;
	return lb_realloc(items, *cap, item_bytes);
}

void lb_cleanup_fd(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

struct lb_arena_block {
	struct lb_arena_block *next;
	size_t used, cap;
	_Alignas(16) char data[];
};

enum { ARENA_BLOCK = 16384, ARENA_WHOLE = 65536, PAGE = 4096 };

/* A big piece is asked for since it will be filled: all of its pages at once cost a fraction of a fault for each. */
static void get_pages(void *data, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t begin = ((uintptr_t)data + PAGE - 1) & ~(uintptr_t)(PAGE - 1), end = ((uintptr_t)data + bytes) & ~(uintptr_t)(PAGE - 1);
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
#else
	(void)data;
	(void)bytes;
#endif
}

void *lb_arena_alloc(struct lb_arena *arena, size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	struct lb_arena_block *b = arena->head;
	if (!b || b->cap - b->used < bytes) {
		size_t cap = bytes > ARENA_BLOCK ? bytes : ARENA_BLOCK;
		struct lb_arena_block *fresh = lb_calloc(1, sizeof(*fresh) + cap);
		fresh->cap = cap;
		if (cap >= ARENA_WHOLE)
			get_pages(fresh->data, cap);
		/* a big piece goes behind the current block, whose rest stays in use */
		if (b && bytes > ARENA_BLOCK) {
			fresh->next = b->next;
			b->next = fresh;
		} else {
			fresh->next = b;
			arena->head = fresh;
		}
		b = fresh;
	}
	void *p = b->data + b->used;
	b->used += bytes;
	return p;
}

char *lb_arena_strndup(struct lb_arena *arena, const char *s, size_t len)
{
	char *p = lb_arena_alloc(arena, len + 1);
	if (len)
		memcpy(p, s, len);
	return p;
}

char *lb_arena_strdup(struct lb_arena *arena, const char *s)
{
	return lb_arena_strndup(arena, s, strlen(s));
}

void lb_arena_release(struct lb_arena *arena)
{
	while (arena->head) {
		struct lb_arena_block *next = arena->head->next;
		free(arena->head);
		arena->head = next;
	}
}

void lb_strv_take(struct lb_strv *v, char *s)
{
	v->items = lb_grow(v->items, v->count + 1, &v->cap, sizeof(*v->items));
	v->items[v->count++] = s;
	v->items[v->count] = NULL;
}

void lb_strv_addn(struct lb_strv *v, const char *s, size_t len)
{
	lb_strv_take(v, lb_strndup(s, len));
}

void lb_strv_add(struct lb_strv *v, const char *s)
{
	lb_strv_take(v, lb_strdup(s));
}

void lb_strv_copy(struct lb_strv *dst, const struct lb_strv *src)
{
	if (dst == src)
		return;
	lb_strv_release(dst);
	for (size_t i = 0; i < src->count; i++)
		lb_strv_add(dst, src->items[i]);
}

bool lb_strv_equal(const struct lb_strv *a, const struct lb_strv *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

bool lb_strv_has(const struct lb_strv *v, const char *s)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->items[i], s) == 0)
			return true;
	return false;
}

void lb_strv_release(struct lb_strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct lb_strv){ 0 };
}
