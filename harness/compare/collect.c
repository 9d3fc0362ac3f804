/* SPDX-License-Identifier: Apache-2.0 */
#include "compare/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

enum { DIM_VARIANT, DIM_SUBJECT, DIM_POLICY, DIM_BUILDER, DIM_RUN_MODE, DIMS };
static const enum build_text dim_columns[DIMS] = { BT_VARIANT, BT_SUBJECT, BT_POLICY, BT_BUILDER, BT_RUN_MODE };
static const struct {
	const char *name;
	enum side_kind kind;
	int dim;
} kinds[] = {
	{ "variant", SIDE_VARIANT, DIM_VARIANT }, { "policy", SIDE_POLICY, DIM_POLICY },       { "subject", SIDE_SUBJECT, DIM_SUBJECT },
	{ "builder", SIDE_BUILDER, DIM_BUILDER }, { "run-mode", SIDE_RUN_MODE, DIM_RUN_MODE },
};

static int dim_of(enum side_kind kind)
{
	for (size_t i = 0; i < LB_COUNT(kinds); i++)
		if (kinds[i].kind == kind)
			return kinds[i].dim;
	return -1;
}

static int choose_kind(struct compare *c, size_t results, struct lb_err *err)
{
	const char *by = c->o->by;
	c->by_edit = by && strcmp(by, "edit") == 0;
	c->by_step = by && strcmp(by, "step") == 0;
	c->kind = results > 1 ? SIDE_RESULT : SIDE_VARIANT;
	if (!by || c->by_edit || c->by_step)
		return 0;
	for (size_t i = 0; i < LB_COUNT(kinds); i++) {
		if (strcmp(by, kinds[i].name) != 0)
			continue;
		if (results > 1 && kinds[i].kind != SIDE_VARIANT && kinds[i].kind != SIDE_POLICY)
			return lb_fail(err, LB_USAGE, "--by %s compares the parts of one result; give one", by);
		c->kind = results > 1 ? SIDE_RESULT : kinds[i].kind;
		return 0;
	}
	return lb_fail(err, LB_USAGE, "--by is variant, policy, subject, builder, run-mode, edit or step; not '%s'", by);
}

/* ---- sides ---- */

static size_t add_side(struct compare *c, const char *label, const struct report *r)
{
	c->sides = lb_grow(c->sides, c->sides_count, &c->sides_cap, sizeof(*c->sides));
	c->sides[c->sides_count] = (struct cmp_side){ lb_strdup(label), r };
	return c->sides_count++;
}

static size_t side_of(struct compare *c, const struct report *r, const struct report_build *b, size_t result)
{
	if (c->kind == SIDE_RESULT)
		return result;
	const char *label = b->text[dim_columns[dim_of(c->kind)]];
	for (size_t i = 0; i < c->sides_count; i++)
		if (strcmp(c->sides[i].label, label) == 0)
			return i;
	return add_side(c, label, r);
}

/* The shortest ends of the paths that differ: "nightly/1", "nightly/2". */
static void name_results(struct compare *c, const struct compare_result *results, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		lb_autofree char *clean = lb_path_clean(results[i].path);
		const char *best = clean;
		for (const char *p = clean + strlen(clean); p-- > clean;) {
			if (*p != '/')
				continue;
			bool same = false;
			for (size_t k = 0; k < count && !same; k++) {
				lb_autofree char *other = k == i ? lb_strdup("") : lb_path_clean(results[k].path);
				size_t n = strlen(other), m = strlen(p + 1);
				same = k != i && n >= m && strcmp(other + n - m, p + 1) == 0;
			}
			if (same)
				continue;
			best = p + 1;
			break;
		}
		add_side(c, best, results[i].report);
	}
}

/* ---- rows ---- */

/* Two results that each have one version of a policy are compared, whatever the versions are. */
static char *policy_key(const struct compare *c, const struct report *r, const char *policy)
{
	size_t n = strcspn(policy, "@");
	if (c->kind != SIDE_RESULT)
		return lb_strdup(policy);
	const json_t *list = json_object_get(json_object_get(r->run, "options"), "policies");
	unsigned same = 0;
	for (size_t i = 0; i < json_array_size(list); i++)
		same += strncmp(report_member(json_array_get(list, i), "name"), policy, n + 1) == 0;
	return same > 1 ? lb_strdup(policy) : lb_strndup(policy, n);
}

static bool wanted(const struct compare *c, const struct report_build *b)
{
	const struct compare_options *o = c->o;
	return text_match(o->variant, b->text[BT_VARIANT]) && text_match(o->policy, b->text[BT_POLICY]) &&
	       text_match(o->builder, b->text[BT_BUILDER]) && (b->edit == EDIT_COLD || text_match(o->edit, b->text[BT_EDIT]));
}

static char *commit_key(const struct report_build *b)
{
	if (b->edit == EDIT_COLD)
		return lb_strdup("(first build)");
	if (strcmp(b->text[BT_WORKLOAD], "each") == 0)
		return lb_strdup(b->text[BT_EDIT]);
	return lb_format("%llu %s", (unsigned long long)b->number[BN_SEQ], b->text[BT_EDIT]);
}

