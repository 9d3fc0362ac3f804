/* SPDX-License-Identifier: Apache-2.0
 *
 * A result in memory: run.json, a struct a build, a small one a step. Strings are interned: equal texts are equal
 * pointers (or equal numbers in steps), and live as long as the report.
 */
#ifndef REPORT_DATA_H
#define REPORT_DATA_H

#include <string.h>

#include "lbench/json.h"
#include "lbench/mem.h"
#include "report/columns.h"
#include "report/csv.h"
#include "report/report.h"

#define REPORT_UNKNOWN UINT64_MAX /* an empty cell of a number */

enum step_outcome { ST_HIT, ST_MISS, ST_META, ST_SKIPPED, ST_UNKNOWN, ST_ERROR, ST_UNREACHED };
const char *report_outcome_name(enum step_outcome outcome); /* as steps.csv has it */
enum step_needed { NEED_EMPTY, NEED_YES, NEED_NO };
enum step_source { SOURCE_NONE, SOURCE_RECORDED, SOURCE_DECLARED, SOURCE_UNKNOWN };
enum step_stale { STALE_NO, STALE_WRONG, STALE_SUSPECT, STALE_OUTDATED };

struct report_step {       /* there may be millions */
	uint64_t row : 40; /* byte offset in steps.csv: what is not here is read from there */
	uint64_t step : 16, outcome : 3, needed : 2, stale : 2;
	uint64_t trigger : 1;                                /* of ONBUILD */
	uint64_t diff_id, blob;                              /* the first 8 bytes of the digest; 0: none */
	uint64_t run_ns, engine_ns, layer_bytes, blob_bytes; /* or REPORT_UNKNOWN */
	uint32_t build;                                      /* index */
	uint32_t line : 30;                                  /* in its Dockerfile; 0: none */
	uint32_t source : 2;                                 /* enum step_source, of the seconds */
	uint32_t instruction, stage, reason;                 /* report_string() */
};

#define EDIT_COLD (-1)

struct report_build {
	const char *text[BT_COUNT]; /* "" when empty */
	uint64_t number[BN_COUNT];  /* or REPORT_UNKNOWN */
	int variant;                /* index */
	int edit;                   /* index, or EDIT_COLD */
	size_t first_step, steps_count;
};

struct report_variant {
	const char *name, *dockerfile, *from; /* dockerfile, from: "" when not given */
	const char *image;                    /* variants of one image can stand for each other; "" when not given */
};
struct report_edit {
	const char *name;
	double weight; /* NAN: none */
};
struct report_rule { /* what a RUN's result depends on, as its model says */
	const char *match;
	json_t *depends_on; /* array of texts, borrowed from run */
};

struct report {
	char *dir;
	json_t *run; /* run.json */
	const char *scenario, *status, *run_id, *digest, *seconds, *tool_version, *compression, *run_mode;
	uint64_t repeat;
	struct report_variant *variants;
	size_t variants_count;
	struct report_edit *edits;
	size_t edits_count, edits_cap;
	struct report_rule *rules;
	size_t rules_count;
	struct report_build *builds;
	size_t builds_count, builds_cap;
	struct report_step *steps;
	size_t steps_count, steps_cap;
	struct csv_file steps_csv;
	size_t step_columns[24]; /* enum step_column -> position; load.c */
	const char **strings;    /* interned; 0 is "" */
	size_t strings_count, strings_cap;
	struct lb_map *string_ids;
	struct report_context *context; /* context.csv; NULL: none */
	struct report *alone;           /* alone.csv: the builds, without steps, of variants with a scope each; NULL: none */
	struct lb_arena arena;
};

uint32_t report_intern(struct report *r, const char *s, size_t len);
static inline const char *report_string(const struct report *r, uint32_t id)
{
	return r->strings[id];
}

/* run.json */
int report_load_run(struct report *r, struct lb_err *err);
/* builds.csv or alone.csv; steps.csv */
int report_load_builds(struct report *r, const char *name, struct lb_err *err);
int report_load_steps(struct report *r, struct lb_err *err);
bool report_running(const struct report *r);

/* The evidence of a step: a JSON object, the caller's; *out is NULL when the cell is empty. LB_INVALID with its place. */
int report_evidence(const struct report *r, const struct report_step *s, json_t **out, struct lb_err *err);
/* A text member, "" when it is not there. Borrowed. */
const char *report_member(const json_t *object, const char *key);

static inline const struct report_step *report_steps_of(const struct report *r, const struct report_build *b)
{
	return r->steps + b->first_step;
}
static inline bool report_engine_name(const char *subject)
{
	return subject[0] && strcmp(subject, "builtin") != 0 && strcmp(subject, "null") != 0;
}
/* A real engine carried it out. */
static inline bool report_on_engine(const struct report_build *b)
{
	return report_engine_name(b->text[BT_SUBJECT]);
}
/* Who decided: a real engine, or the built-in one by a policy. */
static inline const char *report_decider(const struct report_build *b)
{
	return b->text[report_on_engine(b) ? BT_SUBJECT : BT_POLICY];
}
static inline bool report_build_ok(const struct report_build *b)
{
	return strcmp(b->text[BT_STATUS], "ok") == 0;
}

#endif
