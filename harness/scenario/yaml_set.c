/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "scenario/yaml.h"

/* How much of path the name takes as its first component: keys may hold dots themselves ("python:3.10"). */
static size_t component(const char *path, const char *name)
{
	size_t n = strlen(name);
	return n && strncmp(path, name, n) == 0 && (!path[n] || path[n] == '.') ? n : 0;
}

static size_t item_match(const struct scn_yaml *n, size_t i, const char *path)
{
	if (n->kind == SCN_MAP)
		return component(path, n->items[i].key->text);
	const struct scn_yaml *name = scn_yaml_get(n->items[i].value, "name");
	size_t len = name && name->kind == SCN_SCALAR ? component(path, name->text) : 0;
	lb_autofree char *number = lb_format("%zu", i);
	return len ? len : component(path, number);
}

/* The item that the longest beginning of path names; NULL. */
static struct scn_yaml_item *find_item(const struct scn_yaml *n, const char *path, size_t *len)
{
	struct scn_yaml_item *best = NULL;
	*len = 0;
	for (size_t i = 0; i < n->count; i++) {
		size_t m = item_match(n, i, path);
		if (m > *len) {
			*len = m;
			best = &n->items[i];
		}
	}
	return best;
}

static struct scn_yaml *new_scalar(const char *path, const char *text, struct lb_arena *arena)
{
	struct scn_yaml *n = lb_arena_alloc(arena, sizeof(*n));
	n->kind = SCN_SCALAR;
	n->plain = true;
	n->weight = 1;
	n->text = lb_arena_strdup(arena, text);
	lb_autofree char *file = lb_format("--set %s", path);
	n->pos.file = lb_arena_strdup(arena, file);
	return n;
}

static struct scn_yaml *clone(const struct scn_yaml *n, size_t extra, struct lb_arena *arena)
{
	struct scn_yaml *c = lb_arena_alloc(arena, sizeof(*c));
	*c = *n;
	c->items = lb_arena_alloc(arena, (n->count + extra) * sizeof(*c->items) + 1);
	if (n->count)
		memcpy(c->items, n->items, n->count * sizeof(*c->items));
	return c;
}

int scn_yaml_set(struct scn_yaml **root, const char *path, const char *value, struct lb_arena *arena, struct lb_err *err)
{
	struct scn_yaml **at = root;
	for (const char *rest = path;;) {
		if ((*at)->kind == SCN_SCALAR)
			return lb_fail(err, LB_USAGE, "--set %s: there is nothing below '%.*s'", path, (int)(rest - path), path);
		struct scn_yaml *n = *at = clone(*at, 1, arena);
		size_t len;
		struct scn_yaml_item *item = find_item(n, rest, &len);
		if (!item && (n->kind != SCN_MAP || !*rest || strchr(rest, '.')))
			return lb_fail(err, LB_USAGE, "--set %s: the scenario has no '%s' there", path, rest);
		if (!item) {
			n->items[n->count++] = (struct scn_yaml_item){ new_scalar(path, rest, arena), new_scalar(path, value, arena) };
			return 0;
		}
		at = &item->value;
		if (!rest[len])
			break;
		rest += len + 1;
	}
	if ((*at)->kind != SCN_SCALAR)
		return lb_fail(err, LB_USAGE, "--set %s: that is %s; only single values can be set", path, scn_yaml_kind_name(*at));
	*at = new_scalar(path, value, arena);
	return 0;
}
