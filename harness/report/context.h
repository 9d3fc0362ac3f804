/* SPDX-License-Identifier: Apache-2.0
 *
 * context.csv: what the build context holds. A result without it (an older one) has none.
 */
#ifndef REPORT_CONTEXT_H
#define REPORT_CONTEXT_H

#include "report/data.h"

/* Rows do not overlap. */
struct report_place {
	const char *path, *copied_by, *note, *ignore; /* "" when empty */
	uint64_t files, bytes, sent_files, sent_bytes;
	uint64_t commits, examined; /* or REPORT_UNKNOWN */
};
struct report_context {
	struct report_place *places; /* in the file's order: the largest first */
	size_t count, cap;
};

/* Sets r->context where the file is there. LB_INVALID with its place. */
int report_load_context(struct report *r, struct lb_err *err);

/* Is it one that nobody wants in a context, and is it sent? */
bool report_place_is_mistake(const struct report_place *p);
/* Do many of the commits touch it? */
bool report_place_is_busy(const struct report_place *p);
/* What the note says, as a sentence without its end; "". */
const char *report_place_words(const struct report_place *p);

#endif
