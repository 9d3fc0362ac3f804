/* SPDX-License-Identifier: Apache-2.0
 *
 * What needs the whole scenario: every state that a plan can ask for is made once, its Dockerfiles are parsed,
 * their bases looked up, and the patterns over steps are held against the steps there are.
 */
#include <string.h>
#include <strings.h>

#include "lbench/ignore.h"
#include "scenario/load.h"
#include "scenario/paths.h"
#include "scenario/state.h"

/* What the Dockerfiles of one variant hold, before any edit and after each. */
struct steps {
	struct lb_strv all; /* texts of all instructions, triggers aside, where something is expected of them */
	struct lb_strv runs;
	struct lb_strv args; /* declared */
};

struct checker {
	struct scenario *s;
	const struct lb_pairs *contexts;   /* named build contexts, NULL: none */
	const struct lb_pairs *build_args; /* of docker's --build-arg, NULL: none */
	struct lb_strv opaque;             /* bases of a project that nothing is said about */
	struct steps *steps;               /* one a variant */
	struct lb_dockerfile **parsed;     /* see scn_load_options */
	struct lb_err *err;
};

static void warn_at(struct scenario *s, struct lb_pos pos, const char *text)
{
	struct lb_err e;
	lb_fail_at(&e, pos, "%s", text);
	lb_strv_add(&s->warnings, e.text);
}

/* ---- bases ---- */

static bool has_base(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->bases_count; i++)
		if (strcmp(s->bases[i].name, name) == 0)
			return true;
	return false;
}

static bool is_context(const struct scenario *s, const char *name)
{
	for (size_t i = 0; i < s->named_contexts_count; i++)
		if (strcmp(s->named_contexts[i].name, name) == 0)
			return true;
	return false;
}

static int need_base(struct checker *c, const struct lb_dockerfile *df, const struct lb_instruction *in, const char *name)
{
	struct scenario *s = c->s;
	if (!*name || strcmp(name, "scratch") == 0 || is_context(s, name) || has_base(s, name))
		return 0;
	if (s->implicit) {
		if (!lb_strv_has(&c->opaque, name))
			lb_strv_add(&c->opaque, name);
		return 0;
	}
	lb_autobuf struct lb_buf names = { 0 };
	for (size_t i = 0; i < s->bases_count; i++)
		lb_buf_addf(&names, "%s%s", i ? ", " : "", s->bases[i].name);
	return lb_fail_at(c->err, lb_instruction_pos(df, in), "no rule of 'bases' gives '%s'; it has: %s", name,
			  names.len ? names.data : "nothing");
}

/* A name that is neither a stage nor a number is an image. */
static int need_image(struct checker *c, const struct lb_build_plan *plan, const struct lb_instruction *in, const char *name)
{
	if (strchr(name, '$') || !name[strspn(name, "0123456789")] || lb_build_plan_find_stage(plan, name, SIZE_MAX) >= 0)
		return 0;
	return need_base(c, plan->df, in, name);
}

/* --from=NAME of COPY and ADD, from=NAME among the fields of a RUN's --mount. */
static int need_from(struct checker *c, const struct lb_build_plan *plan, const struct lb_instruction *in)
{
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < in->flags_count; i++) {
		const struct lb_flag *flag = &in->flags[i];
		if (strcmp(flag->name, "from") == 0 && in->keyword != LB_KW_RUN)
			rc = need_image(c, plan, in, flag->value);
		for (const char *field = strcmp(flag->name, "mount") ? NULL : flag->value; rc == 0 && field; field = strchr(field, ',')) {
			field += *field == ',';
			if (strncasecmp(field, "from=", 5) != 0)
				continue;
			lb_autofree char *name = lb_strndup(field + 5, strcspn(field + 5, ","));
			rc = need_image(c, plan, in, name);
		}
	}
	return rc;
}

