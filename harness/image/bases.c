/* SPDX-License-Identifier: Apache-2.0 */
#include "image/bases.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/build.h"
#include "measure/prepare.h"

static void free_image(void *p)
{
	lb_base_image_free(p);
}

/* "docker.io/library/python" and "python:latest" are what people mean by "python". */
static char *plain_name(const char *name)
{
	static const char *const hubs[] = { "docker.io/library/", "docker.io/" };
	for (size_t i = 0; i < LB_COUNT(hubs); i++)
		if (strncmp(name, hubs[i], strlen(hubs[i])) == 0) {
			name += strlen(hubs[i]);
			break;
		}
	const char *colon = strrchr(name, ':');
	bool tagged = (colon && !strchr(colon, '/')) || strchr(name, '@');
	return lb_format("%s%s", name, tagged ? "" : ":latest");
}

/* ---- --base ---- */

static int from_oci(const struct img_bases *b, const char *name, const char *where, struct lb_base_image **out, struct lb_err *err)
{
	struct lb_digest manifest;
	int rc = img_pull(b->store, where, &manifest, NULL, NULL, err);
	return rc ? rc : lb_base_from_image(b->store->store, &manifest, b->store->platform, name, out, err);
}

static int make_given(const struct img_bases *b, const struct lb_pair *given, struct lb_base_image **out, struct lb_err *err)
{
	const char *value = given->value ? given->value : "";
	struct scn_base base = { .name = (char *)(uintptr_t)given->name, .pos = { "--base", 0, 0 } };
	base.config.user = base.config.workdir = base.config.stop_signal = base.config.author = "";
	if (strncmp(value, "oci:", 4) == 0 && value[4])
		return from_oci(b, given->name, value + 4, out, err);
	if (strncmp(value, "dir:", 4) == 0 && value[4])
		base.form = SCN_BASE_DIR;
	else if (strncmp(value, "tar:", 4) == 0 && value[4])
		base.form = SCN_BASE_TAR;
	else if (strcmp(value, "busybox") == 0)
		base.form = SCN_BASE_BUSYBOX;
	else
		return lb_fail(err, LB_USAGE, "--base is NAME=dir:PATH, tar:FILE, oci:DIR[:NAME] or busybox, not '%s=%s'", given->name,
			       value);
	base.path = base.form == SCN_BASE_BUSYBOX ? NULL : (char *)(uintptr_t)value + 4;
	int rc = bases_from_scenario(&base, b->store->platform, b->store->store, out, err);
	return rc == LB_NOT_FOUND ? lb_recode(err, LB_INVALID) : rc;
}

static void add(struct img_bases *b, const char *name, struct lb_base_image *image)
{
	lb_autofree char *plain = plain_name(name);
	lb_map_set(b->images, plain, image);
}

int img_bases_init(struct img_bases *b, const struct img_store *store, const struct lb_pairs *given, const struct scenario *s,
		   struct lb_err *err)
{
	*b = (struct img_bases){ .store = store, .images = lb_map_new(free_image) };
	int rc = 0;
	for (size_t i = 0; !rc && i < s->bases_count; i++) {
		struct lb_base_image *image;
		if (s->bases[i].form == SCN_BASE_OPAQUE)
			continue;
		rc = bases_from_scenario(&s->bases[i], store->platform, store->store, &image, err);
		if (!rc)
			add(b, s->bases[i].name, image);
	}
	for (size_t i = 0; !rc && i < given->count; i++) {
		struct lb_base_image *image;
		rc = make_given(b, &given->items[i], &image, err);
		if (!rc)
			add(b, given->items[i].name, image);
	}
	return rc;
}

void img_bases_release(struct img_bases *b)
{
	lb_map_free(b->images);
	b->images = NULL;
}

/* ---- by name ---- */

static struct lb_base_image *from_store(struct img_bases *b, const char *name, const char *platform)
{
	struct lb_base_image *image = NULL;
	const struct lb_tag *tag = img_tag(b->store, name);
	if (!tag) {
		image = lb_base_opaque(name);
		b->opaque = b->opaque ? b->opaque : image->name;
		return image;
	}
	struct lb_err err;
	int rc = lb_base_from_image(b->store->store, &tag->manifest, platform, name, &image, &err);
	if (rc && !b->rc) {
		b->rc = lb_recode(&err, LB_INVALID);
		b->err = err;
	}
	return rc ? NULL : image;
}

/* Variants do not count, as for bases_check_platforms, which has the word. */
static bool fits(const struct lb_base_image *image, const char *platform)
{
	const struct lb_image *im = &image->image;
	lb_autofree char *is = lb_format("%s/%s", im->os, im->architecture);
	size_t n = strlen(is);
	platform = platform ? platform : "linux/amd64";
	return !image->pulled || (strncmp(platform, is, n) == 0 && (!platform[n] || platform[n] == '/'));
}

static struct lb_base_image *find(struct img_bases *b, const char *name, const char *platform)
{
	lb_autofree char *plain = plain_name(name);
	lb_autofree char *key = lb_format("%s %s", plain, platform ? platform : "");
	struct lb_base_image *image = lb_map_get(b->images, plain);
	if (!image)
		image = lb_map_get(b->images, key);
	if (image)
		return image;
	image = from_store(b, plain, platform);
	if (image)
		lb_map_set(b->images, key, image);
	return image;
}

struct lb_base_image *img_bases_find(void *arg, const char *name, const char *platform)
{
	struct img_bases *b = arg;
	struct lb_base_image *image = find(b, name, platform);
	b->misfit = b->misfit || (image && !fits(image, platform));
	return image;
}

void img_bases_warn(struct img_bases *b, const struct lb_build_options *o, struct lb_strv *out)
{
	lb_autobuildplan struct lb_build_plan *plan = NULL;
	lb_autofree struct lb_pair *items = lb_calloc(o->contexts_count + 1, sizeof(*items));
	const struct lb_pairs named = { .items = items, .count = o->contexts_count };
	struct lb_plan_options po = { .build_args = o->build_args, .target = o->target, .platform = o->platform, .named_contexts = &named };
	for (size_t i = 0; i < o->contexts_count; i++)
		items[i] = (struct lb_pair){ o->contexts[i].name, "" };
	if (b->misfit && lb_build_plan_new(o->dockerfile, &po, &plan, NULL) == 0)
		bases_check_platforms(plan, img_bases_find, b, out);
}
