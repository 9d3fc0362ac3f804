/* SPDX-License-Identifier: Apache-2.0
 *
 * What was seen against what the built-in engine did, outcome by outcome.
 *
 * FROM and metadata instructions are no decisions of their own: classic and buildah print hit and miss for them,
 * and only what follows from them is compared. When nothing ran at all, the file was refused; that both did so is
 * what counts. After a failure under buildkit with several stages only the exit and the failing step count, since
 * stages run side by side and one that fails ends the others wherever they are.
 */
#ifndef HARNESS_VERIFY_COMPARE_H
#define HARNESS_VERIFY_COMPARE_H

#include "verify/observed.h"
#include "verify/play.h"

struct verify_difference {
	char *state;
	int step;   /* index of the instruction in the file; -1: not about a step */
	char *what; /* the instruction, "exit", "layers", "layer 2" … */
	char *observed, *ours, *why;
};

/* One case under one engine. */
struct verify_cell {
	char *key;
	size_t compared, agreed;
	struct verify_difference *items;
	size_t count, cap;
};
void verify_cell_release(struct verify_cell *c);

/* Compares a state and adds what came out. key as in the cell. */
void verify_compare(const struct verify_seen_state *seen, const struct verify_played *played, struct verify_cell *cell);
/* A state or a whole case that cannot be compared, as one difference. */
void verify_compare_failed(struct verify_cell *cell, const char *state, const char *what, const char *why);

#endif
