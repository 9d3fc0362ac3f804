/* SPDX-License-Identifier: Apache-2.0 */
#include "check/drift.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check/brings.h"

enum { MANIFEST = 1024 }; /* bytes that config and manifest grow by with a layer more, or a larger one */

const char *const drift_kind_names[] = { "lbench", "policy", "compressor", "weight", "edit", "model", "base" };

/* ---- the list ---- */

static struct gate_drift *find(const struct gate *g, enum drift_kind kind, const char *what)
{
	for (size_t i = 0; i < g->drifts_count; i++)
		if (g->drifts[i]->kind == kind && strcmp(g->drifts[i]->what, what) == 0)
			return g->drifts[i];
	return NULL;
}

/* takes was and now */
static struct gate_drift *add(struct gating *x, enum drift_kind kind, const char *what, char *was, char *now, const char *more)
{
	struct gate *g = x->g;
	struct gate_drift *d = find(g, kind, what);
	if (!d) {
		lb_autofree char *text = lb_format("%s %s%s%s → %s%s", drift_kind_names[kind], what,
						   !*what               ? ""
						   : kind == DRIFT_BASE ? " moved "
									: ": ",
						   was, now, more);
		d = lb_arena_alloc(&g->arena, sizeof(*d));
		*d = (struct gate_drift){ .kind = kind,
					  .what = lb_arena_strdup(&g->arena, what),
					  .was = lb_arena_strdup(&g->arena, was),
					  .now = lb_arena_strdup(&g->arena, now),
					  .text = lb_arena_strdup(&g->arena, text) };
		g->drifts = lb_grow(g->drifts, g->drifts_count, &g->drifts_cap, sizeof(*g->drifts));
		g->drifts[g->drifts_count++] = d;
	}
	free(was);
	free(now);
	return d;
}

static const json_t *named(const json_t *list, const char *name)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(report_member(json_array_get(list, i), "name"), name) == 0)
			return json_array_get(list, i);
	return NULL;
}

static const json_t *entry(const struct report *r, const char *list, const char *name)
{
	return named(json_object_get(r->run, list), name);
}

/* ---- lbench, the compressor, weights ---- */

static char *tool_of(const struct report *r)
{
	const json_t *tool = json_object_get(r->run, "tool");
	const char *commit = report_member(tool, "commit");
	return lb_format("%s%s%.12s", report_member(tool, "version"), *commit ? " " : "", commit);
}

static void find_tool(struct gating *x)
{
	const struct report *head = x->g->head, *base = x->g->base;
	bool same_inputs = *head->digest && strcmp(head->digest, base->digest) == 0;
	lb_autofree char *now = tool_of(head), *was = tool_of(base);
	if (strcmp(now, was) == 0)
		return;
	struct gate_drift *d = add(x, DRIFT_TOOL, "", lb_steal(&was), lb_steal(&now),
				   same_inputs ? ", the same inputs" : ", and the inputs are others too: differences count");
	x->tool = same_inputs ? d : NULL;
}

static void find_compressor(struct gating *x)
{
	static const struct {
		const char *compression, *library;
	} made_by[] = { { "igzip", "isa-l" }, { "gzip", "zlib" }, { "zstd", "zstd" } };
	const struct report *head = x->g->head, *base = x->g->base;
	const json_t *now = json_object_get(head->run, "libraries"), *was = json_object_get(base->run, "libraries");
	if (strcmp(head->compression, base->compression) != 0)
		x->bytes = add(x, DRIFT_BYTES, "", lb_strdup(base->compression), lb_strdup(head->compression), "");
	for (size_t i = 0; i < LB_COUNT(made_by) && !x->bytes; i++) {
		const char *a = report_member(was, made_by[i].library), *b = report_member(now, made_by[i].library);
		if (strcmp(head->compression, made_by[i].compression) == 0 && strcmp(a, b) != 0)
			x->bytes = add(x, DRIFT_BYTES, made_by[i].library, lb_strdup(a), lb_strdup(b), "");
	}
}

static char *weight_text(double w)
{
	return isnan(w) ? lb_strdup("none") : lb_format("%g", w);
}

