/* SPDX-License-Identifier: Apache-2.0 */
#include "dockerfile/name_set.h"

#include <stdint.h>
#include <string.h>

enum { SMALLEST = 16 };

static size_t hash(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	return (size_t)(h ^ h >> 32);
}

/* The slot of name, or the free one where it would go. cap is a power of two, and some slot is free. */
static size_t slot_of(const struct lb_name_set *set, const char *name)
{
	size_t at = hash(name) & (set->cap - 1);
	while (set->slots[at].name && strcmp(set->slots[at].name, name) != 0)
		at = (at + 1) & (set->cap - 1);
	return at;
}

bool lb_name_set_has(const struct lb_name_set *set, const char *name)
{
	return lb_name_set_at(set, name) != NULL;
}

size_t *lb_name_set_at(const struct lb_name_set *set, const char *name)
{
	struct lb_name_slot *slot = set->count ? &set->slots[slot_of(set, name)] : NULL;
	return slot && slot->name ? &slot->at : NULL;
}

static void grow(struct lb_arena *arena, struct lb_name_set *set)
{
	struct lb_name_set larger = { .cap = set->cap ? set->cap * 2 : SMALLEST, .count = set->count };
	larger.slots = lb_arena_alloc(arena, larger.cap * sizeof(*larger.slots));
	memset(larger.slots, 0, larger.cap * sizeof(*larger.slots));
	for (size_t i = 0; i < set->cap; i++)
		if (set->slots[i].name)
			larger.slots[slot_of(&larger, set->slots[i].name)] = set->slots[i];
	*set = larger;
}

bool lb_name_set_add(struct lb_arena *arena, struct lb_name_set *set, const char *name, size_t at)
{
	if (2 * (set->count + 1) > set->cap)
		grow(arena, set);
	struct lb_name_slot *slot = &set->slots[slot_of(set, name)];
	if (slot->name)
		return false;
	*slot = (struct lb_name_slot){ name, at };
	set->count++;
	return true;
}
