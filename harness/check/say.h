/* SPDX-License-Identifier: Apache-2.0
 *
 * What a gate found, for people and for programs. Several gates (one a scenario) make one output.
 */
#ifndef HARNESS_CHECK_SAY_H
#define HARNESS_CHECK_SAY_H

#include "check/gate.h"

/* Tables of lines: what failed first, then drift and waivers, then notes. */
void say_text(const struct gate *gates, size_t count, bool color, struct lb_buf *out);
/* For a job's summary. */
void say_markdown(const struct gate *gates, size_t count, struct lb_buf *out);
/* A suite a scenario, a case a build; drift and waived cases pass and say so. */
void say_junit(const struct gate *gates, size_t count, struct lb_buf *out);
/* GitHub's workflow commands, one a root cause: "::error file=…,line=…,title=…::…"; ::warning with `warn`. */
void say_annotations(const struct gate *gates, size_t count, bool warn, struct lb_buf *out);
/* { "schema": 1, "verdict": "same" | "worse", "results": [ { "scenario", "result", "baseline", "builds", "better",
 * "findings": [ { "kind", "state": "regression" | "drift" | "waived", "file", "line", "instruction", "reason",
 * "evidence", "steps", "edits", "under", "seconds", "breaks": [ { "quantity", "base", "head", "limit", "budget" } ],
 * "message", "why" } ], "drift": [ { "kind": "lbench" | "policy" | "compressor" | "weight" | "edit" | "model" | "base",
 * "what", "was", "now", "text", "lost_hits", "over_budget" } ], "notes": [text] } ] } */
void say_json(const struct gate *gates, size_t count, struct lb_buf *out);

/* Shared: "lost hits: :6 RUN npm ci, 21.4 s", and "hits: 1 lost, 0 allowed (budget.yaml:2)". */
const char *say_title(const struct finding *f);
void say_place(const struct finding *f, struct lb_buf *out);
void say_steps(const struct finding *f, struct lb_buf *out);
void say_break(const struct finding_break *b, struct lb_buf *out);
/* "drift: base python:3.10 3f2a01bc → 8c01d4e2: 3 lost hits not charged" */
void say_drift(const struct gate_drift *d, struct lb_buf *out);
void say_list(const struct lb_strv *list, size_t most, struct lb_buf *out);

#endif