static void find_weights(struct gating *x)
{
	const struct report *head = x->g->head, *base = x->g->base;
	for (size_t i = 0; i < head->edits_count; i++)
		for (size_t k = 0; k < base->edits_count; k++) {
			const struct report_edit *a = &base->edits[k], *b = &head->edits[i];
			bool same = a->weight == b->weight || (isnan(a->weight) && isnan(b->weight));
			if (strcmp(a->name, b->name) == 0 && !same)
				add(x, DRIFT_WEIGHT, b->name, weight_text(a->weight), weight_text(b->weight), "; no limit depends on it");
		}
}

/* ---- edits ---- */

static bool holds(const json_t *list, const char *text)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
			return true;
	return false;
}

static bool all_texts(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_string(json_array_get(list, i)))
			return false;
	return json_is_array(list);
}

static char *files_text(const json_t *list)
{
	lb_autobuf struct lb_buf out = { 0 };
	size_t n = json_array_size(list);
	for (size_t i = 0; i < n && i < 3; i++)
		lb_buf_addf(&out, "%s%s", i ? ", " : "", json_string_value(json_array_get(list, i)));
	if (n > 3)
		lb_buf_addf(&out, " and %zu more", n - 3);
	return lb_buf_steal(&out);
}

static void find_edits(struct gating *x)
{
	const struct report *head = x->g->head;
	for (size_t i = 0; i < head->edits_count; i++) {
		const char *name = head->edits[i].name;
		const json_t *now = json_object_get(entry(head, "edits", name), "files"),
			     *was = json_object_get(entry(x->g->base, "edits", name), "files");
		if (all_texts(now) && all_texts(was) && json_array_size(now) && json_array_size(was) && !json_equal(now, was))
			add(x, DRIFT_EDIT, name, files_text(was), files_text(now), "");
	}
}

/* ---- models ---- */

static const json_t *rule_for(const struct report *r, const char *instruction)
{
	const json_t *list = json_object_get(json_object_get(r->run, "models"), "rules");
	const char *text = report_is(instruction, "RUN") ? instruction : "";
	for (size_t i = 0; i < json_array_size(list) && *text; i++)
		if (text_match(report_member(json_array_get(list, i), "match"), text))
			return json_array_get(list, i);
	return NULL;
}

static char *model_text(const json_t *rule)
{
	const json_t *seconds = json_object_get(rule, "seconds");
	if (!rule)
		return lb_strdup("none");
	return json_is_number(seconds) ? lb_format("%s %g s", report_member(rule, "source"), json_number_value(seconds))
				       : lb_strdup(report_member(rule, "source"));
}

/* NULL where the RUN's model is what it was. */
static struct gate_drift *model_drift(struct gating *x, const char *instruction)
{
	if (!report_is(instruction, "RUN"))
		return NULL;
	const json_t *was = rule_for(x->g->base, instruction), *now = rule_for(x->g->head, instruction);
	if (strcmp(report_member(was, "digest"), report_member(now, "digest")) == 0)
		return NULL;
	const char *match = report_member(now ? now : was, "match");
	lb_autofree char *a = model_text(was), *b = model_text(now), *what = lb_format("of %s", match);
	bool equal = strcmp(a, b) == 0;
	return add(x, DRIFT_MODEL, what, lb_steal(&a), lb_steal(&b), equal ? ", in what it writes or depends on" : "");
}

static void find_models(struct gating *x)
{
	const struct report *r = x->g->head;
	for (size_t i = 0; i < r->steps_count; i++)
		/* the first builds have all texts but for those that an edit makes */
		if (r->builds[r->steps[i].build].edit == EDIT_COLD)
			model_drift(x, report_string(r, r->steps[i].instruction));
}

/* ---- bases ---- */

static void find_bases_of(struct gating *x, const json_t *was, const json_t *now)
{
	for (size_t i = 0; i < json_array_size(now); i++) {
		const json_t *base = json_array_get(now, i);
		const char *name = report_member(base, "name"), *a = report_member(named(was, name), "digest"),
			   *b = report_member(base, "digest");
		/* of a name alone nobody knows whether it moved */
		if (*a && *b && strcmp(a, b) != 0)
			add(x, DRIFT_BASE, name, lb_format("%.12s", a + strlen("sha256:")), lb_format("%.12s", b + strlen("sha256:")), "");
	}
}

