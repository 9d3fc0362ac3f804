/* SPDX-License-Identifier: Apache-2.0 */
#include "report/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool report_block_same_rules(const struct report_block *a, const struct report_block *b)
{
	return a->subject == b->subject && a->policy == b->policy && a->platform == b->platform && a->run_mode == b->run_mode;
}

bool report_in_block(const struct report_block *block, const struct report_build *b)
{
	return b->text[BT_SUBJECT] == block->subject && b->text[BT_POLICY] == block->policy && b->text[BT_BUILDER] == block->builder &&
	       b->text[BT_PLATFORM] == block->platform && b->text[BT_RUN_MODE] == block->run_mode;
}

static const char *origin_of(const struct report *r, const char *policy)
{
	const json_t *list = json_object_get(json_object_get(r->run, "options"), "policies");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(report_member(json_array_get(list, i), "name"), policy))
			return report_member(json_array_get(list, i), "origin");
	return "";
}

static const char *engine_of(const struct report *r, const char *subject, const char *member)
{
	const json_t *list = json_object_get(json_object_get(r->run, "options"), "engines");
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!strcmp(report_member(json_array_get(list, i), "subject"), subject))
			return report_member(json_array_get(list, i), member);
	return report_engine_name(subject) ? subject : NULL;
}

size_t report_blocks(const struct report *r, struct report_block **out)
{
	struct report_block *blocks = NULL;
	size_t n = 0, cap = 0, last = 0;
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		if (n && report_in_block(&blocks[last], b))
			continue;
		for (last = 0; last < n && !report_in_block(&blocks[last], b);)
			last++;
		if (last < n)
			continue;
		blocks = lb_grow(blocks, n, &cap, sizeof(*blocks));
		blocks[n++] = (struct report_block){
			.subject = b->text[BT_SUBJECT],
			.policy = b->text[BT_POLICY],
			.builder = b->text[BT_BUILDER],
			.platform = b->text[BT_PLATFORM],
			.run_mode = b->text[BT_RUN_MODE],
			.origin = report_on_engine(b) ? "" : origin_of(r, b->text[BT_POLICY]),
			.engine = engine_of(r, b->text[BT_SUBJECT], "title"),
			.engine_version = engine_of(r, b->text[BT_SUBJECT], "engine_version"),
		};
	}
	*out = blocks;
	return n;
}

/* ---- commits ---- */

struct commit_key {
	uint64_t edit, seq;
};

static struct commit_key key_of(const struct report_view *v, const struct report_build *b)
{
	return (struct commit_key){ (uint64_t)(int64_t)b->edit, v->each ? 0 : b->number[BN_SEQ] };
}

static bool is_commit(const struct report_view *v, const struct report_build *b)
{
	bool each = strcmp(b->text[BT_WORKLOAD], "each") == 0;
	return b->edit != EDIT_COLD && each == v->each && report_in_block(&v->block, b);
}

static int commit_order(const void *a, const void *b)
{
	const struct report_commit *x = a, *y = b;
	if (x->seq != y->seq)
		return x->seq < y->seq ? -1 : 1;
	return (x->edit > y->edit) - (x->edit < y->edit);
}

static int edit_order(const void *a, const void *b)
{
	const struct report_commit *x = a, *y = b;
	return (x->edit > y->edit) - (x->edit < y->edit);
}

static void find_commits(struct report_view *v)
{
	const struct report *r = v->r;
	size_t cap = 0;
	lb_automap struct lb_map *seen = lb_map_new(NULL);
	for (size_t i = 0; i < r->builds_count && !v->each; i++)
		v->each = r->builds[i].edit != EDIT_COLD && !strcmp(r->builds[i].text[BT_WORKLOAD], "each") &&
			  report_in_block(&v->block, &r->builds[i]);
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		struct commit_key key = key_of(v, b);
		if (!is_commit(v, b) || lb_map_getn(seen, &key, sizeof(key)))
			continue;
		v->commits = lb_grow(v->commits, v->count, &cap, sizeof(*v->commits));
		v->commits[v->count++] = (struct report_commit){ b->edit, b->number[BN_SEQ], b->text[BT_WORKLOAD], NAN };
		lb_map_setn(seen, &key, sizeof(key), (void *)v->count);
	}
	if (v->count)
		qsort(v->commits, v->count, sizeof(*v->commits), v->each ? edit_order : commit_order);
}

