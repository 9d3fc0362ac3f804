/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/yaml.h"

#include <string.h>
#include <yaml.h>

enum { DEPTH_MAX = 32, WEIGHT_MAX = 1000000 };

struct builder {
	yaml_parser_t parser;
	const char *name;
	const char *text;
	size_t len;
	struct lb_arena *arena;
	struct lb_map *anchors;
	struct lb_err *err;
};

static struct lb_pos mark_pos(const struct builder *b, const yaml_mark_t *m)
{
	return (struct lb_pos){ b->name, (uint32_t)m->line + 1, (uint32_t)m->column + 1 };
}

/* libyaml gives an encoding fault as a byte offset. */
static struct lb_pos offset_pos(const struct builder *b, size_t offset)
{
	struct lb_pos pos = { b->name, 1, 1 };
	for (size_t i = 0; i < offset && i < b->len; i++) {
		pos.col++;
		if (b->text[i] == '\n') {
			pos.line++;
			pos.col = 1;
		}
	}
	return pos;
}

static int parser_fail(struct builder *b)
{
	const yaml_parser_t *p = &b->parser;
	const char *what = p->problem ? p->problem : "not YAML";
	if (p->error == YAML_READER_ERROR)
		return lb_fail_at(b->err, offset_pos(b, p->problem_offset), "not a YAML text: %s", what);
	if (p->context)
		return lb_fail_at(b->err, mark_pos(b, &p->problem_mark), "%s %s (line %zu)", what, p->context, p->context_mark.line + 1);
	return lb_fail_at(b->err, mark_pos(b, &p->problem_mark), "%s", what);
}

static void event_cleanup(yaml_event_t *e)
{
	yaml_event_delete(e);
}
#define autoevent __attribute__((cleanup(event_cleanup))) yaml_event_t

static int next_event(struct builder *b, yaml_event_t *e)
{
	if (!yaml_parser_parse(&b->parser, e))
		return parser_fail(b);
	return 0;
}

static int build(struct builder *b, const yaml_event_t *e, unsigned depth, struct scn_yaml **out);

static int build_scalar(struct builder *b, const yaml_event_t *e, struct scn_yaml *n)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	if (memchr(text, '\0', len))
		return lb_fail_at(b->err, n->pos, "a text must not hold a NUL");
	n->kind = SCN_SCALAR;
	n->text = lb_arena_strndup(b->arena, text, len);
	n->plain = e->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	return 0;
}

static int build_key(struct builder *b, struct lb_map *seen, struct scn_yaml *key)
{
	if (key->kind != SCN_SCALAR)
		return lb_fail_at(b->err, key->pos, "a key must be a text, not %s", scn_yaml_kind_name(key));
	const struct scn_yaml *first = lb_map_get(seen, key->text);
	if (first)
		return lb_fail_at(b->err, key->pos, "key '%s' is here twice (first in line %u)", key->text, first->pos.line);
	lb_map_set(seen, key->text, key);
	return 0;
}

static int add_weight(struct builder *b, struct scn_yaml *n, const struct scn_yaml *child)
{
	n->weight += child->weight;
	if (n->weight > WEIGHT_MAX)
		return lb_fail_at(b->err, n->pos, "more than %d values, aliases followed", WEIGHT_MAX);
	return 0;
}

static int build_member(struct builder *b, const yaml_event_t *e, struct lb_map *seen, unsigned depth, struct scn_yaml_item *item)
{
	autoevent v = { 0 };
	int rc = build(b, e, depth + 1, &item->key);
	if (rc == 0)
		rc = build_key(b, seen, item->key);
	if (rc == 0)
		rc = next_event(b, &v);
	return rc < 0 ? rc : build(b, &v, depth + 1, &item->value);
}

/* Items are collected outside of the arena, which cannot grow a piece. */
static int build_items(struct builder *b, struct scn_yaml *n, yaml_event_type_t end, unsigned depth)
{
	lb_autofree struct scn_yaml_item *items = NULL;
	lb_automap struct lb_map *seen = n->kind == SCN_MAP ? lb_map_new(NULL) : NULL;
	size_t cap = 0;
	for (;;) {
		autoevent e = { 0 };
		if (next_event(b, &e) < 0)
			return b->err->code;
		if (e.type == end)
			break;
		struct scn_yaml_item item = { 0 };
		int rc = seen ? build_member(b, &e, seen, depth, &item) : build(b, &e, depth + 1, &item.value);
		if (rc == 0)
			rc = add_weight(b, n, item.value);
		if (rc < 0)
			return rc;
		items = lb_grow(items, n->count, &cap, sizeof(*items));
		items[n->count++] = item;
	}
	n->items = lb_arena_alloc(b->arena, n->count * sizeof(*items) + 1);
	if (n->count)
		memcpy(n->items, items, n->count * sizeof(*items));
	return 0;
}

