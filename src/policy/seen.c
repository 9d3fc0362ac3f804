/* SPDX-License-Identifier: Apache-2.0
 *
 * What a cache remembers of earlier steps, so that a miss can be told from the time before. For each stage
 * (by name, else by its place) the steps as they were when their results came into force, by execution or by
 * a hit. A step finds its predecessor by its text as written, the nearest first; a step whose text is new
 * takes the one at the same place, if it is of the same kind and nobody else's. Images that share a cache have
 * predecessors of their own: another image's step at the same place is another step. All of it lives in memory and
 * goes with the cache: a persistent scope that is opened anew knows its records and no predecessors.
 */
#include "policy/internal.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lbench/mem.h"

struct stage_memory {
	uint64_t build;        /* the one that `now` is of */
	struct lb_seen **then; /* by index; NULL where nothing stands */
	size_t then_count;
	struct lb_seen **now;
	size_t now_count, now_cap;
	int last; /* index of the predecessor that was found last */
};

struct image_memory {
	struct lb_map *stages; /* name or place -> struct stage_memory */
	uint64_t build;        /* of this image */
	bool last_ok;
};

struct lb_recall {
	struct lb_map *images;      /* name -> struct image_memory */
	struct lb_map *inputs;      /* canonical inputs -> struct lb_seen */
	struct image_memory *image; /* the one that is built */
};

struct lb_seen *lb_seen_ref(struct lb_seen *s)
{
	if (s)
		atomic_fetch_add(&s->refs, 1);
	return s;
}

void lb_seen_unref(struct lb_seen *s)
{
	if (!s || atomic_fetch_sub(&s->refs, 1) != 1)
		return;
	for (size_t i = 0; i < s->items_count; i++) {
		free(s->items[i].path);
		lb_node_unref(s->items[i].node);
	}
	free(s->items);
	free(s->original);
	free(s->text);
	free(s->fields);
	free(s);
}

static void seen_free(void *p)
{
	lb_seen_unref(p);
}

static void list_release(struct lb_seen **list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		lb_seen_unref(list[i]);
	free(list);
}

static void stage_free(void *p)
{
	struct stage_memory *s = p;
	list_release(s->then, s->then_count);
	list_release(s->now, s->now_count);
	free(s);
}

static void image_free(void *p)
{
	struct image_memory *image = p;
	lb_map_free(image->stages);
	free(image);
}

static struct image_memory *image_new(struct lb_map *images, const void *name, size_t len)
{
	struct image_memory *image = lb_calloc(1, sizeof(*image));
	image->stages = lb_map_new(stage_free);
	image->last_ok = true;
	lb_map_setn(images, name, len, image);
	return image;
}

struct lb_recall *lb_recall_new(void)
{
	struct lb_recall *m = lb_calloc(1, sizeof(*m));
	m->images = lb_map_new(image_free);
	m->inputs = lb_map_new(seen_free);
	m->image = image_new(m->images, "", 0);
	return m;
}

