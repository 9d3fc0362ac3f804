/* SPDX-License-Identifier: Apache-2.0
 *
 * The commits of a history as few edits: two files that no pattern of the Dockerfile, of .dockerignore and of the
 * models tells apart are one group, and commits that touch the same groups are one class. A class is an edit with one
 * change a group. What such an edit re-runs is the engine's to decide; the grouping is only never too coarse.
 */
#ifndef HARNESS_SCAN_CLASSES_H
#define HARNESS_SCAN_CLASSES_H

#include "history/history.h"
#include "whatif/front.h"

struct classes {
	struct scn_edit *edits;
	double *shares; /* of all commits; their sum is below 1 where commits touch nothing here */
	size_t count;
	bool git_too; /* .git is sent: every commit changes it */
	struct lb_arena arena;
};
/* From the history of the context's directory. */
void classes_from_history(const struct scenario *s, size_t variant, const struct front *f, const struct history *h, struct classes *out);
/* From the weights of the scenario's edits. False: no edit has one. */
bool classes_from_weights(const struct scenario *s, struct classes *out);
/* From edits that the project's tree suggests, in a mix that is assumed: source files on most commits. False: there is no
 * file to change. */
bool classes_assumed(const struct scenario *s, size_t variant, const struct front *f, struct classes *out);
void classes_release(struct classes *c);
#define classes_auto __attribute__((cleanup(classes_release)))

#endif
