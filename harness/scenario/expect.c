/* SPDX-License-Identifier: Apache-2.0 */
#include "lbench/run.h"
#include "scenario/scenario.h"

const struct scn_expect *scn_expect_broken(const struct scenario *s, const struct scn_edit *edit, size_t variant, const char *text,
					   enum lb_outcome outcome)
{
	/* what cannot be reused, was not reached or is not known is never held against an expectation */
	if (outcome != LB_HIT && outcome != LB_MISS)
		return NULL;
	for (size_t i = 0; i < edit->expects_count; i++) {
		const struct scn_expect *x = &edit->expects[i];
		if (x->outcome != outcome && lb_text_match(x->variant, s->variants[variant].name) && lb_text_match(x->step, text))
			return x;
	}
	return NULL;
}