static void find_bases(struct gating *x)
{
	const struct report *head = x->g->head, *base = x->g->base;
	for (size_t i = 0; i < head->variants_count; i++) {
		const char *name = head->variants[i].name;
		find_bases_of(x, json_object_get(entry(base, "variants", name), "bases"),
			      json_object_get(entry(head, "variants", name), "bases"));
	}
	for (size_t i = 0; i < head->edits_count; i++) {
		const char *name = head->edits[i].name;
		find_bases_of(x, json_object_get(entry(base, "edits", name), "bases"),
			      json_object_get(entry(head, "edits", name), "bases"));
	}
}

/* The base that stage's FROM names, where it moved. */
static struct gate_drift *base_drift(struct gating *x, const struct pair *p, uint32_t stage)
{
	lb_autofree char *name = brings_base(&p->head, stage);
	return name ? find(x->g, DRIFT_BASE, name) : NULL;
}

void drift_find(struct gating *x)
{
	find_tool(x);
	find_compressor(x);
	find_weights(x);
	find_edits(x);
	find_models(x);
	find_bases(x);
}

/* ---- what follows from it ---- */

struct gate_drift *drift_of_build(struct gating *x, const struct report_build *head, const struct report_build *base)
{
	const char *now = head->text[BT_POLICY], *was = base->text[BT_POLICY];
	if (strcmp(now, was) == 0)
		return x->tool;
	lb_autofree char *more = lb_format(" (--policy %s decides as then)", was);
	return add(x, DRIFT_POLICY, "", lb_strdup(was), lb_strdup(now), more);
}

/* Whether one of the files comes into the step; but: those of this list do not count. */
static bool any_into(const struct match_side *s, size_t step, const json_t *files, const json_t *but)
{
	for (size_t i = 0; i < json_array_size(files); i++) {
		const char *path = json_string_value(json_array_get(files, i));
		if (!holds(but, path) && brings_into(s, step, path))
			return true;
	}
	return false;
}

/* The edit changes another file than it did. That is why the hit is lost where the file of now would have cost it in the
 * baseline too, and that of then would not cost it now. */
static struct gate_drift *file_drift(struct gating *x, const struct pair *p, const struct report_step *step, const struct report_step *root)
{
	struct gate_drift *d = find(x->g, DRIFT_EDIT, p->place.edit);
	const struct report_step *steps = report_steps_of(p->head.r, p->head.b);
	const json_t *was = json_object_get(entry(x->g->base, "edits", p->place.edit), "files"),
		     *now = json_object_get(entry(x->g->head, "edits", p->place.edit), "files");
	int then = p->to_base[step - steps];
	bool moved = d && then != MATCH_NONE && any_into(&p->base, (size_t)then, now, was) &&
		     !any_into(&p->head, (size_t)(root - steps), was, NULL);
	return moved ? d : NULL;
}

/* A RUN of the stages that `from` was made of whose model moved. */
static struct gate_drift *made_by_model(struct gating *x, const struct pair *p, const char *from)
{
	lb_autofree bool *in = brings_stages(&p->head, from);
	const struct report_step *steps = report_steps_of(p->head.r, p->head.b);
	struct gate_drift *d = NULL;
	for (size_t i = 0; i < p->head.b->steps_count && !d; i++)
		d = in[i] ? model_drift(x, report_string(p->head.r, steps[i].instruction)) : NULL;
	return d;
}

struct gate_drift *drift_of_loss(struct gating *x, const struct pair *p, const struct report_step *step, const struct report_step *root)
{
	const struct report *r = p->head.r;
	const char *reason = report_string(r, root->reason);
	struct gate_drift *d = p->drift;
	if (!d && (root->trigger || strcmp(reason, "base-changed") == 0))
		d = base_drift(x, p, root->stage);
	if (d || strcmp(reason, "files-changed") != 0)
		return d;
	lb_autofree char *from = brings_from(report_string(r, root->instruction));
	if (from)
		d = made_by_model(x, p, from);
	return d ? d : file_drift(x, p, step, root);
}

