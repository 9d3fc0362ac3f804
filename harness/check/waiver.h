/* SPDX-License-Identifier: Apache-2.0
 *
 * `# lbench: allow lost-hit until 2027-03-01 because the mirror is slow` in the comment above an instruction: until
 * that day (it included) its lost hits are listed and do not fail.
 */
#ifndef HARNESS_CHECK_WAIVER_H
#define HARNESS_CHECK_WAIVER_H

#include "lbench/err.h"
#include "lbench/mem.h"

struct check_waiver {
	uint32_t line;        /* of the comment */
	uint32_t instruction; /* first line of the instruction below it */
	char until[11];       /* "2027-03-01" */
	char *because;
};
struct check_waivers {
	struct check_waiver *items;
	size_t count, cap;
};
/* Reads all waivers of a Dockerfile. A comment that begins with `lbench:` and is no waiver gives a line in `faults`
 * ("NAME:LINE: …"). */
void check_waivers_read(const char *name, const char *dockerfile, struct check_waivers *out, struct lb_strv *faults);
void check_waivers_release(struct check_waivers *w);
/* The waiver above the instruction at `line`; NULL. */
const struct check_waiver *check_waivers_find(const struct check_waivers *w, uint32_t line);
/* date: "YYYY-MM-DD…" */
bool check_waiver_holds(const struct check_waiver *w, const char *date);

#endif
