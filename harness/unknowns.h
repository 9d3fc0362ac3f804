/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_UNKNOWNS_H
#define HARNESS_UNKNOWNS_H

#include "scenario/scenario.h"

/* What nobody knows of a scenario: bases of which there is a name only, and RUNs of these variants (by index) that no
 * model describes, or not in full; of those that are measured, what they need. */
void unknowns_list(const struct scenario *s, const bool *variants, bool measured, struct lb_strv *out);

#endif
