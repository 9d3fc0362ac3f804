/* SPDX-License-Identifier: Apache-2.0 */
#include "scenario/set.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lbench/fs.h"
#include "lbench/json.h"
#include "scenario/state.h"

/* ---- ".a.b[0]", '.a["b.c"]' ---- */

static int bad_pointer(struct lb_err *err, const char *pointer)
{
	return lb_fail(err, LB_INVALID, "'%s' is not a path like .name, .a.b, .list[0] or .a[\"b.c\"]", pointer);
}

static const char *parse_step(const char *p, struct lb_arena *arena, struct scn_pointer_step *out)
{
	size_t n;
	if (*p == '.') {
		n = strcspn(p + 1, ".[");
		out->key = lb_arena_strndup(arena, p + 1, n);
		return n ? p + 1 + n : NULL;
	}
	if (p[0] == '[' && p[1] == '"') {
		n = strcspn(p + 2, "\"");
		out->key = lb_arena_strndup(arena, p + 2, n);
		return p[2 + n] == '"' && p[3 + n] == ']' ? p + n + 4 : NULL;
	}
	n = p[0] == '[' ? strspn(p + 1, "0123456789") : 0;
	if (!n || n > 9 || p[1 + n] != ']')
		return NULL;
	out->index = strtoul(p + 1, NULL, 10);
	return p + n + 2;
}

static int parse_pointer(const char *pointer, struct lb_arena *arena, struct scn_pointer *out, struct lb_err *err)
{
	out->steps = lb_arena_alloc(arena, (strlen(pointer) + 1) * sizeof(*out->steps));
	for (const char *p = pointer; *p;) {
		p = parse_step(p, arena, &out->steps[out->count++]);
		if (!p)
			return bad_pointer(err, pointer);
	}
	return out->count ? 0 : bad_pointer(err, pointer);
}

/* ---- writing ---- */

static bool is_literal(const char *value)
{
	lb_autofree char *text = lb_format("[%s]", value);
	lb_autojson json_t *j = NULL;
	struct lb_err unused;
	return lb_json_parse("", text, strlen(text), &j, &unused) == 0 && json_array_size(j) == 1 &&
	       !json_is_string(json_array_get(j, 0)) && !json_is_array(json_array_get(j, 0)) && !json_is_object(json_array_get(j, 0));
}

/* A YAML scalar that needs no quotes wherever it stands. */
static bool is_plain(const char *value)
{
	static const char word[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./+-";
	return *value && *value != '-' && *value != '.' && !value[strspn(value, word)];
}

static void add_quoted(struct lb_buf *out, const char *value)
{
	struct lb_json w = { .out = out };
	lb_json_str(&w, value);
}

static void add_value(const struct scn_span *span, bool yaml, const char *value, struct lb_buf *out)
{
	if (span->single && !value[strcspn(value, "'\n\\")])
		lb_buf_addf(out, "'%s'", value);
	else if (!span->quoted && !span->single && (is_literal(value) || (yaml && is_plain(value))))
		lb_buf_adds(out, value);
	else
		add_quoted(out, value);
}

typedef int find_fn(const char *text, size_t len, const struct scn_pointer *at, struct scn_span *out, struct lb_err *err);

static find_fn *find_format(const char *path, const struct lb_buf *old)
{
	static const struct {
		const char *name;
		find_fn *find;
	} formats[] = {
		{ ".json", scn_find_json },       { "composer.lock", scn_find_json }, { "Pipfile.lock", scn_find_json },
		{ ".yaml", scn_find_yaml },       { ".yml", scn_find_yaml },          { ".toml", scn_find_toml },
		{ "poetry.lock", scn_find_toml }, { "uv.lock", scn_find_toml },       { "Cargo.lock", scn_find_toml },
		{ "Pipfile", scn_find_toml },
	};
	const char *base = lb_path_base(path);
	for (size_t i = 0; i < LB_COUNT(formats); i++) {
		size_t n = strlen(formats[i].name), m = strlen(base);
		if (m >= n && strcasecmp(base + m - n, formats[i].name) == 0)
			return formats[i].find;
	}
	const char *p = lb_buf_str((struct lb_buf *)old);
	p += strspn(p, " \t\r\n");
	return *p == '{' ? scn_find_json : NULL;
}

int scn_set_scalar(const char *path, const struct lb_buf *old, const char *pointer, const char *value, struct lb_buf *out,
		   struct lb_err *err)
{
	find_fn *find = find_format(path, old);
	if (!find)
		return lb_fail(err, LB_INVALID, "only JSON, YAML and TOML are known here");
	struct lb_arena arena = { 0 };
	struct scn_pointer at = { 0 };
	struct scn_span span = { 0 };
	const char *text = lb_buf_str((struct lb_buf *)old);
	int rc = parse_pointer(pointer, &arena, &at, err);
	if (rc == 0)
		rc = find(text, old->len, &at, &span, err);
	lb_arena_release(&arena);
	if (rc < 0)
		return rc;
	lb_buf_add(out, text, span.start);
	add_value(&span, find == scn_find_yaml, value, out);
	lb_buf_add(out, text + span.end, old->len - span.end);
	return 0;
}
