/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands under the tables: lines of text, for all formats.
 */
#ifndef REPORT_NOTES_H
#define REPORT_NOTES_H

#include "report/text.h"

/* Failed and skipped builds, each message once. */
void notes_problems(const struct report *r, struct lb_strv *out);
/* Of a project without a scenario: the file that each edit was made in. */
void notes_edits(const struct report *r, struct lb_strv *out);
/* Wrong and outdated hits of a block. */
void notes_stale(const struct report_view *v, struct lb_strv *out);
/* How to read the figures of a block: weights, medians, bounds. */
void notes_reading(const struct report_view *v, struct lb_strv *out);
/* Where the rules of two blocks decide differently, and what that costs. */
void notes_differences(const struct report_view *a, const struct report_view *b, struct lb_strv *out);
/* Variants that some of the engines refuse, and what they save under one that takes them. views: one for each engine. */
void notes_refused(const struct report_view *const *views, size_t count, struct lb_strv *out);
/* What measured times rest on: whether repeats were enough, and what a RUN takes that does nothing; of a real engine's the
 * first alone. */
void notes_measured(const struct report *r, bool engine, struct lb_strv *out);
/* A list of texts of run.json ("unknowns", "warnings"). */
void notes_listed(const struct report *r, const char *key, struct lb_strv *out);

/* "buildkit@0.25", or the subject where it decides itself. */
const char *notes_rules(const struct report_block *b);

#endif
