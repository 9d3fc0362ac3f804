/* SPDX-License-Identifier: Apache-2.0
 *
 * The stages of a Dockerfile in order, each with what it holds of the context; and where builds put what later stages
 * fetch from them.
 */
#include "catalog/model.h"

#include <string.h>

#include "catalog/table.h"
#include "lbench/fs.h"
#include "lbench/ignore.h"

struct stage {
	struct lb_stage_state state;
	struct view view;
	size_t outputs;         /* writes of it that may lie elsewhere */
	size_t built;           /* 1 + index of its last RUN that builds; 0: none */
	struct lb_strv fetched; /* what later stages fetch from it and no COPY brought into it */
};

struct reading {
	struct lb_build_plan *plan;
	struct lb_node *context;
	struct catalog *c;
	size_t cap;
	struct stage *stages;
	struct lb_err *err;
};

/* ---- COPY ---- */

static void note_fetched(struct stage *from, const char *source)
{
	lb_autofree char *rooted = lb_path_join("/", source);
	lb_autofree char *clean = lb_path_clean(rooted);
	/* of app-*.jar one file is enough */
	for (char *p = clean; *p; p++)
		*p = strchr("*?[]", *p) ? 'x' : *p;
	if (!view_find(&from->view, clean) && !lb_strv_has(&from->fetched, clean))
		lb_strv_add(&from->fetched, clean);
}

static void note_missing(struct reading *r, const struct lb_step *step, const char *source)
{
	lb_autofree char *rooted = lb_path_join("/", source);
	lb_autofree char *clean = lb_path_clean(rooted);
	if (r->c->missing || lb_glob_has_magic(clean) || lb_tree_get(r->context, clean))
		return;
	r->c->missing = lb_arena_strdup(&r->c->arena, source);
	r->c->missing_line = step->in->first_line;
}

static void read_copy(struct reading *r, struct stage *st, const struct lb_step *step)
{
	for (size_t i = 0; i < step->sources_count; i++) {
		const struct lb_copy_source *s = &step->sources[i];
		if (!s->path || s->remote)
			continue;
		if (!step->from) {
			note_missing(r, step, s->path);
			view_add(&st->view, s->path, step->dest_abs, step->sources_count > 1, step->parents);
		} else if (step->from_stage >= 0) {
			struct stage *from = &r->stages[step->from_stage];
			view_add_from(&st->view, &from->view, s->path, step->dest_abs);
			note_fetched(from, s->path);
		}
	}
}

/* A bind mount shows files for the time of one RUN. */
static void add_mounts(struct reading *r, struct view *v, const struct lb_step *step)
{
	for (size_t i = 0; i < step->mounts_count; i++) {
		const struct lb_mount *m = &step->mounts[i];
		if (m->type == LB_MOUNT_BIND && !m->from)
			view_add(v, m->source, m->target, false, false);
		else if (m->type == LB_MOUNT_BIND && m->from_stage >= 0)
			view_add_from(v, &r->stages[m->from_stage].view, m->source, m->target);
	}
}

/* ---- RUN ---- */

static const char *base_of(const struct reading *r, int stage)
{
	const struct lb_plan_stage *ps = &r->plan->stages[stage];
	while (ps->base_stage >= 0)
		ps = &r->plan->stages[ps->base_stage];
	return ps->base;
}

static void read_run(struct reading *r, struct stage *st, int index, const struct lb_step *step)
{
	struct view seen = { .arena = &r->c->arena, .context = r->context };
	size_t outputs;
	view_inherit(&seen, &st->view);
	add_mounts(r, &seen, step);
	r->c->runs = lb_grow(r->c->runs, r->c->count, &r->cap, sizeof(*r->c->runs));
	struct catalog_run *run = &r->c->runs[r->c->count++];
	*run = (struct catalog_run){ .in = step->in };
	struct model_scene scene = { &r->c->arena, step, &step->env, base_of(r, index), &seen };
	model_make(&scene, run, &outputs);
	st->view.unclear |= !run->known;
	for (size_t i = 0; run->known && i < run->model.depends_count; i++)
		if (!lb_strv_has(&st->view.made, run->model.depends[i]))
			lb_strv_add(&st->view.made, run->model.depends[i]);
	if (outputs) {
		st->built = r->c->count;
		st->outputs = outputs;
	}
	view_release(&seen);
}

static int read_stage(struct reading *r, size_t index)
{
	const struct lb_plan_stage *ps = &r->plan->stages[index];
	struct stage *st = &r->stages[index];
	struct stage *base = ps->base_stage >= 0 ? &r->stages[ps->base_stage] : NULL;
	st->view = (struct view){ .arena = &r->c->arena, .context = r->context };
	const char *workdir = base ? NULL : catalog_base_workdir(ps->base);
	struct lb_image_config config = { .user = "", .workdir = workdir, .stop_signal = "", .author = "" };
	lb_stage_state_init(&st->state, r->plan, (int)index, workdir ? &config : NULL, base ? &base->state : NULL);
	if (base)
		view_inherit(&st->view, &base->view);
	int rc = 0;
	for (size_t k = ps->stage->first; !rc && k < ps->stage->end; k++) {
		struct lb_step step;
		rc = lb_step_resolve(&st->state, &r->plan->df->instructions[k], 0, &step, r->err);
		if (rc)
			break;
		if (step.op == LB_OP_COPY || step.op == LB_OP_ADD)
			read_copy(r, st, &step);
		else if (step.op == LB_OP_RUN)
			read_run(r, st, (int)index, &step);
	}
	return rc;
}

/* ---- what builds leave ---- */

