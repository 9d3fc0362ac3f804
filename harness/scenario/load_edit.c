/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "scenario/load.h"
#include "scenario/paths.h"

/* ---- changes ---- */

/* A pattern alone stands for `edit`. */
static int load_one(struct scn_loader *l, const struct scn_yaml *value, struct scn_change *out)
{
	if (value->kind == SCN_MAP)
		return scn_load_change(l, value, out);
	out->kind = SCN_EDIT;
	out->pos = value->pos;
	int rc = scn_value_read(l, value, SCN_PATH, "edit", &out->path);
	return rc < 0 ? rc : scn_path_inside(out->path, value->pos, l->err);
}

/* A failed change counts: it may hold what scenario_free releases. */
static int load_changes(struct scn_loader *l, const struct scn_yaml *value, struct scn_change **items, size_t *count)
{
	bool one = value->kind != SCN_LIST;
	size_t n = one ? 1 : value->count;
	*items = lb_arena_alloc(l->arena, n * sizeof(**items) + 1);
	for (size_t i = 0; i < n; i++) {
		int rc = load_one(l, one ? value : value->items[i].value, &(*items)[i]);
		*count = i + 1;
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int load_edit_changes(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_edit *e = out;
	return load_changes(l, value, &e->changes, &e->changes_count);
}

int scn_load_every_edit(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	return load_changes(l, value, &s->every_edit, &s->every_edit_count);
}

/* ---- expectations ---- */

static int load_outcome(struct scn_loader *l, const struct scn_yaml *value, enum lb_outcome *out)
{
	if (scn_expect_kind(l, value, SCN_SCALAR, "expect") < 0)
		return LB_INVALID;
	*out = strcmp(value->text, "hit") == 0 ? LB_HIT : LB_MISS;
	if (*out == LB_MISS && strcmp(value->text, "miss") != 0)
		return lb_fail_at(l->err, value->pos, "expect: '%s' is neither hit nor miss", value->text);
	return 0;
}

static int add_expect(struct scn_loader *l, struct scn_edit *e, const char *variant, const struct scn_yaml *step,
		      const struct scn_yaml *outcome)
{
	struct scn_expect x = { .pos = step ? step->pos : outcome->pos };
	x.variant = lb_arena_strdup(l->arena, variant);
	x.step = lb_arena_strdup(l->arena, step ? step->text : "*");
	if (load_outcome(l, outcome, &x.outcome) < 0)
		return LB_INVALID;
	size_t n = e->expects_count;
	if ((n & (n - 1)) == 0) { /* full at every power of two */
		struct scn_expect *more = lb_arena_alloc(l->arena, (n ? n * 2 : 1) * sizeof(*more));
		if (n)
			memcpy(more, e->expects, n * sizeof(*more));
		e->expects = more;
	}
	e->expects[e->expects_count++] = x;
	return 0;
}

static bool is_variant(const struct scenario *s, const char *pattern)
{
	for (size_t i = 0; i < s->variants_count; i++)
		if (lb_text_match(pattern, s->variants[i].name))
			return true;
	return false;
}

static int fail_variant(struct scn_loader *l, struct lb_pos pos, const char *pattern)
{
	lb_autobuf struct lb_buf names = { 0 };
	for (size_t i = 0; i < l->s->variants_count; i++)
		lb_buf_addf(&names, "%s%s", i ? ", " : "", l->s->variants[i].name);
	return lb_fail_at(l->err, pos, "no variant matches '%s'; there are: %s", pattern, lb_buf_str(&names));
}

/* `no-change`, an outcome for all, { VARIANT: outcome } or { VARIANT: { STEP: outcome } }. */
static int load_expect(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scn_edit *e = out;
	if (value->kind == SCN_SCALAR) {
		e->no_change = strcmp(value->text, "no-change") == 0;
		return e->no_change ? 0 : add_expect(l, e, "*", NULL, value);
	}
	if (scn_expect_kind(l, value, SCN_MAP, "expect") < 0)
		return LB_INVALID;
	for (size_t i = 0; i < value->count; i++) {
		const struct scn_yaml *variant = value->items[i].key, *steps = value->items[i].value;
		if (!is_variant(l->s, variant->text))
			return fail_variant(l, variant->pos, variant->text);
		if (steps->kind == SCN_SCALAR && add_expect(l, e, variant->text, NULL, steps) < 0)
			return LB_INVALID;
		if (steps->kind == SCN_LIST)
			return scn_expect_kind(l, steps, SCN_MAP, "expect");
		for (size_t k = 0; steps->kind == SCN_MAP && k < steps->count; k++)
			if (add_expect(l, e, variant->text, steps->items[k].key, steps->items[k].value) < 0)
				return LB_INVALID;
	}
	return 0;
}

/* ---- edits ---- */

static const struct scn_field edit_fields[] = {
	{ "name", SCN_NAME, offsetof(struct scn_edit, name), 0, false, NULL },
	{ "weight", SCN_WEIGHT, offsetof(struct scn_edit, weight), offsetof(struct scn_edit, has_weight), false, NULL },
	{ "changes", SCN_CALL, 0, 0, true, load_edit_changes },
	{ "expect", SCN_CALL, 0, 0, false, load_expect },
};

static struct scn_edit *find_edit(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->edits_count; i++)
		if (strcmp(s->edits[i].name, name) == 0)
			return &s->edits[i];
	return NULL;
}

static int check_name(struct scn_loader *l, const struct scn_edit *e)
{
	if (strcmp(e->name, "cold") == 0)
		return lb_fail_at(l->err, e->pos, "an edit cannot be named 'cold': that is the first build");
	const struct scn_edit *twin = find_edit(l->s, e->name);
	if (twin != e)
		return lb_fail_at(l->err, e->pos, "a second edit '%s' (first in line %u)", e->name, twin->pos.line);
	return 0;
}

static int load_listed(struct scn_loader *l, const struct scn_yaml *value, struct scn_edit *e)
{
	int rc = SCN_FIELDS_READ(l, value, "an edit", edit_fields, e);
	if (rc < 0)
		return rc;
	const struct scn_yaml *name = scn_yaml_get(value, "name");
	if (!name)
		return lb_fail_at(l->err, value->pos, "an edit needs the key 'name'");
	e->pos = name->pos;
	return 0;
}

/* NAME: pattern, [patterns and changes], or { weight, changes, expect }. */
static int load_named(struct scn_loader *l, const struct scn_yaml_item *item, struct scn_edit *e)
{
	if (scn_value_read(l, item->key, SCN_NAME, "the name of an edit", &e->name) < 0)
		return LB_INVALID;
	e->pos = item->key->pos;
	bool whole = item->value->kind == SCN_MAP && scn_yaml_get(item->value, "changes");
	if (!whole)
		return load_edit_changes(l, item->value, e);
	const struct scn_yaml *name = scn_yaml_get(item->value, "name");
	if (name)
		return lb_fail_at(l->err, name->pos, "the edit has its name already: '%s'", e->name);
	return SCN_FIELDS_READ(l, item->value, "an edit", edit_fields, e);
}

int scn_load_edits(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	if (value->kind == SCN_SCALAR)
		return scn_expect_kind(l, value, SCN_LIST, "edits");
	s->edits = lb_arena_alloc(l->arena, value->count * sizeof(*s->edits) + 1);
	for (size_t i = 0; i < value->count; i++) {
		struct scn_edit *e = &s->edits[s->edits_count++];
		int rc = value->kind == SCN_LIST ? load_listed(l, value->items[i].value, e) : load_named(l, &value->items[i], e);
		if (rc < 0)
			return rc;
		if (check_name(l, e) < 0)
			return LB_INVALID;
	}
	return 0;
}

int scn_load_keep(struct scn_loader *l, const struct scn_yaml *value, void *out)
{
	struct scenario *s = out;
	static struct scn_yaml hit = { .kind = SCN_SCALAR, .text = "hit" };
	if (scn_expect_kind(l, value, SCN_MAP, "keep") < 0)
		return LB_INVALID;
	for (size_t i = 0; i < value->count; i++) {
		const struct scn_yaml *name = value->items[i].key, *steps = value->items[i].value;
		struct scn_edit *e = find_edit(s, name->text);
		if (!e)
			return lb_fail_at(l->err, name->pos, "keep: no edit is named '%s'", name->text);
		struct scn_strings unused;
		if (scn_value_read(l, steps, SCN_STRINGS, "keep", &unused) < 0)
			return LB_INVALID;
		for (size_t k = 0; k < unused.count; k++)
			if (add_expect(l, e, "*", steps->kind == SCN_LIST ? steps->items[k].value : steps, &hit) < 0)
				return LB_INVALID;
	}
	return 0;
}
