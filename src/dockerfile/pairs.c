/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/pairs.h"

#include <string.h>

#include "dockerfile/parser.h"

static struct lb_pair *find(const struct lb_pairs *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->items[i].name, name) == 0)
			return &p->items[i];
	return NULL;
}

const char *lb_pairs_get(const struct lb_pairs *p, const char *name)
{
	const struct lb_pair *pair = p ? find(p, name) : NULL;
	return pair ? pair->value : NULL;
}

static void append(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value)
{
	p->items = lb_parser_grow(arena, p->items, p->count, &p->cap, sizeof(*p->items));
	p->items[p->count++] = (struct lb_pair){ name, value };
}

void lb_pairs_set(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value)
{
	struct lb_pair *pair = find(p, name);
	if (pair)
		pair->value = value;
	else
		append(arena, p, name, value);
}

void lb_pairs_put(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value)
{
	if (lb_name_set_add(arena, names, name, p->count))
		append(arena, p, name, value);
	else
		p->items[*lb_name_set_at(names, name)].value = value;
}

static bool is_latest(const struct lb_pairs *p, const struct lb_name_set *names, size_t i)
{
	const size_t *at = lb_name_set_at(names, p->items[i].name);
	return at && *at == i;
}

struct lb_pairs lb_pairs_latest(struct lb_arena *arena, const struct lb_pairs *p, const struct lb_name_set *names)
{
	struct lb_pairs latest = { lb_arena_alloc(arena, (names->count + 1) * sizeof(*latest.items)), 0, names->count };
	for (size_t i = 0; i < p->count; i++)
		if (is_latest(p, names, i))
			latest.items[latest.count++] = p->items[i];
	return latest;
}

void lb_pairs_log(struct lb_arena *arena, struct lb_pairs *p, struct lb_name_set *names, const char *name, const char *value)
{
	if (!lb_name_set_add(arena, names, name, p->count))
		*lb_name_set_at(names, name) = p->count;
	append(arena, p, name, value);
}

const char *lb_pairs_latest_of(const struct lb_pairs *p, const struct lb_name_set *names, const char *name)
{
	const size_t *at = lb_name_set_at(names, name);
	if (!at)
		return NULL;
	if (*at < p->count)
		return p->items[*at].value;
	for (size_t i = p->count; i-- > 0;)
		if (strcmp(p->items[i].name, name) == 0)
			return p->items[i].value;
	return NULL;
}

struct lb_pairs lb_pairs_copy(struct lb_arena *arena, const struct lb_pairs *p)
{
	struct lb_pairs copy = { lb_arena_alloc(arena, (p->count + 1) * sizeof(*copy.items)), p->count, p->count };
	if (p->count)
		memcpy(copy.items, p->items, p->count * sizeof(*copy.items));
	return copy;
}

static bool before(const struct lb_pair *a, const struct lb_pair *b)
{
	return strcmp(a->name, b->name) < 0;
}

void lb_pairs_insert_sorted(struct lb_arena *arena, struct lb_pairs *p, const char *name, const char *value)
{
	append(arena, p, name, value);
	for (size_t i = p->count - 1; i > 0 && before(&p->items[i], &p->items[i - 1]); i--) {
		struct lb_pair swap = p->items[i];
		p->items[i] = p->items[i - 1];
		p->items[i - 1] = swap;
	}
}
