/* SPDX-License-Identifier: Apache-2.0
 *
 * Names in the store for the images of a run, given all at once: naming costs by the number of names.
 */
#ifndef HARNESS_MEASURE_TAGS_H
#define HARNESS_MEASURE_TAGS_H

#include "measure/measure.h"

struct tags {
	const struct measure_options *options;
	const struct scn_plan *plan;
	unsigned repeat; /* the last one */
	struct lb_tag *items;
	size_t count, cap;
};
/* Does nothing for a build whose image gets no name. */
void tags_add(struct tags *t, size_t build, const struct lb_digest *image);
int tags_write(const struct tags *t, struct lb_err *err);
void tags_release(struct tags *t);

#endif
