/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/prepare.h"
#include "lbench/check.h"
#include "lbench/tree_source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int from_tree(const struct scn_base *base, struct lb_node *tree, struct lb_base_image **out, struct lb_err *err)
{
	struct lb_base_layer_model layer = { .id = "", .tree = tree };
	struct lb_base_model m = { .name = base->name, .layers = &layer, .layers_count = 1, .config = &base->config };
	return lb_base_from_model(&m, out, err);
}

static int from_dir(const struct scn_base *base, struct lb_base_image **out, struct lb_err *err)
{
	lb_autonode struct lb_node *tree = NULL;
	struct lb_dir_options options = { 0 };
	int rc = lb_tree_from_dir(base->path, &options, &tree, err);
	return rc ? rc : from_tree(base, tree, out, err);
}

static int from_tar(const struct scn_base *base, struct lb_store *store, struct lb_base_image **out, struct lb_err *err)
{
	struct stat st;
	if (stat(base->path, &st) != 0)
		return lb_fail_at(err, base->pos, "%s cannot be read", base->path);
	lb_autonode struct lb_node *tree = NULL;
	struct lb_content *tar = lb_content_file(AT_FDCWD, base->path, 0, (uint64_t)st.st_size);
	int rc = lb_layer_read(store, tar, store != NULL, &tree, NULL, err);
	lb_content_unref(tar);
	return rc ? rc : from_tree(base, tree, out, err);
}

static int from_busybox(const struct scn_base *base, struct lb_base_image **out, struct lb_err *err)
{
	lb_autonode struct lb_node *tree = NULL;
	int rc = base_busybox(&tree, err);
	return rc ? lb_wrap(err, "base '%s'", base->name) : from_tree(base, tree, out, err);
}

/* The only image of the layout, or the one that is called as the base is. */
static int from_oci(const struct scn_base *base, const char *platform, struct lb_store *store, struct lb_base_image **out, struct lb_err *err)
{
	const struct lb_layout_image which = { .dir = base->path, .name = base->name, .loosely = true, .platform = platform };
	struct lb_digest manifest;
	if (!store) {
		lb_fail_at(err, base->pos, "oci: the image of a layout needs a store, which --run dry has not");
		return lb_recode(err, LB_UNSUPPORTED);
	}
	int rc = lb_pull_layout(&which, store, &manifest, NULL, NULL, err);
	if (!rc)
		rc = lb_base_from_image(store, &manifest, platform, base->name, out, err);
	if (rc != LB_INVALID && rc != LB_NOT_FOUND)
		return rc;
	lb_autofree char *why = lb_strdup(err->text);
	return lb_fail_at(err, base->pos, "oci: %s", why);
}

int bases_from_scenario(const struct scn_base *base, const char *platform, struct lb_store *store, struct lb_base_image **out,
			struct lb_err *err)
{
	struct lb_base_model m = { .name = base->name, .layers = base->layers, .layers_count = base->layers_count,
		.config = &base->config, .passwd = base->passwd, .group = base->group };
	switch (base->form) {
	case SCN_BASE_MODEL:
		return lb_base_from_model(&m, out, err);
	case SCN_BASE_DIR:
		return from_dir(base, out, err);
	case SCN_BASE_TAR:
		return from_tar(base, store, out, err);
	case SCN_BASE_OPAQUE:
		*out = lb_base_opaque(base->name);
		return 0;
	case SCN_BASE_BUSYBOX:
		return from_busybox(base, out, err);
	default:
		return from_oci(base, platform, store, out, err);
	}
}

static void free_image(void *p)
{
	lb_base_image_free(p);
}

