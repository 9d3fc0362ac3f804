/* SPDX-License-Identifier: Apache-2.0
 *
 * What was touched, re-runs a step, and is in the context only because nothing leaves it out.
 */
#ifndef LEDGER_SPARE_H
#define LEDGER_SPARE_H

#include "whatif/touch.h"
#include "whatif/whatif.h"

struct ledger_spare {
	struct lb_strv lines; /* for the .dockerignore, each once */
	bool all;             /* with them no step can see anything of what was touched */
};
/* b: the build after the touch. A file counts where neither a step nor an exception of
 * .dockerignore names it, a step that brings it along with others re-ran
 * because of it, and no RUN is known to need it. What only the project's people read (README, the Dockerfile itself)
 * counts only where every RUN that ran again is known to run for nothing. */
void ledger_spare(const struct front *f, const struct touch *t, const struct whatif_build *b, struct ledger_spare *out);
void ledger_spare_release(struct ledger_spare *s);
#define ledger_autospare __attribute__((cleanup(ledger_spare_release)))

#endif
