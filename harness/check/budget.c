/* SPDX-License-Identifier: Apache-2.0 */
#include "check/budget.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/text.h"
#include "scenario/fields.h"

const char *const check_quantity_names[CHECK_QUANTITIES] = { "hits", "layers", "stored", "pushed", "image", "seconds", "context" };
static const char *const selectors[] = { "scenario", "variant", "edit", "policy", "builder" };
static const char *const unit_hints[CHECK_QUANTITIES] = { "a number of steps",
							  "a number of layers",
							  "a size with its unit (20MiB)",
							  "a size with its unit (20MiB)",
							  "a size with its unit (20MiB)",
							  "a duration with its unit (10s)",
							  "a size with its unit (20MiB)" };

static bool whole_number(const char *text, double *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);
	*out = (double)n;
	return *text >= '0' && *text <= '9' && !*end;
}

static bool absolute(enum check_quantity q, const char *text, double *out)
{
	uint64_t n;
	if (q == CHECK_HITS || q == CHECK_LAYERS)
		return whole_number(text, out);
	bool ok = q == CHECK_SECONDS ? scn_duration_parse(text, &n) : scn_size_parse(text, &n) || (strcmp(text, "0") == 0 && !(n = 0));
	*out = ok ? (double)n / (q == CHECK_SECONDS ? 1e9 : 1) : 0;
	return ok;
}

static int read_limit(const struct scn_yaml *value, enum check_quantity q, struct check_limit *out, struct lb_err *err)
{
	char *end;
	if (value->kind != SCN_SCALAR || scn_yaml_is_null(value))
		return lb_fail_at(err, value->pos, "'%s' is %s; a limit is expected", check_quantity_names[q], scn_yaml_kind_name(value));
	*out = (struct check_limit){ .limited = strcmp(value->text, "any") != 0, .text = value->text, .pos = value->pos };
	size_t n = strlen(value->text);
	if (!out->limited || absolute(q, value->text, &out->value))
		return 0;
	out->percent = n > 1 && value->text[n - 1] == '%' && value->text[0] >= '0' && value->text[0] <= '9';
	out->value = strtod(value->text, &end);
	if (out->percent && q != CHECK_HITS && end == value->text + n - 1)
		return 0;
	return lb_fail_at(err, value->pos, "'%s: %s' is not a limit; %s%s or any is expected", check_quantity_names[q], value->text,
			  unit_hints[q], q == CHECK_HITS ? "" : ", per cent (5%)");
}

static int read_selector(const struct scn_yaml_item *item, size_t which, struct check_rule *r, struct lb_err *err)
{
	const char **to[] = { &r->scenario, &r->variant, &r->edit, &r->policy, &r->builder };
	if (item->value->kind != SCN_SCALAR || scn_yaml_is_null(item->value))
		return lb_fail_at(err, item->value->pos, "'%s' is %s; a pattern is expected", selectors[which],
				  scn_yaml_kind_name(item->value));
	*to[which] = item->value->text;
	return 0;
}

static int unknown_key(const struct scn_yaml *key, bool top, struct lb_err *err)
{
	return lb_fail_at(err, key->pos, "unknown key '%s'; limits are hits, layers, stored, pushed, image, seconds, context%s", key->text,
			  top ? ", and rules: has more" : "; selectors are scenario, variant, edit, policy, builder");
}

static int read_rule(const struct scn_yaml *map, bool top, struct check_rule *r, struct lb_err *err)
{
	r->pos = map->pos;
	for (size_t i = 0; i < map->count; i++) {
		const struct scn_yaml_item *item = &map->items[i];
		int rc = 0;
		bool known = top && strcmp(item->key->text, "rules") == 0;
		for (int q = 0; q < CHECK_QUANTITIES && !known && !rc; q++) {
			if (strcmp(item->key->text, check_quantity_names[q]) != 0)
				continue;
			known = r->given[q] = true;
			rc = read_limit(item->value, (enum check_quantity)q, &r->limits[q], err);
		}
		for (size_t s = 0; s < LB_COUNT(selectors) && !top && !known && !rc; s++) {
			if (strcmp(item->key->text, selectors[s]) != 0)
				continue;
			known = true;
			rc = read_selector(item, s, r, err);
		}
		if (rc || !known)
			return rc ? rc : unknown_key(item->key, top, err);
	}
	return 0;
}

static int read_budget(const struct scn_yaml *root, struct check_budget *out, struct lb_err *err)
{
	if (root->kind != SCN_MAP)
		return lb_fail_at(err, root->pos, "a budget is a mapping of quantities to limits, not %s", scn_yaml_kind_name(root));
	const struct scn_yaml *rules = scn_yaml_get(root, "rules");
	if (rules && rules->kind != SCN_LIST)
		return lb_fail_at(err, rules->pos, "'rules' is %s; a list is expected", scn_yaml_kind_name(rules));
	size_t n = rules ? rules->count : 0;
	free(out->rules);
	out->rules = lb_calloc(n + 1, sizeof(*out->rules));
	out->count = n + 1;
	int rc = read_rule(root, true, &out->rules[0], err);
	for (size_t i = 0; i < n && !rc; i++) {
		const struct scn_yaml *rule = rules->items[i].value;
		rc = rule->kind != SCN_MAP ? lb_fail_at(err, rule->pos, "a rule is a mapping, not %s", scn_yaml_kind_name(rule))
					   : read_rule(rule, false, &out->rules[i + 1], err);
	}
	return rc;
}

int check_budget_load(const char *path, struct check_budget *out, struct lb_err *err)
{
	lb_autobuf struct lb_buf text = { 0 };
	struct scn_yaml *root;
	int rc = 0;
	*out = (struct check_budget){ .rules = lb_calloc(1, sizeof(*out->rules)), .count = 1 };
	if (path && (rc = lb_fs_read(AT_FDCWD, path, &text, err)))
		return lb_recode(err, LB_INVALID);
	if (path)
		rc = scn_yaml_parse(lb_arena_strdup(&out->arena, path), lb_buf_str(&text), text.len, &out->arena, &root, err);
	if (path && !rc)
		rc = read_budget(root, out, err);
	struct check_rule *first = &out->rules[0];
	if (!first->given[CHECK_HITS])
		first->limits[CHECK_HITS] = (struct check_limit){ .limited = true, .text = "0" };
	first->given[CHECK_HITS] = first->used = true;
	return rc;
}

void check_budget_release(struct check_budget *b)
{
	free(b->rules);
	lb_arena_release(&b->arena);
	*b = (struct check_budget){ 0 };
}

const struct check_limit *check_budget_limit(struct check_budget *b, const struct check_place *p, enum check_quantity q)
{
	static const struct check_limit none = { 0 };
	const struct check_limit *limit = &none;
	for (size_t i = 0; i < b->count; i++) {
		struct check_rule *r = &b->rules[i];
		bool here = text_match(r->scenario, p->scenario) && text_match(r->variant, p->variant) && text_match(r->edit, p->edit) &&
			    text_match(r->policy, p->policy) && text_match(r->builder, p->builder);
		r->used = r->used || here;
		if (here && r->given[q])
			limit = &r->limits[q];
	}
	return limit;
}

bool check_within(const struct check_limit *l, double base, double head)
{
	if (!l->limited)
		return true;
	double more = l->percent ? base * l->value / 100 : l->value;
	/* a sum of decimal fractions misses its value by a rounding error */
	return head <= base + more + 1e-9 * fmax(fabs(base), 1);
}