static int check_bases(struct checker *c, const struct lb_build_plan *plan)
{
	const struct lb_dockerfile *df = plan->df;
	for (size_t i = 0; i < plan->stages_count; i++) {
		const struct lb_plan_stage *stage = &plan->stages[i];
		if (!stage->needed)
			continue;
		if (stage->base_stage < 0 && need_base(c, df, &df->instructions[stage->stage->first], stage->base) < 0)
			return LB_INVALID;
		for (size_t k = stage->stage->first; k < stage->stage->end; k++)
			if (need_from(c, plan, &df->instructions[k]) < 0)
				return LB_INVALID;
	}
	return 0;
}

/* ---- Dockerfiles ---- */

static void add_once(struct lb_strv *v, const char *text)
{
	if (!lb_strv_has(v, text))
		lb_strv_add(v, text);
}

static bool expects_something(const struct scenario *s)
{
	for (size_t i = 0; i < s->edits_count; i++)
		if (s->edits[i].expects_count)
			return true;
	return false;
}

static void collect(const struct scenario *s, struct steps *steps, const struct lb_dockerfile *df)
{
	bool expected = expects_something(s);
	for (size_t i = 0; i < df->instructions_count; i++) {
		const struct lb_instruction *in = &df->instructions[i];
		if (expected)
			add_once(&steps->all, in->original);
		if (in->keyword == LB_KW_RUN) {
			/* a model may leave the flags out */
			lb_autofree char *bare = lb_format("RUN %s", in->rest);
			add_once(&steps->runs, in->original);
			add_once(&steps->runs, bare);
		}
		for (size_t k = 0; in->keyword == LB_KW_ARG && k < in->args_count; k++) {
			lb_autofree char *name = lb_strndup(in->args[k], strcspn(in->args[k], "="));
			add_once(&steps->args, name);
		}
	}
}

static int check_dockerfile(struct checker *c, const struct scn_state *st, size_t v)
{
	const struct scn_variant *variant = &c->s->variants[v];
	const char *text = st->dockerfiles[v];
	lb_autodockerfile struct lb_dockerfile *df = NULL;
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_parse_options parse = { 0 };
	int rc = lb_dockerfile_parse(variant->dockerfile_path, text, strlen(text), &parse, &df, c->err);
	if (rc < 0)
		return lb_recode(c->err, LB_INVALID);
	struct lb_plan_options o = {
		.build_args = &st->args[v], .target = variant->target, .platform = variant->platform, .named_contexts = c->contexts
	};
	rc = lb_build_plan_new(df, &o, &plan, c->err);
	if (rc < 0)
		return lb_recode(c->err, LB_INVALID);
	collect(c->s, &c->steps[v], df);
	rc = check_bases(c, plan);
	if (c->parsed && !v && !st->seq) {
		lb_dockerfile_free(*c->parsed);
		*c->parsed = lb_steal(&df);
	}
	return rc;
}

