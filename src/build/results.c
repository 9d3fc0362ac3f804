/* SPDX-License-Identifier: Apache-2.0
 *
 * What the builds of a run share: layers by result id, roots by (root, layer), filtered contexts by
 * (context, ignore); of lasting builds also plans, and results by all that they follow from. Keys by pointer are
 * safe, since each entry holds references to what it names.
 */
#include "build/internal.h"

#include <pthread.h>
#include <stdlib.h>

#include "lbench/ignore.h"
#include "lbench/mem.h"

struct pair_key {
	const void *a, *b;
};
struct pair_value {
	struct lb_node *a, *b, *out;
};

/* So many plans are remembered: a run has few Dockerfiles, or one for each build. */
enum { PLANS_MAX = 256 };

struct step_value {
	struct lb_node *held;
	const struct result *result;
};

struct lb_results {
	pthread_mutex_t lock;
	struct lb_arena arena;
	struct lb_map *by_id;   /* 32 bytes -> struct result */
	struct lb_map *applied; /* struct pair_key -> struct pair_value */
	struct lb_map *ignored;
	/* the context filtered last, for each ignore: the next one mostly shares with it */
	struct lb_map *last;  /* ignore pointer -> struct pair_value (borrowed from `ignored`) */
	struct lb_map *plans; /* -> struct resolved, the first of a chain */
	struct lb_map *steps; /* -> struct step_value */
	struct lb_results_counts counts;
};

/* Results themselves are the arena's. */
static void release_result(void *p)
{
	struct result *r = p;
	lb_node_unref(r->layer);
}

static void free_pair(void *p)
{
	struct pair_value *v = p;
	lb_node_unref(v->a);
	lb_node_unref(v->b);
	lb_node_unref(v->out);
	free(v);
}

static void free_plans(void *p)
{
	struct resolved *next;
	for (struct resolved *r = p; r; r = next) {
		next = r->next;
		resolved_free(r);
	}
}

static void free_step(void *p)
{
	struct step_value *v = p;
	lb_node_unref(v->held);
	free(v);
}

struct lb_results *lb_results_new(void)
{
	struct lb_results *rs = lb_calloc(1, sizeof(*rs));
	pthread_mutex_init(&rs->lock, NULL);
	rs->by_id = lb_map_new(release_result);
	rs->applied = lb_map_new(free_pair);
	rs->ignored = lb_map_new(free_pair);
	rs->last = lb_map_new(NULL);
	rs->plans = lb_map_new(free_plans);
	rs->steps = lb_map_new(free_step);
	return rs;
}

void lb_results_free(struct lb_results *rs)
{
	if (!rs)
		return;
	lb_map_free(rs->steps);
	lb_map_free(rs->plans);
	lb_map_free(rs->last);
	lb_map_free(rs->ignored);
	lb_map_free(rs->applied);
	lb_map_free(rs->by_id);
	lb_arena_release(&rs->arena);
	pthread_mutex_destroy(&rs->lock);
	free(rs);
}

const struct result *results_get(struct lb_results *rs, const struct lb_digest *id)
{
	pthread_mutex_lock(&rs->lock);
	const struct result *r = lb_map_getn(rs->by_id, id->bytes, sizeof(id->bytes));
	pthread_mutex_unlock(&rs->lock);
	return r;
}

const struct result *results_add(struct lb_results *rs, const struct result *r)
{
	pthread_mutex_lock(&rs->lock);
	struct result *there = lb_map_getn(rs->by_id, r->id.bytes, sizeof(r->id.bytes));
	if (there && there->kept && !there->layer) {
		there->layer = r->layer;
	} else if (there) {
		lb_node_unref(r->layer);
	} else {
		there = lb_arena_alloc(&rs->arena, sizeof(*there));
		*there = *r;
		lb_map_setn(rs->by_id, there->id.bytes, sizeof(there->id.bytes), there);
	}
	pthread_mutex_unlock(&rs->lock);
	return there;
}

struct lb_node *results_layer(struct lb_results *rs, const struct result *r)
{
	pthread_mutex_lock(&rs->lock);
	struct lb_node *layer = r->layer;
	pthread_mutex_unlock(&rs->lock);
	return layer;
}

struct lb_node *results_set_layer(struct lb_results *rs, const struct result *r, struct lb_node *layer)
{
	pthread_mutex_lock(&rs->lock);
	struct result *own = lb_map_getn(rs->by_id, r->id.bytes, sizeof(r->id.bytes));
	if (own->layer)
		lb_node_unref(layer);
	else
		own->layer = layer;
	layer = own->layer;
	pthread_mutex_unlock(&rs->lock);
	return layer;
}

