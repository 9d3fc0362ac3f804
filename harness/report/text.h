/* SPDX-License-Identifier: Apache-2.0
 *
 * Text for people: widths in columns of a terminal, shortening, wrapping, numbers.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/view.h"

/* Columns that a UTF-8 text takes; a byte that is no UTF-8 takes one. */
size_t text_width(const char *s);
/* Appends at most `width` columns of s, the last of them `…` when it does not fit; control characters as blanks,
 * bytes that are no UTF-8 as U+FFFD. width 0: all. */
void text_fit(struct lb_buf *out, const char *s, size_t width);
/* An instruction: where it does not fit, the flags of a RUN go first ("RUN … npm ci"), since what it runs tells it apart. */
void text_fit_instruction(struct lb_buf *out, const char *s, size_t width);
void text_pad(struct lb_buf *out, size_t columns);
#define TEXT_NBSP "\xc2\xa0"
/* Appends s broken at blanks into lines of `width` (0: one line); all but the first begin with `indent` blanks.
 * No line ends at a TEXT_NBSP, which comes out as a plain blank. */
void text_wrap(struct lb_buf *out, const char *s, size_t width, size_t indent);

/* Decimals that show figures up to `largest` well, the same for a whole column. */
int text_decimals(double largest);
/* "21.8", "≥3.0", "?"; value is divided by unit first. A figure that would be rounded to zero: "<0.1". */
void text_amount(struct lb_buf *out, const struct amount *a, double unit, int decimals);
void text_percent(struct lb_buf *out, double part, const char *blank); /* "86 %", with blank between */
/* "1.2 MB", "310 B" */
void text_bytes(struct lb_buf *out, double bytes);
/* "21.4 s", "35 ms" */
void text_seconds(struct lb_buf *out, double seconds);

/* '*' any run, '?' one character, over the whole text; a pattern NULL matches all. */
bool text_match(const char *pattern, const char *text);

#endif
