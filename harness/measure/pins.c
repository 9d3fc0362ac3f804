/* SPDX-License-Identifier: Apache-2.0
 *
 * What a run rests on and its texts do not say: what the names of bases stood for, and which files the edits chose. Who
 * holds a later run against this one can then tell what the project did from what happened to it.
 */
#include <string.h>

#include "measure/prepare.h"

/* A directory has other times in each clone, and is the same base all the same. */
static bool is_directory(const struct bases *b, const struct lb_base_image *image)
{
	if (image->pulled)
		return false;
	for (size_t i = 0; i < b->p->o->scenario->bases_count; i++) {
		const struct scn_base *base = b->state->bases[i];
		if (lb_map_getn(b->p->images, &base, sizeof(base)) == image)
			return base->form == SCN_BASE_DIR;
	}
	return true; /* of --build-context */
}

static int identify(const struct bases *b, const struct lb_base_image *image, struct lb_digest *out, struct lb_err *err)
{
	struct lb_sha256 h;
	*out = image->identity;
	if (!is_directory(b, image))
		return 0;
	int rc = lb_node_digest(image->root, LB_FLAVOUR_NO_TIME, out, err);
	lb_sha256_init(&h);
	lb_sha256_addd(&h, out);
	lb_sha256_addd(&h, &image->config_digest);
	*out = lb_sha256_done(&h);
	return rc;
}

static int add_base(struct record_bases *list, const struct bases *b, const char *name, const char *platform, struct lb_err *err)
{
	const struct lb_base_image *image = bases_find((void *)b, name, platform);
	struct lb_digest digest;
	bool listed = false;
	for (size_t i = 0; i < list->count; i++)
		listed = listed || strcmp(list->items[i].name, name) == 0;
	if (!image || listed)
		return 0;
	int rc = identify(b, image, &digest, err);
	if (rc)
		return rc;
	list->items = lb_grow(list->items, list->count, &list->cap, sizeof(*list->items));
	list->items[list->count++] = (struct record_base){ lb_strdup(name), digest, !image->opaque };
	return 0;
}

/* ---- variants ---- */

/* By the first policy that reads the Dockerfile. */
static const struct input *readable(struct prepared *p, size_t variant, size_t *policy)
{
	for (size_t i = 0; i < p->o->policies_count; i++) {
		const struct input *in = prepared_input(p, 0, variant, i);
		*policy = i;
		if (in->dockerfile)
			return in;
	}
	return NULL;
}

static int pin_variant(struct prepared *p, size_t variant, struct lb_err *err)
{
	const struct scn_variant *v = &p->o->scenario->variants[variant];
	struct state_entry *first = &p->states[0];
	size_t policy;
	const struct input *in = readable(p, variant, &policy);
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	struct lb_plan_options po = { .build_args = &first->state->args[variant], .target = v->target, .platform = v->platform };
	/* what cannot be planned is a row that says so */
	if (!in || lb_build_plan_new(in->dockerfile, &po, &plan, NULL))
		return 0;
	int rc = 0;
	for (size_t i = 0; i < plan->stages_count && !rc; i++) {
		const struct lb_plan_stage *s = &plan->stages[i];
		if (s->needed && s->base_stage < 0 && strcmp(s->base, "scratch") != 0)
			rc = add_base(&p->pins.variants[variant], first->bases, s->base, s->platform, err);
	}
	bases_check_platforms(plan, bases_find, first->bases, &p->pins.warnings);
	return rc;
}

/* ---- edits ---- */

static int add_file(const char *path, size_t len, struct lb_node *n, void *arg)
{
	struct record_edit *out = arg;
	/* directories on the way are in a difference too */
	if (!len || (n->attr.kind == LB_DIR && n->entries_count))
		return 0;
	if (out->files_count++ < RECORD_FILES_MAX)
		lb_strv_take(&out->files, lb_strndup(path, len));
	return 0;
}

static bool touches_all(const struct scn_edit *edit)
{
	for (size_t i = 0; i < edit->changes_count; i++)
		if (edit->changes[i].kind == SCN_CHECKOUT)
			return true;
	return false;
}

static int pin_edit(struct prepared *p, const struct state_entry *e, struct lb_err *err)
{
	struct record_edit *out = &p->pins.edits[e->edit];
	const struct scn_state *was = p->states[e->parent].state, *is = e->state;
	lb_autonode struct lb_node *difference = was->context == is->context ? NULL : lb_tree_diff(was->context, is->context);
	int rc = difference ? lb_tree_walk(difference, add_file, out) : 0;
	/* another clone touches every file and chooses none */
	if (touches_all(&p->o->scenario->edits[e->edit]))
		lb_strv_release(&out->files);
	for (size_t i = 0; i < p->o->scenario->bases_count && !rc; i++)
		if (is->bases[i] != was->bases[i])
			rc = add_base(&out->bases, e->bases, p->o->scenario->bases[i].name, NULL, err);
	return rc < 0 ? lb_wrap(err, "listing what an edit changes") : 0;
}

int pins_make(struct prepared *p, struct lb_err *err)
{
	const struct scenario *s = p->o->scenario;
	lb_autofree bool *done = lb_calloc(s->edits_count + 1, sizeof(*done));
	int rc = 0;
	p->pins = (struct record_pins){ .variants_count = s->variants_count, .edits_count = s->edits_count };
	p->pins.variants = lb_calloc(s->variants_count + 1, sizeof(*p->pins.variants));
	p->pins.edits = lb_calloc(s->edits_count + 1, sizeof(*p->pins.edits));
	for (size_t v = 0; v < s->variants_count && !rc; v++)
		rc = pin_variant(p, v, err);
	for (size_t i = 1; i < p->states_count && !rc; i++) {
		const struct state_entry *e = &p->states[i];
		if (e->edit < 0 || done[e->edit])
			continue;
		done[e->edit] = true;
		rc = pin_edit(p, e, err);
	}
	return rc;
}

static void release_bases(struct record_bases *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
}

void pins_release(struct record_pins *pins)
{
	for (size_t i = 0; i < pins->variants_count; i++)
		release_bases(&pins->variants[i]);
	for (size_t i = 0; i < pins->edits_count; i++) {
		lb_strv_release(&pins->edits[i].files);
		release_bases(&pins->edits[i].bases);
	}
	lb_strv_release(&pins->warnings);
	free(pins->variants);
	free(pins->edits);
}

const struct record_pins *measure_pins(const struct prepared *p)
{
	return &p->pins;
}
