/* SPDX-License-Identifier: Apache-2.0 */
#include "measure/tags.h"

#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

static size_t tagged_builder(const struct measure_options *o)
{
	for (size_t i = 0; i < o->builders_count; i++)
		if (o->builders[i] == LB_BUILDER_WARM)
			return i;
	return 0;
}

static bool has_name(const struct tags *t, const struct scn_build *b)
{
	return !b->alone && b->policy == 0 && b->builder == tagged_builder(t->options) && b->repeat == t->repeat &&
	       (b->edit < 0 || t->plan->count <= MEASURE_TAGS_MAX);
}

/* What may stand in the name of an image (image-spec annotations.md, "ref.name"); the rest becomes '-'. */
static void clean(char *s)
{
	for (bool first = true; *s; s++, first = false) {
		bool word = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9');
		if (!word && (first || !strchr("._-", *s)))
			*s = first ? 'x' : '-';
	}
}

static char *name_of(const struct tags *t, const struct scn_build *b)
{
	const struct scenario *s = t->options->scenario;
	lb_autofree char *scenario = lb_strdup(s->name), *variant = lb_strdup(s->variants[b->variant].name);
	lb_autofree char *edit = lb_strdup(b->edit < 0 ? "cold" : s->edits[b->edit].name);
	clean(scenario);
	clean(variant);
	clean(edit);
	if (b->edit >= 0 && b->workload == SCN_SEQUENCE)
		return lb_format("%s/%s:seq-%llu-%s", scenario, variant, (unsigned long long)b->seq, edit);
	return lb_format("%s/%s:%s", scenario, variant, edit);
}

void tags_add(struct tags *t, size_t build, const struct lb_digest *image)
{
	const struct scn_build *b = &t->plan->builds[build];
	uint64_t bytes;
	if (!t->options->store || !has_name(t, b) || !lb_store_has(t->options->store, image, &bytes))
		return;
	t->items = lb_grow(t->items, t->count, &t->cap, sizeof(*t->items));
	t->items[t->count++] = (struct lb_tag){ name_of(t, b), *image, bytes, lb_strdup("application/vnd.oci.image.manifest.v1+json") };
}

int tags_write(const struct tags *t, struct lb_err *err)
{
	return t->count ? lb_store_tag_many(t->options->store, t->items, t->count, err) : 0;
}

void tags_release(struct tags *t)
{
	lb_tags_free(t->items, t->count);
}
