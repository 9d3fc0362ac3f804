/* SPDX-License-Identifier: Apache-2.0
 *
 * docker-bake.hcl and docker-bake.json (docs.docker.com/build/bake/reference): of each target its context, Dockerfile,
 * target and arguments, with variables at their defaults, `inherits` and `matrix` carried out. What needs a function or a
 * condition is not worked out: the target is left out, and that is said.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check/declared.h"
#include "check/hcl.h"
#include "lbench/fs.h"
#include "lbench/json.h"

enum { DEPTH_MAX = 16, MATRIX_MAX = 64 };

struct bake {
	struct searching *s;
	const char *file; /* the last one, which notes name */
	json_t *all;      /* targets, variables and groups of all files of the directory */
};
/* A target under one choice of its matrix. */
struct chosen {
	const struct bake *b;
	const char *name;
	const json_t *matrix; /* variable -> value; NULL */
	char *why;            /* what could not be worked out */
};

/* ---- reading ---- */

/* Later files override attribute by attribute. */
static void merge(json_t *into, const json_t *from, unsigned depth)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)from, key, v)
	{
		json_t *there = json_object_get(into, key);
		if (depth && json_is_object(there) && json_is_object(v))
			merge(there, v, depth - 1);
		else
			json_object_set_new(into, key, json_deep_copy(v));
	}
}

static void read_file(struct bake *b, const char *path)
{
	lb_autofree char *full = lb_path_join(b->s->root, path);
	lb_autobuf struct lb_buf text = { 0 };
	lb_autojson json_t *j = NULL;
	struct lb_err err;
	size_t n = strlen(path);
	bool hcl = n > 4 && strcmp(path + n - 4, ".hcl") == 0;
	int rc = lb_fs_read(AT_FDCWD, full, &text, &err);
	if (!rc)
		rc = hcl ? hcl_parse(path, lb_buf_str(&text), text.len, &j, &err)
			 : lb_json_parse(path, lb_buf_str(&text), text.len, &j, &err);
	if (rc) {
		lb_strv_take(b->s->notes, lb_format("%s (left out)", err.text));
		return;
	}
	b->file = path;
	merge(b->all, j, 3);
}

/* ---- templates ---- */

static int expand(struct chosen *c, const char *text, unsigned depth, struct lb_buf *out);

static int give_up(struct chosen *c, const char *format, ...) LB_PRINTF(2, 3);
static int give_up(struct chosen *c, const char *format, ...)
{
	struct lb_buf why = { 0 };
	va_list ap;
	va_start(ap, format);
	lb_buf_vaddf(&why, format, ap);
	va_end(ap);
	free(c->why);
	c->why = lb_buf_steal(&why);
	/* an expression may go over several lines, the message does not */
	for (char *p = c->why; *p; p++)
		*p = iscntrl((unsigned char)*p) ? ' ' : *p;
	return LB_UNSUPPORTED;
}

static int add_value(struct chosen *c, const json_t *v, const char *name, unsigned depth, struct lb_buf *out)
{
	if (json_is_string(v))
		return expand(c, json_string_value(v), depth + 1, out);
	if (json_is_boolean(v))
		lb_buf_adds(out, json_is_true(v) ? "true" : "false");
	else if (json_is_number(v))
		lb_buf_addf(out, "%.15g", json_number_value(v));
	else
		return give_up(c, "%s has no value but the caller's", name);
	return 0;
}

/* NAME, or a.b.c into an object of the matrix. */
static int variable(struct chosen *c, const char *name, unsigned depth, struct lb_buf *out)
{
	lb_autofree char *copy = lb_strdup(name);
	char *rest = strchr(copy, '.');
	if (rest)
		*rest++ = '\0';
	const json_t *v = json_object_get(c->matrix, copy);
	if (!v && !rest) {
		const json_t *declared = json_object_get(json_object_get(c->b->all, "variable"), copy);
		if (!declared)
			return give_up(c, "there is no variable %s", name);
		return add_value(c, json_object_get(declared, "default"), name, depth, out);
	}
	for (char *next; v && rest; rest = next) {
		next = strchr(rest, '.');
		if (next)
			*next++ = '\0';
		v = json_object_get(v, rest);
	}
	return add_value(c, v, name, depth, out);
}

