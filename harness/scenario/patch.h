/* SPDX-License-Identifier: Apache-2.0
 *
 * Unified diffs, applied strictly: every line of context where the hunk says it is, no offset, no fuzz. A diff
 * that no longer fits is an error and not a guess.
 */
#ifndef LBENCH_SCENARIO_PATCH_H
#define LBENCH_SCENARIO_PATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lbench/buf.h"
#include "lbench/err.h"
#include "lbench/mem.h"

struct scn_patch_file {
	const char *from, *to; /* paths without "a/" and "b/"; NULL: /dev/null */
	bool has_mode;         /* git's "new mode", "new file mode" */
	uint32_t mode;
	const char *hunks; /* text from the first "@@" on; "" when there are none */
	size_t hunks_len;
	uint32_t line; /* of the hunks in the patch, from 1 */
};
struct scn_patch {
	const char *name;
	struct scn_patch_file *files;
	size_t count;
};

/* name and text are borrowed by out; out's arrays are in arena. LB_INVALID with NAME:LINE. */
int scn_patch_parse(const char *name, const char *text, struct lb_arena *arena, struct scn_patch *out, struct lb_err *err);
/* Appends old with f's hunks applied to out. LB_INVALID at the line of the patch that does not fit. */
int scn_patch_apply(const struct scn_patch *p, const struct scn_patch_file *f, const char *old, size_t old_len, struct lb_buf *out,
		    struct lb_err *err);
/* A patch of exactly one file applied to a text. */
int scn_patch_text(const char *name, const char *patch, const char *old, struct lb_buf *out, struct lb_err *err);

#endif
