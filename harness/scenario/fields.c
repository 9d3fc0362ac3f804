/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/fields.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Levenshtein's distance, bounded: words here are short. */
static size_t distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	size_t n = strlen(a), m = strlen(b), row[MAX + 1];
	if (n > MAX || m > MAX)
		return MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t diagonal = row[0];
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t cost = diagonal + (a[i - 1] != b[j - 1]);
			diagonal = row[j];
			size_t side = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
			row[j] = cost < side ? cost : side;
		}
	}
	return row[m];
}

const char *scn_nearest(const char *word, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t best_distance = strlen(word) / 3 + 2;
	for (size_t i = 0; i < count; i++) {
		size_t d = distance(word, names[i]);
		if (d < best_distance) {
			best_distance = d;
			best = names[i];
		}
	}
	return best;
}

static int fail_unknown(struct scn_loader *l, const struct scn_yaml *key, const char *what, const struct scn_field *fields, size_t count)
{
	const char *names[64];
	size_t n = count < LB_COUNT(names) ? count : LB_COUNT(names);
	for (size_t i = 0; i < n; i++)
		names[i] = fields[i].key;
	const char *near = scn_nearest(key->text, names, n);
	if (near)
		return lb_fail_at(l->err, key->pos, "unknown key '%s', did you mean '%s'?", key->text, near);
	lb_autobuf struct lb_buf list = { 0 };
	for (size_t i = 0; i < n; i++)
		lb_buf_addf(&list, "%s%s", i ? ", " : "", names[i]);
	return lb_fail_at(l->err, key->pos, "unknown key '%s' in %s; it may hold %s", key->text, what, lb_buf_str(&list));
}

static const struct scn_field *find_field(const struct scn_field *fields, size_t count, const char *key)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(fields[i].key, key) == 0)
			return &fields[i];
	return NULL;
}

int scn_expect_kind(struct scn_loader *l, const struct scn_yaml *value, enum scn_yaml_kind kind, const char *key)
{
	static const char *const names[] = { "a text", "a list", "a mapping" };
	if (value->kind == kind && !(kind == SCN_SCALAR && scn_yaml_is_null(value)))
		return 0;
	return lb_fail_at(l->err, value->pos, "%s: expected %s, here is %s", key, names[kind], scn_yaml_kind_name(value));
}

int scn_fields_read(struct scn_loader *l, const struct scn_yaml *map, const char *what, const struct scn_field *fields, size_t count,
		    void *out)
{
	if (scn_expect_kind(l, map, SCN_MAP, what) < 0)
		return LB_INVALID;
	for (size_t i = 0; i < map->count; i++) {
		const struct scn_yaml_item *item = &map->items[i];
		const struct scn_field *f = find_field(fields, count, item->key->text);
		if (!f)
			return fail_unknown(l, item->key, what, fields, count);
		int rc = 0;
		if (f->type == SCN_CALL)
			rc = f->read(l, item->value, out);
		else if (f->type != SCN_LATER)
			rc = scn_value_read(l, item->value, f->type, f->key, (char *)out + f->at);
		if (rc < 0)
			return rc;
		if (f->has)
			*(bool *)((char *)out + f->has) = true;
	}
	for (size_t i = 0; i < count; i++)
		if (fields[i].required && !scn_yaml_get(map, fields[i].key))
			return lb_fail_at(l->err, map->pos, "%s needs the key '%s'", what, fields[i].key);
	return 0;
}

int scn_text_at(struct scn_loader *l, const struct scn_yaml *value, const char *key, char **out)
{
	if (scn_expect_kind(l, value, SCN_SCALAR, key) < 0)
		return LB_INVALID;
	*out = lb_arena_strdup(l->arena, value->text);
	return 0;
}

int scn_strings_at(struct scn_loader *l, const struct scn_yaml *value, const char *key, char ***items, size_t *count)
{
	bool one = value->kind != SCN_LIST;
	size_t n = one ? 1 : value->count;
	char **list = lb_arena_alloc(l->arena, (n + 1) * sizeof(*list));
	for (size_t i = 0; i < n; i++)
		if (scn_text_at(l, one ? value : value->items[i].value, key, &list[i]) < 0)
			return LB_INVALID;
	*items = list;
	*count = n;
	return 0;
}