static void weigh_commits(struct report_view *v)
{
	double sum = 0;
	for (size_t i = 0; i < v->count && v->each; i++)
		if (!isnan(v->r->edits[v->commits[i].edit].weight))
			sum += v->r->edits[v->commits[i].edit].weight;
	v->equal_weights = sum <= 0;
	for (size_t i = 0; i < v->count; i++)
		v->commits[i].weight = v->equal_weights ? 1.0 / (double)v->count : v->r->edits[v->commits[i].edit].weight / sum;
}

static void assign_builds(struct report_view *v)
{
	const struct report *r = v->r;
	lb_automap struct lb_map *index = lb_map_new(NULL);
	for (size_t i = 0; i < v->count; i++) {
		struct commit_key key = { (uint64_t)(int64_t)v->commits[i].edit, v->each ? 0 : v->commits[i].seq };
		lb_map_setn(index, &key, sizeof(key), (void *)(i + 1));
	}
	v->commit_of = lb_calloc(r->builds_count + 1, sizeof(*v->commit_of));
	for (size_t i = 0; i < r->builds_count; i++) {
		struct commit_key key = key_of(v, &r->builds[i]);
		v->commit_of[i] = is_commit(v, &r->builds[i]) ? (int)(uintptr_t)lb_map_getn(index, &key, sizeof(key)) - 1 : -1;
	}
}

/* ---- cells ---- */

static struct amount known(uint64_t n)
{
	return (struct amount){ .value = (double)n };
}

/* What of a build's sum is known when the whole is not. */
static struct amount part(double sum)
{
	return (struct amount){ .value = sum, .at_least = true, .none = sum <= 0 };
}

static struct amount run_of(const struct report *r, const struct report_build *b, bool wasted)
{
	uint64_t whole = b->number[wasted ? BN_WASTED_RUN_NS : BN_RUN_NS];
	if (!wasted && report_on_engine(b))
		whole = b->number[BN_TOTAL_NS];
	if (whole != REPORT_UNKNOWN)
		return known(whole);
	double sum = 0;
	const struct report_step *s = report_steps_of(r, b);
	for (size_t i = 0; i < b->steps_count; i++)
		if (s[i].outcome == ST_MISS && s[i].run_ns != REPORT_UNKNOWN && (!wasted || s[i].needed == NEED_NO))
			sum += (double)s[i].run_ns;
	return part(sum);
}

static bool has_blob(const struct report *r, const struct report_build *b, uint64_t blob)
{
	for (size_t i = 0; b && i < b->steps_count; i++)
		if (report_steps_of(r, b)[i].blob == blob)
			return true;
	return false;
}

/* Stage of the last step that was looked at: what is in the image for certain. -1: none. */
static int64_t target_stage(const struct report *r, const struct report_build *b)
{
	const struct report_step *s = report_steps_of(r, b);
	for (size_t i = b->steps_count; i-- > 0;)
		if (s[i].outcome != ST_SKIPPED && s[i].outcome != ST_UNREACHED)
			return s[i].stage;
	return -1;
}

/* Bytes of a build; when the total is unknown, those of known blobs that the first build did not have. What other
 * stages made is stored, and neither pushed nor pulled. */
static struct amount bytes_of(const struct report *r, const struct report_build *b, const struct report_build *cold,
			      enum build_number column)
{
	if (b->number[column] != REPORT_UNKNOWN)
		return known(b->number[column]);
	double sum = 0;
	int64_t target = target_stage(r, b);
	const struct report_step *s = report_steps_of(r, b);
	for (size_t i = 0; i < b->steps_count; i++)
		if (s[i].outcome == ST_MISS && s[i].blob && s[i].blob_bytes != REPORT_UNKNOWN && !has_blob(r, cold, s[i].blob) &&
		    (column == BN_STORED || s[i].stage == target))
			sum += (double)s[i].blob_bytes;
	return part(sum);
}

