/* SPDX-License-Identifier: Apache-2.0
 *
 * A scenario predicted by the built-in engine and built by real ones, side by side.
 */
#ifndef HARNESS_VERIFY_ON_H
#define HARNESS_VERIFY_ON_H

#include "run_options.h"
#include "verify/verify.h"

/* What it took, where both are known: a row a variant and edit. */
struct verify_build {
	char *variant, *edit, *engine;
	double predicted_s, measured_s;   /* RUN seconds of the built-in engine, seconds of the real build; < 0: unknown */
	double predicted_mb, measured_mb; /* of the image; < 0: unknown */
};
struct verify_builds {
	struct verify_build *items;
	size_t count, cap;
};

/* o has --on with real engines alone, and is resolved here. A row of *out is a variant, its cells are engines. titles gets
 * "docker 20.10.24 (BuildKit): by buildkit@0.8" an engine. */
int verify_on(struct run_options *o, const char *path, bool quiet, struct verify_report *out, struct verify_builds *builds,
	      struct lb_strv *titles, struct lb_err *err);
void verify_builds_release(struct verify_builds *b);
void verify_json_builds(struct lb_json *w, const void *builds); /* a member "builds" */
void verify_print_builds(const struct verify_builds *b, unsigned width, struct lb_buf *out);

#endif
