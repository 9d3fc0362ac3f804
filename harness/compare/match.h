/* SPDX-License-Identifier: Apache-2.0
 *
 * Which step of one build is which step of another. In this order:
 *   1. the same stage (by name) and the same text, the first with the first where a text occurs twice;
 *   2. the same text in the stage at the same place (a stage that was renamed);
 *   3. the same keyword in the stage at the same place, between steps that are matched already (a text that was
 *      edited).
 * Where a step stands does not count in 1 and 2: an instruction that was moved is the same step. What is left over
 * on the one side is gone, on the other side new.
 */
#ifndef HARNESS_COMPARE_MATCH_H
#define HARNESS_COMPARE_MATCH_H

#include "report/data.h"

enum { MATCH_NONE = -1 };

struct match_side {
	const struct report *r;
	const struct report_build *b;
};
/* to_b[i]: the place in b of the i-th step of a, or MATCH_NONE. to_b is the caller's, a's steps_count long. */
void match_steps(const struct match_side *a, const struct match_side *b, int *to_b);

#endif