static bool is_written(const struct reading *r, const char *path)
{
	for (size_t i = 0; i < r->c->count; i++) {
		const struct lb_model *m = &r->c->runs[i].model;
		for (size_t k = 0; k < m->writes_count; k++) {
			size_t n = strlen(path);
			if (strncmp(m->writes[k].path, path, n) == 0 && (!m->writes[k].path[n] || m->writes[k].path[n] == '/'))
				return true;
		}
	}
	return false;
}

static bool looks_like_file(const char *path)
{
	static const char *const dirs = "dist build out public static target bin lib _build .next node_modules site standalone";
	const char *base = lb_path_base(path);
	for (const char *p = dirs; *p; p += strcspn(p, " "), p += *p == ' ')
		if (strlen(base) == strcspn(p, " ") && strncmp(base, p, strlen(base)) == 0)
			return false;
	return true;
}

/* The build's output lies where others fetch it; its usual place is a guess that gives way. */
static void place_output(struct reading *r, const struct stage *st)
{
	struct lb_model *m = &r->c->runs[st->built - 1].model;
	if (!m->writes_given || !st->outputs)
		return;
	struct lb_model_write usual = m->writes[0];
	for (size_t i = 1; i < st->outputs; i++)
		usual = m->writes[i].bytes > usual.bytes ? m->writes[i] : usual;
	struct lb_model_write *writes = lb_arena_alloc(&r->c->arena, (m->writes_count + st->fetched.count + 1) * sizeof(*writes));
	size_t n = 0;
	for (size_t i = 0; i < st->fetched.count; i++) {
		const char *path = st->fetched.items[i];
		if (strcmp(path, "/") == 0 || is_written(r, path))
			continue;
		writes[n] = usual;
		writes[n].path = lb_arena_strdup(&r->c->arena, path);
		writes[n].single = looks_like_file(path);
		writes[n].files = writes[n].single ? 1 : usual.files > 1 ? usual.files : 60;
		writes[n].bytes = writes[n].single && usual.files > 1 ? usual.bytes / 4 : usual.bytes;
		n++;
	}
	size_t from = n ? st->outputs : 0;
	for (size_t i = from; i < m->writes_count; i++)
		writes[n++] = m->writes[i];
	m->writes = writes;
	m->writes_count = n;
}

/* ---- one text, one rule ---- */

static const char *told_apart(struct catalog *c, const struct catalog_run *other)
{
	lb_autofree char *why = lb_format("the same text stands in line %u and does something else there; a rule cannot tell them apart",
					  other->in->first_line);
	return lb_arena_strdup(&c->arena, why);
}

static void merge(struct catalog *c, struct catalog_run *first, struct catalog_run *again)
{
	if (first->known && again->known && strcmp(first->what, again->what) != 0) {
		/* heredocs: their first lines are their texts */
		first->why = told_apart(c, again);
		again->why = told_apart(c, first);
		first->known = again->known = false;
		return;
	}
	if (!first->known || !again->known) {
		struct catalog_run *known = first->known ? first : again, *other = first->known ? again : first;
		lb_autofree char *why = lb_format("the same text stands in line %u, where %s", other->in->first_line, other->why);
		if (known->known)
			known->why = lb_arena_strdup(&c->arena, why);
		known->known = false;
		return;
	}
	size_t n = first->model.depends_count;
	char **all = lb_arena_alloc(&c->arena, (n + again->model.depends_count + 1) * sizeof(*all));
	memcpy(all, first->model.depends, n * sizeof(*all));
	for (size_t i = 0; i < again->model.depends_count; i++) {
		bool there = false;
		for (size_t k = 0; k < n; k++)
			there |= strcmp(all[k], again->model.depends[i]) == 0;
		if (!there)
			all[n++] = again->model.depends[i];
	}
	first->model.depends = all;
	first->model.depends_count = n;
	again->model = first->model;
}

static void merge_equal(struct catalog *c)
{
	for (size_t i = 0; i < c->count; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(c->runs[i].in->original, c->runs[k].in->original) == 0)
				merge(c, &c->runs[k], &c->runs[i]);
}

int catalog_read(struct lb_build_plan *plan, struct lb_node *context, struct catalog **out, struct lb_err *err)
{
	catalog_auto struct catalog *c = lb_calloc(1, sizeof(*c));
	struct reading r = { .plan = plan, .context = context, .c = c, .err = err };
	size_t warnings = plan->warnings_count;
	int rc = 0;
	r.stages = lb_calloc(plan->stages_count + 1, sizeof(*r.stages));
	for (size_t i = 0; !rc && i < plan->stages_count; i++)
		if (plan->stages[i].needed && !plan->stages[i].named_context)
			rc = read_stage(&r, i);
	for (size_t i = 0; !rc && i < plan->stages_count; i++)
		if (r.stages[i].built)
			place_output(&r, &r.stages[i]);
	for (size_t i = 0; i < plan->stages_count; i++) {
		view_release(&r.stages[i].view);
		lb_strv_release(&r.stages[i].fetched);
	}
	free(r.stages);
	plan->warnings_count = warnings;
	if (rc)
		return rc;
	merge_equal(c);
	*out = lb_steal(&c);
	return 0;
}

const struct catalog_run *catalog_find(const struct catalog *c, const struct lb_instruction *in)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->runs[i].in == in)
			return &c->runs[i];
	return NULL;
}

void catalog_free(struct catalog *c)
{
	if (!c)
		return;
	free(c->runs);
	lb_arena_release(&c->arena);
	free(c);
}

void catalog_cleanup(struct catalog **c)
{
	catalog_free(*c);
	*c = NULL;
}
