/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lbench/fs.h"
#include "scenario/load.h"
#include "scenario/patch.h"

struct variant {
	struct scn_variant v;
	char *dockerfile, *from, *patch;
	const struct scn_yaml *ignore;
};

static int load_ignore(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_variant *v = &((struct variant *)out)->v;
	if (value->kind == SCN_LIST) {
		struct scn_strings lines;
		if (scn_value_read(l, value, SCN_STRINGS, "ignore", &lines) < 0)
			return LB_INVALID;
		lb_autobuf struct lb_buf text = { 0 };
		for (size_t i = 0; i < lines.count; i++)
			lb_buf_addf(&text, "%s\n", lines.items[i]);
		v->ignore_text = lb_arena_strdup(l->arena, lb_buf_str(&text));
	} else {
		char *path = NULL;
		if (scn_value_read(l, value, SCN_PATH, "ignore", &path) < 0 ||
		    scn_load_file(l, value->pos, path, "a .dockerignore", &v->ignore_text, NULL) < 0)
			return LB_INVALID;
	}
	lb_autoignore struct lb_ignore *check = NULL;
	struct lb_err local;
	if (lb_ignore_parse("ignore", v->ignore_text, strlen(v->ignore_text), &check, &local) < 0)
		return lb_fail_at(l->err, value->pos, "%s", local.text);
	return 0;
}

static const struct scn_field variant_fields[] = {
	{ "name", SCN_NAME, offsetof(struct variant, v.name), 0, true, NULL },
	{ "dockerfile", SCN_PATH, offsetof(struct variant, dockerfile), 0, false, NULL },
	{ "from", SCN_NAME, offsetof(struct variant, from), 0, false, NULL },
	{ "patch", SCN_PATH, offsetof(struct variant, patch), 0, false, NULL },
	{ "args", SCN_PAIRS, offsetof(struct variant, v.args), 0, false, NULL },
	{ "target", SCN_PATH, offsetof(struct variant, v.target), 0, false, NULL },
	{ "image", SCN_NAME, offsetof(struct variant, v.image), 0, false, NULL },
	{ "platform", SCN_PATH, offsetof(struct variant, v.platform), 0, false, NULL },
	{ "ignore", SCN_CALL, 0, 0, false, load_ignore },
};

static bool is_directive(const char *text, size_t len)
{
	static const char *const names[] = { "syntax", "escape", "check" };
	for (size_t i = 0; i < LB_COUNT(names); i++) {
		size_t n = strlen(names[i]);
		if (len > n && strncasecmp(text, names[i], n) == 0) {
			n += strspn(text + n, " \t");
			return n < len && text[n] == '=';
		}
	}
	return false;
}

/* The comment at the head of a Dockerfile, directives left out, as one text of several lines. */
static char *leading_comment(struct scn_loader *l, const char *text)
{
	lb_autobuf struct lb_buf out = { 0 };
	for (const char *p = text; *p == '#' || (*p == '\n' && !out.len);) {
		size_t len = strcspn(p, "\n");
		const char *line = p + (len > 0) + (len > 1 && p[1] == ' ');
		size_t n = len - (size_t)(line - p);
		if (len && (out.len || !is_directive(line, n))) {
			lb_buf_add(&out, line, n);
			lb_buf_addc(&out, '\n');
		}
		p += len + (p[len] == '\n');
	}
	return lb_arena_strdup(l->arena, lb_buf_str(&out));
}

int scn_load_dockerfile(struct scn_loader *l, struct lb_pos pos, const char *path, struct scn_variant *v)
{
	if (scn_load_file(l, pos, path, "a Dockerfile", &v->dockerfile, NULL) < 0)
		return LB_INVALID;
	v->dockerfile_path = scn_load_path(l, path);
	v->comment = leading_comment(l, v->dockerfile);
	return 0;
}

static const struct scn_variant *find_variant(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->variants_count; i++)
		if (strcmp(s->variants[i].name, name) == 0)
			return &s->variants[i];
	return NULL;
}

/* from another variant: its Dockerfile, arguments, target, platform and ignore file, unless given anew. */
static int derive(struct scn_loader *l, const struct scn_yaml *map, struct variant *in)
{
	struct scn_variant *v = &in->v;
	struct lb_pos pos = scn_yaml_get(map, "from")->pos;
	const struct scn_variant *base = find_variant(l->s, in->from);
	if (!base)
		return lb_fail_at(l->err, pos, "from: no variant '%s' stands above this one", in->from);
	v->args = scn_yaml_get(map, "args") ? v->args : base->args;
	v->target = v->target ? v->target : base->target;
	v->platform = v->platform ? v->platform : base->platform;
	v->image = v->image ? v->image : base->image;
	v->ignore_text = v->ignore_text ? v->ignore_text : base->ignore_text;
	v->dockerfile = base->dockerfile;
	v->dockerfile_path = base->dockerfile_path;
	v->comment = base->comment;
	if (!in->patch)
		return 0;
	char *text = NULL;
	if (scn_load_file(l, scn_yaml_get(map, "patch")->pos, in->patch, "a unified diff", &text, NULL) < 0)
		return LB_INVALID;
	char *name = scn_load_path(l, in->patch);
	lb_autobuf struct lb_buf out = { 0 };
	if (scn_patch_text(name, text, base->dockerfile, &out, l->err) < 0)
		return LB_INVALID;
	v->dockerfile = lb_arena_strdup(l->arena, lb_buf_str(&out));
	v->dockerfile_path = name;
	v->comment = leading_comment(l, v->dockerfile);
	return 0;
}

static int load_variant(struct scn_loader *l, const struct scn_yaml *value, struct scn_variant *out)
{
	struct variant in = { 0 };
	if (SCN_FIELDS_READ(l, value, "a variant", variant_fields, &in) < 0)
		return LB_INVALID;
	struct lb_pos pos = scn_yaml_get(value, "name")->pos;
	const struct scn_variant *twin = find_variant(l->s, in.v.name);
	if (twin)
		return lb_fail_at(l->err, pos, "a second variant '%s' (first in line %u)", in.v.name, twin->pos.line);
	if (!in.dockerfile == !in.from)
		return lb_fail_at(l->err, value->pos, "variant '%s' needs one of dockerfile and from", in.v.name);
	if (in.patch && !in.from)
		return lb_fail_at(l->err, value->pos, "variant '%s': patch goes with from", in.v.name);
	in.v.pos = pos;
	int rc = in.from ? derive(l, value, &in) : scn_load_dockerfile(l, scn_yaml_get(value, "dockerfile")->pos, in.dockerfile, &in.v);
	if (rc == 0 && !l->s->implicit)
		in.v.place = lb_arena_strdup(l->arena, "Dockerfile");
	else if (rc == 0)
		in.v.place = in.from ? find_variant(l->s, in.from)->place : scn_load_place(l, in.v.dockerfile_path);
	*out = in.v;
	return rc;
}

int scn_load_variants(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	if (scn_expect_kind(l, value, SCN_LIST, "variants") < 0)
		return LB_INVALID;
	if (!value->count)
		return lb_fail_at(l->err, value->pos, "variants: the list is empty");
	s->variants = lb_arena_alloc(l->arena, value->count * sizeof(*s->variants));
	for (size_t i = 0; i < value->count; i++) {
		if (load_variant(l, value->items[i].value, &s->variants[i]) < 0)
			return LB_INVALID;
		s->variants_count++;
	}
	return 0;
}
