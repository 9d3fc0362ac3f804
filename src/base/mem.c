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

enum { ARENA_FIRST = 1024, ARENA_LAST = 262144, WHOLE = 16384, MAPPED = 131072, PAGE = 4096 };

void lb_get_pages(void *data, size_t bytes)
{
#ifdef MADV_POPULATE_WRITE
	uintptr_t begin = ((uintptr_t)data + PAGE - 1) & ~(uintptr_t)(PAGE - 1), end = ((uintptr_t)data + bytes) & ~(uintptr_t)(PAGE - 1);
	if (bytes >= WHOLE && begin < end)
		madvise((void *)begin, end - begin, MADV_POPULATE_WRITE);
#else
	(void)data;
	(void)bytes;
#endif
}

static struct lb_arena_block *block_new(size_t bytes, struct lb_arena_block *next)
{
	struct lb_arena_block *b;
	if (bytes < WHOLE || bytes >= MAPPED) {
		b = lb_calloc(1, sizeof(*b) + bytes);
		lb_get_pages(b->data, bytes);
	} else {
		/* calloc would touch page by page what is fresh */
		b = lb_malloc(sizeof(*b) + bytes);
		lb_get_pages(b, sizeof(*b) + bytes);
		memset(b, 0, sizeof(*b) + bytes);
	}
	b->next = next;
	b->cap = bytes;
	return b;
}

/* Blocks grow with what was asked for; a piece that is bigger goes behind the current block, whose rest stays in use. */
static struct lb_arena_block *room_for(struct lb_arena *arena, size_t bytes)
{
	struct lb_arena_block *b = arena->head;
	if (b && b->cap - b->used >= bytes)
		return b;
	if (!arena->block)
		arena->block = ARENA_FIRST;
	if (b && bytes > arena->block)
		return b->next = block_new(bytes, b->next);
	arena->head = block_new(bytes > arena->block ? bytes : arena->block, b);
	if (bytes <= arena->block && arena->block < ARENA_LAST)
		arena->block *= 2;
	return arena->head;
}

void *lb_arena_alloc(struct lb_arena *arena, size_t bytes)
{
	bytes = (bytes + 15) & ~(size_t)15;
	struct lb_arena_block *b = room_for(arena, bytes);
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
	arena->block = 0;
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
