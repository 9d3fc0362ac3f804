/* SPDX-License-Identifier: Apache-2.0
 *
 * Steps are resolved with empty image configurations, as `parse` does: variables that a base image sets are not known
 * here. What cannot be resolved leaves the list `unclear`, and the engine has the last word anyway.
 */
#include "whatif/front.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/fs.h"

/* ---- what steps name ---- */

struct names {
	struct front *f;
	const char **items;
	size_t count, cap;
};

static void add_name(struct names *n, const char *path)
{
	n->items = lb_grow(n->items, n->count, &n->cap, sizeof(*n->items));
	n->items[n->count++] = lb_arena_strdup(&n->f->arena, path);
}

/* A source, and where links of the context lead it. */
static void add_source(struct names *n, const char *path)
{
	lb_autofree char *rooted = lb_format("/%s", path), *clean = lb_path_clean(rooted), *real = NULL;
	struct lb_node *node;
	if (clean[1] == '!')
		n->f->unclear = true;
	add_name(n, clean + 1);
	if (lb_tree_resolve(n->f->context, clean + 1, true, &node, &real, NULL) == 0 && strcmp(real, clean + 1) != 0)
		add_name(n, real);
}

static const char **take(struct names *n, size_t *count)
{
	const char **out = lb_arena_alloc(&n->f->arena, (n->count + 1) * sizeof(*out));
	if (n->count)
		memcpy(out, n->items, n->count * sizeof(*out));
	*count = n->count;
	free(n->items);
	n->items = NULL;
	n->count = n->cap = 0;
	return out;
}

static void add_step(struct front *f, const struct lb_step *step, bool needed)
{
	struct names sources = { .f = f }, excludes = { .f = f };
	if ((step->op == LB_OP_COPY || step->op == LB_OP_ADD) && !step->from) {
		for (size_t i = 0; i < step->sources_count; i++)
			if (step->sources[i].path && !step->sources[i].remote)
				add_source(&sources, step->sources[i].path);
		for (size_t i = 0; i < step->excludes_count; i++)
			add_name(&excludes, step->excludes[i]);
	}
	for (size_t i = 0; step->op == LB_OP_RUN && i < step->mounts_count; i++)
		if (step->mounts[i].type == LB_MOUNT_BIND && !step->mounts[i].from)
			add_source(&sources, step->mounts[i].source);
	struct front_step *s = &f->steps[f->steps_count];
	*s = (struct front_step){ .in = step->in, .needed = needed };
	s->patterns = take(&sources, &s->patterns_count);
	s->excludes = take(&excludes, &s->excludes_count);
	f->steps_count += s->patterns_count > 0;
}

static void read_stage(struct front *f, struct lb_stage_state *states, size_t i)
{
	const struct lb_plan_stage *stage = &f->plan->stages[i];
	struct lb_err ignored;
	lb_stage_state_init(&states[i], f->plan, (int)i, NULL, stage->base_stage >= 0 ? &states[stage->base_stage] : NULL);
	if (stage->named_context)
		return;
	for (size_t k = stage->stage->first + 1; k < stage->stage->end; k++) {
		struct lb_step step;
		if (lb_step_resolve(&states[i], &f->df->instructions[k], 0, &step, &ignored) < 0) {
			f->unclear = f->unclear || stage->needed;
			return;
		}
		add_step(f, &step, stage->needed);
	}
}

static void read_steps(struct front *f)
{
	lb_autofree struct lb_stage_state *states = lb_calloc(f->plan->stages_count + 1, sizeof(*states));
	f->steps = lb_arena_alloc(&f->arena, (f->df->instructions_count + 1) * sizeof(*f->steps));
	for (size_t i = 0; i < f->plan->stages_count; i++)
		read_stage(f, states, i);
}

/* ---- .dockerignore ---- */

static int load_text(struct front *f, const char *path, char **text, struct lb_err *err)
{
	const struct lb_node *n = lb_tree_get(f->context, path);
	lb_autobuf struct lb_buf data = { 0 };
	if (!n || n->attr.kind != LB_FILE)
		return 0;
	int rc = n->content ? lb_content_load(n->content, &data, err) : 0;
	*text = rc ? NULL : lb_arena_strdup(&f->arena, lb_buf_str(&data));
	return rc;
}

static enum lb_keep keep_sent(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct lb_ignore *ignore = arg;
	if (!lb_ignore_matches(ignore, path, len))
		return LB_KEEP;
	return node->attr.kind == LB_DIR && lb_ignore_may_reenter(ignore, path, len) ? LB_DROP_BUT_ENTER : LB_DROP;
}