static void count_steps(const struct report *r, const struct report_build *b, struct report_cell *c)
{
	uint32_t wasted = 0;
	const struct report_step *s = report_steps_of(r, b);
	c->hits = (uint32_t)b->number[BN_HITS];
	c->misses = (uint32_t)b->number[BN_MISSES];
	c->unknown = (uint32_t)b->number[BN_UNKNOWN];
	c->reusable = c->hits + c->misses + c->unknown;
	for (size_t i = 0; i < b->steps_count; i++) {
		c->stale[s[i].stale]++;
		wasted += s[i].outcome == ST_MISS && s[i].needed == NEED_NO;
	}
	c->wasted_at_least = b->number[BN_WASTED] == REPORT_UNKNOWN;
	c->wasted = c->wasted_at_least ? wasted : (uint32_t)b->number[BN_WASTED];
}

static int amount_order(const void *a, const void *b)
{
	const struct amount *x = a, *y = b;
	return (x->value > y->value) - (x->value < y->value);
}

static struct amount median(struct amount *a, size_t n)
{
	struct amount m = { 0 };
	for (size_t i = 0; i < n; i++) {
		m.at_least |= a[i].at_least;
		m.none |= a[i].none;
	}
	qsort(a, n, sizeof(*a), amount_order);
	m.value = n % 2 ? a[n / 2].value : (a[n / 2 - 1].value + a[n / 2].value) / 2;
	return m;
}

struct samples {
	struct amount *run, *wasted, *pushed, *stored, *pulled;
	size_t count;
};

static void fill_cell(const struct report *r, struct report_cell *c, const size_t *builds, size_t n, const struct report_build *cold)
{
	lb_autofree struct amount *memory = lb_calloc(5 * n + 1, sizeof(*memory));
	struct samples s = { memory, memory + n, memory + 2 * n, memory + 3 * n, memory + 4 * n, 0 };
	c->first = n ? (int)builds[0] : -1;
	for (size_t i = 0; i < n; i++) {
		const struct report_build *b = &r->builds[builds[i]];
		if (!report_build_ok(b)) {
			c->status = b->text[BT_STATUS];
			c->message = b->text[BT_MESSAGE];
			continue;
		}
		if (!s.count) {
			c->first = (int)builds[i];
			count_steps(r, b, c);
		}
		s.run[s.count] = run_of(r, b, false);
		s.wasted[s.count] = run_of(r, b, true);
		s.pushed[s.count] = bytes_of(r, b, cold, BN_PUSHED);
		s.stored[s.count] = bytes_of(r, b, cold, BN_STORED);
		s.pulled[s.count++] = bytes_of(r, b, cold, BN_PULLED);
	}
	c->repeats = (unsigned)s.count;
	if (!s.count)
		return;
	c->status = "ok";
	c->run_ns = median(s.run, s.count);
	c->wasted_ns = median(s.wasted, s.count);
	c->pushed = median(s.pushed, s.count);
	c->stored = median(s.stored, s.count);
	c->pulled = median(s.pulled, s.count);
}