/* A directory of --build-context stands for a base too. */
static int make_named(struct prepared *p, struct lb_err *err)
{
	for (size_t i = 0; i < p->o->scenario->named_contexts_count; i++) {
		const struct lb_named_tree *named = &p->o->scenario->named_contexts[i];
		static const struct lb_image_config plain = { .user = "", .workdir = "", .stop_signal = "", .author = "" };
		const struct scn_base base = { .name = (char *)named->name, .config = plain };
		struct lb_base_image *image;
		if (lb_map_getn(p->images, &named, sizeof(named)))
			continue;
		int rc = from_tree(&base, named->tree, &image, err);
		if (rc)
			return rc;
		lb_map_setn(p->images, &named, sizeof(named), image);
	}
	return 0;
}

/* An image for one of the platforms is enough: which one a stage wants is known when it asks. */
static int pull_some(struct prepared *p, const struct scn_base *base, struct lb_err *err)
{
	const struct scenario *s = p->o->scenario;
	for (size_t v = 0; v < s->variants_count; v++)
		if (pulled_get(p->pulled, base, s->variants[v].platform, p->o->store, err))
			return 0;
	return err->code;
}

int bases_make(struct prepared *p, const struct scn_state *state, struct lb_err *err)
{
	if (!p->images) {
		p->images = lb_map_new(free_image);
		p->pulled = pulled_new();
	}
	int made = make_named(p, err);
	if (made)
		return made;
	for (size_t i = 0; i < p->o->scenario->bases_count; i++) {
		const struct scn_base *base = state->bases[i];
		if (lb_map_getn(p->images, &base, sizeof(base)))
			continue;
		struct lb_base_image *image;
		bool pulls = base->form == SCN_BASE_OCI;
		int rc = pulls ? pull_some(p, base, err) : bases_from_scenario(base, NULL, p->o->store, &image, err);
		if (rc)
			return rc;
		if (pulls)
			continue;
		lb_map_setn(p->images, &base, sizeof(base), image);
	}
	return 0;
}

/* "docker.io/library/python" and "python:latest" are what people mean by "python". */
static bool same_name(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	if (n < m) {
		const char *t = a;
		a = b;
		b = t;
		m = n;
	}
	return strncmp(a, b, m) == 0 && (!a[m] || strcmp(a + m, ":latest") == 0);
}

const struct scn_base *bases_named(const struct bases *b, const char *name)
{
	const struct scenario *s = b->p->o->scenario;
	for (size_t i = 0; i < s->bases_count; i++)
		if (same_name(s->bases[i].name, name))
			return b->state->bases[i];
	return NULL;
}

struct lb_base_image *bases_find(void *arg, const char *name, const char *platform)
{
	const struct bases *b = arg;
	const struct scenario *s = b->p->o->scenario;
	const struct scn_base *base = bases_named(b, name);
	for (size_t i = 0; i < s->named_contexts_count; i++) {
		const struct lb_named_tree *named = &s->named_contexts[i];
		if (strcmp(named->name, name) == 0)
			return lb_map_getn(b->p->images, &named, sizeof(named));
	}
	if (!base)
		return NULL;
	return base->form == SCN_BASE_OCI ? pulled_find(b->p->pulled, base, platform, b->p->o->store)
					  : lb_map_getn(b->p->images, &base, sizeof(base));
}

void bases_check_platforms(struct lb_build_plan *plan, struct lb_base_image *(*find)(void *arg, const char *name, const char *platform),
			   void *arg, struct lb_strv *out)
{
	for (size_t i = 0; i < plan->stages_count; i++) {
		const struct lb_plan_stage *s = &plan->stages[i];
		if (!s->needed || s->base_stage >= 0 || s->named_context || strcmp(s->base, "scratch") == 0)
			continue;
		const struct lb_base_image *image = find(arg, s->base, s->platform);
		if (!image || !image->pulled)
			continue;
		const struct lb_image *is = &image->image;
		const struct lb_warning *w = lb_build_plan_check_base(plan, i, is->os, is->architecture, is->variant);
		if (w)
			lb_strv_take(out, lb_format("%s:%u: %s: %s", plan->df->file, w->line, w->rule, w->message));
	}
}