/* before NULL: all; else those that differ. */
static int check_state(struct checker *c, const struct scn_state *st, const struct scn_state *before)
{
	for (size_t v = 0; v < c->s->variants_count; v++) {
		bool same = before && strcmp(before->dockerfiles[v], st->dockerfiles[v]) == 0 && before->args[v].count == st->args[v].count;
		for (size_t i = 0; same && i < st->args[v].count; i++) {
			const char *a = before->args[v].items[i].value, *b = st->args[v].items[i].value;
			same = a == b || (a && b && strcmp(a, b) == 0);
		}
		int rc = same ? 0 : check_dockerfile(c, st, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static void state_cleanup(struct scn_state **st)
{
	scn_state_free(*st);
}
#define autostate __attribute__((cleanup(state_cleanup))) struct scn_state

/* `each` starts every edit anew, `sequence` goes on; both must be possible when they are asked for. */
static int check_edits(struct checker *c, const struct scn_state *first)
{
	const struct scenario *s = c->s;
	autostate *last = NULL;
	for (size_t i = 0; i < s->edits_count; i++) {
		autostate *each = NULL, *next = NULL;
		int rc = scn_state_apply(first, &s->edits[i], 1, &each, NULL, c->err);
		if (rc == 0)
			rc = check_state(c, each, first);
		if (rc == 0 && (s->workload & SCN_SEQUENCE))
			rc = scn_state_apply(last ? last : first, &s->edits[i], i + 1, &next, NULL, c->err);
		if (rc == 0 && next)
			rc = check_state(c, next, last ? last : first);
		if (rc < 0)
			return rc;
		scn_state_free(last);
		last = lb_steal(&next);
	}
	return 0;
}

/* ---- patterns over steps ---- */

static int check_expect(struct checker *c, const struct scn_expect *x)
{
	bool found = false;
	for (size_t v = 0; v < c->s->variants_count && !found; v++) {
		const struct lb_strv *all = &c->steps[v].all;
		bool meant = lb_text_match(x->variant, c->s->variants[v].name);
		for (size_t i = 0; meant && i < all->count && !found; i++)
			found = lb_text_match(x->step, all->items[i]);
	}
	return found ? 0
		     : lb_fail_at(c->err, x->pos, "pattern '%s' matches no step of %s", x->step,
				  strcmp(x->variant, "*") ? x->variant : "any variant");
}

static int check_expects(struct checker *c)
{
	for (size_t e = 0; e < c->s->edits_count; e++)
		for (size_t i = 0; i < c->s->edits[e].expects_count; i++)
			if (check_expect(c, &c->s->edits[e].expects[i]) < 0)
				return LB_INVALID;
	return 0;
}

static bool any_match(const struct checker *c, const char *pattern)
{
	for (size_t v = 0; v < c->s->variants_count; v++)
		for (size_t i = 0; i < c->steps[v].runs.count; i++)
			if (lb_text_match(pattern, c->steps[v].runs.items[i]))
				return true;
	return false;
}

static bool depends_on_world(const struct scenario *s, const char *name)
{
	for (size_t m = 0; m < s->models_count; m++)
		for (size_t i = 0; i < s->models[m].depends_count; i++)
			if (strncmp(s->models[m].depends[i], "world:", 6) == 0 && strcmp(s->models[m].depends[i] + 6, name) == 0)
				return true;
	return false;
}

static bool declares(const struct checker *c, const struct scn_change *change)
{
	for (size_t v = 0; v < c->s->variants_count; v++)
		if (lb_strv_has(&c->steps[v].args, change->path))
			return true;
	return false;
}

static void warn_change(struct checker *c, const struct scn_change *change)
{
	if (change->kind == SCN_WORLD && !depends_on_world(c->s, change->path)) {
		lb_autofree char *text = lb_format("nothing of 'run' depends on 'world:%s'", change->path);
		warn_at(c->s, change->pos, text);
	}
	if (change->kind == SCN_ARG && !declares(c, change)) {
		lb_autofree char *text = lb_format("no Dockerfile declares ARG %s", change->path);
		warn_at(c->s, change->pos, text);
	}
}

/* Arguments that a build has without an ARG. */
static bool is_predefined(const char *name)
{
	size_t n = strlen(name);
	return (n > 6 && strcasecmp(name + n - 6, "_proxy") == 0) || strncmp(name, "BUILDKIT_", 9) == 0 ||
	       !strcmp(name, "SOURCE_DATE_EPOCH");
}

static void warn_build_args(struct checker *c)
{
	for (size_t i = 0; c->build_args && i < c->build_args->count; i++) {
		const struct scn_change given = { .path = (char *)c->build_args->items[i].name };
		if (is_predefined(given.path) || declares(c, &given))
			continue;
		lb_strv_take(&c->s->warnings, lb_format("--build-arg %s: no Dockerfile declares ARG %s", given.path, given.path));
	}
}

enum { WALK_MET = 2 };

static int meets(const char *path, size_t len, struct lb_node *node, void *arg)
{
	return node->attr.kind != LB_DIR && lb_ignore_matches(arg, path, len) ? WALK_MET : 0;
}

/* Is there a file that a pattern of depends-on names, or an edit that brings one by that name? */
static bool is_met(const struct scenario *s, char *pattern)
{
	lb_autoignore struct lb_ignore *patterns = NULL;
	for (size_t e = 0; e < s->edits_count; e++)
		for (size_t i = 0; i < s->edits[e].changes_count; i++)
			if (s->edits[e].changes[i].path && strcmp(s->edits[e].changes[i].path, pattern) == 0)
				return true;
	if (lb_tree_get(s->context, pattern))
		return true;
	return lb_ignore_compile(&pattern, 1, &patterns, NULL) == 0 && lb_tree_walk(s->context, meets, patterns) == WALK_MET;
}

/* One file of several may well be missing. A RUN of which all that it depends on is missing would be called wasted each
 * time, and the cause is a slip of the pen. */
static void warn_depends(struct scenario *s, size_t model)
{
	const struct lb_model *m = &s->models[model];
	bool met = !m->depends_count;
	for (size_t i = 0; !met && i < m->depends_count; i++)
		met = strncmp(m->depends[i], "world:", 6) == 0 || is_met(s, m->depends[i]);
	if (met)
		return;
	lb_autofree char *text =
		lb_format("depends-on: '%s' meets no file of the context, so '%s' would never need to run again", m->depends[0], m->match);
	warn_at(s, s->models_pos[model], text);
}

static void warn(struct checker *c)
{
	struct scenario *s = c->s;
	warn_build_args(c);
	for (size_t i = 0; i < s->models_count; i++) {
		if (any_match(c, s->models[i].match)) {
			warn_depends(s, i);
			continue;
		}
		lb_autofree char *text = lb_format("match '%s' answers no RUN of any variant", s->models[i].match);
		warn_at(s, s->models_pos[i], text);
	}
	for (size_t i = 0; i < s->every_edit_count; i++)
		warn_change(c, &s->every_edit[i]);
	for (size_t e = 0; e < s->edits_count; e++)
		for (size_t i = 0; i < s->edits[e].changes_count; i++)
			warn_change(c, &s->edits[e].changes[i]);
}

/* A project says nothing of its bases; those that were met join the scenario, and the states are made anew with
 * them, since a state knows its bases by their place. */
static bool add_opaque(struct checker *c)
{
	struct scenario *s = c->s;
	size_t n = c->opaque.count;
	if (!n)
		return false;
	struct scn_base *more = lb_arena_alloc(&s->arena, (s->bases_count + n) * sizeof(*more));
	if (s->bases_count)
		memcpy(more, s->bases, s->bases_count * sizeof(*more));
	for (size_t i = 0; i < n; i++) {
		struct scn_base *b = &more[s->bases_count++];
		b->name = lb_arena_strdup(&s->arena, c->opaque.items[i]);
		b->form = SCN_BASE_OPAQUE;
		b->config.user = b->config.workdir = b->config.stop_signal = b->config.author = "";
	}
	s->bases = more;
	lb_strv_release(&c->opaque);
	c->opaque = (struct lb_strv){ 0 };
	return true;
}

static int check_states(struct checker *c)
{
	do {
		autostate *first = NULL;
		int rc = scn_state_first(c->s, &first, c->err);
		if (rc == 0)
			rc = check_state(c, first, NULL);
		if (rc == 0)
			rc = check_edits(c, first);
		if (rc < 0)
			return rc;
	} while (add_opaque(c));
	return 0;
}

int scn_check(struct scn_loader *l)
{
	struct scenario *s = l->s;
	struct checker c = {
		.s = s, .contexts = l->options->contexts, .build_args = l->options->build_args, .err = l->err, .parsed = l->options->parsed
	};
	c.steps = lb_calloc(s->variants_count, sizeof(*c.steps));
	int rc = check_states(&c);
	if (rc == 0)
		rc = check_expects(&c);
	if (rc == 0)
		warn(&c);
	for (size_t v = 0; v < s->variants_count; v++) {
		lb_strv_release(&c.steps[v].all);
		lb_strv_release(&c.steps[v].runs);
		lb_strv_release(&c.steps[v].args);
	}
	lb_strv_release(&c.opaque);
	free(c.steps);
	return rc;
}
