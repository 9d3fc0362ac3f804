/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory. Allocation never returns NULL: out of memory prints one line and aborts, here alone.
 * Locals are freed by cleanup attributes and handed out with lb_steal; there is no goto.
 */
#ifndef LBENCH_MEM_H
#define LBENCH_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *lb_malloc(size_t bytes);
void *lb_calloc(size_t count, size_t bytes); /* zeroed; the product is checked */
void *lb_realloc(void *p, size_t count, size_t bytes);
char *lb_strdup(const char *s);
char *lb_strndup(const char *s, size_t len); /* exactly len bytes and a NUL; bytes may hold NULs */
char *lb_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Grows *items (count used, *cap allocated) so that one more fits, and returns the array. */
void *lb_grow(void *items, size_t count, size_t *cap, size_t item_bytes);

static inline void lb_cleanup_free(void *p)
{
	void **pp = p;
	__builtin_free(*pp);
	*pp = NULL;
}
void lb_cleanup_fd(const int *fd); /* closes if >= 0 */

#define lb_autofree __attribute__((cleanup(lb_cleanup_free)))
#define lb_autofd __attribute__((cleanup(lb_cleanup_fd)))

/* Takes the value out of a pointer, leaving NULL: `*out = lb_steal(&local); return 0;` */
#define lb_steal(p) \
	({ \
		__typeof__(*(p)) lb_steal_tmp = *(p); \
		*(p) = NULL; \
		lb_steal_tmp; \
	})
static inline int lb_steal_fd(int *fd)
{
	int f = *fd;
	*fd = -1;
	return f;
}

#define LB_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* An arena: many small pieces, freed together. Pointers stay valid until lb_arena_release. */
struct lb_arena {
	struct lb_arena_block *head;
	size_t block; /* bytes of the next one */
};
/* Fresh memory that will be filled at once: all of its pages now cost a fraction of a fault for each. */
void lb_get_pages(void *data, size_t bytes);
void *lb_arena_alloc(struct lb_arena *arena, size_t bytes); /* zeroed, 16-byte aligned */
char *lb_arena_strndup(struct lb_arena *arena, const char *s, size_t len);
char *lb_arena_strdup(struct lb_arena *arena, const char *s);
void lb_arena_release(struct lb_arena *arena);

/* A list of owned strings, NULL-terminated when count > 0 (items may be NULL when empty). */
struct lb_strv {
	char **items;
	size_t count;
	size_t cap;
};
void lb_strv_add(struct lb_strv *v, const char *s);
void lb_strv_addn(struct lb_strv *v, const char *s, size_t len);
void lb_strv_take(struct lb_strv *v, char *s); /* takes ownership of s */
void lb_strv_copy(struct lb_strv *dst, const struct lb_strv *src); /* dst is released first */
bool lb_strv_equal(const struct lb_strv *a, const struct lb_strv *b);
bool lb_strv_has(const struct lb_strv *v, const char *s);
void lb_strv_release(struct lb_strv *v);
#define lb_autostrv __attribute__((cleanup(lb_strv_release)))

/* A map from strings to pointers; keys are copied, values borrowed unless free_value is given. */
struct lb_map;
struct lb_map *lb_map_new(void (*free_value)(void *));
void *lb_map_get(const struct lb_map *m, const char *key);              /* NULL: not there */
void *lb_map_getn(const struct lb_map *m, const void *key, size_t len); /* keys are bytes */
void lb_map_set(struct lb_map *m, const char *key, void *value);        /* replaces, frees the old value */
void lb_map_setn(struct lb_map *m, const void *key, size_t len, void *value);
size_t lb_map_count(const struct lb_map *m);
/* Calls each(key, len, value, arg) in the order of insertion; stops at the first non-zero, returns it. */
int lb_map_each(const struct lb_map *m, int (*each)(const void *key, size_t len, void *value, void *arg), void *arg);
void lb_map_free(struct lb_map *m); /* NULL is fine */
void lb_map_cleanup(struct lb_map **m);
#define lb_automap __attribute__((cleanup(lb_map_cleanup)))

#endif
