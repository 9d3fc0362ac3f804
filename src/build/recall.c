/* SPDX-License-Identifier: Apache-2.0
 *
 * A step that is carried out again with all that it follows from in common comes to the same: the instruction as it
 * was resolved, the root file system, the files that it selects, what its model depends on, and the build's place in
 * the plan, which its times come from. Roots are shared between builds, so that their addresses name them; what was
 * selected is named by its digest with times, since a builder that remembers earlier contexts makes the directories
 * of one anew.
 */
#include "build/internal.h"

#include <string.h>

/* A RUN that is carried out, or replayed by the caller, may come to something else; archives and what --exclude leaves
 * are made anew by each build. */
static bool is_fit(const struct build *b, const struct step_run *sr)
{
	if (!sr->resolved || b->own || b->from_scratch || b->o->mode == LB_RUN_EXEC || (b->o->run && b->o->mode == LB_RUN_MODEL))
		return false;
	for (size_t i = 0; i < sr->in.sources_count; i++)
		if (!sr->sources[i].known || sr->sources[i].archive)
			return false;
	return !sr->step->excludes_count;
}

static bool add_sources(const struct step_run *sr, struct lb_buf *key)
{
	for (size_t i = 0; i < sr->in.sources_count; i++) {
		const struct lb_source *src = &sr->sources[i];
		lb_buf_add(key, &src->items_count, sizeof(src->items_count));
		for (size_t k = 0; k < src->items_count; k++) {
			const struct lb_selected *item = &src->items[k];
			struct lb_digest d;
			if (lb_node_digest(item->node, LB_FLAVOUR_FULL, &d, NULL))
				return false;
			lb_buf_add(key, d.bytes, sizeof(d.bytes));
			lb_buf_add(key, item->path, strlen(item->path) + 1);
			lb_buf_add(key, item->base, strlen(item->base) + 1);
			lb_buf_addc(key, item->wildcard);
		}
	}
	return true;
}

/* Directories of a WORKDIR that had no layer of its own go into the next one. */
static void add_pending(const struct build *b, const struct stage_run *st, const struct step_run *sr, struct lb_buf *key)
{
	if (b->shape.workdir_layer)
		return;
	for (const struct step_run *p = sr; p > st->steps && (!p[-1].result || p[-1].result->no_layer); p--)
		lb_buf_add(key, &p[-1].result, sizeof(p[-1].result));
}

bool recall_key(const struct build *b, const struct stage_run *st, const struct step_run *sr, const struct lb_node *root,
		struct lb_buf *key)
{
	if (!is_fit(b, sr))
		return false;
	const void *const objects[] = { sr->resolved, root, b->o->store };
	const uint64_t numbers[] = {
		b->o->place, b->o->seed, sr->in.uid, sr->in.gid, sr->in.owner_known, b->o->mode, sr->in.depends_known
	};
	lb_buf_add(key, objects, sizeof(objects));
	lb_buf_add(key, numbers, sizeof(numbers));
	lb_buf_add(key, sr->decision.key.bytes, sizeof(sr->decision.key.bytes));
	lb_buf_add(key, sr->world.bytes, sizeof(sr->world.bytes));
	if (sr->in.depends_known)
		lb_buf_add(key, sr->in.depends.bytes, sizeof(sr->in.depends.bytes));
	add_pending(b, st, sr, key);
	return add_sources(sr, key);
}
