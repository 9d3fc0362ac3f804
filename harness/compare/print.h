/* SPDX-License-Identifier: Apache-2.0
 *
 * How figures of a comparison are written: one unit for a whole metric.
 */
#ifndef HARNESS_COMPARE_PRINT_H
#define HARNESS_COMPARE_PRINT_H

#include "compare/table.h"

struct cmp_scale {
	double unit;
	const char *name;
	int decimals;
};
struct cmp_scale compare_scale(const struct compare *c, const struct cmp_measure *m);
void compare_amount(struct lb_buf *out, const struct cmp_value *v, const struct cmp_scale *s);
/* "-18.7", "+3"; "?" when one of both is not known. */
void compare_difference(struct lb_buf *out, const struct cmp_value *base, const struct cmp_value *v, const struct cmp_scale *s);
/* "-89 %", "same"; "?" */
void compare_change(struct lb_buf *out, const struct cmp_value *base, const struct cmp_value *v);
bool compare_both_known(const struct cmp_value *base, const struct cmp_value *v);
/* "slower", "cannot tell: about 12 more repeats" */
void compare_verdict(struct lb_buf *out, const struct cmp_value *v);
/* 'r' worse, 'g' better, ' ' */
char compare_style(const struct cmp_metric *m, const struct cmp_value *base, const struct cmp_value *v);

#endif