/* { A: x, B: } or [A=x, B]; a name without a value stays without one. */
static int read_pairs(struct scn_loader *l, const struct scn_yaml *value, const char *key, struct lb_pairs *out)
{
	if (value->kind == SCN_SCALAR)
		return lb_fail_at(l->err, value->pos, "%s: expected a mapping, here is %s", key, scn_yaml_kind_name(value));
	struct lb_pair *items = lb_arena_alloc(l->arena, value->count * sizeof(*items) + 1);
	for (size_t i = 0; i < value->count; i++) {
		const struct scn_yaml *v = value->items[i].value;
		char *text = NULL;
		if (!(value->kind == SCN_MAP && scn_yaml_is_null(v)) && scn_text_at(l, v, key, &text) < 0)
			return LB_INVALID;
		if (value->kind == SCN_MAP) {
			items[i] = (struct lb_pair){ lb_arena_strdup(l->arena, value->items[i].key->text), text };
			continue;
		}
		char *eq = strchr(text, '=');
		items[i] = (struct lb_pair){ text, eq ? eq + 1 : NULL };
		if (eq)
			*eq = '\0';
		if (!*text)
			return lb_fail_at(l->err, v->pos, "%s: a name is missing before '='", key);
	}
	*out = (struct lb_pairs){ items, value->count, value->count };
	return 0;
}

static int read_number(struct scn_loader *l, const struct scn_yaml *value, enum scn_type type, const char *key, double *out)
{
	char *end = NULL;
	errno = 0;
	double v = value->plain ? strtod(value->text, &end) : 0;
	if (!end || *end || end == value->text || errno || !isfinite(v))
		return lb_fail_at(l->err, value->pos, "%s: '%s' is not a number", key, value->text);
	if (type == SCN_WEIGHT && (v < 0 || v > 1e9))
		return lb_fail_at(l->err, value->pos, "%s: %s is out of range; a weight is 0 or more", key, value->text);
	if (type == SCN_FRACTION && !(v > 0 && v <= 1))
		return lb_fail_at(l->err, value->pos, "%s: %s is out of range; expected more than 0 and at most 1", key, value->text);
	*out = v;
	return 0;
}

static int read_uint(struct scn_loader *l, const struct scn_yaml *value, const char *key, uint64_t *out)
{
	char *end = NULL;
	errno = 0;
	unsigned long long v = value->plain ? strtoull(value->text, &end, 10) : 0;
	if (!end || *end || errno || strspn(value->text, "0123456789") != strlen(value->text) || !*value->text)
		return lb_fail_at(l->err, value->pos, "%s: '%s' is not a whole number", key, value->text);
	*out = v;
	return 0;
}

static int read_unit(struct scn_loader *l, const struct scn_yaml *value, enum scn_type type, const char *key, uint64_t *out)
{
	bool size = type == SCN_SIZE;
	if (size ? scn_size_parse(value->text, out) : scn_duration_parse(value->text, out))
		return 0;
	if (*value->text && strspn(value->text, "0123456789.") == strlen(value->text))
		return lb_fail_at(l->err, value->pos, "%s: '%s' has no unit, write %s", key, value->text, size ? "52MiB" : "21.4s");
	return lb_fail_at(l->err, value->pos, "%s: '%s' is not %s", key, value->text,
			  size ? "a size (52MiB, 1.5GB, 64m)" : "a duration (21.4s, 90ms, 1m30s)");
}

static int read_bool(struct scn_loader *l, const struct scn_yaml *value, const char *key, bool *out)
{
	*out = strcmp(value->text, "true") == 0;
	if (value->plain && (*out || strcmp(value->text, "false") == 0))
		return 0;
	return lb_fail_at(l->err, value->pos, "%s: '%s' is neither true nor false", key, value->text);
}

static int read_name(struct scn_loader *l, const struct scn_yaml *value, enum scn_type type, const char *key, char **out)
{
	if (!*value->text)
		return lb_fail_at(l->err, value->pos, "%s: must not be empty", key);
	if (type == SCN_NAME && value->text[strcspn(value->text, " \t\r\n/,")])
		return lb_fail_at(l->err, value->pos, "%s: '%s' must not hold white space, ',' or '/'", key, value->text);
	return scn_text_at(l, value, key, out);
}

int scn_value_read(struct scn_loader *l, const struct scn_yaml *value, enum scn_type type, const char *key, void *out)
{
	if (type == SCN_PAIRS)
		return read_pairs(l, value, key, out);
	if (type == SCN_STRINGS) {
		struct scn_strings *v = out;
		return scn_strings_at(l, value, key, &v->items, &v->count);
	}
	if (scn_expect_kind(l, value, SCN_SCALAR, key) < 0)
		return LB_INVALID;
	switch (type) {
	case SCN_TEXT:
		return scn_text_at(l, value, key, out);
	case SCN_NAME:
	case SCN_PATH:
		return read_name(l, value, type, key, out);
	case SCN_BOOL:
		return read_bool(l, value, key, out);
	case SCN_UINT:
		return read_uint(l, value, key, out);
	case SCN_WEIGHT:
	case SCN_FRACTION:
		return read_number(l, value, type, key, out);
	default:
		return read_unit(l, value, type, key, out);
	}
}