static struct cmp_row *row_for(struct compare *c, struct lb_map *index, const struct report *r, const struct report_build *b,
			       const char *edit)
{
	lb_autobuf struct lb_buf key = { 0 };
	const char *dims[DIMS];
	lb_autofree char *policy = policy_key(c, r, b->text[BT_POLICY]);
	for (int d = 0; d < DIMS; d++) {
		bool side = d == dim_of(c->kind) || (d == DIM_RUN_MODE && c->modes_differ);
		dims[d] = side ? NULL : b->text[dim_columns[d]];
		if (d == DIM_POLICY && dims[d])
			dims[d] = lb_arena_strdup(&c->arena, policy);
		lb_buf_adds(&key, dims[d] ? dims[d] : "");
		lb_buf_addc(&key, '\n');
	}
	lb_buf_adds(&key, edit ? edit : "");
	uintptr_t at = (uintptr_t)lb_map_get(index, lb_buf_str(&key));
	if (at)
		return &c->rows[at - 1];
	c->rows = lb_grow(c->rows, c->rows_count, &c->rows_cap, sizeof(*c->rows));
	struct cmp_row *row = &c->rows[c->rows_count++];
	*row = (struct cmp_row){ .key = lb_buf_steal(&key), .edit = edit ? lb_arena_strdup(&c->arena, edit) : NULL };
	memcpy(row->dims, dims, sizeof(dims));
	lb_map_set(index, row->key, (void *)c->rows_count);
	return row;
}

static struct cmp_commit *commit_for(struct compare *c, struct cmp_part *p, const struct report *r, const struct report_build *b,
				     const char *key)
{
	if (!p->index)
		p->index = lb_map_new(NULL);
	uintptr_t at = (uintptr_t)lb_map_get(p->index, key);
	if (at)
		return &p->commits[at - 1];
	p->commits = lb_grow(p->commits, p->count, &p->cap, sizeof(*p->commits));
	p->commits[p->count++] = (struct cmp_commit){ .key = lb_arena_strdup(&c->arena, key),
						      .cold = b->edit == EDIT_COLD,
						      .weight = b->edit == EDIT_COLD                        ? NAN
								: strcmp(b->text[BT_WORKLOAD], "each") == 0 ? r->edits[b->edit].weight
													    : 1 };
	lb_map_set(p->index, key, (void *)p->count);
	return &p->commits[p->count - 1];
}

/* Rows cannot hold their sides before all sides are known, so there are two passes. */
static void add_builds(struct compare *c, const struct report *r, size_t result, struct lb_map *index, bool place)
{
	bool each = false;
	for (size_t i = 0; i < r->builds_count && !each; i++)
		each = r->builds[i].edit != EDIT_COLD && strcmp(r->builds[i].text[BT_WORKLOAD], "each") == 0;
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		if (!wanted(c, b) || (b->edit != EDIT_COLD && each != (strcmp(b->text[BT_WORKLOAD], "each") == 0)))
			continue;
		size_t side = side_of(c, r, b, result);
		lb_autofree char *key = commit_key(b);
		struct cmp_row *row = row_for(c, index, r, b, c->by_edit ? key : NULL);
		if (!place)
			continue;
		if (!row->parts)
			row->parts = lb_calloc(c->sides_count, sizeof(*row->parts));
		struct cmp_commit *commit = commit_for(c, &row->parts[side], r, b, key);
		if (!report_build_ok(b)) {
			commit->failed++;
			continue;
		}
		commit->builds = lb_grow(commit->builds, commit->count, &commit->cap, sizeof(*commit->builds));
		commit->builds[commit->count++] = i;
	}
}

/* ---- what the sides share ---- */

static size_t sides_in(const struct compare *c, const struct cmp_row *row)
{
	size_t n = 0;
	for (size_t s = 0; s < c->sides_count; s++)
		n += row->parts[s].count > 0;
	return n;
}

static bool find_everywhere(const struct compare *c, const struct cmp_row *row, const char *key, size_t *at)
{
	bool all = true;
	for (size_t s = 0; s < c->sides_count; s++) {
		const struct cmp_part *p = &row->parts[s];
		at[s] = SIZE_MAX;
		if (!p->count)
			continue;
		uintptr_t i = (uintptr_t)lb_map_get(p->index, key);
		all = all && i && p->commits[i - 1].count;
		at[s] = i ? i - 1 : SIZE_MAX;
	}
	return all;
}