static bool is_name(const char *text)
{
	bool start = true;
	for (; *text; text++) {
		bool letter = isalpha((unsigned char)*text) || *text == '_' || (unsigned char)*text >= 0x80;
		if (start ? !letter : !(letter || isdigit((unsigned char)*text) || strchr("-.", *text)))
			return false;
		start = *text == '.';
	}
	return !start;
}

/* The '}' that closes the template at p. */
static const char *template_end(const char *p)
{
	unsigned depth = 0;
	bool quoted = false;
	for (p += 2; *p; p++) {
		if (quoted && *p == '\\' && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (!quoted && *p == '{')
			depth++;
		else if (!quoted && *p == '}' && depth-- == 0)
			return p;
	}
	return NULL;
}

static int one_template(struct chosen *c, const char *from, const char *to, unsigned depth, struct lb_buf *out)
{
	while (from < to && isspace((unsigned char)*from))
		from++;
	while (to > from && isspace((unsigned char)to[-1]))
		to--;
	lb_autofree char *inside = lb_strndup(from, (size_t)(to - from));
	return is_name(inside) ? variable(c, inside, depth, out) : give_up(c, "`%s` is more than a variable, and not read here", inside);
}

static int expand(struct chosen *c, const char *text, unsigned depth, struct lb_buf *out)
{
	if (depth > DEPTH_MAX)
		return give_up(c, "%s: variables that stand for each other", text);
	for (const char *p = text; *p;) {
		bool template = (p[0] == '$' || p[0] == '%') && p[1] == '{',
		     quoted = p[0] == p[1] && (p[0] == '$' || p[0] == '%') && p[2] == '{';
		const char *end = template ? template_end(p) : NULL;
		if (template && (*p == '%' || !end))
			return give_up(c, "%s: a directive, which is not read here", text);
		if (template) {
			int rc = one_template(c, p + 2, end, depth, out);
			if (rc)
				return rc;
			p = end + 1;
		} else {
			p += quoted;
			lb_buf_addc(out, *p++);
			if (quoted)
				lb_buf_addc(out, *p++);
		}
	}
	return 0;
}

/* A text attribute, worked out; *out is the caller's, NULL: not given. */
static int attribute(struct chosen *c, const json_t *target, const char *key, char **out)
{
	const json_t *v = json_object_get(target, key);
	struct lb_buf text = { 0 };
	*out = NULL;
	if (!v || json_is_null(v))
		return 0;
	int rc = json_is_string(v) ? expand(c, json_string_value(v), 0, &text) : give_up(c, "%s is no text", key);
	if (rc)
		lb_buf_release(&text);
	else
		*out = lb_buf_steal(&text);
	return rc;
}

/* ---- targets ---- */

/* What it inherits, later parents over earlier ones, and its own over all. */
static int inherit(struct chosen *c, const char *name, unsigned depth, json_t *into)
{
	const json_t *own = json_object_get(json_object_get(c->b->all, "target"), name), *parents = json_object_get(own, "inherits");
	if (!json_is_object(own))
		return give_up(c, "there is no target %s to inherit from", name);
	if (depth > DEPTH_MAX)
		return give_up(c, "targets that inherit from each other (%s)", name);
	for (size_t i = 0; i < json_array_size(parents); i++) {
		lb_autobuf struct lb_buf parent = { 0 };
		const char *text = json_string_value(json_array_get(parents, i));
		int rc = text ? expand(c, text, 0, &parent) : give_up(c, "inherits of %s is no list of names", name);
		if (!rc)
			rc = inherit(c, lb_buf_str(&parent), depth + 1, into);
		if (rc)
			return rc;
	}
	merge(into, own, 1);
	return 0;
}

static bool is_parent(const json_t *targets, const char *name)
{
	const char *key;
	json_t *t;
	json_object_foreach((json_t *)targets, key, t)
	{
		const json_t *parents = json_object_get(t, "inherits");
		for (size_t i = 0; i < json_array_size(parents); i++) {
			const char *parent = json_string_value(json_array_get(parents, i));
			if (parent && strcmp(parent, name) == 0)
				return true;
		}
	}
	return false;
}

static void add_args(struct chosen *c, struct check_unit *u, const json_t *args)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)args, key, v)
	{
		lb_autobuf struct lb_buf value = { 0 };
		struct chosen quiet = { c->b, c->name, c->matrix, NULL };
		/* what the caller alone knows is not set */
		if (!json_is_null(v) && add_value(&quiet, v, key, 0, &value) == 0)
			units_add_arg(c->b->s, u, key, lb_buf_str(&value));
		free(quiet.why);
	}
}