/* Builds of the block by (variant, commit), a bucket behind the other; commit `count` is the first build. */
static void fill_cells(struct report_view *v)
{
	const struct report *r = v->r;
	size_t row = v->count + 1, buckets = r->variants_count * row;
	lb_autofree size_t *start = lb_calloc(buckets + 2, sizeof(*start)), *of = lb_calloc(r->builds_count + 1, sizeof(*of)),
			   *order = lb_calloc(r->builds_count + 1, sizeof(*order));
	for (size_t i = 0; i < r->builds_count; i++) {
		const struct report_build *b = &r->builds[i];
		bool cold = b->edit == EDIT_COLD && report_in_block(&v->block, b);
		of[i] = v->commit_of[i] >= 0 || cold ? (size_t)b->variant * row + (cold ? v->count : (size_t)v->commit_of[i]) : SIZE_MAX;
		if (of[i] != SIZE_MAX)
			start[of[i] + 2]++;
	}
	for (size_t i = 2; i < buckets + 2; i++)
		start[i] += start[i - 1];
	for (size_t i = 0; i < r->builds_count; i++)
		if (of[i] != SIZE_MAX)
			order[start[of[i] + 1]++] = i;
	for (size_t variant = 0; variant < r->variants_count; variant++) {
		size_t k = variant * row + v->count;
		fill_cell(r, &v->cold[variant], order + start[k], start[k + 1] - start[k], NULL);
		const struct report_build *cold = v->cold[variant].first >= 0 ? &r->builds[v->cold[variant].first] : NULL;
		for (size_t i = 0; i < v->count; i++) {
			k = variant * row + i;
			fill_cell(r, &v->cells[variant * v->count + i], order + start[k], start[k + 1] - start[k], cold);
		}
	}
}

/* ---- means ---- */

static void add_weighted(struct amount *sum, const struct amount *a, double weight)
{
	if (a->none)
		sum->at_least = weight > 0 || sum->at_least;
	else if (weight > 0) {
		sum->value += weight * a->value;
		sum->at_least |= a->at_least;
		sum->none = false;
	}
}

static void scale(struct amount *a, double by)
{
	a->value *= by;
	/* a bound of nothing says nothing */
	if (a->at_least && a->value <= 0)
		a->none = true;
}

static void fill_mean(struct report_view *v, size_t variant)
{
	struct report_mean *m = &v->means[variant];
	struct amount nothing = { .none = true };
	*m = (struct report_mean){ .run_ns = nothing, .wasted_ns = nothing, .pushed = nothing, .stored = nothing };
	for (size_t i = 0; i < v->count; i++) {
		const struct report_cell *c = report_cell(v, variant, i);
		double w = v->commits[i].weight;
		if (!c->repeats || isnan(w))
			continue;
		m->covered += w;
		m->rebuilt += w * c->misses;
		m->rebuilt_at_least |= c->unknown > 0 && w > 0;
		m->reusable += w * c->reusable;
		add_weighted(&m->run_ns, &c->run_ns, w);
		add_weighted(&m->wasted_ns, &c->wasted_ns, w);
		add_weighted(&m->pushed, &c->pushed, w);
		add_weighted(&m->stored, &c->stored, w);
	}
	if (m->covered <= 0)
		return;
	double by = 1 / m->covered;
	/* sums of weights miss whole numbers by a rounding error */
	m->rebuilt = round(m->rebuilt * by * 1e9) / 1e9;
	m->reusable = round(m->reusable * by * 1e9) / 1e9;
	scale(&m->run_ns, by);
	scale(&m->wasted_ns, by);
	scale(&m->pushed, by);
	scale(&m->stored, by);
}

void report_view_init(struct report_view *v, const struct report *r, const struct report_block *block)
{
	*v = (struct report_view){ .r = r, .block = *block };
	find_commits(v);
	weigh_commits(v);
	assign_builds(v);
	v->cells = lb_calloc(r->variants_count * v->count + 1, sizeof(*v->cells));
	v->cold = lb_calloc(r->variants_count + 1, sizeof(*v->cold));
	v->means = lb_calloc(r->variants_count + 1, sizeof(*v->means));
	fill_cells(v);
	for (size_t i = 0; i < r->variants_count; i++)
		fill_mean(v, i);
}

void report_view_release(struct report_view *v)
{
	free(v->commits);
	free(v->cells);
	free(v->cold);
	free(v->means);
	free(v->commit_of);
	*v = (struct report_view){ 0 };
}

bool report_view_has(const struct report_view *v, size_t variant)
{
	if (v->cold[variant].first >= 0)
		return true;
	for (size_t i = 0; i < v->count; i++)
		if (report_cell(v, variant, i)->first >= 0)
			return true;
	return false;
}

const char *report_commit_name(const struct report_view *v, size_t commit)
{
	return v->r->edits[v->commits[commit].edit].name;
}