static void share(struct compare *c, struct cmp_row *row)
{
	size_t base = 0, cap = 0;
	while (!row->parts[base].count)
		base++;
	const struct cmp_part *p = &row->parts[base];
	double sum = 0;
	bool weighted = false;
	for (size_t i = 0; i < p->count; i++)
		weighted = weighted || !isnan(p->commits[i].weight);
	for (size_t i = 0; i < p->count; i++) {
		const struct cmp_commit *k = &p->commits[i];
		bool in_mean = c->by_edit || (!k->cold && (!weighted || k->weight > 0));
		size_t *at = lb_arena_alloc(&c->arena, c->sides_count * sizeof(*at));
		if (!in_mean)
			continue;
		if (!find_everywhere(c, row, k->key, at)) {
			row->left_out++;
			continue;
		}
		row->shared = lb_grow(row->shared, row->shared_count, &cap, sizeof(*row->shared));
		row->shared[row->shared_count++] = (struct cmp_shared){ c->by_edit || !weighted ? 1 : k->weight, at };
		sum += row->shared[row->shared_count - 1].weight;
	}
	for (size_t i = 0; i < row->shared_count; i++)
		row->shared[i].weight /= sum;
}

static void row_release(struct compare *c, struct cmp_row *row)
{
	for (size_t s = 0; row->parts && s < c->sides_count; s++) {
		for (size_t i = 0; i < row->parts[s].count; i++)
			free(row->parts[s].commits[i].builds);
		free(row->parts[s].commits);
		lb_map_free(row->parts[s].index);
	}
	free(row->parts);
	free(row->shared);
	free(row->label);
	free(row->key);
}

/* Rows that stand on one side only compare nothing. */
static size_t drop_lonely(struct compare *c)
{
	size_t kept = 0, dropped = 0;
	for (size_t i = 0; i < c->rows_count; i++) {
		struct cmp_row row = c->rows[i];
		if (sides_in(c, &row) > 1)
			share(c, &row);
		if (row.shared_count) {
			c->rows[kept++] = row;
			continue;
		}
		row_release(c, &row);
		dropped++;
	}
	c->rows_count = kept;
	return dropped;
}

/* A row is called by the dimensions in which rows differ. */
static void label_rows(struct compare *c)
{
	bool differs[DIMS] = { false };
	for (size_t i = 1; i < c->rows_count; i++)
		for (int d = 0; d < DIMS; d++)
			differs[d] = differs[d] || (c->rows[0].dims[d] && strcmp(c->rows[i].dims[d], c->rows[0].dims[d]) != 0);
	for (size_t i = 0; i < c->rows_count; i++) {
		struct lb_buf label = { 0 };
		for (int d = 0; d < DIMS; d++)
			if (differs[d])
				lb_buf_addf(&label, "%s%s", label.len ? " " : "", c->rows[i].dims[d]);
		if (c->rows[i].edit)
			lb_buf_addf(&label, "%s%s", label.len ? " " : "", c->rows[i].edit);
		c->rows[i].label = lb_buf_steal(&label);
	}
}

static int check_scenarios(const struct compare_result *results, size_t count, struct lb_err *err)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(results[i].report->scenario, results[0].report->scenario) != 0)
			return lb_fail(err, LB_INVALID, "%s is of the scenario %s, %s of %s; results of one scenario can be compared",
				       results[0].path, results[0].report->scenario, results[i].path, results[i].report->scenario);
	return 0;
}

int compare_collect(struct compare *c, const struct compare_result *results, size_t count, struct lb_err *err)
{
	lb_automap struct lb_map *index = lb_map_new(NULL);
	int rc = choose_kind(c, count, err);
	if (!rc)
		rc = check_scenarios(results, count, err);
	if (rc)
		return rc;
	for (size_t i = 1; c->kind == SIDE_RESULT && i < count; i++)
		c->modes_differ = c->modes_differ || strcmp(results[i].report->run_mode, results[0].report->run_mode) != 0;
	if (c->kind == SIDE_RESULT)
		name_results(c, results, count);
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < count; i++)
			add_builds(c, results[i].report, i, index, pass == 1);
	if (!c->rows_count)
		return lb_fail(err, LB_INVALID, "no build is of the wanted variant, policy, builder and edit");
	if (c->sides_count < 2)
		return lb_fail(err, LB_INVALID, "%s has one %s only; there is nothing to compare it with", results[0].path,
			       c->o->by && !c->by_edit && !c->by_step ? c->o->by : "variant");
	size_t dropped = drop_lonely(c);
	if (!c->rows_count)
		return lb_fail(err, LB_INVALID,
			       "the sides have no build in common: no variant, policy, builder and edit is on two of them");
	if (dropped)
		lb_strv_take(&c->notes,
			     lb_format("%zu %s on one side only, and are left out.", dropped, dropped == 1 ? "row is" : "rows are"));
	label_rows(c);
	return 0;
}

void compare_release(struct compare *c)
{
	for (size_t i = 0; i < c->rows_count; i++)
		row_release(c, &c->rows[i]);
	for (size_t m = 0; m < c->measures_count; m++) {
		for (size_t i = 0; c->measures[m].values && i < c->rows_count * c->sides_count; i++)
			free(c->measures[m].values[i].samples);
		free(c->measures[m].values);
	}
	for (size_t i = 0; i < c->sides_count; i++)
		free(c->sides[i].label);
	free(c->sides);
	free(c->rows);
	free(c->measures);
	lb_strv_release(&c->notes);
	lb_buf_release(&c->summary);
	lb_arena_release(&c->arena);
}
