/* SPDX-License-Identifier: Apache-2.0
 *
 * What touching files costs one variant under one policy, as people and programs read it.
 */
#ifndef HARNESS_WHATIF_SAY_H
#define HARNESS_WHATIF_SAY_H

#include "lbench/json.h"
#include "whatif/touch.h"
#include "whatif/whatif.h"

struct whatif_said {
	const char *variant;
	const struct lb_policy *policy;
	enum lb_builder_kind builder;
	const struct front *front;
	const struct touch *touch;
	const struct lb_pairs *args;
	const struct whatif_build *build; /* after the edit; the first one where nothing was touched that it sees */
	const struct lb_strv *spare; /* lines of .dockerignore that would leave out what was touched; NULL: none known */
	bool spare_all;              /* with them the touch re-runs nothing */
	unsigned width; /* of the terminal; 0: no limit */
	bool color;
};
void whatif_say(const struct whatif_said *s, struct lb_buf *out);
/* An object: variant, policy, origin, builder, ok, message, steps, context, re_runs, of, wasted, seconds, leave_out (lines for
 * .dockerignore), summary. */
void whatif_say_json(const struct whatif_said *s, struct lb_json *w);

/* "src/app.js", "src/app.js, README.md and 3 more". */
void whatif_touched_text(const struct whatif_said *s, struct lb_buf *out);
/* The closing line, and what to leave out. */
void whatif_summary_text(const struct whatif_said *s, struct lb_buf *out);
/* For text_wrap: no line is to end within what stands between back quotes, nor before a number; and text_wrap with it. */
void whatif_keep(struct lb_buf *out, const char *text);
void whatif_wrap(struct lb_buf *out, const char *text, size_t width, size_t indent);
/* What of the context crosses to the builder, where the engine has one that is sent to; false: it reads in place. */
bool whatif_sent(const struct whatif_said *s, uint64_t *files, uint64_t *bytes, bool *at_most);

/* "`RUN npm ci` (:6)" with the instruction cut to `columns`. */
void whatif_step_text(const struct whatif_step *step, size_t columns, struct lb_buf *out);

#endif