static int read_ignore(struct front *f, const struct scn_variant *v, bool implicit, struct lb_err *err)
{
	int rc = load_text(f, ".dockerignore", &f->ignore_text, err);
	f->ignore_name = lb_arena_strdup(&f->arena, ".dockerignore");
	if (!rc && implicit && v->ignore_text) {
		if (f->ignore_text)
			rc = lb_ignore_parse(".dockerignore", f->ignore_text, strlen(f->ignore_text), &f->shared, err);
		f->ignore_text = v->ignore_text;
		lb_autofree char *name = lb_format("%s.dockerignore", lb_path_base(v->dockerfile_path));
		f->ignore_name = lb_arena_strdup(&f->arena, name);
	}
	if (!rc && f->ignore_text)
		rc = lb_ignore_parse(f->ignore_name, f->ignore_text, strlen(f->ignore_text), &f->ignore, err);
	if (!rc)
		f->sent = f->ignore ? lb_tree_filter(f->context, keep_sent, f->ignore, NULL, NULL) : lb_node_ref(f->context);
	return rc;
}

/* ---- the whole ---- */

static int read_plan(struct front *f, const struct scenario *s, const struct scn_state *st, size_t v, struct lb_err *err)
{
	struct lb_pairs *named = lb_arena_alloc(&f->arena, sizeof(*named));
	named->items = lb_arena_alloc(&f->arena, (s->named_contexts_count + 1) * sizeof(*named->items));
	for (size_t i = 0; i < s->named_contexts_count; i++)
		named->items[named->count++] = (struct lb_pair){ s->named_contexts[i].name, "" };
	struct lb_pairs *args = lb_arena_alloc(&f->arena, sizeof(*args));
	for (size_t i = 0; i < st->args[v].count; i++) {
		const char *value = st->args[v].items[i].value;
		args->items = i ? args->items : lb_arena_alloc(&f->arena, st->args[v].count * sizeof(*args->items));
		args->items[args->count++] = (struct lb_pair){ lb_arena_strdup(&f->arena, st->args[v].items[i].name),
							       value ? lb_arena_strdup(&f->arena, value) : NULL };
	}
	struct lb_plan_options o = {
		.build_args = args, .target = s->variants[v].target, .platform = s->variants[v].platform, .named_contexts = named
	};
	struct lb_parse_options parse = { 0 };
	const char *text = s->variants[v].dockerfile;
	int rc = lb_dockerfile_parse(s->variants[v].dockerfile_path, text, strlen(text), &parse, &f->df, err);
	return rc ? rc : lb_build_plan_new(f->df, &o, &f->plan, err);
}

bool front_wants(const char *text, const struct lb_pairs *args, const char *target, struct lb_strv *out)
{
	front_auto struct front *f = lb_calloc(1, sizeof(*f));
	struct lb_plan_options o = { .build_args = args, .target = target };
	struct lb_parse_options parse = { 0 };
	f->context = lb_tree_empty();
	if (lb_dockerfile_parse("Dockerfile", text, strlen(text), &parse, &f->df, NULL) || lb_build_plan_new(f->df, &o, &f->plan, NULL))
		return false;
	read_steps(f);
	for (size_t i = 0; i < f->steps_count; i++)
		for (size_t k = 0; f->steps[i].needed && k < f->steps[i].patterns_count; k++)
			if (!lb_glob_has_magic(f->steps[i].patterns[k]))
				lb_strv_add(out, f->steps[i].patterns[k]);
	return !f->unclear;
}

static int read_front(struct front *f, const struct scenario *s, size_t v, struct lb_err *err)
{
	struct scn_state *st = NULL;
	int rc = scn_state_first(s, &st, err);
	if (!rc)
		rc = read_plan(f, s, st, v, err);
	if (!rc)
		rc = scn_state_context(st, v, &f->context, err);
	scn_state_free(st);
	if (!rc)
		rc = read_ignore(f, &s->variants[v], s->implicit, err);
	if (rc)
		return rc;
	read_steps(f);
	front_read_models(f, s);
	return 0;
}

int front_read(const struct scenario *s, size_t variant, struct front **out, struct lb_err *err)
{
	front_auto struct front *f = lb_calloc(1, sizeof(*f));
	int rc = read_front(f, s, variant, err);
	if (!rc)
		*out = lb_steal(&f);
	return rc;
}

void front_free(struct front *f)
{
	if (!f)
		return;
	front_free_models(f);
	lb_node_unref(f->sent);
	lb_node_unref(f->context);
	lb_ignore_free(f->ignore);
	lb_ignore_free(f->shared);
	lb_build_plan_free(f->plan);
	lb_dockerfile_free(f->df);
	lb_arena_release(&f->arena);
	free(f);
}

void front_cleanup(struct front **f)
{
	front_free(*f);
}
