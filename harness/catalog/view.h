/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the files of a stage come from: the COPYs so far, as pairs of places.
 */
#ifndef HARNESS_CATALOG_VIEW_H
#define HARNESS_CATALOG_VIEW_H

#include "lbench/mem.h"
#include "lbench/tree.h"

struct view_copy {
	const char *from; /* in the context; "" is all of it */
	const char *to;   /* absolute, cleaned: where from itself came to lie */
};
struct view {
	struct lb_arena *arena;
	struct lb_node *context;
	struct view_copy *copies; /* later ones lie over earlier ones */
	size_t count, cap;
	struct lb_strv made; /* what results of RUNs that it holds depend on */
	bool unclear;        /* of one that it holds nobody knows what it depends on */
};
void view_release(struct view *v);

/* source: a path or pattern as COPY has it; dest: absolute, with its trailing '/'. */
void view_add(struct view *v, const char *source, const char *dest, bool many, bool parents);
/* COPY --from of another stage: what lies at source there. */
void view_add_from(struct view *v, const struct view *other, const char *source, const char *dest);
void view_inherit(struct view *v, const struct view *base);

/* The context's path of what lies at `path` (absolute, cleaned), NULL when no COPY brought it. In the arena. */
const char *view_find(const struct view *v, const char *path);
/* The content of a file of the context; nothing where it has none. */
void view_load(const struct view *v, const char *from, struct lb_buf *out);
/* Context paths of files named `name` (a pattern) anywhere at or below `dir`, but for what tools install. */
void view_list(const struct view *v, const char *dir, const char *name, struct lb_strv *out);
/* A COPY brought something that lies below `path`. */
bool view_holds_below(const struct view *v, const char *path);
enum view_of {
	VIEW_WHOLE, /* all that the stage holds of the context */
	VIEW_BUILT, /* but for what no build reads */
	VIEW_FILES, /* nor the repository itself */
};
/* Patterns for it. */
void view_sources(const struct view *v, enum view_of of, struct lb_strv *out);
/* A name at the top of a context that is for people, their editors and CI; a compiler reads none of it. */
bool view_is_about(const char *name);

#endif
