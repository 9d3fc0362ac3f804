/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "lbench/fs.h"
#include "report/data.h"

#define SCHEMA 1

const char *report_member(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "";
}

static int want(const struct report *r, const json_t *value, const char *key, json_type type, struct lb_err *err)
{
	static const char *const names[] = { "an object", "an array", "a text", "a whole number" };
	if (value && json_typeof(value) == type)
		return 0;
	return lb_fail(err, LB_INVALID, "%s/run.json: \"%s\" is %s; %s is expected", r->dir, key, value ? "of another type" : "missing",
		       names[type]);
}

static const char *text_or_empty(struct report *r, const json_t *object, const char *key)
{
	const char *s = report_member(object, key);
	return report_string(r, report_intern(r, s, strlen(s)));
}

static int load_variants(struct report *r, struct lb_err *err)
{
	const json_t *list = json_object_get(r->run, "variants");
	int rc = want(r, list, "variants", JSON_ARRAY, err);
	if (rc)
		return rc;
	r->variants_count = json_array_size(list);
	r->variants = lb_calloc(r->variants_count + 1, sizeof(*r->variants));
	for (size_t i = 0; i < r->variants_count; i++) {
		const json_t *v = json_array_get(list, i);
		struct report_variant *out = &r->variants[i];
		*out = (struct report_variant){ text_or_empty(r, v, "name"), text_or_empty(r, v, "dockerfile"),
						text_or_empty(r, v, "from"), text_or_empty(r, v, "image") };
		if (!out->name[0])
			return lb_fail(err, LB_INVALID, "%s/run.json: variants[%zu] has no \"name\"", r->dir, i);
	}
	return 0;
}

static int load_edits(struct report *r, struct lb_err *err)
{
	const json_t *list = json_object_get(r->run, "edits");
	int rc = want(r, list, "edits", JSON_ARRAY, err);
	if (rc)
		return rc;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *e = json_array_get(list, i), *weight = json_object_get(e, "weight");
		if (weight && !json_is_null(weight) && !(json_is_number(weight) && json_number_value(weight) >= 0))
			return lb_fail(err, LB_INVALID, "%s/run.json: edits[%zu]: \"weight\" is not null or a number from 0 on", r->dir, i);
		if (!report_member(e, "name")[0])
			return lb_fail(err, LB_INVALID, "%s/run.json: edits[%zu] has no \"name\"", r->dir, i);
		r->edits = lb_grow(r->edits, r->edits_count, &r->edits_cap, sizeof(*r->edits));
		r->edits[r->edits_count++] =
			(struct report_edit){ text_or_empty(r, e, "name"), json_is_number(weight) ? json_number_value(weight) : NAN };
	}
	return 0;
}

static int load_rules(struct report *r, const json_t *models, struct lb_err *err)
{
	const json_t *list = json_object_get(models, "rules");
	if (!list)
		return 0;
	int rc = want(r, list, "models.rules", JSON_ARRAY, err);
	if (rc)
		return rc;
	r->rules_count = json_array_size(list);
	r->rules = lb_calloc(r->rules_count + 1, sizeof(*r->rules));
	for (size_t i = 0; i < r->rules_count; i++) {
		const json_t *rule = json_array_get(list, i);
		r->rules[i] = (struct report_rule){ text_or_empty(r, rule, "match"), json_object_get(rule, "depends_on") };
	}
	return 0;
}

/* Where it stands: jansson does not say, and the key occurs once at the top of what lbench writes. */
static int bad_schema(const char *path, const char *text, const json_t *schema, struct lb_err *err)
{
	const char *at = strstr(text, "\"schema\"");
	struct lb_pos pos = { path, 1, 1 };
	for (const char *p = text; at && p < at; p++) {
		pos.col = *p == '\n' ? 1 : pos.col + 1;
		pos.line += *p == '\n';
	}
	if (!schema)
		return lb_fail_at(err, (struct lb_pos){ path, 1, 1 }, "\"schema\" is missing; %d is expected", SCHEMA);
	long long n = json_integer_value(schema);
	return lb_fail_at(err, pos, "\"schema\" is %lld; this lbench reads %d%s", n, SCHEMA, n > SCHEMA ? ", a newer one wrote this" : "");
}

int report_load_run(struct report *r, struct lb_err *err)
{
	lb_autofree char *path = lb_path_join(r->dir, "run.json");
	lb_autobuf struct lb_buf text = { 0 };
	int rc = lb_fs_read(AT_FDCWD, path, &text, err);
	if (rc == LB_NOT_FOUND)
		return lb_fail(err, LB_INVALID, "%s: not a result (it has no run.json)", r->dir);
	if (!rc)
		rc = lb_json_parse(path, lb_buf_str(&text), text.len, &r->run, err);
	if (!rc && !json_is_object(r->run))
		rc = lb_fail_at(err, (struct lb_pos){ path, 1, 1 }, "an object is expected");
	if (rc)
		return rc;
	const json_t *schema = json_object_get(r->run, "schema");
	if (json_integer_value(schema) != SCHEMA)
		return bad_schema(path, lb_buf_str(&text), schema, err);
	const json_t *scenario = json_object_get(r->run, "scenario"), *options = json_object_get(r->run, "options"),
		     *models = json_object_get(r->run, "models");
	if ((rc = want(r, scenario, "scenario", JSON_OBJECT, err)) || (rc = want(r, options, "options", JSON_OBJECT, err)) ||
	    (rc = want(r, json_object_get(r->run, "status"), "status", JSON_STRING, err)))
		return rc;
	r->scenario = text_or_empty(r, scenario, "name");
	r->digest = text_or_empty(r, scenario, "digest");
	r->status = text_or_empty(r, r->run, "status");
	r->run_id = text_or_empty(r, r->run, "run_id");
	r->seconds = text_or_empty(r, models, "seconds");
	r->tool_version = text_or_empty(r, json_object_get(r->run, "tool"), "version");
	r->compression = text_or_empty(r, options, "compression");
	r->run_mode = text_or_empty(r, options, "run_mode");
	const json_t *repeat = json_object_get(options, "repeat");
	r->repeat = json_integer_value(repeat) > 0 ? (uint64_t)json_integer_value(repeat) : 1;
	if ((rc = load_variants(r, err)) || (rc = load_edits(r, err)))
		return rc;
	return load_rules(r, models, err);
}

bool report_running(const struct report *r)
{
	return strcmp(r->status, "running") == 0;
}
