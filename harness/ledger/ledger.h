/* SPDX-License-Identifier: Apache-2.0
 *
 * What a build context holds: how much lies where, which lines copy it, how often commits changed it, and what is
 * there by mistake. A table of at most LEDGER_ROWS rows that do not overlap: a directory is one row unless it holds
 * something that has to stand apart.
 */
#ifndef HARNESS_LEDGER_H
#define HARNESS_LEDGER_H

#include "lbench/err.h"
#include "lbench/mem.h"
#include "lbench/tree.h"
#include "scenario/scenario.h"

enum { LEDGER_ROWS = 200, LEDGER_STEPS = 64, LEDGER_IGNORES = 8 };

/* Why a row stands apart. */
enum ledger_note {
	LEDGER_NONE,
	LEDGER_REPOSITORY,
	LEDGER_SECRET,
	LEDGER_LOG,
	LEDGER_INSTALLED,
	LEDGER_CACHE,
	LEDGER_OUTPUT,
	LEDGER_EDITOR,
	LEDGER_TEST_DATA,
	LEDGER_ARCHIVE,
	LEDGER_OWN,
	LEDGER_NOTES
};
const char *ledger_note_name(enum ledger_note n); /* "repository"; "" for none */
/* Of a name in a context, by itself; for LEDGER_NONE *ignore stays as it is. ignore: the line of .dockerignore that
 * leaves it out, static. path is relative to the context. */
enum ledger_note ledger_classify(const char *path, bool dir, const char **ignore);

struct ledger_row {
	char *path;   /* relative; DIR/ for a directory; DIR/(others) for the rest of one whose large entries stand apart */
	char *prefix; /* without the sign of a rest: what commits are counted by */
	bool rest;
	uint64_t files, bytes;
	uint64_t sent_bytes; /* of those: after .dockerignore of at least one variant */
	uint64_t sent_files;
	uint64_t copied; /* bits: lines that copy at least a part */
	enum ledger_note note;
	const char *ignore; /* the .dockerignore line; NULL */
	size_t commits;
};
struct ledger {
	struct ledger_row *rows; /* largest first, then by path */
	size_t count, cap;
	char *steps[LEDGER_STEPS]; /* "Dockerfile:5"; NULL from the last on */
	size_t steps_count;
	bool unclear; /* a line could not be read: what copies is not all */
	bool has_history;
	size_t examined; /* commits */
	struct lb_arena arena;
};

/* The context of s before any edit; history: whether to read the git history of the directory that it was taken from. */
int ledger_make(const struct scenario *s, bool history, struct ledger **out, struct lb_err *err);
void ledger_free(struct ledger *l); /* NULL is fine */
void ledger_cleanup(struct ledger **l);
#define ledger_auto __attribute__((cleanup(ledger_cleanup)))

/* context.csv: path files bytes sent_files sent_bytes copied_by commits examined note ignore. copied_by: places parted
 * by blanks, "?" among them where a line could not be read. commits and examined are empty without a history. */
void ledger_csv(const struct ledger *l, struct lb_buf *out);
/* ledger_make and ledger_csv into DIR/context.csv. */
int ledger_record(const struct scenario *s, const char *dir, struct lb_err *err);

#endif