static int declare(struct chosen *c, bool abstract)
{
	lb_autojson json_t *t = json_object();
	lb_autofree char *context = NULL, *dockerfile = NULL, *target = NULL, *place = lb_format("%s: target %s", c->b->file, c->name);
	int rc = inherit(c, c->name, 0, t);
	if (rc || json_object_get(t, "dockerfile-inline"))
		return rc;
	if ((rc = attribute(c, t, "context", &context)) || (rc = attribute(c, t, "dockerfile", &dockerfile)) ||
	    (rc = attribute(c, t, "target", &target)))
		return rc;
	const struct declared d = { c->b->file, place, context, dockerfile, target, abstract };
	struct check_unit *u = units_declare(c->b->s, &d);
	if (u)
		add_args(c, u, json_object_get(t, "args"));
	return 0;
}

/* One choice for each variable of the matrix, counted through like a number with a digit a variable. */
static json_t *choice(const json_t *matrix, size_t n)
{
	json_t *out = json_object(), *values;
	const char *key;
	json_object_foreach((json_t *)matrix, key, values)
	{
		size_t count = json_array_size(values);
		if (count)
			json_object_set(out, key, json_array_get(values, n % count));
		n /= count ? count : 1;
	}
	return out;
}

static size_t choices(const json_t *matrix)
{
	size_t n = 1;
	const char *key;
	json_t *values;
	json_object_foreach((json_t *)matrix, key, values) n *= json_array_size(values) && n <= MATRIX_MAX ? json_array_size(values) : 1;
	return n;
}

static void read_target(struct bake *b, const char *name, const json_t *target, bool abstract)
{
	const json_t *matrix = json_object_get(target, "matrix");
	size_t n = choices(matrix);
	if (n > MATRIX_MAX) {
		lb_strv_take(b->s->notes,
			     lb_format("%s: target %s: a matrix of more than %d builds; left out.", b->file, name, MATRIX_MAX));
		return;
	}
	for (size_t i = 0; i < n; i++) {
		lb_autojson json_t *chosen = choice(matrix, i);
		struct chosen c = { b, name, chosen, NULL };
		if (declare(&c, abstract))
			lb_strv_take(b->s->notes, lb_format("%s: target %s: %s; left out.", b->file, name, c.why));
		free(c.why);
	}
}

void bake_read(struct searching *s, const char *const *paths, size_t count)
{
	lb_autojson json_t *all = json_object();
	struct bake b = { .s = s, .all = all };
	for (size_t i = 0; i < count; i++)
		read_file(&b, paths[i]);
	const json_t *targets = json_object_get(all, "target");
	const char *name;
	json_t *target;
	json_object_foreach((json_t *)targets, name, target) if (json_is_object(target))
		read_target(&b, name, target, is_parent(targets, name));
}
