/* SPDX-License-Identifier: Apache-2.0
 *
 * What a stretch of reading asked the data base, and what it was told, in that order. A stretch that asks the same
 * again while nothing was written in between is told from here: one thing is read and not thousands in as many places.
 * An answer is taken only where the question is the same to the byte; from the first other question on, and when
 * something is written, the data base is asked.
 */
#ifndef LBENCH_STORE_TAPE_H
#define LBENCH_STORE_TAPE_H

#include <stdbool.h>

#include "lbench/buf.h"
#include "lbench/digest.h"

struct lb_tape {
	struct lb_buf was; /* of the time before; empty: nothing that still holds */
	size_t at;
	struct lb_buf now; /* of this time, once it is another */
	bool differs, off;
};
/* What was told, borrowed until the tape is released; false: it has to be asked, and then told to the tape. */
bool lb_tape_ask(struct lb_tape *t, const void *ask, size_t len, const char **told, size_t *told_len);
void lb_tape_tell(struct lb_tape *t, const void *ask, size_t len, const void *told, size_t told_len);
/* Is there something that the time after this one would be told better? It is in now then. */
bool lb_tape_is_new(struct lb_tape *t);
void lb_tape_release(struct lb_tape *t);

/* Tells whether bytes are the tape that was kept: against what a crash leaves of a file, not against malice. */
struct lb_tape_check {
	uint64_t len, sum;
};
struct lb_tape_check lb_tape_check_of(const struct lb_buf *tape);

/* What is asked: a letter, a key, and what else there is to it. */
struct lb_question {
	char bytes[96];
	size_t len;
};
struct lb_question lb_question_of(char letter, const struct lb_digest *key);
void lb_question_add(struct lb_question *q, uint64_t n);        /* up to seven */
bool lb_question_text(struct lb_question *q, const char *text); /* false: it is too long */

uint64_t lb_tape_take(const char **at); /* a number that lb_buf_add64 put there */

#endif
