/* SPDX-License-Identifier: Apache-2.0
 *
 * What several images that share a builder, a store and a registry cost, against what each costs alone: builds.csv
 * against alone.csv. What an empty registry receives is also what an empty host fetches that runs all of them.
 */
#ifndef REPORT_SHARING_H
#define REPORT_SHARING_H

#include "report/grid.h"
#include "report/view.h"

enum sharing_figure { SHARING_RUN_NS, SHARING_STORED, SHARING_PUSHED, SHARING_FIGURES };
/* First builds or a commit: [0] shared, [1] alone. */
struct sharing_cost {
	struct amount of[SHARING_FIGURES][2];
};

struct sharing {
	struct report_view alone;
	struct sharing_cost *first;      /* by variant; none where it has no build */
	struct sharing_cost all, commit; /* of all variants together */
	size_t images;
};

/* false: the result has no such builds for this block; nothing is to be released then. */
bool sharing_init(struct sharing *s, const struct report_view *v);
void sharing_release(struct sharing *s);

void sharing_text(const struct sharing *s, struct lb_buf *out);
void sharing_grid(const struct sharing *s, const struct report_view *v, struct grid *out);
/* What is saved; none where one of the two is not known in full. */
struct amount sharing_saved(const struct sharing_cost *c, enum sharing_figure f);

#endif
