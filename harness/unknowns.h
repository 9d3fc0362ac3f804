/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_UNKNOWNS_H
#define HARNESS_UNKNOWNS_H

#include "scenario/scenario.h"

/* What nobody knows of a scenario: bases of which there is a name only, RUNs of these variants (by index; NULL: none)
 * that no model describes, or not in full. */
void unknowns_list(const struct scenario *s, const bool *variants, struct lb_strv *out);

#endif
