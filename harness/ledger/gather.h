/* SPDX-License-Identifier: Apache-2.0
 *
 * The context with sums on every directory, before rows are chosen.
 */
#ifndef HARNESS_LEDGER_GATHER_H
#define HARNESS_LEDGER_GATHER_H

#include "ledger/ledger.h"
#include "whatif/front.h"

struct gathered {
	const char *path;
	bool dir;
	uint64_t files, bytes, sent_files, sent_bytes;
	uint64_t copied;      /* by lines, a part at least */
	bool mixed;           /* parts of it are copied by different lines, or only a part is sent */
	uint64_t noted_bytes; /* of what stands apart below, itself not counted */
	enum ledger_note note;
	const char *ignore;
	struct gathered *children;
	size_t count;
};

/* Sums over s's context; lines that copy are named in l. */
void gather(const struct scenario *s, struct ledger *l, struct gathered *out);

#endif
