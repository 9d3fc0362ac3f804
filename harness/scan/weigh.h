/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HARNESS_SCAN_WEIGH_H
#define HARNESS_SCAN_WEIGH_H

#include "scan/classes.h"
#include "scan/scan.h"
#include "whatif/whatif.h"

/* Sums the builds of the classes up, each by its share; strings go into the arena. */
void scan_weigh(const struct whatif *w, const struct classes *c, const struct front *f, struct lb_arena *arena, struct scan_row *out);

#endif