static struct lb_seen **list_copy(struct lb_seen **list, size_t count)
{
	struct lb_seen **copy = lb_calloc(count, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = lb_seen_ref(list[i]);
	return copy;
}

static int copy_stage(const void *key, size_t len, void *value, void *arg)
{
	const struct stage_memory *s = value;
	struct stage_memory *copy = lb_calloc(1, sizeof(*copy));
	*copy = *s;
	copy->then = list_copy(s->then, s->then_count);
	copy->now = list_copy(s->now, s->now_count);
	copy->now_cap = s->now_count;
	lb_map_setn(arg, key, len, copy);
	return 0;
}

static int copy_seen(const void *key, size_t len, void *value, void *arg)
{
	lb_map_setn(arg, key, len, lb_seen_ref(value));
	return 0;
}

struct forking {
	const struct lb_recall *from;
	struct lb_recall *to;
};

static int copy_image(const void *key, size_t len, void *value, void *arg)
{
	struct forking *f = arg;
	const struct image_memory *image = value;
	struct image_memory *copy = image_new(f->to->images, key, len);
	copy->build = image->build;
	copy->last_ok = image->last_ok;
	lb_map_each(image->stages, copy_stage, copy->stages);
	if (image == f->from->image)
		f->to->image = copy;
	return 0;
}

struct lb_recall *lb_recall_fork(const struct lb_recall *m)
{
	struct lb_recall *copy = lb_calloc(1, sizeof(*copy));
	copy->images = lb_map_new(image_free);
	copy->inputs = lb_map_new(seen_free);
	struct forking f = { m, copy };
	lb_map_each(m->images, copy_image, &f);
	lb_map_each(m->inputs, copy_seen, copy->inputs);
	return copy;
}

void lb_recall_free(struct lb_recall *m)
{
	if (!m)
		return;
	lb_map_free(m->images);
	lb_map_free(m->inputs);
	free(m);
}

void lb_recall_image(struct lb_recall *m, const char *name)
{
	struct image_memory *image = lb_map_get(m->images, name);
	m->image = image ? image : image_new(m->images, name, strlen(name));
}

void lb_recall_begin(struct lb_recall *m)
{
	m->image->build++;
}

void lb_recall_end(struct lb_recall *m, bool ok)
{
	m->image->last_ok = ok;
}

/* ---- stages ---- */

/* What was `now` becomes `then`; a failed build leaves what it did not reach as it was. */
static void turn(struct stage_memory *s, bool last_ok)
{
	size_t count = s->now_count;
	if (!last_ok && s->then_count > count) {
		for (size_t i = count; i < s->then_count; i++) {
			s->now = lb_grow(s->now, s->now_count, &s->now_cap, sizeof(*s->now));
			s->now[s->now_count++] = lb_seen_ref(s->then[i]);
		}
	}
	list_release(s->then, s->then_count);
	s->then = s->now;
	s->then_count = s->now_count;
	s->now = NULL;
	s->now_count = s->now_cap = 0;
	s->last = -1;
}

static struct stage_memory *stage_of(struct lb_recall *m, const struct lb_inputs *in)
{
	struct image_memory *image = m->image;
	char place[24];
	const char *key = in->stage_name;
	size_t len = key ? strlen(key) : 0;
	if (!key) {
		/* no stage's name begins with a digit */
		len = (size_t)snprintf(place, sizeof(place), "%d", in->stage);
		key = place;
	}
	struct stage_memory *s = lb_map_getn(image->stages, key, len);
	if (!s) {
		s = lb_calloc(1, sizeof(*s));
		s->build = image->build;
		s->last = -1;
		lb_map_setn(image->stages, key, len, s);
	}
	if (s->build != image->build) {
		turn(s, image->last_ok);
		s->build = image->build;
	}
	return s;
}

/* ---- predecessors ---- */

static const char *original_of(const struct lb_inputs *in)
{
	return in->step->in && in->step->in->original ? in->step->in->original : "";
}

static bool taken(const struct stage_memory *s, const struct lb_seen *seen, size_t before)
{
	for (size_t i = 0; i < s->now_count && i < before; i++)
		if (s->now[i] == seen)
			return true;
	return false;
}

static bool same_text(const struct stage_memory *s, size_t i, const char *original)
{
	return i < s->then_count && s->then[i] && strcmp(s->then[i]->original, original) == 0;
}

/* The predecessor's index, -1: none. */
static int find(const struct stage_memory *s, const struct lb_inputs *in)
{
	const char *original = original_of(in);
	size_t at = (size_t)in->index;
	if (same_text(s, at, original))
		return in->index;
	for (size_t i = (size_t)(s->last + 1); i < s->then_count; i++)
		if (same_text(s, i, original))
			return (int)i;
	for (size_t i = 0; i < s->then_count; i++)
		if (same_text(s, i, original) && !taken(s, s->then[i], at))
			return (int)i;
	if (at < s->then_count && s->then[at] && s->then[at]->keyword == in->step->keyword && !taken(s, s->then[at], at))
		return in->index;
	return -1;
}

static const char *text_at(struct lb_seen *const *list, size_t count, int index)
{
	return index > 0 && (size_t)index < count && list[index] ? list[index]->text : NULL;
}

/* The nearest pair of steps above that differ: what stands between counts for nothing, or hit. */
static void find_above(const struct stage_memory *s, int then, int now, struct lb_match *match)
{
	for (; then > 0 || now > 0; then--, now--) {
		match->above = text_at(s->then, s->then_count, then);
		match->above_now = text_at(s->now, s->now_count, now);
		if (!match->above || !match->above_now || strcmp(match->above, match->above_now) != 0)
			return;
	}
	match->above = match->above_now = NULL;
}

struct lb_match lb_recall_match(struct lb_recall *m, const struct lb_inputs *in)
{
	struct stage_memory *s = stage_of(m, in);
	struct lb_match match = { .stage_known = s->then_count > 0 };
	int found = find(s, in);
	if (found < 0)
		return match;
	match.seen = s->then[found];
	find_above(s, found - 1, in->index - 1, &match);
	s->last = found;
	return match;
}

struct lb_seen *lb_recall_by_inputs(const struct lb_recall *m, const struct lb_digest *inputs)
{
	return lb_map_getn(m->inputs, inputs->bytes, sizeof(inputs->bytes));
}

/* ---- what is in force ---- */

static void put(struct stage_memory *s, size_t index, struct lb_seen *seen)
{
	while (s->now_count <= index) {
		s->now = lb_grow(s->now, s->now_count, &s->now_cap, sizeof(*s->now));
		s->now[s->now_count++] = NULL;
	}
	lb_seen_unref(s->now[index]);
	s->now[index] = seen;
}

static void copy_items(struct lb_seen *s, const struct lb_inputs *in)
{
	size_t count = 0;
	for (size_t i = 0; i < in->sources_count; i++) {
		count += in->sources[i].items_count;
		s->blind = s->blind || !in->sources[i].known;
	}
	s->items = count ? lb_calloc(count, sizeof(*s->items)) : NULL;
	for (size_t i = 0; i < in->sources_count; i++)
		for (size_t k = 0; k < in->sources[i].items_count; k++) {
			const struct lb_selected *item = &in->sources[i].items[k];
			s->items[s->items_count++] = (struct lb_seen_item){ lb_strdup(item->path), lb_node_ref(item->node) };
		}
}

static struct lb_seen *snapshot(const struct lb_inputs *in, const struct lb_digest *inputs, const char *fields, size_t fields_len)
{
	struct lb_seen *s = lb_calloc(1, sizeof(*s));
	atomic_init(&s->refs, 1);
	s->inputs = *inputs;
	if (in->parent)
		s->below = in->parent->state;
	s->keyword = in->step->keyword;
	s->original = lb_strdup(original_of(in));
	s->text = lb_strdup(in->step->text ? in->step->text : s->original);
	s->fields = lb_strndup(fields, fields_len);
	s->fields_len = fields_len;
	s->depends_known = in->depends_known;
	s->depends = in->depends;
	copy_items(s, in);
	return s;
}

void lb_recall_note(struct lb_recall *m, const struct lb_inputs *in, const struct lb_digest *inputs, const char *fields, size_t fields_len)
{
	struct lb_seen *seen = snapshot(in, inputs, fields, fields_len);
	put(stage_of(m, in), (size_t)in->index, seen);
	lb_map_setn(m->inputs, inputs->bytes, sizeof(inputs->bytes), lb_seen_ref(seen));
}

void lb_recall_note_open(struct lb_recall *m, const struct lb_inputs *in, const struct lb_digest *inputs, const char *fields,
			 size_t fields_len)
{
	struct lb_seen *seen = snapshot(in, inputs, fields, fields_len);
	seen->open = true;
	put(stage_of(m, in), (size_t)in->index, seen);
}

void lb_recall_keep(struct lb_recall *m, const struct lb_inputs *in, struct lb_seen *old)
{
	put(stage_of(m, in), (size_t)in->index, lb_seen_ref(old));
}