static struct gate_drift *moved_base(struct gating *x, const struct pair *p)
{
	const struct report_step *steps = report_steps_of(p->head.r, p->head.b);
	struct gate_drift *d = NULL;
	for (size_t i = 0; i < p->head.b->steps_count && !d; i++)
		if (report_is(report_string(p->head.r, steps[i].instruction), "FROM"))
			d = base_drift(x, p, steps[i].stage);
	return d;
}

static bool is_bytes(enum check_quantity q)
{
	return q == CHECK_STORED || q == CHECK_PUSHED || q == CHECK_IMAGE;
}

/* What of a figure is not layers of steps: the base, config and manifest. */
static double rest(const struct match_side *s, enum check_quantity q, double figure)
{
	lb_autofree bool *in = brings_stages(s, NULL);
	const struct report_step *steps = report_steps_of(s->r, s->b);
	for (size_t i = 0; i < s->b->steps_count; i++)
		if ((q == CHECK_IMAGE ? in[i] : steps[i].outcome == ST_MISS) && steps[i].blob_bytes != REPORT_UNKNOWN)
			figure -= (double)steps[i].blob_bytes;
	return fmax(0, figure);
}

static double share(const struct report_step *s, enum check_quantity q)
{
	if (q == CHECK_LAYERS)
		return s->blob != 0;
	uint64_t n = q == CHECK_SECONDS ? s->run_ns : is_bytes(q) ? s->blob_bytes : 0;
	return n == REPORT_UNKNOWN ? 0 : (double)n / (q == CHECK_SECONDS ? 1e9 : 1);
}

/* What a step adds to the figure for no fault of the project: all of it where its hit was lost, else what it grew by. */
static int moved_share(struct gating *x, const struct pair *p, size_t i, enum check_quantity q, double *out, struct gate_drift **d,
		       struct lb_err *err)
{
	const struct report_step *s = report_steps_of(p->head.r, p->head.b) + i, *root;
	const struct report_step *was = p->to_base[i] == MATCH_NONE ? NULL : report_steps_of(p->base.r, p->base.b) + p->to_base[i];
	bool lost = s->outcome == ST_MISS && (was ? was->outcome == ST_HIT : s->trigger);
	*d = NULL;
	*out = share(s, q);
	if (lost) {
		int rc = report_root(p->head.r, p->head.b, s, &root, err);
		if (!rc)
			*d = drift_of_loss(x, p, s, root);
		/* an image does not grow by what is only made again */
		*out -= was && q == CHECK_IMAGE ? share(was, q) : 0;
		return rc;
	}
	if (was && (q != CHECK_SECONDS || s->outcome == ST_MISS))
		*d = model_drift(x, report_string(p->head.r, s->instruction));
	*out = was ? fmax(0, *out - share(was, q)) : 0;
	return 0;
}

int drift_of_figure(struct gating *x, const struct pair *p, enum check_quantity q, const struct check_limit *limit, const double values[2],
		    struct gate_drift **out, struct lb_err *err)
{
	double left = values[1];
	*out = p->drift ? p->drift : is_bytes(q) ? x->bytes : NULL;
	if (*out)
		return 0;
	struct gate_drift *of_base = is_bytes(q) ? moved_base(x, p) : NULL, *moved = of_base;
	for (size_t i = 0; i < p->head.b->steps_count; i++) {
		struct gate_drift *d;
		double n;
		int rc = moved_share(x, p, i, q, &n, &d, err);
		if (rc)
			return rc;
		left -= d ? n : 0;
		moved = d ? d : moved;
	}
	double grown = is_bytes(q) && moved ? fmax(0, rest(&p->head, q, values[1]) - rest(&p->base, q, values[0])) : 0;
	left -= of_base ? grown : fmin(grown, MANIFEST);
	if (moved && check_within(limit, values[0], left))
		*out = moved;
	else if (q == CHECK_STORED || q == CHECK_PUSHED)
		*out = find(x->g, DRIFT_EDIT, p->place.edit);
	return 0;
}
