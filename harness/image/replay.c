/* SPDX-License-Identifier: Apache-2.0 */
#include "image/replay.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/ignore.h"

struct lb_base_image *img_asked_find(void *arg, const char *name, const char *platform)
{
	struct img_asked *a = arg;
	struct lb_base_image *image = a->find(a->arg, name, platform);
	for (size_t i = 0; image && i < a->count; i++)
		if (strcmp(a->items[i].name, image->name) == 0)
			return image;
	if (!image)
		return NULL;
	a->items = lb_grow(a->items, a->count, &a->cap, sizeof(*a->items));
	a->items[a->count++] = (struct img_seen_base){ image->name, image->identity };
	return image;
}

/* ---- bases as they were ---- */

struct past_bases {
	const struct lb_build_options *o;
	const struct img_seen *seen;
	struct lb_map *made; /* name -> struct lb_base_image */
};

static void free_image(void *p)
{
	lb_base_image_free(p);
}

/* The image of then, if the store still has it; else its name and identity: enough to see that it is another. */
static struct lb_base_image *image_of_then(const struct past_bases *b, const struct img_seen_base *then, const char *platform)
{
	struct lb_base_image *image;
	if (lb_base_from_image(b->o->store, &then->identity, platform, then->name, &image, NULL) == 0)
		return image;
	image = lb_base_opaque(then->name);
	image->identity = image->chain_id = then->identity;
	return image;
}

static struct lb_base_image *find_past(void *arg, const char *name, const char *platform)
{
	struct past_bases *b = arg;
	struct lb_base_image *now = b->o->find_base(b->o->find_base_arg, name, platform);
	const struct img_seen_base *then = NULL;
	for (size_t i = 0; now && !then && i < b->seen->bases_count; i++)
		if (strcmp(b->seen->bases[i].name, now->name) == 0)
			then = &b->seen->bases[i];
	if (!then || lb_digest_equal(&then->identity, &now->identity))
		return now;
	struct lb_base_image *image = lb_map_get(b->made, then->name);
	if (!image) {
		image = image_of_then(b, then, platform);
		lb_map_set(b->made, then->name, image);
	}
	return image;
}

/* ---- the build as it was ---- */

static int decide(const struct lb_build_options *o, const struct img_seen *seen, struct lb_cache *cache, struct lb_scope *scope,
		  struct lb_err *err)
{
	lb_autoignore struct lb_ignore *ignore = NULL;
	lb_automap struct lb_map *made = lb_map_new(free_image);
	struct past_bases bases = { o, seen, made };
	struct lb_parse_options po = { .dialect = o->policy->dialect };
	struct lb_dockerfile *df = NULL;
	int rc = seen->ignore ? lb_ignore_parse(".dockerignore", seen->ignore, strlen(seen->ignore), &ignore, err) : 0;
	if (!rc)
		rc = lb_dockerfile_parse(seen->path, seen->text, strlen(seen->text), &po, &df, err);
	struct lb_results *results = lb_results_new();
	struct lb_build_options past = *o;
	past.dockerfile = df;
	past.context = seen->context;
	past.ignore = ignore;
	past.find_base = find_past;
	past.find_base_arg = &bases;
	past.build_args = &seen->args;
	past.target = seen->target;
	past.platform = seen->platform;
	past.no_cache = false;
	past.cache = cache;
	past.scope = scope;
	past.mode = LB_RUN_DRY;
	past.ledger = past.host = NULL;
	past.remote = NULL;
	past.results = results;
	past.events = (struct lb_events){ 0 };
	struct lb_build_result result;
	if (!rc)
		rc = lb_build(&past, &result, err);
	lb_results_free(results);
	lb_dockerfile_free(df);
	return rc;
}

int img_replay(const struct lb_build_options *options, const struct img_seen *seen, struct lb_scope *kept, struct lb_cache **out,
	       struct lb_err *err)
{
	struct lb_err ignored;
	struct lb_cache *past = NULL;
	struct lb_scope *scope = seen ? lb_scope_fork(kept) : NULL;
	bool told = seen && lb_cache_new(options->policy, LB_BUILDER_WARM, scope, &past, &ignored) == 0 &&
		    decide(options, seen, past, scope, &ignored) == 0;
	int rc = 0;
	if (told)
		*out = lb_cache_fork(past, options->scope);
	else
		rc = lb_cache_new(options->policy, LB_BUILDER_WARM, options->scope, out, err);
	lb_cache_free(past);
	lb_scope_free(scope);
	return rc;
}
