/* SPDX-License-Identifier: Apache-2.0
 *
 * What would spare a wasted step, as far as its model, the Dockerfile and the build context say so; nothing where they
 * do not.
 */
#ifndef REPORT_HINT_H
#define REPORT_HINT_H

#include "report/answer.h"

/* "`COPY requirements.txt ./` before :6, the rest after it": for step s of b, whose miss came from root. Lines are " :N".
 * Appends nothing when it is not clear. */
int hint_text(const struct report *r, const struct report_build *b, const struct report_step *s, const struct report_step *root,
	      struct lb_buf *out, struct lb_err *err);
/* " (-9.8 s a commit)": the waste of the step that has this root most often. Nothing where it is not known. */
void hint_gain_text(const struct step_cost *c, const struct report_step *root, struct lb_buf *out);

#endif