static int build_alias(struct builder *b, const yaml_event_t *e, struct scn_yaml **out)
{
	const char *anchor = (const char *)e->data.alias.anchor;
	struct scn_yaml *n = lb_map_get(b->anchors, anchor);
	if (!n)
		return lb_fail_at(b->err, mark_pos(b, &e->start_mark), "alias *%s names nothing that is complete above it", anchor);
	*out = n;
	return 0;
}

static int build(struct builder *b, const yaml_event_t *e, unsigned depth, struct scn_yaml **out)
{
	if (e->type == YAML_ALIAS_EVENT)
		return build_alias(b, e, out);
	struct scn_yaml *n = lb_arena_alloc(b->arena, sizeof(*n));
	n->pos = mark_pos(b, &e->start_mark);
	n->weight = 1;
	const char *anchor = NULL;
	int rc;
	if (depth > DEPTH_MAX)
		return lb_fail_at(b->err, n->pos, "nested deeper than %d levels", DEPTH_MAX);
	if (e->type == YAML_SCALAR_EVENT) {
		anchor = (const char *)e->data.scalar.anchor;
		rc = build_scalar(b, e, n);
	} else if (e->type == YAML_SEQUENCE_START_EVENT) {
		anchor = (const char *)e->data.sequence_start.anchor;
		n->kind = SCN_LIST;
		rc = build_items(b, n, YAML_SEQUENCE_END_EVENT, depth);
	} else {
		anchor = (const char *)e->data.mapping_start.anchor;
		n->kind = SCN_MAP;
		rc = build_items(b, n, YAML_MAPPING_END_EVENT, depth);
	}
	if (rc == 0 && anchor)
		lb_map_set(b->anchors, anchor, n);
	*out = n;
	return rc;
}

/* STREAM-START, DOCUMENT-START, one node, DOCUMENT-END, STREAM-END. */
static int build_document(struct builder *b, struct scn_yaml **out)
{
	for (;;) {
		autoevent e = { 0 };
		if (next_event(b, &e) < 0)
			return b->err->code;
		switch (e.type) {
		case YAML_DOCUMENT_START_EVENT:
			if (*out)
				return lb_fail_at(b->err, mark_pos(b, &e.start_mark), "a second document; a scenario is one");
			break;
		case YAML_SCALAR_EVENT:
		case YAML_SEQUENCE_START_EVENT:
		case YAML_MAPPING_START_EVENT:
		case YAML_ALIAS_EVENT:
			if (build(b, &e, 0, out) < 0)
				return b->err->code;
			break;
		case YAML_STREAM_END_EVENT:
			if (!*out)
				return lb_fail_at(b->err, (struct lb_pos){ b->name, 1, 1 }, "the file is empty");
			return 0;
		default:
			break;
		}
	}
}

int scn_yaml_parse(const char *name, const char *text, size_t len, struct lb_arena *arena, struct scn_yaml **out, struct lb_err *err)
{
	struct lb_err local;
	struct builder b = { .name = lb_arena_strdup(arena, name), .text = text, .len = len, .arena = arena, .err = err ? err : &local };
	*out = NULL;
	if (!yaml_parser_initialize(&b.parser))
		return lb_fail(err, LB_IO, "%s: the YAML reader cannot start", name);
	lb_automap struct lb_map *anchors = lb_map_new(NULL);
	b.anchors = anchors;
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, len);
	/* everything else that libyaml guesses from a byte order mark would be a text nobody sees as such */
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	int rc = build_document(&b, out);
	yaml_parser_delete(&b.parser);
	return rc;
}

struct scn_yaml *scn_yaml_get(const struct scn_yaml *map, const char *key)
{
	for (size_t i = 0; map->kind == SCN_MAP && i < map->count; i++)
		if (strcmp(map->items[i].key->text, key) == 0)
			return map->items[i].value;
	return NULL;
}

bool scn_yaml_is_null(const struct scn_yaml *n)
{
	return n->kind == SCN_SCALAR && n->plain && (!*n->text || strcmp(n->text, "~") == 0 || strcmp(n->text, "null") == 0);
}

const char *scn_yaml_kind_name(const struct scn_yaml *n)
{
	if (n->kind == SCN_LIST)
		return "a list";
	if (n->kind == SCN_MAP)
		return "a mapping";
	return scn_yaml_is_null(n) ? "nothing" : "a text";
}
