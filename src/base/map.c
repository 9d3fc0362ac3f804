/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/mem.h"

#include <stdlib.h>
#include <string.h>

#define uthash_malloc(bytes)     lb_malloc(bytes)
#define HASH_FUNCTION(k, len, h) ((h) = hash_of(k, len))
/* Longer chains cost more than the room that they save. */
#define HASH_BKT_CAPACITY_THRESH 2

#include <uthash.h>

static uint64_t fold(uint64_t a, uint64_t b)
{
	unsigned __int128 both = (unsigned __int128)a * b;
	return (uint64_t)both ^ (uint64_t)(both >> 64);
}

/* Most keys are digests, and any part of one would do. But names of 32 bytes end alike, and so do numbers. */
static unsigned hash_of(const void *key, size_t len)
{
	uint64_t w[4];
	unsigned h;
	if (len == sizeof(w)) {
		memcpy(w, key, sizeof(w));
		return (unsigned)(fold(w[0] ^ 0x9e3779b97f4a7c15, w[1] ^ 0xbf58476d1ce4e5b9) ^
				  fold(w[2] ^ 0x94d049bb133111eb, w[3] ^ 0xd6e8feb86659fd93));
	}
	HASH_JEN(key, len, h);
	return h;
}

struct item {
	UT_hash_handle hh;
	void *value;
	size_t len;
	char key[];
};

/* There may be a map for each of many directories, with few files in most. */
#define FIRST_BLOCK 256

struct lb_map {
	struct item *head;
	struct lb_arena arena; /* the items */
	void (*free_value)(void *);
};

struct lb_map *lb_map_new(void (*free_value)(void *))
{
	struct lb_map *m = lb_calloc(1, sizeof(*m));
	m->free_value = free_value;
	m->arena.block = FIRST_BLOCK;
	return m;
}

static struct item *find(const struct lb_map *m, const void *key, size_t len)
{
	struct item *it = NULL;
	HASH_FIND(hh, m->head, key, len, it);
	return it;
}

void *lb_map_getn(const struct lb_map *m, const void *key, size_t len)
{
	struct item *it = find(m, key, len);
	return it ? it->value : NULL;
}

void *lb_map_get(const struct lb_map *m, const char *key)
{
	return lb_map_getn(m, key, strlen(key));
}

void lb_map_setn(struct lb_map *m, const void *key, size_t len, void *value)
{
	struct item *it = find(m, key, len);
	if (it) {
		if (m->free_value && it->value != value)
			m->free_value(it->value);
		it->value = value;
		return;
	}
	it = lb_arena_alloc(&m->arena, sizeof(*it) + len + 1);
	memcpy(it->key, key, len);
	it->len = len;
	it->value = value;
	HASH_ADD_KEYPTR(hh, m->head, it->key, it->len, it);
}

void lb_map_set(struct lb_map *m, const char *key, void *value)
{
	lb_map_setn(m, key, strlen(key), value);
}

size_t lb_map_count(const struct lb_map *m)
{
	return HASH_COUNT(m->head);
}

int lb_map_each(const struct lb_map *m, int (*each)(const void *, size_t, void *, void *), void *arg)
{
	for (struct item *it = m->head; it; it = it->hh.next) {
		int rc = each(it->key, it->len, it->value, arg);
		if (rc)
			return rc;
	}
	return 0;
}

void lb_map_free(struct lb_map *m)
{
	if (!m)
		return;
	struct item *it = m->free_value ? m->head : NULL, *next;
	/* the table goes at once, not item by item */
	HASH_CLEAR(hh, m->head);
	for (; it; it = next) {
		next = it->hh.next;
		m->free_value(it->value);
	}
	lb_arena_release(&m->arena);
	free(m);
}

void lb_map_cleanup(struct lb_map **m)
{
	lb_map_free(*m);
	*m = NULL;
}