static struct lb_node *pair_get(struct lb_results *rs, struct lb_map *map, const struct pair_key *key)
{
	pthread_mutex_lock(&rs->lock);
	struct pair_value *v = lb_map_getn(map, key, sizeof(*key));
	struct lb_node *out = v ? lb_node_ref(v->out) : NULL;
	pthread_mutex_unlock(&rs->lock);
	return out;
}

struct lb_node *results_apply(struct lb_results *rs, struct lb_node *root, struct lb_node *layer)
{
	struct pair_key key = { root, layer };
	struct lb_node *out = pair_get(rs, rs->applied, &key);
	if (out)
		return out;
	out = lb_tree_apply(root, layer);
	struct pair_value *v = lb_malloc(sizeof(*v));
	*v = (struct pair_value){ lb_node_ref(root), lb_node_ref(layer), lb_node_ref(out) };
	pthread_mutex_lock(&rs->lock);
	if (lb_map_getn(rs->applied, &key, sizeof(key)))
		free_pair(v);
	else
		lb_map_setn(rs->applied, &key, sizeof(key), v);
	pthread_mutex_unlock(&rs->lock);
	return out;
}

struct filter {
	const struct lb_ignore *ignore;
	bool exceptions;
};

static enum lb_keep keep_unless_ignored(const char *path, size_t len, const struct lb_node *node, void *arg)
{
	const struct filter *f = arg;
	if (!lb_ignore_matches(f->ignore, path, len))
		return LB_KEEP;
	return f->exceptions && node->attr.kind == LB_DIR && lb_ignore_may_reenter(f->ignore, path, len) ? LB_DROP_BUT_ENTER : LB_DROP;
}

struct lb_node *results_ignore(struct lb_results *rs, struct lb_node *context, const struct lb_ignore *ignore)
{
	if (!ignore)
		return lb_node_ref(context);
	struct pair_key key = { context, ignore };
	struct lb_node *out = pair_get(rs, rs->ignored, &key);
	if (out)
		return out;
	struct filter f = { ignore, lb_ignore_has_exceptions(ignore) };
	pthread_mutex_lock(&rs->lock);
	const struct pair_value *last = lb_map_getn(rs->last, &ignore, sizeof(ignore));
	pthread_mutex_unlock(&rs->lock);
	out = lb_tree_filter(context, keep_unless_ignored, &f, last ? last->a : NULL, last ? last->out : NULL);
	struct pair_value *v = lb_malloc(sizeof(*v));
	*v = (struct pair_value){ lb_node_ref(context), NULL, lb_node_ref(out) };
	pthread_mutex_lock(&rs->lock);
	if (lb_map_getn(rs->ignored, &key, sizeof(key))) {
		free_pair(v);
	} else {
		lb_map_setn(rs->ignored, &key, sizeof(key), v);
		lb_map_setn(rs->last, &ignore, sizeof(ignore), v);
	}
	pthread_mutex_unlock(&rs->lock);
	return out;
}

/* ---- what lasting builds have in common ---- */

struct resolved *results_plans(struct lb_results *rs, const struct lb_buf *key, bool *room)
{
	pthread_mutex_lock(&rs->lock);
	struct resolved *r = lb_map_getn(rs->plans, key->data, key->len);
	*room = rs->counts.plans_made < PLANS_MAX;
	pthread_mutex_unlock(&rs->lock);
	return r;
}

void results_add_plan(struct lb_results *rs, const struct lb_buf *key, struct resolved *r)
{
	pthread_mutex_lock(&rs->lock);
	struct resolved *first = lb_map_getn(rs->plans, key->data, key->len);
	if (first) {
		atomic_store(&r->next, atomic_load(&first->next));
		atomic_store(&first->next, r);
	} else {
		lb_map_setn(rs->plans, key->data, key->len, r);
	}
	rs->counts.plans_made++;
	pthread_mutex_unlock(&rs->lock);
}

const struct result *results_recall(struct lb_results *rs, const struct lb_buf *key)
{
	pthread_mutex_lock(&rs->lock);
	const struct step_value *v = lb_map_getn(rs->steps, key->data, key->len);
	const struct result *r = v ? v->result : NULL;
	rs->counts.steps_recalled += v != NULL;
	pthread_mutex_unlock(&rs->lock);
	return r;
}

void results_note(struct lb_results *rs, const struct lb_buf *key, struct lb_node *held, const struct result *r)
{
	struct step_value *v = lb_malloc(sizeof(*v));
	*v = (struct step_value){ lb_node_ref(held), r };
	pthread_mutex_lock(&rs->lock);
	rs->counts.steps_made++;
	lb_map_setn(rs->steps, key->data, key->len, v);
	pthread_mutex_unlock(&rs->lock);
}

struct lb_results_counts lb_results_counts(struct lb_results *rs)
{
	pthread_mutex_lock(&rs->lock);
	struct lb_results_counts counts = rs->counts;
	pthread_mutex_unlock(&rs->lock);
	return counts;
}
