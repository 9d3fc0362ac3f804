/* SPDX-License-Identifier: Apache-2.0
 *
 * The layers of an image as a stack, the base at the bottom.
 */
#ifndef REPORT_LAYERS_H
#define REPORT_LAYERS_H

#include "report/answer.h"

#define LAYERS_MOST 60
#define LAYERS_UNKNOWN 3 /* one above the other; what follows is counted */

struct layer {
	const char *text;
	uint32_t line;
	uint64_t blob; /* 0: the base */
	double mb;
	bool shared;          /* another variant has it too */
	bool unknown;         /* it is there, and nobody knows its size: mb is 0 */
	size_t more;          /* of unknown size too, right above it */
	double from, label_y; /* where the plot puts it */
};
struct layer_stack {
	size_t variant;
	struct layer layers[LAYERS_MOST];
	size_t count;
	double mb;
	bool base_known;
};
/* The stacks of the variants' first images, those that have bytes; *out: free(). */
size_t layers_stacks(const struct report_view *v, struct layer_stack **out);

#endif
